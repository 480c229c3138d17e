"""Reads of receipts: for the owner, for the desk, for whoever holds a code."""

import dataclasses
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from common.errors import NotFound
from payments.models import Receipt


def _rows() -> QuerySet[Receipt]:
    return Receipt.objects.select_related("payment", "corrects", "replaced_by")


def of_payment(viewer_id: str, payment_id: str) -> QuerySet[Receipt]:
    """Return the receipts of one payment, for whoever owed it and for whoever paid it."""
    mine = Q(payment__citizen_id=viewer_id) | Q(payer_id=viewer_id)
    return _rows().filter(mine, payment_id=payment_id)


def one_of(viewer_id: str, payment_id: str, receipt_id: str) -> Receipt:
    """Return one receipt of what somebody owed or paid. Errors: NotFound."""
    found = of_payment(viewer_id, payment_id).filter(id=receipt_id).first()
    if found is None:
        raise NotFound
    return found


def standing_of(viewer_id: str, payment_id: str) -> Receipt:
    """Return the receipt of a payment that was not replaced. Errors: NotFound, also when unpaid."""
    rows = of_payment(viewer_id, payment_id).exclude(kind=Receipt.Kind.ADJUSTMENT)
    found = rows.filter(replaced_by__isnull=True).first()
    if found is None:
        raise NotFound
    return found


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which receipts of a list. None asks for nothing; the end is exclusive."""

    kind: str | None = None
    series: str | None = None
    number: int | None = None
    payment_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def at_desk(agency_code: str, wanted: Wanted, *, but: Collection[str] = ()) -> QuerySet[Receipt]:
    """Return the receipts that an agency issued, but those of these citizens."""
    found = {
        "kind": wanted.kind,
        "series": wanted.series,
        "number": wanted.number,
        "payment_id": wanted.payment_id,
        "issued_at__gte": wanted.start,
        "issued_at__lt": wanted.end,
    }
    given = {name: value for name, value in found.items() if value is not None}
    rows = _rows().filter(payment__agency_code=agency_code, **given)
    return rows.exclude(payment__citizen_id__in=but)


def originals(payment_ids: Collection[str]) -> dict[str, Receipt]:
    """Return the first receipt of each payment that has one: one query.

    Whoever asks saw the payments already.
    """
    rows = Receipt.objects.filter(payment_id__in=payment_ids, kind=Receipt.Kind.ORIGINAL)
    return {row.payment_id: row for row in rows.order_by("payment_id")}


def one_at_desk(agency_code: str, receipt_id: str, *, but: Collection[str] = ()) -> Receipt:
    """Return one receipt of an agency, unless it is of these citizens. Errors: NotFound."""
    found = at_desk(agency_code, Wanted(), but=but).filter(id=receipt_id).first()
    if found is None:
        raise NotFound
    return found


def by_code(lookup_code: str) -> Receipt:
    """Return the receipt with a code that its holder reads from the paper. Errors: NotFound."""
    found = _rows().filter(lookup_code=lookup_code).first()
    if found is None:
        raise NotFound
    return found
