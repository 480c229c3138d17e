"""An officer looked at money that is held apart: whoever it concerns can see that."""

from collections.abc import Sequence
from datetime import datetime

from citizens.actions import vault
from common import db
from dossiers.actions import desk
from dossiers.models import Seat
from dossiers.rules.seats import Role
from payments.actions.suspense_moves import Officer


@db.transaction()
def shown(
    *, seat: Seat, citizen_ids: Sequence[str], what: str, reference: str = "", now: datetime
) -> None:
    """Leave one row for each person shown, in one statement; none for money that names nobody."""
    if citizen_ids:
        vault.record_access(
            citizen_ids=citizen_ids,
            reader_id=seat.user_id,
            reader_label=desk.label(seat),
            what=what,
            purpose="audit" if seat.roles == [Role.AUDITOR] else "resolve_dossier",
            reference=reference,
            now=now,
        )


def officer(seat: Seat) -> Officer:
    """Return who decides, as the history of the money remembers it."""
    return Officer(id=seat.user_id, label=desk.label(seat), agency_code=seat.agency_id)
