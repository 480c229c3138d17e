"""Reads of money: for the owner, for a reference, for the desk, for the city's figures."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Prefetch, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from payments.models import Attempt, LedgerEntry, Payment, Receipt, Refund
from payments.rules import money, showing, states

SETTLED = (states.Payment.PAID.value, states.Payment.REFUNDED.value)
SHOWN = 5
TRIES = Prefetch(
    "attempts", Attempt.objects.select_related("paid_with", "transfer").order_by("number")
)
_OLDEST = ("created_at", "id")
BACK = Prefetch("refunds", Refund.objects.select_related("replaced_by").order_by(*_OLDEST))


@dataclasses.dataclass(frozen=True)
class Dues:
    """What one reference owes. Units: whole đồng. `open` says that something is still to be paid.

    Shape: payment_ids are oldest first; cancelled ones are left out; open_ids are still owed.
    """

    owed_vnd: int
    paid_vnd: int
    refunded_vnd: int
    open: bool
    payment_ids: tuple[str, ...]
    open_ids: tuple[str, ...] = ()


def status_of(references: Iterable[str]) -> dict[str, Dues]:
    """Return the dues of each reference that has any, in one query."""
    rows = (
        Payment.objects.filter(reference__in=list(references))
        .exclude(state=states.Payment.CANCELLED.value)
        .order_by("created_at", "id")
        .values("id", "reference", "amount_vnd", "captured_vnd", "refunded_vnd", "state")
    )
    found: dict[str, Dues] = {}
    for row in rows:
        old = found.get(row["reference"], Dues(0, 0, 0, False, ()))
        found[row["reference"]] = Dues(
            owed_vnd=old.owed_vnd + row["amount_vnd"],
            paid_vnd=old.paid_vnd + row["captured_vnd"],
            refunded_vnd=old.refunded_vnd + row["refunded_vnd"],
            open=old.open or row["state"] == states.Payment.OWED,
            payment_ids=(*old.payment_ids, row["id"]),
            open_ids=(*old.open_ids, row["id"])
            if row["state"] == states.Payment.OWED
            else old.open_ids,
        )
    return found


def owing(citizen_id: str) -> QuerySet[Payment, str]:
    """Return, as a subquery, the references for which this citizen still owes something."""
    rows = Payment.objects.of(citizen_id).filter(state=states.Payment.OWED.value)
    return rows.values_list("reference", flat=True)


def owed_references() -> QuerySet[Payment, str]:
    """Return, as a subquery, the references for which anybody still owes something."""
    rows = Payment.objects.filter(state=states.Payment.OWED.value)
    return rows.values_list("reference", flat=True)


# --- for the owner ------------------------------------------------------------------------------


def payments_of(citizen_id: str) -> QuerySet[Payment]:
    """Return the payments of one citizen with what the app shows of each: three queries."""
    return Payment.objects.of(citizen_id).prefetch_related(TRIES, BACK)


def has_receipt(payment: Payment) -> bool:
    """Return whether a receipt was issued: it is written in the commit that captures the sum."""
    return payment.captured_vnd > 0


def shown(payment: Payment) -> showing.Shown:
    """Return the state of a payment in the app; its attempts are loaded, oldest first."""
    tries = [_try(attempt) for attempt in payment.attempts.all()]
    return showing.payment(states.Payment(payment.state), tries)


def shown_attempt(attempt: Attempt) -> showing.Shown:
    """Return the state of an attempt in the app."""
    return showing.attempt(_try(attempt))


def shown_checkout(page: Sequence[Attempt]) -> showing.Shown:
    """Return the state of a page for several dues in the app; the one that opened it first."""
    return showing.checkout([_try(attempt) for attempt in page])


def _try(attempt: Attempt) -> showing.Try:
    return showing.Try(states.Attempt(attempt.state), attempt.reason)


@dataclasses.dataclass(frozen=True)
class HomePart:
    """What a citizen's first screen says of money."""

    owed_count: int
    owed_vnd: int
    payment_ids: tuple[str, ...]


def home_of(citizen_id: str) -> HomePart:
    """Return what is still to be paid: one query, the oldest first."""
    rows = list(
        Payment.objects.of(citizen_id)
        .filter(state=states.Payment.OWED.value)
        .order_by("created_at", "id")
        .values_list("id", "amount_vnd")[:100]
    )
    return HomePart(
        owed_count=len(rows),
        owed_vnd=sum(amount for _, amount in rows),
        payment_ids=tuple(name for name, _ in rows[:SHOWN]),
    )


