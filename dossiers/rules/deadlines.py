"""The clock of a dossier: working days, holidays, swaps, pauses. Pure.

The day of receipt is day 0; the n-th working day after it is the last one (domain practice; the
decree fixes only the transfer). A result promised for a day is due at `CLOSING`, the end of that
day's office hours. A same-day procedure received after `LATE_HOUR` is due on the next working day
(Luật Hộ tịch 60/2014/QH13 Art.5(3); NĐ 23/2015/NĐ-CP Art.7).
"""

import dataclasses
import datetime
import zoneinfo
from collections.abc import Iterable, Sequence

from common.errors import Refusal
from dossiers.rules.states import Clock, State

HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
CLOSING = datetime.time(17, 0)
LATE_HOUR = datetime.time(15, 0)
APPRAISAL_RETURN_DAYS = 3  # NĐ 61/2018/NĐ-CP Art.19
MAX_SEARCH_DAYS = 400


class CalendarMissing(Refusal):
    code = "calendar_missing"
    status = 503
    title_vi = "Chưa có lịch làm việc của năm này"
    title_en = "The working-day calendar of that year is missing"
    detail_vi = "Năm {year} chưa có lịch nghỉ lễ."
    detail_en = "There is no calendar for {year}."
    members = ("year",)


@dataclasses.dataclass(frozen=True)
class Calendar:
    """The days on which offices work. `years` are those whose lists are complete."""

    years: frozenset[int]
    off: frozenset[datetime.date] = frozenset()
    worked: frozenset[datetime.date] = frozenset()

    def is_working(self, day: datetime.date) -> bool:
        """Return whether offices work on `day`. Errors: CalendarMissing."""
        if day.year not in self.years:
            raise CalendarMissing(year=day.year)
        if day in self.worked:
            return True
        return day.weekday() < 5 and day not in self.off

    def next_working(self, day: datetime.date) -> datetime.date:
        """Return the first working day after `day`."""
        return self.add(day, 1)

    def add(self, day: datetime.date, working_days: int) -> datetime.date:
        """Return the n-th working day after `day`; `day` itself for 0."""
        left = working_days
        current = day
        while left > 0:
            current += datetime.timedelta(days=1)
            if self.is_working(current):
                left -= 1
        return current

    def count(self, start: datetime.date, end: datetime.date) -> int:
        """Return how many working days lie after `start` up to and with `end`; never negative."""
        days = (end - start).days
        steps = (start + datetime.timedelta(days=i) for i in range(1, days + 1))
        return sum(1 for day in steps if self.is_working(day))


@dataclasses.dataclass(frozen=True)
class Limit:
    """How long the procedure may take. Units: working_day, calendar_day, hour, month."""

    value: int
    unit: str
    same_day: bool = False


def due_at(start: datetime.datetime, limit: Limit, calendar: Calendar) -> datetime.datetime:
    """Return the moment by which the result is promised when the clock starts at `start`.

    Errors: CalendarMissing.
    """
    local = start.astimezone(HCM)
    day = local.date()
    if limit.same_day and limit.value <= 1:
        if calendar.is_working(day) and local.time() < LATE_HOUR:
            return _closing(day)
        return _closing(calendar.next_working(day))
    match limit.unit:
        case "working_day":
            return _closing(calendar.add(day, limit.value))
        case "calendar_day":
            return _closing(_on_or_after(day + datetime.timedelta(days=limit.value), calendar))
        case "month":
            return _closing(_on_or_after(_months_later(day, limit.value), calendar))
        case "hour":
            return _after_hours(local, limit.value, calendar)
    raise ValueError(f"unknown unit {limit.unit}")


