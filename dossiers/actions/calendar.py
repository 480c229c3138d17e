"""Writing the working-day calendar."""

import dataclasses
import datetime
from collections.abc import Collection

from common import db
from dossiers.models import CalendarDay, CalendarYear


@dataclasses.dataclass(frozen=True)
class Day:
    day: datetime.date
    worked: bool
    name_vi: str


@db.transaction()
def load_year(*, year: int, days: Collection[Day], provisional: bool, source: str) -> int:
    """Load the calendar of `year` and return how many days are new.

    A day that an office edited by hand is left alone: only days not yet known are added.
    """
    CalendarYear.objects.update_or_create(
        year=year, defaults={"provisional": provisional, "source": source}
    )
    known = set(CalendarDay.objects.filter(day__year=year).values_list("day", flat=True))
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
    return len(fresh)
