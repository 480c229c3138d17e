"""Reads of the counter: a cashier's day in sums, its takings, the days of an agency."""

import dataclasses
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Count, QuerySet, Sum

from common.errors import NotFound
from payments import queries
from payments.models import (
    Attempt,
    CounterPayment,
    CounterReversal,
    Payment,
    Receipt,
    Refund,
    RefundPayout,
    TillDay,
)
from payments.queries import receipts, refunds
from payments.rules import states

CASH, TRANSFER = "cash", "transfer"
OPEN_REFUNDS = [state.value for state in states.OPEN_REFUNDS]
WAITING = 50


@dataclasses.dataclass
class Sums:
    """What moved on one day, one way. Units: whole đồng."""

    count: int = 0
    taken_vnd: int = 0
    reversed_vnd: int = 0
    paid_out_vnd: int = 0

    @property
    def left_vnd(self) -> int:
        return self.taken_vnd - self.reversed_vnd - self.paid_out_vnd


@dataclasses.dataclass
class Totals:
    """A day in sums. What must lie in the till is what is left of the cash."""

    cash: Sums = dataclasses.field(default_factory=Sums)
    transfer: Sums = dataclasses.field(default_factory=Sums)


def totals(days: Iterable[TillDay]) -> dict[str, Totals]:
    """Return the sums of each day: three queries, however many days."""
    found = {day.id: Totals() for day in days}
    for model, name in (
        (CounterPayment, "taken_vnd"),
        (CounterReversal, "reversed_vnd"),
        (RefundPayout, "paid_out_vnd"),
    ):
        rows = (
            model.objects.filter(day__in=list(found))
            .order_by("day", "method")
            .values_list("day", "method")
            .annotate(Count("pk"), Sum("amount_vnd"))
        )
        for day_id, method, count, total in rows:
            sums = getattr(found[day_id], method)
            setattr(sums, name, total)
            if model is CounterPayment:
                sums.count = count
    return found


def expected_vnd(day: TillDay) -> int:
    """Return the cash that must lie in the till now."""
    return totals([day])[day.id].cash.left_vnd


def _days() -> QuerySet[TillDay]:
    return TillDay.objects.select_related("hand_in")


def current(cashier_id: str, today: date) -> TillDay | None:
    """Return the day a cashier works on: the open one, else today's, which is closed."""
    rows = _days().filter(cashier_id=cashier_id)
    found = rows.filter(closed_at=None).first()
    return found or rows.filter(day_on=today).first()


def days(agency_code: str, *, cashier_id: str | None = None) -> QuerySet[TillDay]:
    """Return the days of an agency, or of one of its cashiers."""
    rows = _days().filter(agency_code=agency_code)
    return rows if cashier_id is None else rows.filter(cashier_id=cashier_id)


def day(agency_code: str, day_id: str, *, cashier_id: str | None = None) -> TillDay:
    """Return one of those days. Errors: NotFound."""
    found = days(agency_code, cashier_id=cashier_id).filter(id=day_id).first()
    if found is None:
        raise NotFound
    return found


def takings(of: TillDay, *, but: Collection[str] = ()) -> QuerySet[CounterPayment]:
    """Return what was taken on a day, but from these citizens."""
    rows = CounterPayment.objects.filter(day=of)
    rows = rows.select_related("attempt__payment", "reversal", "day")
    return rows.exclude(attempt__payment__citizen_id__in=but)


def taking(agency_code: str, attempt_id: str) -> CounterPayment:
    """Return one taking of an agency. Errors: NotFound."""
    rows = CounterPayment.objects.select_related("attempt__payment", "reversal", "day")
    found = rows.filter(attempt_id=attempt_id, day__agency_code=agency_code).first()
    if found is None:
        raise NotFound
    return found


def payment(agency_code: str, payment_id: str) -> Payment:
    """Return what is owed to an agency. Errors: NotFound."""
    found = Payment.objects.filter(id=payment_id, agency_code=agency_code).first()
    if found is None:
        raise NotFound
    return found


@dataclasses.dataclass(frozen=True)
class Due:
    """What is owed to an agency, as its counter sees it. Shape: shown is as the app tells it.

    Shape: papers are the receipts, oldest first; owed_again is the due that stands for a reversed
    one.
    """

    row: Payment
    shown: str
    papers: list[Receipt]
    owed_again: str | None


def due(agency_code: str, payment_id: str) -> Due:
    """Return what is owed to an agency with its tries and receipts. Errors: NotFound."""
    rows = Payment.objects.filter(id=payment_id, agency_code=agency_code)
    row = rows.select_related("replaced_by").prefetch_related(queries.TRIES).first()
    if row is None:
        raise NotFound
    papers = receipts.at_desk(agency_code, receipts.Wanted(payment_id=payment_id))
    again = getattr(row, "replaced_by", None)
    return Due(
        row=row,
        shown=queries.shown(row).value,
        papers=list(papers.order_by("issued_at", "series", "number")),
        owed_again=None if again is None else str(again.id),
    )


def refund(agency_code: str, refund_id: str) -> Refund:
    """Return a refund of what an agency took at its counter. Errors: NotFound."""
    rows = Refund.objects.filter(id=refund_id, payment__agency_code=agency_code)
    rows = rows.select_related("payment", "attempt__taken", "payout")
    found = rows.filter(attempt__taken__isnull=False).first()
    if found is None:
        raise NotFound
    return found


def waiting(scope: refunds.Scope) -> list[Refund]:
    """Return what waits to be paid out at an agency's counter, oldest first: `WAITING` at most."""
    rows = refunds.refunds(scope).filter(attempt__taken__isnull=False, state__in=OPEN_REFUNDS)
    return list(rows.select_related("attempt__taken").order_by("created_at", "id")[:WAITING])


def taken_again(payment_id: str, client_key: str) -> Attempt | None:
    """Return what a cashier recorded for a payment under this key, when they did."""
    return Attempt.objects.filter(
        payment_id=payment_id, client_key=client_key, taken__isnull=False
    ).first()
