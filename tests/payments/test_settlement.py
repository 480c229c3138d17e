"""The settlement report is the ledger: the same sums, by whatever days it is cut."""

import contextlib
import datetime
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import db
from payments import ledger, queries
from payments.models import Payment
from payments.reports import settlement
from payments.rules import money
from tests.payments import disputing
from tests.payments.factories import AGENCY, World, citizen, line
from tests.payments.test_reconcile import polled

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)
HCM = money.HCM


def report(first: datetime.date = TODAY, last: datetime.date | None = None) -> Any:
    return settlement.settlement(AGENCY, first, last or first)


def closing(data: settlement.Settlement) -> dict[str, int]:
    return {one.account: one.closing_vnd for one in data.accounts}


def test_the_report_of_a_day(world: World) -> None:
    world.provider.mock.store.fee_basis_points = 110
    two = [line(8_000, 2), line(5_000, 1, code="phi_khac", label="Phí khác", kind="phi")]
    first = world.pay(world.owe(lines=two))
    second = world.pay(world.owe(16_000))
    third = world.pay(world.owe(20_000))
    world.refund(first.payment, 17_000)
    world.refund(second.payment, 1_000)
    disputing.open_dispute(world, third, fee=1_500)
    world.deliver()
    world.drain()
    data = report()
    assert [
        (one.code, one.kind, one.count, one.quantity, one.collected_vnd, one.refunded_vnd)
        for one in data.lines
    ] == [
        ("phi_khac", "phi", 1, 1, 5_000, 1_000),
        ("trich_luc", "le_phi", 3, 4, 52_000, 17_000),
    ]
    assert (data.collected_vnd, data.refunded_vnd, data.net_vnd) == (57_000, 18_000, 39_000)
    assert [(one.method, one.count, one.collected_vnd) for one in data.methods] == [
        ("online", 3, 57_000),
        ("bank", 0, 0),
        ("cash", 0, 0),
    ]
    assert data.provider_fees_vnd == 231 + 176 + 220 + 1_500
    assert (data.suspense_vnd, data.disputed_vnd) == (0, 20_000)
    balances = queries.balances()
    assert closing(data) == {name: balances.get(name, 0) for name in closing(data)}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-24T23:59:59+07:00", datetime.date(2026, 11, 24)),
        ("2026-11-25T00:00:00+07:00", datetime.date(2026, 11, 25)),
        ("2026-11-24T16:59:59+00:00", datetime.date(2026, 11, 24)),
        ("2026-11-24T17:00:00+00:00", datetime.date(2026, 11, 25)),
    ],
)
def test_s37_a_payment_lands_on_its_day_in_can_tho(
    world: World, moment: str, day: datetime.date
) -> None:
    world.traveller.move_to(moment)
    world.pay(world.owe(16_000))
    one_day = datetime.timedelta(days=1)
    assert report(day).collected_vnd == 16_000
    assert report(day - one_day).collected_vnd == report(day + one_day).collected_vnd == 0
    assert closing(report(day - one_day))[money.revenue(AGENCY)] == 0
    assert closing(report(day + one_day))[money.revenue(AGENCY)] == 16_000


@pytest.mark.parametrize("skew", [-600, 600])
def test_s37_the_providers_clock_does_not_decide_the_day(world: World, skew: int) -> None:
    world.traveller.move_to("2026-11-24T23:55:00+07:00")
    world.provider.mock.store.offset = skew
    polled(world, 16_000)
    assert report().collected_vnd == 16_000


def test_a_refund_that_fails_days_later_is_undone_on_that_day(world: World) -> None:
    attempt = world.pay(world.owe(16_000))
    one = world.refund(attempt.payment, 16_000)
    world.drain()
    one.refresh_from_db()
    world.traveller.move_to("2026-11-27T10:00:00+07:00")
    world.provider.fail_refund(one.provider_refund_id)
    world.deliver()
    assert (report().refunded_vnd, report().net_vnd) == (16_000, 0)
    later = report(datetime.date(2026, 11, 27))
    assert (later.collected_vnd, later.refunded_vnd, later.net_vnd) == (0, -16_000, 16_000)
    whole = report(TODAY, datetime.date(2026, 11, 27))
    assert (whole.collected_vnd, whole.refunded_vnd, whole.net_vnd) == (16_000, 0, 16_000)


