"""Slots of a day and who is called next. Pure."""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence

from dossiers.rules.calendar import HCM, Calendar

EARLIEST = datetime.timedelta(hours=1)  # the centre must be able to prepare
HORIZON_DAYS = 30
MAX_OPEN = 3  # appointments of one citizen at a time
CHECK_IN_BEFORE = datetime.timedelta(minutes=60)
LATE = datetime.timedelta(minutes=15)  # after that an appointment waits like everybody
MISSED_AFTER = datetime.timedelta(hours=1)
REMIND_BEFORE = datetime.timedelta(hours=24)


@dataclasses.dataclass(frozen=True)
class Plan:
    weekday: int
    opens: datetime.time
    closes: datetime.time
    minutes: int
    places: int
    valid_from: datetime.date
    valid_to: datetime.date | None


@dataclasses.dataclass(frozen=True)
class Slot:
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    places: int


def slots(plans: Iterable[Plan], day: datetime.date, calendar: Calendar) -> tuple[Slot, ...]:
    """Return the slots of a day in order of time; none while the offices are closed.

    A Saturday worked in exchange follows the plan of a Saturday. Errors: CalendarMissing.
    """
    spans = calendar.hours(day)
    found: dict[datetime.datetime, Slot] = {}
    for plan in plans:
        holds = plan.valid_from <= day and (plan.valid_to is None or day < plan.valid_to)
        if plan.weekday != day.weekday() or not holds:
            continue
        start = datetime.datetime.combine(day, plan.opens, HCM)
        closes = datetime.datetime.combine(day, plan.closes, HCM)
        length = datetime.timedelta(minutes=plan.minutes)
        while start + length <= closes:
            known = found.get(start)
            open_then = any(
                opens <= start.time() and (start + length).time() <= closing
                for opens, closing in spans
            )
            if open_then and (known is None or known.places < plan.places):
                found[start] = Slot(start, start + length, plan.places)
            start += length
    return tuple(found[start] for start in sorted(found))


def is_bookable(starts_at: datetime.datetime, now: datetime.datetime) -> bool:
    """Return whether a slot is neither too near nor too far away."""
    last = now.astimezone(HCM).date() + datetime.timedelta(days=HORIZON_DAYS)
    return now + EARLIEST <= starts_at and starts_at.astimezone(HCM).date() <= last


def free_place(taken: Iterable[int], places: int) -> int | None:
    """Return the lowest free place of a slot, None when it is full."""
    used = set(taken)
    return next((place for place in range(1, places + 1) if place not in used), None)


@dataclasses.dataclass(frozen=True)
class Waiting:
    """One who sits in the hall. `starts_at` is null without an appointment."""

    id: str
    number: int
    taken_at: datetime.datetime
    starts_at: datetime.datetime | None


def next_called(hall: Sequence[Waiting], now: datetime.datetime) -> Waiting | None:
    """Return who is called next: appointments whose time has come, then the others by number.

    Somebody who came more than `LATE` after the appointed time waits by number, like the others;
    somebody too early waits for the appointed time while there are others.
    """

    def rank(one: Waiting) -> tuple[int, datetime.datetime, int]:
        if one.starts_at is None or one.taken_at > one.starts_at + LATE:
            return (1, one.taken_at, one.number)
        if one.starts_at <= now:
            return (0, one.starts_at, one.number)
        return (2, one.starts_at, one.number)

    return min(hall, key=rank, default=None)
