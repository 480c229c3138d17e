"""Reads of billers, of bills as somebody who looked them up may see them, and of saved codes."""

import dataclasses
import enum
from collections.abc import Sequence

from django.db.models import QuerySet

from common.errors import NotFound
from payments.models import Attempt, Bill, Biller, BillPayment, SavedBill
from payments.rules import states


class Standing(enum.StrEnum):
    """How a bill stands for somebody who looks it up."""

    OPEN = "open"
    BEING_PAID = "being_paid"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


@dataclasses.dataclass(frozen=True)
class Seen:
    """A bill and how it stands. `payment_id` is the viewer's own payment of it, if there is one."""

    bill: Bill
    standing: Standing
    payment_id: str | None


def billers() -> list[Biller]:
    """Return who sends bills, in order of kind and name: one query."""
    return list(Biller.objects.filter(active=True).order_by("kind", "name", "code"))


def seen(bill_ids: Sequence[str], *, viewer_id: str) -> list[Seen]:
    """Return bills in the order given, as one person may see them: three queries.

    That somebody else pays or paid here is told; who that is, is not.
    """
    rows = {row.id: row for row in Bill.objects.filter(id__in=bill_ids).select_related("biller")}
    holds = {
        hold.bill_id: hold
        for hold in BillPayment.objects.holding()
        .filter(bill_id__in=bill_ids)
        .select_related("payment")
    }
    payment_ids = [hold.payment_id for hold in holds.values()]
    busy = set(
        Attempt.objects.filter(
            payment_id__in=payment_ids,
            state__in=[*(one.value for one in states.ACTIVE_ATTEMPTS), states.Attempt.REVIEW.value],
        ).values_list("payment_id", flat=True)
    )
    return [_seen(rows[bill_id], holds.get(bill_id), busy, viewer_id) for bill_id in bill_ids]


def _seen(bill: Bill, hold: BillPayment | None, busy: set[str], viewer_id: str) -> Seen:
    standing = Standing(bill.status)
    if hold is None:
        return Seen(bill, standing, None)
    payment = hold.payment
    mine = payment.id if payment.citizen_id == viewer_id else None
    if payment.state == states.Payment.PAID:
        return Seen(bill, Standing.PAID, mine)
    if standing == Standing.OPEN and payment.id in busy:
        standing = Standing.BEING_PAID
    live = payment.state == states.Payment.OWED and bill.amount_vnd == payment.amount_vnd
    return Seen(bill, standing, mine if live else None)


def saved_of(citizen_id: str) -> QuerySet[SavedBill]:
    """Return the customer codes that a citizen keeps."""
    return SavedBill.objects.filter(citizen_id=citizen_id).select_related("biller")


def saved_one(citizen_id: str, saved_id: str) -> SavedBill:
    """Return one of them. Errors: NotFound, also when it is somebody else's."""
    found = saved_of(citizen_id).filter(id=saved_id).first()
    if found is None:
        raise NotFound
    return found


def saved_export(citizen_id: str) -> list[dict[str, object]]:
    """Return everything kept here about a citizen's codes, as plain values."""
    return [
        {
            "id": row.id,
            "biller": row.biller_id,
            "customer_code": row.customer_code,
            "label": row.label,
            "created_at": row.created_at,
        }
        for row in saved_of(citizen_id).order_by("created_at", "id")
    ]
