"""A payer's bank takes money back and decides later (khiếu nại giao dịch): states and moves.

The citizen's payment stays paid throughout: they did pay, and what their bank and the provider
settle between themselves is the agency's loss or not.
"""

import dataclasses
import enum
from datetime import datetime


class State(enum.StrEnum):
    """What is known of one dispute."""

    INQUIRY = "inquiry"  # the bank asks; no money moved
    OPEN = "open"  # the money was withdrawn; the bank has not decided
    WON = "won"  # the bank decided for the agency; the money comes back
    LOST = "lost"  # the bank decided for the payer; the money stays away
    CLOSED = "closed"  # it ended before any money moved


@dataclasses.dataclass(frozen=True)
class Edge:
    start: State | None
    end: State
    why: str


EDGES: tuple[Edge, ...] = (
    *(Edge(None, state, "the provider tells of it for the first time") for state in State),
    Edge(State.INQUIRY, State.OPEN, "the inquiry became a dispute"),
    Edge(State.INQUIRY, State.CLOSED, "the inquiry ended"),
    Edge(State.INQUIRY, State.WON, "it became a dispute and was decided, unheard of here"),
    Edge(State.INQUIRY, State.LOST, "it became a dispute and was decided, unheard of here"),
    Edge(State.OPEN, State.WON, "the bank decided for the agency"),
    Edge(State.OPEN, State.LOST, "the bank decided for the payer, or nobody answered in time"),
    Edge(State.OPEN, State.CLOSED, "the payer took it back"),
    # Banks do turn their decisions round; the provider's word is followed, each time on record.
    Edge(State.LOST, State.WON, "the bank turned its decision round"),
    Edge(State.WON, State.LOST, "the bank turned its decision round"),
)
RUNNING = frozenset({State.INQUIRY, State.OPEN})
_KNOWN = {(edge.start, edge.end) for edge in EDGES}


@dataclasses.dataclass(frozen=True)
class Line:
    """One movement on the provider's statement. Units: whole đồng; withdrawn is negative.

    The fee is positive when the provider kept it, negative when it gave it back.
    """

    line_id: str
    amount_vnd: int
    fee_vnd: int
    currency: str


@dataclasses.dataclass(frozen=True)
class Fact:
    """What the provider said of a dispute when it was asked, normalised."""

    dispute_id: str
    state: State
    amount_vnd: int
    currency: str
    reason: str = ""
    intent_id: str = ""
    charge_id: str = ""
    attempt_id: str = ""
    answer_by: datetime | None = None
    lines: tuple[Line, ...] = ()


def move(start: State | None, said: State) -> State | None:
    """Return the state that follows; None when nothing changes or the word is an older one."""
    return said if said != start and (start, said) in _KNOWN else None


def stands_away(state: State, *, withdrawn_vnd: int, returned_vnd: int) -> bool:
    """Return whether money of the payment is with the payer's bank now, or may be soon."""
    return state == State.OPEN or withdrawn_vnd > returned_vnd
