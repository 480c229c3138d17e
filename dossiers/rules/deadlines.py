"""The clock of a dossier: from its timeline to the promised day and hour. Pure.

Days. The day of receipt is day 0; the n-th working day after it is the last one, and the result is
due when the office closes on it (practice; the decree fixes only the transfer). Calendar days and
months end on the day that they name, or on the next working day (Civil Code 91/2015/QH13 Art.148,
cited). Hours count office hours only. What happens outside office hours counts as the next opening.

A same-day service received in the last two hours of the day is due on the next working day: after
15:00 on a day that closes at 17:00 (Luật Hộ tịch 60/2014/QH13 Art.5(3); NĐ 23/2015/NĐ-CP Art.7).
The law does not know half days: with only the morning worked it is 09:00, our reading.

Pauses. What was left when the clock stopped is left when it goes on: whole working days, whole
calendar days, or office time for a limit in hours. Stopped and resumed on one working day, a limit
in days does not move. When no whole day was left and the clock goes on in the last two hours of a
later day, the rest of the day is given on the next one.
"""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence

from dossiers.rules.calendar import HCM, Almanac, Calendar, CalendarMissing
from dossiers.rules.states import Clock, State

__all__ = ["HCM", "CalendarMissing"]

LATE_BEFORE_CLOSING = datetime.timedelta(hours=2)
APPRAISAL_RETURN_DAYS = 3  # NĐ 61/2018/NĐ-CP Art.19
EXTENSION_NOTICE_DAYS = 1  # NĐ 61/2018/NĐ-CP Art.19: at least a day before the limit, and once


@dataclasses.dataclass(frozen=True)
class Limit:
    """How long the procedure may take. Units: working_day, calendar_day, hour, month."""

    value: int
    unit: str
    same_day: bool = False


@dataclasses.dataclass(frozen=True)
class Tick:
    """One event of the timeline, as far as the clock cares.

    `due` is the new promise of an extension; `revision` the calendar that was in force.
    """

    clock: Clock
    at: datetime.datetime
    due: datetime.datetime | None = None
    revision: int = 0


@dataclasses.dataclass(frozen=True)
class Left:
    """What a pause set aside. `stopped` is the office hour it counts from."""

    stopped: datetime.datetime
    due: datetime.datetime
    overdue: bool
    days: int
    time: datetime.timedelta


@dataclasses.dataclass(frozen=True)
class Standing:
    """The clock after an event.

    `due` is promised now, None while nothing runs; `last` the last day of the limit as counted,
    which of calendar days may be a closed one; `missed` the first promise that was broken.
    """

    due: datetime.datetime | None = None
    last: datetime.date | None = None
    left: Left | None = None
    done: bool = False
    missed: datetime.datetime | None = None


def due_at(start: datetime.datetime, limit: Limit, calendar: Calendar) -> datetime.datetime:
    """Return the moment by which the result is promised when the clock starts at `start`.

    Errors: CalendarMissing.
    """
    return _started(start, limit, calendar)[0]


def _started(
    start: datetime.datetime, limit: Limit, calendar: Calendar
) -> tuple[datetime.datetime, datetime.date]:
    begin = calendar.counted_from(start)
    day = begin.date()
    if limit.same_day and limit.value <= 1:
        last = day if begin < _late(day, calendar) else calendar.next_working(day)
        return calendar.closing(last), last
    match limit.unit:
        case "working_day":
            last = calendar.add(day, limit.value)
        case "calendar_day":
            last = day + datetime.timedelta(days=limit.value)
        case "month":
            last = months_later(day, limit.value)
        case "hour":
            due = calendar.after(begin, datetime.timedelta(hours=limit.value))
            return due, due.date()
        case _:
            raise ValueError(f"unknown unit {limit.unit}")
    return calendar.closing(calendar.on_or_after(last)), last


def reckon(ticks: Iterable[Tick], limit: Limit | None, almanac: Almanac) -> list[Standing]:
    """Return the clock after each event of a timeline, in order.

    A calendar edited since changes nothing that was promised before, unless the timeline says that
    the promise was counted anew. Without a known limit nothing is promised.
    Errors: CalendarMissing.
    """
    found: list[Standing] = []
    seen: list[Tick] = []
    standing = Standing()
    for tick in ticks:
        if limit is not None:
            calendar = almanac.at(tick.revision)
            standing = _broken(standing, tick.at)
            if tick.clock == Clock.RECOUNT:
                standing = dataclasses.replace(
                    _again(seen, limit, calendar), missed=standing.missed
                )
            else:
                standing = _step(standing, tick, limit, calendar)
                seen.append(tick)
            standing = _broken(standing, tick.at)
        found.append(standing)
    return found


def replay(
    ticks: Iterable[Tick], limit: Limit | None, almanac: Almanac
) -> datetime.datetime | None:
    """Return the due time that the whole timeline leads to; None while nothing runs.

    Errors: CalendarMissing.
    """
    found = reckon(ticks, limit, almanac)
    return found[-1].due if found else None


def _again(ticks: Sequence[Tick], limit: Limit, calendar: Calendar) -> Standing:
    standing = Standing()
    for tick in ticks:
        standing = _step(standing, tick, limit, calendar)
    return standing


def _broken(standing: Standing, moment: datetime.datetime) -> Standing:
    """Return the clock with the promise noted as missed when it ran out before `moment`."""
    running = standing.due is not None and not standing.done and standing.missed is None
    if running and standing.due is not None and moment > standing.due:
        return dataclasses.replace(standing, missed=standing.due)
    return standing


