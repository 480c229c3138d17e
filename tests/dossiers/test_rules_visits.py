"""Slots of a day and who is called next."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import visits
from dossiers.rules.calendar import HCM, Calendar, DayKind
from dossiers.rules.visits import Plan, Waiting

HOLIDAY = datetime.date(2026, 11, 24)
HALF = datetime.date(2026, 11, 26)
WORKED = datetime.date(2026, 8, 22)
CALENDAR = Calendar(
    years=frozenset({2026, 2027}),
    days={HOLIDAY: DayKind.OFF, WORKED: DayKind.WORKED, HALF: DayKind.MORNING},
)
SINCE = datetime.date(2026, 1, 1)


def plan(weekday, opens, closes, minutes=15, places=2, valid_to=None):
    return Plan(
        weekday,
        datetime.time.fromisoformat(opens),
        datetime.time.fromisoformat(closes),
        minutes,
        places,
        SINCE,
        valid_to,
    )


def at(hour, minute=0, day=25):
    return datetime.datetime(2026, 11, day, hour, minute, tzinfo=HCM)


def shown(plans, day):
    return [f"{slot.starts_at:%H:%M}x{slot.places}" for slot in visits.slots(plans, day, CALENDAR)]


def test_slots_fill_the_hours_and_the_last_one_ends_by_closing():
    wednesday = datetime.date(2026, 11, 25)
    assert shown([plan(2, "07:30", "08:20")], wednesday) == ["07:30x2", "07:45x2", "08:00x2"]
    assert shown([plan(3, "07:30", "08:20")], wednesday) == []


def test_there_are_none_on_a_holiday_and_some_on_a_worked_saturday():
    assert shown([plan(1, "07:30", "08:00")], HOLIDAY) == []
    assert shown([plan(5, "07:30", "08:00")], WORKED) == ["07:30x2", "07:45x2"]
    assert shown([plan(5, "07:30", "08:00")], datetime.date(2026, 11, 28)) == []


def test_on_a_half_day_only_the_open_half_is_given_away():
    plans = [plan(3, "10:30", "11:30"), plan(3, "13:30", "14:00")]
    assert shown(plans, HALF) == ["10:30x2", "10:45x2"]


def test_an_ended_plan_gives_none_and_the_larger_of_two_plans_counts():
    wednesday = datetime.date(2026, 11, 25)
    assert shown([plan(2, "07:30", "08:00", valid_to=wednesday)], wednesday) == []
    both = [plan(2, "07:30", "08:00", places=1), plan(2, "07:30", "07:45", places=4)]
    assert shown(both, wednesday) == ["07:30x4", "07:45x1"]


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        (at(9, 59), False),
        (at(10), True),
        (at(10) + datetime.timedelta(days=30), True),
        (at(10) + datetime.timedelta(days=31), False),
        (at(8), False),
    ],
)
def test_a_slot_is_bookable_from_an_hour_to_thirty_days_ahead(starts_at, expected):
    assert visits.is_bookable(starts_at, at(9)) is expected


@given(st.sets(st.integers(1, 5)), st.integers(1, 5))
def test_the_free_place_is_the_lowest_one_that_nobody_has(taken, places):
    place = visits.free_place(taken, places)
    if place is None:
        assert set(range(1, places + 1)) <= taken
    else:
        assert place not in taken
        assert all(lower in taken for lower in range(1, place))


def test_who_is_called_next():
    walk_in = Waiting("walk-in", 1, at(8, 30), None)
    early = Waiting("early", 2, at(8, 35), at(9, 30))
    on_time = Waiting("on-time", 3, at(8, 50), at(9))
    late = Waiting("late", 4, at(9, 20), at(9))
    hall = [walk_in, early, on_time, late]
    assert visits.next_called(hall, at(8, 55)).id == "walk-in"
    assert visits.next_called(hall, at(9)).id == "on-time"
    assert visits.next_called([walk_in, early, late], at(9, 30)).id == "early"
    assert visits.next_called([late, walk_in], at(9, 30)).id == "walk-in"
    assert visits.next_called([early], at(8, 55)).id == "early"
    assert visits.next_called([], at(9)) is None
