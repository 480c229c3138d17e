"""Reads of stalls: what a payer may know, what a seller may know, and a stall's day as booked."""

import dataclasses
from datetime import date

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncDate

from common.errors import NotFound
from payments.models import LedgerEntry, Stall, StallSale
from payments.rules import money, stalls


def open_stall(code: str) -> Stall:
    """Return a stall that has a seller. Errors: NotFound."""
    found = Stall.objects.select_related("market").filter(code=code, seller__isnull=False).first()
    if found is None:
        raise NotFound
    return found


def stalls_of(seller_id: str) -> QuerySet[Stall]:
    """Return the stalls of a seller."""
    return Stall.objects.filter(seller_id=seller_id).select_related("market")


def stall_of(seller_id: str, stall_id: str) -> Stall:
    """Return one stall of this seller. Errors: NotFound, also when it is somebody else's."""
    found = stalls_of(seller_id).filter(id=stall_id).first()
    if found is None:
        raise NotFound
    return found


def sales_of(stall: Stall) -> QuerySet[StallSale]:
    """Return what was paid at a stall. What nobody paid is not there."""
    return StallSale.objects.filter(stall=stall, settled_at__isnull=False).select_related("payment")


def sale_of(stall: Stall, payment_id: str) -> StallSale:
    """Return one settled sale of a stall. Errors: NotFound."""
    found = sales_of(stall).filter(payment_id=payment_id).first()
    if found is None:
        raise NotFound
    return found


@dataclasses.dataclass(frozen=True)
class Day:
    """A stall's day in Cần Thơ. Units: whole đồng; net = received - refunded.

    A refund counts on the day on which it was asked for; one that failed counts again as received
    by being taken out of `refunded` on the day on which that was known.
    """

    day: date
    sales: int
    received_vnd: int
    refunded_vnd: int

    @property
    def net_vnd(self) -> int:
        return self.received_vnd - self.refunded_vnd


def days_of(stall: Stall, *, first: date, last: date) -> list[Day]:
    """Return the days of a period with any movement, oldest first: one query over the ledger.

    Both days are included. The sums are those of the stall's own account, entry by entry.
    """
    account = money.revenue(stall.beneficiary)
    start, end = stalls.bounds(first, last)
    received = Q(credit_account=account, key__startswith="capture:")
    signed = Case(When(debit_account=account, then=F("amount_vnd")), default=-F("amount_vnd"))
    rows = (
        LedgerEntry.objects.filter(
            Q(credit_account=account) | Q(debit_account=account),
            payment__sale__stall=stall,
            posted_at__gte=start,
            posted_at__lt=end,
        )
        .annotate(day=TruncDate("posted_at", tzinfo=money.HCM))
        .order_by("day")
        .values("day")
        .annotate(
            sales=Coalesce(Sum(Case(When(received, then=1), default=0)), 0),
            received=Coalesce(Sum("amount_vnd", filter=received), 0),
            refunded=Coalesce(Sum(signed, filter=~received), 0),
        )
    )
    return [Day(row["day"], row["sales"], row["received"], row["refunded"]) for row in rows]
