"""The clock, on worked examples and by its properties."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import deadlines
from dossiers.rules.deadlines import HCM, Calendar, CalendarMissing, Limit, Tick
from dossiers.rules.states import Clock


def day(text):
    return datetime.date.fromisoformat(text)


def at(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=HCM)


# The public holidays of 2026 with the swaps as published (Cần Thơ, Thông báo 109/TB-UBND).
CALENDAR = Calendar(
    years=frozenset({2025, 2026, 2027}),
    off=frozenset(
        map(
            day,
            [
                "2026-01-01",
                "2026-02-16",
                "2026-02-17",
                "2026-02-18",
                "2026-02-19",
                "2026-02-20",
                "2026-04-27",
                "2026-04-30",
                "2026-05-01",
                "2026-08-31",
                "2026-09-01",
                "2026-09-02",
                "2026-11-24",
                "2027-01-01",
            ],
        )
    ),
    worked=frozenset({day("2026-08-22")}),
)

EXAMPLES = [
    # received, limit, unit, due
    ("2026-11-23T09:00", 3, "working_day", "2026-11-27T17:00"),  # over 24/11, a holiday
    ("2026-11-20T16:00", 1, "working_day", "2026-11-23T17:00"),  # Friday evening
    ("2026-02-13T08:00", 1, "working_day", "2026-02-23T17:00"),  # over Tết
    ("2026-02-13T08:00", 5, "working_day", "2026-02-27T17:00"),
    ("2026-08-21T10:00", 1, "working_day", "2026-08-22T17:00"),  # the worked Saturday
    ("2026-08-28T10:00", 2, "working_day", "2026-09-04T17:00"),  # National Day with its swap
    ("2026-12-31T10:00", 1, "working_day", "2027-01-04T17:00"),  # over the year's end
    ("2026-04-24T10:00", 3, "working_day", "2026-05-04T17:00"),  # Hùng Kings, 30/4, 1/5
    ("2026-11-20T10:00", 4, "calendar_day", "2026-11-25T17:00"),  # falls on the holiday
    ("2026-11-21T10:00", 10, "calendar_day", "2026-12-01T17:00"),
    ("2026-01-31T10:00", 1, "month", "2026-03-02T17:00"),  # February has no 31st; a Saturday
    ("2026-11-23T09:00", 2, "hour", "2026-11-23T11:00"),
    ("2026-11-23T10:00", 2, "hour", "2026-11-23T14:00"),  # over lunch
    ("2026-11-23T16:30", 1, "hour", "2026-11-25T07:30"),  # over the holiday
]


@pytest.mark.parametrize(("received", "value", "unit", "due"), EXAMPLES)
def test_worked_examples(received, value, unit, due):
    assert deadlines.due_at(at(received), Limit(value, unit), CALENDAR) == at(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23T14:59", "2026-11-23T17:00"),
        ("2026-11-23T15:00", "2026-11-25T17:00"),
        ("2026-11-24T09:00", "2026-11-25T17:00"),  # received on a holiday
        ("2026-11-21T09:00", "2026-11-23T17:00"),  # on a Saturday
        ("2026-08-22T09:00", "2026-08-22T17:00"),  # on the worked one
    ],
)
def test_a_same_day_service_received_late_is_due_on_the_next_working_day(received, due):
    limit = Limit(1, "working_day", same_day=True)
    assert deadlines.due_at(at(received), limit, CALENDAR) == at(due)


def test_a_year_without_a_calendar_is_refused_and_never_guessed():
    with pytest.raises(CalendarMissing):
        deadlines.due_at(at("2027-12-31T09:00"), Limit(1, "working_day"), CALENDAR)


def ticks(*events):
    return [Tick(clock, at(moment)) for clock, moment in events]


THREE = Limit(3, "working_day")


@pytest.mark.parametrize(
    ("events", "due"),
    [
        ([], None),
        ([(Clock.NONE, "2026-03-02T09:00")], None),
        ([(Clock.START, "2026-03-02T09:00")], "2026-03-05T17:00"),
        ([(Clock.START, "2026-03-02T09:00"), (Clock.PAUSE, "2026-03-03T09:00")], None),
        (
            [
                (Clock.START, "2026-03-02T09:00"),
                (Clock.PAUSE, "2026-03-03T09:00"),
                (Clock.RESUME, "2026-03-10T09:00"),
            ],
            "2026-03-12T17:00",  # two working days were left
        ),
        (
            [
                (Clock.START, "2026-03-02T09:00"),
                (Clock.RESET, "2026-03-03T09:00"),
                (Clock.RESUME, "2026-03-10T09:00"),
            ],
            "2026-03-13T17:00",  # the full limit anew
        ),
        (
            [
                (Clock.START, "2026-03-02T09:00"),
                (Clock.PAUSE, "2026-03-03T09:00"),
                (Clock.RESUME, "2026-03-10T09:00"),
                (Clock.PAUSE, "2026-03-11T09:00"),
                (Clock.RESUME, "2026-03-16T09:00"),
            ],
            "2026-03-17T17:00",  # twice: one day was left the second time
        ),
        (
            [(Clock.NONE, "2026-03-02T09:00"), (Clock.RESUME, "2026-03-10T09:00")],
            "2026-03-13T17:00",  # completed before it was ever received
        ),
    ],
)
def test_the_due_time_is_recomputed_from_the_timeline(events, due):
    found = deadlines.replay(ticks(*events), THREE, CALENDAR)
    assert found == (at(due) if due else None)


moments = st.datetimes(
    min_value=datetime.datetime(2026, 1, 5),
    max_value=datetime.datetime(2026, 10, 30),
    timezones=st.just(HCM),
)


@given(moments, st.integers(1, 40))
def test_nothing_is_ever_due_on_a_day_off(start, days):
    due = deadlines.due_at(start, Limit(days, "working_day"), CALENDAR)
    assert CALENDAR.is_working(due.date())
    assert due > start


@given(moments, st.integers(1, 39))
def test_one_more_working_day_is_never_due_earlier(start, days):
    one = deadlines.due_at(start, Limit(days, "working_day"), CALENDAR)
    more = deadlines.due_at(start, Limit(days + 1, "working_day"), CALENDAR)
    assert CALENDAR.count(one.date(), more.date()) == 1


@given(moments, st.integers(1, 20), st.integers(0, 40), st.integers(0, 40))
def test_a_pause_never_shortens_the_time(start, days, after, length):
    limit = Limit(days, "working_day")
    due = deadlines.due_at(start, limit, CALENDAR)
    stopped = start + datetime.timedelta(hours=after)
    resumed = stopped + datetime.timedelta(days=length)
    moved = deadlines.resumed(due, stopped, resumed, CALENDAR)
    assert moved >= due
    if stopped < due:
        assert moved > resumed
