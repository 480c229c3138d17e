"""Several dues on one page: over HTTP, as the app sees it."""

from typing import Any

import pytest

from payments import queries
from payments.models import Attempt, LedgerEntry, Payment, Receipt
from tests import fakes
from tests.conftest import Api, Cast
from tests.payments import invariants
from tests.payments.factories import AGENCY, World

pytestmark = pytest.mark.django_db
URL = "/api/v1/payments/checkouts"
OTHER = "so-tu-phap"


def me(api: Api) -> str:
    return str(api.get("/api/v1/me").json()["id"])


@pytest.fixture
def owner(world: World, cast: Cast) -> Api:
    return cast.owner


@pytest.fixture
def dues(owner: Api, world: World) -> list[Payment]:
    return world.owe_to([AGENCY, OTHER], me(owner))


def ids(dues: list[Payment]) -> list[str]:
    return [due.id for due in dues]


def start(api: Api, dues: list[Payment], **kwargs: Any) -> Any:
    return api.post(URL, {"payment_ids": ids(dues), "return_url": "canthosmart://paid"}, **kwargs)


def states(api: Api, dues: list[Payment]) -> list[str]:
    return [api.get(f"/api/v1/payments/{due.id}").json()["state"] for due in dues]


def test_two_dues_of_two_agencies_on_one_page(
    owner: Api, dues: list[Payment], world: World
) -> None:
    world.provider.mock.store.fee_basis_points = 110
    started = start(owner, dues)
    assert started.status_code == 201, started.content
    page = started.json()
    rows = {row.payment_id: row for row in Attempt.objects.order_by("id")}
    opener = Attempt.objects.get(paid_with=None)
    first, second = sorted(dues, key=lambda due: due.id)
    assert page == {
        "id": opener.id,
        "state": "pending",
        "total": {"amount": 33_000, "currency": "VND"},
        "provider": "stripe",
        "declined": None,
        "checkout_url": opener.checkout_url,
        "dues": [
            {
                "payment_id": due.id,
                "attempt_id": rows[due.id].id,
                "title": due.title,
                "agency_code": due.agency_code,
                "amount": {"amount": due.amount_vnd, "currency": "VND"},
                "state": "pending",
                "has_receipt": False,
            }
            for due in (first, second)
        ],
        "expires_at": "2026-11-24T11:00:00+07:00",
        "created_at": "2026-11-24T10:00:00+07:00",
    }
    assert started.headers["Retry-After"] == "3"
    assert started.headers["Location"] == f"{URL}/{opener.id}"
    [session] = world.provider.all("checkout.session")
    assert session["amount_total"] == 33_000
    assert session["success_url"] == "canthosmart://paid"
    waiting = owner.get(f"{URL}/{opener.id}")
    assert (waiting.json(), waiting.headers["Retry-After"]) == (page, "3")
    unchanged = owner.get(f"{URL}/{opener.id}", **{"If-None-Match": waiting.headers["ETag"]})
    assert unchanged.status_code == 304
    one = owner.get(f"/api/v1/payments/{second.id}").json()
    assert (one["state"], one["can_pay"]) == ("pending", False)
    assert one["attempt"]["checkout_id"] == opener.id
    assert one["attempt"]["checkout_url"] == opener.checkout_url

    world.provider.press(opener.session_id)
    world.deliver()
    paid = owner.get(f"{URL}/{opener.id}")
    assert paid.json()["state"] == "paid"
    assert [(due["state"], due["has_receipt"]) for due in paid.json()["dues"]] == [
        ("paid", True)
    ] * 2
    assert paid.json()["checkout_url"] is None
    assert "Retry-After" not in paid.headers
    receipts = {due.id: owner.get(f"/api/v1/payments/{due.id}/receipt").json() for due in dues}
    assert [receipts[due.id]["series"] for due in dues] == ["DEMO-H13.020-26", "DEMO-H13.006-26"]
    assert {receipts[due.id]["number"] for due in dues} == {"0000001"}
    intent = Attempt.objects.get(paid_with=None).intent_id
    assert {one["provider_reference"] for one in receipts.values()} == {intent}
    # One line there, one transfer for each due here, and the provider's fee once.
    lines = set(LedgerEntry.objects.values_list("settlement_id", flat=True).order_by("id"))
    assert len(lines) == 1
    keys = {
        f"capture:stripe:{intent}",
        f"capture:stripe:{intent}:{second.id}",
        f"provider_fee:stripe:{intent}",
    }
    assert set(LedgerEntry.objects.values_list("key", flat=True).order_by("id")) == keys
    assert queries.balances() == {
        "provider_clearing:stripe": -32_637,
        "provider_fee:stripe": -363,
        f"fee_revenue:{AGENCY}": 16_000,
        f"fee_revenue:{OTHER}": 17_000,
    }
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_the_same_key_and_another_device_find_the_same_page(
    owner: Api, dues: list[Payment], world: World
) -> None:
    first = start(owner, dues, key="one-tap-0001")
    again = start(owner, dues, key="one-tap-0001")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    tablet = start(owner, dues[::-1], key="tablet-0001")
    assert (tablet.status_code, tablet.json()["id"]) == (201, first.json()["id"])
    assert len(world.provider.all("checkout.session")) == 1
    other = owner.post(URL, {"payment_ids": ids([dues[0], world.owe()])}, key="one-tap-0001")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_of_a_lost_page_is_not_taken_for_other_dues(
    owner: Api, dues: list[Payment], world: World
) -> None:
    world.provider.lose_answer(times=3)
    assert start(owner, dues, key="one-tap-0001").status_code == 503
    assert states(owner, dues) == ["pending", "pending"]
    one = owner.post(f"/api/v1/payments/{dues[0].id}/attempts", key="one-tap-0001")
    assert (one.status_code, one.json()["code"]) == (422, "checkout_key_reused")
    assert start(owner, dues, key="one-tap-0001").status_code == 201
    [session] = world.provider.all("checkout.session")
    assert session["amount_total"] == 33_000


