"""Money back: asked for by an officer who says what they believe is left, or by rule."""

import logging
from datetime import datetime, timedelta

from common import db, ids, jobs
from common.errors import NotFound, OutsideError, Refusal
from payments import ledger
from payments.actions import disputes, receipts, suspense
from payments.models import Attempt, Payment, Refund
from payments.providers import base, registry
from payments.rules import money, settling, states

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


class RefundableAmountStale(Refusal):
    code = "refundable_amount_stale"
    status = 412
    title_vi = "Số tiền còn có thể hoàn đã thay đổi"
    title_en = "The amount that can be refunded has changed"
    detail_vi = "Hiện còn hoàn được {refundable_vnd} đồng. Hãy xem lại rồi gửi tiếp."
    detail_en = "{refundable_vnd} đồng can be refunded now. Look again and repeat."
    members = ("refundable_vnd",)


class RefundTooLarge(Refusal):
    code = "refund_too_large"
    status = 409
    title_vi = "Số tiền hoàn lớn hơn số còn có thể hoàn"
    title_en = "The refund is larger than what is left"
    detail_vi = "Chỉ còn hoàn được {refundable_vnd} đồng."
    detail_en = "Only {refundable_vnd} đồng can be refunded."
    members = ("refundable_vnd",)


class RefundKeyReused(Refusal):
    code = "refund_key_reused"
    status = 422
    title_vi = "Khóa hoàn tiền đã dùng cho một số tiền khác"
    title_en = "The refund key was used for another amount"


@db.transaction()
def request(
    *,
    payment_id: str,
    amount_vnd: int,
    expected_refundable_vnd: int,
    reason: str,
    requested_by: str,
    client_key: str,
    now: datetime,
) -> str:
    """Order a refund in a transaction of its own. As `order`."""
    return order(
        payment_id=payment_id,
        amount_vnd=amount_vnd,
        expected_refundable_vnd=expected_refundable_vnd,
        reason=reason,
        requested_by=requested_by,
        client_key=client_key,
        now=now,
    )


@db.transaction_required
def order(
    *,
    payment_id: str,
    amount_vnd: int,
    expected_refundable_vnd: int,
    reason: str,
    requested_by: str,
    client_key: str,
    now: datetime,
) -> str:
    """Set money aside to go back and ask for it to be sent; return the refund's id.

    Repeating it with the same key gives nothing more.

    Errors: NotFound, RefundableAmountStale, RefundTooLarge, RefundKeyReused, PaymentDisputed.
    """
    payment = db.lock(Payment.objects.filter(id=payment_id)).first()
    if payment is None:
        raise NotFound
    known = Refund.objects.filter(payment=payment, client_key=client_key).first()
    if known is not None:
        if known.amount_vnd != amount_vnd:
            raise RefundKeyReused
        return known.id
    disputes.refuse(payment)
    left = money.refundable(
        captured_vnd=payment.captured_vnd,
        refunded_vnd=payment.refunded_vnd,
        refunding_vnd=payment.refunding_vnd,
    )
    if left != expected_refundable_vnd:
        raise RefundableAmountStale(refundable_vnd=left)
    if not 0 < amount_vnd <= left:
        raise RefundTooLarge(refundable_vnd=left)
    attempt = db.lock(
        Attempt.objects.filter(payment=payment, state=states.Attempt.PAID.value)
    ).get()
    payment.refunding_vnd += amount_vnd
    payment.save(update_fields=["refunding_vnd"])
    return set_aside(
        payment,
        attempt,
        Refund.Kind.FEE,
        amount_vnd=amount_vnd,
        reason=reason,
        requested_by=requested_by,
        client_key=client_key,
        now=now,
    ).id


@db.transaction_required
def give_back(
    payment: Payment,
    attempt: Attempt,
    *,
    reason: str,
    now: datetime,
    amount_vnd: int | None = None,
    requested_by: str = "",
    client_key: str = "",
) -> Refund:
    """Send back an attempt's money which nobody asked for: all of it, or the sum that is named.

    Both rows are locked. Without an officer it is a rule that does it.
    """
    return set_aside(
        payment,
        attempt,
        Refund.Kind.SUSPENSE,
        amount_vnd=attempt.received_vnd if amount_vnd is None else amount_vnd,
        reason=reason,
        requested_by=requested_by or f"rule:{reason}",
        client_key=client_key or f"rule:{attempt.id}",
        now=now,
    )


