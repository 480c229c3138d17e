"""Money held apart: every line of a bank's statement is kept and booked, what fits nothing waits.

The officers' decisions are in `suspense_moves`; here is what opens an item and what follows when
its sums change.
"""

import logging
from datetime import datetime

from citizens.actions import inbox
from common import db
from payments import ledger
from payments.models import (
    Attempt,
    BankAccount,
    BankCredit,
    BankTransfer,
    Payment,
    SuspenseItem,
)
from payments.rules import money, states, suspense, telling, vietqr

logger = logging.getLogger(__name__)

BATCH = 100
# Who works off what came to an account that no table names: the city's own centre.
NOBODYS = "ttpvhcc"


def attempt_of(credit: suspense.Credit) -> tuple[str | None, suspense.Reason]:
    """Return the try that a transfer's text names; without one, why there is none."""
    named = vietqr.references_in(credit.text)
    if len(named) != 1:
        several = suspense.Reason.SEVERAL_REFERENCES if named else suspense.Reason.NO_REFERENCE
        return None, several
    found = BankTransfer.objects.filter(reference=named.pop()).values_list("attempt_id", flat=True)
    return found.first(), suspense.Reason.UNKNOWN_REFERENCE


@db.transaction_required
def keep(
    credit: suspense.Credit, *, attempt: Attempt | None, now: datetime
) -> tuple[BankCredit, bool]:
    """Keep one line of the statement; return it and whether it is new. A twin waits for this one.

    What arrived under a reference is counted with it.
    """
    row, fresh = BankCredit.objects.get_or_create(
        transaction_id=credit.transaction_id,
        defaults={
            "account": credit.account,
            "amount_vnd": credit.amount_vnd,
            "text": credit.text,
            "sender_name": credit.sender_name,
            "sender_account": credit.sender_account,
            "attempt": attempt,
            "made_at": credit.made_at,
            "taken_at": now,
        },
    )
    if fresh and attempt is not None:
        transfer = db.lock(BankTransfer.objects.filter(attempt=attempt)).first()
        if transfer is not None:
            transfer.arrived_vnd += credit.amount_vnd
            transfer.save(update_fields=["arrived_vnd"])
    return row, fresh


@db.transaction()
def hold_unmatched(*, credit: suspense.Credit, reason: suspense.Reason, now: datetime) -> None:
    """Book a transfer that names no try into the suspense of the account's agency. Runs twice."""
    row, fresh = keep(credit, attempt=None, now=now)
    if fresh:
        hold(row, payment=None, attempt=None, reason=reason, now=now)


@db.transaction_required
def hold(
    row: BankCredit,
    *,
    payment: Payment | None,
    attempt: Attempt | None,
    reason: suspense.Reason,
    now: datetime,
) -> SuspenseItem:
    """Book a fresh line into suspense, open its item, tell the citizen. Payment and try are locked.

    The money is worked off by whose account it came to.
    """
    ours = payment is not None and attempt is not None and row.account == attempt.account
    agency = payment.agency_code if ours and payment is not None else _agency_of(row.account)
    ledger.post(
        f"suspense:vietqr:{row.transaction_id}",
        debit=money.bank(row.account),
        credit=money.suspense(agency),
        amount_vnd=row.amount_vnd,
        payment=payment,
        attempt=attempt,
        settlement_id=row.transaction_id,
        now=now,
    )
    item = SuspenseItem.objects.create(
        agency_code=agency,
        credit=row,
        attempt=attempt,
        reason=reason.value,
        state=suspense.Suspense.OPEN.value,
        received_vnd=row.amount_vnd,
        created_at=now,
    )
    logger.error("suspense %s waits for an officer: %s", item.id, reason.value)
    _review_again(attempt)
    if payment is not None:
        tell(
            payment,
            telling.held(
                reason,
                title=payment.title,
                came_vnd=row.amount_vnd,
                owed_vnd=payment.amount_vnd,
            ),
            key=f"held:{item.id}",
            now=now,
        )
    return item


def _agency_of(account: str) -> str:
    """Return whose account it is; one that was replaced still has the tries that showed it."""
    known = BankAccount.objects.filter(number=account).values_list("agency_code", flat=True)
    shown = (
        Attempt.objects.filter(account=account)
        .order_by("-created_at", "-id")
        .values_list("payment__agency_code", flat=True)
    )
    return known.first() or shown.first() or NOBODYS


@db.transaction_required
def open_review(payment: Payment, attempt: Attempt, *, now: datetime) -> SuspenseItem:
    """Put the money of a card's attempt in review before an officer. Both rows are locked."""
    item, _ = SuspenseItem.objects.get_or_create(
        attempt=attempt,
        credit=None,
        defaults={
            "agency_code": payment.agency_code,
            "reason": attempt.reason,
            "state": suspense.Suspense.OPEN.value,
            "received_vnd": attempt.received_vnd,
            "returning_vnd": attempt.refunding_vnd,
            "returned_vnd": attempt.refunded_vnd,
            "created_at": attempt.settled_at or now,
        },
    )
    return item


