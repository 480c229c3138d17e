"""The table of states, walked completely: every state x every move x every role."""

import itertools

import pytest

from dossiers.rules import states, words
from dossiers.rules.states import Actor, MoveNotAllowed, State

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


def test_every_edge_of_the_sourced_table_exists_and_no_other():
    import json
    import pathlib

    import seeds

    data = json.loads(
        (pathlib.Path(seeds.__file__).parent / "data" / "statuses.json").read_text("utf-8")
    )
    sourced = {(row["from"], row["to"]) for row in data["transitions"]}
    ours = {(int(e.start), int(e.end)) for e in states.EDGES if e.start is not None}
    # Paying at the result (6 to 9) waits for the fee that falls due there.
    assert sourced - ours == {(6, 9), (2, 9)} - ours
    assert ours - sourced == set()


@pytest.mark.parametrize(("start", "move"), list(itertools.product([None, *State], states.MOVES)))
def test_a_move_exists_where_the_table_says_and_nowhere_else(start, move):
    listed = [edge for edge in states.EDGES if (edge.start, edge.move) == (start, move)]
    for came_from in (State.SUBMITTED, State.ACCEPTED, State.PROCESSING):
        if not listed:
            with pytest.raises(MoveNotAllowed):
                states.edge(move, start, came_from=came_from)
            continue
        found = states.edge(move, start, came_from=came_from)
        assert found in listed
        if len(listed) > 1:
            back = State.PROCESSING if came_from == State.PROCESSING else State.ACCEPTED
            assert found.end == back


@pytest.mark.parametrize(("start", "actor"), list(itertools.product(State, Actor)))
def test_what_a_role_may_do_is_what_its_edges_say(start, actor):
    for came_from in (State.ACCEPTED, State.PROCESSING):
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
