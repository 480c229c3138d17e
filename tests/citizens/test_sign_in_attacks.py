"""What somebody with bad intentions, or a bad network, does to the sign-in."""

import datetime
import json

import pytest
import yaml
from django.db import connection

from citizens import rules
from citizens.models import CodeAllowance, DevMessage, Message, User
from tests.citizens.test_api_sign_in import (
    AUTH,
    PHONE,
    code_sent_to,
    refresh,
    sign_up,
    signed_up,
    verify,
)
from tests.conftest import Api

OWNER_PASSWORD = "mat-khau-cua-chu-so"


def post(path, body, **headers):
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    return Api().client.post(f"{AUTH}{path}", raw, content_type="application/json", headers=headers)


def error(answer):
    return answer.status_code, answer.json()["errors"][0]["code"]


def flows(answer):
    return sorted(
        (flow["id"], flow.get("is_pending", False)) for flow in answer.json()["data"]["flows"]
    )


def sent():
    return list(DevMessage.objects.order_by("id").values_list("text", flat=True))


# --- somebody else was first --------------------------------------------------------------------


def test_a_sign_up_that_was_never_finished_does_not_keep_the_owner_of_the_phone_out(db, clock):
    sign_up(Api(), password="mat-khau-cua-ke-gian")
    clock.shift(datetime.timedelta(seconds=31))
    pending = sign_up(Api(), password=OWNER_PASSWORD)
    done = verify(Api(), pending.json()["meta"]["session_token"], code_sent_to())
    assert done.status_code == 200, done.content
    assert (
        error(post("/auth/login", {"phone": PHONE, "password": "mat-khau-cua-ke-gian"}))[0] == 400
    )
    assert post("/auth/login", {"phone": PHONE, "password": OWNER_PASSWORD}).status_code == 200


def test_a_code_never_opens_the_account_of_who_only_typed_the_phone_first(db, clock):
    sign_up(Api(), password="mat-khau-cua-ke-gian")
    clock.shift(datetime.timedelta(seconds=31))
    before = sent()
    asked = post("/auth/code/request", {"phone": PHONE})
    assert asked.status_code == 401
    assert sent() == before


def test_the_second_to_prove_a_phone_is_told_so(db, clock):
    first = sign_up(Api())
    first_code = code_sent_to()
    clock.shift(datetime.timedelta(seconds=31))
    second = sign_up(Api())
    second_code = code_sent_to()
    token = second.json()["meta"]["session_token"]
    assert verify(Api(), token, second_code).status_code == 200
    late = verify(Api(), first.json()["meta"]["session_token"], first_code)
    assert error(late) == (400, "phone_taken")


def test_no_code_goes_to_an_address_that_nobody_confirmed(db):
    body = {"email": "nan-nhan@thu.vn", "password": "mat-khau-cua-ke-gian"}
    assert post("/auth/signup", body).status_code == 200
    before = sent()
    assert post("/auth/code/request", {"email": body["email"]}).status_code == 401
    assert post("/auth/password/request", {"email": body["email"]}).status_code == 401
    assert sent() == before


def test_a_confirmed_address_gets_its_code(people):
    before = sent()
    post("/auth/code/request", {"email": "lan@demo.invalid"})
    assert len(sent()) == len(before) + 1


def test_an_abandoned_sign_up_is_forgotten_after_a_day_and_a_real_account_never(people, clock):
    from citizens.actions import sweep
    from common import clock as wall

    post("/auth/signup", {"email": "nguoi-moi@thu.vn", "password": "mat-khau-rat-dai-2026"})
    sign_up(Api())
    kept = User.objects.count() - 1
    clock.shift(datetime.timedelta(hours=23))
    assert sweep.sweep(now=wall.now())["abandoned_sign_ups"] == 0
    clock.shift(datetime.timedelta(hours=2))
    assert sweep.sweep(now=wall.now())["abandoned_sign_ups"] == 1
    assert User.objects.count() == kept


def test_signing_up_needs_a_phone_or_an_email(db):
    answer = post("/auth/signup", {"password": "mat-khau-rat-dai-2026"})
    assert error(answer) == (400, "required")
    assert answer.json()["errors"][0]["param"] == "phone"
    assert not User.objects.exists()


# --- who has an account is nobody's business ----------------------------------------------------


