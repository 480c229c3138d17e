"""Questions, feedback and petitions: their states, moves and time limits, as one table. Pure.

The limits are those of the note on the formulae of QĐ 766/QĐ-TTg, measure 5.2: refuse within 2
working days, ask to add within 5, handle within 15, publish within 2 working days of the answer.
They are kept for questions and petitions too (practice; no text of their own was found). A formal
complaint (khiếu nại) follows Luật Khiếu nại and is not filed here.
"""

import dataclasses
import datetime
import enum
from collections.abc import Iterable

from common.errors import Refusal
from dossiers.rules import deadlines
from dossiers.rules.calendar import Calendar, never_edited
from dossiers.rules.deadlines import Limit, Tick
from dossiers.rules.states import Clock

REFUSE_DAYS = 2
ASK_DAYS = 5
HANDLE_DAYS = 15
PUBLISH_DAYS = 2
DISLIKE_STARS = 2  # a rating of up to two stars counts as a dislike


class State(enum.StrEnum):
    RECEIVED = "received"  # with the office
    WAITING = "waiting"  # with the citizen, who was asked to add something
    REFUSED = "refused"  # not handled, with the reason
    ANSWERED = "answered"
    PUBLISHED = "published"  # answered, and the answer is public without anybody's name


class By(enum.StrEnum):
    CITIZEN = "citizen"
    OFFICE = "office"


@dataclasses.dataclass(frozen=True)
class Edge:
    move: str
    start: State | None
    end: State
    by: By
    clock: Clock
    days: int | None  # working days since the clock's start (publish: since the answer)


EDGES: tuple[Edge, ...] = (
    Edge("send", None, State.RECEIVED, By.CITIZEN, Clock.START, None),
    Edge("refuse", State.RECEIVED, State.REFUSED, By.OFFICE, Clock.STOP, REFUSE_DAYS),
    Edge("ask", State.RECEIVED, State.WAITING, By.OFFICE, Clock.PAUSE, ASK_DAYS),
    Edge("add", State.WAITING, State.RECEIVED, By.CITIZEN, Clock.RESUME, None),
    Edge("answer", State.RECEIVED, State.ANSWERED, By.OFFICE, Clock.STOP, HANDLE_DAYS),
    Edge("publish", State.ANSWERED, State.PUBLISHED, By.OFFICE, Clock.NONE, PUBLISH_DAYS),
    Edge("raise_again", State.ANSWERED, State.RECEIVED, By.CITIZEN, Clock.START, None),
    Edge("raise_again", State.PUBLISHED, State.RECEIVED, By.CITIZEN, Clock.START, None),
)
OFFICE_MOVES = tuple(edge.move for edge in EDGES if edge.by == By.OFFICE)
NAMES = {
    State.RECEIVED: ("Đang xem xét", "Being looked at"),
    State.WAITING: ("Chờ bổ sung thông tin", "Waiting for more from you"),
    State.REFUSED: ("Từ chối", "Refused"),
    State.ANSWERED: ("Đã trả lời", "Answered"),
    State.PUBLISHED: ("Đã công khai trả lời", "Answered in public"),
}


class FeedbackMoveNotAllowed(Refusal):
    code = "feedback_move_not_allowed"
    status = 409
    title_vi = "Phản ánh không ở trạng thái cho phép bước này"
    title_en = "The feedback is not in a state for this step"
    detail_vi = "Trạng thái hiện tại: {current_state}."
    detail_en = "The present state is {current_state}."
    members = ("current_state",)


def edge(move: str, start: State | None) -> Edge:
    """Return the edge of `move` from `start`. Errors: FeedbackMoveNotAllowed."""
    for one in EDGES:
        if one.move == move and one.start == start:
            return one
    raise FeedbackMoveNotAllowed(current_state=str(start))


@dataclasses.dataclass(frozen=True)
class Step:
    """One event so far, as far as the limits care."""

    move: str
    at: datetime.datetime


def limit_of(move: str, steps: Iterable[Step], calendar: Calendar) -> datetime.datetime | None:
    """Return by when `move` had to happen, given the steps before it; None where nothing runs.

    Units: working days; waiting for the citizen does not count. Errors: CalendarMissing.
    """
    days = next((one.days for one in EDGES if one.move == move), None)
    if days is None:
        return None
    done = list(steps)
    if move == "publish":
        answers = [step.at for step in done if step.move == "answer"]
        return _due(answers[-1], days, calendar) if answers else None
    clocks = {one.move: one.clock for one in EDGES}
    ticks = [Tick(clocks[step.move], step.at) for step in done]
    return deadlines.replay(ticks, Limit(days, "working_day"), never_edited(calendar))


def next_limit(state: State, steps: Iterable[Step], calendar: Calendar) -> datetime.datetime | None:
    """Return when the office owes its next word: an answer, or the publication of one."""
    if state == State.RECEIVED:
        return limit_of("answer", steps, calendar)
    if state == State.ANSWERED:
        return limit_of("publish", steps, calendar)
    return None


def _due(start: datetime.datetime, days: int, calendar: Calendar) -> datetime.datetime:
    return deadlines.due_at(start, Limit(days, "working_day"), calendar)
