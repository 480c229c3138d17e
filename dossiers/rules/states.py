"""The ten official states of a dossier and every move between them, as one table.

Codes and names are those of the National Portal. No official table of transitions was found: the
edges follow the one-stop decree and one province's practice, and each names its basis.

Against the 32 transitions of `seeds/data/statuses.json`, which are derived too, this differs so:

- 2 to 9: signed by the approver, not by the handler: a result carries a signature, also on the day.
- 4 to 8: decided by the approver: refusing to resolve is a decision, which the handler proposes.
- 5 to 4: accepted by the handler who asked, not at reception.
- 5 to 3: only of a dossier that was never received; one that was is stopped (8).
- 6 to 2, 4 and 9: by the system alone, once nothing is owed any more; nobody declares it paid.
- 5 and 6 to 8: only of a dossier that was received: before that nobody but reception acts on it.
- 6 to 3 is added: reception refuses a dossier that was never received and never paid; without it
  nobody could end it.
- 9 to 6 is added: without it the listed 6 to 9 (paid with the result) could never begin. From there
  the dossier neither stops nor is withdrawn: its result is signed and waits for the money.
- 9 to 10 also by the citizen who chose the app and says that the result arrived.
- The entries are edges too: none to 1 by the citizen, or by reception for paper; at the counter
  `receive` follows in the same transaction.

Sub-states and rounds of supplement are apart from this: `SupplementRequest`, `Delivery`, payments.
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


class Guard(enum.StrEnum):
    """What must hold before a move; `actions.moves` looks."""

    FEE_PAID = "fee_paid"  # at the first reception nothing known is owed any more
    NOTHING_OWED = "nothing_owed"
    DUE_AT_RESULT_PAID = "due_at_result_paid"  # nothing is owed when the result is given
    NOT_PAID = "not_paid"  # no money was taken that was not given back
    WITHIN_APPRAISAL_DAYS = "within_appraisal_days"
    PROPOSAL = "proposal"  # the handler put a decision to sign
    BY_APP = "by_app"  # the applicant chose to receive the result in the app


class Effect(enum.StrEnum):
    """What a move brings with it, in the same transaction; `actions.processing` does it."""

    RECEPTION_SLIP = "reception_slip"  # form 01, at the first reception
    SUPPLEMENT_SLIP = "supplement_slip"  # form 02, and a round is opened
    CLOSE_SUPPLEMENTS = "close_supplements"
    REFUSAL_SLIP = "refusal_slip"  # form 03
    STOP_NOTICE = "stop_notice"  # form 05
    OPEN_DUES = "open_dues"
    CANCEL_DUES = "cancel_dues"
    DECIDE_REFUND = "decide_refund"  # what was paid is kept: somebody decides whether it goes back
    ISSUE_RESULT = "issue_result"
    REVOKE_RESULT = "revoke_result"
    HAND_OVER = "hand_over"  # how the result was given is recorded
    TAKE_BACK = "take_back"  # it waits to be given again


@dataclasses.dataclass(frozen=True)
class Edge:
    """One row. `back`: it exists only for a dossier that came from one of these states."""

    move: str
    start: State | None
    end: State
    actor: Actor
    clock: Clock
    basis: str
    needs_reason: bool = False
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    back: frozenset[State] | None = None


_FILING = "NĐ 61/2018/NĐ-CP Art.16"
_RECEPTION = "NĐ 61/2018/NĐ-CP Art.17"
_TRANSFER = "NĐ 61/2018/NĐ-CP Art.18"
_HANDLING = "NĐ 61/2018/NĐ-CP Art.19"
_RESULT = "NĐ 61/2018/NĐ-CP Art.20"
_FEES = "NĐ 61/2018/NĐ-CP Art.22"
_WITHDRAWAL = "NĐ 118/2025/NĐ-CP Art.21 (cited)"
_PRACTICE = "practice; no legal text found"
_RECALL = "practice of a provincial system (recall)"

S, A, C, G, E = State, Actor, Clock, Guard, Effect

# Where a waiting dossier came from.
_RECEPTION_DESK = frozenset({S.SUBMITTED, S.ACCEPTED})
_HANDLING_UNIT = frozenset({S.PROCESSING})
_UNFINISHED = _RECEPTION_DESK | _HANDLING_UNIT
_SIGNED = frozenset({S.COMPLETED})
_NEVER_RECEIVED = frozenset({S.SUBMITTED})
_RECEIVED = frozenset({S.ACCEPTED, S.PROCESSING})
# What may be held in each waiting state; the database holds it too.
HELD_FROM = {
    S.SUPPLEMENT_REQUESTED: _UNFINISHED,
    S.PAYMENT_REQUESTED: _UNFINISHED | _SIGNED,
    S.WITHDRAWAL_REQUESTED: _UNFINISHED,
}

_PAID_FIRST = (G.FEE_PAID,)
_SLIP = (E.RECEPTION_SLIP,)
_ASK_MORE = (E.SUPPLEMENT_SLIP,)
_REFUSED = (E.CLOSE_SUPPLEMENTS, E.REFUSAL_SLIP, E.CANCEL_DUES, E.DECIDE_REFUND)
_STOPPED = (E.CLOSE_SUPPLEMENTS, E.STOP_NOTICE, E.CANCEL_DUES, E.DECIDE_REFUND)
_ASK_MONEY = (E.OPEN_DUES,)
_GIVEN = (E.HAND_OVER,)


def _edge(
    move: str,
    start: State | None,
    end: State,
    actor: Actor,
    clock: Clock,
    basis: str,
    *,
    reason: bool = False,
    guards: tuple[Guard, ...] = (),
    effects: tuple[Effect, ...] = (),
    back: frozenset[State] | None = None,
) -> Edge:
    return Edge(move, start, end, actor, clock, basis, reason, guards, effects, back)


# Of a column each: move, from, to, actor, clock, basis; then what must hold and what follows.
# fmt: off
EDGES: tuple[Edge, ...] = (
    _edge("submit", None, S.SUBMITTED, A.CITIZEN, C.NONE, _FILING),
    _edge("file_by_post", None, S.SUBMITTED, A.RECEPTION, C.NONE, _FILING),
    _edge("file_at_counter", None, S.SUBMITTED, A.RECEPTION, C.NONE, _FILING),

    _edge("receive", S.SUBMITTED, S.ACCEPTED, A.RECEPTION, C.START, _RECEPTION,
          guards=_PAID_FIRST, effects=_SLIP),
    _edge("refuse", S.SUBMITTED, S.REJECTED, A.RECEPTION, C.NONE, _RECEPTION,
          reason=True, effects=_REFUSED),
    _edge("request_supplement", S.SUBMITTED, S.SUPPLEMENT_REQUESTED, A.RECEPTION, C.NONE,
          _RECEPTION, reason=True, effects=_ASK_MORE),
    _edge("request_payment", S.SUBMITTED, S.PAYMENT_REQUESTED, A.RECEPTION, C.NONE, _PRACTICE,
          reason=True, effects=_ASK_MONEY),
    _edge("withdraw", S.SUBMITTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE, _WITHDRAWAL),

    _edge("forward", S.ACCEPTED, S.PROCESSING, A.RECEPTION, C.RUN, _TRANSFER),
    _edge("recall_reception", S.ACCEPTED, S.REJECTED, A.RECEPTION, C.STOP, _RECALL,
          reason=True, guards=(G.NOT_PAID,), effects=_REFUSED),
    _edge("request_supplement", S.ACCEPTED, S.SUPPLEMENT_REQUESTED, A.RECEPTION, C.PAUSE,
          _HANDLING, reason=True, effects=_ASK_MORE),
    _edge("request_payment", S.ACCEPTED, S.PAYMENT_REQUESTED, A.RECEPTION, C.PAUSE, _FEES,
          reason=True, effects=_ASK_MONEY),
    _edge("withdraw", S.ACCEPTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.PAUSE, _WITHDRAWAL),
    _edge("sign", S.ACCEPTED, S.COMPLETED, A.APPROVER, C.STOP, f"{_RECEPTION}, same day",
          guards=(G.PROPOSAL,), effects=(E.ISSUE_RESULT,)),

    _edge("request_supplement", S.PROCESSING, S.SUPPLEMENT_REQUESTED, A.HANDLER, C.PAUSE,
          _HANDLING, reason=True, effects=_ASK_MORE),
    _edge("return_at_appraisal", S.PROCESSING, S.SUPPLEMENT_REQUESTED, A.HANDLER, C.RESET,
          f"{_HANDLING}: within 3 working days of reception, the limit begins anew",
          reason=True, guards=(G.WITHIN_APPRAISAL_DAYS,), effects=_ASK_MORE),
    _edge("request_payment", S.PROCESSING, S.PAYMENT_REQUESTED, A.HANDLER, C.PAUSE, _FEES,
          reason=True, effects=_ASK_MONEY),
    _edge("withdraw", S.PROCESSING, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.PAUSE, _WITHDRAWAL),
    _edge("reject", S.PROCESSING, S.STOPPED, A.APPROVER, C.STOP, _HANDLING,
          reason=True, effects=_STOPPED),
    _edge("sign", S.PROCESSING, S.COMPLETED, A.APPROVER, C.STOP, f"{_HANDLING}-20",
          guards=(G.PROPOSAL,), effects=(E.ISSUE_RESULT,)),

    _edge("accept_supplement", S.SUPPLEMENT_REQUESTED, S.ACCEPTED, A.RECEPTION, C.RESUME,
          f"{_RECEPTION}, 19", guards=_PAID_FIRST, effects=(E.CLOSE_SUPPLEMENTS, *_SLIP),
          back=_RECEPTION_DESK),
    _edge("accept_supplement", S.SUPPLEMENT_REQUESTED, S.PROCESSING, A.HANDLER, C.RESUME,
          _HANDLING, effects=(E.CLOSE_SUPPLEMENTS,), back=_HANDLING_UNIT),
    _edge("refuse", S.SUPPLEMENT_REQUESTED, S.REJECTED, A.RECEPTION, C.STOP, _PRACTICE,
          reason=True, effects=_REFUSED, back=_NEVER_RECEIVED),
    _edge("withdraw", S.SUPPLEMENT_REQUESTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE,
          _WITHDRAWAL),
    _edge("stop", S.SUPPLEMENT_REQUESTED, S.STOPPED, A.HANDLER, C.STOP, _PRACTICE,
          reason=True, effects=_STOPPED, back=_RECEIVED),

    _edge("resume_paid", S.PAYMENT_REQUESTED, S.ACCEPTED, A.SYSTEM, C.RESUME, _PRACTICE,
          guards=(G.NOTHING_OWED,), effects=_SLIP, back=_RECEPTION_DESK),
    _edge("resume_paid", S.PAYMENT_REQUESTED, S.PROCESSING, A.SYSTEM, C.RESUME, _PRACTICE,
          guards=(G.NOTHING_OWED,), back=_HANDLING_UNIT),
    _edge("resume_paid", S.PAYMENT_REQUESTED, S.COMPLETED, A.SYSTEM, C.STOP, _PRACTICE,
          guards=(G.NOTHING_OWED,), back=_SIGNED),
    _edge("withdraw", S.PAYMENT_REQUESTED, S.WITHDRAWAL_REQUESTED, A.CITIZEN, C.NONE, _WITHDRAWAL,
          back=_UNFINISHED),
    _edge("stop", S.PAYMENT_REQUESTED, S.STOPPED, A.HANDLER, C.STOP, _PRACTICE,
          reason=True, effects=_STOPPED, back=_RECEIVED),
    _edge("refuse", S.PAYMENT_REQUESTED, S.REJECTED, A.RECEPTION, C.STOP, _PRACTICE,
          reason=True, effects=_REFUSED, back=_NEVER_RECEIVED),

    _edge("accept_withdrawal", S.WITHDRAWAL_REQUESTED, S.STOPPED, A.RECEPTION, C.STOP,
          "TT 03/2025/TT-VPCP Annex I, form 05 (cited)", effects=_STOPPED),
    _edge("refuse_withdrawal", S.WITHDRAWAL_REQUESTED, S.PROCESSING, A.RECEPTION, C.RESUME,
          _PRACTICE, reason=True, effects=(E.CLOSE_SUPPLEMENTS,), back=_HANDLING_UNIT),
    _edge("refuse_withdrawal", S.WITHDRAWAL_REQUESTED, S.ACCEPTED, A.RECEPTION, C.RESUME,
          _PRACTICE, reason=True, guards=_PAID_FIRST, effects=(E.CLOSE_SUPPLEMENTS, *_SLIP),
          back=_RECEPTION_DESK),

    _edge("hand_over", S.COMPLETED, S.RETURNED, A.RECEPTION, C.NONE, _RESULT,
          guards=(G.DUE_AT_RESULT_PAID,), effects=_GIVEN),
    _edge("collect", S.COMPLETED, S.RETURNED, A.CITIZEN, C.NONE, _RESULT,
          guards=(G.BY_APP, G.DUE_AT_RESULT_PAID), effects=_GIVEN),
    _edge("request_payment", S.COMPLETED, S.PAYMENT_REQUESTED, A.RECEPTION, C.STOP, _FEES,
          reason=True, effects=_ASK_MONEY),
    _edge("recall_result", S.COMPLETED, S.PROCESSING, A.APPROVER, C.RESUME, _PRACTICE,
          reason=True, effects=(E.REVOKE_RESULT,)),
    _edge("recall_hand_over", S.RETURNED, S.COMPLETED, A.RECEPTION, C.NONE, _RECALL,
          reason=True, effects=(E.TAKE_BACK,)),
)
# fmt: on

MOVES = tuple(dict.fromkeys(edge.move for edge in EDGES))
OFFICER_MOVES = tuple(
    dict.fromkeys(
        edge.move
        for edge in EDGES
        if edge.start is not None and edge.actor in {A.RECEPTION, A.HANDLER, A.APPROVER}
    )
)
# A filing has no state to leave, so nobody makes it as a move of a dossier.
ENTRIES = tuple(edge.move for edge in EDGES if edge.start is None)


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
    for one in ends(move, start):
        if one.back is None or came_from in one.back:
            return one
    raise MoveNotAllowed(state=None if start is None else int(start), move=move)


def possible(start: State, *, came_from: State | None, actors: frozenset[Actor]) -> tuple[str, ...]:
    """Return the moves that somebody with these roles may make now."""
    here = [
        one for one in EDGES if one.start == start and (one.back is None or came_from in one.back)
    ]
    return tuple(dict.fromkeys(one.move for one in here if one.actor in actors))


def pairs() -> frozenset[tuple[int, int]]:
    """Return every pair of states that some move joins, as the database's trigger holds them."""
    return frozenset((int(one.start), int(one.end)) for one in EDGES if one.start is not None)
