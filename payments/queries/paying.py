"""Who may see and pay what: one's own dues, those of somebody one acts for, and what one paid."""

import dataclasses
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from common import crypto
from common.errors import NotFound
from payments.models import Attempt, CollectingBody, PayCode, Payer, Payment, Receipt
from payments.queries import BACK, TRIES, shown
from payments.rules import showing

OWN = "own"
REPRESENTATIVE = "representative"
ROLES = (OWN, REPRESENTATIVE)


def ways(viewer_id: str, *, now: datetime, role: str | None = None) -> list[Q]:
    """Return the conditions under which somebody may see and pay a due; any one is enough."""
    rights = Payer.objects.live(now=now).filter(citizen_id=viewer_id).values("reference")
    found = {
        OWN: Q(citizen_id=viewer_id),
        REPRESENTATIVE: Q(reference__in=rights) & ~Q(citizen_id=viewer_id),
    }
    return [found[role]] if role else list(found.values())


def may_pay(viewer_id: str, *, now: datetime) -> Q:
    """Return the condition of dues that somebody owes, or may pay for whom they act."""
    own, acting = ways(viewer_id, now=now)
    return own | acting


def payments() -> QuerySet[Payment]:
    """Return payments with what the app shows of each: to be narrowed by `ways`."""
    return Payment.objects.select_related("replaced_by").prefetch_related(TRIES, BACK)


def payment(viewer_id: str, payment_id: str, *, now: datetime) -> Payment:
    """Return one due that somebody may see. Errors: NotFound."""
    found = payments().filter(may_pay(viewer_id, now=now), id=payment_id).first()
    if found is None:
        raise NotFound
    return found


def attempts(viewer_id: str, payment_id: str, *, now: datetime) -> QuerySet[Attempt]:
    """Return the tries to pay one due: all for whoever may see it, one's own for another payer.

    Errors: NotFound when there is nothing that this person may see.
    """
    rows = Attempt.objects.filter(payment_id=payment_id).select_related(
        "payment", "paid_with", "transfer"
    )
    if Payment.objects.filter(may_pay(viewer_id, now=now), id=payment_id).exists():
        return rows
    mine = rows.filter(payer_id=viewer_id)
    if not mine.exists():
        raise NotFound
    return mine


def attempt(viewer_id: str, payment_id: str, attempt_id: str, *, now: datetime) -> Attempt:
    """Return one try that somebody may see: of a due they may see, or their own.

    Errors: NotFound.
    """
    due = Payment.objects.filter(may_pay(viewer_id, now=now), id=payment_id)
    may = Q(payer_id=viewer_id) | Q(payment__in=due)
    found = (
        Attempt.objects.filter(may, id=attempt_id, payment_id=payment_id)
        .select_related("payment", "paid_with", "transfer")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def checkout(viewer_id: str, attempt_id: str) -> list[Attempt]:
    """Return the tries of one page for several dues, the one that opened it first.

    Only for its payer. Errors: NotFound, also for a page of one due.
    """
    rows = (
        Attempt.objects.of_page(attempt_id)
        .filter(payer_id=viewer_id)
        .select_related("payment", "paid_with", "transfer")
    )
    found = sorted(rows.order_by("id"), key=lambda one: (one.paid_with_id is not None, one.id))
    if len(found) < 2:
        raise NotFound
    return found


# --- receipts -----------------------------------------------------------------------------------


def receipt_ways(viewer_id: str) -> list[Q]:
    """Return the conditions under which a receipt is somebody's: their due, or they paid."""
    return [Q(payment__citizen_id=viewer_id), Q(payer_id=viewer_id)]


def receipts(
    *, start: datetime | None = None, end: datetime | None = None, agency: str | None = None
) -> QuerySet[Receipt]:
    """Return receipts of a period and an agency; the end is exclusive. Narrow by whose they are."""
    rows = Receipt.objects.select_related("payment", "corrects", "replaced_by")
    if start is not None:
        rows = rows.filter(issued_at__gte=start)
    if end is not None:
        rows = rows.filter(issued_at__lt=end)
    if agency is not None:
        rows = rows.filter(payment__agency_code=agency)
    return rows


# --- pay codes ----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class CodeShown:
    """What a code shows of a due: the sum and the lines, and nothing else of the dossier."""

    row: PayCode
    payment: Payment
    state: showing.Shown
    agency_name: str | None


def code_of(owner_id: str, payment_id: str, *, now: datetime) -> PayCode:
    """Return the live code of one's own due. Errors: NotFound, also without one."""
    rows = PayCode.objects.live(now=now).filter(payment_id=payment_id)
    found = rows.filter(payment__citizen_id=owner_id).first()
    if found is None:
        raise NotFound
    return found


def code_index(code: str) -> str:
    """Return under what a code is found."""
    return crypto.blind_index(code, "pay_code")


def by_code(code: str) -> PayCode:
    """Return the row of a code, also of one that ran out. Errors: NotFound."""
    found = PayCode.objects.filter(code_index=code_index(code)).first()
    if found is None:
        raise NotFound
    return found


def shown_by(code: str, *, now: datetime) -> CodeShown:
    """Return what a live code shows. Errors: NotFound for any other, always alike."""
    row = (
        PayCode.objects.live(now=now)
        .filter(code_index=code_index(code))
        .select_related("payment")
        .prefetch_related(Prefetch("payment__attempts", Attempt.objects.order_by("number")))
        .first()
    )
    if row is None:
        raise NotFound
    names = CollectingBody.objects.filter(agency_code=row.payment.agency_code)
    return CodeShown(
        row=row,
        payment=row.payment,
        state=shown(row.payment),
        agency_name=names.values_list("name", flat=True).first(),
    )


def paid_for_others(citizen_id: str) -> list[dict[str, Any]]:
    """Return what a person tried to pay for others, as plain values, for their own copy."""
    rows = Attempt.objects.filter(payer_id=citizen_id).exclude(payment__citizen_id=citizen_id)
    return [
        {
            "attempt_id": row.id,
            "payment_id": row.payment_id,
            "amount_vnd": row.payment.amount_vnd,
            "state": row.state,
            "created_at": row.created_at,
        }
        for row in rows.select_related("payment").order_by("created_at", "id")
    ]
