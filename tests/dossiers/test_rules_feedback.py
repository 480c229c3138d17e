"""The table of feedback, walked completely, and its limits."""

import datetime

import pytest

from dossiers.rules import feedback
from dossiers.rules.calendar import HCM, Calendar, DayKind
from dossiers.rules.feedback import EDGES, FeedbackMoveNotAllowed, State, Step

CALENDAR = Calendar(years=frozenset({2026, 2027}), days={datetime.date(2026, 11, 24): DayKind.OFF})
MOVES = sorted({edge.move for edge in EDGES})


def at(day, hour=9, month=11):
    return datetime.datetime(2026, month, day, hour, tzinfo=HCM)


@pytest.mark.parametrize("start", [None, *State])
@pytest.mark.parametrize("move", MOVES)
def test_a_move_exists_where_the_table_says_so_and_nowhere_else(move, start):
    listed = [edge for edge in EDGES if (edge.move, edge.start) == (move, start)]
    if listed:
        assert [feedback.edge(move, start)] == listed
    else:
        with pytest.raises(FeedbackMoveNotAllowed):
            feedback.edge(move, start)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("refuse", "2026-11-13"),
        ("ask", "2026-11-18"),
        ("answer", "2026-12-03"),  # the holiday of 24/11 does not count
        ("send", None),
        ("add", None),
        ("raise_again", None),
    ],
)
def test_each_move_has_its_limit_from_the_sending(move, expected):
    due = feedback.limit_of(move, [Step("send", at(11))], CALENDAR)
    assert (due and due.date().isoformat()) == expected


def test_publication_counts_from_the_answer():
    steps = [Step("send", at(11)), Step("answer", at(13))]
    assert feedback.limit_of("publish", steps, CALENDAR) == at(17, 17)
    assert feedback.next_limit(State.ANSWERED, steps, CALENDAR) == at(17, 17)


def test_waiting_for_the_citizen_does_not_count_and_raising_again_begins_anew():
    steps = [Step("send", at(2)), Step("ask", at(3))]
    assert feedback.limit_of("answer", steps, CALENDAR) is None
    steps.append(Step("add", at(10)))
    assert feedback.limit_of("answer", steps, CALENDAR).date().isoformat() == "2026-12-01"
    steps += [Step("answer", at(11)), Step("raise_again", at(12))]
    assert feedback.limit_of("answer", steps, CALENDAR).date().isoformat() == "2026-12-04"


def test_nothing_is_owed_in_a_state_that_waits_for_nobody():
    steps = [Step("send", at(2))]
    for state in (State.WAITING, State.REFUSED, State.PUBLISHED):
        assert feedback.next_limit(state, steps, CALENDAR) is None
