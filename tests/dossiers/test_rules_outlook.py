"""What is needed, what a state means and when the result comes: walked over every state."""

import datetime
import itertools

import pytest

from dossiers.models import TimelineEvent
from dossiers.rules import needs, outlook, words
from dossiers.rules.calendar import HCM, Calendar
from dossiers.rules.deadlines import Limit
from dossiers.rules.needs import Ask, Kind
from dossiers.rules.outlook import Passed, Stage, Status
from dossiers.rules.states import CLOSED, EDGES, MOVES, NAMES, Clock, State

CALENDAR = Calendar(years=frozenset({2026, 2027}))
LIMIT = Limit(5, "working_day")


def at(day, hour=10):
    return datetime.datetime(2026, 11, day, hour, tzinfo=HCM)


def kinds(state, unpaid=(), ask=None):
    found = needs.needed(dossier_id="dos_1", state=state, unpaid=unpaid, ask=ask)
    return [(one.kind, one.reference) for one in found]


def test_what_is_needed_in_every_state():
    told = {state: kinds(state, ["pay_1", "pay_2"], Ask("sup_1")) for state in State}
    paying = [(Kind.PAY, "pay_1"), (Kind.PAY, "pay_2")]
    assert told == {
        State.SUBMITTED: paying,
        State.ACCEPTED: paying,
        State.REJECTED: [],
        State.PROCESSING: paying,
        State.SUPPLEMENT_REQUESTED: [(Kind.SUPPLEMENT, "sup_1"), *paying],
        State.PAYMENT_REQUESTED: paying,
        State.WITHDRAWAL_REQUESTED: [],
        State.STOPPED: [],
        State.COMPLETED: [*paying, (Kind.COLLECT, "dos_1")],
        State.RETURNED: [],
    }


def test_nothing_owed_and_nothing_asked_needs_nothing_but_collecting():
    assert {state for state in State if kinds(state)} == {State.COMPLETED}


def test_a_need_says_what_where_and_until_when():
    (ask,) = needs.needed(
        dossier_id="dos_1",
        state=State.SUPPLEMENT_REQUESTED,
        unpaid=(),
        ask=Ask("sup_1", by=at(30)),
    )
    assert (ask.deadline, ask.link) == (at(30), "/api/v1/dossiers/dos_1/supplements")
    pay, collect = needs.needed(
        dossier_id="dos_1", state=State.COMPLETED, unpaid=("pay_1",), ask=None
    )
    assert (pay.link, pay.deadline) == ("/api/v1/payments/pay_1", None)
    assert "nhận kết quả" in pay.text_vi
    assert collect.link == "/api/v1/dossiers/dos_1/documents"


@pytest.mark.parametrize("state", State)
def test_every_state_says_what_it_means_and_what_comes_next(state):
    told = outlook.meaning(state, receiving="Phường A", competent="Sở B")
    texts = (told.now_vi, told.next_vi, told.now_en, told.next_en)
    assert all(len(text) > 15 and text.endswith(".") and "{" not in text for text in texts)
    assert len(set(texts)) == 4


@pytest.mark.parametrize(
    "move", [*MOVES, "payment_settled", "refund_settled", "answer_supplement", "propose"]
)
def test_every_move_and_event_has_words_in_both_languages(move):
    told = words.about(move, code="H13.022-261124-0001", office="Phường A", due="17:00")
    for text in (told.title_vi, told.body_vi, told.title_en, told.body_en):
        assert text
        assert "{" not in text
    vi, en = words.step(move)
    for text in (vi, en):
        assert text == " ".join(text.split())
        assert "{" not in text
        assert text[0].isupper()
    assert vi != en


def test_every_kind_of_event_is_told():
    """The words above are those of every kind: moves by the table, the rest by name."""
    told = {"move": MOVES[0], "payment": "payment_settled"}
    told |= {"supplement": "answer_supplement", "proposal": "propose"}
    told |= {"extension": "extend", "calendar": "recount", "silence": "silence_agreed"}
    told |= {"note": "result_delivered", "routing": "reroute", "opinion": "ask_opinion"}
    assert set(told) >= set(TimelineEvent.Kind.values)
    assert all(move in words.BY_MOVE for move in told.values())


def expected(state, *, due_at=None, passed=(), limit=LIMIT, now=None, finished_at=None):
    return outlook.expected(
        state=state,
        limit=limit,
        due_at=due_at,
        finished_at=finished_at,
        passed=passed,
        now=now or at(24),
        calendar=CALENDAR,
    )


SUBMIT = Passed(Clock.NONE, at(20), None)
RECEIVE = Passed(Clock.START, at(23), at(30, 17))
FORWARD = Passed(Clock.RUN, at(23, 15), at(30, 17))
PAUSE = Passed(Clock.PAUSE, at(25), None)
RESET = Passed(Clock.RESET, at(25), None)
RESUME = Passed(Clock.RESUME, at(27), at(30, 17))


