"""What a provider's word means for a payment: one pure decision for webhook, poll and sweep."""

import dataclasses
import enum

from payments.rules import states, suspense


class Outcome(enum.StrEnum):
    """What a provider says of one try, in words that every provider has."""

    ABSENT = "absent"  # it never heard of this try
    OPEN = "open"  # it waits for the payer
    PROCESSING = "processing"  # it is moving the money
    PAID = "paid"
    DECLINED = "declined"  # over, nothing taken
    EXPIRED = "expired"  # over by time, nothing taken
    CANCELLED = "cancelled"  # over on request, nothing taken
    SUSPECT = "suspect"  # money was taken and the provider itself doubts it: a person decides


class Posting(enum.StrEnum):
    """Where captured money goes in the ledger."""

    NOTHING = "nothing"
    FEE = "fee"  # to the revenue of the agency
    SUSPENSE = "suspense"  # held apart until a person or a refund resolves it


@dataclasses.dataclass(frozen=True)
class Fact:
    """What the provider said when it was asked, normalised.

    Units: amount_vnd is what was received, not what was ordered; fee_vnd is the provider's own fee.
    """

    outcome: Outcome
    amount_vnd: int = 0
    currency: str = "VND"
    session_id: str = ""
    intent_id: str = ""
    charge_id: str = ""
    settlement_id: str = ""
    fee_vnd: int = 0
    checkout_url: str = ""
    decline_code: str = ""
    request_id: str = ""
    credit: suspense.Credit | None = None  # the line of the bank's statement that says so
    misdirected: bool = False  # the money came to another account than the one shown


def of_credit(credit: suspense.Credit) -> Fact:
    """Return what a line of a bank's statement says of the try that it names."""
    return Fact(
        Outcome.PAID,
        amount_vnd=credit.amount_vnd,
        currency=credit.currency,
        intent_id=credit.transaction_id,
        settlement_id=credit.transaction_id,
        credit=credit,
    )


@dataclasses.dataclass(frozen=True)
class Decision:
    """What follows; `None` leaves a state as it is.

    Units: received_vnd is this due's part of what came, fee_vnd of what the provider kept.
    """

    attempt: states.Attempt | None = None
    payment: states.Payment | None = None
    posting: Posting = Posting.NOTHING
    give_back: bool = False
    reason: str = ""
    received_vnd: int = 0
    fee_vnd: int = 0


UNCHANGED = Decision()

_ENDS = {
    Outcome.ABSENT: states.Attempt.CANCELLED,
    Outcome.DECLINED: states.Attempt.DECLINED,
    Outcome.EXPIRED: states.Attempt.EXPIRED,
    Outcome.CANCELLED: states.Attempt.CANCELLED,
}


def decide(
    attempt: states.Attempt,
    payment: states.Payment,
    *,
    owed_vnd: int,
    fact: Fact,
    closing: bool = False,
    page_vnd: int | None = None,
    opener: bool = True,
) -> Decision:
    """Return what the provider's word changes for one due. A stale word never takes anything back.

    Shape: closing says that this side asked the provider to close the page; page_vnd is what the
    page asks for altogether, when several dues are paid on it; opener is the one of them on which
    the provider's fee, and money that does not fit, are booked.
    """
    if attempt in states.TERMINAL_ATTEMPTS:
        return UNCHANGED
    if fact.outcome == Outcome.PAID:
        return _paid(payment, owed_vnd, owed_vnd if page_vnd is None else page_vnd, opener, fact)
    if fact.outcome == Outcome.SUSPECT:
        in_dong = fact.currency.upper() == "VND" and fact.amount_vnd > 0
        posting = Posting.SUSPENSE if in_dong and opener else Posting.NOTHING
        held = posting == Posting.SUSPENSE
        return Decision(
            attempt=states.Attempt.REVIEW,
            posting=posting,
            received_vnd=fact.amount_vnd if held else 0,
            fee_vnd=fact.fee_vnd if held else 0,
            reason=fact.decline_code or "suspected_fraud",
        )
    if attempt not in states.ACTIVE_ATTEMPTS:
        return UNCHANGED
    if fact.outcome in {Outcome.OPEN, Outcome.PROCESSING}:
        if attempt in {states.Attempt.CALLING, states.Attempt.UNKNOWN}:
            return Decision(attempt=states.Attempt.OPEN)
        return UNCHANGED
    end = _ENDS[fact.outcome]
    if closing and end == states.Attempt.EXPIRED:
        end = states.Attempt.CANCELLED
    reason = fact.decline_code if end == states.Attempt.DECLINED else ""
    return Decision(attempt=end, reason=reason)


def _paid(
    payment: states.Payment, owed_vnd: int, page_vnd: int, opener: bool, fact: Fact
) -> Decision:
    review = states.Attempt.REVIEW
    if fact.currency.upper() != "VND":
        # Not even suspense can hold it: the ledger counts đồng.
        return Decision(attempt=review, reason="currency_differs")
    fee = fact.fee_vnd if opener else 0
    if fact.misdirected:
        return Decision(
            attempt=review,
            posting=Posting.SUSPENSE,
            reason="wrong_account",
            received_vnd=fact.amount_vnd,
            fee_vnd=fee,
        )
    if fact.amount_vnd != page_vnd:
        # Nobody can say which due it was meant for: it is held in one place.
        if opener and fact.amount_vnd > 0:
            return Decision(
                attempt=review,
                posting=Posting.SUSPENSE,
                reason="amount_differs",
                received_vnd=fact.amount_vnd,
                fee_vnd=fee,
            )
        return Decision(attempt=review, reason="amount_differs")
    match payment:
        case states.Payment.OWED:
            return Decision(
                attempt=states.Attempt.PAID,
                payment=states.Payment.PAID,
                posting=Posting.FEE,
                received_vnd=owed_vnd,
                fee_vnd=fee,
            )
        case states.Payment.PAID | states.Payment.REFUNDED:
            reason = "paid_twice"
        case _:
            reason = "paid_after_cancel"
    return Decision(
        attempt=review,
        posting=Posting.SUSPENSE,
        # Whoever transferred by bank is asked by an officer first: no rule sends a transfer back.
        give_back=fact.credit is None,
        reason=reason,
        received_vnd=owed_vnd,
        fee_vnd=fee,
    )


class RefundOutcome(enum.StrEnum):
    """What a provider says of one refund."""

    ABSENT = "absent"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True)
class RefundFact:
    outcome: RefundOutcome
    refund_id: str = ""
    amount_vnd: int = 0
    currency: str = "VND"
    failure_code: str = ""
    settlement_id: str = ""
    request_id: str = ""


_REFUND_ENDS = {
    RefundOutcome.PENDING: states.Refund.PENDING,
    RefundOutcome.SUCCEEDED: states.Refund.SUCCEEDED,
    RefundOutcome.FAILED: states.Refund.FAILED,
}


def decide_refund(refund: states.Refund, fact: RefundFact) -> states.Refund | None:
    """Return the state that the provider's word leads to; `None` leaves it as it is."""
    if fact.outcome == RefundOutcome.ABSENT:
        lost = refund in {states.Refund.CALLING, states.Refund.UNKNOWN}
        return states.Refund.FAILED if lost else None
    end = _REFUND_ENDS[fact.outcome]
    if end == refund or refund == states.Refund.FAILED:
        return None
    if refund == states.Refund.SUCCEEDED and end == states.Refund.PENDING:
        return None
    return end
