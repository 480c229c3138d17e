"""One move on many dossiers, in the background, each dossier in a transaction of its own."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import QuerySet

from common import db, jobs
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import processing
from dossiers.actions.processing import Act
from dossiers.actions.who import NotYourRole
from dossiers.models import BulkItem, BulkJob
from dossiers.queries import offices
from dossiers.rules import states

logger = logging.getLogger(__name__)

MAX_ITEMS = 200
MAX_TRIES = 3
STALE = timedelta(minutes=2)
BATCH = 100
OURS = "server_error"

# What may be said of many dossiers at once. A refusal, a rejection or a request for a supplement
# says something of one dossier, with a reason of its own, and is made one by one.
MOVES = (
    "receive",
    "forward",
    "accept_supplement",
    "sign",
    "hand_over",
    "accept_withdrawal",
)


class TooManyItems(Refusal):
    code = "too_many_items"
    status = 400
    title_vi = "Quá nhiều hồ sơ trong một lần"
    title_en = "Too many dossiers at once"
    detail_vi = "Tối đa {limit} hồ sơ."
    detail_en = "At most {limit} dossiers."
    members = ("limit",)


@db.transaction()
def start(
    *, officer_id: str, move: str, reason: str, items: Sequence[tuple[str, int]], now: datetime
) -> BulkJob:
    """Take a bulk move down and queue it; nothing is moved yet.

    Shape: items are (dossier id, state that was seen); whether a dossier is there and is the
    officer's is found out with each, so that the answer tells nothing about others' dossiers.
    Errors: NotYourRole when no role of the officer makes this move; TooManyItems; Invalid for a
    dossier named twice.
    """
    seat = offices.seat(officer_id, now=now)
    needed = sorted({str(edge.actor) for edge in states.EDGES if edge.move == move})
    if not set(needed) & offices.roles(seat):
        raise NotYourRole(needed=needed[0])
    if len(items) > MAX_ITEMS:
        raise TooManyItems(limit=MAX_ITEMS)
    seen: set[str] = set()
    twice = []
    for position, (dossier_id, _) in enumerate(items):
        if dossier_id in seen:
            twice.append(
                FieldError(
                    "repeated",
                    "dossier_id",
                    "Hồ sơ được nêu hai lần",
                    "This dossier is named twice",
                    pointer=f"/items/{position}/dossier_id",
                )
            )
        seen.add(dossier_id)
    if twice:
        raise Invalid(errors=twice)
    job = BulkJob.objects.create(
        officer_id=officer_id,
        move=move,
        reason=reason,
        state=BulkJob.State.RUNNING,
        created_at=now,
        worked_at=now,
    )
    BulkItem.objects.bulk_create(
        BulkItem(
            job=job,
            position=position,
            dossier_id=dossier_id,
            expected_state=expected_state,
            outcome=BulkItem.Outcome.PENDING,
        )
        for position, (dossier_id, expected_state) in enumerate(items)
    )
    jobs.enqueue("dossiers.bulk_moves", job_id=job.id)
    return job


@db.durable
def step(*, job_id: str, now: datetime) -> bool:
    """Work the next item of a job off; return whether more may be left.

    The move and the item's outcome commit together (see Note [Envelope] in `common.db`), so an item
    has one effect however often the job is run, also when the worker is killed in between. An item
    that another worker holds is left to it.
    """
    item_id = 0
    try:
        with db.envelope():
            item = db.lock(_todo(job_id), skip_locked=True).select_related("job").first()
            if item is None:
                return _finish(job_id, now)
            item_id = item.pk
            processing.act(
                officer_id=item.job.officer_id,
                dossier_id=item.dossier_id,
                act=Act(
                    move=item.job.move,
                    expected_state=item.expected_state,
                    reason=item.job.reason,
                ),
                now=now,
            )
            _record(item, BulkItem.Outcome.DONE, now)
    except OperationalError:
        raise  # the database is away or busy: the queue tries the job again
    except Refusal as refusal:
        _settle(item_id, now, code=refusal.code)
    except Exception:
        # A fault of ours on one dossier must not stop the others.
        logger.exception("a bulk item failed")
        _settle(item_id, now, code="")
    return True


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Queue again what a worker left behind; return how many jobs."""
    stale = BulkJob.objects.filter(state=BulkJob.State.RUNNING, worked_at__lt=now - STALE)
    found = list(db.lock(stale.order_by("worked_at", "id"), skip_locked=True)[:BATCH])
    for job in found:
        job.worked_at = now
        job.save(update_fields=["worked_at"])
        jobs.enqueue("dossiers.bulk_moves", job_id=job.id)
    return len(found)


def _todo(job_id: str) -> QuerySet[BulkItem]:
    """Return what is left of a job; what failed before comes last."""
    return BulkItem.objects.filter(job=job_id, outcome=BulkItem.Outcome.PENDING).order_by(
        "tries", "position"
    )


@db.transaction_required
def _finish(job_id: str, now: datetime) -> bool:
    if not _todo(job_id).exists():
        BulkJob.objects.filter(id=job_id, state=BulkJob.State.RUNNING).update(
            state=BulkJob.State.DONE, worked_at=now, finished_at=now
        )
    return False


@db.transaction_required
def _record(item: BulkItem, outcome: BulkItem.Outcome, now: datetime, *, code: str = "") -> None:
    item.outcome, item.code, item.worked_at = outcome, code, now
    item.save(update_fields=["outcome", "code", "worked_at"])
    BulkJob.objects.filter(id=item.job_id).update(worked_at=now)


def _settle(item_id: int, now: datetime, *, code: str) -> None:
    """Write down that an item was refused; without a code, that it failed, for good at last."""
    with db.transaction():
        item = db.lock(BulkItem.objects.filter(pk=item_id)).first()
        if item is None or item.outcome != BulkItem.Outcome.PENDING:
            return
        if not code:
            item.tries += 1
            item.save(update_fields=["tries"])
            if item.tries < MAX_TRIES:
                return
        _record(item, BulkItem.Outcome.REFUSED, now, code=code or OURS)
