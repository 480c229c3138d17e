"""The colour of a promise on an officer's desk: how near its due time is. Pure.

A colour is a hint for ordering work, never the promise itself. What is drawn and what is filtered
come from the same table, as moments between which a due time lies. Amber is the last working day on
which the apology letter may still be sent: at least one day before the limit (NĐ 61/2018/NĐ-CP
Art.19); no text sets another warning.
"""

import dataclasses
import datetime
import enum

from dossiers.rules.calendar import HCM, Calendar, CalendarMissing
from dossiers.rules.states import CLOSED, State


class Colour(enum.StrEnum):
    """How a dossier stands against its promise."""

    NONE = "none"  # nothing is promised, or the work is done
    GREEN = "green"  # more days are left than any threshold says
    AMBER = "amber"
    RED = "red"
    PAUSED = "paused"  # the clock stands: it waits for the citizen
    LATE = "late"  # the promise is being broken


# The clock runs in RUNNING, stands in STANDING, and is not asked about in any other state.
RUNNING = frozenset({State.ACCEPTED, State.PROCESSING})
STANDING = frozenset(
    {State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED, State.WITHDRAWAL_REQUESTED}
)
OPEN = tuple(state for state in State if state not in CLOSED)

MAX_SEARCH_DAYS = 400
# Colour -> whole working days left at most; nearest first. Above all of them: green.
THRESHOLDS: tuple[tuple[Colour, int], ...] = ((Colour.RED, 0), (Colour.AMBER, 1))


@dataclasses.dataclass(frozen=True)
class Range:
    """Due times of one colour: from `start` up to, not with, `end`; None leaves a side open."""

    colour: Colour
    start: datetime.datetime | None
    end: datetime.datetime | None

    def holds(self, due: datetime.datetime) -> bool:
        """Return whether a due time has this colour."""
        return (self.start is None or self.start <= due) and (self.end is None or due < self.end)


def ranges(now: datetime.datetime, calendar: Calendar) -> tuple[Range, ...]:
    """Return which due times have which colour now: late first, green last, no gap, no overlap.

    A year without a calendar counts Monday to Friday: a desk must open in the last days of a year.
    """
    today = now.astimezone(HCM).date()
    found = [Range(Colour.LATE, None, now)]
    start = now
    for colour, days in THRESHOLDS:
        end = datetime.datetime.combine(_after(today, days + 1, calendar), datetime.time(), HCM)
        found.append(Range(colour, start, end))
        start = end
    found.append(Range(Colour.GREEN, start, None))
    return tuple(found)


def colour(
    state: State,
    due: datetime.datetime | None,
    finished: datetime.datetime | None,
    board: tuple[Range, ...],
) -> Colour:
    """Return the colour of one dossier on a `board` made by `ranges`."""
    if state in STANDING:
        return Colour.PAUSED
    if state not in RUNNING or due is None or finished is not None:
        return Colour.NONE
    return next(one.colour for one in board if one.holds(due))


def _after(day: datetime.date, working_days: int, calendar: Calendar) -> datetime.date:
    left = working_days
    for _ in range(MAX_SEARCH_DAYS):
        day += datetime.timedelta(days=1)
        left -= _is_working(day, calendar)
        if left == 0:
            return day
    raise ValueError("no working day in sight")


def _is_working(day: datetime.date, calendar: Calendar) -> bool:
    try:
        return calendar.is_working(day)
    except CalendarMissing:
        return day.weekday() < 5