@db.transaction_required
def set_aside(
    payment: Payment,
    attempt: Attempt,
    kind: Refund.Kind,
    *,
    amount_vnd: int,
    reason: str,
    requested_by: str,
    client_key: str,
    now: datetime,
    replaces: Refund | None = None,
) -> Refund:
    """Make a refund, book its money as owed to the payer, and ask for it to be sent.

    The rows are locked, and the payment's own `refunding_vnd` is counted already. An attempt that
    lacks the money is refused by the database.
    """
    states.check_refund(None, states.Refund.REQUESTED)
    if kind == Refund.Kind.SUSPENSE:
        suspense.refund_moved(attempt, returning=amount_vnd, returned=0, now=now)
    attempt.refunding_vnd += amount_vnd
    attempt.save(update_fields=["refunding_vnd"])
    refund = Refund.objects.create(
        payment=payment,
        attempt=attempt,
        kind=kind,
        amount_vnd=amount_vnd,
        state=states.Refund.REQUESTED.value,
        reason=reason,
        requested_by=requested_by,
        client_key=client_key,
        provider_key=ids.new("key"),
        replaces=replaces,
        next_check_at=now + LEASE,
        created_at=now,
    )
    ledger.post(
        f"refund:{refund.id}",
        debit=source(refund),
        credit=money.refund_payable(payment.agency_code),
        amount_vnd=amount_vnd,
        payment=payment,
        attempt=attempt,
        refund=refund,
        now=now,
    )
    jobs.enqueue("payments.apply_refund", refund_id=refund.id)
    return refund


def source(refund: Refund) -> str:
    """Return the account that the money of a refund is taken from."""
    agency = refund.payment.agency_code
    fee = refund.kind == Refund.Kind.FEE
    return money.revenue(agency) if fee else money.suspense(agency)


@db.durable
def apply(*, refund_id: str, now: datetime) -> None:
    """Tell the provider to send the money, or ask how far it is. Every step may run twice.

    Errors: OutsideError when the provider gave no answer; the next try is already planned.
    """
    prepared = _prepare(refund_id, now)
    if prepared is None:
        return
    order, provider_name, first = prepared
    provider = registry.get(provider_name)
    try:
        fact = provider.refund(order) if first else provider.fetch_refund(order, now=now)
    except base.Refused as refusal:
        if first and refusal.status not in {401, 403}:
            failed = settling.RefundFact(
                settling.RefundOutcome.FAILED,
                failure_code=refusal.code,
                request_id=refusal.request_id,
            )
            apply_fact(refund_id=refund_id, fact=failed, now=now)
            return
        _postpone(refund_id, now)
        raise
    except OutsideError:
        _postpone(refund_id, now)
        raise
    apply_fact(refund_id=refund_id, fact=fact, now=now)


def _prepare(refund_id: str, now: datetime) -> tuple[base.RefundOrder, str, bool] | None:
    with db.transaction():
        refund = db.lock(
            Refund.objects.select_related("attempt__paid_with").filter(id=refund_id)
        ).first()
        if refund is None:
            return None
        state = states.Refund(refund.state)
        if state in {states.Refund.FAILED} or (
            state == states.Refund.SUCCEEDED and not refund.provider_refund_id
        ):
            return None
        first = state == states.Refund.REQUESTED
        if first or state == states.Refund.UNKNOWN:
            states.check_refund(state, states.Refund.CALLING)
            refund.state = states.Refund.CALLING.value
            refund.called_at = refund.called_at or now
        if refund.next_check_at is not None:
            refund.next_check_at = now + LEASE
        refund.save(update_fields=["state", "called_at", "next_check_at"])
        order = base.RefundOrder(
            refund_id=refund.id,
            payment_id=refund.payment_id,
            key=refund.provider_key,
            key_made_at=refund.created_at,
            amount_vnd=refund.amount_vnd,
            intent_id=refund.attempt.page.intent_id,
            attempt_id=refund.attempt.page.id,
            attempt_made_at=refund.attempt.page.created_at,
            received_vnd=sum(
                one.received_vnd for one in Attempt.objects.of_page(refund.attempt.page.id)
            ),
            provider_refund_id=refund.provider_refund_id,
            called_at=refund.called_at,
        )
        return order, refund.attempt.provider, first


def _postpone(refund_id: str, now: datetime) -> None:
    with db.transaction():
        refund = db.lock(Refund.objects.filter(id=refund_id)).get()
        if refund.state == states.Refund.CALLING:
            states.check_refund(states.Refund.CALLING, states.Refund.UNKNOWN)
            refund.state = states.Refund.UNKNOWN.value
        refund.checks += 1
        refund.next_check_at = now + money.next_check(refund.checks)
        refund.save(update_fields=["state", "checks", "next_check_at"])


