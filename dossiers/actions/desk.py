"""An officer looked: the person whose data was shown can see it."""

from collections.abc import Sequence
from datetime import datetime

from citizens.actions import vault
from common import db
from dossiers.actions import work
from dossiers.models import Dossier, Seat
from dossiers.rules.seats import Role
from services import queries as services


@db.transaction()
def shown(*, seat: Seat, dossier: Dossier, now: datetime, what: str = "dossier:read") -> None:
    """Leave a row for the person of one dossier, and keep it open for whoever had it open."""
    work.prolong(dossier, seat, now=now)
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=seat.user_id,
        reader_label=label(seat),
        what=what[:200],
        purpose=_purpose(seat),
        reference=dossier.id,
        now=now,
    )


@db.transaction()
def list_shown(
    *, seat: Seat, dossiers: Sequence[Dossier], now: datetime, what: str = "dossier:list"
) -> None:
    """Leave one row for each person of a list, in one statement."""
    if dossiers:
        vault.record_access(
            citizen_ids=[dossier.citizen_id for dossier in dossiers],
            reader_id=seat.user_id,
            reader_label=label(seat),
            what=what,
            purpose=_purpose(seat),
            reference="",
            now=now,
        )


def _purpose(seat: Seat) -> str:
    """Return why an officer looks: whoever audits does not resolve anything."""
    return "audit" if seat.roles == [Role.AUDITOR] else "resolve_dossier"


def label(seat: Seat) -> str:
    """Return an officer as citizens see one: the seat and the agency, never a name."""
    return f"{seat.title}, {services.agency(seat.agency_id).name_vi}"
