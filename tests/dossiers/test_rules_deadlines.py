"""The clock on worked examples, kept as data: each with the days it counted."""

import datetime
import json
import pathlib

import pytest

from dossiers.rules import deadlines
from dossiers.rules.calendar import HCM, Almanac, Calendar, CalendarMissing, Change, DayKind
from dossiers.rules.deadlines import Limit, Promise, Tick, Told
from dossiers.rules.states import Clock, State

DATA = json.loads(
    (pathlib.Path(__file__).parent / "data" / "deadlines.json").read_text(encoding="utf-8")
)
BASE = {datetime.date.fromisoformat(day): DayKind(kind) for day, kind in DATA["calendar"]}


def day(text):
    return datetime.date.fromisoformat(text)


def at(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=HCM)


def calendar(also=None):
    edited = {day(one): DayKind(kind) for one, kind in (also or {}).items()}
    return Calendar(years=frozenset(DATA["years"]), days={**BASE, **edited})


def almanac(also=None):
    return Almanac(calendar(also))


def ticks(events):
    return [
        Tick(Clock(kind), at(moment), due=at(more[0]) if more else None)
        for kind, moment, *more in events
    ]


def limit(value, unit, *same_day):
    return Limit(value, unit, same_day=bool(same_day))


def test_there_are_enough_examples_of_every_kind():
    examples = DATA["examples"]
    assert len({one["name"] for one in examples}) == len(examples) >= 200
    assert {one["limit"][1] for one in examples} == {"working_day", "calendar_day", "hour", "month"}
    assert {kind for one in examples for kind, *_ in one["events"]} == {
        *("none", "start", "run", "pause", "resume", "reset", "extend", "stop")
    }
    assert all(one["why"] for one in examples)


@pytest.mark.parametrize("example", DATA["examples"], ids=lambda one: one["name"])
def test_worked_examples(example):
    found = deadlines.replay(
        ticks(example["events"]), limit(*example["limit"]), almanac(example.get("also"))
    )
    assert found == (at(example["due"]) if example["due"] else None), example["why"]


def test_the_calendar_of_the_examples_is_the_one_that_is_shipped():
    import holidays

    for year in (2025, 2026):
        shipped = holidays.country_holidays("VN", years=year)
        off = {one for one in shipped if one.weekday() < 5}
        assert off == {one for one, kind in BASE.items() if kind == "off" and one.year == year}
    assert day("2026-08-22") in BASE
    assert holidays.country_holidays("VN", years=2026).is_working_day(day("2026-08-22"))


def test_a_year_without_a_calendar_is_refused_and_never_guessed():
    with pytest.raises(CalendarMissing):
        deadlines.due_at(at("2027-12-31T09:00"), Limit(1, "working_day"), calendar())


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="unknown unit"):
        deadlines.due_at(at("2026-03-02T09:00"), Limit(1, "fortnight"), calendar())


def test_without_a_known_limit_nothing_is_promised():
    assert deadlines.replay(ticks([("start", "2026-03-02T09:00")]), None, almanac()) is None


@pytest.mark.parametrize(
    ("received", "now", "may"),
    [
        ("2026-03-02T09:00", "2026-03-05T16:59", True),  # the third working day after it
        ("2026-03-02T09:00", "2026-03-06T07:00", False),
        ("2026-02-13T09:00", "2026-02-25T16:00", True),  # Tết does not count
        ("2026-02-14T09:00", "2026-02-26T16:00", True),  # a Saturday counts as Monday 23/02
    ],
)
def test_the_limit_may_be_begun_anew_within_three_working_days(received, now, may):
    assert deadlines.may_return_at_appraisal(at(received), at(now), calendar()) is may


@pytest.mark.parametrize(
    ("due", "until"),
    [
        ("2026-10-12T17:00", "2026-10-09T17:00"),  # over a weekend
        ("2026-11-25T17:00", "2026-11-23T17:00"),  # over Culture Day
        ("2026-02-23T17:00", "2026-02-13T17:00"),  # over Tết
        ("2026-08-24T17:00", "2026-08-22T17:00"),  # the swapped Saturday is the day before
        ("2026-12-25T17:00", "2026-12-24T11:00"),  # only the morning is worked
        ("2026-10-07T10:30", "2026-10-06T17:00"),  # a promise in hours
    ],
)
def test_an_apology_is_possible_until_the_close_of_the_working_day_before(due, until):
    assert deadlines.extension_until(at(due), calendar({"2026-12-24": "morning"})) == at(until)


# --- a calendar that was edited -----------------------------------------------------------------

STORM = day("2026-10-08")


def edited(recounted):
    """A promise of 3 working days given before Thursday 08/10 was closed, and what came after."""
    after = Almanac(
        present=calendar({"2026-10-08": "off"}), changes=(Change(7, STORM, before=None),)
    )
    events = [Tick(Clock.START, at("2026-10-06T09:00"), revision=0)]
    if recounted:
        events.append(Tick(Clock.RECOUNT, at("2026-10-07T10:00"), revision=7))
    return events, after


