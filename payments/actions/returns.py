"""Sending a bank transfer back: an order to the bank under a stored reference, then its outcome."""

import logging
from datetime import datetime, timedelta

from common import db, ids, jobs
from common.errors import OutsideError
from payments import ledger
from payments.actions import suspense
from payments.models import Attempt, BankReturn, Payment, SuspenseItem
from payments.providers import base, registry
from payments.rules import money, settling, states, telling

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


@db.transaction_required
def order(
    item: SuspenseItem, attempt: Attempt | None, *, amount_vnd: int, now: datetime
) -> BankReturn:
    """Set a part of an item aside to go back. The item and its attempt are locked."""
    states.check_refund(None, states.Refund.REQUESTED)
    made = BankReturn.objects.create(
        item=item,
        amount_vnd=amount_vnd,
        state=states.Refund.REQUESTED.value,
        bank_key=ids.new("key"),
        next_check_at=now + LEASE,
        created_at=now,
    )
    suspense.shift(item, attempt, returning=amount_vnd, now=now)
    _post(
        made,
        "refund",
        debit=money.suspense(item.agency_code),
        credit=money.refund_payable(item.agency_code),
        now=now,
    )
    jobs.enqueue("payments.apply_return", return_id=made.id)
    return made


@db.durable
def apply(*, return_id: str, now: datetime) -> None:
    """Tell the bank to send the money, or ask how far it is. Every step may run twice.

    Errors: OutsideError when the bank gave no answer; the next try is already planned.
    """
    prepared = _prepare(return_id, now)
    if prepared is None:
        return
    asked, first = prepared
    bank = registry.bank()
    try:
        fact = bank.refund(asked) if first else bank.fetch_refund(asked, now=now)
    except base.Refused as refusal:
        if refusal.status in {401, 403}:
            _postpone(return_id, now)
            raise
        fact = settling.RefundFact(settling.RefundOutcome.FAILED, failure_code=refusal.code)
    except OutsideError:
        _postpone(return_id, now)
        raise
    apply_fact(return_id=return_id, fact=fact, now=now)


def _prepare(return_id: str, now: datetime) -> tuple[base.RefundOrder, bool] | None:
    with db.transaction():
        found = db.lock(
            BankReturn.objects.select_related("item__credit").filter(id=return_id)
        ).first()
        if found is None or states.Refund(found.state) not in states.OPEN_REFUNDS:
            return None
        first = found.state == states.Refund.REQUESTED
        if first or found.state == states.Refund.UNKNOWN:
            states.check_refund(states.Refund(found.state), states.Refund.CALLING)
            found.state = states.Refund.CALLING.value
            found.called_at = found.called_at or now
        found.next_check_at = now + LEASE
        found.save(update_fields=["state", "called_at", "next_check_at"])
        credit = found.item.credit
        assert credit is not None  # noqa: S101 - only a bank's credit is sent back this way
        asked = base.RefundOrder(
            refund_id=found.id,
            payment_id="",
            key=found.bank_key,
            key_made_at=found.created_at,
            amount_vnd=found.amount_vnd,
            intent_id=credit.transaction_id,
            attempt_id=found.item.attempt_id or "",
            attempt_made_at=credit.made_at,
            received_vnd=credit.amount_vnd,
            provider_refund_id=found.bank_transfer_id,
            called_at=found.called_at,
        )
        return asked, first


def _postpone(return_id: str, now: datetime) -> None:
    with db.transaction():
        found = db.lock(BankReturn.objects.filter(id=return_id)).get()
        if found.state == states.Refund.CALLING:
            states.check_refund(states.Refund.CALLING, states.Refund.UNKNOWN)
            found.state = states.Refund.UNKNOWN.value
        found.checks += 1
        found.next_check_at = now + money.next_check(found.checks)
        found.save(update_fields=["state", "checks", "next_check_at"])


@db.transaction()
def apply_fact(*, return_id: str, fact: settling.RefundFact, now: datetime) -> None:
    """Record what the bank said of a transfer back: one decision, its postings, one commit."""
    known = BankReturn.objects.values("item_id", "item__attempt_id", "item__attempt__payment_id")
    names = known.get(id=return_id)
    payment = db.lock(Payment.objects.filter(id=names["item__attempt__payment_id"])).first()
    attempt = db.lock(Attempt.objects.filter(id=names["item__attempt_id"])).first()
    item = db.lock(SuspenseItem.objects.select_related("credit").filter(id=names["item_id"])).get()
    found = db.lock(BankReturn.objects.filter(id=return_id)).get()
    found.item = item
    found.checks += 1
    told = fact.outcome in {settling.RefundOutcome.PENDING, settling.RefundOutcome.SUCCEEDED}
    if told and (fact.amount_vnd, fact.currency) != (found.amount_vnd, money.CURRENCY):
        # Believed in neither direction: it stays as it is until a person has looked.
        logger.error("return %s: the bank names another sum", found.id)
        found.failure_code = "amount_differs"
        found.next_check_at = now + money.next_check(found.checks)
        found.save()
        return
    found.bank_transfer_id = found.bank_transfer_id or fact.refund_id
    before = states.Refund(found.state)
    after = settling.decide_refund(before, fact)
    if after is not None:
        states.check_refund(before, after)
        found.state = after.value
        if after == states.Refund.SUCCEEDED:
            found.settlement_id = fact.settlement_id
            found.succeeded_at = now
            _succeed(found, payment, attempt, now)
        elif after == states.Refund.FAILED:
            found.failure_code = fact.failure_code or "not_executed"
            found.failed_at = now
            _fail(found, attempt, now)
    waiting = states.Refund(found.state) in states.OPEN_REFUNDS
    found.next_check_at = now + money.next_check(found.checks) if waiting else None
    found.save()


def _succeed(
    found: BankReturn, payment: Payment | None, attempt: Attempt | None, now: datetime
) -> None:
    item = found.item
    amount = found.amount_vnd
    assert item.credit is not None  # noqa: S101 - see `_prepare`
    suspense.shift(item, attempt, returning=-amount, returned=amount, now=now)
    _post(
        found,
        "refund_paid",
        debit=money.refund_payable(item.agency_code),
        credit=money.bank(item.credit.account),
        settlement_id=found.settlement_id,
        now=now,
    )
    if payment is not None:
        words = telling.came_back(title=payment.title, amount_vnd=amount)
        suspense.tell(payment, words, key=f"returned:{found.id}", now=now)


def _fail(found: BankReturn, attempt: Attempt | None, now: datetime) -> None:
    """The money never left: it is back in suspense, and before an officer again."""
    item = found.item
    logger.error("return %s was not executed: %s", found.id, found.failure_code)
    suspense.shift(item, attempt, returning=-found.amount_vnd, now=now)
    _post(
        found,
        "refund_released",
        debit=money.refund_payable(item.agency_code),
        credit=money.suspense(item.agency_code),
        now=now,
    )


def _post(
    found: BankReturn,
    what: str,
    *,
    debit: str,
    credit: str,
    now: datetime,
    settlement_id: str = "",
) -> None:
    ledger.post(
        f"{what}:{found.id}",
        debit=debit,
        credit=credit,
        amount_vnd=found.amount_vnd,
        settlement_id=settlement_id,
        now=now,
    )
