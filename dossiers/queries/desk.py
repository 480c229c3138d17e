"""What an officer sees: the dossiers of the agency, by the seat."""

import datetime
from typing import Any

from django.db.models import QuerySet

from common.errors import NotFound
from dossiers.models import Dossier, Seat
from dossiers.queries import calendar, mine, offices, promises
from dossiers.rules import states
from dossiers.rules.states import Actor, State


def queue(seat: Seat, *, state: int | None = None, role: str | None = None) -> QuerySet[Dossier]:
    """Return the dossiers of a seat's agency, for a list."""
    rows = offices.visible(seat)
    if role == "receiving":
        rows = rows.filter(receiving_agency=seat.agency_id)
    if role == "competent":
        rows = rows.filter(competent_agency=seat.agency_id)
    if state is not None:
        rows = rows.filter(state=state)
    return rows.select_related("receiving_agency", "competent_agency").defer(
        "answers", "provenance", "proposal"
    )


def dossier(seat: Seat, dossier_id: str) -> Dossier:
    """Return one dossier of the agency with everything its page shows. Errors: NotFound."""
    found = (
        offices.visible(seat)
        .filter(id=dossier_id)
        .select_related("receiving_agency", "competent_agency")
        .prefetch_related(*mine.parts())
        .first()
    )
    if found is None:
        raise NotFound
    return found


def moves(seat: Seat, row: Dossier) -> list[str]:
    """Return what the officer of a seat may do with a dossier now."""
    roles = frozenset(Actor(role) for role in seat.roles if role in set(Actor))
    came_from = State(row.came_from) if row.came_from is not None else None
    state = State(row.state)
    found = list(states.possible(state, came_from=came_from, actors=roles))
    if state in {State.ACCEPTED, State.PROCESSING} and Actor.HANDLER in roles:
        found.append("propose")
    return found


def extension(seat: Seat, row: Dossier, now: datetime.datetime) -> dict[str, Any]:
    """Return whether the officer of a seat may extend the promise, and until when it may be."""
    until = promises.extension_until(row, row.timeline.all(), calendar.working)
    theirs = seat.agency_id == row.competent_agency_id
    roles = set(seat.roles) & {Actor.HANDLER, Actor.APPROVER}
    return {
        "may_extend": bool(until is not None and now <= until and theirs and roles),
        "may_extend_until": until,
    }
