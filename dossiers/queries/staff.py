"""The officers of an agency, its units, its delegations, and what became of them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from common.errors import NotFound
from dossiers.models import Delegation, Seat, SeatEvent, Unit
from dossiers.queries import offices
from dossiers.rules.seats import Role

KEEPERS = (Role.ADMIN, Role.AUDITOR)


def keeps(seat: Seat) -> bool:
    """Return whether a seat sees the accounts behind the seats: addresses, ended ones, events."""
    return not set(KEEPERS).isdisjoint(seat.roles)


def sees_account(viewer: Seat, row: Seat) -> bool:
    """Return whether address, factors and last use behind a seat are shown: also one's own."""
    return keeps(viewer) or row.user_id == viewer.user_id


def holds(row: Delegation, *, now: datetime) -> bool:
    """Return whether a delegation is in force at a moment; the end is exclusive."""
    return row.ended_at is None and row.starts_at <= now < row.ends_at and row.giver.active


def staff(seat: Seat) -> QuerySet[Seat]:
    """Return the seats of one's own agency; those that ended only for its admins and auditors."""
    rows = Seat.objects.filter(agency_id=seat.agency_id).select_related("unit", "agency")
    return rows if keeps(seat) else rows.filter(active=True)


def officer(seat: Seat, officer_id: str) -> Seat:
    """Return one seat of one's own agency. Errors: NotFound."""
    found = staff(seat).filter(user_id=officer_id).first()
    if found is None:
        raise NotFound
    return found


def away(seats: Iterable[Seat], *, now: datetime) -> dict[int, list[Delegation]]:
    """Return what these seats lend at a moment, by the seat's id: one query."""
    found: dict[int, list[Delegation]] = {}
    rows = offices.in_force(now=now).filter(giver_id__in=[seat.id for seat in seats])
    for row in rows.select_related("giver", "receiver").order_by("id"):
        found.setdefault(row.giver_id, []).append(row)
    return found


def units(seat: Seat) -> QuerySet[Unit]:
    """Return the units of one's own agency."""
    return Unit.objects.filter(agency_id=seat.agency_id)


def unit(seat: Seat, unit_id: str) -> Unit:
    """Return one unit of one's own agency. Errors: NotFound."""
    found = units(seat).filter(id=unit_id).first()
    if found is None:
        raise NotFound
    return found


def delegations(seat: Seat) -> QuerySet[Delegation]:
    """Return what one lent and was lent; all of the agency's for its admins and auditors."""
    rows = Delegation.objects.filter(agency_id=seat.agency_id)
    if not keeps(seat):
        rows = rows.filter(Q(giver=seat) | Q(receiver=seat))
    return rows.select_related("giver", "receiver")


def delegation(seat: Seat, delegation_id: str) -> Delegation:
    """Return one delegation that one may see. Errors: NotFound."""
    found = delegations(seat).filter(id=delegation_id).first()
    if found is None:
        raise NotFound
    return found


def events(seat: Seat) -> QuerySet[SeatEvent]:
    """Return what was done at one's own agency. Errors: NotYourRole but for admins and auditors."""
    offices.require(seat, *KEEPERS)
    return SeatEvent.objects.filter(agency_id=seat.agency_id).select_related("seat")
