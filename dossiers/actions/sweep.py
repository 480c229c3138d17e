"""What is due and not done: papers without a PDF, drafts and paper files that ran out, walk-ins."""

from datetime import datetime, timedelta

from common import db, jobs
from dossiers.actions import counter, counter_filing, drafts
from dossiers.models import CounterFile, Document, Dossier, Draft

LATE = timedelta(minutes=2)
BATCH = 200


@db.durable
def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each."""
    return {
        "papers": _papers(now),
        "drafts": _drafts(now),
        "counter_files": _counter_files(now),
        "claims": _claims(now),
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