@pytest.mark.parametrize(
    ("state", "due_at", "passed", "status", "left", "says"),
    [
        (State.SUBMITTED, None, [SUBMIT], "not_started", None, "5 ngày làm việc bắt đầu khi"),
        (State.PROCESSING, at(30, 17), [SUBMIT, RECEIVE], "running", 4, "17:00 30/11/2026"),
        (State.PROCESSING, at(23, 17), [SUBMIT, RECEIVE], "late", None, "quá hạn"),
        (
            State.SUPPLEMENT_REQUESTED,
            None,
            [SUBMIT, RECEIVE, FORWARD, PAUSE],
            "paused",
            3,
            "chờ bổ sung hồ sơ); còn 3 ngày làm việc",
        ),
        (
            State.PAYMENT_REQUESTED,
            None,
            [SUBMIT, RECEIVE, PAUSE, Passed(Clock.RUN, at(26), None)],
            "paused",
            3,
            "chờ thanh toán); còn 3",
        ),
        # Asking to withdraw while waiting for a supplement leaves the first pause as it is.
        (
            State.WITHDRAWAL_REQUESTED,
            None,
            [SUBMIT, RECEIVE, PAUSE, Passed(Clock.NONE, at(26), None)],
            "paused",
            3,
            "yêu cầu rút hồ sơ); còn 3",
        ),
        (
            State.SUPPLEMENT_REQUESTED,
            None,
            [SUBMIT, RECEIVE, RESET],
            "restarts",
            None,
            "5 ngày làm việc tính lại từ đầu",
        ),
        (State.SUPPLEMENT_REQUESTED, None, [SUBMIT], "not_started", None, "bắt đầu khi"),
        (State.PAYMENT_REQUESTED, None, [SUBMIT, RECEIVE, PAUSE, RESUME, PAUSE], "paused", 3, "3"),
    ],
)
def test_when_the_result_may_be_expected(state, due_at, passed, status, left, says):
    told = expected(state, due_at=due_at, passed=passed)
    assert (told.status, told.working_days_left, told.due_at) == (Status(status), left, due_at)
    assert says in told.text_vi
    assert told.text_en
    assert told.text_en != told.text_vi


@pytest.mark.parametrize("state", [*CLOSED, State.COMPLETED])
def test_what_has_ended_says_when(state):
    told = expected(state, due_at=at(30, 17), finished_at=at(27, 9))
    assert (told.status, told.due_at) == (Status.ENDED, at(30, 17))
    assert "09:00 27/11/2026" in told.text_vi


def test_without_a_known_limit_nothing_is_promised():
    assert expected(State.ACCEPTED, limit=None).status == Status.UNKNOWN


def test_a_year_without_a_calendar_leaves_the_days_out():
    told = outlook.expected(
        state=State.PROCESSING,
        limit=LIMIT,
        due_at=datetime.datetime(2030, 1, 4, 17, tzinfo=HCM),
        finished_at=None,
        passed=[],
        now=datetime.datetime(2029, 12, 31, 10, tzinfo=HCM),
        calendar=CALENDAR,
    )
    assert (told.status, told.working_days_left) == (Status.RUNNING, None)


@pytest.mark.parametrize(
    ("limit", "vi", "en"),
    [
        (Limit(5, "working_day"), "5 ngày làm việc", "5 working days"),
        (Limit(1, "working_day"), "1 ngày làm việc", "1 working day"),
        (Limit(1, "working_day", same_day=True), "trong ngày làm việc", "one working day"),
        (Limit(10, "calendar_day"), "10 ngày", "10 days"),
        (Limit(8, "hour"), "8 giờ làm việc", "8 office hours"),
        (Limit(1, "month"), "1 tháng", "1 month"),
    ],
)
def test_a_limit_in_words(limit, vi, en):
    assert outlook.limit_words(limit) == (vi, en)


def test_how_far_a_dossier_is_never_goes_back_by_waiting():
    order = list(Stage)
    for state, came_from, received in itertools.product(State, [None, *State], [False, True]):
        stage = outlook.reached(state, came_from=came_from, received=received)
        assert stage in order
    at_stage = outlook.reached
    waiting = State.SUPPLEMENT_REQUESTED
    assert at_stage(State.SUBMITTED, came_from=None, received=False) == Stage.SENT
    assert at_stage(waiting, came_from=State.SUBMITTED, received=False) == Stage.SENT
    assert at_stage(waiting, came_from=State.ACCEPTED, received=True) == Stage.RECEIVED
    assert at_stage(waiting, came_from=State.PROCESSING, received=True) == Stage.PROCESSING
    assert at_stage(State.ACCEPTED, came_from=None, received=True) == Stage.RECEIVED
    assert at_stage(State.REJECTED, came_from=None, received=False) == Stage.SENT
    assert at_stage(State.STOPPED, came_from=None, received=True) == Stage.RECEIVED
    assert at_stage(State.COMPLETED, came_from=None, received=True) == Stage.DONE
    assert at_stage(State.RETURNED, came_from=None, received=True) == Stage.RETURNED
    assert set(outlook.STAGE_NAMES) == set(order)
    assert set(NAMES) == set(outlook.MEANINGS) == {edge.end for edge in EDGES}
