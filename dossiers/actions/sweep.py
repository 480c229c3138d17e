"""What is due and not done: papers without a PDF, and what ran out or was claimed since."""

from datetime import datetime, timedelta

from common import db, feed, files, jobs
from common.files import places
from dossiers.actions import (
    attachments,
    autosave,
    bulk_moves,
    counter,
    counter_filing,
    expiry,
    handover,
    lookups,
    opinions,
    supplements,
    talk,
    uploads,
    visits,
    warnings,
)
from dossiers.models import CounterFile, Document, Dossier, Opinion

LATE = timedelta(minutes=2)
BATCH = 200


@db.durable
def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each."""
    return {
        "papers": _papers(now),
        "drafts": expiry.expire(now=now),
        "draft_reminders": expiry.remind(now=now),
        "draft_versions": autosave.forget(now=now),
        "representations": handover.sweep(now=now),
        "supplement_drafts": supplements.forget(now=now),
        "message_files": talk.sweep(now=now),
        "appointments": visits.sweep(now=now),
        "lookup_counts": lookups.sweep(now=now),
        "tombstones": feed.forget(now=now),
        "left_attachments": attachments.sweep(now=now),
        "uploads": uploads.sweep(now=now),
        "loose_places": places.sweep(now=now),
        "counter_files": _counter_files(now),
        "claims": _claims(now),
        "bulk_moves": bulk_moves.sweep(now=now),
        "silent_opinions": _silent(now),
        "notices": warnings.sweep(now=now),
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
def _counter_files(now: datetime) -> int:
    due = CounterFile.objects.filter(state=CounterFile.State.OPEN, expires_at__lt=now)
    found = list(db.lock(due.order_by("id"), skip_locked=True)[:BATCH])
    for row in found:
        counter.forget(row, now)
    return len(found)


def _claims(now: datetime) -> int:
    """Give the dossiers of walk-ins to those who proved since that they are the ones."""
    due = Dossier.objects.filter(citizen__claimed_by__isnull=False).order_by("id")
    found = list(due.values_list("id", flat=True)[:BATCH])
    for dossier_id in found:
        counter_filing.claim(dossier_id=dossier_id, now=now)
    return len(found)


def _silent(now: datetime) -> int:
    due = Opinion.objects.filter(state=Opinion.State.OPEN, due_at__lt=now).exclude(silence_basis="")
    found = list(due.order_by("due_at", "id").values_list("id", flat=True)[:BATCH])
    return sum(opinions.fall_silent(opinion_id=one, now=now) for one in found)
