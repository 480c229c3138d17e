"""Decisions on giving fees back (quyết định hoàn phí): their states, moves and words. Pure.

No general rule was found that says when a fee goes back after a dossier ended without a result: an
officer decides each time and may name a basis; without one there is none (`NO_RULE`). That large
sums need a second officer is practice of well-run tills.
"""

import dataclasses
import enum
from collections.abc import Sequence

# What stands where a decision names no basis, in Vietnamese and English.
NO_RULE = ("chưa có quy định chung", "no general rule was found")


class Cause(enum.StrEnum):
    """Why there is something to decide."""

    REFUSED = "refused"  # refused at reception, state 3
    REJECTED = "rejected"  # refused after appraisal, state 8
    STOPPED = "stopped"  # stopped by the office, state 8
    WITHDRAWN = "withdrawn"  # stopped as the citizen asked, state 8
    OFFICER = "officer"  # an officer wants to give back a large sum


BY_MOVE = {
    "refuse": Cause.REFUSED,
    "recall_reception": Cause.REFUSED,
    "reject": Cause.REJECTED,
    "stop": Cause.STOPPED,
    "accept_withdrawal": Cause.WITHDRAWN,
}


class State(enum.StrEnum):
    """How far a decision is."""

    OPEN = "open"  # a cashier has to decide
    PROPOSED = "proposed"  # one officer said yes to a large sum; a second one has to
    GRANTED = "granted"  # the refunds were ordered
    FAILED = "failed"  # one of them did not arrive, and nothing stands for it yet
    PAID_BACK = "paid_back"  # all of them arrived, or were paid out
    DECLINED = "declined"  # the fee stays
    WITHDRAWN = "withdrawn"  # overtaken, or the second officer said no to what one had proposed


LIVE = frozenset({State.OPEN, State.PROPOSED})


class By(enum.StrEnum):
    """Whose move it is."""

    CASHIER = "cashier"
    SECOND = "second"  # a cashier or approver who did not propose it
    ANY = "any"  # a cashier or approver
    SYSTEM = "system"


@dataclasses.dataclass(frozen=True)
class Edge:
    move: str
    start: State | None
    end: State
    by: By


S = State
EDGES: tuple[Edge, ...] = (
    Edge("open", None, S.OPEN, By.SYSTEM),
    Edge("propose", None, S.PROPOSED, By.CASHIER),
    Edge("grant", S.OPEN, S.GRANTED, By.CASHIER),
    Edge("propose", S.OPEN, S.PROPOSED, By.CASHIER),  # a grant above the limit
    Edge("decline", S.OPEN, S.DECLINED, By.CASHIER),
    Edge("confirm", S.PROPOSED, S.GRANTED, By.SECOND),
    Edge("send_back", S.PROPOSED, S.OPEN, By.ANY),
    Edge("cancel", S.PROPOSED, S.WITHDRAWN, By.ANY),  # `send_back` of what no dossier's end opened
    Edge("overtake", S.PROPOSED, S.WITHDRAWN, By.SYSTEM),
    Edge("pay_back", S.GRANTED, S.PAID_BACK, By.SYSTEM),
    Edge("fail", S.GRANTED, S.FAILED, By.SYSTEM),
    Edge("fail", S.PAID_BACK, S.FAILED, By.SYSTEM),  # it came back days later
    Edge("send_anew", S.FAILED, S.GRANTED, By.SYSTEM),
    Edge("pay_back", S.FAILED, S.PAID_BACK, By.SYSTEM),  # it was paid out by hand
)
# What an officer may send; which edge it takes is decided by the sum and the cause.
MOVES = ("grant", "decline", "confirm", "send_back")


def edge(start: State | None, move: str) -> Edge | None:
    """Return the edge that `move` takes from `start`; None when there is none."""
    for one in EDGES:
        if (one.start, one.move) == (start, move):
            return one
    return None