@pytest.mark.parametrize("path", ["/auth/signup", "/auth/code/request"])
def test_nobody_learns_whether_a_phone_has_an_account(people, path):
    body = {"password": "mat-khau-rat-dai-2026"} if path == "/auth/signup" else {}
    known = post(path, body | {"phone": "+84900000001"})
    unknown = post(path, body | {"phone": "+84987654321"})
    assert (known.status_code, flows(known)) == (unknown.status_code, flows(unknown))


def test_a_wrong_password_and_an_unknown_phone_answer_alike(people):
    known = post("/auth/login", {"phone": "+84900000001", "password": "khong-dung"})
    unknown = post("/auth/login", {"phone": "+84987654321", "password": "khong-dung"})
    assert error(known) == error(unknown)


# --- limits -------------------------------------------------------------------------------------


def test_too_many_wrong_passwords_are_429_with_a_time_to_wait(people, clock):
    body = {"phone": "+84900000001", "password": "khong-dung"}
    assert [post("/auth/login", body).status_code for _ in range(6)] == [400] * 5 + [429]
    limited = post("/auth/login", body)
    assert error(limited) == (429, "too_many_login_attempts")
    assert (limited.json()["status"], limited["Retry-After"]) == (429, "300")


def test_a_second_message_to_a_phone_within_30_seconds_is_429(db, clock):
    sign_up(Api())
    again = sign_up(Api())
    assert error(again) == (429, "too_many_requests")
    assert int(again["Retry-After"]) == 30


def test_a_phone_gets_so_many_codes_a_day_and_an_unknown_one_is_limited_alike(
    people, clock, monkeypatch
):
    monkeypatch.setattr(rules, "CODES_TO_ONE_A_DAY", 2)
    for phone in ("+84900000001", "+84987654321"):
        for _ in range(2):
            assert post("/auth/code/request", {"phone": phone}).status_code == 401
        limited = post("/auth/code/request", {"phone": phone})
        assert error(limited) == (429, "too_many_codes")
        assert int(limited["Retry-After"]) == 14 * 3600 + 1  # until midnight in Can Tho
    clock.shift(datetime.timedelta(hours=14, seconds=1))
    assert post("/auth/code/request", {"phone": "+84900000001"}).status_code == 401


def test_all_phones_together_get_so_many_codes_a_day(people, monkeypatch):
    monkeypatch.setattr(rules, "CODES_TO_ALL_A_DAY", 2)
    for number in range(2):
        assert post("/auth/code/request", {"phone": f"+8498765432{number}"}).status_code == 401
    assert error(post("/auth/code/request", {"phone": "+84900000001"})) == (429, "too_many_codes")
    assert not any("+84" in row.key for row in CodeAllowance.objects.order_by("key"))


def test_three_wrong_codes_end_the_sign_in_and_the_right_one_comes_too_late(db):
    token = sign_up(Api()).json()["meta"]["session_token"]
    right = code_sent_to()
    wrong = "000000" if right != "000000" else "111111"
    answers = [verify(Api(), token, wrong).status_code for _ in range(3)]
    assert answers == [400, 400, 400]
    assert verify(Api(), token, right).status_code >= 400
    assert not User.objects.filter(phone_verified=True).exists()


def test_a_code_is_worth_nothing_after_fifteen_minutes(db, clock):
    token = sign_up(Api()).json()["meta"]["session_token"]
    clock.shift(datetime.timedelta(minutes=15, seconds=1))
    assert verify(Api(), token, code_sent_to()).status_code in {401, 409, 410}


# --- tokens and sessions ------------------------------------------------------------------------


def test_a_stolen_refresh_token_ends_the_sign_in_and_the_person_is_told(anonymous, clock, caplog):
    meta = signed_up(anonymous)
    refresh(anonymous, meta["refresh_token"])
    clock.shift(datetime.timedelta(seconds=61))
    assert refresh(anonymous, meta["refresh_token"]).status_code == 400
    anonymous.token = meta["access_token"]
    assert anonymous.get("/api/v1/me").status_code == 401
    assert [message.kind for message in Message.objects.order_by("id")] == ["sign_in_ended"]
    assert any("used again" in record.getMessage() for record in caplog.records)


def test_two_refreshes_in_the_grace_both_work(anonymous, clock):
    token = signed_up(anonymous)["refresh_token"]
    one, two = refresh(anonymous, token).json(), refresh(anonymous, token).json()
    clock.shift(datetime.timedelta(minutes=10))
    for answer in (one, two):
        assert refresh(anonymous, answer["data"]["refresh_token"]).status_code == 200


