"""The states of a payment, an attempt and a refund, and every move between them, as tables.

A move that is not listed does not exist. `None` as a start is the birth of the row. Each edge says
what happened in the world.
"""

import dataclasses
import enum
from collections.abc import Iterable
from typing import Generic, TypeVar


class Payment(enum.StrEnum):
    """What became of a sum that a citizen owes."""

    OWED = "owed"  # nobody paid it yet
    FREE = "free"  # the total is zero: there was nothing to pay
    PAID = "paid"  # the provider holds the whole sum for the agency
    CANCELLED = "cancelled"  # the agency no longer asks for it
    REFUNDED = "refunded"  # the whole sum went back


class Attempt(enum.StrEnum):
    """What is known of one try to pay at one provider."""

    CREATED = "created"  # stored with its key; the provider has not been called
    CALLING = "calling"  # the provider is being called; a crash may have hidden its answer
    OPEN = "open"  # the provider's page waits for the payer
    UNKNOWN = "unknown"  # no answer, or one that says nothing: money may or may not move
    PAID = "paid"  # the provider has the money, the right sum, and it is booked
    DECLINED = "declined"  # the provider says this try is over and took nothing
    EXPIRED = "expired"  # the page closed before anybody paid
    CANCELLED = "cancelled"  # closed on request, or refused by the provider before it began
    REVIEW = "review"  # money came that does not fit what is owed: a person decides
    RESOLVED = "resolved"  # every đồng of it was given back or allotted, by rule or by an officer


class Refund(enum.StrEnum):
    """What is known of money on its way back."""

    REQUESTED = "requested"  # stored with its key, the sum set aside; the provider is not called
    CALLING = "calling"  # the provider is being called
    UNKNOWN = "unknown"  # no answer: it may or may not have been executed
    PENDING = "pending"  # the provider took the order, the money is on its way
    SUCCEEDED = "succeeded"  # the provider says that it arrived
    FAILED = "failed"  # it did not arrive, or came back days later


S = TypeVar("S", bound=enum.StrEnum)


@dataclasses.dataclass(frozen=True)
class Edge(Generic[S]):
    start: S | None
    end: S
    why: str


def _edges(end: S, starts: Iterable[S | None], why: str) -> list[Edge[S]]:
    return [Edge(start, end, why) for start in starts]


PAYMENT_EDGES: tuple[Edge[Payment], ...] = (
    Edge(None, Payment.OWED, "a dossier was submitted with a known fee"),
    Edge(None, Payment.FREE, "the quote adds up to nothing"),
    Edge(Payment.OWED, Payment.PAID, "the provider confirmed the whole sum"),
    Edge(Payment.OWED, Payment.CANCELLED, "the agency stopped asking"),
    Edge(Payment.PAID, Payment.CANCELLED, "what a cashier recorded was reversed on the same day"),
    Edge(Payment.PAID, Payment.REFUNDED, "everything captured went back"),
    Edge(Payment.REFUNDED, Payment.PAID, "a refund failed after it had succeeded"),
)

_LIVE = (Attempt.CALLING, Attempt.OPEN, Attempt.UNKNOWN)
# Note [Late success]
# A provider may report money after it, or this side, called the try over. Refusing it would keep a
# citizen's money without a trace, so these three states can still be left, upward only.
_OVER = (Attempt.DECLINED, Attempt.EXPIRED, Attempt.CANCELLED)

