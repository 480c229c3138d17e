"""Opinions as the asking and the asked agency see them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from common.errors import NotFound
from dossiers.models import Attachment, Dossier, Note, Opinion, Seat
from dossiers.queries import desk, offices
from dossiers.rules.states import State


def of_dossier(seat: Seat, dossier_id: str) -> QuerySet[Opinion]:
    """Return the opinions asked on a dossier of the seat's agency. Errors: NotFound."""
    desk.of_agency(seat, dossier_id)
    return asked_on(dossier_id)


def asked_on(dossier_id: str) -> QuerySet[Opinion]:
    """Return the opinions asked on a dossier that the caller may see."""
    return _rows().filter(dossier=dossier_id)


def asked_of(
    seat: Seat, *, state: str | None = None, late_at: datetime | None = None
) -> QuerySet[Opinion]:
    """Return what other agencies ask of the seat's agency; with `late_at` what is late then."""
    rows = _rows().filter(asked_agency=seat.agency_id).exclude(dossier__citizen_id=seat.user_id)
    if state is not None:
        rows = rows.filter(state=state)
    if late_at is not None:
        rows = rows.filter(state=Opinion.State.OPEN, due_at__lt=late_at)
    return rows


def one(seat: Seat, opinion_id: str) -> Opinion:
    """Return an opinion asked of the seat's agency or on its dossiers. Errors: NotFound."""
    found = (
        _rows()
        .filter(
            Q(asked_agency=seat.agency_id) | Q(dossier__in=offices.visible(seat)), id=opinion_id
        )
        .exclude(dossier__citizen_id=seat.user_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def shown_files(opinion: Opinion) -> list[Attachment]:
    """Return the files of the papers that are shared with the asked agency."""
    return list(
        Attachment.objects.filter(dossier=opinion.dossier_id, paper_key__in=opinion.shown_papers)
        .select_related("file")
        .order_by("created_at", "id")
    )


def gives(seat: Seat) -> bool:
    """Return whether a seat asks for and gives opinions: a handler's or an approver's."""
    return not {"handler", "approver"}.isdisjoint(offices.roles(seat))


def may_ask(seat: Seat, row: Dossier) -> bool:
    """Return whether the officer of a seat may ask other agencies about a dossier now."""
    return (
        row.state == State.PROCESSING and row.competent_agency_id == seat.agency_id and gives(seat)
    )


def may_answer(seat: Seat, row: Opinion) -> bool:
    """Return whether the officer of a seat may answer a request now."""
    return row.state == Opinion.State.OPEN and row.asked_agency_id == seat.agency_id and gives(seat)


def may_withdraw(seat: Seat, row: Opinion) -> bool:
    """Return whether the officer of a seat may take a request back now."""
    return (
        row.state == Opinion.State.OPEN and row.asking_agency_id == seat.agency_id and gives(seat)
    )


def _rows() -> QuerySet[Opinion]:
    return Opinion.objects.select_related("dossier", "asking_agency", "asked_agency", "file").defer(
        "dossier__proposal", "dossier__provenance"
    )


def notes(seat: Seat, dossier_id: str) -> QuerySet[Note]:
    """Return the notes on a dossier that the seat's agency may read. Errors: NotFound."""
    desk.of_agency(seat, dossier_id)
    return notes_on(seat, dossier_id)


def notes_on(seat: Seat, dossier_id: str) -> QuerySet[Note]:
    """Return the notes on a dossier that the seat may see, as far as its agency may read them."""
    return Note.objects.filter(
        Q(agency=seat.agency_id) | Q(audience=Note.Audience.DOSSIER), dossier=dossier_id
    ).select_related("seat", "agency")
