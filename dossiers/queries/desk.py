"""What an officer sees: the dossiers of the agency, by the seat."""

from django.db.models import QuerySet

from common.errors import NotFound
from dossiers.models import Attachment, Dossier, Seat
from dossiers.queries import mine, offices
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
        .select_related("receiving_agency", "competent_agency", "delivery")
        .prefetch_related(*mine.parts())
        .first()
    )
    if found is None:
        raise NotFound
    return found


def attachment(seat: Seat, dossier_id: str, attachment_id: str) -> Attachment:
    """Return a file of a dossier of the agency. Errors: NotFound."""
    found = (
        Attachment.objects.filter(
            dossier__in=offices.visible(seat), dossier_id=dossier_id, id=attachment_id
        )
        .select_related("file", "dossier")
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