def test_another_agencys_money_is_not_in_it(world: World) -> None:
    world.pay(world.owe(16_000, agency_code="ubnd-31135"))
    data = report()
    assert (data.lines, data.collected_vnd, data.provider_fees_vnd) == ((), 0, 0)


# --- the property ---------------------------------------------------------------------------------

SOURCES = ("provider_clearing:stripe", "bank:970400-1", "till:ubnd-31120", "elsewhere")
moments = st.integers(0, 6 * 24 * 60 - 1)
amounts = st.lists(st.integers(1, 500_000), min_size=1, max_size=4)


@st.composite
def histories(draw: Any) -> list[tuple[int, list[int], str, list[tuple[int, int, bool]]]]:
    """Payments: when, of which lines, through what; refunds: when, how much, whether undone."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        lines = draw(amounts)
        start = draw(moments)
        left = sum(lines)
        refunds = []
        for _ in range(draw(st.integers(0, 3))):
            if left:
                amount = draw(st.integers(1, left))
                undone = draw(st.booleans())
                left -= 0 if undone else amount
                refunds.append((draw(st.integers(0, 24 * 60)), amount, undone))
        found.append((start, lines, draw(st.sampled_from(SOURCES)), refunds))
    return found


def book(history: Any, owner: Any) -> None:
    begins = datetime.datetime(2026, 11, 20, tzinfo=HCM)
    for start, lines, source, refunds in history:
        at = begins + datetime.timedelta(minutes=start)
        name = uuid.uuid4().hex
        payment = Payment.objects.create(
            reference=f"dos_{name[:20]}",
            purpose="fee",
            citizen=owner,
            payer_name="X",
            agency_code=AGENCY,
            title="X",
            lines=[
                vars(line(amount, 1, code=f"c{number % 3}")) for number, amount in enumerate(lines)
            ],
            amount_vnd=sum(lines),
            state="owed",
            created_at=at,
        )
        post(f"capture:{name}", source, money.revenue(AGENCY), sum(lines), payment, at)
        for number, (after, amount, undone) in enumerate(refunds):
            at += datetime.timedelta(minutes=after)
            payable, revenue = money.refund_payable(AGENCY), money.revenue(AGENCY)
            post(f"refund:{name}:{number}", revenue, payable, amount, payment, at)
            if undone:
                at += datetime.timedelta(minutes=after)
                post(f"refund_released:{name}:{number}", payable, revenue, amount, payment, at)


def post(key: str, debit: str, credit: str, amount: int, payment: Payment, at: Any) -> None:
    ledger.post(key, debit=debit, credit=credit, amount_vnd=amount, payment=payment, now=at)


def test_whatever_happened_the_report_is_the_ledger_to_the_dong() -> None:
    owner = citizen()

    @given(history=histories(), cut=st.integers(1, 12))
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(history: Any, cut: int) -> None:
        with contextlib.suppress(Undone), db.transaction():
            book(history, owner)
            agrees(cut)
            raise Undone

    holds()


class Undone(Exception):
    """Takes back what one example booked."""


def agrees(cut: int) -> None:
    first, last = datetime.date(2026, 11, 20), datetime.date(2026, 12, 20)
    middle = first + datetime.timedelta(days=cut)
    whole = report(first, last)
    balances = queries.balances()
    assert closing(whole) == {name: balances.get(name, 0) for name in closing(whole)}
    parts = [report(first, middle - datetime.timedelta(days=1)), report(middle, last)]
    for data in (whole, *parts):
        assert sum(one.collected_vnd for one in data.lines) == data.collected_vnd
        assert sum(one.collected_vnd for one in data.methods) == data.collected_vnd
        assert sum(one.refunded_vnd for one in data.lines) == data.refunded_vnd
        [revenue] = [one for one in data.accounts if one.account == money.revenue(AGENCY)]
        assert revenue.closing_vnd - revenue.opening_vnd == data.net_vnd
        assert not [one for one in data.lines if not one.code]
    assert sum(one.collected_vnd for one in parts) == whole.collected_vnd
    assert sum(one.refunded_vnd for one in parts) == whole.refunded_vnd
    by_line: dict[str, int] = {}
    for one in [row for data in parts for row in data.lines]:
        by_line[one.code] = by_line.get(one.code, 0) + one.net_vnd
    assert by_line == {one.code: one.net_vnd for one in whole.lines}
    assert all(0 <= one.net_vnd <= one.collected_vnd for one in whole.lines)
