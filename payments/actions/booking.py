"""What follows in the books when money is taken: postings, the receipt, the words, closed pages."""

from datetime import datetime

from common import db, jobs
from payments import ledger
from payments.actions import payers, receipts, suspense
from payments.models import Attempt, Payment
from payments.rules import money, settling, states


@db.transaction_required
def post(payment: Payment, attempt: Attempt, posting: settling.Posting, *, now: datetime) -> None:
    """Book one due's part of a charge: its parts together are the line of the statement."""
    source = _source(payment, attempt)
    fee = posting == settling.Posting.FEE
    agency = payment.agency_code
    ledger.post(
        f"{'capture' if fee else 'suspense'}:{attempt.provider}:{source}",
        debit=money.held_at(attempt.provider, attempt.account, payment.agency_code),
        credit=money.revenue(agency) if fee else money.suspense(agency),
        amount_vnd=attempt.received_vnd,
        payment=payment,
        attempt=attempt,
        settlement_id=attempt.settlement_id,
        now=now,
    )
    if attempt.fee_vnd:
        ledger.post(
            f"provider_fee:{attempt.provider}:{source}",
            debit=money.provider_fee(attempt.provider),
            credit=money.clearing(attempt.provider),
            amount_vnd=attempt.fee_vnd,
            payment=payment,
            attempt=attempt,
            settlement_id=attempt.settlement_id,
            now=now,
        )


@db.transaction_required
def settle(payment: Payment, attempt: Attempt, *, now: datetime) -> None:
    """Make a payment paid: the receipt, the announcement and the words commit with it."""
    states.check_payment(states.Payment(payment.state), states.Payment.PAID)
    payment.state = states.Payment.PAID.value
    payment.captured_vnd = payment.amount_vnd
    payment.settled_at = now
    payment.save()
    receipts.issue(payment, attempt, now=now)
    payers.tell(payment, attempt, now=now)
    jobs.enqueue("payments.announce_payment", payment_id=payment.id)


@db.transaction_required
def settle_from_suspense(payment: Payment, attempt: Attempt, *, now: datetime) -> None:
    """Make a due paid by money that is held apart; payment and attempt are locked.

    Shape: attempt is in review, or new and not stored. Of a
    transfer `intent_id` names the allotment: one credit may pay for several dues.
    """
    before = states.Attempt(attempt.state) if attempt.state else None
    states.check_attempt(before, states.Attempt.PAID)
    attempt.state = states.Attempt.PAID.value
    attempt.reason = ""
    attempt.received_vnd = max(attempt.received_vnd, payment.amount_vnd)
    attempt.settled_at = now
    attempt.next_check_at = None
    attempt.save()
    ledger.post(
        f"capture:{attempt.provider}:{_source(payment, attempt)}",
        debit=money.suspense(payment.agency_code),
        credit=money.revenue(payment.agency_code),
        amount_vnd=payment.amount_vnd,
        payment=payment,
        attempt=attempt,
        now=now,
    )
    settle(payment, attempt, now=now)
    suspense.release(attempt)
    close_pages(payment, now=now)


@db.transaction_required
def record_taken(attempt: Attempt, *, now: datetime) -> None:
    """Book the whole sum that a cashier took and settle its due, by the same postings as online.

    The attempt is new and paid, its payment locked and owed. Pages still open are closed; money
    that comes on them later goes back by rule.
    """
    post(attempt.payment, attempt, settling.Posting.FEE, now=now)
    settle(attempt.payment, attempt, now=now)
    close_pages(attempt.payment, now=now)


@db.transaction_required
def close_pages(*payments: Payment, now: datetime) -> None:
    """Ask for every page still open for these payments to be closed; the payments are locked.

    A page on which other dues are paid too closes for all of them: they stay owed.
    """
    active = Attempt.objects.filter(payment__in=payments).active()
    pages = {one.page_id for one in active.only("id", "paid_with_id").order_by("id")}
    for page in db.lock(Attempt.objects.filter(id__in=pages).order_by("id")):
        page.closing = True
        page.next_check_at = now
        page.save(update_fields=["closing", "next_check_at"])
        jobs.enqueue("payments.ask", attempt_id=page.id)


def _source(payment: Payment, attempt: Attempt) -> str:
    """Return one due's own name for a charge; of several dues each but the first adds its own."""
    own = attempt.paid_with_id is not None
    return f"{attempt.reference}:{payment.id}" if own else attempt.reference
