"""Properties of the clock, and the small rules around it: warnings and silence."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import deadlines, notices, silence
from dossiers.rules.calendar import HCM, Almanac, Calendar, DayKind
from dossiers.rules.deadlines import Limit, Tick
from dossiers.rules.notices import STEPS
from dossiers.rules.states import Clock
from tests.dossiers.test_rules_deadlines import BASE, at, calendar, day

UNITS = ("working_day", "calendar_day", "hour", "month")
minutes = st.datetimes(
    min_value=datetime.datetime(2026, 1, 5),
    max_value=datetime.datetime(2026, 9, 30),
).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=HCM))
limits = st.one_of(
    st.builds(Limit, st.integers(1, 40), st.sampled_from(["working_day", "calendar_day", "hour"])),
    st.builds(Limit, st.integers(1, 3), st.just("month")),
    st.just(Limit(1, "working_day", same_day=True)),
)
spans = st.integers(0, 60 * 24 * 30).map(lambda minutes: datetime.timedelta(minutes=minutes))
edits = st.dictionaries(
    st.dates(day("2026-01-01"), day("2026-12-31")), st.sampled_from(DayKind), max_size=20
)


@st.composite
def calendars(draw):
    """The real calendar with a handful of days edited at random, half days among them."""
    return Calendar(years=frozenset({2025, 2026, 2027}), days={**BASE, **draw(edits)})


def clock(start, limit, working, *events):
    """The due time after a start and (clock, moment) events."""
    whole = [Tick(Clock.START, start), *(Tick(*event) for event in events)]
    return deadlines.replay(whole, limit, Almanac(working))


@given(minutes, limits, calendars())
def test_nothing_is_ever_due_while_offices_are_closed(start, limit, working):
    due = deadlines.due_at(start, limit, working)
    hours = working.hours(due.date())
    assert any(opens < due.time() <= closes for opens, closes in hours)
    assert due > start
    if limit.unit != "hour":
        assert due == working.closing(due.date())


@given(minutes, limits, calendars())
def test_one_more_of_a_unit_is_never_due_earlier(start, limit, working):
    more = Limit(limit.value + 1, limit.unit)
    one = deadlines.due_at(start, limit, working)
    assert deadlines.due_at(start, more, working) >= one


@given(minutes, st.integers(1, 39), calendars())
def test_one_more_working_day_is_exactly_one_working_day_later(start, days, working):
    one = deadlines.due_at(start, Limit(days, "working_day"), working)
    more = deadlines.due_at(start, Limit(days + 1, "working_day"), working)
    assert working.count(one.date(), more.date()) == 1


@given(minutes, spans, limits, calendars())
def test_what_is_received_later_is_never_due_earlier(start, later, limit, working):
    first = deadlines.due_at(start, limit, working)
    assert deadlines.due_at(start + later, limit, working) >= first


@given(minutes, spans, spans, limits, calendars())
def test_a_pause_never_shortens_the_time(start, after, length, limit, working):
    stopped, resumed = start + after, start + after + length
    due = clock(start, limit, working)
    moved = clock(start, limit, working, (Clock.PAUSE, stopped), (Clock.RESUME, resumed))
    assert moved >= due
    if stopped < due:
        assert moved > resumed
        assert any(a < moved.time() <= b for a, b in working.hours(moved.date()))


@given(minutes, spans, limits, calendars())
def test_resumed_at_once_nothing_changed(start, after, limit, working):
    moment = start + after
    events = [(Clock.PAUSE, moment), (Clock.RESUME, moment)]
    assert clock(start, limit, working, *events) == clock(start, limit, working)


@given(minutes, spans, st.integers(0, 59), calendars())
def test_a_pause_within_one_working_day_moves_no_limit_in_days(start, after, more, working):
    stopped = working.counted_from(start + after)
    resumed = min(stopped + datetime.timedelta(minutes=more), working.closing(stopped.date()))
    resumed = max(stopped, resumed - datetime.timedelta(minutes=1))
    limit = Limit(5, "working_day")
    events = [(Clock.PAUSE, stopped), (Clock.RESUME, resumed)]
    assert clock(start, limit, working, *events) == clock(start, limit, working)


@given(minutes, spans, spans, spans, calendars())
def test_a_pause_in_two_parts_is_as_long_as_one(start, after, first, second, working):
    a, b, c = start + after, start + after + first, start + after + first + second
    parts = [(Clock.PAUSE, a), (Clock.RESUME, b), (Clock.PAUSE, b), (Clock.RESUME, c)]
    whole = [(Clock.PAUSE, a), (Clock.RESUME, c)]
    for limit in (Limit(30, "hour"), Limit(60, "working_day")):
        assert clock(start, limit, working, *parts) == clock(start, limit, working, *whole)


@given(minutes, spans, spans, st.integers(10, 40), calendars())
def test_a_pause_takes_exactly_the_working_days_that_pass_in_it(
    start, after, length, days, working
):
    stopped = working.counted_from(start + after)
    resumed = working.counted_from(stopped + length)
    due = clock(start, Limit(days, "working_day"), working)
    if working.count(stopped.date(), due.date()) == 0 or stopped >= due:
        return  # nothing whole was left: told in the worked examples
    events = [(Clock.PAUSE, stopped), (Clock.RESUME, resumed)]
    moved = clock(start, Limit(days, "working_day"), working, *events)
    assert working.count(due.date(), moved.date()) == working.count(stopped.date(), resumed.date())


@given(minutes, spans, spans, st.integers(1, 60), calendars())
def test_a_pause_takes_exactly_the_office_time_that_passes_in_it(
    start, after, length, hours, working
):
    stopped, resumed = start + after, start + after + length
    due = clock(start, Limit(hours, "hour"), working)
    if stopped >= due:
        return
    events = [(Clock.PAUSE, stopped), (Clock.RESUME, resumed)]
    moved = clock(start, Limit(hours, "hour"), working, *events)
    assert working.office_time(due, moved) == working.office_time(stopped, resumed)


lives = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in Clock if kind not in {Clock.EXTEND, Clock.RECOUNT}]),
        st.integers(0, 60 * 24 * 6),
    ),
    max_size=8,
)


@given(minutes, lives, limits, calendars())
def test_replaying_gives_the_same_again_and_every_prefix_as_it_was_told(
    start, life, limit, working
):
    moment, events = start, []
    for kind, gap in life:
        moment += datetime.timedelta(minutes=gap)
        events.append(Tick(kind, moment))
    book = Almanac(working)
    found = deadlines.reckon(events, limit, book)
    assert found == deadlines.reckon(events, limit, book)
    for length in range(len(events)):
        assert deadlines.reckon(events[:length], limit, book) == found[:length]


@given(minutes, spans, spans, calendars())
def test_office_time_adds_up_and_comes_back(start, first, second, working):
    middle, end = start + first, start + first + second
    whole = working.office_time(start, end)
    assert whole == working.office_time(start, middle) + working.office_time(middle, end)
    if whole:
        assert working.office_time(start, working.after(start, whole)) == whole


# --- warnings -----------------------------------------------------------------------------------

BY_KEY = {step.key: step for step in STEPS}


@pytest.mark.parametrize(
    ("step", "due", "now", "told"),
    [
        ("due_tomorrow", "2026-10-09T17:00", "2026-10-08T06:59", False),  # offices are closed
        ("due_tomorrow", "2026-10-09T17:00", "2026-10-08T07:00", True),
        ("due_tomorrow", "2026-10-12T17:00", "2026-10-09T07:00", True),  # Friday for Monday
        ("due_tomorrow", "2026-10-12T17:00", "2026-10-11T12:00", True),  # still, on Sunday
        ("due_tomorrow", "2026-10-12T17:00", "2026-10-12T07:00", False),  # it is today now
        ("due_tomorrow", "2026-11-25T17:00", "2026-11-23T07:00", True),  # over Culture Day
        ("due_tomorrow", "2026-11-25T17:00", "2026-11-20T07:00", False),
        ("due_today", "2026-10-12T17:00", "2026-10-12T07:00", True),
        ("due_today", "2026-10-12T17:00", "2026-10-12T17:30", False),  # it is missed now
        ("due_today", "2026-10-12T17:00", "2026-10-09T16:00", False),
        ("missed", "2026-10-12T17:00", "2026-10-12T17:00", False),  # on time is on time
        ("missed", "2026-10-12T17:00", "2026-10-12T17:01", True),
        ("overdue_1", "2026-10-09T17:00", "2026-10-11T20:00", False),
        ("overdue_1", "2026-10-09T17:00", "2026-10-12T07:00", True),
        ("overdue_3", "2026-02-13T17:00", "2026-02-24T12:00", False),  # Tết does not count
        ("overdue_3", "2026-02-13T17:00", "2026-02-25T07:00", True),
    ],
)
def test_who_is_told_when(step, due, now, told):
    window = notices.window(BY_KEY[step], at(now), calendar())
    due = at(due)
    assert (due <= window.until and (window.after is None or due >= window.after)) is told


# --- silence ------------------------------------------------------------------------------------

RULE = {
    "means": "agreed",
    "source": "luật thử nghiệm, Điều 1",
    "limit": {"value": 5, "unit": "working_day"},
}


def said(data, answered, now):
    return silence.answer(
        silence.rule(data),
        asked_at=at("2026-03-02T09:00"),
        answered_at=at(answered) if answered else None,
        now=at(now),
        calendar=calendar(),
    )


@pytest.mark.parametrize(
    ("answered", "now", "means"),
    [
        (None, "2026-03-09T17:00", None),
        (None, "2026-03-09T17:01", "agreed"),
        ("2026-03-09T16:00", "2026-03-20T09:00", None),  # it answered for itself
        ("2026-03-10T09:00", "2026-03-20T09:00", "agreed"),  # it answered too late
    ],
)
def test_silence_is_an_answer_where_a_law_says_so(answered, now, means):
    assert said(RULE, answered, now) == means


@pytest.mark.parametrize(
    "data",
    [None, {}, {**RULE, "source": " "}, {**RULE, "means": "perhaps"}, {"source": "x"}],
)
def test_silence_without_a_law_says_nothing_however_long_it_lasts(data):
    assert said(data, None, "2026-12-31T09:00") is None