def export_of(citizen_id: str) -> list[dict[str, Any]]:
    """Return everything that is kept here about a citizen, as plain values."""
    rows = payments_of(citizen_id).prefetch_related(
        Prefetch("receipts", Receipt.objects.order_by("issued_at", "number")),
    )
    return [
        {
            "id": row.id,
            "reference": row.reference,
            "title": row.title,
            "payer_name": row.payer_name,
            "agency_code": row.agency_code,
            "lines": row.lines,
            "amount_vnd": row.amount_vnd,
            "state": row.state,
            "created_at": row.created_at,
            "settled_at": row.settled_at,
            "attempts": [
                {
                    "id": attempt.id,
                    "provider": attempt.provider,
                    "state": attempt.state,
                    "created_at": attempt.created_at,
                    "provider_reference": attempt.intent_id,
                }
                for attempt in row.attempts.all()
            ],
            "refunds": [
                {
                    "id": refund.id,
                    "amount_vnd": refund.amount_vnd,
                    "state": refund.state,
                    "created_at": refund.created_at,
                }
                for refund in row.refunds.all()
            ],
            "receipts": [str(receipt) for receipt in row.receipts.all()],  # type: ignore[attr-defined]
        }
        for row in rows.order_by("created_at", "id")
    ]


# --- for the money desk -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Review:
    """An attempt whose money does not fit what is owed: a person decides."""

    attempt_id: str
    payment_id: str
    reference: str
    agency_code: str
    reason: str
    received_vnd: int
    given_back: bool


def reviews(agency_code: str | None = None) -> list[Review]:
    """Return what waits for a person, oldest first."""
    rows = (
        Attempt.objects.filter(state=states.Attempt.REVIEW.value)
        .annotate(
            given_back=Case(
                When(Q(refunding_vnd__gt=0) | Q(refunded_vnd__gt=0), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            )
        )
        .order_by("settled_at", "id")
        .values_list(
            "id",
            "payment_id",
            "payment__reference",
            "payment__agency_code",
            "reason",
            "received_vnd",
            "given_back",
        )
    )
    if agency_code is not None:
        rows = rows.filter(payment__agency_code=agency_code)
    return [Review(*row) for row in rows]


# --- books and figures --------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Line:
    """One transfer of the ledger."""

    key: str
    debit_account: str
    credit_account: str
    amount_vnd: int
    settlement_id: str
    posted_at: datetime


def statement(*, start: datetime, end: datetime) -> list[Line]:
    """Return the ledger of a period, oldest first; the end is exclusive."""
    rows = LedgerEntry.objects.filter(posted_at__gte=start, posted_at__lt=end).order_by("id")
    return [Line(*row) for row in rows.values_list(*_LINE)]


def statement_of(payment_id: str) -> list[Line]:
    """Return the ledger of one payment, oldest first."""
    rows = LedgerEntry.objects.filter(payment_id=payment_id).order_by("id")
    return [Line(*row) for row in rows.values_list(*_LINE)]


_LINE = (
    "key",
    "debit_account",
    "credit_account",
    "amount_vnd",
    "settlement_id",
    "posted_at",
)


def balances() -> dict[str, int]:
    """Return the balance of every account, credits positive. Their sum is always zero."""
    found: dict[str, int] = {}
    for side, sign in (("debit_account", -1), ("credit_account", 1)):
        rows = LedgerEntry.objects.order_by(side).values_list(side).annotate(Sum("amount_vnd"))
        for account, total in rows:
            found[account] = found.get(account, 0) + sign * total
    return found


def paid_references(*, start: datetime, end: datetime | None) -> QuerySet[Payment, str]:
    """Return, as a subquery, the references that paid in a period; the end is exclusive."""
    rows = Payment.objects.filter(state__in=SETTLED, settled_at__gte=start)
    if end is not None:
        rows = rows.filter(settled_at__lt=end)
    return rows.values_list("reference", flat=True)


@dataclasses.dataclass(frozen=True)
class Figures:
    """Money of a period. Units: whole đồng."""

    payments: int
    collected_vnd: int
    refunded_vnd: int


def figures(start: datetime, end: datetime) -> Figures:
    """Return what agencies collected in a period, and what of that went back; end exclusive.

    Money that was only passed on, to billers and stalls, is no fee and is not counted.
    """
    passed_on = Q(agency_code__startswith=money.BILLER) | Q(agency_code__startswith=money.STALL)
    rows = Payment.objects.filter(
        state__in=SETTLED, settled_at__gte=start, settled_at__lt=end
    ).exclude(passed_on)
    sums = rows.aggregate(
        collected=Coalesce(Sum("captured_vnd"), 0), refunded=Coalesce(Sum("refunded_vnd"), 0)
    )
    return Figures(
        payments=rows.count(), collected_vnd=sums["collected"], refunded_vnd=sums["refunded"]
    )
