"""The order in which a desk works dossiers off, and the indexes that walk it, agency first."""

import datetime

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from dossiers.rules import due

AGENCIES = {
    "receiving": "receiving_agency",
    "competent": "competent_agency",
    "helping": "helping_agency",
}
OPEN = Q(state__in=[int(state) for state in due.OPEN])
LAST = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)  # after every promise: nothing is due


def due_key() -> Coalesce:
    """Return what a queue is ordered by: the due time while work is left, else the far future."""
    return Coalesce(
        Case(When(finished_at__isnull=True, then=F("due_at"))),
        Value(LAST, output_field=models.DateTimeField()),
    )


INDEXES = [
    index
    for role, agency in AGENCIES.items()
    for index in (
        models.Index(
            F(agency), due_key(), F("id"), condition=OPEN, name=f"dossiers_dossier_{role[:4]}_due"
        ),
        models.Index(
            F(agency),
            F("submitted_at"),
            F("id"),
            condition=OPEN,
            name=f"dossiers_dossier_{role[:4]}_sent",
        ),
    )
] + [
    models.Index(
        fields=["helping_agency", "state", "submitted_at", "id"],
        condition=Q(helping_agency__isnull=False),
        name="dossiers_dossier_helping",
    )
]
