"""A refund that failed: sent anew, or paid out past the provider. The failed one stays as it is.

Each failed refund is stood for once; the new one may fail too, and is then stood for itself.
"""

from datetime import datetime

from common import db, ids, jobs
from common.errors import NotFound, Refusal
from payments import ledger
from payments.actions import disputes, suspense
from payments.actions import refund as refunds
from payments.models import Attempt, Payment, Refund
from payments.rules import money, states
from payments.rules.refunds import Way

RETRIED = "retry"
PAID_OUT = "paid_out"


class RefundNotFailed(Refusal):
    code = "refund_not_failed"
    status = 409
    title_vi = "Khoản hoàn này không bị lỗi"
    title_en = "This refund did not fail"
    detail_vi = "Trạng thái hiện tại: {state}."
    detail_en = "Its state is {state}."
    members = ("state",)


class RefundReplaced(Refusal):
    code = "refund_already_replaced"
    status = 409
    title_vi = "Khoản hoàn lỗi này đã được xử lý bằng một khoản hoàn khác"
    title_en = "Another refund stands for this failed one already"
    detail_vi = "Hãy xem khoản hoàn {replaced_by}."
    detail_en = "See refund {replaced_by}."
    members = ("replaced_by",)


@db.transaction_required
def retry(*, refund_id: str, requested_by: str, reason: str, now: datetime) -> str:
    """Send the money of a failed refund again, under a new key; return the new refund's id.

    Errors: NotFound, RefundNotFailed, RefundReplaced, RefundTooLarge when it was given back
    otherwise in the meantime.
    """
    failed = _failed(refund_id)
    _reserve(failed, refunding=failed.amount_vnd, refunded=0)
    failed.payment.save(update_fields=["refunding_vnd"])
    return refunds.set_aside(
        failed.payment,
        failed.attempt,
        Refund.Kind(failed.kind),
        amount_vnd=failed.amount_vnd,
        reason=reason,
        requested_by=requested_by,
        client_key=f"{RETRIED}:{failed.id}",
        replaces=failed,
        now=now,
    ).id


@db.transaction_required
def pay_out(
    *, refund_id: str, way: Way, reference: str, requested_by: str, reason: str, now: datetime
) -> str:
    """Write down that a failed refund was paid out by hand; return the id of the one that says so.

    Shape: reference is the voucher's number at the counter, or the bank's of the transfer.
    Errors: as `retry`.
    """
    failed = _failed(refund_id)
    payment, attempt = failed.payment, failed.attempt
    _reserve(failed, refunding=0, refunded=failed.amount_vnd)
    attempt.refunded_vnd += failed.amount_vnd
    attempt.save(update_fields=["refunded_vnd"])
    if failed.kind == Refund.Kind.SUSPENSE:
        suspense.refund_moved(attempt, returning=0, returned=failed.amount_vnd, now=now)
    states.check_refund(None, states.Refund.SUCCEEDED)
    made = Refund.objects.create(
        payment=payment,
        attempt=attempt,
        kind=failed.kind,
        amount_vnd=failed.amount_vnd,
        state=states.Refund.SUCCEEDED.value,
        reason=reason,
        requested_by=requested_by,
        client_key=f"{PAID_OUT}:{failed.id}",
        provider_key=ids.new("key"),
        replaces=failed,
        way=way.value,
        paid_out_reference=reference,
        created_at=now,
        succeeded_at=now,
    )
    payable = money.refund_payable(payment.agency_code)
    agency = payment.agency_code
    paid_from = money.counter_cash(agency) if way == Way.COUNTER else money.agency_bank(agency)
    for key, debit, credit in (
        (f"refund:{made.id}", refunds.source(made), payable),
        (f"refund_paid:{made.id}", payable, paid_from),
    ):
        ledger.post(
            key,
            debit=debit,
            credit=credit,
            amount_vnd=made.amount_vnd,
            payment=payment,
            attempt=attempt,
            refund=made,
            now=now,
        )
    words = "Đã hoàn phí cho người nộp"
    refunds.receipt(
        made, change_vnd=-made.amount_vnd, cause=f"refund:{made.id}", reason=words, now=now
    )
    if refunds.is_given_back(payment, made):
        states.check_payment(states.Payment(payment.state), states.Payment.REFUNDED)
        payment.state = states.Payment.REFUNDED.value
    payment.save(update_fields=["state", "refunded_vnd"])
    jobs.enqueue("payments.announce_refund", refund_id=made.id)
    return made.id


def _failed(refund_id: str) -> Refund:
    """Return a failed refund that nothing stands for, with payment and attempt, all locked.

    Errors: NotFound, RefundReplaced, RefundNotFailed, PaymentDisputed.
    """
    known = Refund.objects.filter(id=refund_id).values("payment_id", "attempt_id").first()
    if known is None:
        raise NotFound
    payment = db.lock(Payment.objects.filter(id=known["payment_id"])).get()
    attempt = db.lock(Attempt.objects.filter(id=known["attempt_id"])).get()
    failed = db.lock(Refund.objects.filter(id=refund_id)).get()
    failed.payment, failed.attempt = payment, attempt
    stands = Refund.objects.filter(replaces=failed).values_list("id", flat=True).first()
    if stands is not None:
        raise RefundReplaced(replaced_by=stands)
    if failed.state != states.Refund.FAILED:
        raise RefundNotFailed(state=failed.state)
    disputes.refuse(payment)
    return failed


def _reserve(failed: Refund, *, refunding: int, refunded: int) -> None:
    """Count the money of a failed refund as gone once more. Errors: RefundTooLarge."""
    payment, attempt = failed.payment, failed.attempt
    is_fee = failed.kind == Refund.Kind.FEE
    row: Payment | Attempt = payment if is_fee else attempt
    left = money.refundable(
        captured_vnd=payment.captured_vnd if is_fee else attempt.received_vnd,
        refunded_vnd=row.refunded_vnd,
        refunding_vnd=row.refunding_vnd,
    )
    if not is_fee:
        # An officer may have allotted it since: then it is no longer held.
        left = min(left, suspense.held(attempt, if_unlisted=left))
    if failed.amount_vnd > left:
        raise refunds.RefundTooLarge(refundable_vnd=left)
    if is_fee:
        payment.refunding_vnd += refunding
        payment.refunded_vnd += refunded
