"""Warnings before a promise runs out, escalation after, and silence where it is an answer.

Officers are told in their inbox, the citizen once and honestly when the promise was broken. Nobody
is told while the clock stands still: nothing is promised then.
"""

import datetime
import logging

from django.db.models import Exists, OuterRef, QuerySet

from citizens.actions import inbox
from common import db
from dossiers.actions import moves, promise
from dossiers.actions.who import SYSTEM
from dossiers.models import Dossier, DueNotice, Seat, TimelineEvent
from dossiers.queries import calendar
from dossiers.rules import deadlines, notices, silence, words
from dossiers.rules.calendar import Calendar, CalendarMissing
from dossiers.rules.notices import Step
from services import queries as services

logger = logging.getLogger(__name__)

SILENCE = "silence"
BATCH = 100


def sweep(*, now: datetime.datetime) -> int:
    """Take every step of warning and escalation that is due; return how many were taken."""
    working = calendar.working()
    taken = 0
    for step in notices.STEPS:
        try:
            taken += _take(step=step, working=working, now=now)
        except CalendarMissing as missing:
            # One step needs days of a year that nobody loaded; the others do not.
            logger.error("no warnings of step %s: %s", step.key, missing.detail("en"))
    return taken


def due_for(step: Step, working: Calendar, now: datetime.datetime) -> QuerySet[Dossier]:
    """Return the dossiers whose promise a step is about now and was not taken for."""
    window = notices.window(step, now, working)
    taken = DueNotice.objects.filter(
        dossier=OuterRef("id"), due_at=OuterRef("due_at"), step=step.key
    )
    rows = Dossier.objects.filter(
        ~Exists(taken), due_at__isnull=False, finished_at=None, due_at__lte=window.until
    )
    if window.after is not None:
        rows = rows.filter(due_at__gte=window.after)
    if window.received_before is not None:
        rows = rows.filter(received_at__lt=window.received_before)
    return rows.order_by("due_at", "id")


@db.transaction()
def _take(*, step: Step, working: Calendar, now: datetime.datetime) -> int:
    """Take one step for a batch of dossiers. Two sweeps at once, or one twice, tell once."""
    rows = list(db.lock(due_for(step, working, now), skip_locked=True)[:BATCH])
    if not rows:
        return 0
    agencies = {row.competent_agency_id for row in rows}
    seats = _seats(agencies, step)
    offices_by_key = {key: moves.office_name(key) for key in sorted(agencies)}
    silences = services.silence_of({row.service_version_id for row in rows}) if step.citizen else {}
    made = []
    for row in rows:
        if row.due_at is None:
            continue
        told = [seat for seat in seats.get(row.competent_agency_id, ()) if not _own(seat, row)]
        made.append(
            DueNotice(dossier=row, due_at=row.due_at, step=step.key, told=len(told), at=now)
        )
        office = offices_by_key[row.competent_agency_id]
        for seat in told:
            _tell(row, step, seat.user_id, office, now)
        if step.citizen:
            _broken(row, silence.rule(silences.get(row.service_version_id)), step, office, now)
    DueNotice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _seats(agencies: set[str], step: Step) -> dict[str, list[Seat]]:
    found: dict[str, list[Seat]] = {}
    rows = Seat.objects.filter(
        agency_id__in=agencies, active=True, roles__overlap=[str(role) for role in step.roles]
    )
    for seat in rows.order_by("id"):
        found.setdefault(seat.agency_id, []).append(seat)
    return found


def _own(seat: Seat, row: Dossier) -> bool:
    return seat.user_id == row.citizen_id


def _broken(
    row: Dossier, rule: silence.Silence | None, step: Step, office: str, now: datetime.datetime
) -> None:
    """Note a broken promise and say so to the citizen; where silence is an answer, record it."""
    promise.note_missed(row, now=now)
    Dossier.objects.filter(id=row.id).update(missed_at=row.missed_at)
    already = TimelineEvent.Kind.SILENCE
    if rule is None:
        _tell(row, step, row.citizen_id, office, now, texts=words.PROMISE_MISSED)
    elif not TimelineEvent.objects.filter(dossier=row, kind=already).exists():
        moves.record(
            dossier=row,
            kind=already,
            name=f"{SILENCE}_{rule.means}",
            who=SYSTEM,
            now=now,
            from_state=row.state,
            data={"source": rule.source},
            office=office,
        )


def _tell(
    row: Dossier,
    step: Step,
    user_id: str,
    office: str,
    now: datetime.datetime,
    texts: words.Words | None = None,
) -> None:
    due = row.due_at.astimezone(deadlines.HCM) if row.due_at else None
    text = words.filled(
        texts or words.BY_STEP[step.key],
        code=row.code,
        office=office,
        due=f"{due:%H:%M %d/%m/%Y}" if due else "—",
    )
    inbox.notify(
        citizen_id=user_id,
        kind=f"promise_{step.key}",
        title_vi=text.title_vi,
        body_vi=text.body_vi,
        title_en=text.title_en,
        body_en=text.body_en,
        reference=row.id,
        dedupe_key=f"{step.key}:{row.id}:{due:%Y%m%d%H%M}:{user_id}",
        now=now,
    )
