"""What is due and not done: papers without a PDF, drafts that ran out, promises near."""

from datetime import datetime, timedelta

from common import db, jobs
from dossiers.actions import drafts, warnings
from dossiers.models import Document, Draft

LATE = timedelta(minutes=2)
BATCH = 200


def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each."""
    return {"papers": _papers(now), "drafts": _drafts(now), "notices": warnings.sweep(now=now)}


@db.transaction()
def _papers(now: datetime) -> int:
    late = Document.objects.filter(file=None, issued_at__lt=now - LATE).order_by("issued_at", "id")
    found = list(late.values_list("id", flat=True)[:BATCH])
    for document_id in found:
        jobs.enqueue("dossiers.make_paper", document_id=document_id)
    return len(found)


@db.transaction()
def _drafts(now: datetime) -> int:
    due = Draft.objects.filter(state=Draft.State.OPEN, expires_at__lt=now).order_by("id")
    found = list(db.lock(due, skip_locked=True)[:BATCH])
    for draft in found:
        drafts.close(draft, Draft.State.DISCARDED, now=now)
    return len(found)
