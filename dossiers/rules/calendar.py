"""The working-day calendar of the offices, and what an hour is worth in it. Pure.

A day that differs from the week is one of four kinds. A half day is a working day like any other
when days are counted; it only closes earlier, or opens later, and only its open half counts when
hours are counted. A change of the calendar has a number, so that whatever was promised before it
can be computed again as it was.
"""

import dataclasses
import datetime
import enum
import zoneinfo
from collections.abc import Mapping, Sequence

from common.errors import Refusal

HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
Span = tuple[datetime.time, datetime.time]
MORNING: Span = (datetime.time(7, 0), datetime.time(11, 0))
AFTERNOON: Span = (datetime.time(13, 0), datetime.time(17, 0))
OFFICE_HOURS: Sequence[Span] = (MORNING, AFTERNOON)


class CalendarMissing(Refusal):
    code = "calendar_missing"
    status = 503
    title_vi = "Chưa có lịch làm việc của năm này"
    title_en = "The working-day calendar of that year is missing"
    detail_vi = "Năm {year} chưa có lịch nghỉ lễ."
    detail_en = "There is no calendar for {year}."
    members = ("year",)


class DayKind(enum.StrEnum):
    """How a day differs from the week."""

    OFF = "off"  # closed on a weekday
    WORKED = "worked"  # a Saturday or Sunday worked in exchange, the whole day
    MORNING = "morning"  # only the morning is worked, whatever day of the week it is
    AFTERNOON = "afternoon"  # only the afternoon is worked


@dataclasses.dataclass(frozen=True)
class Calendar:
    """The days on which offices work. `years` are those whose lists are complete."""

    years: frozenset[int]
    days: Mapping[datetime.date, DayKind] = dataclasses.field(default_factory=dict)

    def hours(self, day: datetime.date) -> Sequence[Span]:
        """Return the hours worked on `day` as (opens, closes); none when closed.

        Errors: CalendarMissing.
        """
        if day.year not in self.years:
            raise CalendarMissing(year=day.year)
        match self.days.get(day):
            case DayKind.OFF:
                return ()
            case DayKind.WORKED:
                return OFFICE_HOURS
            case DayKind.MORNING:
                return (MORNING,)
            case DayKind.AFTERNOON:
                return (AFTERNOON,)
        return OFFICE_HOURS if day.weekday() < 5 else ()

    def is_working(self, day: datetime.date) -> bool:
        """Return whether offices work on `day`, if only for half of it. Errors: CalendarMissing."""
        return bool(self.hours(day))

    def opening(self, day: datetime.date) -> datetime.datetime:
        """Return when offices open on a working day."""
        return datetime.datetime.combine(day, self.hours(day)[0][0], HCM)

    def closing(self, day: datetime.date) -> datetime.datetime:
        """Return when offices close on a working day: 11:00 when only the morning is worked."""
        return datetime.datetime.combine(day, self.hours(day)[-1][1], HCM)

    def next_working(self, day: datetime.date) -> datetime.date:
        """Return the first working day after `day`."""
        return self.add(day, 1)

    def on_or_after(self, day: datetime.date) -> datetime.date:
        """Return `day`, or the first working day after it."""
        return day if self.is_working(day) else self.next_working(day)

    def add(self, day: datetime.date, working_days: int) -> datetime.date:
        """Return the n-th working day after `day`, before it when negative; `day` itself for 0."""
        step = datetime.timedelta(days=1 if working_days > 0 else -1)
        left = abs(working_days)
        current = day
        while left > 0:
            current += step
            if self.is_working(current):
                left -= 1
        return current

    def count(self, start: datetime.date, end: datetime.date) -> int:
        """Return how many working days lie after `start` up to and with `end`; never negative."""
        days = (end - start).days
        steps = (start + datetime.timedelta(days=i) for i in range(1, days + 1))
        return sum(1 for day in steps if self.is_working(day))

    def counted_from(self, moment: datetime.datetime) -> datetime.datetime:
        """Return the office hour that an event at `moment` counts as.

        Itself within office hours, else the next opening: what happens at night, at lunch, on a
        holiday or a weekend counts as the start of the next half day worked (practice).
        """
        local = moment.astimezone(HCM)
        day = local.date()
        for opens, closes in self.hours(day):
            if local < datetime.datetime.combine(day, closes, HCM):
                return max(local, datetime.datetime.combine(day, opens, HCM))
        return self.opening(self.next_working(day))

    def office_time(self, start: datetime.datetime, end: datetime.datetime) -> datetime.timedelta:
        """Return how long offices are open between two moments; never negative."""
        start, end = start.astimezone(HCM), end.astimezone(HCM)
        total = datetime.timedelta(0)
        day = start.date()
        while day <= end.date():
            for opens, closes in self.hours(day):
                begin = max(start, datetime.datetime.combine(day, opens, HCM))
                stop = min(end, datetime.datetime.combine(day, closes, HCM))
                total += max(stop - begin, datetime.timedelta(0))
            day += datetime.timedelta(days=1)
        return total

    def after(self, start: datetime.datetime, office_time: datetime.timedelta) -> datetime.datetime:
        """Return the first moment at which offices were open for `office_time` since `start`."""
        start, left = start.astimezone(HCM), office_time
        day = start.date()
        while True:
            for opens, closes in self.hours(day):
                begin = max(start, datetime.datetime.combine(day, opens, HCM))
                end = datetime.datetime.combine(day, closes, HCM)
                if begin < end and begin + left <= end:
                    return begin + left
                left -= max(end - begin, datetime.timedelta(0))
            day += datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Change:
    """One edit of one day, by its number: what the day was before it (None: as the week says)."""

    revision: int
    day: datetime.date
    before: DayKind | None


@dataclasses.dataclass(frozen=True)
class Almanac:
    """The calendar in force and every edit of it, so that an earlier one can be had again."""

    present: Calendar
    changes: Sequence[Change] = ()

    @property
    def revision(self) -> int:
        """Return the number of the calendar in force; 0 for one that was never edited."""
        return max((change.revision for change in self.changes), default=0)

    def at(self, revision: int) -> Calendar:
        """Return the calendar as it was at `revision`, by undoing the edits made since."""
        later = [change for change in self.changes if change.revision > revision]
        if not later:
            return self.present
        days = dict(self.present.days)
        for change in sorted(later, key=lambda one: -one.revision):
            if change.before is None:
                days.pop(change.day, None)
            else:
                days[change.day] = change.before
        return Calendar(years=self.present.years, days=days)


def never_edited(calendar: Calendar) -> Almanac:
    """Return the almanac of a calendar without a history."""
    return Almanac(present=calendar)
