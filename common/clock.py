"""The only reader of the clock.

Read here at the edges (views, tasks, commands); everything below takes `now` or `today` as an
argument, so that Tết, 15:00 and the year's end are ordinary test cases.
"""

import datetime
import zoneinfo

HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime.datetime:
    """Return this moment, aware, on the clocks of Cần Thơ."""
    return datetime.datetime.now(tz=HCM)


def today() -> datetime.date:
    """Return the current day in Cần Thơ."""
    return now().date()


def local_date(moment: datetime.datetime) -> datetime.date:
    """Return the day in Cần Thơ on which `moment` falls."""
    return moment.astimezone(HCM).date()


def midnight(day: datetime.date) -> datetime.datetime:
    """Return the moment at which `day` begins in Cần Thơ."""
    return datetime.datetime.combine(day, datetime.time(), HCM)
