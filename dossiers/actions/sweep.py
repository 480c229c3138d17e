"""What is due and not done: papers without a PDF, and what ran out or was claimed since."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from common import db, feed, files, jobs, limits
from common.files import places
from dossiers.actions import (
    attachments,
    autosave,
    bulk_moves,
    counter,
    counter_filing,
    expiry,
    handover,
    money_books,
    opinions,
    supplements,
    talk,
    uploads,
    visits,
    warnings,
)
from dossiers.models import CounterFile, Document, Dossier, Opinion

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=2)
BATCH = 200


@db.durable
def sweep(*, now: datetime) -> dict[str, int]:
    """Enqueue and close what is due; return how many of each.

    A part that fails keeps no other from its work. Errors: the first failure, after all of them.
    """
    done: dict[str, int] = {}
    failures: list[Exception] = []
    for name, part in PARTS.items():
        try:
            done[name] = part(now=now)
        except Exception as failure:
            logger.exception("the sweep of %s failed", name)
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


def forget_files(*, now: datetime) -> int:
    """Forget files that nobody claimed; their bytes go with the next sweep."""
    return files.forget_unclaimed(now=now)


@db.transaction()
def _papers(*, now: datetime) -> int:
    late = Document.objects.filter(file=None, issued_at__lt=now - LATE).order_by("issued_at", "id")
    found = list(late.values_list("id", flat=True)[:BATCH])
    for document_id in found:
        jobs.enqueue("dossiers.make_paper", document_id=document_id)
    return len(found)


@db.transaction()
def _counter_files(*, now: datetime) -> int:
    due = CounterFile.objects.filter(state=CounterFile.State.OPEN, expires_at__lt=now)
    found = list(db.lock(due.order_by("id"), skip_locked=True)[:BATCH])
    for row in found:
        counter.forget(row, now)
    return len(found)


def _claims(*, now: datetime) -> int:
    """Give the dossiers of walk-ins to those who proved since that they are the ones."""
    due = Dossier.objects.filter(citizen__claimed_by__isnull=False).order_by("id")
    found = list(due.values_list("id", flat=True)[:BATCH])
    for dossier_id in found:
        counter_filing.claim(dossier_id=dossier_id, now=now)
    return len(found)


def _silent(*, now: datetime) -> int:
    due = Opinion.objects.filter(state=Opinion.State.OPEN, due_at__lt=now).exclude(silence_basis="")
    found = list(due.order_by("due_at", "id").values_list("id", flat=True)[:BATCH])
    return sum(opinions.fall_silent(opinion_id=one, now=now) for one in found)


PARTS: dict[str, Callable[..., int]] = {
    "papers": _papers,
    "drafts": expiry.expire,
    "draft_reminders": expiry.remind,
    "draft_versions": autosave.forget,
    "representations": handover.sweep,
    "supplement_drafts": supplements.forget,
    "message_files": talk.sweep,
    "appointments": visits.sweep,
    "rate_counts": limits.sweep,
    "tombstones": feed.forget,
    "left_attachments": attachments.sweep,
    "uploads": uploads.sweep,
    "loose_places": places.sweep,
    "counter_files": _counter_files,
    "claims": _claims,
    "bulk_moves": bulk_moves.sweep,
    "silent_opinions": _silent,
    "notices": warnings.sweep,
    "money_alarms": money_books.alarm,
}
