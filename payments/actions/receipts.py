"""Receipts (biên lai): numbers without gaps; what was wrong is adjusted or replaced, never edited.

Only an agency gives a biên lai. Who pays a biller or a market stall gets a confirmation of payment
(xác nhận thanh toán) in a series of that beneficiary's own, made by the same rules.


Source: content after Decree 123/2020/NĐ-CP article 32, amended by 70/2025 (known, not re-read);
that money given back takes a receipt of its own is practice. All of them are demonstrations.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common import db, ids
from common.errors import NotFound, Refusal
from payments.models import Attempt, CollectingBody, Payment, Receipt, ReceiptSeries
from payments.rules import money, words

DEMO_FORM = "DEMO-01BL"
CONFIRMATION_FORM = "DEMO-XNTT"
ONLINE = "Thanh toán trực tuyến (cổng mô phỏng)"
BY_TRANSFER = "Chuyển khoản ngân hàng (mô phỏng)"
METHODS = {
    money.TILL: "Tiền mặt tại quầy (mô phỏng)",
    money.BANK_COUNTER: "Chuyển khoản, thu ngân ghi nhận tại quầy (mô phỏng)",
}
MAX_CORRECTIONS = 20
Kind = Receipt.Kind


class ReceiptReplaced(Refusal):
    code = "receipt_replaced"
    status = 409
    title_vi = "Biên lai này đã được thay thế"
    title_en = "This receipt was replaced"
    detail_vi = "Biên lai đang có hiệu lực: {standing}."
    detail_en = "The one that stands is {standing}."
    members = ("standing",)


class ReceiptUnchanged(Refusal):
    code = "receipt_unchanged"
    status = 409
    title_vi = "Biên lai thay thế không khác biên lai cũ"
    title_en = "The replacement says nothing new"


class TooManyCorrections(Refusal):
    code = "too_many_corrections"
    status = 409
    title_vi = "Biên lai đã được sửa quá nhiều lần"
    title_en = "The receipt was corrected too often"
    detail_vi = "Tối đa {limit} biên lai cho một khoản nộp."
    detail_en = "At most {limit} receipts for one payment."
    members = ("limit",)


@db.transaction_required
def issue(payment: Payment, attempt: Attempt, *, now: datetime) -> Receipt:
    """Issue the receipt of a payment that has just been settled, in the same commit.

    It names who paid and, when that is somebody else, whose due it was.
    """
    account = attempt.payer_id is not None and attempt.payer_id != payment.citizen_id
    for_another = account or (attempt.payer_id is None and bool(attempt.payer_name))
    return _write(
        payment,
        kind=Kind.ORIGINAL,
        payer_name=(attempt.payer_name if for_another else None) or payment.payer_name,
        paid_for=payment.payer_name if for_another else None,
        payer_id=attempt.payer_id if for_another else None,
        lines=payment.lines,
        total_vnd=payment.amount_vnd,
        change_vnd=payment.amount_vnd,
        method=METHODS.get(attempt.provider, BY_TRANSFER if attempt.account else ONLINE),
        provider_reference=attempt.reference,
        issued_by="rule:settled",
        now=now,
    )


@db.transaction_required
def adjust(
    payment: Payment, *, change_vnd: int, cause: str, reason: str, by: str, now: datetime
) -> Receipt:
    """Issue an adjustment: money went back, or came back. The payment is locked by the caller.

    Shape: change_vnd is negative for money given back, in đồng; one cause is receipted once.
    """
    known = Receipt.objects.filter(payment=payment, cause=cause).first()
    if known is not None:
        return known
    before = standing(payment.id)
    label = "Điều chỉnh giảm: hoàn tiền" if change_vnd < 0 else "Điều chỉnh tăng lại"
    total = abs(change_vnd)
    line = {
        "code": "adjustment",
        "label": label,
        "kind": "adjustment",
        "quantity": 1,
        "unit_vnd": total,
        "amount_vnd": total,
    }
    return _write(
        payment,
        kind=Kind.ADJUSTMENT,
        corrects=before,
        cause=cause,
        reason=reason,
        payer_name=before.payer_name,
        paid_for=before.paid_for,
        payer_id=before.payer_id,
        payer_address=before.payer_address,
        payer_tax_code=before.payer_tax_code,
        lines=[line],
        total_vnd=total,
        change_vnd=change_vnd,
        method=before.method,
        provider_reference=before.provider_reference,
        issued_by=by,
        now=now,
    )


@db.transaction_required
def replace(
    *,
    receipt_id: str,
    payer: Mapping[str, str],
    reason: str,
    by: str,
    client_key: str,
    now: datetime,
) -> str:
    """Issue a receipt in the place of one whose payer is written wrong; return its id.

    Shape: payer holds what changes of `payer_name`, `payer_address`, `payer_tax_code`. The sum is
    never changed here: money moves first, and brings its own adjustment. Repeating it with the same
    key issues nothing more.

    Whose agency it is, is the caller's to check.

    Errors: NotFound, also for an adjustment; ReceiptReplaced; ReceiptUnchanged; TooManyCorrections.
    """
    payment = db.lock(Payment.objects.filter(receipts__id=receipt_id)).first()
    if payment is None:
        raise NotFound
    cause = f"replace:{client_key}"[:80]
    known = Receipt.objects.filter(payment=payment, cause=cause).first()
    if known is not None:
        return known.id
    before = standing(payment.id)
    asked = Receipt.objects.get(id=receipt_id)
    if asked.kind == Kind.ADJUSTMENT:
        raise NotFound
    if before.id != asked.id:
        raise ReceiptReplaced(standing=f"{before.series} {before.number:07d}")
    if Receipt.objects.filter(payment=payment).count() >= MAX_CORRECTIONS:
        raise TooManyCorrections(limit=MAX_CORRECTIONS)
    said = {name: getattr(before, name) for name in ("payer_name", "payer_address")}
    said["payer_tax_code"] = before.payer_tax_code
    if all(said[name] == value for name, value in payer.items()):
        raise ReceiptUnchanged
    return _write(
        payment,
        kind=Kind.REPLACEMENT,
        corrects=before,
        cause=cause,
        reason=reason,
        paid_for=before.paid_for,
        payer_id=before.payer_id,
        lines=before.lines,
        total_vnd=before.total_vnd,
        change_vnd=0,
        method=before.method,
        provider_reference=before.provider_reference,
        issued_by=by,
        now=now,
        **{**said, **payer},
    ).id


def standing(payment_id: str) -> Receipt:
    """Return the receipt of a settled payment that was not replaced. Errors: DoesNotExist."""
    return Receipt.objects.exclude(kind=Kind.ADJUSTMENT).get(
        payment_id=payment_id, replaced_by__isnull=True
    )


def _write(
    payment: Payment,
    *,
    kind: Receipt.Kind,
    payer_name: str,
    lines: Sequence[Mapping[str, Any]],
    total_vnd: int,
    change_vnd: int,
    method: str,
    provider_reference: str,
    issued_by: str,
    now: datetime,
    corrects: Receipt | None = None,
    cause: str = "",
    reason: str = "",
    payer_address: str = "",
    payer_tax_code: str = "",
    paid_for: str | None = None,
    payer_id: str | None = None,
) -> Receipt:
    body = _collector(payment.agency_code)
    series = f"{body.series_prefix}-{now.astimezone(money.HCM):%y}"
    return Receipt.objects.create(
        payment=payment,
        kind=kind,
        corrects=corrects,
        replaces=corrects if kind == Kind.REPLACEMENT else None,
        cause=cause,
        reason=reason,
        issued_by=issued_by,
        change_vnd=change_vnd,
        form_code=body.form_code,
        series=series,
        number=_next_number(series),
        collector={
            "name": body.name,
            "address": body.address,
            "tax_code": body.tax_code,
            "is_demo": body.is_demo,
        },
        payer_name=payer_name,
        payer_address=payer_address,
        payer_tax_code=payer_tax_code,
        paid_for=paid_for,
        payer_id=payer_id,
        title=payment.title,
        lines=list(lines),
        total_vnd=total_vnd,
        total_words=words.amount(total_vnd),
        method=method,
        provider_reference=provider_reference,
        lookup_code=ids.unguessable(16),
        issued_at=now,
    )


def _next_number(series: str) -> int:
    """Return the next number; a rollback gives it back, because its row rolls back too."""
    ReceiptSeries.objects.bulk_create(
        [ReceiptSeries(series=series, last_number=0)], ignore_conflicts=True
    )
    row = db.lock(ReceiptSeries.objects.filter(series=series)).get()
    row.last_number += 1
    row.save(update_fields=["last_number"])
    return row.last_number


def _collector(agency_code: str) -> CollectingBody:
    """Return who collects for an agency; one nobody described gets an evident demonstration."""
    known = CollectingBody.objects.filter(agency_code=agency_code).first()
    agency = money.is_agency(agency_code)
    who = "Cơ quan thu phí" if agency else "Bên nhận tiền"
    return known or CollectingBody(
        agency_code=agency_code,
        name=f"{who} thử nghiệm ({agency_code})",
        tax_code=f"DEMO-MST-{agency_code}"[:40],
        form_code=DEMO_FORM if agency else CONFIRMATION_FORM,
        series_prefix=f"DEMO-{agency_code}"[:30],
        is_demo=True,
    )


def is_confirmation(receipt: Receipt) -> bool:
    """Return whether a receipt is a confirmation of payment, not a biên lai."""
    return receipt.form_code == CONFIRMATION_FORM