def test_a_due_that_is_open_elsewhere_is_refused_both_ways(
    owner: Api, dues: list[Payment], world: World
) -> None:
    address = f"/api/v1/payments/{dues[0].id}/attempts"
    alone = owner.post(address).json()
    refused = start(owner, dues)
    assert (refused.status_code, refused.json()["code"]) == (409, "due_being_paid")
    assert refused.json()["payment_id"] == dues[0].id
    assert Attempt.objects.count() == 1
    closed = owner.post(f"{address}/{alone['id']}/closure")
    assert (closed.status_code, closed.json()["state"]) == (201, "pending")
    world.drain()
    assert owner.get(f"{address}/{alone['id']}").json()["state"] == "cancelled"
    page = start(owner, dues)
    assert page.status_code == 201
    alone = owner.post(address)
    assert (alone.status_code, alone.json()["code"]) == (409, "due_being_paid")
    third = world.owe(citizen_id=me(owner))
    assert start(owner, [dues[1], third]).json()["code"] == "due_being_paid"


def test_closing_a_page_frees_every_due_on_it(
    owner: Api, dues: list[Payment], world: World
) -> None:
    page = start(owner, dues).json()
    last = page["dues"][1]
    closing = f"/api/v1/payments/{last['payment_id']}/attempts/{last['attempt_id']}/closure"
    assert owner.post(closing, key="close-it-0001").status_code == 201
    assert owner.post(closing, key="close-it-0001").status_code == 201
    world.drain()
    assert owner.get(f"{URL}/{page['id']}").json()["state"] == "cancelled"
    assert states(owner, dues) == ["owed", "owed"]
    assert owner.get(f"/api/v1/payments/{dues[1].id}").json()["can_pay"] is True
    assert owner.post(closing).json()["state"] == "cancelled"  # over: it stays so
    assert owner.post(f"/api/v1/payments/{dues[0].id}/attempts").status_code == 201


def test_a_payer_need_not_wait_for_the_queue_to_close_the_page(
    owner: Api, dues: list[Payment], world: World
) -> None:
    page = start(owner, dues).json()
    one = page["dues"][0]
    owner.post(f"/api/v1/payments/{one['payment_id']}/attempts/{one['attempt_id']}/closure")
    alone = owner.post(f"/api/v1/payments/{dues[0].id}/attempts")
    assert alone.status_code == 201, alone.content
    assert (alone.json()["state"], alone.json()["checkout_id"]) == ("pending", None)
    assert owner.get(f"{URL}/{page['id']}").json()["state"] == "cancelled"


def test_a_declined_card_then_a_good_one(owner: Api, dues: list[Payment], world: World) -> None:
    page = start(owner, dues).json()
    opener = Attempt.objects.get(id=page["id"])
    world.provider.press(opener.session_id, fakes.CARDS["chargeDeclinedInsufficientFunds"])
    world.deliver()
    refused = owner.get(f"{URL}/{opener.id}")
    assert refused.json()["state"] == "declined"
    assert refused.json()["declined"]["reason"] == "insufficient_funds"
    assert refused.headers["Retry-After"] == "3"
    assert states(owner, dues) == ["declined", "declined"]
    world.provider.press(opener.session_id)
    world.deliver()
    assert states(owner, dues) == ["paid", "paid"]


