"""The tables of papers and decisions, walked without a database."""

import dataclasses
import datetime

import pytest

from dossiers.rules import decisions, papers, states
from dossiers.rules import paper_words as words
from dossiers.rules.papers import Standing, Verdict

HOUR = datetime.datetime(2026, 11, 24, 3, tzinfo=datetime.UTC)


def test_every_move_that_issues_a_paper_is_a_move_or_the_extension():
    named = {move for one in papers.PAPERS for move in one.moves}
    assert named - set(states.MOVES) <= {"extend"}
    assert named >= papers.SIGNED_MOVES
    assert set(papers.GROUNDS) <= named


@pytest.mark.parametrize("on_record", [True, False])
@pytest.mark.parametrize("signed_by_us", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_the_record_of_what_was_issued_goes_before_any_signature(on_record, signed_by_us, whole):
    told = papers.verdict(on_record=on_record, signed_by_us=signed_by_us, whole=whole)
    expected = {
        (False, True): Verdict.UNREGISTERED if whole else Verdict.CHANGED,
        (False, False): Verdict.NOT_OURS,
    }.get((on_record, signed_by_us), Verdict.GENUINE)
    assert told == expected


@pytest.mark.parametrize(
    ("kind", "moves", "kinds", "expected"),
    [
        ("result", [], [], Standing.CURRENT),
        ("result", ["hand_over"], [], Standing.CURRENT),
        ("result", ["recall_result"], [], Standing.REVOKED),
        ("result", ["recall_result", "sign"], ["result"], Standing.REVOKED),
        ("reception_slip", ["recall_reception"], ["refusal_slip"], Standing.REVOKED),
        ("reception_slip", ["recall_result"], ["result"], Standing.CURRENT),
        ("supplement_slip", ["request_supplement"], ["supplement_slip"], Standing.SUPERSEDED),
    ],
)
def test_what_a_paper_is_worth_follows_from_what_came_after(kind, moves, kinds, expected):
    assert papers.standing(kind, later_moves=moves, later_kinds=kinds) == expected


@pytest.mark.parametrize(
    ("kind", "move", "state", "expected"),
    [
        ("reception_slip", "receive", 1, False),
        ("supplement_slip", "request_supplement", 2, False),
        ("supplement_slip", "request_supplement", 4, True),
        ("supplement_slip", "return_at_appraisal", 4, True),
        ("stop_notice", "accept_withdrawal", 7, False),
        ("stop_notice", "reject", 4, True),
        ("apology_letter", "extend", 4, True),
        ("result", "sign", 2, True),
    ],
)
def test_the_body_that_acts_issues_the_paper(kind, move, state, expected):
    assert papers.by_competent(kind, move, state) is expected


@dataclasses.dataclass
class Event:
    seq: int
    at: datetime.datetime
    due_at: datetime.datetime | None
    move: str = "forward"
    actor_label: str = "A"
    told_office: str = "B"


def test_a_step_is_late_by_the_promise_that_held_before_it():
    later = datetime.timedelta(hours=1)
    steps = papers.steps(
        [
            Event(1, HOUR, HOUR + later),
            Event(2, HOUR + later, None),  # to the second
            Event(3, HOUR + 2 * later, HOUR + 3 * later, told_office=""),
            Event(4, HOUR + 3 * later + datetime.timedelta(seconds=1), HOUR),
        ]
    )
    assert [one.late for one in steps] == [None, False, None, True]
    assert [one.given_to for one in steps] == ["B", "B", "A", "B"]


def test_places_are_filled_once_and_what_is_not_known_is_a_blank():
    body = ["{nguoi_nop}: {nhap.a} {don.b} {don.c} {la} {NGUOI} { nguoi_nop }"]
    filled = decisions.fill(
        body, facts={"nguoi_nop": "{nhap.a}"}, answers={"b": "{nguoi_nop}"}, values={"a": "\\1 $&"}
    )
    assert filled == [r"{nhap.a}: \1 $& {nguoi_nop} …… …… {NGUOI} { nguoi_nop }"]


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        (None, {}, ""),
        (True, {}, "có"),
        (2, {}, "2"),
        ("1995-03-14", {"format": "date"}, "14/03/1995"),
        ("khai_sinh", {"x-labels": {"khai_sinh": {"vi": "Khai sinh"}}}, "Khai sinh"),
        (["a", "b"], {}, "a; b"),
        ({"name": "Phường Ninh Kiều", "ward_code": None}, {}, "Phường Ninh Kiều"),
        (
            {"line": "12 X", "ward_code": "31135", "province_code": "92"},
            {},
            "12 X, phường Ninh Kiều, thành phố Cần Thơ",
        ),
        ({"line": "12 X", "ward_code": "99999", "province_code": "79"}, {}, "12 X"),
    ],
)
def test_an_answer_reads_as_a_person_would_write_it(value, schema, text):
    assert words.answer_text(value, schema, {"31135": "phường Ninh Kiều"}) == text


def test_days_and_months_are_written_as_letters_of_offices_write_them():
    january = datetime.datetime(2026, 1, 4, tzinfo=datetime.UTC)
    assert words.place_and_day("Ninh Kiều", january) == "Ninh Kiều, ngày 04 tháng 01 năm 2026"
    assert words.place_and_day("Cần Thơ", HOUR) == "Cần Thơ, ngày 24 tháng 11 năm 2026"
