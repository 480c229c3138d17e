"""Receipts (biên lai): numbers without gaps, and the paper."""

from datetime import datetime
from pathlib import Path

from common import db, documents, ids
from payments.models import Attempt, CollectingBody, Payment, Receipt, ReceiptSeries
from payments.rules import money, words

TEMPLATE = Path(__file__).resolve().parent.parent / "templates_typst" / "receipt.typ"
DEMO_FORM = "DEMO-01BL"
ONLINE = "Thanh toán trực tuyến (cổng mô phỏng)"
BY_TRANSFER = "Chuyển khoản ngân hàng (mô phỏng)"


@db.transaction_required
def issue(payment: Payment, attempt: Attempt, *, now: datetime) -> Receipt:
    """Issue the receipt of a payment that has just been settled, in the same commit.

    Source: content after Decree 123/2020/NĐ-CP article 32, amended by 70/2025; a demonstration.
    """
    body = _collector(payment.agency_code)
    series = f"{body.series_prefix}-{now.astimezone(money.HCM):%y}"
    return Receipt.objects.create(
        payment=payment,
        form_code=body.form_code,
        series=series,
        number=_next_number(series),
        collector={
            "name": body.name,
            "address": body.address,
            "tax_code": body.tax_code,
            "is_demo": body.is_demo,
        },
        payer_name=payment.payer_name,
        title=payment.title,
        lines=payment.lines,
        total_vnd=payment.amount_vnd,
        total_words=words.amount(payment.amount_vnd),
        method=BY_TRANSFER if attempt.account else ONLINE,
        provider_reference=attempt.intent_id or attempt.session_id,
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
    return known or CollectingBody(
        agency_code=agency_code,
        name=f"Cơ quan thu phí thử nghiệm ({agency_code})",
        tax_code=f"DEMO-MST-{agency_code}"[:40],
        form_code=DEMO_FORM,
        series_prefix=f"DEMO-{agency_code}"[:30],
        is_demo=True,
    )


def paper(receipt: Receipt) -> bytes:
    """Return the PDF of a receipt: a rendition (bản thể hiện), the same bytes every time."""
    issued = receipt.issued_at.astimezone(money.HCM)
    return documents.pdf(
        TEMPLATE,
        {
            "form_code": receipt.form_code,
            "series": receipt.series,
            "number": f"{receipt.number:07d}",
            "collector": receipt.collector,
            "payer": receipt.payer_name,
            "title": receipt.title,
            "lines": [
                {
                    "label": line["label"],
                    "quantity": line["quantity"],
                    "unit": dong(line["unit_vnd"]),
                    "amount": dong(line["amount_vnd"]),
                }
                for line in receipt.lines
            ],
            "total": dong(receipt.total_vnd),
            "words": receipt.total_words,
            "method": receipt.method,
            "reference": receipt.provider_reference,
            "payment": receipt.payment_id,
            "dossier": receipt.payment.reference,
            "issued": f"{issued:%H:%M:%S ngày %d/%m/%Y}",
            "lookup_code": receipt.lookup_code,
            "qr": documents.qr_svg(
                f"BIEN LAI THU NGHIEM {receipt.series} {receipt.number:07d} "
                f"{receipt.total_vnd} VND {receipt.lookup_code}"
            ),
        },
    )


def dong(amount_vnd: int) -> str:
    """Return a sum as people in Việt Nam write it: 16.000."""
    return f"{amount_vnd:,}".replace(",", ".")
