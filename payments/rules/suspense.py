"""Money that came and does not fit what is owed: what became of it, and what may be done. Pure."""

import dataclasses
import enum
from datetime import datetime


class Suspense(enum.StrEnum):
    """How far an item is."""

    OPEN = "open"  # nobody decided anything yet
    KEPT = "kept"  # an officer looked: to be decided, with a note
    RETURNING = "returning"  # nothing is left to decide, a part is on its way back
    CLOSED = "closed"  # every đồng was allotted or arrived back


class Reason(enum.StrEnum):
    """Why money is held apart. The first four and the last two put an attempt into review."""

    AMOUNT_DIFFERS = "amount_differs"  # more or less than what is owed
    CURRENCY_DIFFERS = "currency_differs"  # not đồng: no ledger account can hold it
    PAID_TWICE = "paid_twice"  # what is owed was paid already
    PAID_AFTER_CANCEL = "paid_after_cancel"  # nobody asks for it any more
    WRONG_ACCOUNT = "wrong_account"  # a known reference, sent to another account of the city's
    SECOND_TRANSFER = "second_transfer"  # one more transfer under a reference that was used
    NO_REFERENCE = "no_reference"  # the text names none, or none that checks
    SEVERAL_REFERENCES = "several_references"  # the text names more than one
    UNKNOWN_REFERENCE = "unknown_reference"  # it checks, and was never given out
    SUSPECTED_FRAUD = "suspected_fraud"  # the provider took it and doubts it
    BANK_REVERSAL = "bank_reversal"  # the payer's bank took it back, so says the provider


class Move(enum.StrEnum):
    """What an officer may do with an item."""

    GIVE_BACK = "give_back"  # the whole, or what is left of it, to whoever sent it
    ALLOT = "allot"  # to what is owed to the same agency
    KEEP = "keep"  # to be decided; the note says why
    CLOSE = "close"  # was set right at the provider itself: these books hold nothing of it


# From which states each move leads on.
ALLOWED = {
    Move.GIVE_BACK: frozenset({Suspense.OPEN, Suspense.KEPT}),
    Move.ALLOT: frozenset({Suspense.OPEN, Suspense.KEPT}),
    Move.KEEP: frozenset({Suspense.OPEN, Suspense.KEPT}),
    Move.CLOSE: frozenset({Suspense.OPEN, Suspense.KEPT}),
}


@dataclasses.dataclass(frozen=True)
class Sums:
    """An item in đồng: what came, and the three ways out of it."""

    received_vnd: int
    allotted_vnd: int = 0
    returning_vnd: int = 0
    returned_vnd: int = 0

    @property
    def left_vnd(self) -> int:
        """What is still to be decided on."""
        return self.received_vnd - self.allotted_vnd - self.returning_vnd - self.returned_vnd


def state(before: Suspense, sums: Sums, *, kept: bool = False) -> Suspense:
    """Return the state that follows from the sums. A return that failed opens the item again.

    An item of nothing (another currency) has no sums to follow: it stays until it is closed.
    """
    if sums.left_vnd > 0 or sums.received_vnd == 0:
        if kept:
            return Suspense.KEPT
        return before if before in ALLOWED[Move.KEEP] else Suspense.OPEN
    return Suspense.RETURNING if sums.returning_vnd else Suspense.CLOSED


@dataclasses.dataclass(frozen=True)
class Credit:
    """One line of a bank's statement: money that came to an account. Units: whole đồng."""

    transaction_id: str
    account: str
    amount_vnd: int
    currency: str
    text: str
    sender_name: str
    sender_account: str
    made_at: datetime


def apart(reason: str, *, misdirected: bool) -> Reason:
    """Return why a transfer that names a try is held, from the reason of the try's decision.

    None was decided where the try was over: then it is one more transfer under its reference.
    """
    if misdirected:
        return Reason.WRONG_ACCOUNT
    return Reason(reason) if reason else Reason.SECOND_TRANSFER


def shares(lefts: list[int], *, owed_vnd: int) -> list[int] | None:
    """Return what each item gives so that together they make the sum, the first ones first.

    None when they do not make it, or when one of them would give nothing: it was not needed.
    """
    found = []
    missing = owed_vnd
    for left in lefts:
        share = min(left, missing)
        found.append(share)
        missing -= share
    return None if missing or 0 in found else found
