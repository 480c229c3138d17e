"""Colours: drawn and filtered by one table, held against the definition day by day."""

import datetime
import itertools

import pytest

from dossiers.rules import deadlines, due
from dossiers.rules.calendar import HCM, Calendar, DayKind
from dossiers.rules.due import Colour
from dossiers.rules.states import State

# Tết 2026 with its days off, and a Saturday that is worked.
CALENDAR = Calendar(
    years=frozenset({2026}),
    days={datetime.date(2026, 2, day): DayKind.OFF for day in range(16, 21)}
    | {datetime.date(2026, 8, 22): DayKind.WORKED},
)
DAYS = [
    datetime.date(2026, 2, 12),  # a Thursday before Tết
    datetime.date(2026, 2, 13),
    datetime.date(2026, 2, 15),  # a Sunday
    datetime.date(2026, 2, 18),  # within Tết
    datetime.date(2026, 8, 21),  # a Friday before a worked Saturday
    datetime.date(2026, 11, 23),
]
HOURS = [datetime.time(0, 0), datetime.time(10, 0), datetime.time(17, 0), datetime.time(23, 59)]
NOWS = [datetime.datetime.combine(day, hour, HCM) for day in DAYS for hour in HOURS]


def defined(now, promised):
    """The definition, said the other way round: by counting the working days that are left."""
    if promised < now:
        return Colour.LATE
    today, day = now.astimezone(HCM).date(), promised.astimezone(HCM).date()
    left = CALENDAR.count(today, day)
    return {0: Colour.RED, 1: Colour.AMBER}.get(left, Colour.GREEN)


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_a_colour_is_what_the_working_days_left_say(now):
    board = due.ranges(now, CALENDAR)
    for days, hour in itertools.product(range(-10, 16), HOURS):
        promised = datetime.datetime.combine(now.date() + datetime.timedelta(days=days), hour, HCM)
        drawn = due.colour(State.PROCESSING, promised, None, board)
        assert drawn == defined(now, promised), (now, promised)


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_the_ranges_leave_no_gap_and_no_overlap(now):
    board = due.ranges(now, CALENDAR)
    assert [one.colour for one in board] == ["late", "red", "amber", "green"]
    assert (board[0].start, board[-1].end) == (None, None)
    for before, after in itertools.pairwise(board):
        assert before.end == after.start
        for edge in (-1, 0, 1):
            moment = before.end + datetime.timedelta(microseconds=edge)
            assert sum(one.holds(moment) for one in board) == 1


@pytest.mark.parametrize("state", list(State))
def test_only_a_running_clock_has_a_traffic_light(state):
    now = datetime.datetime(2026, 11, 23, 10, tzinfo=HCM)
    board = due.ranges(now, CALENDAR)
    late = now - datetime.timedelta(days=3)
    drawn = due.colour(state, late, None, board)
    if state in {State.ACCEPTED, State.PROCESSING}:
        assert drawn == Colour.LATE
        assert due.colour(state, late, now, board) == Colour.NONE
    elif state in {5, 6, 7}:
        assert drawn == Colour.PAUSED
        assert due.colour(state, None, None, board) == Colour.PAUSED
    else:
        assert drawn == Colour.NONE
    assert (due.colour(state, None, None, board) == Colour.PAUSED) == (state in {5, 6, 7})


def test_late_means_the_same_as_in_the_figures():
    now = datetime.datetime(2026, 11, 23, 10, tzinfo=HCM)
    board = due.ranges(now, CALENDAR)
    for seconds in (-1, 0, 1):
        promised = now + datetime.timedelta(seconds=seconds)
        late = deadlines.is_late(State.PROCESSING, promised, None, now)
        assert late == (due.colour(State.PROCESSING, promised, None, board) == Colour.LATE)


def test_a_desk_opens_though_the_next_years_calendar_is_missing():
    now = datetime.datetime(2026, 12, 31, 10, tzinfo=HCM)
    board = due.ranges(now, CALENDAR)
    assert board[1].end == datetime.datetime(2027, 1, 1, tzinfo=HCM)
    assert board[2].end == datetime.datetime(2027, 1, 4, tzinfo=HCM)