def resumed(
    due: datetime.datetime,
    stopped: datetime.datetime,
    resumed_at: datetime.datetime,
    calendar: Calendar,
) -> datetime.datetime:
    """Return the due time after a pause: what was left then is left again now.

    Units: whole working days left; a dossier paused when overdue has none left and stays overdue.
    """
    if stopped >= due:
        return due
    due_day = due.astimezone(HCM).date()
    left = calendar.count(stopped.astimezone(HCM).date(), due_day)
    moved = datetime.datetime.combine(
        calendar.add(_working_start(resumed_at, calendar), left), due.astimezone(HCM).time(), HCM
    )
    # Less than a working day was left: no promise may lie before the resumption itself.
    if moved <= resumed_at:
        moved = _closing(calendar.next_working(resumed_at.astimezone(HCM).date()))
    return max(moved, due)


@dataclasses.dataclass(frozen=True)
class Tick:
    """One event of the timeline, as far as the clock cares."""

    clock: Clock
    at: datetime.datetime


def replay(
    ticks: Iterable[Tick], limit: Limit | None, calendar: Calendar
) -> datetime.datetime | None:
    """Return the due time that the whole timeline leads to; None while nothing runs.

    Errors: CalendarMissing.
    """
    due: datetime.datetime | None = None
    held: datetime.datetime | None = None  # due time set aside by a pause
    stopped: datetime.datetime | None = None
    if limit is None:
        return None
    for tick in ticks:
        match tick.clock:
            case Clock.START:
                due, held, stopped = due_at(tick.at, limit, calendar), None, None
            case Clock.PAUSE:
                held, stopped, due = due, tick.at, None
            case Clock.RESET:
                held, stopped, due = None, None, None
            case Clock.RESUME:
                if held is not None and stopped is not None:
                    due = resumed(held, stopped, tick.at, calendar)
                elif due is None:
                    due = due_at(tick.at, limit, calendar)
                held, stopped = None, None
            case Clock.NONE | Clock.RUN | Clock.STOP:
                pass
    return due


def may_return_at_appraisal(
    received_at: datetime.datetime, now: datetime.datetime, calendar: Calendar
) -> bool:
    """Return whether the limit may still be begun anew: within 3 working days of reception."""
    received = received_at.astimezone(HCM).date()
    return calendar.count(received, now.astimezone(HCM).date()) <= APPRAISAL_RETURN_DAYS


def is_late(
    state: State,
    due: datetime.datetime | None,
    finished: datetime.datetime | None,
    now: datetime.datetime,
) -> bool:
    """Return whether the promise was or is being broken."""
    if due is None or state in {State.REJECTED, State.SUBMITTED}:
        return False
    return (finished or now) > due


def local_day(moment: datetime.datetime) -> datetime.date:
    """Return the day in Cần Thơ on which `moment` falls."""
    return moment.astimezone(HCM).date()


def _closing(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, CLOSING, HCM)


def _on_or_after(day: datetime.date, calendar: Calendar) -> datetime.date:
    """Return `day`, or the first working day after it: offices hand over on working days only."""
    return day if calendar.is_working(day) else calendar.next_working(day)


def _working_start(moment: datetime.datetime, calendar: Calendar) -> datetime.date:
    """Return the day from which days left are counted: the last working day up to `moment`."""
    day = moment.astimezone(HCM).date()
    while not calendar.is_working(day):
        day -= datetime.timedelta(days=1)
    return day


def _months_later(day: datetime.date, months: int) -> datetime.date:
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day.day, last))


# Office hours for limits that count hours: (opens, closes) pairs.
OFFICE_HOURS: Sequence[tuple[datetime.time, datetime.time]] = (
    (datetime.time(7, 0), datetime.time(11, 0)),
    (datetime.time(13, 0), datetime.time(17, 0)),
)


def _after_hours(start: datetime.datetime, hours: int, calendar: Calendar) -> datetime.datetime:
    left = datetime.timedelta(hours=hours)
    day = start.date()
    for _ in range(MAX_SEARCH_DAYS):
        if calendar.is_working(day):
            for opens, closes in OFFICE_HOURS:
                begin = max(start, datetime.datetime.combine(day, opens, HCM))
                end = datetime.datetime.combine(day, closes, HCM)
                if begin >= end:
                    continue
                if begin + left <= end:
                    return begin + left
                left -= end - begin
        day += datetime.timedelta(days=1)
    raise ValueError("no office hours in sight")
