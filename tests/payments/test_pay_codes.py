"""A code with which somebody else pays: who sees what, who paid, for whom."""

import io
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from django.conf import settings

from payments.models import Attempt, PayCode, Payment, Receipt, Refund
from tests.conftest import Api, Cast
from tests.payments import invariants
from tests.payments.factories import AGENCY, World

pytestmark = pytest.mark.django_db
OWNER = "Nguyễn Thị Lan"
PAYER = "Trần Văn Minh"


def me(api: Api) -> str:
    return str(api.get("/api/v1/me").json()["id"])


@pytest.fixture
def due(world: World, cast: Cast) -> Payment:
    return world.owe(16_000, citizen_id=me(cast.owner), payer_name=OWNER)


def _url(due: Payment, tail: str = "") -> str:
    return f"/api/v1/payments/{due.id}{tail}"


@pytest.fixture
def code(cast: Cast, due: Payment) -> str:
    made = cast.owner.post(_url(due, "/pay-code"))
    assert made.status_code == 201, made.content
    return str(made.json()["code"])


def _code(code: str, tail: str = "") -> str:
    return f"/api/v1/pay-codes/{code}{tail}"


def accesses(api: Api) -> list[tuple[str, str, str]]:
    items = api.get("/api/v1/me/access-log").json()["items"]
    return [(item["what"], item["purpose"], item["reader"]) for item in items]


