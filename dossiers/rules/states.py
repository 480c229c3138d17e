"""The ten official states of a dossier and every move between them, as one table.

Codes and names are those of the National Portal. No official table of transitions was found: the
edges follow the one-stop decree and one province's practice, and each names its basis.
"""

import dataclasses
import enum

from common.errors import Refusal


class State(enum.IntEnum):
    """The official state (trạng thái hồ sơ), by its code."""

    SUBMITTED = 1
    ACCEPTED = 2
    REJECTED = 3
    PROCESSING = 4
    SUPPLEMENT_REQUESTED = 5
    PAYMENT_REQUESTED = 6
    WITHDRAWAL_REQUESTED = 7
    STOPPED = 8
    COMPLETED = 9
    RETURNED = 10


@dataclasses.dataclass(frozen=True)
class Name:
    key: str
    vi: str
    en: str


NAMES = {
    State.SUBMITTED: Name("submitted", "Mới đăng ký", "Submitted"),
    State.ACCEPTED: Name("accepted", "Được tiếp nhận", "Received"),
    State.REJECTED: Name("rejected_at_reception", "Không được tiếp nhận", "Refused at reception"),
    State.PROCESSING: Name("processing", "Đang xử lý", "In process"),
    State.SUPPLEMENT_REQUESTED: Name(
        "supplement_requested", "Yêu cầu bổ sung giấy tờ", "Supplement requested"
    ),
    State.PAYMENT_REQUESTED: Name(
        "payment_requested", "Yêu cầu thực hiện nghĩa vụ tài chính", "Payment requested"
    ),
    State.WITHDRAWAL_REQUESTED: Name(
        "withdrawal_requested", "Công dân yêu cầu rút hồ sơ", "Withdrawal requested"
    ),
    State.STOPPED: Name("stopped", "Dừng xử lý", "Stopped"),
    State.COMPLETED: Name("completed", "Đã xử lý xong", "Completed"),
    State.RETURNED: Name("result_returned", "Đã trả kết quả", "Result returned"),
}
CLOSED = frozenset({State.REJECTED, State.STOPPED, State.RETURNED})


class Actor(enum.StrEnum):
    CITIZEN = "citizen"
    RECEPTION = "reception"
    HANDLER = "handler"
    APPROVER = "approver"
    SYSTEM = "system"


class Clock(enum.StrEnum):
    """What a move does to the time limit."""

    NONE = "none"  # not running before, not running after
    START = "start"  # the full limit begins
    RUN = "run"  # it goes on
    PAUSE = "pause"  # it stands still and goes on later with what is left
    RESET = "reset"  # it stops; the full limit begins anew at the resumption
    RESUME = "resume"  # it goes on, with what is left or anew
    STOP = "stop"  # the work is done
    EXTEND = "extend"  # the promise is moved once, with an apology
    RECOUNT = "recount"  # the promise is counted anew after the calendar was edited


@dataclasses.dataclass(frozen=True)
class Edge:
    move: str
    start: State | None
    end: State
    actor: Actor
    clock: Clock
    basis: str
    needs_reason: bool = False


_DECREE = "NĐ 61/2018/NĐ-CP"
_WITHDRAWAL = "NĐ 118/2025/NĐ-CP Art.21 (cited)"
_PRACTICE = "practice; no legal text found"
_RECALL = "practice of a provincial system (recall)"

S, A, C = State, Actor, Clock

