"""Telling a biller that its bill was paid, until it says that it knows.

The key of the telling is stored with the hold on the bill, before anybody could pay. The biller is
called outside of any transaction; an answer that is lost or makes no sense leaves the notice due,
and the sweep repeats the same call. Only a final "no" sends the money back.
"""

import logging
from datetime import datetime, timedelta

from citizens.actions import inbox
from common import db
from common.errors import OutsideError
from payments.actions import breaker, refund
from payments.billers import base, registry
from payments.models import BillPayment, Payment
from payments.providers.base import Refused
from payments.rules import bills, money, words

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


@db.durable
def tell(*, payment_id: str, now: datetime) -> None:
    """Tell the biller of one settled payment, or go on giving its money back. May run twice.

    Errors: OutsideError when the biller gave no answer that ends it; the next try is planned.
    """
    hold = _prepare(payment_id, now)
    if hold is None:
        return
    if hold.notice == bills.Notice.REFUSED:
        _give_back(hold, now)
        return
    payment, biller = hold.payment, hold.bill.biller
    assert payment.settled_at is not None  # noqa: S101 - the notice is due because it was settled
    report = base.Report(
        key=hold.notice_key,
        bill_number=hold.bill.number,
        payment_id=payment_id,
        amount_vnd=payment.captured_vnd,
        paid_at=payment.settled_at,
    )
    try:
        reference = registry.get(biller.code).report(report)
    except Refused as refusal:
        if refusal.code in bills.FINAL_REFUSALS:
            _give_back(_record_refusal(payment_id, refusal.code, now), now)
            return
        logger.error("biller %s does not take a payment: %s", biller.code, refusal)
        _postpone(payment_id, now)
        raise
    except OutsideError:
        breaker.lost(f"biller:{biller.code}")
        _postpone(payment_id, now)
        raise
    _record_acknowledgement(payment_id, reference, now)


def _prepare(payment_id: str, now: datetime) -> BillPayment | None:
    """Commit that the biller is about to be called; None when there is nothing to do."""
    with db.transaction():
        found = db.lock(
            BillPayment.objects.select_related("payment", "bill__biller").filter(
                payment_id=payment_id, next_check_at__isnull=False
            )
        ).first()
        if found is None:
            return None
        found.called_at = now
        found.next_check_at = now + LEASE
        found.save(update_fields=["called_at", "next_check_at"])
        return found


def _locked(payment_id: str) -> BillPayment:
    return db.lock(
        BillPayment.objects.select_related("payment", "bill__biller").filter(payment_id=payment_id)
    ).get()


def _move(hold: BillPayment, end: bills.Notice) -> None:
    bills.check(bills.Notice(hold.notice), end)
    hold.notice = end.value


def _postpone(payment_id: str, now: datetime) -> None:
    with db.transaction():
        hold = _locked(payment_id)
        if hold.notice != bills.Notice.DUE:
            return
        hold.checks += 1
        hold.next_check_at = now + money.next_check(hold.checks)
        hold.save(update_fields=["checks", "next_check_at"])


def _record_acknowledgement(payment_id: str, reference: str, now: datetime) -> None:
    with db.transaction():
        hold = _locked(payment_id)
        if hold.notice != bills.Notice.DUE:
            return  # somebody heard the same answer first
        _move(hold, bills.Notice.ACKNOWLEDGED)
        hold.biller_reference = reference
        hold.answered_at = now
        hold.next_check_at = None
        hold.save(update_fields=["notice", "biller_reference", "answered_at", "next_check_at"])
        payment, biller = hold.payment, hold.bill.biller
        inbox.notify(
            citizen_id=payment.citizen_id,
            kind="bill_paid",
            title_vi="Hóa đơn đã được gạch nợ",
            body_vi=f"{biller.name} đã ghi nhận {words.dong(payment.captured_vnd)} đồng cho "
            f"hóa đơn {hold.bill.number}, {hold.bill.period}.",
            title_en="The biller booked your payment",
            body_en=f"{biller.name} booked {payment.captured_vnd:,} đồng for the bill "
            f"{hold.bill.number}, {hold.bill.period}.",
            reference=payment_id,
            dedupe_key=f"bill-paid:{payment_id}",
            now=now,
        )


def _record_refusal(payment_id: str, code: str, now: datetime) -> BillPayment:
    """Record the biller's final "no" and tell the payer, in one commit; the money is next."""
    with db.transaction():
        hold = _locked(payment_id)
        if hold.notice != bills.Notice.DUE:
            return hold
        _move(hold, bills.Notice.REFUSED)
        hold.reason = code
        hold.answered_at = now
        hold.next_check_at = now + LEASE
        hold.save(update_fields=["notice", "reason", "answered_at", "next_check_at"])
        payment = hold.payment
        why_vi, why_en = bills.FINAL_REFUSALS[code]
        inbox.notify(
            citizen_id=payment.citizen_id,
            kind="bill_refused",
            title_vi="Tiền hóa đơn đang được hoàn lại",
            body_vi=f"Sau khi bạn nộp {words.dong(payment.captured_vnd)} đồng cho hóa đơn "
            f"{hold.bill.number}, {why_vi}. Toàn bộ số tiền đang được hoàn lại cho bạn.",
            title_en="The money of your bill is on its way back",
            body_en=f"After you paid {payment.captured_vnd:,} đồng for the bill "
            f"{hold.bill.number}, {why_en}. The whole sum goes back to you.",
            reference=payment_id,
            dedupe_key=f"bill-refused:{payment_id}",
            now=now,
        )
        return hold


def _give_back(hold: BillPayment, now: datetime) -> None:
    """Ask for all of a refused payment's money to go back; the key makes it once."""
    if hold.notice != bills.Notice.REFUSED:
        return
    payment = Payment.objects.get(id=hold.payment_id)
    left = money.refundable(
        captured_vnd=payment.captured_vnd,
        refunded_vnd=payment.refunded_vnd,
        refunding_vnd=payment.refunding_vnd,
    )
    if left:
        refund.request(
            payment_id=payment.id,
            amount_vnd=left,
            expected_refundable_vnd=left,
            reason=f"Hoàn theo quy tắc: {bills.FINAL_REFUSALS[hold.reason][0]}",
            requested_by=f"rule:{hold.reason}",
            client_key=f"rule:bill:{payment.id}",
            now=now,
        )
    with db.transaction():
        BillPayment.objects.filter(payment_id=payment.id, notice=bills.Notice.REFUSED).update(
            next_check_at=None
        )