def test_somebody_else_pays_with_a_code_and_the_receipt_says_for_whom(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    seen = cast.stranger.get(_code(code))
    assert seen.status_code == 200
    assert seen.json() == {
        "title": due.title,
        "agency_code": AGENCY,
        "agency_name": "Ủy ban nhân dân phường Cái Khế",
        "owner_name": "N*** T*** L***",
        "state": "owed",
        "can_pay": True,
        "amount": {"amount": 16_000, "currency": "VND"},
        "lines": [
            {
                "code": "trich_luc",
                "label": "Lệ phí cấp bản sao trích lục hộ tịch",
                "kind": "le_phi",
                "quantity": 1,
                "unit": {"amount": 16_000, "currency": "VND"},
                "amount": {"amount": 16_000, "currency": "VND"},
            }
        ],
        "expires_at": "2026-11-25T10:00:00+07:00",
    }
    assert due.reference not in seen.content.decode()
    started = cast.stranger.post(
        _code(code, "/attempts"), {"return_url": "canthosmart://paid"}, key="pay-for-lan-1"
    )
    assert started.status_code == 201, started.content
    attempt = started.json()
    assert (attempt["state"], attempt["paid_by"]) == ("pending", None)
    assert attempt["checkout_url"].startswith(world.provider.url)
    assert started.headers["Retry-After"] == "3"
    again = cast.stranger.post(
        _code(code, "/attempts"), {"return_url": "canthosmart://paid"}, key="pay-for-lan-1"
    )
    assert again.json() == attempt
    polled = cast.stranger.get(started.headers["Location"])
    assert (polled.json(), polled.headers["Retry-After"]) == (attempt, "3")
    same = {"If-None-Match": polled.headers["ETag"]}
    assert cast.stranger.get(started.headers["Location"], **same).status_code == 304
    # The owner sees that somebody is paying, and not their page.
    mine = cast.owner.get(_url(due)).json()
    assert (mine["state"], mine["can_pay"]) == ("pending", False)
    assert mine["attempt"]["paid_by"] == "T*** V*** M***"
    assert mine["attempt"]["checkout_url"] is None
    refused = cast.owner.post(_url(due, "/attempts"))
    assert (refused.status_code, refused.json()["code"]) == (409, "due_being_paid")

    row = Attempt.objects.get()
    world.provider.press(row.session_id)
    world.deliver()
    assert cast.stranger.get(started.headers["Location"]).json()["state"] == "paid"
    mine = cast.owner.get(_url(due)).json()
    assert (mine["state"], mine["paid_by"]) == ("paid", "T*** V*** M***")
    assert cast.stranger.get(_code(code)).json()["can_pay"] is False
    theirs = cast.stranger.get(_url(due, "/receipt"))
    assert (theirs.json()["payer_name"], theirs.json()["paid_for"]) == (PAYER, OWNER)
    assert cast.owner.get(_url(due, "/receipt")).json() == theirs.json()
    paper = cast.stranger.get(_url(due, "/receipt.pdf"))
    assert paper.content == cast.owner.get(_url(due, "/receipt.pdf")).content
    text = " ".join(pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text().split())
    assert f"Người nộp: {PAYER}" in text
    assert f"Nộp thay cho: {OWNER}" in text
    assert cast.stranger.get(_url(due)).status_code == 404  # nothing else of the dossier
    assert cast.weak.get(_url(due, "/receipt")).status_code == 404
    assert cast.weak.get(started.headers["Location"]).status_code == 404
    reader = "Người nộp thay T*** V*** M***"
    assert ("payment:pay_code", "pay_for", reader) in accesses(cast.owner)
    assert ("payment:pay", "pay_for", reader) in accesses(cast.owner)
    told = {item["kind"] for item in cast.owner.get("/api/v1/me/inbox").json()["items"]}
    assert "payment_paid_by_another" in told
    told = {item["kind"] for item in cast.stranger.get("/api/v1/me/inbox").json()["items"]}
    assert "payment_paid_for_another" in told
    invariants.check_lines(world)


def test_the_owner_paying_alone_has_an_ordinary_receipt(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    started = cast.owner.post(_code(code, "/attempts"))
    assert started.status_code == 201
    world.provider.press(Attempt.objects.get().session_id)
    world.deliver()
    receipt = cast.owner.get(_url(due, "/receipt")).json()
    assert (receipt["payer_name"], receipt["paid_for"]) == (OWNER, None)
    assert cast.owner.get(_url(due)).json()["paid_by"] is None
    assert Receipt.objects.get().payer_id is None
    text = pypdf.PdfReader(io.BytesIO(cast.owner.get(_url(due, "/receipt.pdf")).content))
    assert "Nộp thay cho" not in text.pages[0].extract_text()


def test_a_code_is_read_again_replaced_and_taken_back(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    read = cast.owner.get(_url(due, "/pay-code"))
    assert read.json() == {
        "code": code,
        "url": f"{settings.PUBLIC_URL}/pay/{code}",
        "version": 1,
        "made_at": "2026-11-24T10:00:00+07:00",
        "expires_at": "2026-11-25T10:00:00+07:00",
    }
    assert read.headers["ETag"] == '"1"'
    assert len(code) == 26
    newer = cast.owner.post(_url(due, "/pay-code")).json()["code"]
    assert newer != code
    assert cast.stranger.get(_code(code)).status_code == 404
    assert cast.stranger.get(_code(newer)).status_code == 200
    assert cast.owner.delete(_url(due, "/pay-code")).status_code == 428
    assert cast.owner.delete(_url(due, "/pay-code"), version=2).status_code == 412
    assert cast.owner.delete(_url(due, "/pay-code"), version=1).status_code == 204
    for path in (_code(newer), _code(code), _code("x" * 26)):
        answer = cast.stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert cast.stranger.post(_code(newer, "/attempts")).status_code == 404
    assert cast.owner.get(_url(due, "/pay-code")).status_code == 404
    assert cast.owner.delete(_url(due, "/pay-code"), version=1).status_code == 404
    assert not Attempt.objects.exists()


def test_a_code_runs_out(
    cast: Cast, due: Payment, code: str, world: World, sign_in: Callable[[str], Api]
) -> None:
    world.later(hours=24)
    owner = sign_in("lan")  # a token lives for five minutes
    assert cast.stranger.get(_code(code)).status_code == 404
    assert cast.stranger.post(_code(code, "/attempts")).status_code == 404
    assert owner.get(_url(due, "/pay-code")).status_code == 404
    assert owner.post(_url(due, "/pay-code")).status_code == 201
    assert PayCode.objects.filter(revoked_at=None).count() == 1


def test_taking_a_code_back_closes_the_page_of_whoever_has_it(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    started = cast.stranger.post(_code(code, "/attempts"))
    assert cast.owner.delete(_url(due, "/pay-code"), version=1).status_code == 204
    world.drain()
    assert cast.stranger.get(started.headers["Location"]).json()["state"] == "cancelled"
    assert cast.owner.post(_url(due, "/attempts")).status_code == 201


def test_the_owner_closes_the_page_of_somebody_who_does_not_pay(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    attempt = cast.stranger.post(_code(code, "/attempts")).json()
    closed = cast.owner.post(_url(due, f"/attempts/{attempt['id']}/closure"))
    assert closed.status_code == 201
    assert cast.owner.post(_url(due, "/attempts")).status_code == 201  # without waiting


def test_a_second_payer_waits_and_late_money_goes_back_to_whoever_paid_it(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    cast.stranger.post(_code(code, "/attempts"))
    second = cast.weak.post(_code(code, "/attempts"))
    assert (second.status_code, second.json()["code"]) == (409, "due_being_paid")
    late = Attempt.objects.get()
    world.provider.expire(late.session_id)
    world.deliver()
    assert cast.weak.post(_code(code, "/attempts")).status_code == 201
    row = Attempt.objects.exclude(id=late.id).get()
    world.provider.press(row.session_id)
    world.provider.press(late.session_id, force=True)
    world.heal()
    late.refresh_from_db()
    row.refresh_from_db()
    assert {late.state, row.state} == {"paid", "resolved"}
    twice = late if late.state == "resolved" else row
    back = Refund.objects.get()
    assert (back.attempt_id, back.kind, back.state) == (twice.id, "suspense", "succeeded")
    assert world.provider.all("refund")[0]["payment_intent"] == twice.intent_id
    assert Receipt.objects.get().payer_id == (row if twice is late else late).payer_id
    invariants.check_lines(world)


def test_one_key_of_two_payers_is_two_keys(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    mine = cast.owner.post(_url(due, "/attempts"), key="the-same-key").json()
    refused = cast.stranger.post(_code(code, "/attempts"), key="the-same-key")
    assert (refused.status_code, refused.json()["code"]) == (409, "due_being_paid")
    world.provider.expire(Attempt.objects.get().session_id)
    world.deliver()
    theirs = cast.stranger.post(_code(code, "/attempts"), key="the-same-key")
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine["id"]


def test_only_whoever_owes_makes_codes_and_only_while_it_is_owed(
    cast: Cast, due: Payment, world: World
) -> None:
    for who, status in (("stranger", 404), ("reception", 403), ("anonymous", 401)):
        api = getattr(cast, who)
        assert api.post(_url(due, "/pay-code")).status_code == status
        assert api.get(_url(due, "/pay-code")).status_code == status
        assert api.delete(_url(due, "/pay-code"), version=1).status_code == status
    assert not PayCode.objects.exists()
    world.pay(due)
    refused = cast.owner.post(_url(due, "/pay-code"))
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_owed")


def test_a_code_is_for_citizens_and_opens_one_due(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    for who, status in (("reception", 403), ("anonymous", 401)):
        assert getattr(cast, who).get(_code(code)).status_code == status
        assert getattr(cast, who).post(_code(code, "/attempts")).status_code == status
    other = world.owe(citizen_id=me(cast.owner))
    assert cast.stranger.post(_url(other, "/attempts")).status_code == 404
    page = {"payment_ids": [due.id, other.id]}
    assert cast.stranger.post("/api/v1/payments/checkouts", page).status_code == 404
    assert cast.stranger.post(_url(due, "/attempts")).status_code == 404  # the code, not the id


def test_looking_codes_up_is_limited(cast: Cast, due: Payment, code: str) -> None:
    for number in range(20):
        assert cast.stranger.get(_code(f"x{number}")).status_code == 404
    over = cast.stranger.get(_code(code))
    assert (over.status_code, over.json()["code"]) == (429, "too_many_requests")
    assert int(over.headers["Retry-After"]) > 0
    assert cast.stranger.post(_code(code, "/attempts")).status_code == 429
    assert cast.weak.get(_code(code)).status_code == 200  # nobody else is held up


def test_the_code_rests_encrypted(cast: Cast, due: Payment, code: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM payments_paycode t")
        assert code not in cursor.fetchone()[0]


def test_the_page_behind_the_link_says_what_to_do_and_looks_nothing_up(
    cast: Cast, code: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        page = cast.anonymous.get(f"/pay/{code}")
    assert page.status_code == 200
    assert "Can Tho Smart" in page.content.decode()
    assert code not in page.content.decode()
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.content == cast.anonymous.get("/pay/unknown").content


def test_who_paid_for_others_has_it_in_their_own_copy(
    cast: Cast, due: Payment, code: str, world: World
) -> None:
    from payments.queries import paying

    cast.stranger.post(_code(code, "/attempts"))
    [row] = paying.paid_for_others(me(cast.stranger))
    assert (row["payment_id"], row["amount_vnd"], row["state"]) == (due.id, 16_000, "open")
    assert paying.paid_for_others(me(cast.owner)) == []
