"""Writing the working-day calendar. Every edit of a known year leaves a row, and has a number.

An edit holds for whatever is promised from then on. Promises already given stay as they were given,
until somebody has them counted anew on purpose (`actions.recount`), which the citizens are told.
"""

import dataclasses
import datetime
from collections.abc import Collection

from common import db, jobs
from common.errors import FieldError, Invalid, NotFound
from dossiers.models import CalendarChange, CalendarDay, CalendarYear
from dossiers.queries import calendar

LOCK = "dossiers.calendar"


@dataclasses.dataclass(frozen=True)
class Day:
    day: datetime.date
    worked: bool
    name_vi: str


@db.transaction()
def load_year(
    *,
    year: int,
    days: Collection[Day],
    provisional: bool,
    source: str,
    now: datetime.datetime,
) -> int:
    """Load the calendar of `year` and return how many days are new.

    A day that an office edited by hand is left alone: only days not yet known are added, and none
    that was taken out on purpose. Days added to a year that was known are edits like any other.
    """
    db.advisory_lock(LOCK)
    _, fresh_year = CalendarYear.objects.get_or_create(
        year=year, defaults={"provisional": provisional, "source": source}
    )
    if not fresh_year and not provisional:
        CalendarYear.objects.filter(year=year, provisional=True).update(
            provisional=False, source=source
        )
    known = set(CalendarDay.objects.filter(day__year=year).values_list("day", flat=True))
    known |= set(CalendarChange.objects.filter(day__year=year).values_list("day", flat=True))
    fresh = [
        CalendarDay(
            day=one.day,
            kind=CalendarDay.Kind.WORKED if one.worked else CalendarDay.Kind.OFF,
            name_vi=one.name_vi,
            source=source,
        )
        for one in days
        if one.day not in known
    ]
    CalendarDay.objects.bulk_create(fresh)
    if not fresh_year:
        CalendarChange.objects.bulk_create(
            CalendarChange(day=one.day, after=one.kind, name_vi=one.name_vi, source=source, at=now)
            for one in fresh
        )
    return len(fresh)


@db.transaction_required
def put_day(
    *,
    day: datetime.date,
    kind: str,
    name_vi: str,
    source: str,
    officer_id: str,
    now: datetime.datetime,
) -> int:
    """Say what a day is, and return how many running promises it may concern.

    Errors: Invalid for a year without a calendar, a kind that changes nothing about that day of the
    week, or an edit without its basis.
    """
    kind = _checked(day, kind, source)
    db.advisory_lock(LOCK)
    row = CalendarDay.objects.filter(day=day).first()
    if row is None:
        before = ""
        row = CalendarDay(day=day)
    else:
        before = row.kind
    row.kind, row.name_vi, row.source = kind, name_vi, source
    row.save()
    _remember(row, before=before, after=kind, officer_id=officer_id, now=now)
    return calendar.promises_over(day)


@db.transaction_required
def clear_day(*, day: datetime.date, officer_id: str, now: datetime.datetime) -> int:
    """Let a day be as the week says again; return how many running promises it may concern.

    Errors: NotFound.
    """
    db.advisory_lock(LOCK)
    row = CalendarDay.objects.filter(day=day).first()
    if row is None:
        raise NotFound
    CalendarDay.objects.filter(day=day).delete()
    _remember(row, before=row.kind, after="", officer_id=officer_id, now=now)
    return calendar.promises_over(day)


@db.transaction_required
def settle_year(*, year: int, provisional: bool, source: str) -> None:
    """Say whether the calendar of a known year is final, and on what basis. Errors: NotFound."""
    if not CalendarYear.objects.filter(year=year).update(provisional=provisional, source=source):
        raise NotFound


@db.transaction()
def ask_recount(*, change_ids: Collection[int]) -> int:
    """Have the running promises that these edits may concern counted anew, by the worker.

    Returns how many edits were found. Errors: NotFound for none.
    """
    days = sorted(CalendarChange.objects.filter(id__in=change_ids).values_list("day", flat=True))
    if not days:
        raise NotFound
    jobs.enqueue("dossiers.recount", first=days[0].isoformat(), last=days[-1].isoformat())
    return len(days)


def _checked(day: datetime.date, kind: str, source: str) -> CalendarDay.Kind:
    failures = []
    if not CalendarYear.objects.filter(year=day.year).exists():
        failures.append(
            FieldError("year_unknown", "day", "Năm này chưa có lịch", "That year has no calendar")
        )
    weekend = day.weekday() >= 5
    if (kind == CalendarDay.Kind.OFF and weekend) or (
        kind == CalendarDay.Kind.WORKED and not weekend
    ):
        failures.append(
            FieldError(
                "changes_nothing",
                "kind",
                "Ngày này vốn đã như vậy theo tuần làm việc",
                "The week says so already",
            )
        )
    if not source.strip():
        failures.append(FieldError("required", "source", "Cần nêu căn cứ", "Give the basis"))
    if failures:
        raise Invalid(errors=failures)
    return CalendarDay.Kind(kind)


def _remember(
    row: CalendarDay, *, before: str, after: str, officer_id: str, now: datetime.datetime
) -> None:
    CalendarChange.objects.create(
        day=row.day,
        before=before,
        after=after,
        name_vi=row.name_vi,
        source=row.source,
        edited_by=officer_id,
        at=now,
    )
