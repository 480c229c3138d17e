"""The papers that offices issue: their content is frozen with the event, the PDF is made after.

Forms 01 to 05 follow TT 03/2025/TT-VPCP Annex I (cited); the blank forms were not read, so each
paper says on its face that it was made by a demonstration.
"""

import pathlib
from datetime import datetime
from typing import Any

from django.conf import settings

from common import db, documents, files, jobs, signing
from common.files import PDF
from dossiers.models import Document, Dossier, SupplementRequest, TimelineEvent
from dossiers.rules.deadlines import HCM
from services import queries as services

TEMPLATES = pathlib.Path(__file__).resolve().parent.parent / "templates_typst"
MAX_PDF_BYTES = 5 * files.MEBIBYTE

TITLES = {
    Document.Kind.ACKNOWLEDGEMENT: "Thông báo đã gửi hồ sơ",
    Document.Kind.RECEPTION_SLIP: "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
    Document.Kind.SUPPLEMENT_SLIP: "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
    Document.Kind.REFUSAL_SLIP: "Phiếu từ chối tiếp nhận giải quyết hồ sơ",
    Document.Kind.APOLOGY_LETTER: "Văn bản xin lỗi và đề nghị gia hạn",
    Document.Kind.STOP_NOTICE: "Thông báo dừng giải quyết hồ sơ",
    Document.Kind.RESULT: "Kết quả giải quyết",
}
FORM_NUMBERS = {
    Document.Kind.RECEPTION_SLIP: "Mẫu số 01",
    Document.Kind.SUPPLEMENT_SLIP: "Mẫu số 02",
    Document.Kind.REFUSAL_SLIP: "Mẫu số 03",
    Document.Kind.APOLOGY_LETTER: "Mẫu số 04",
    Document.Kind.STOP_NOTICE: "Mẫu số 05",
}


def clock_text(moment: datetime | None) -> str:
    """Return a moment as Vietnamese papers write it."""
    return f"{moment.astimezone(HCM):%H giờ %M, ngày %d/%m/%Y}" if moment else ""


@db.transaction_required
def issue(
    *, dossier: Dossier, event: TimelineEvent, kind: Document.Kind, facts: dict[str, Any]
) -> Document:
    """Freeze the content of a paper; the worker makes the PDF from it."""
    version = services.version(dossier.service_version_id)
    content = {
        "kind": str(kind),
        "title": TITLES[kind],
        "form_number": FORM_NUMBERS.get(kind, ""),
        "agency": services.agency(dossier.receiving_agency_id).name_vi,
        "competent": services.agency(dossier.competent_agency_id).name_vi,
        "code": dossier.code,
        "pin": dossier.lookup_pin,
        "service_code": dossier.service_code,
        "service_name": dossier.service_name,
        "applicant": dossier.applicant_name,
        "at": clock_text(event.at),
        "submitted_at": clock_text(dossier.submitted_at),
        "received_at": clock_text(dossier.received_at),
        "due_at": clock_text(dossier.due_at),
        "limit": limit_text(dossier.time_limit),
        "papers": [
            {"name": attachment.paper_name, "reused": bool(attachment.reused_from)}
            for attachment in dossier.attachments.order_by("created_at", "id")
        ],
        "fee": fee_text(dossier.fee_quote),
        "results": [result.name for result in version.results],
        "lookup_url": f"{settings.PUBLIC_URL}/t/{dossier.lookup_token}",
        **facts,
    }
    document = Document.objects.create(
        dossier=dossier,
        event_seq=event.seq,
        kind=kind,
        title_vi=TITLES[kind],
        content=content,
        issued_at=event.at,
    )
    jobs.enqueue("dossiers.make_paper", document_id=document.id)
    return document


@db.transaction_required
def issue_reception_slip(*, dossier: Dossier, event: TimelineEvent) -> Document:
    """Issue form 01, with the date and hour of the appointment."""
    return issue(
        dossier=dossier,
        event=event,
        kind=Document.Kind.RECEPTION_SLIP,
        facts={"receiver": event.actor_label},
    )


@db.transaction_required
def issue_supplement_slip(
    *, dossier: Dossier, event: TimelineEvent, request: SupplementRequest, gaps: list[str]
) -> Document:
    """Issue form 02, with every gap at once."""
    return issue(
        dossier=dossier,
        event=event,
        kind=Document.Kind.SUPPLEMENT_SLIP,
        facts={"reason": request.message, "gaps": gaps, "round": request.round},
    )


def make(*, document_id: str, now: datetime) -> bool:
    """Make the PDF of a paper unless it exists, and return whether this call made it.

    A result is signed (PAdES). May run twice: the first PDF that is recorded stays.
    """
    document = Document.objects.filter(id=document_id, file__isnull=True).first()
    if document is None:
        return False
    content = document.content
    qr = documents.qr_svg(content["lookup_url"])
    data = documents.pdf(TEMPLATES / "paper.typ", {**content, "qr": qr})
    if document.kind == Document.Kind.RESULT:
        data = signing.sign(data, reason=content["title"], now=now)
    stored = files.store(data, max_bytes=MAX_PDF_BYTES, allowed={PDF.media_type}, now=now)
    with db.transaction():
        row = db.lock(Document.objects.filter(id=document_id)).get()
        if row.file_id is None:
            row.file = stored
            row.save(update_fields=["file"])
            return True
    return False


def limit_text(limit: dict[str, Any] | None) -> str:
    """Return a time limit in Vietnamese, or that none is known."""
    if limit is None:
        return "chưa có dữ liệu"
    if limit["same_day"] and limit["value"] <= 1:
        return "trong ngày làm việc; nhận sau 15 giờ: ngày làm việc tiếp theo"
    units = {
        "working_day": "ngày làm việc",
        "calendar_day": "ngày",
        "hour": "giờ làm việc",
        "month": "tháng",
    }
    return f"{limit['value']} {units[limit['unit']]}"


def fee_text(quote: dict[str, Any]) -> str:
    """Return what a fee quote says, in Vietnamese."""
    if not quote["known"]:
        return f"chưa xác định: {quote['reason_vi']}"
    if quote["total_vnd"] == 0:
        return f"0 đồng ({quote['reason_vi']})"
    return f"{quote['total_vnd']:,} đồng".replace(",", ".")