EDGES: tuple[Edge, ...] = (
    Edge("submit", None, S.SUBMITTED, A.CITIZEN, C.NONE, f"{_DECREE} Art.16"),
    Edge("receive", S.SUBMITTED, S.ACCEPTED, A.RECEPTION, C.START, f"{_DECREE} Art.17"),
    Edge("refuse", S.SUBMITTED, S.REJECTED, A.RECEPTION, C.NONE, f"{_DECREE} Art.17", True),
    Edge(
        "request_supplement",
        S.SUBMITTED,
        S.SUPPLEMENT_REQUESTED,
        A.RECEPTION,
        C.NONE,
        f"{_DECREE} Art.17",
        True,
    ),
    Edge("request_payment", S.SUBMITTED, S.PAYMENT_REQUESTED, A.RECEPTION, C.NONE, _PRACTICE, True),
    Edge("withdraw", S.SUBMITTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE, _WITHDRAWAL),
    Edge("forward", S.ACCEPTED, S.PROCESSING, A.RECEPTION, C.RUN, f"{_DECREE} Art.18"),
    Edge("recall_reception", S.ACCEPTED, S.REJECTED, A.RECEPTION, C.STOP, _RECALL, True),
    Edge(
        "request_supplement",
        S.ACCEPTED,
        S.SUPPLEMENT_REQUESTED,
        A.RECEPTION,
        C.PAUSE,
        f"{_DECREE} Art.19",
        True,
    ),
    Edge(
        "request_payment",
        S.ACCEPTED,
        S.PAYMENT_REQUESTED,
        A.RECEPTION,
        C.PAUSE,
        f"{_DECREE} Art.22",
        True,
    ),
    Edge("withdraw", S.ACCEPTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.PAUSE, _WITHDRAWAL),
    Edge("sign", S.ACCEPTED, S.COMPLETED, A.APPROVER, C.STOP, f"{_DECREE} Art.17, same day"),
    Edge(
        "request_supplement",
        S.PROCESSING,
        S.SUPPLEMENT_REQUESTED,
        A.HANDLER,
        C.PAUSE,
        f"{_DECREE} Art.19",
        True,
    ),
    Edge(
        "return_at_appraisal",
        S.PROCESSING,
        S.SUPPLEMENT_REQUESTED,
        A.HANDLER,
        C.RESET,
        f"{_DECREE} Art.19: within 3 working days of reception, the limit begins anew",
        True,
    ),
    Edge(
        "request_payment",
        S.PROCESSING,
        S.PAYMENT_REQUESTED,
        A.HANDLER,
        C.PAUSE,
        f"{_DECREE} Art.22",
        True,
    ),
    Edge("withdraw", S.PROCESSING, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.PAUSE, _WITHDRAWAL),
    Edge("reject", S.PROCESSING, S.STOPPED, A.APPROVER, C.STOP, f"{_DECREE} Art.19", True),
    Edge("sign", S.PROCESSING, S.COMPLETED, A.APPROVER, C.STOP, f"{_DECREE} Art.19-20"),
    Edge(
        "accept_supplement",
        S.SUPPLEMENT_REQUESTED,
        S.ACCEPTED,
        A.RECEPTION,
        C.RESUME,
        f"{_DECREE} Art.17, 19",
    ),
    Edge(
        "accept_supplement",
        S.SUPPLEMENT_REQUESTED,
        S.PROCESSING,
        A.HANDLER,
        C.RESUME,
        f"{_DECREE} Art.19",
    ),
    Edge("refuse", S.SUPPLEMENT_REQUESTED, S.REJECTED, A.RECEPTION, C.STOP, _PRACTICE, True),
    Edge(
        "withdraw", S.SUPPLEMENT_REQUESTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE, _WITHDRAWAL
    ),
    Edge("stop", S.SUPPLEMENT_REQUESTED, S.STOPPED, A.HANDLER, C.STOP, _PRACTICE, True),
    Edge("resume_paid", S.PAYMENT_REQUESTED, S.ACCEPTED, A.SYSTEM, C.RESUME, _PRACTICE),
    Edge("resume_paid", S.PAYMENT_REQUESTED, S.PROCESSING, A.SYSTEM, C.RESUME, _PRACTICE),
    Edge("withdraw", S.PAYMENT_REQUESTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE, _WITHDRAWAL),
    Edge("stop", S.PAYMENT_REQUESTED, S.STOPPED, A.HANDLER, C.STOP, _PRACTICE, True),
    Edge(
        "accept_withdrawal",
        S.WITHDRAWAL_REQUESTED,
        S.STOPPED,
        A.RECEPTION,
        C.STOP,
        "TT 03/2025/TT-VPCP Annex I, form 05 (cited)",
    ),
    Edge(
        "refuse_withdrawal",
        S.WITHDRAWAL_REQUESTED,
        S.PROCESSING,
        A.RECEPTION,
        C.RESUME,
        _PRACTICE,
        True,
    ),
    Edge(
        "refuse_withdrawal",
        S.WITHDRAWAL_REQUESTED,
        S.ACCEPTED,
        A.RECEPTION,
        C.RESUME,
        _PRACTICE,
        True,
    ),
    Edge("hand_over", S.COMPLETED, S.RETURNED, A.RECEPTION, C.NONE, f"{_DECREE} Art.20"),
    Edge("recall_result", S.COMPLETED, S.PROCESSING, A.APPROVER, C.RESUME, _PRACTICE, True),
    Edge("recall_hand_over", S.RETURNED, S.COMPLETED, A.RECEPTION, C.NONE, _RECALL, True),
)

MOVES = tuple(dict.fromkeys(edge.move for edge in EDGES))
OFFICER_MOVES = tuple(
    dict.fromkeys(edge.move for edge in EDGES if edge.actor in {A.RECEPTION, A.HANDLER, A.APPROVER})
)


class MoveNotAllowed(Refusal):
    code = "move_not_allowed"
    status = 409
    title_vi = "Không thể thực hiện bước này ở trạng thái hiện tại"
    title_en = "This move does not exist in the present state"
    detail_vi = "Hồ sơ đang ở trạng thái {state}; bước {move} không có ở trạng thái này."
    detail_en = "The dossier is in state {state}, which has no move {move}."
    members = ("state", "move")


def ends(move: str, start: State | None) -> tuple[Edge, ...]:
    """Return the edges that `move` may take from `start`; several where the way back decides."""
    return tuple(edge for edge in EDGES if edge.move == move and edge.start == start)


def edge(move: str, start: State | None, *, came_from: State | None = None) -> Edge:
    """Return the one edge of `move` from `start`.

    A dossier waiting in 5, 6 or 7 goes back to where it came from; one that was never received
    goes on to reception, since the table has no way back to "submitted".
    Errors: MoveNotAllowed.
    """
    found = ends(move, start)
    if len(found) > 1:
        back = State.PROCESSING if came_from == State.PROCESSING else State.ACCEPTED
        found = tuple(one for one in found if one.end == back)
    if len(found) != 1:
        raise MoveNotAllowed(state=None if start is None else int(start), move=move)
    return found[0]


def possible(start: State, *, came_from: State | None, actors: frozenset[Actor]) -> tuple[str, ...]:
    """Return the moves that somebody with these roles may make now."""
    result = []
    for move in dict.fromkeys(one.move for one in EDGES if one.start == start):
        if edge(move, start, came_from=came_from).actor in actors:
            result.append(move)
    return tuple(result)
