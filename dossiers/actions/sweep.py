"""What is due and not done: papers without a PDF, drafts and files that ran out."""

from datetime import datetime, timedelta

from common import db, feed, files, jobs
from common.files import places
from dossiers.actions import attachments, drafts, lookups, talk, uploads, visits
from dossiers.models import Document, Draft

LATE = timedelta(minutes=2)
BATCH = 200


def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each."""
    return {
        "papers": _papers(now),
        "drafts": _drafts(now),
        "message_files": talk.sweep(now=now),
        "appointments": visits.sweep(now=now),
        "lookup_counts": lookups.sweep(now=now),
        "tombstones": feed.forget(now=now),
        "left_attachments": attachments.sweep(now=now),
        "uploads": uploads.sweep(now=now),
        "loose_places": places.sweep(now=now),
    }


def forget_files(*, now: datetime) -> int:
    """Forget files that nobody claimed; their bytes go with the next sweep."""
    return files.forget_unclaimed(now=now)


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
