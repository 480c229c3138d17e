"""Reads of money that is held apart, for the desk of the agency whose account it came to."""

import dataclasses
from datetime import datetime, timedelta

from django.db.models import Case, Prefetch, Q, QuerySet, Value, When

from citizens import queries as citizens
from common.errors import NotFound
from payments.models import Payment, SuspenseItem, SuspenseMove
from payments.rules import states
from payments.rules.suspense import ALLOWED, Move, Reason, Suspense

REASONS = [reason.value for reason in Reason]
UNDECIDED = [Suspense.OPEN.value, Suspense.KEPT.value]
COMPANIONS = 20


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to. Units: min_age_days in whole days since the money came.

    Shape: undecided leaves those on which an officer has something to decide.
    """

    state: str | None = None
    undecided: bool = False
    reason: str | None = None
    source: str | None = None
    min_age_days: int | None = None
    payment_id: str | None = None


def items(
    agency_code: str, *, officer_id: str, wanted: Wanted, now: datetime
) -> QuerySet[SuspenseItem]:
    """Return the items of an agency that an officer may see: never their own money."""
    rows = _seen(agency_code, officer_id)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.undecided:
        rows = rows.filter(state__in=UNDECIDED)
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.source:
        rows = rows.filter(credit__isnull=wanted.source == "card")
    if wanted.min_age_days is not None:
        rows = rows.filter(created_at__lte=now - timedelta(days=wanted.min_age_days))
    if wanted.payment_id:
        rows = rows.filter(attempt__payment_id=wanted.payment_id)
    return rows


def item(agency_code: str, item_id: str, *, officer_id: str) -> SuspenseItem:
    """Return one item with its history. Errors: NotFound, also for another agency's."""
    history = SuspenseMove.objects.select_related("refund", "bank_return").order_by("id")
    rows = _seen(agency_code, officer_id).prefetch_related(Prefetch("moves", history))
    found = rows.filter(id=item_id).first()
    if found is None:
        raise NotFound
    return found


def _seen(agency_code: str, officer_id: str) -> QuerySet[SuspenseItem]:
    own = citizens.accounts_of_same_person(officer_id).values("id")
    return (
        SuspenseItem.objects.filter(agency_code=agency_code)
        .filter(Q(attempt=None) | ~Q(attempt__payment__citizen_id__in=own))
        .select_related("credit", "attempt__payment")
    )


def payment_of(row: SuspenseItem) -> Payment | None:
    """Return the payment that the money named; nothing is asked of the database."""
    return row.attempt.payment if row.attempt is not None else None


def possible(row: SuspenseItem) -> list[str]:
    """Return the moves that an item is open to now.

    Money goes back or is allotted while some is left, a card's only to its own due; an item is
    closed by hand only when these books hold nothing of it.
    """
    payment = payment_of(row)
    fits = row.credit_id is not None or (
        payment is not None
        and payment.state == states.Payment.OWED
        and payment.amount_vnd <= row.left_vnd
    )
    holds = {
        Move.GIVE_BACK: row.left_vnd > 0,
        Move.ALLOT: row.left_vnd > 0 and fits,
        Move.KEEP: True,
        Move.CLOSE: row.left_vnd == 0,
    }
    return [move.value for move in Move if holds[move] and Suspense(row.state) in ALLOWED[move]]


def companions(row: SuspenseItem, *, officer_id: str) -> list[SuspenseItem]:
    """Return transfers that may make a sum together with this one: `COMPANIONS` at most.

    Those that named the same due come first, then the oldest. A card's money has none.
    """
    if row.credit_id is None:
        return []
    payment = payment_of(row)
    rows = _seen(row.agency_code, officer_id).filter(state__in=UNDECIDED)
    rows = rows.exclude(id=row.id).exclude(credit=None)
    if payment is not None:
        same = When(attempt__payment_id=payment.id, then=Value(0))
        rows = rows.annotate(apart=Case(same, default=Value(1)))
        return list(rows.order_by("apart", "created_at", "id")[:COMPANIONS])
    return list(rows.order_by("created_at", "id")[:COMPANIONS])
