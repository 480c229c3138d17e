"""What an officer sees: the dossiers of the agency, by the seat, each as far as its part goes."""

from django.db.models import F, Prefetch, QuerySet, prefetch_related_objects

from common.errors import NotFound
from dossiers.models import (
    Attachment,
    Document,
    Dossier,
    Seat,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.queries import offices
from dossiers.rules import states
from dossiers.rules.states import Actor, State
from dossiers.rules.views import Part


def queue(seat: Seat, *, state: int | None = None, role: str | None = None) -> QuerySet[Dossier]:
    """Return the dossiers of a seat's agency, for a list."""
    rows = offices.visible(seat)
    if role == "receiving":
        rows = rows.filter(receiving_agency=seat.agency_id)
    if role == "competent":
        rows = rows.filter(competent_agency=seat.agency_id)
    if role == "helping":
        rows = rows.filter(helping_agency=seat.agency_id)
    if state is not None:
        rows = rows.filter(state=state)
    return rows.select_related("receiving_agency", "competent_agency").defer(
        "answers", "provenance", "proposal"
    )


def dossier(seat: Seat, dossier_id: str) -> Dossier:
    """Return one dossier of the agency, cut to what the agency's part in it shows.

    What is not shown is not there: answers and provenance are empty, the lists leave it out.
    Never save the row that this returns. Errors: NotFound.
    """
    found = (
        offices.visible(seat)
        .filter(id=dossier_id)
        .select_related("receiving_agency", "competent_agency")
        .first()
    )
    if found is None:
        raise NotFound
    shown = offices.parts(seat, found)
    if Part.ANSWERS not in shown:
        found.answers, found.provenance, found.proposal = {}, {}, None
    if Part.APPLICANT not in shown:
        found.applicant_name = ""
    prefetch_related_objects([found], *_parts(found, shown))
    return found


def _parts(row: Dossier, shown: frozenset[Part]) -> list[Prefetch]:  # type: ignore[type-arg]
    timeline = TimelineEvent.objects.order_by("seq")
    supplements = SupplementRequest.objects.order_by("round")
    documents = Document.objects.order_by("event_seq", "id")
    files = Attachment.objects.select_related("file").order_by("created_at", "id")
    if Part.TIMELINE not in shown:
        timeline = timeline.none()
    if Part.SUPPLEMENTS not in shown:
        supplements = supplements.none()
    if Part.SLIPS not in shown:
        documents = documents.filter(kind=Document.Kind.RESULT)
    if Part.RESULT not in shown:
        documents = documents.exclude(kind=Document.Kind.RESULT)
    if Part.PAPERS not in shown:
        files = files.filter(created_at__lte=F("dossier__submitted_at"))
        if Part.SCANNED not in shown:
            files = files.none()
    return [
        Prefetch("timeline", timeline),
        Prefetch("documents", documents),
        Prefetch("supplements", supplements),
        Prefetch("attachments", files),
    ]


def moves(seat: Seat, row: Dossier) -> list[str]:
    """Return what the officer of a seat may do with a dossier now."""
    may = offices.may_act(seat, row)
    came_from = State(row.came_from) if row.came_from is not None else None
    state = State(row.state)
    found = list(states.possible(state, came_from=came_from, actors=may))
    if state in {State.ACCEPTED, State.PROCESSING} and Actor.HANDLER in may:
        found.append("propose")
    return found