# Note [Held apart]
# What a provider says never moves a review: asked again it would say the same, and the money would
# be booked twice. It ends when what is held in suspense is allotted or arrives back, as an officer
# or a rule decided; what then comes back from the payer's bank begins it anew.
ATTEMPT_EDGES: tuple[Edge[Attempt], ...] = (
    Edge(None, Attempt.CREATED, "a citizen asked to pay"),
    Edge(
        None,
        Attempt.PAID,
        "a cashier took the money, or an officer allotted a transfer that named no try of this due",
    ),
    *_edges(Attempt.CALLING, (Attempt.CREATED, Attempt.UNKNOWN), "the provider is called"),
    *_edges(Attempt.OPEN, (Attempt.CALLING, Attempt.UNKNOWN), "the provider gave a page"),
    *_edges(Attempt.UNKNOWN, (Attempt.CALLING,), "the provider's answer was lost"),
    *_edges(Attempt.PAID, _LIVE, "the provider has the money"),
    *_edges(Attempt.PAID, _OVER, "late success, see Note [Late success]"),
    *_edges(Attempt.REVIEW, _LIVE, "money came that does not fit"),
    *_edges(Attempt.REVIEW, _OVER, "late money that does not fit"),
    *_edges(Attempt.DECLINED, _LIVE, "the provider says nothing was taken"),
    *_edges(Attempt.EXPIRED, _LIVE, "the page closed unpaid"),
    *_edges(Attempt.CANCELLED, (Attempt.CREATED, *_LIVE), "closed, or refused before it began"),
    # Edges of held money: see Note [Held apart].
    Edge(Attempt.REVIEW, Attempt.PAID, "an officer allotted the money that had come to the due"),
    Edge(
        Attempt.REVIEW, Attempt.RESOLVED, "nothing of the money that did not fit is held any more"
    ),
    Edge(
        Attempt.RESOLVED,
        Attempt.REVIEW,
        "money of it is held anew: returned to us, or more came",
    ),
)

_UNSETTLED = (Refund.CALLING, Refund.UNKNOWN)
REFUND_EDGES: tuple[Edge[Refund], ...] = (
    Edge(None, Refund.REQUESTED, "an officer, or a rule, gives money back"),
    *_edges(Refund.CALLING, (Refund.REQUESTED, Refund.UNKNOWN), "the provider is called"),
    *_edges(Refund.UNKNOWN, (Refund.CALLING,), "the provider's answer was lost"),
    *_edges(Refund.PENDING, _UNSETTLED, "the provider took the order"),
    *_edges(Refund.SUCCEEDED, (*_UNSETTLED, Refund.PENDING), "the money arrived"),
    *_edges(Refund.FAILED, (*_UNSETTLED, Refund.PENDING), "the provider did not execute it"),
    Edge(Refund.SUCCEEDED, Refund.FAILED, "the payer's bank sent it back days later"),
    Edge(None, Refund.SUCCEEDED, "a cashier paid out what a failed refund owes, past the provider"),
)

# Only one of these may exist for a payment: the payer must not have two pages open.
ACTIVE_ATTEMPTS = frozenset({Attempt.CREATED, *_LIVE})
# No word of a provider leaves these.
TERMINAL_ATTEMPTS = frozenset({Attempt.PAID, Attempt.REVIEW, Attempt.RESOLVED})
# What becomes of money held apart: no word of a provider's about the try moves these.
DECIDED_BY_OFFICERS = frozenset(
    {
        (Attempt.REVIEW, Attempt.PAID),
        (Attempt.REVIEW, Attempt.RESOLVED),
        (Attempt.RESOLVED, Attempt.REVIEW),
        (None, Attempt.PAID),
    }
)
OPEN_REFUNDS = frozenset({Refund.REQUESTED, *_UNSETTLED, Refund.PENDING})

_PAYMENT = {(edge.start, edge.end) for edge in PAYMENT_EDGES}
_ATTEMPT = {(edge.start, edge.end) for edge in ATTEMPT_EDGES}
_REFUND = {(edge.start, edge.end) for edge in REFUND_EDGES}


class EdgeMissing(ValueError):
    """A state was about to move where no edge leads: a bug, never an expected refusal."""


def check_payment(start: Payment | None, end: Payment) -> None:
    """Refuse a move of a payment that the table lacks. Errors: EdgeMissing."""
    if (start, end) not in _PAYMENT:
        raise EdgeMissing(f"payment {start} -> {end}")


def check_attempt(start: Attempt | None, end: Attempt) -> None:
    """Refuse a move of an attempt that the table lacks. Errors: EdgeMissing."""
    if (start, end) not in _ATTEMPT:
        raise EdgeMissing(f"attempt {start} -> {end}")


def check_refund(start: Refund | None, end: Refund) -> None:
    """Refuse a move of a refund that the table lacks. Errors: EdgeMissing."""
    if (start, end) not in _REFUND:
        raise EdgeMissing(f"refund {start} -> {end}")
