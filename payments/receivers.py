"""What this room itself does when it hears its own facts: billers and sellers are told.

They hear them as everybody upstairs does, so the settling of money knows nothing of them, and a
fact that was not heard is announced again.
"""

from datetime import datetime
from typing import Any

from common import clock
from payments import signals
from payments.actions import bills, stalls


def connect() -> None:
    """Listen; called once when the app is ready."""
    signals.payment_settled.connect(on_settled, dispatch_uid="payments.on_settled")
    signals.refund_settled.connect(on_refunded, dispatch_uid="payments.on_refunded")


def on_settled(
    sender: Any, *, reference: str, payment_id: str, settled_at: datetime, **kwargs: Any
) -> None:
    now = clock.now()
    if reference.startswith("bill:"):
        bills.note_settled(payment_id=payment_id, now=now)
    elif reference.startswith("sale:"):
        stalls.note_settled(payment_id=payment_id, settled_at=settled_at, now=now)


def on_refunded(
    sender: Any,
    *,
    reference: str,
    payment_id: str,
    refund_id: str,
    amount_vnd: int,
    **kwargs: Any,
) -> None:
    note = {"bill": bills.note_refunded, "sale": stalls.note_refunded}.get(reference.split(":")[0])
    if note is not None:
        note(payment_id=payment_id, refund_id=refund_id, amount_vnd=amount_vnd, now=clock.now())
