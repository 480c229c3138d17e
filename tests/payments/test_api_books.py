"""The money desk's books over HTTP: who sees what, who acts, whole bodies, exact queries."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from citizens.models import Message, User
from payments.actions import discrepancies as working
from payments.models import Discrepancy, DiscrepancyEvent, Dispute, LedgerEntry
from tests.conftest import Api, Cast
from tests.dossiers import office
from tests.payments import disputing
from tests.payments.factories import AGENCY, World
from tests.payments.test_reconcile import faults, run

pytestmark = pytest.mark.django_db
DESK = "/api/v1/officer"
LIST = f"{DESK}/reconciliation/discrepancies"
RUNS = f"{DESK}/reconciliation/runs"
DISPUTES = f"{DESK}/disputes"
DAYS = "?from=2026-11-24&to=2026-11-24"
NOTE = {"kind": "corrected_there", "note": "Cổng thanh toán đã sửa sao kê."}
SHEETS = (
    f"{DESK}/settlement-report.xlsx",
    f"{LIST}.xlsx",
    f"{DESK}/receipt-book.xlsx",
)


class Desk:
    """Officers of the agency that collects, of another one, and of the city's centre.

    Each is signed in anew when called upon: an officer's session ends while the clock moves on.
    """

    SEATS = {
        "cashier": (AGENCY, "cashier"),
        "auditor": (AGENCY, "auditor"),
        "handler": (AGENCY, "handler"),
        "elsewhere": ("ubnd-31135", "cashier"),
        "centre": ("ttpvhcc", "cashier"),
    }

    def __init__(self, sign_in: Callable[[str], Api], cast: Cast) -> None:
        self.sign_in, self.cast = sign_in, cast
        for number, (who, (agency, role)) in enumerate(self.SEATS.items()):
            digits = f"09208000010{number}"
            office.seat(sign_in, f"so-{who}", [role], agency=agency, number=digits)

    def __getattr__(self, who: str) -> Api:
        return self.sign_in(f"so-{who}")


@pytest.fixture
def desk(world: World, sign_in: Callable[[str], Api], cast: Cast) -> Desk:
    return Desk(sign_in, cast)


@pytest.fixture
def found(world: World, desk: Desk) -> Any:
    """A day with four discrepancies, compared on the morning after."""
    made = faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    return made


def one(kind: str) -> Discrepancy:
    return Discrepancy.objects.get(kind=kind)


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {item["id"] for item in answer.json()["items"]}


def test_a_discrepancy_from_found_to_resolved(found: Any, desk: Desk) -> None:
    row = one("amount_differs")
    vnd = {"currency": "VND"}
    expected = {
        "id": row.id,
        "provider": "stripe",
        "day": "2026-11-24",
        "kind": "amount_differs",
        "differs": ["amount"],
        "state": "open",
        "overdue": False,
        "line_id": found["amount_differs"].settlement_id,
        "line_kind": "charge",
        "source_id": found["amount_differs"].charge_id,
        "currency": "VND",
        "payment_id": found["amount_differs"].payment_id,
        "reference": found["amount_differs"].payment.reference,
        "theirs": {"amount": {"amount": 9_002, **vnd}, "fee": {"amount": 0, **vnd}},
        "ours": {"amount": {"amount": 10_002, **vnd}, "fee": {"amount": 0, **vnd}},
        "resolution": None,
        "found_at": "2026-11-25T02:30:00+07:00",
        "closed_at": None,
        "version": 1,
    }
    listed = desk.cashier.get(f"{LIST}?kind=amount_differs").json()
    assert listed == {"items": [expected], "next": None, "previous": None}
    seen = desk.auditor.get(f"{LIST}/{row.id}")
    event = {"resolution": None, "note": None, "theirs": expected["theirs"]}
    first = {**event, "ours": expected["ours"], "what": "found", "by": "rule:reconcile"}
    first["at"] = "2026-11-25T02:30:00+07:00"
    assert seen.json() == {**expected, "history": [first]}
    assert (
        desk.auditor.get(f"{LIST}/{row.id}", **{"If-None-Match": seen["ETag"]}).status_code == 304
    )
    noted = desk.cashier.post(
        f"{LIST}/{row.id}/resolution", {"kind": "note", "note": "Đã gọi cổng thanh toán."}
    )
    assert (noted.status_code, noted.json()["state"]) == (201, "open")
    done = desk.cashier.post(f"{LIST}/{row.id}/resolution", NOTE, key="mot-lan-thoi")
    assert done.status_code == 201, done.content
    said = done.json()
    assert (said["state"], said["resolution"], said["closed_at"], said["version"]) == (
        "resolved",
        "corrected_there",
        "2026-11-25T02:30:00+07:00",
        3,
    )
    assert [(item["what"], item["by"], item["note"]) for item in said["history"]] == [
        ("found", "rule:reconcile", None),
        ("noted", "Chức danh so-cashier", "Đã gọi cổng thanh toán."),
        ("resolved", "Chức danh so-cashier", "Cổng thanh toán đã sửa sao kê."),
    ]
    again = desk.cashier.post(f"{LIST}/{row.id}/resolution", NOTE, key="mot-lan-thoi")
    assert (again.status_code, again.json()) == (201, said)
    late = desk.cashier.post(f"{LIST}/{row.id}/resolution", NOTE)
    assert (late.status_code, late.json()["code"]) == (409, "discrepancy_closed")
    assert late.json()["state"] == "resolved"
    assert LedgerEntry.objects.count() == 5  # nothing was mended


def test_filters_and_pages(found: Any, desk: Desk) -> None:
    mine = {row.id for row in Discrepancy.objects.exclude(agency_code="").order_by("id")}
    assert ids(desk.cashier.get(LIST)) == mine
    assert len(mine) == 3
    assert ids(desk.cashier.get(f"{LIST}?state=open&day=2026-11-24")) == mine
    assert ids(desk.cashier.get(f"{LIST}?day=2026-11-23")) == set()
    assert ids(desk.cashier.get(f"{LIST}?state=gone")) == set()
    assert ids(desk.cashier.get(f"{LIST}?kind=doubled")) == {one("doubled").id}
    first = desk.cashier.get(f"{LIST}?page_size=2").json()
    rest = desk.cashier.get(first["next"]).json()
    assert {item["id"] for item in [*first["items"], *rest["items"]]} == mine
    for query, param in (("state=x", "state"), ("kind=x", "kind"), ("day=x", "day")):
        refused = desk.cashier.get(f"{LIST}?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["param"]) == (400, param)


def test_what_belongs_to_no_payment_is_the_centres(found: Any, desk: Desk) -> None:
    nobodys = one("missing_here")
    assert ids(desk.centre.get(LIST)) == {nobodys.id}
    assert desk.cashier.get(f"{LIST}/{nobodys.id}").status_code == 404
    done = desk.centre.post(f"{LIST}/{nobodys.id}/resolution", NOTE)
    assert (done.status_code, done.json()["payment_id"]) == (201, None)
    [day] = desk.centre.get(RUNS).json()["items"]
    assert (day["their_net"]["amount"], day["our_net"]["amount"]) == (54_011, 40_010)


def test_the_days_as_each_agency_sees_them(found: Any, desk: Desk, world: World) -> None:
    [day] = desk.auditor.get(RUNS).json()["items"]
    assert day == {
        "id": day["id"],
        "provider": "stripe",
        "day": "2026-11-24",
        "state": "done",
        "tries": 1,
        "their_lines": 6,
        "their_net": None,
        "our_net": None,
        "open_discrepancies": 3,
        "tried_at": "2026-11-25T02:30:00+07:00",
        "done_at": "2026-11-25T02:30:00+07:00",
    }
    [other] = desk.elsewhere.get(RUNS).json()["items"]
    assert other["open_discrepancies"] == 0
    assert desk.cashier.get(f"{RUNS}?state=unanswered").json()["items"] == []
    assert desk.cashier.get(f"{RUNS}?state=x").status_code == 400


def test_nobody_works_with_money_of_their_own(
    found: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = one("doubled")
    from citizens import queries as citizens

    owner = User.objects.filter(id=found["doubled"].payment.citizen_id)
    monkeypatch.setattr(citizens, "accounts_of_same_person", lambda user_id: owner)
    assert row.id not in ids(desk.cashier.get(LIST))
    assert len(ids(desk.cashier.get(LIST))) == 2
    assert desk.cashier.get(f"{LIST}/{row.id}").status_code == 404
    assert desk.cashier.post(f"{LIST}/{row.id}/resolution", NOTE).status_code == 404
    row.refresh_from_db()
    assert row.state == "open"


def test_two_cashiers_resolve_one_discrepancy(found: Any, desk: Desk, sign_in: Any) -> None:
    other = office.seat(sign_in, "so-6", ["cashier"], agency=AGENCY, number="092080000106")
    address = f"{LIST}/{one('doubled').id}/resolution"
    assert desk.cashier.post(address, NOTE).status_code == 201
    assert other.post(address, {**NOTE, "kind": "explained"}).status_code == 409
    assert one("doubled").resolution == "corrected_there"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"kind": "note"}, "note"),
        ({"kind": "note", "note": "ngắn"}, "note"),
        ({"kind": "note", "note": "x" * 1001}, "note"),
        ({"kind": "mended", "note": "đủ dài để nhận"}, "kind"),
        ({**NOTE, "amount": 1}, "amount"),
    ],
)
def test_a_resolution_says_what_and_why(found: Any, desk: Desk, body: Any, param: str) -> None:
    answer = desk.cashier.post(f"{LIST}/{one('doubled').id}/resolution", body)
    assert (answer.status_code, answer.json()["errors"][0]["param"]) == (400, param)
    assert DiscrepancyEvent.objects.count() == 4


def test_the_history_has_an_end_and_can_still_be_concluded(
    found: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "MAX_EVENTS", 1)
    address = f"{LIST}/{one('doubled').id}/resolution"
    full = desk.cashier.post(address, {**NOTE, "kind": "note"})
    assert (full.status_code, full.json()["code"]) == (409, "discrepancy_history_full")
    assert desk.cashier.post(address, NOTE).status_code == 201


def test_what_lies_open_for_three_working_days_is_raised(
    found: Any, desk: Desk, world: World
) -> None:
    from dossiers.actions import money_books

    world.traveller.move_to("2026-11-30T23:59:59+07:00")  # Monday: Thursday and Friday went by
    assert money_books.alarm(now=world.now) == 0
    assert not [one for one in desk.cashier.get(LIST).json()["items"] if one["overdue"]]
    world.traveller.move_to("2026-12-01T00:00:00+07:00")
    assert money_books.alarm(now=world.now) == 4
    assert {one["overdue"] for one in desk.cashier.get(LIST).json()["items"]} == {True}
    assert money_books.alarm(now=world.now) == 0


# --- disputes -------------------------------------------------------------------------------------


def test_a_dispute_at_the_desk_and_in_the_cashiers_inbox(world: World, desk: Desk) -> None:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt, fee=1_500)
    world.deliver()
    row = Dispute.objects.get()
    [shown] = desk.auditor.get(f"{DISPUTES}?state=open").json()["items"]
    vnd = {"currency": "VND"}
    assert shown == {
        "id": row.id,
        "payment_id": attempt.payment_id,
        "reference": attempt.payment.reference,
        "provider": "stripe",
        "provider_dispute_id": name,
        "state": "open",
        "reason": "fraudulent",
        "amount": {"amount": 16_000, **vnd},
        "withdrawn": {"amount": 16_000, **vnd},
        "returned": {"amount": 0, **vnd},
        "fee": {"amount": 1_500, **vnd},
        "answer_by": "2026-12-01T10:00:00+07:00",
        "opened_at": "2026-11-24T10:00:00+07:00",
        "closed_at": None,
        "version": 1,
    }
    assert desk.cashier.get(f"{DISPUTES}?state=won").json()["items"] == []
    [told] = desk.cashier.get("/api/v1/me/inbox").json()["items"]
    assert told["title"] == "Một khoản nộp bị khiếu nại, tiền đã bị rút về"
    assert told["body"] == "Số tiền 16.000 đồng. Cần gửi chứng cứ trước 10:00 ngày 01/12/2026."
    assert desk.centre.get("/api/v1/me/inbox").json()["items"] == []
    noted = desk.cashier.post(
        f"{DISPUTES}/{row.id}/notes", {"text": "Đã gửi biên lai cho cổng thanh toán."}
    )
    assert noted.status_code == 201, noted.content
    assert [(item["what"], item["by"], item["note"]) for item in noted.json()["history"]] == [
        ("moved", "stripe", None),
        ("withdrawn", "stripe", None),
        ("noted", "Chức danh so-cashier", "Đã gửi biên lai cho cổng thanh toán."),
    ]
    disputing.decide(world, name, "won")
    world.deliver()
    world.sweep()
    assert Message.objects.filter(kind="money_dispute").count() == 2
    read = desk.cashier.get(f"{DISPUTES}/{row.id}").json()
    assert (read["state"], read["returned"]["amount"], read["version"]) == ("won", 16_000, 2)
    assert desk.cashier.post(f"{DISPUTES}/{row.id}/notes", {"text": "ngắn"}).status_code == 400


def test_an_agency_without_a_cashier_has_the_centres(
    world: World, sign_in: Any, cast: Cast
) -> None:
    centre = office.seat(sign_in, "tam", ["cashier"], agency="ttpvhcc", number="092080000105")
    disputing.open_dispute(world, world.pay(world.owe(16_000)))
    world.deliver()
    assert len(centre.get("/api/v1/me/inbox").json()["items"]) == 1


# --- who -----------------------------------------------------------------------------------------


def test_each_address_and_each_role(found: Any, desk: Desk, world: World) -> None:
    disputing.open_dispute(world, found["fits"])
    world.deliver()
    row, dispute = one("doubled"), Dispute.objects.get()
    text = {"text": "Đã gửi chứng cứ cho cổng."}
    lists = [RUNS, LIST, DISPUTES, f"{DESK}/settlement-report{DAYS}"]
    lists += [f"{address}{DAYS}" for address in SHEETS]
    details = [f"{LIST}/{row.id}", f"{DISPUTES}/{dispute.id}"]
    acts = [(f"{LIST}/{row.id}/resolution", NOTE), (f"{DISPUTES}/{dispute.id}/notes", text)]
    cast = desk.cast
    before = (DiscrepancyEvent.objects.count(), dispute.events.count())
    for address in lists + details:
        for api in (desk.cashier, desk.auditor):
            assert api.get(address).status_code == 200, address
        for api, status, code in (
            (desk.handler, 403, "not_your_role"),
            (cast.owner, 403, "forbidden"),
            (cast.stranger, 403, "forbidden"),
            (cast.anonymous, 401, "not_signed_in"),
        ):
            answer = api.get(address)
            assert (answer.status_code, answer.json()["code"]) == (status, code), address
    for address in details:
        assert desk.elsewhere.get(address).status_code == 404
        assert desk.centre.get(address).status_code == 404
    for address in (LIST, DISPUTES):
        assert desk.elsewhere.get(address).json()["items"] == []
    for address, body in acts:
        for api, status in (
            (desk.auditor, 403),
            (desk.handler, 403),
            (desk.elsewhere, 404),
            (desk.centre, 404),
            (cast.owner, 403),
            (cast.stranger, 403),
            (cast.anonymous, 401),
        ):
            assert api.post(address, body).status_code == status, address
    assert (DiscrepancyEvent.objects.count(), dispute.events.count()) == before
    for address, body in acts:
        assert desk.cashier.post(address, body).status_code == 201


def test_lists_cost_the_same_for_one_row_and_for_many(
    world: World, desk: Desk, count_queries: Any
) -> None:
    addresses = [LIST, RUNS, DISPUTES, f"{LIST}.xlsx?from=2026-11-20&to=2026-11-30"]
    addresses += [
        f"{DESK}/{name}?from=2026-11-20&to=2026-11-30"
        for name in ("settlement-report", "settlement-report.xlsx", "receipt-book.xlsx")
    ]

    def day(number: int) -> None:
        world.traveller.move_to(f"2026-11-{number}T10:00:00+07:00")
        attempt = world.pay(world.owe(16_000))
        disputing.open_dispute(world, world.pay(world.owe(9_000)))
        world.deliver()
        world.refund(attempt.payment, 1_000)
        world.drain()
        world.provider.change(attempt.settlement_id, amount=1, net=1)
        world.traveller.move_to(f"2026-11-{number + 1}T02:30:00+07:00")
        run(world, datetime.date(2026, 11, number))

    def costs() -> list[int]:
        counts = []
        cashier = desk.cashier
        cashier.get(f"{DESK}/seat")  # the first call of a session writes that it is in use
        for address in addresses:
            with count_queries() as seen:
                assert cashier.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    day(24)
    few = costs()
    for number in (25, 26, 27):
        day(number)
    assert Discrepancy.objects.count() == Dispute.objects.count() == 4
    assert costs() == few
    signed_in = few[1] - 1  # runs are read in one query
    assert [cost - signed_in for cost in few] == [1, 1, 1, 2, 11, 12, 2]
