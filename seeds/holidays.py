"""Loads the working-day calendar from PyPI `holidays`, country VN, with the yearly swaps."""

import datetime
from collections.abc import Iterator

import holidays as package

from common import clock
from dossiers.actions import calendar

SOURCE = "PyPI holidays, VN"


def load(*, now: datetime.datetime) -> Iterator[str]:
    """Load last year to the year after next. A year without published swaps is provisional."""
    this_year = clock.local_date(now).year
    for year in range(this_year - 1, this_year + 3):
        days = package.country_holidays("VN", years=year, language="vi")
        worked = _worked(days, year)
        listed = [
            calendar.Day(day, False, name)
            for day, name in sorted(days.items())
            if day.year == year and day.weekday() < 5
        ] + [calendar.Day(day, True, "Làm bù") for day in worked]
        provisional = year > this_year or not worked
        fresh = calendar.load_year(
            year=year, days=listed, provisional=provisional, source=SOURCE, now=now
        )
        mark = " (provisional: swaps not published)" if provisional else ""
        yield f"calendar {year}: {fresh} new days{mark}"


def _worked(days: package.HolidayBase, year: int) -> list[datetime.date]:
    """Return the Saturdays and Sundays on which offices work in exchange."""
    day = datetime.date(year, 1, 1)
    found = []
    while day.year == year:
        if day.weekday() >= 5 and days.is_working_day(day):
            found.append(day)
        day += datetime.timedelta(days=1)
    return found