def test_an_edit_changes_no_promise_that_was_given_before():
    events, after = edited(recounted=False)
    assert deadlines.replay(events, Limit(3, "working_day"), after) == at("2026-10-09T17:00")
    fresh = [Tick(Clock.START, at("2026-10-06T09:00"), revision=7)]
    assert deadlines.replay(fresh, Limit(3, "working_day"), after) == at("2026-10-12T17:00")


def test_a_promise_counted_anew_on_purpose_follows_the_edited_calendar():
    events, after = edited(recounted=True)
    found = deadlines.reckon(events, Limit(3, "working_day"), after)
    assert [one.due for one in found] == [at("2026-10-09T17:00"), at("2026-10-12T17:00")]


def test_an_extension_to_a_day_that_is_closed_later_moves_to_the_next_when_counted_anew():
    after = Almanac(
        present=calendar({"2026-10-15": "off"}), changes=(Change(2, day("2026-10-15"), None),)
    )
    events = [
        Tick(Clock.START, at("2026-10-06T09:00")),
        Tick(Clock.EXTEND, at("2026-10-07T09:00"), due=at("2026-10-15T17:00")),
        Tick(Clock.RECOUNT, at("2026-10-08T09:00"), revision=2),
    ]
    found = deadlines.reckon(events, Limit(3, "working_day"), after)
    assert [one.due for one in found[1:]] == [at("2026-10-15T17:00"), at("2026-10-16T17:00")]


def test_every_earlier_calendar_can_be_had_again():
    one = day("2026-10-08")
    book = Almanac(
        present=calendar({"2026-10-08": "morning"}),
        changes=(Change(1, one, before=None), Change(3, one, before=DayKind.OFF)),
    )
    assert book.revision == 3
    assert [len(book.at(revision).hours(one)) for revision in (0, 1, 2, 3)] == [2, 0, 0, 1]


# --- broken promises and their history ----------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "missed"),
    [
        ([("start", "2026-03-02T09:00"), ("stop", "2026-03-05T17:00")], None),
        ([("start", "2026-03-02T09:00"), ("stop", "2026-03-05T17:01")], "2026-03-05T17:00"),
        # Returned and begun anew after it ran out: the new promise does not mend the old one.
        (
            [
                ("start", "2026-03-02T09:00"),
                ("reset", "2026-03-06T09:00"),
                ("resume", "2026-03-09T09:00"),
            ],
            "2026-03-05T17:00",
        ),
        (
            [
                ("start", "2026-03-02T09:00"),
                ("pause", "2026-03-05T09:00"),
                ("resume", "2026-03-20T09:00"),
            ],
            None,
        ),
        # What happens after the work is done breaks nothing.
        (
            [
                ("start", "2026-03-02T09:00"),
                ("stop", "2026-03-04T09:00"),
                ("none", "2026-03-30T09:00"),
            ],
            None,
        ),
    ],
)
def test_a_broken_promise_stays_broken(events, missed):
    found = deadlines.reckon(ticks(events), Limit(3, "working_day"), almanac())[-1].missed
    assert found == (at(missed) if missed else None)


def test_late_is_what_is_or_was_past_its_promise():
    due, before, after = at("2026-03-05T17:00"), at("2026-03-05T16:00"), at("2026-03-05T18:00")
    new = at("2026-03-20T17:00")
    assert not deadlines.is_late(State.PROCESSING, due, None, before)
    assert deadlines.is_late(State.PROCESSING, due, None, after)
    assert not deadlines.is_late(State.COMPLETED, due, before, after)
    assert deadlines.is_late(State.COMPLETED, due, after, after)
    assert deadlines.is_late(State.PROCESSING, new, None, after, due)
    assert deadlines.is_late(State.SUPPLEMENT_REQUESTED, None, None, after, due)
    assert not deadlines.is_late(State.PROCESSING, None, None, after)
    assert not deadlines.is_late(State.REJECTED, due, after, after, due)


def test_the_history_of_the_promise_holds_its_changes_and_nothing_else():
    first, later, last = (at(f"2026-03-{one}T17:00") for one in ("05", "12", "19"))
    told = [
        Told("submit", Clock.NONE, at("2026-03-01T09:00"), None),
        Told("receive", Clock.START, at("2026-03-02T09:00"), first),
        Told("forward", Clock.RUN, at("2026-03-02T10:00"), first),
        Told("request_supplement", Clock.PAUSE, at("2026-03-03T09:00"), None),
        Told("answer_supplement", Clock.RUN, at("2026-03-09T09:00"), None),
        Told("accept_supplement", Clock.RESUME, at("2026-03-10T09:00"), later),
        Told("extend", Clock.EXTEND, at("2026-03-11T09:00"), last),
        Told("sign", Clock.STOP, at("2026-03-18T09:00"), last),
    ]
    assert deadlines.promises(told) == [
        Promise(first, at("2026-03-02T09:00"), "receive", "first"),
        Promise(None, at("2026-03-03T09:00"), "request_supplement", "pause"),
        Promise(later, at("2026-03-10T09:00"), "accept_supplement", "resume"),
        Promise(last, at("2026-03-11T09:00"), "extend", "extension"),
    ]
