"""The papers of receipts: one signed original, the same bytes for everybody; prints are copies."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from common import db, documents, files, signing
from common.errors import NotFound, Refusal
from common.files import PDF
from payments.actions.receipts import is_confirmation
from payments.models import Payment, Receipt, ReceiptPaper, ReceiptPrint
from payments.queries import receipts as reads
from payments.rules import money, words

PAPERS = Path(__file__).resolve().parent.parent / "templates_typst"
MAX_PRINTS = 50


class TooManyPrints(Refusal):
    code = "too_many_prints"
    status = 409
    title_vi = "Biên lai đã được in lại quá nhiều lần"
    title_en = "The receipt was printed too often"
    detail_vi = "Tối đa {limit} bản in lại. Tệp điện tử vẫn tải được."
    detail_en = "At most {limit} prints. The electronic file can still be downloaded."
    members = ("limit",)


@db.durable
def original(*, receipt_id: str, now: datetime) -> bytes:
    """Return the signed PDF of a receipt; the first one made is the one for ever.

    May run many times at once or be killed: bytes that no row names are swept.
    """
    found = _made(receipt_id)
    if found is None:
        receipt = Receipt.objects.get(id=receipt_id)
        data = documents.pdf(_template(receipt), content(receipt), at=receipt.issued_at)
        signed = signing.sign(
            data,
            signatory=signing.Signatory(
                key=receipt.payment.agency_code, name=receipt.collector["name"]
            ),
            reason=f"Biên lai {receipt}",
            now=now,
        )
        stored = files.store_own(signed, media_type=PDF.media_type, now=now)
        with db.transaction():
            ReceiptPaper.objects.bulk_create(
                [ReceiptPaper(receipt=receipt, file=stored, made_at=now)], ignore_conflicts=True
            )
        found = _made(receipt_id)
    if found is None:
        raise NotFound
    return files.read(found.file)


def _made(receipt_id: str) -> ReceiptPaper | None:
    return ReceiptPaper.objects.select_related("file").filter(receipt_id=receipt_id).first()


@db.transaction_required
def print_again(*, receipt_id: str, client_key: str, by: str, now: datetime) -> int:
    """Take the next number for a print of a receipt; the same key takes none. Who may: the caller.

    Errors: TooManyPrints.
    """
    # A receipt cannot be locked by a role that may not change it: its payment stands for it.
    db.lock(Payment.objects.filter(receipts__id=receipt_id)).get()
    receipt = Receipt.objects.get(id=receipt_id)
    prints = ReceiptPrint.objects.filter(receipt=receipt)
    known = prints.filter(client_key=client_key).first()
    if known is not None:
        return known.number
    number = prints.count() + 1
    if number > MAX_PRINTS:
        raise TooManyPrints(limit=MAX_PRINTS)
    ReceiptPrint.objects.create(
        receipt=receipt, number=number, client_key=client_key, printed_by=by, printed_at=now
    )
    return number


@db.transaction()
def print_mine(
    *, citizen_id: str, payment_id: str, receipt_id: str, client_key: str, now: datetime
) -> int:
    """Take a print of one's own receipt; return its number. Errors: NotFound; TooManyPrints."""
    row = reads.one_of(citizen_id, payment_id, receipt_id)
    return print_again(receipt_id=row.id, client_key=client_key, by=citizen_id, now=now)


def copy(*, receipt: Receipt, number: int) -> bytes:
    """Return a print: marked as a copy on its face, unsigned. Errors: NotFound."""
    row = ReceiptPrint.objects.filter(receipt=receipt, number=number).first()
    if row is None:
        raise NotFound
    printed = f"{row.printed_at.astimezone(money.HCM):%H:%M ngày %d/%m/%Y}"
    mark = f"BẢN IN LẠI SỐ {number}, in lúc {printed}"
    return documents.pdf(
        _template(receipt), {**content(receipt), "copy": mark}, at=receipt.issued_at
    )


def _template(receipt: Receipt) -> Path:
    return PAPERS / ("confirmation.typ" if is_confirmation(receipt) else "receipt.typ")


KINDS = {
    Receipt.Kind.ORIGINAL: "BIÊN LAI THỬ NGHIỆM",
    Receipt.Kind.ADJUSTMENT: "BIÊN LAI ĐIỀU CHỈNH (THỬ NGHIỆM)",
    Receipt.Kind.REPLACEMENT: "BIÊN LAI THAY THẾ (THỬ NGHIỆM)",
}


CONFIRMATIONS = {
    Receipt.Kind.ORIGINAL: "XÁC NHẬN THANH TOÁN THỬ NGHIỆM",
    Receipt.Kind.ADJUSTMENT: "XÁC NHẬN ĐIỀU CHỈNH (THỬ NGHIỆM)",
    Receipt.Kind.REPLACEMENT: "XÁC NHẬN THAY THẾ (THỬ NGHIỆM)",
}


def content(receipt: Receipt) -> dict[str, Any]:
    """Return what stands on the paper of a receipt; of the receipt alone, so that it stays."""
    issued = receipt.issued_at.astimezone(money.HCM)
    before = receipt.corrects
    headings = CONFIRMATIONS if is_confirmation(receipt) else KINDS
    return {
        "heading": headings[Receipt.Kind(receipt.kind)],
        "corrects": f"{before}, lập ngày {before.issued_at.astimezone(money.HCM):%d/%m/%Y}"
        if before
        else "",
        "reason": receipt.reason,
        "copy": "",
        "form_code": receipt.form_code,
        "series": receipt.series,
        "number": f"{receipt.number:07d}",
        "collector": receipt.collector,
        "payer": receipt.payer_name,
        "paid_for": receipt.paid_for or "",
        "payer_address": receipt.payer_address,
        "payer_tax_code": receipt.payer_tax_code,
        "title": receipt.title,
        "lines": [
            {
                "label": line["label"],
                "quantity": line["quantity"],
                "unit": words.dong(line["unit_vnd"]),
                "amount": words.dong(line["amount_vnd"]),
            }
            for line in receipt.lines
        ],
        "total": words.dong(receipt.total_vnd),
        "words": receipt.total_words,
        "method": receipt.method,
        "reference": receipt.provider_reference,
        "payment": receipt.payment_id,
        "dossier": receipt.payment.reference,
        "issued": f"{issued:%H:%M:%S ngày %d/%m/%Y}",
        "lookup_code": receipt.lookup_code,
        "lookup_url": address(receipt.lookup_code),
        "qr": documents.qr_svg(address(receipt.lookup_code)),
    }


def address(lookup_code: str) -> str:
    """Return the page that says whether a receipt is on record."""
    return f"{settings.PUBLIC_URL}/receipts/{lookup_code}"