def test_an_expired_page_leaves_every_due_owed(
    owner: Api, dues: list[Payment], world: World
) -> None:
    page = start(owner, dues).json()
    world.provider.expire(Attempt.objects.get(id=page["id"]).session_id)
    world.deliver()
    assert owner.get(f"{URL}/{page['id']}").json()["state"] == "expired"
    assert states(owner, dues) == ["expired", "expired"]
    assert start(owner, dues).status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "required", "/payment_ids"),
        ({"payment_ids": ["pay_1"]}, "min_length", "/payment_ids"),
        ({"payment_ids": ["pay_1", "pay_1"]}, "repeated", "/payment_ids"),
        ({"payment_ids": [f"pay_{n}" for n in range(21)]}, "max_length", "/payment_ids"),
        ({"payment_ids": ["pay_1", "x" * 41]}, "max_length", "/payment_ids/1"),
        ({"payment_ids": ["pay_1", "pay_2"], "sum": 1}, "unknown_field", "/sum"),
    ],
)
def test_bodies_are_strict(owner: Api, body: dict[str, Any], code: str, pointer: str) -> None:
    answer = owner.post(URL, body)
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert (error["code"], error["pointer"]) == (code, pointer)
    assert owner.post(URL, body, key=None).json()["code"] == "idempotency_key_missing"


def test_what_is_not_mine_or_not_owed_is_refused_and_nothing_begins(
    owner: Api, dues: list[Payment], world: World
) -> None:
    foreign = world.owe()
    for other in (foreign.id, "pay_nothing"):
        answer = owner.post(URL, {"payment_ids": [dues[0].id, other]})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    world.pay(dues[1])
    paid = start(owner, dues)
    assert (paid.status_code, paid.json()["code"]) == (409, "payment_not_owed")
    assert (paid.json()["state"], paid.json()["payment_id"]) == ("paid", dues[1].id)
    unknown = owner.post(URL, {"payment_ids": ids(dues), "method": "shells"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "payment_method_unknown")
    assert not Attempt.objects.filter(payment=dues[0]).exists()


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("reception", 403), ("anonymous", 401)]
)
def test_to_others_it_does_not_exist(
    cast: Cast, dues: list[Payment], world: World, who: str, status: int
) -> None:
    page = start(cast.owner, dues).json()
    api = getattr(cast, who)
    assert start(api, dues).status_code == status
    assert api.get(f"{URL}/{page['id']}").status_code == status
    one = page["dues"][0]
    address = f"/api/v1/payments/{one['payment_id']}/attempts/{one['attempt_id']}/closure"
    assert api.post(address).status_code == status
    assert Attempt.objects.filter(closing=True).count() == 0


def test_a_page_of_one_due_is_no_checkout(owner: Api, dues: list[Payment]) -> None:
    alone = owner.post(f"/api/v1/payments/{dues[0].id}/attempts").json()
    assert owner.get(f"{URL}/{alone['id']}").status_code == 404
    assert owner.get(f"{URL}/att_nothing").status_code == 404
    page = start(owner, [dues[1], *_more(dues[1])]).json()
    for due in page["dues"]:
        found = owner.get(f"{URL}/{due['attempt_id']}").status_code
        assert found == (200 if due["attempt_id"] == page["id"] else 404)


def _more(due: Payment, count: int = 1) -> list[Payment]:
    from common import clock as real
    from common import db
    from payments.actions import charge
    from tests.payments.factories import line

    made = []
    for number in range(count):
        with db.transaction():
            made.append(
                charge.open(
                    reference=due.reference,
                    purpose=f"round-{number}",
                    citizen_id=due.citizen_id,
                    payer_name=due.payer_name,
                    agency_code=due.agency_code,
                    title=due.title,
                    lines=[line(5000, 1)],
                    now=real.now(),
                )
            )
    return list(Payment.objects.filter(id__in=made).order_by("id"))


def test_reading_a_page_costs_the_same_for_two_dues_and_ten(
    owner: Api, dues: list[Payment], world: World, count_queries: Any
) -> None:
    small = start(owner, dues).json()
    large = start(owner, _more(dues[0], 10)).json()
    assert len(large["dues"]) == 10
    with count_queries() as two:
        assert owner.get(f"{URL}/{small['id']}").status_code == 200
    with count_queries() as ten:
        assert owner.get(f"{URL}/{large['id']}").status_code == 200
    assert len(two) == len(ten)
    assert Receipt.objects.count() == 0