def _step(standing: Standing, tick: Tick, limit: Limit, calendar: Calendar) -> Standing:
    missed = standing.missed
    match tick.clock:
        case Clock.START:
            due, last = _started(tick.at, limit, calendar)
            return Standing(due, last, missed=missed)
        case Clock.PAUSE if standing.left is None and standing.due is not None:
            left = _left(standing, tick.at, limit, calendar)
            return dataclasses.replace(standing, due=None, left=left)
        case Clock.RESET:
            return Standing(missed=missed)
        case Clock.RESUME if standing.left is not None:
            due, last = resumed(standing.left, tick.at, limit, calendar)
            return Standing(due, last, missed=missed)
        case Clock.RESUME if standing.due is None:
            due, last = _started(tick.at, limit, calendar)
            return Standing(due, last, missed=missed)
        case Clock.RESUME:
            return dataclasses.replace(standing, done=False)
        case Clock.EXTEND if standing.due is not None and tick.due is not None:
            day = local_day(tick.due)
            if calendar.is_working(day):
                return dataclasses.replace(standing, due=tick.due.astimezone(HCM), last=day)
            day = calendar.next_working(day)
            return dataclasses.replace(standing, due=calendar.closing(day), last=day)
        case Clock.STOP:
            return dataclasses.replace(standing, done=True)
    return standing


def _left(standing: Standing, at: datetime.datetime, limit: Limit, calendar: Calendar) -> Left:
    if standing.due is None or standing.last is None:
        raise ValueError("nothing runs")
    stopped = calendar.counted_from(at)
    day = stopped.date()
    if limit.unit in {"calendar_day", "month"}:
        days = max((standing.last - day).days, 0)
    else:
        days = calendar.count(day, standing.last)
    return Left(
        stopped=stopped,
        due=standing.due,
        overdue=at >= standing.due,
        days=days,
        time=calendar.office_time(stopped, standing.due),
    )


def resumed(
    left: Left, at: datetime.datetime, limit: Limit, calendar: Calendar
) -> tuple[datetime.datetime, datetime.date]:
    """Return the due time and last day after a pause: what was left then is left again now.

    A dossier that was overdue when it was paused has nothing left and stays overdue.
    """
    if left.overdue:
        return left.due, local_day(left.due)
    begin = calendar.counted_from(at)
    day = begin.date()
    if limit.unit == "hour":
        due = calendar.after(begin, left.time)
        return due, due.date()
    if limit.unit in {"calendar_day", "month"}:
        last = day + datetime.timedelta(days=left.days)
    else:
        last = calendar.add(day, left.days)
    end = calendar.on_or_after(last)
    if end == day > left.stopped.date() and begin >= _late(day, calendar):
        last = end = calendar.next_working(day)
    return calendar.closing(end), last


def _late(day: datetime.date, calendar: Calendar) -> datetime.datetime:
    return calendar.closing(day) - LATE_BEFORE_CLOSING


def may_return_at_appraisal(
    received_at: datetime.datetime, now: datetime.datetime, calendar: Calendar
) -> bool:
    """Return whether the limit may still be begun anew: within 3 working days of reception."""
    received = calendar.counted_from(received_at).date()
    return calendar.count(received, local_day(now)) <= APPRAISAL_RETURN_DAYS


def extension_until(due: datetime.datetime, calendar: Calendar) -> datetime.datetime:
    """Return the last moment for an apology letter: the close of the working day before."""
    return calendar.closing(calendar.add(local_day(due), -EXTENSION_NOTICE_DAYS))


def is_late(
    state: State,
    due: datetime.datetime | None,
    finished: datetime.datetime | None,
    now: datetime.datetime,
    missed: datetime.datetime | None = None,
) -> bool:
    """Return whether a promise was or is being broken; a new promise does not mend a broken one."""
    if state in {State.REJECTED, State.SUBMITTED}:
        return False
    if missed is not None:
        return True
    return due is not None and (finished or now) > due


def local_day(moment: datetime.datetime) -> datetime.date:
    """Return the day in Cần Thơ on which `moment` falls."""
    return moment.astimezone(HCM).date()


def months_later(day: datetime.date, months: int) -> datetime.date:
    """Return the day of that number some months later, or the last one of a shorter month."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day.day, last))


# --- the promise as people see it ---------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Told:
    """One event as the timeline keeps it: what it did to the clock and what was promised after."""

    move: str
    clock: Clock
    at: datetime.datetime
    due: datetime.datetime | None


@dataclasses.dataclass(frozen=True)
class Promise:
    """One change of the promise. `due` is None while the clock stands still.

    Kinds: first, pause, reset, resume, extension, calendar (counted anew).
    """

    due: datetime.datetime | None
    at: datetime.datetime
    move: str
    kind: str


_KINDS = {
    Clock.PAUSE: "pause",
    Clock.RESET: "reset",
    Clock.EXTEND: "extension",
    Clock.RECOUNT: "calendar",
}


def promises(events: Iterable[Told]) -> list[Promise]:
    """Return how the promise changed, in order; events that left it alone are not in it."""
    found: list[Promise] = []
    standing: datetime.datetime | None = None
    for event in events:
        if event.due == standing:
            continue
        standing = event.due
        kind = _KINDS.get(event.clock, "resume" if found else "first")
        found.append(Promise(event.due, event.at, event.move, kind))
    return found