def test_a_refresh_token_is_no_access_token_nor_the_other_way(anonymous):
    meta = signed_up(anonymous)
    assert refresh(anonymous, meta["access_token"]).status_code == 400
    anonymous.token = meta["refresh_token"]
    assert anonymous.get("/api/v1/me").status_code == 401


def test_a_session_token_of_a_half_finished_sign_in_opens_nothing(db):
    token = sign_up(Api()).json()["meta"]["session_token"]
    assert Api(token).get("/api/v1/me").status_code == 401
    assert Api().get("/api/v1/me", **{"X-Session-Token": token}).status_code == 401


def test_a_disabled_account_is_out_at_once(anonymous):
    meta = signed_up(anonymous)
    anonymous.token = meta["access_token"]
    assert anonymous.get("/api/v1/me").status_code == 200
    User.objects.update(is_active=False)
    assert anonymous.get("/api/v1/me").status_code == 401
    assert refresh(anonymous, meta["refresh_token"]).status_code == 400
    again = post("/auth/login", {"phone": PHONE, "password": "mat-khau-rat-dai-2026"})
    assert again.status_code != 200
    assert "access_token" not in again.content.decode()


def test_asking_who_it_is_costs_two_queries(anonymous, count_queries):
    anonymous.token = signed_up(anonymous)["access_token"]
    anonymous.get("/api/v1/me")  # moves "last seen", at most once in five minutes
    with count_queries() as queries:
        anonymous.get("/api/v1/me")
    assert len(queries) == 2, [query["sql"] for query in queries.captured_queries]


def test_last_seen_of_a_device_moves(anonymous, clock, monkeypatch):
    from citizens import authentication

    moment = [1000.0]
    monkeypatch.setattr(authentication.time, "monotonic", lambda: moment[0])
    anonymous.token = signed_up(anonymous)["access_token"]

    def seen():
        return anonymous.get("/api/v1/me/sessions").json()["items"][0]["last_seen_at"]

    first = seen()
    moment[0] += 240
    clock.shift(datetime.timedelta(seconds=240))
    assert seen() == first
    moment[0] += 61
    clock.shift(datetime.timedelta(seconds=58))  # the token still lives
    anonymous.token = anonymous.token
    moment[0] += 300
    assert seen() >= first


def test_a_new_password_signs_the_other_devices_out(anonymous):
    first = Api(signed_up(anonymous)["access_token"])
    login = post("/auth/login", {"phone": PHONE, "password": "mat-khau-rat-dai-2026"})
    second = login.json()["meta"]["access_token"]
    changed = post(
        "/account/password/change",
        {"current_password": "mat-khau-rat-dai-2026", "new_password": OWNER_PASSWORD},
        Authorization=f"Bearer {second}",
    )
    assert changed.status_code in {200, 401}, changed.content
    assert first.get("/api/v1/me").status_code == 401


# --- whatever is sent, the answer is JSON and never 500 -----------------------------------------

NASTY = [
    "",
    "[]",
    "null",
    "{not json",
    b"\xff\xfe",
    "[" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000,
    '{"phone":"\\u0000","email":"\\u0000","password":"\\u0000","code":"\\u0000"}',
    '{"phone":"\\ud800","email":"\\ud800","password":"\\ud800","code":"\\ud800"}',
    '{"phone":{"a":1},"email":[1],"password":{"b":[]},"code":{},"refresh_token":{"a":1}}',
    '{"phone":1,"email":2,"password":3,"code":4,"refresh_token":5,"key":6}',
    '{"provider":"vneid","process":"login","token":{"client_id":"x\\ny","id_token":"x"}}',
    '{"provider":"\\u202e","process":"connect","token":{"client_id":7,"id_token":{}}}',
    '{"phone":"%s"}' % ("9" * 100_000),
    '{"a":NaN}',
    '{"phone":" \\u00a0","email":"\\t"}',
]
DOCUMENT = yaml.safe_load(open("cantho_smart/openapi.yaml", encoding="utf-8"))  # noqa: SIM115
WRITES = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if path.startswith("/api/auth/") and method in {"post", "put", "patch", "delete"}
]


