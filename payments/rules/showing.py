"""What the app is told about a payment and an attempt, from what is known."""

import dataclasses
import enum
from collections.abc import Sequence

from payments.rules import states


class Shown(enum.StrEnum):
    """The state in the app. Never "failed" while money may have moved."""

    OWED = "owed"  # nothing is under way
    PENDING = "pending"  # a page is open, or the outcome is not known yet
    DECLINED = "declined"  # the last card was refused; nothing was taken
    EXPIRED = "expired"  # the page closed; the sum is still owed
    REVIEW = "review"  # money came that does not fit; a person looks at it
    PAID = "paid"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    FREE = "free"


_ATTEMPT = {
    states.Attempt.CREATED: Shown.PENDING,
    states.Attempt.CALLING: Shown.PENDING,
    states.Attempt.OPEN: Shown.PENDING,
    states.Attempt.UNKNOWN: Shown.PENDING,
    states.Attempt.PAID: Shown.PAID,
    states.Attempt.DECLINED: Shown.DECLINED,
    states.Attempt.EXPIRED: Shown.EXPIRED,
    states.Attempt.CANCELLED: Shown.CANCELLED,
    states.Attempt.REVIEW: Shown.REVIEW,
    states.Attempt.RESOLVED: Shown.CANCELLED,
}
_PAYMENT = {
    states.Payment.PAID: Shown.PAID,
    states.Payment.REFUNDED: Shown.REFUNDED,
    states.Payment.CANCELLED: Shown.CANCELLED,
    states.Payment.FREE: Shown.FREE,
}


@dataclasses.dataclass(frozen=True)
class Try:
    """One attempt as far as showing goes. `reason` is the last decline code of its page."""

    state: states.Attempt
    reason: str


def attempt(shown: Try) -> Shown:
    """Return what the app is told about one attempt: an open page may have refused a card."""
    if shown.state == states.Attempt.OPEN and shown.reason:
        return Shown.DECLINED
    return _ATTEMPT[shown.state]


def payment(state: states.Payment, tries: Sequence[Try]) -> Shown:
    """Return what the app is told about a payment. Shape: tries are oldest first."""
    if state != states.Payment.OWED:
        return _PAYMENT[state]
    if any(one.state == states.Attempt.REVIEW for one in tries):
        return Shown.REVIEW
    if not tries:
        return Shown.OWED
    active = [one for one in tries if one.state in states.ACTIVE_ATTEMPTS]
    last = attempt(active[0] if active else tries[-1])
    return Shown.OWED if last == Shown.CANCELLED else last


def may_pay(shown: Shown) -> bool:
    """Return whether the app may offer to pay: also while a page is open, to open it again."""
    return shown in {Shown.OWED, Shown.PENDING, Shown.DECLINED, Shown.EXPIRED}


def checkout(tries: Sequence[Try]) -> Shown:
    """Return what the app is told about a page for several dues; they part only at the end.

    Shape: tries are those of the page, the one that opened it first.
    """
    told = [attempt(one) for one in tries]
    return Shown.REVIEW if Shown.REVIEW in told else told[0]
