"""Reads about papers: a result by its hash, and the agency's book of dossiers."""

import dataclasses
from datetime import datetime

from dossiers.models import Document, Dossier, Seat, TimelineEvent
from dossiers.queries import offices
from dossiers.rules import papers
from dossiers.rules.papers import Standing


@dataclasses.dataclass(frozen=True)
class OnRecord:
    """A paper of ours. Closed list: nothing may be added that is about a person."""

    kind: str
    title_vi: str
    dossier_code: str
    issued_at: datetime
    standing: Standing


def on_record(sha256: str) -> OnRecord | None:
    """Return the paper whose file has these bytes; None when no paper of ours has."""
    row = (
        Document.objects.filter(file_id=sha256)
        .order_by("-issued_at", "-id")
        .values("kind", "title_vi", "issued_at", "event_seq", "dossier_id", "dossier__code")
        .first()
    )
    if row is None:
        return None
    later = {"dossier_id": row["dossier_id"]}
    moves = TimelineEvent.objects.filter(**later, seq__gt=row["event_seq"]).order_by("seq")
    kinds = Document.objects.filter(**later, event_seq__gt=row["event_seq"]).order_by("id")
    return OnRecord(
        kind=row["kind"],
        title_vi=row["title_vi"],
        dossier_code=row["dossier__code"],
        issued_at=row["issued_at"],
        standing=papers.standing(
            row["kind"],
            later_moves=list(moves.values_list("move", flat=True)),
            later_kinds=list(kinds.values_list("kind", flat=True)),
        ),
    )


def received(seat: Seat, *, start: datetime, end: datetime, limit: int) -> list[Dossier]:
    """Return what the agency of a seat received in a period (end exclusive), `limit` at most."""
    rows = offices.visible(seat).filter(
        receiving_agency=seat.agency_id, received_at__gte=start, received_at__lt=end
    )
    return list(
        rows.select_related("competent_agency")
        .defer("answers", "provenance", "proposal")
        .order_by("received_at", "id")[:limit]
    )
