"""Papers of a person that an agency accepted."""

from datetime import datetime

from citizens.models import Paper
from common import db


@db.transaction_required
def accept(
    *,
    citizen_id: str,
    component_code: str,
    name: str,
    file_id: str,
    source_ref: str,
    now: datetime,
) -> None:
    """Remember an accepted paper; the same file for the same component is one paper."""
    Paper.objects.get_or_create(
        user_id=citizen_id,
        component_code=component_code,
        file_id=file_id,
        defaults={"name": name, "source_ref": source_ref, "accepted_at": now},
    )
