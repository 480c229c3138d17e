"""What an event does to the promise of a locked dossier: the timeline is replayed."""

from datetime import datetime
from typing import Any

from common import db
from dossiers.actions.calendar import LOCK
from dossiers.models import Dossier, TimelineEvent
from dossiers.queries import calendar, promises
from dossiers.rules import deadlines
from dossiers.rules.deadlines import Tick
from dossiers.rules.states import Clock

STILL = frozenset({Clock.NONE, Clock.RUN, Clock.STOP})


@db.transaction_required
def reckon(
    dossier: Dossier, clock: Clock, *, now: datetime, new_due: datetime | None = None
) -> dict[str, Any]:
    """Set the promise that one more event leads to; return what the event must remember of it.

    Nobody edits the calendar until the transaction ends, so the revision named is the one used.
    Errors: CalendarMissing.
    """
    limit = promises.limit_of(dossier)
    if limit is None or clock in STILL:
        return {}
    db.advisory_lock(LOCK, shared=True)
    almanac = calendar.almanac()
    rows = TimelineEvent.objects.filter(dossier=dossier).order_by("seq")
    ticks = [promises.tick(*row) for row in rows.values_list("clock", "at", "data")]
    ticks.append(Tick(clock, now, due=new_due, revision=almanac.revision))
    standing = deadlines.reckon(ticks, limit, almanac)[-1]
    dossier.due_at = standing.due
    dossier.missed_at = standing.missed
    counted: dict[str, Any] = {promises.REVISION: almanac.revision}
    if new_due is not None:
        counted[promises.NEW_DUE] = new_due.isoformat()
    return counted


@db.transaction_required
def note_missed(dossier: Dossier, *, now: datetime) -> None:
    """Note on a locked dossier that its promise was broken, once and for good; saves nothing."""
    if dossier.due_at is None or dossier.finished_at is not None:
        return
    if dossier.missed_at is None and now > dossier.due_at:
        dossier.missed_at = dossier.due_at
