"""The table of states, walked completely: every state x every move x every role."""

import itertools

import pytest

from dossiers.rules import states, words
from dossiers.rules.states import Actor, Clock, MoveNotAllowed, State

OFFICIAL = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}


def test_the_ten_states_have_their_official_names():
    assert {int(state): states.NAMES[state].vi for state in State} == OFFICIAL


def sourced():
    """Return the derived table of the sources: (from, to) -> who."""
    import json
    import pathlib

    import seeds

    data = json.loads(
        (pathlib.Path(seeds.__file__).parent / "data" / "statuses.json").read_text("utf-8")
    )
    return {(row["from"], row["to"]): set(row["actor"].split("/")) for row in data["transitions"]}


def test_the_table_differs_from_the_sourced_one_only_as_its_head_says():
    theirs = sourced()
    ours = {}
    for edge in states.EDGES:
        if edge.start is not None:
            ours.setdefault((int(edge.start), int(edge.end)), set()).add(str(edge.actor))
    assert set(ours) - set(theirs) == {(9, 6), (6, 3)}
    assert set(theirs) - set(ours) == set()
    assert {pair: who for pair, who in ours.items() if pair in theirs and who != theirs[pair]} == {
        (2, 9): {"approver"},
        (4, 8): {"approver"},
        (5, 4): {"handler"},
        (6, 2): {"system"},
        (6, 4): {"system"},
        (6, 9): {"system"},
        (9, 10): {"reception", "citizen"},
    }


def test_a_dossier_enters_by_its_channel():
    entries = {edge.move: (edge.end, edge.actor) for edge in states.EDGES if edge.start is None}
    assert entries == {
        "submit": (State.SUBMITTED, Actor.CITIZEN),
        "file_by_post": (State.SUBMITTED, Actor.RECEPTION),
        "file_at_counter": (State.SUBMITTED, Actor.RECEPTION),
    }
    assert not set(entries) & set(states.OFFICER_MOVES)


@pytest.mark.parametrize(("start", "move"), list(itertools.product([None, *State], states.MOVES)))
def test_a_move_exists_where_the_table_says_and_nowhere_else(start, move):
    listed = [edge for edge in states.EDGES if (edge.start, edge.move) == (start, move)]
    for came_from in (None, *State):
        fitting = [edge for edge in listed if edge.back is None or came_from in edge.back]
        assert len(fitting) <= 1
        if fitting:
            assert states.edge(move, start, came_from=came_from) == fitting[0]
        else:
            with pytest.raises(MoveNotAllowed):
                states.edge(move, start, came_from=came_from)


@pytest.mark.parametrize("waiting", list(states.HELD_FROM), ids=int)
def test_whatever_waits_has_a_way_back_to_where_it_came_from(waiting):
    ways = {
        State.SUPPLEMENT_REQUESTED: "accept_supplement",
        State.PAYMENT_REQUESTED: "resume_paid",
        State.WITHDRAWAL_REQUESTED: "refuse_withdrawal",
    }
    back = {
        came_from: states.edge(ways[waiting], waiting, came_from=came_from).end
        for came_from in states.HELD_FROM[waiting]
    }
    expected = {
        State.SUBMITTED: State.ACCEPTED,  # nothing leads back to "submitted"
        State.ACCEPTED: State.ACCEPTED,
        State.PROCESSING: State.PROCESSING,
        State.COMPLETED: State.COMPLETED,
    }
    assert back == {came_from: expected[came_from] for came_from in states.HELD_FROM[waiting]}


def test_what_enters_a_waiting_state_is_what_may_be_held_there():
    for waiting, held in states.HELD_FROM.items():
        direct = {edge.start for edge in states.EDGES if edge.end == waiting}
        assert held == direct - set(states.HELD_FROM)


def test_a_signed_result_waits_for_its_money_with_the_clock_stopped():
    asked = states.edge("request_payment", State.COMPLETED)
    paid = states.edge("resume_paid", State.PAYMENT_REQUESTED, came_from=State.COMPLETED)
    assert (asked.end, asked.clock) == (State.PAYMENT_REQUESTED, Clock.STOP)
    assert (paid.end, paid.clock) == (State.COMPLETED, Clock.STOP)
    for move in ("withdraw", "stop"):
        with pytest.raises(MoveNotAllowed):
            states.edge(move, State.PAYMENT_REQUESTED, came_from=State.COMPLETED)


@pytest.mark.parametrize(("start", "actor"), list(itertools.product(State, Actor)))
def test_what_a_role_may_do_is_what_its_edges_say(start, actor):
    for came_from in (None, *State):
        offered = set(states.possible(start, came_from=came_from, actors=frozenset({actor})))
        for move in states.MOVES:
            try:
                allowed = states.edge(move, start, came_from=came_from).actor == actor
            except MoveNotAllowed:
                allowed = False
            assert (move in offered) == allowed


def test_every_edge_names_its_basis_and_every_move_has_words_for_the_citizen():
    for edge in states.EDGES:
        assert edge.basis
        text = words.about(edge.move, code="C", office="O", due="D")
        assert text.title_vi
        assert text.body_en


def test_closed_states_are_left_only_by_a_recall():
    for state in states.CLOSED:
        assert {e.move for e in states.EDGES if e.start == state} <= {"recall_hand_over"}


def test_every_guard_and_effect_of_the_table_is_looked_at_and_done():
    from dossiers.actions import moves, processing

    assert set(moves.GUARDS) == set(states.Guard) == {g for e in states.EDGES for g in e.guards}
    assert (
        set(processing.EFFECTS)
        == set(states.Effect)
        == {effect for edge in states.EDGES for effect in edge.effects}
    )


@pytest.mark.django_db
def test_the_database_knows_the_same_edges():
    import re

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('dossiers_refuse_other_edges'::regproc)")
        text = cursor.fetchone()[0]
    found = {(int(a), int(b)) for a, b in re.findall(r"\((\d+), (\d+)\)", text)}
    assert found == states.pairs()
