"""The promise of a dossier, read from its timeline and computed again."""

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch

from dossiers.models import Dossier, TimelineEvent
from dossiers.queries import calendar
from dossiers.rules import deadlines
from dossiers.rules.calendar import Calendar
from dossiers.rules.deadlines import Limit, Promise, Standing, Tick, Told
from dossiers.rules.states import Clock, State

REVISION = "calendar"
NEW_DUE = "new_due_at"
CHUNK = 500


def limit_of(dossier: Dossier) -> Limit | None:
    """Return the time limit the dossier was filed under."""
    return Limit(**dossier.time_limit) if dossier.time_limit else None


def tick(clock: str, at: datetime.datetime, data: Mapping[str, Any]) -> Tick:
    """Return an event as the clock sees it."""
    asked = data.get(NEW_DUE) if clock == Clock.EXTEND else None
    return Tick(
        clock=Clock(clock),
        at=at,
        due=datetime.datetime.fromisoformat(asked) if asked else None,
        revision=data.get(REVISION, 0),
    )


def history(events: Iterable[TimelineEvent]) -> list[Promise]:
    """Return how the promise changed, from a timeline in order."""
    return deadlines.promises(
        Told(event.move, Clock(event.clock), event.at, event.due_at) for event in events
    )


def extension_until(
    dossier: Dossier, events: Iterable[TimelineEvent], working: Callable[[], Calendar]
) -> datetime.datetime | None:
    """Return until when the promise may be extended; None when it may not at all."""
    if State(dossier.state) not in {State.ACCEPTED, State.PROCESSING} or dossier.due_at is None:
        return None
    if any(event.clock == Clock.EXTEND for event in events):
        return None
    return deadlines.extension_until(dossier.due_at, working())


@dataclasses.dataclass(frozen=True)
class Difference:
    """Where a stored promise is not what the timeline leads to. `seq` is None for the dossier."""

    code: str
    seq: int | None
    stored: datetime.datetime | None
    found: datetime.datetime | None


def differences() -> Iterator[Difference]:
    """Compute the promise of every dossier again and yield what differs; nothing is written."""
    almanac = calendar.almanac()
    events = TimelineEvent.objects.only("dossier_id", "seq", "clock", "data", "due_at", "at")
    rows = Dossier.objects.only("id", "code", "time_limit", "due_at", "missed_at").order_by("id")
    rows = rows.prefetch_related(Prefetch("timeline", events.order_by("seq")))
    last = ""
    while chunk := list(rows.filter(id__gt=last)[:CHUNK]):
        for row in chunk:
            timeline = list(row.timeline.all())
            found = deadlines.reckon(
                [tick(one.clock, one.at, one.data) for one in timeline], limit_of(row), almanac
            )
            yield from _of_one(row, timeline, found)
        last = chunk[-1].id


def _of_one(
    row: Dossier, timeline: list[TimelineEvent], found: list[Standing]
) -> Iterator[Difference]:
    for event, standing in zip(timeline, found, strict=True):
        if event.due_at != standing.due:
            yield Difference(row.code, event.seq, event.due_at, standing.due)
    end = found[-1] if found else Standing()
    if row.due_at != end.due:
        yield Difference(row.code, None, row.due_at, end.due)
    # The sweep notes a broken promise before the next event does.
    if row.missed_at != end.missed and (end.missed is not None or row.missed_at != row.due_at):
        yield Difference(row.code, None, row.missed_at, end.missed)