def resolved(move: str, *, amount_vnd: int, limit_vnd: int, cause: Cause) -> str:
    """Return which move of the table an officer's move is.

    A grant above the limit is a proposal; sending back what an officer proposed on their own leaves
    nothing to decide, so it is cancelled.
    """
    if move == "grant" and amount_vnd > limit_vnd:
        return "propose"
    if move == "send_back" and cause == Cause.OFFICER:
        return "cancel"
    return move


def offered(
    state: State, *, cause: Cause, cashier: bool, decides: bool, proposed_it: bool
) -> tuple[str, ...]:
    """Return the moves that somebody may make now.

    Shape: decides says cashier or approver; proposed_it, that the proposal is their own.
    """
    hands = {
        By.CASHIER: cashier,
        By.SECOND: decides and not proposed_it,
        By.ANY: decides,
        By.SYSTEM: False,
    }
    found = []
    for move in MOVES:
        taken = edge(state, resolved(move, amount_vnd=0, limit_vnd=0, cause=cause))
        if taken is not None and hands[taken.by]:
            found.append(move)
    return tuple(found)


def follow(refunds: Sequence[tuple[str, bool]]) -> State:
    """Return what became of a granted decision.

    Shape: refunds are the states of those in force, and whether one arrived; raw payment words.
    """
    if any(state == "failed" for state, _ in refunds):
        return State.FAILED
    if all(arrived for _, arrived in refunds):
        return State.PAID_BACK
    return State.GRANTED


def share(amount_vnd: int, kept: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return how much of a sum is taken from each payment: the oldest first, none beyond its own.

    Shape: kept holds payment and refundable sum. Errors: ValueError for more than there is.
    """
    parts, left = [], amount_vnd
    for payment_id, refundable in kept:
        part = min(left, refundable)
        if part > 0:
            parts.append((payment_id, part))
            left -= part
    if left:
        raise ValueError("more than is kept")
    return parts


class Shown(enum.StrEnum):
    """How far it is, for the citizen."""

    BEING_DECIDED = "being_decided"
    GRANTED = "granted"
    DECLINED = "declined"
    PAID_BACK = "paid_back"
    LOOKED_INTO = "looked_into"


SHOWN = {
    State.OPEN: Shown.BEING_DECIDED,
    State.PROPOSED: Shown.BEING_DECIDED,
    State.GRANTED: Shown.GRANTED,
    State.FAILED: Shown.LOOKED_INTO,
    State.PAID_BACK: Shown.PAID_BACK,
    State.DECLINED: Shown.DECLINED,
}
# In Vietnamese and English.
TEXTS = {
    Shown.BEING_DECIDED: (
        "Cơ quan đang xem xét việc hoàn lại khoản đã nộp",
        "The agency decides whether what was paid goes back",
    ),
    Shown.GRANTED: ("Khoản hoàn đang trên đường về", "The refund is on its way"),
    Shown.DECLINED: ("Khoản đã nộp không được hoàn", "What was paid does not go back"),
    Shown.PAID_BACK: ("Khoản hoàn đã về tới bạn", "The refund arrived"),
    Shown.LOOKED_INTO: (
        "Khoản hoàn chưa về được; cơ quan đang xử lý, bạn không phải làm gì",
        "The refund did not arrive; the agency is looking into it, nothing is needed from you",
    ),
}
CAUSES = {
    Cause.REFUSED: (
        "Hồ sơ không được tiếp nhận sau khi đã nộp phí",
        "The dossier was refused at reception after the fee was paid",
    ),
    Cause.REJECTED: (
        "Hồ sơ bị từ chối giải quyết sau khi đã nộp phí",
        "The dossier was refused after the fee was paid",
    ),
    Cause.STOPPED: (
        "Hồ sơ dừng giải quyết sau khi đã nộp phí",
        "The dossier was stopped after the fee was paid",
    ),
    Cause.WITHDRAWN: (
        "Hồ sơ dừng theo yêu cầu rút sau khi đã nộp phí",
        "The dossier was withdrawn after the fee was paid",
    ),
    Cause.OFFICER: ("Cán bộ đề nghị hoàn", "An officer proposes to give it back"),
}
