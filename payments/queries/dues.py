"""What references owe, as the officers of the collecting agency see it."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from payments.models import Payment


@dataclasses.dataclass(frozen=True)
class DeskPayment:
    """A payment as an officer of its agency sees it. Who may see it is the caller's to check."""

    id: str
    reference: str
    agency_code: str
    title: str
    state: str
    amount_vnd: int
    paid_vnd: int
    refunded_vnd: int
    settled_at: datetime | None
    replaces_id: str | None = None


def desk(*, references: Iterable[str] = (), payment_id: str | None = None) -> list[DeskPayment]:
    """Return one payment, or those of references, newest first, in one query."""
    wanted = Q(id=payment_id) if payment_id else Q(reference__in=list(references))
    rows = Payment.objects.filter(wanted).order_by("-created_at", "-id")
    return [
        DeskPayment(
            id=row.id,
            reference=row.reference,
            agency_code=row.agency_code,
            title=row.title,
            state=row.state,
            amount_vnd=row.amount_vnd,
            paid_vnd=row.captured_vnd,
            refunded_vnd=row.refunded_vnd,
            settled_at=row.settled_at,
            replaces_id=row.replaces_id,
        )
        for row in rows
    ]
