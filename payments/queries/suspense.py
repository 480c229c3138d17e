"""Reads of money that is held apart, for the desk of the agency whose account it came to."""

import dataclasses
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from citizens import queries as citizens
from common.errors import NotFound
from payments.models import Payment, SuspenseItem, SuspenseMove
from payments.rules.suspense import Reason

REASONS = [reason.value for reason in Reason]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to. Units: min_age_days in whole days since the money came."""

    state: str | None = None
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
