"""Telling upstairs what was settled. The money is recorded whatever becomes of the telling."""

from datetime import datetime

from common import db
from payments import signals
from payments.models import Payment, Refund


@db.durable
def announce_payment(*, payment_id: str, now: datetime) -> None:
    """Send payment_settled, then note that it was heard. A receiver's failure comes through."""
    payment = Payment.objects.unannounced().filter(id=payment_id).first()
    if payment is None:
        return
    signals.payment_settled.send(
        sender=None,
        reference=payment.reference,
        payment_id=payment.id,
        amount_vnd=payment.amount_vnd,
        settled_at=payment.settled_at,
    )
    with db.transaction():
        Payment.objects.unannounced().filter(id=payment_id).update(announced_at=now)


@db.durable
def announce_refund(*, refund_id: str, now: datetime) -> None:
    """Send refund_settled, then note that it was heard. A receiver's failure comes through."""
    refund = Refund.objects.unannounced().select_related("payment").filter(id=refund_id).first()
    if refund is None:
        return
    signals.refund_settled.send(
        sender=None,
        reference=refund.payment.reference,
        payment_id=refund.payment_id,
        refund_id=refund.id,
        amount_vnd=refund.amount_vnd,
        agency_code=refund.payment.agency_code,
        way=refund.way,
        settled_at=refund.succeeded_at,
    )
    with db.transaction():
        Refund.objects.unannounced().filter(id=refund_id).update(announced_at=now)


@db.durable
def announce_refund_failure(*, refund_id: str, now: datetime) -> None:
    """Send refund_failed, then note that it was heard. A receiver's failure comes through."""
    untold = Refund.objects.failures_untold().filter(id=refund_id)
    refund = untold.select_related("payment").first()
    if refund is None:
        return
    signals.refund_failed.send(
        sender=None,
        reference=refund.payment.reference,
        payment_id=refund.payment_id,
        refund_id=refund.id,
        amount_vnd=refund.amount_vnd,
        agency_code=refund.payment.agency_code,
        failed_at=refund.failed_at,
    )
    with db.transaction():
        untold.update(failure_announced_at=now)