@pytest.mark.parametrize("body", NASTY, ids=[str(body)[:24] for body in NASTY])
@pytest.mark.parametrize("signed_in", [False, True])
def test_a_nasty_body_is_answered_in_the_sign_ins_shape(anonymous, body, signed_in):
    if signed_in:
        anonymous.token = signed_up(anonymous)["access_token"]
    for method, path in WRITES:
        answer = anonymous.client.generic(
            method.upper(),
            path,
            body,
            content_type="application/json",
            headers=anonymous._headers(),
        )
        assert answer.status_code < 500, (path, answer.content)
        assert answer["Content-Type"] == "application/json", path
        assert answer.json()["status"] == answer.status_code, path
        assert answer["Cache-Control"] == "no-store", path


def test_a_huge_body_is_refused_before_it_is_read(db):
    answer = post("/auth/login", json.dumps({"phone": "x" * 2_000_000}))
    assert error(answer) == (413, "body_too_large")


def test_an_unknown_address_and_a_wrong_method_say_so_in_the_same_shape(db):
    unknown = Api().client.get(f"{AUTH}/nothing-here")
    assert error(unknown) == (404, "not_found")
    wrong = Api().client.get(f"{AUTH}/auth/login")
    assert error(wrong) == (405, "method_not_allowed")
    assert "POST" in wrong["Allow"]


# --- the password that was forgotten ------------------------------------------------------------


def signed_in_by_code():
    pending = post("/auth/code/request", {"phone": PHONE})
    done = post(
        "/auth/code/confirm",
        {"code": code_sent_to()},
        **{"X-Session-Token": pending.json()["meta"]["session_token"]},
    )
    assert done.status_code == 200, done.content
    return Api(done.json()["meta"]["access_token"])


def test_who_forgot_the_password_sets_a_new_one_after_a_code(anonymous, clock):
    old = Api(signed_up(anonymous)["access_token"])
    clock.shift(datetime.timedelta(seconds=90))
    api = signed_in_by_code()
    me = api.get("/api/v1/me").json()
    assert me["has_password"] is True
    assert api.delete("/api/v1/me/password").status_code == 428
    assert api.delete("/api/v1/me/password", version=me["version"] + 1).status_code == 412
    assert api.delete("/api/v1/me/password", version=me["version"]).status_code == 204
    assert api.get("/api/v1/me").json()["has_password"] is False
    assert old.get("/api/v1/me").status_code == 401
    [only] = api.get("/api/v1/me/sessions").json()["items"]
    assert only["is_current"]
    post(
        "/account/password/change",
        {"new_password": OWNER_PASSWORD},
        Authorization=f"Bearer {api.token}",
    )
    assert post("/auth/login", {"phone": PHONE, "password": OWNER_PASSWORD}).status_code == 200


def test_knowing_the_password_does_not_take_it_off(anonymous):
    anonymous.token = signed_up(anonymous)["access_token"]
    login = post("/auth/login", {"phone": PHONE, "password": "mat-khau-rat-dai-2026"})
    api = Api(login.json()["meta"]["access_token"])
    version = api.get("/api/v1/me").json()["version"]
    answer = api.delete("/api/v1/me/password", version=version)
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_not_fresh")


def test_a_code_of_long_ago_does_not_take_the_password_off(anonymous, clock):
    signed_up(anonymous)
    clock.shift(datetime.timedelta(seconds=90))
    api = signed_in_by_code()
    version = api.get("/api/v1/me").json()["version"]
    clock.shift(datetime.timedelta(seconds=299))
    api.token = refresh_of(api)
    clock.shift(datetime.timedelta(seconds=2))
    answer = api.delete("/api/v1/me/password", version=version)
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_not_fresh")


def refresh_of(api):
    """Return a fresh access token for the session of one that is about to die."""
    from allauth.headless.tokens.strategies.jwt import internal

    claims = internal.decode_token(api.token, "access")
    session = internal.get_token_session(claims)
    user = User.objects.get(id=claims["sub"])
    return internal.create_access_token(user, session, {})


# --- what rests in the database -----------------------------------------------------------------


def test_no_phone_and_no_secret_of_a_second_factor_rests_in_clear(people, anonymous):
    from seeds.people import TOTP_SECRET

    signed_up(anonymous)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            if table == "citizens_devmessage":  # development's own copy of what was sent
                continue
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text = " ".join(row[0] for row in cursor.fetchall())
            assert PHONE not in text, table
            assert "+84900000001" not in text, table
            assert TOTP_SECRET not in text, table
