"""What officers note for each other; the citizen never reads it."""

from datetime import datetime

from common import db
from common.errors import Refusal
from dossiers.actions import work
from dossiers.actions.who import NotYourRole
from dossiers.models import Note
from dossiers.queries import offices

MAX_NOTES = 200
MAX_LENGTH = 2000


class TooManyNotes(Refusal):
    code = "too_many_notes"
    status = 409
    title_vi = "Hồ sơ đã có quá nhiều ghi chú"
    title_en = "The dossier has too many notes"
    detail_vi = "Tối đa {limit} ghi chú của một cơ quan trên một hồ sơ."
    detail_en = "At most {limit} notes of one agency on one dossier."
    members = ("limit",)


@db.transaction()
def write(
    *,
    officer_id: str,
    dossier_id: str,
    text: str,
    audience: str,
    expected_state: int,
    now: datetime,
) -> Note:
    """Write a note on a dossier of the officer's agency; it is never changed afterwards.

    Errors: NotFound; StateChanged; NotYourRole without a working role; TooManyNotes.
    """
    seat = offices.seat(officer_id, now=now)
    dossier = work.locked(seat, dossier_id, expected_state)
    if not work.WORKERS & offices.roles(seat):
        raise NotYourRole(needed="handler")
    if Note.objects.filter(dossier=dossier, agency=seat.agency_id).count() >= MAX_NOTES:
        raise TooManyNotes(limit=MAX_NOTES)
    note = Note.objects.create(
        dossier=dossier,
        agency_id=seat.agency_id,
        seat=seat,
        audience=audience,
        text=text.strip(),
        at=now,
    )
    work.prolong(dossier, seat, now=now)
    return note
