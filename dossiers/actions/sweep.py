"""What is due and not done: papers without a PDF, drafts that ran out, bulk moves, silence."""

from datetime import datetime, timedelta

from common import db, jobs
from dossiers.actions import bulk_moves, drafts, opinions
from dossiers.models import Document, Draft, Opinion

LATE = timedelta(minutes=2)
BATCH = 200


def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each."""
    return {
        "papers": _papers(now),
        "drafts": _drafts(now),
        "bulk_moves": bulk_moves.sweep(now=now),
        "silent_opinions": _silent(now),
    }


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


def _silent(now: datetime) -> int:
    due = Opinion.objects.filter(state=Opinion.State.OPEN, due_at__lt=now).exclude(silence_basis="")
    found = list(due.order_by("due_at", "id").values_list("id", flat=True)[:BATCH])
    return sum(opinions.fall_silent(opinion_id=one, now=now) for one in found)
