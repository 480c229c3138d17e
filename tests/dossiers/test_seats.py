"""Accounts of an agency: invited, opened, changed, reset and ended by its admin; all recorded."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from citizens.models import DevMessage, Invitation, User
from dossiers.models import Seat, SeatEvent
from tests.citizens.test_api_sign_in import refresh
from tests.citizens.test_sign_in_attacks import post
from tests.conftest import Api
from tests.dossiers import office
from tests.dossiers.office import NEW, OWN_PASSWORD, STAFF, accept, invited, joined, mailed, opened

DESK = "/api/v1/officer/dossiers"


@pytest.fixture
def admin(sign_in):
    return sign_in("quan-tri")


def of(admin, officer_id):
    return admin.get(f"{STAFF}/{officer_id}").json()


def refused(answer):
    return answer.status_code, answer.json()["code"]


# --- the invitation -----------------------------------------------------------------------------


def test_an_officer_is_invited_sets_both_proofs_at_once_and_works(admin, drain):
    made, code = invited(admin, drain)
    assert (made["status"], made["roles"], made["email"]) == ("invited", ["handler"], NEW["email"])
    first = opened(code)
    assert (first.status_code, first.json()["email"]) == (201, NEW["email"])
    assert first["Cache-Control"] == "no-store"
    secret = first.json()["totp_secret"]
    assert opened(code).json()["totp_secret"] == secret
    assert secret in first.json()["totp_url"]
    done = accept(code, secret, key="nhan-loi-moi-1")
    assert done.json() == {"officer_id": made["officer_id"], "title": NEW["title"]}
    assert accept(code, secret, key="nhan-loi-moi-1").json() == done.json()  # the answer was lost
    tokens = office.signed_in(NEW["email"], OWN_PASSWORD, secret)
    assert Api(tokens["access_token"]).get(DESK).status_code == 200
    assert of(admin, made["officer_id"])["status"] == "active"
    assert of(admin, made["officer_id"])["second_factors"] == ["totp"]


def test_before_the_invitation_is_used_no_door_opens(admin, drain):
    _, code = invited(admin, drain)
    assert post("/auth/login", {"email": NEW["email"], "password": OWN_PASSWORD}).status_code == 400
    asked = post("/auth/code/request", {"email": NEW["email"]})
    code_by_mail = DevMessage.objects.filter(to=NEW["email"]).order_by("-id").first().text
    if code not in code_by_mail:
        token = asked.json()["meta"]["session_token"]
        got = post("/auth/code/confirm", {"code": code_by_mail}, **{"X-Session-Token": token})
        assert got.status_code in {400, 401, 409}
        assert "access_token" not in got.content.decode()


@pytest.mark.parametrize(
    ("password", "code", "expected"),
    [
        ("ngan", None, (400, "invalid")),
        ("password1234", None, (400, "invalid")),
        (OWN_PASSWORD, "000000", (400, "totp_code_wrong")),
    ],
)
def test_a_weak_password_or_a_wrong_code_opens_nothing_and_can_be_repeated(
    admin, drain, password, code, expected
):
    _, invitation = invited(admin, drain)
    secret = opened(invitation).json()["totp_secret"]
    assert refused(accept(invitation, secret, password=password, totp_of=code)) == expected
    assert not User.objects.get(email=NEW["email"]).is_active
    assert accept(invitation, secret).status_code == 201


def test_nothing_is_accepted_before_the_factor_was_shown(admin, drain):
    _, code = invited(admin, drain)
    assert refused(accept(code, "JBSWY3DPEHPK3PXP")) == (400, "totp_code_wrong")


def test_an_invitation_is_used_once_runs_out_and_is_replaced(clock, admin, drain):
    made, first = invited(admin, drain)
    again = admin.post(f"{STAFF}/{made['officer_id']}/invitation")
    assert again.status_code == 201
    drain()
    second = mailed()
    assert refused(opened(first)) == (409, "invitation_closed")
    assert refused(opened("x" * 26)) == (404, "invitation_unknown")
    clock.shift(datetime.timedelta(hours=71, minutes=59, seconds=59))
    secret = opened(second).json()["totp_secret"]
    clock.shift(datetime.timedelta(seconds=1))
    assert refused(opened(second)) == (409, "invitation_closed")
    assert refused(accept(second, secret)) == (409, "invitation_closed")


def test_an_accepted_invitation_cannot_be_used_again_nor_sent_again(admin, drain):
    made, code = invited(admin, drain)
    secret = opened(code).json()["totp_secret"]
    accept(code, secret)
    assert refused(accept(code, secret)) == (409, "invitation_closed")
    answer = admin.post(f"{STAFF}/{made['officer_id']}/invitation")
    assert refused(answer) == (409, "invitation_not_needed")


def test_the_code_rests_nowhere_once_it_was_mailed_and_is_mailed_once(admin, drain):
    from citizens import tasks

    _, code = invited(admin, drain)
    row = Invitation.objects.get()
    assert (row.code, row.sent_at is not None) == (None, True)
    assert code not in row.code_index
    tasks.invite(row.id)
    assert DevMessage.objects.filter(to=NEW["email"]).count() == 1


def test_an_invitation_that_a_crash_left_unsent_is_sent_by_the_sweep(clock, admin, drain):
    from citizens.actions import officers
    from common import clock as wall

    admin.post(STAFF, NEW)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert officers.sweep(now=wall.now()) == 0
    clock.shift(datetime.timedelta(minutes=5, seconds=1))
    assert officers.sweep(now=wall.now()) == 1
    drain()
    assert opened(mailed()).status_code == 201


def test_the_same_person_or_address_has_one_account(admin, drain):
    invited(admin, drain)
    assert refused(admin.post(STAFF, NEW | {"email": "khac@cantho.invalid"})) == (
        409,
        "officer_exists",
    )
    assert refused(admin.post(STAFF, NEW | {"id_number": "092080000098"})) == (409, "email_taken")
    citizens = NEW | {"id_number": "092080000098", "email": "lan@demo.invalid"}
    assert refused(admin.post(STAFF, citizens)) == (409, "email_taken")
    assert Seat.objects.filter(title=NEW["title"]).count() == 1


def test_the_same_key_invites_once(admin, drain):
    first = admin.post(STAFF, NEW, key="moi-mot-lan-thoi")
    second = admin.post(STAFF, NEW, key="moi-mot-lan-thoi")
    assert (first.status_code, second.json()) == (201, first.json())
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id_number": "09208000009"}, "invalid"),
        ({"email": "khong-phai-thu"}, "invalid"),
        ({"roles": []}, "invalid"),
        ({"roles": ["chu-tich"]}, "invalid"),
        ({"roles": ["auditor", "handler"]}, "roles_do_not_fit"),
        ({"unit_id": "unt_khong_co"}, "invalid"),
        ({"agency": "so-tu-phap"}, "invalid"),
    ],
)
def test_what_does_not_fit_invites_nobody(admin, change, code):
    assert refused(admin.post(STAFF, NEW | change)) == (400, code)
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_the_first_admin_of_an_agency_is_invited_by_the_operator(people, drain):
    call_command(
        "invite_admin",
        "so-y-te",
        "--email=dau-tien@cantho.invalid",
        "--full-name=Cán bộ mẫu",
        "--id-number=092080000055",
    )
    drain()
    code = mailed("dau-tien@cantho.invalid")
    secret = opened(code).json()["totp_secret"]
    assert accept(code, secret).status_code == 201
    [event] = SeatEvent.objects.filter(what="invited")
    assert (event.agency_id, event.actor_id, event.actor_label) == (
        "so-y-te",
        "",
        "Vận hành hệ thống",
    )
    with pytest.raises(CommandError, match="unknown_agency"):
        call_command(
            "invite_admin", "khong-co", "--email=a@b.invalid", "--full-name=x", "--id-number=0"
        )


# --- changing -----------------------------------------------------------------------------------


def test_roles_title_and_unit_change_at_once_under_if_match(admin, drain):
    made, phone, _ = joined(admin, drain)
    unit = admin.post("/api/v1/officer/units", {"name": "Bộ phận Hộ tịch"}).json()
    address = f"{STAFF}/{made['officer_id']}"
    assert phone.get(DESK).status_code == 200
    assert admin.patch(address, {"roles": ["admin"]}).status_code == 428
    done = admin.patch(
        address, {"roles": ["admin"], "title": "Chánh văn phòng", "unit_id": unit["id"]}, version=1
    )
    assert (done.status_code, done.json()["version"]) == (200, 2)
    assert done.json()["unit"] == {"id": unit["id"], "name": "Bộ phận Hộ tịch"}
    assert refused(phone.get(DESK)) == (403, "no_dossier_role")
    assert phone.get(STAFF).json()["items"][-1]["email"] == NEW["email"]
    assert refused(admin.patch(address, {"title": "Khác"}, version=1)) == (412, "stale_version")
    free = admin.patch(address, {"unit_id": None}, version=2)
    assert free.json()["unit"] is None


def test_nobody_changes_ends_or_resets_a_seat_of_their_own(admin):
    me = admin.get("/api/v1/officer/seat").json()
    address = f"{STAFF}/{me['officer_id']}"
    own = (403, "own_seat")
    assert refused(admin.patch(address, {"roles": ["admin", "approver"]}, version=1)) == own
    assert refused(admin.delete(address, version=1)) == own
    assert refused(admin.post(f"{address}/second-factor-reset")) == own
    assert refused(admin.post(f"{address}/invitation")) == own
    assert Seat.objects.get(user_id=me["officer_id"]).roles == ["admin"]


def test_an_admin_of_another_agency_reaches_nobody_here(admin, sign_in, drain):
    made, _ = invited(admin, drain)
    other = office.seat(sign_in, "quan-tri-khac", ["admin"], agency="so-tu-phap")
    address = f"{STAFF}/{made['officer_id']}"
    for answer in (
        other.get(address),
        other.patch(address, {"title": "Khác"}, version=1),
        other.delete(address, version=1),
        other.post(f"{address}/invitation"),
        other.post(f"{address}/second-factor-reset"),
    ):
        assert refused(answer) == (404, "not_found")
    titles = [item["title"] for item in other.get(STAFF).json()["items"]]
    assert NEW["title"] not in titles


def test_colleagues_see_offices_and_not_the_accounts_behind_them(admin, cast, drain):
    invited(admin, drain)
    [new] = [
        item for item in cast.handler.get(STAFF).json()["items"] if item["title"] == NEW["title"]
    ]
    assert (new["email"], new["second_factors"], new["last_seen_at"]) == (None, None, None)
    [mine] = [item for item in cast.handler.get(STAFF).json()["items"] if item["email"]]
    assert mine["email"] == "thu-ly@demo.invalid"


# --- leaving ------------------------------------------------------------------------------------


def test_whoever_leaves_is_out_with_the_very_next_request(admin, drain):
    made, phone, tokens = joined(admin, drain)
    assert phone.get(DESK).status_code == 200
    answer = admin.delete(f"{STAFF}/{made['officer_id']}", version=1)
    assert answer.status_code == 204
    assert refused(phone.get(DESK)) == (401, "not_signed_in")
    assert refresh(Api(), tokens["refresh_token"]).status_code == 400
    assert post("/auth/login", {"email": NEW["email"], "password": OWN_PASSWORD}).status_code == 400
    session = Api().client.get(
        "/api/auth/app/v1/auth/session", headers={"X-Session-Token": tokens["session_token"]}
    )
    assert session.status_code == 410
    assert of(admin, made["officer_id"])["status"] == "ended"


def test_the_desks_pages_close_with_the_seat(admin, cast):
    from tests.dossiers.test_desk import enter

    browser, _ = enter("thu-ly")
    assert browser.get("/admin/dossiers/dossier/").status_code == 200
    officer = User.objects.get(email="thu-ly@demo.invalid")
    assert admin.delete(f"{STAFF}/{officer.id}", version=1).status_code == 204
    assert browser.get("/admin/dossiers/dossier/").status_code == 302
    assert not Session.objects.filter(session_key=browser.cookies["sessionid"].value).exists()


def test_who_left_can_be_invited_anew_with_the_same_address_and_number(admin, drain):
    made, _, _ = joined(admin, drain)
    admin.delete(f"{STAFF}/{made['officer_id']}", version=1)
    again, phone, _ = joined(admin, drain)
    assert again["officer_id"] != made["officer_id"]
    assert phone.get(DESK).status_code == 200
    old = of(admin, made["officer_id"])
    assert (old["full_name"], old["email"]) == (NEW["full_name"], "")


def test_a_lost_factor_is_reset_with_the_password_and_everything_begins_anew(admin, drain):
    made, phone, tokens = joined(admin, drain)
    answer = admin.post(f"{STAFF}/{made['officer_id']}/second-factor-reset")
    assert (answer.status_code, answer.json()["status"]) == (201, "invited")
    assert answer.json()["second_factors"] == []
    assert refused(phone.get(DESK)) == (401, "not_signed_in")
    assert refresh(Api(), tokens["refresh_token"]).status_code == 400
    assert post("/auth/login", {"email": NEW["email"], "password": OWN_PASSWORD}).status_code == 400
    drain()
    code = mailed()
    assert accept(code, opened(code).json()["totp_secret"]).status_code == 201
    assert of(admin, made["officer_id"])["status"] == "active"


# --- the record ---------------------------------------------------------------------------------


def test_everything_is_recorded_for_admins_and_auditors_and_cannot_be_rewritten(
    admin, sign_in, drain
):
    made, code = invited(admin, drain)
    address = f"{STAFF}/{made['officer_id']}"
    accept(code, opened(code).json()["totp_secret"])
    admin.patch(address, {"roles": ["approver"]}, version=1)
    admin.post(f"{address}/second-factor-reset")
    admin.post(f"{address}/invitation")
    admin.delete(address, version=2)
    auditor = sign_in("kiem-tra")
    items = auditor.get(f"{STAFF}/events").json()["items"]
    mine = [item for item in items if item["officer_id"] == made["officer_id"]]
    assert [item["what"] for item in mine] == [
        *("ended", "invited_again", "factor_reset", "changed", "accepted", "invited"),
    ]
    changed = mine[3]
    assert changed["actor"] == "Quản trị tài khoản"
    assert changed["data"]["before"]["roles"] == ["handler"]
    assert changed["data"]["after"]["roles"] == ["approver"]
    text = str(items)
    for private in (NEW["email"], NEW["full_name"], NEW["id_number"]):
        assert private not in text
    assert admin.get(f"{STAFF}/events").json()["items"] == items
    for change in ("UPDATE dossiers_seatevent SET what = 'x'", "DELETE FROM dossiers_seatevent"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


# --- units --------------------------------------------------------------------------------------


def test_units_are_made_renamed_and_closed_once_nobody_sits_in_them(admin, cast, drain):
    units = "/api/v1/officer/units"
    made = admin.post(units, {"name": "Bộ phận Hộ tịch"})
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    address = f"{units}/{made.json()['id']}"
    assert refused(admin.post(units, {"name": "Bộ phận Hộ tịch"})) == (409, "unit_name_taken")
    seat, _ = invited(admin, drain, unit_id=made.json()["id"])
    assert refused(admin.patch(address, {"active": False}, version=1)) == (409, "unit_in_use")
    renamed = admin.patch(address, {"name": "Bộ phận Tư pháp"}, version=1)
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Bộ phận Tư pháp", 2)
    admin.patch(f"{STAFF}/{seat['officer_id']}", {"unit_id": None}, version=1)
    closed = admin.patch(address, {"active": False}, version=2)
    assert (closed.status_code, closed.json()["active"]) == (200, False)
    to_closed = {"unit_id": made.json()["id"]}
    answer = admin.patch(f"{STAFF}/{seat['officer_id']}", to_closed, version=2)
    assert answer.json()["errors"][0]["code"] == "unknown_unit"
    names = [item["name"] for item in cast.handler.get(units).json()["items"]]
    assert names == ["Bộ phận Tư pháp", "Bộ phận Tư pháp - Hộ tịch (mẫu)"]
    assert cast.foreign_officer.get(address).status_code == 404


# --- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [(STAFF, 8), (f"{STAFF}/events", 5), ("/api/v1/officer/units", 5)],
)
def test_the_number_of_queries_does_not_grow(admin, count_queries, path, expected):
    counts = []
    for number in ("1", "234"):
        for one in number:
            more = {"id_number": f"0920800001{one}0", "email": f"m{one}@cantho.invalid"}
            assert admin.post(STAFF, NEW | more).status_code == 201
            admin.post("/api/v1/officer/units", {"name": f"Bộ phận {one}"})
        admin.get(path)
        with count_queries() as queries:
            assert admin.get(path).status_code == 200
        counts.append(len(queries))
    assert counts == [expected, expected]
