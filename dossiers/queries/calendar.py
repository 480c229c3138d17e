"""The working-day calendar as the rules want it."""

import dataclasses
import datetime

from common.errors import Refusal
from dossiers.models import CalendarChange, CalendarDay, CalendarYear, Dossier
from dossiers.rules.calendar import HCM, Almanac, Calendar, Change, DayKind


class CalendarYearUnknown(Refusal):
    code = "calendar_year_unknown"
    status = 404
    title_vi = "Chưa có lịch làm việc của năm này"
    title_en = "The calendar of that year is not known"


@dataclasses.dataclass(frozen=True)
class Year:
    """A year for people: whether it is provisional, and the days that differ from the week."""

    year: int
    provisional: bool
    source: str
    days: tuple[CalendarDay, ...]


def working() -> Calendar:
    """Return the calendar in force: two small reads, no caching, so an edit holds at once."""
    return Calendar(
        years=frozenset(CalendarYear.objects.values_list("year", flat=True).order_by("year")),
        days={
            day: DayKind(kind)
            for day, kind in CalendarDay.objects.values_list("day", "kind").order_by("day")
        },
    )


def almanac() -> Almanac:
    """Return the calendar in force with every edit of it: three small reads."""
    edits = CalendarChange.objects.values_list("id", "day", "before").order_by("id")
    return Almanac(
        present=working(),
        changes=tuple(
            Change(revision, day, DayKind(before) if before else None)
            for revision, day, before in edits
        ),
    )


def year(number: int) -> Year:
    """Return a year for people. Errors: CalendarYearUnknown."""
    row = CalendarYear.objects.filter(year=number).first()
    if row is None:
        raise CalendarYearUnknown
    days = CalendarDay.objects.filter(day__year=number).order_by("day")
    return Year(row.year, row.provisional, row.source, tuple(days))


def promises_over(day: datetime.date) -> int:
    """Return how many promises that run now lie on `day` or after it and began before its end."""
    begins = datetime.datetime.combine(day, datetime.time(), HCM)
    return Dossier.objects.filter(
        due_at__gte=begins,
        finished_at=None,
        received_at__lt=begins + datetime.timedelta(days=1),
    ).count()