@db.transaction_required
def refund_moved(attempt: Attempt, *, returning: int, returned: int, now: datetime) -> None:
    """Follow a card's refund out of suspense. The payment and the attempt are locked."""
    item = db.lock(SuspenseItem.objects.filter(attempt=attempt, credit=None)).first()
    if item is not None:
        shift(item, attempt, returning=returning, returned=returned, now=now)


@db.transaction_required
def held(attempt: Attempt, *, if_unlisted: int) -> int:
    """Return what of a card's money is still to be decided on. The payment and try are locked."""
    item = db.lock(SuspenseItem.objects.filter(attempt=attempt, credit=None)).first()
    return if_unlisted if item is None else item.left_vnd


@db.transaction_required
def shift(
    item: SuspenseItem,
    attempt: Attempt | None,
    *,
    now: datetime,
    allotted: int = 0,
    returning: int = 0,
    returned: int = 0,
) -> None:
    """Change an item's sums and let its state follow; the item and its attempt are locked.

    When nothing of an attempt is held any more, its review is over; it begins anew when what was
    sent back comes back.
    """
    item.allotted_vnd += allotted
    item.returning_vnd += returning
    item.returned_vnd += returned
    item.state = suspense.state(suspense.Suspense(item.state), item.sums).value
    _save(item, attempt, now)


@db.transaction_required
def close(item: SuspenseItem, attempt: Attempt | None, *, now: datetime) -> None:
    """Close an item that holds nothing in these books. The item and its attempt are locked."""
    item.state = suspense.Suspense.CLOSED.value
    _save(item, attempt, now)


def _save(item: SuspenseItem, attempt: Attempt | None, now: datetime) -> None:
    closed = item.state == suspense.Suspense.CLOSED
    item.closed_at = (item.closed_at or now) if closed else None
    item.save()
    if not closed:
        _review_again(attempt)
        return
    if attempt is None or attempt.state != states.Attempt.REVIEW:
        return
    if SuspenseItem.objects.filter(attempt=attempt, closed_at=None).exists():
        return
    states.check_attempt(states.Attempt.REVIEW, states.Attempt.RESOLVED)
    attempt.state = states.Attempt.RESOLVED.value
    attempt.save(update_fields=["state"])
    release(attempt)


def _review_again(attempt: Attempt | None) -> None:
    """Put a try whose review was over before an officer again: money of it is held anew."""
    if attempt is None or attempt.state != states.Attempt.RESOLVED:
        return
    states.check_attempt(states.Attempt.RESOLVED, states.Attempt.REVIEW)
    attempt.state = states.Attempt.REVIEW.value
    attempt.save(update_fields=["state"])


@db.transaction_required
def release(opener: Attempt) -> None:
    """End the review of the other dues of a page whose money, held in one place, was decided on.

    They stay owed, and may be paid anew. The opener is locked.
    """
    others = Attempt.objects.filter(
        paid_with=opener, state=states.Attempt.REVIEW.value, received_vnd=0
    )
    for other in db.lock(others.order_by("id")):
        states.check_attempt(states.Attempt.REVIEW, states.Attempt.RESOLVED)
        other.state = states.Attempt.RESOLVED.value
        other.save(update_fields=["state"])


@db.transaction_required
def tell(payment: Payment, words: telling.Words, *, key: str, now: datetime) -> None:
    """Write to whoever owes or owed a payment; the same key says it once."""
    inbox.notify(
        citizen_id=payment.citizen_id,
        kind="payment_review",
        title_vi=words.title_vi,
        body_vi=words.body_vi,
        title_en=words.title_en,
        body_en=words.body_en,
        reference=payment.reference,
        dedupe_key=key[:100],
        now=now,
    )


@db.durable
def sweep(*, now: datetime) -> int:
    """Open the items that reviews of before this list lack; return how many."""
    lacking = (
        Attempt.objects.filter(state=states.Attempt.REVIEW.value, items=None)
        .exclude(paid_with__isnull=False, received_vnd=0)
        .order_by("id")
        .values_list("id", "payment_id")[:BATCH]
    )
    found = list(lacking)
    for attempt_id, payment_id in found:
        with db.transaction():
            payment = db.lock(Payment.objects.filter(id=payment_id)).get()
            attempt = db.lock(Attempt.objects.filter(id=attempt_id)).get()
            if attempt.state == states.Attempt.REVIEW:
                item = open_review(payment, attempt, now=now)
                shift(item, attempt, now=now)
    return len(found)
