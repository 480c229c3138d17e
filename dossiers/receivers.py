"""The facts that money sends upward, each one call into the actions."""

from datetime import datetime
from typing import Any

from common import clock
from dossiers.actions import money, money_books
from payments import signals


def connect() -> None:
    """Listen to the payments' room; called once when the app is ready."""
    signals.payment_settled.connect(on_settled, dispatch_uid="dossiers.on_settled")
    signals.refund_settled.connect(on_refunded, dispatch_uid="dossiers.on_refunded")
    signals.refund_failed.connect(on_refund_failed, dispatch_uid="dossiers.on_refund_failed")

    signals.dispute_changed.connect(on_dispute, dispatch_uid="dossiers.on_dispute")


def on_settled(
    sender: Any, *, reference: str, payment_id: str, amount_vnd: int, **kwargs: Any
) -> None:
    money.record_payment(
        reference=reference,
        payment_id=payment_id,
        amount_vnd=amount_vnd,
        name="payment_settled",
        now=_now(),
    )


def on_refunded(
    sender: Any,
    *,
    reference: str,
    payment_id: str,
    refund_id: str,
    amount_vnd: int,
    agency_code: str,
    way: str,
    **kwargs: Any,
) -> None:
    money.record_payment(
        reference=reference,
        payment_id=payment_id,
        amount_vnd=amount_vnd,
        refund_id=refund_id,
        agency=agency_code,
        name="refund_settled" if way == "provider" else "refund_paid_out",
        now=_now(),
    )


def on_refund_failed(
    sender: Any,
    *,
    reference: str,
    payment_id: str,
    refund_id: str,
    amount_vnd: int,
    agency_code: str,
    **kwargs: Any,
) -> None:
    money.record_payment(
        reference=reference,
        payment_id=payment_id,
        amount_vnd=amount_vnd,
        refund_id=refund_id,
        agency=agency_code,
        name=money.FAILURE,
        now=_now(),
    )


def on_dispute(
    sender: Any,
    *,
    agency_code: str,
    dispute_id: str,
    state: str,
    amount_vnd: int,
    answer_by: datetime | None,
    **kwargs: Any,
) -> None:
    money_books.tell_dispute(
        agency_code=agency_code,
        dispute_id=dispute_id,
        state=state,
        amount_vnd=amount_vnd,
        answer_by=answer_by,
        now=_now(),
    )


def _now() -> datetime:
    return clock.now()