@db.transaction()
def apply_fact(*, refund_id: str, fact: settling.RefundFact, now: datetime) -> None:
    """Record what the provider said of a refund: one decision, its postings, one commit."""
    known = Refund.objects.values("payment_id", "attempt_id").get(id=refund_id)
    payment = db.lock(Payment.objects.filter(id=known["payment_id"])).get()
    attempt = db.lock(Attempt.objects.filter(id=known["attempt_id"])).get()
    refund = db.lock(Refund.objects.filter(id=refund_id)).get()
    refund.payment, refund.attempt = payment, attempt
    refund.request_id = fact.request_id or refund.request_id
    refund.checks += 1
    told = fact.outcome in {settling.RefundOutcome.PENDING, settling.RefundOutcome.SUCCEEDED}
    if told and (fact.amount_vnd, fact.currency) != (refund.amount_vnd, money.CURRENCY):
        # Believed in neither direction: it stays as it is until a person has looked.
        logger.error("refund %s: the provider names another sum", refund.id)
        refund.failure_code = "amount_differs"
        refund.next_check_at = now + money.next_check(refund.checks)
        refund.save()
        return
    refund.provider_refund_id = refund.provider_refund_id or fact.refund_id
    before = states.Refund(refund.state)
    after = settling.decide_refund(before, fact)
    if after is not None:
        states.check_refund(before, after)
        refund.state = after.value
        match after:
            case states.Refund.SUCCEEDED:
                refund.settlement_id = fact.settlement_id
                _succeed(refund, now)
            case states.Refund.FAILED:
                refund.failure_code = fact.failure_code or "not_executed"
                _fail(refund, before, fact.settlement_id, now)
    current = states.Refund(refund.state)
    waiting = current in states.OPEN_REFUNDS
    refund.next_check_at = now + money.next_check(refund.checks) if waiting else None
    payment.save(update_fields=["state", "refunding_vnd", "refunded_vnd"])
    attempt.save(update_fields=["refunding_vnd", "refunded_vnd"])
    refund.save()


def _succeed(refund: Refund, now: datetime) -> None:
    _move(refund, refunding=-refund.amount_vnd, refunded=refund.amount_vnd, now=now)
    refund.succeeded_at = now
    payment = refund.payment
    ledger.post(
        f"refund_paid:{refund.id}",
        debit=money.refund_payable(payment.agency_code),
        credit=money.held_at(refund.attempt.provider, refund.attempt.account, payment.agency_code),
        amount_vnd=refund.amount_vnd,
        payment=payment,
        attempt=refund.attempt,
        refund=refund,
        settlement_id=refund.settlement_id,
        now=now,
    )
    receipt(
        refund,
        change_vnd=-refund.amount_vnd,
        cause=f"refund:{refund.id}",
        reason="Đã hoàn phí cho người nộp",
        now=now,
    )
    if is_given_back(payment, refund):
        states.check_payment(states.Payment(payment.state), states.Payment.REFUNDED)
        payment.state = states.Payment.REFUNDED.value
    jobs.enqueue("payments.announce_refund", refund_id=refund.id)


def is_given_back(payment: Payment, refund: Refund) -> bool:
    """Return whether with this refund everything that was paid has gone back."""
    return refund.kind == Refund.Kind.FEE and payment.refunded_vnd == payment.captured_vnd


def _fail(refund: Refund, before: states.Refund, returned_by: str, now: datetime) -> None:
    payment = refund.payment
    payable = money.refund_payable(payment.agency_code)
    if before == states.Refund.SUCCEEDED:
        _move(refund, refunding=0, refunded=-refund.amount_vnd, now=now)
        if payment.state == states.Payment.REFUNDED:
            states.check_payment(states.Payment.REFUNDED, states.Payment.PAID)
            payment.state = states.Payment.PAID.value
        receipt(
            refund,
            change_vnd=refund.amount_vnd,
            cause=f"refund_returned:{refund.id}",
            reason="Tiền hoàn không đến",
            now=now,
        )
        ledger.post(
            f"refund_returned:{refund.id}",
            debit=money.held_at(
                refund.attempt.provider, refund.attempt.account, payment.agency_code
            ),
            credit=payable,
            amount_vnd=refund.amount_vnd,
            payment=payment,
            attempt=refund.attempt,
            refund=refund,
            settlement_id=returned_by,
            now=now,
        )
    else:
        _move(refund, refunding=-refund.amount_vnd, refunded=0, now=now)
    refund.failed_at = now
    jobs.enqueue("payments.announce_refund_failure", refund_id=refund.id)
    ledger.post(
        f"refund_released:{refund.id}",
        debit=payable,
        credit=source(refund),
        amount_vnd=refund.amount_vnd,
        payment=payment,
        attempt=refund.attempt,
        refund=refund,
        now=now,
    )


@db.transaction_required
def receipt(refund: Refund, *, change_vnd: int, cause: str, reason: str, now: datetime) -> None:
    """Receipt a fee that went back or came back; money nobody asked for never had a receipt."""
    if refund.kind == Refund.Kind.FEE:
        receipts.adjust(
            refund.payment,
            change_vnd=change_vnd,
            cause=cause,
            reason=f"{reason} ({refund.id})",
            by="rule:refund",
            now=now,
        )


def _move(refund: Refund, *, refunding: int, refunded: int, now: datetime) -> None:
    """Shift the sums of the attempt, and of the payment or the suspense that the money is from."""
    rows: list[Payment | Attempt] = [refund.attempt]
    if refund.kind == Refund.Kind.FEE:
        rows.append(refund.payment)
    for row in rows:
        row.refunding_vnd += refunding
        row.refunded_vnd += refunded
    if refund.kind == Refund.Kind.SUSPENSE:
        suspense.refund_moved(refund.attempt, returning=refunding, returned=refunded, now=now)
