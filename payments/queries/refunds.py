"""Reads of an agency's money for those who give it back."""

import dataclasses
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet

from common.errors import NotFound
from payments.models import Payment, Refund
from payments.rules import money, states
from payments.rules import refunds as rules
from payments.rules.refunds import BY_HAND, Way

PAYMENT_STATES = [state.value for state in states.Payment]
REFUND_STATES = [state.value for state in states.Refund]
KINDS = [kind.value for kind in Refund.Kind]
WAYS = [way.value for way in Way]
WAYS_BY_HAND = [way.value for way in BY_HAND]


@dataclasses.dataclass(frozen=True)
class Scope:
    """Whose money somebody may look at: an agency's, without what is their own.

    Shape: not_of are the citizens, not_about the references that are their own, as subqueries.
    """

    agency_code: str
    not_of: QuerySet[Any, Any]
    not_about: QuerySet[Any, Any]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which payments or refunds of a list. None asks for nothing; the end is exclusive."""

    state: str | None = None
    references: QuerySet[Any, Any] | Collection[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    troubled: bool = False


def payments(scope: Scope, wanted: Wanted | None = None) -> QuerySet[Payment]:
    """Return the payments of an agency, for a list."""
    rows = Payment.objects.filter(agency_code=scope.agency_code).exclude(
        Q(citizen_id__in=scope.not_of) | Q(reference__in=scope.not_about)
    )
    if wanted is None:
        return rows
    if wanted.state is not None:
        rows = rows.filter(state=wanted.state)
    if wanted.references is not None:
        rows = rows.filter(reference__in=wanted.references)
    if wanted.start is not None:
        rows = rows.filter(created_at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(created_at__lt=wanted.end)
    return rows


def payment(scope: Scope, payment_id: str) -> Payment:
    """Return one payment of an agency with its refunds, oldest first. Errors: NotFound."""
    mine = Refund.objects.select_related("replaced_by").order_by("created_at", "id")
    found = payments(scope).filter(id=payment_id).prefetch_related(Prefetch("refunds", mine))
    row = found.first()
    if row is None:
        raise NotFound
    return row


def refunds(scope: Scope, wanted: Wanted | None = None) -> QuerySet[Refund]:
    """Return the refunds of an agency, for a list."""
    rows = (
        Refund.objects.filter(payment__agency_code=scope.agency_code)
        .exclude(
            Q(payment__citizen_id__in=scope.not_of) | Q(payment__reference__in=scope.not_about)
        )
        .select_related("payment", "replaced_by", "attempt")
    )
    if wanted is None:
        return rows
    if wanted.state is not None:
        rows = rows.filter(state=wanted.state)
    if wanted.references is not None:
        rows = rows.filter(payment__reference__in=wanted.references)
    if wanted.troubled:
        rows = rows.filter(
            Q(state=states.Refund.FAILED.value, replaced_by__isnull=True)
            | ~Q(state=states.Refund.FAILED.value) & ~Q(failure_code="")
        )
    return rows


def refund(scope: Scope, refund_id: str) -> Refund:
    """Return one refund of an agency. Errors: NotFound."""
    found = refunds(scope).filter(id=refund_id).first()
    if found is None:
        raise NotFound
    return found


def refundable(row: Payment) -> int:
    """Return what of a payment may still be given back."""
    return money.refundable(
        captured_vnd=row.captured_vnd,
        refunded_vnd=row.refunded_vnd,
        refunding_vnd=row.refunding_vnd,
    )


def replaced_by(row: Refund) -> str | None:
    """Return the id of the refund that stands for a failed one."""
    other = getattr(row, "replaced_by", None)
    return None if other is None else str(other.id)


def needs_repair(row: Refund) -> bool:
    """Return whether a cashier has to see to a refund; as `Wanted.troubled` chooses them."""
    if row.state == states.Refund.FAILED:
        return replaced_by(row) is None
    return bool(row.failure_code)


def why(row: Refund) -> str:
    """Return the reason of a refund in Vietnamese: a rule's in words, an officer's as written."""
    return rules.why(row.reason)[0]


def waits_at_counter(row: Refund) -> bool:
    """Return whether a cashier has to pay a refund out: its money lies at the counter."""
    return row.state in states.OPEN_REFUNDS and row.attempt.provider in money.COUNTER


def kept(reference: str, agency_code: str) -> list[tuple[str, int]]:
    """Return what an agency keeps of a reference: payment and refundable sum, oldest first."""
    rows = Payment.objects.filter(
        reference=reference,
        agency_code=agency_code,
        captured_vnd__gt=F("refunded_vnd") + F("refunding_vnd"),
    )
    return [(row.id, refundable(row)) for row in rows.order_by("created_at", "id")]


def agencies_keeping(reference: str) -> list[str]:
    """Return the agencies that keep money of a reference."""
    rows = Payment.objects.filter(
        reference=reference, captured_vnd__gt=F("refunded_vnd") + F("refunding_vnd")
    )
    return sorted(set(rows.order_by("id").values_list("agency_code", flat=True)))


def states_of(refund_ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """Return the state of each refund, and the refund that stands for it: one query."""
    rows = Refund.objects.filter(id__in=list(refund_ids)).order_by("id")
    return {
        name: (state, other)
        for name, state, other in rows.values_list("id", "state", "replaced_by")
    }
