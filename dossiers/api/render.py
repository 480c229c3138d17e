"""From rows to answers about drafts and dossiers."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from common import http
from common.errors import FieldError
from dossiers.actions import drafts
from dossiers.actions.forms import Composed
from dossiers.models import Attachment, Document, Dossier, Draft, SupplementRequest, TimelineEvent
from dossiers.queries import mine
from dossiers.queries.promises import history
from dossiers.rules import states, words
from dossiers.rules.deadlines import HCM
from dossiers.rules.states import State
from payments.queries import Dues


def state(code: int) -> dict[str, Any]:
    name = states.NAMES[State(code)]
    return {
        "code": int(code),
        "key": name.key,
        "name": name.en if http.language() == "en" else name.vi,
    }


def agency(row: Any) -> dict[str, Any] | None:
    return None if row is None else {"key": row.key, "name_vi": row.name_vi}


def failure(item: FieldError) -> dict[str, Any]:
    english = http.language() == "en"
    return {
        "code": item.code,
        "param": item.param,
        "message": item.message_en if english else item.message_vi,
        "pointer": item.pointer,
    }


def draft_brief(row: Draft) -> dict[str, Any]:
    return {
        "id": str(row.client_id),
        "service_code": row.service_code,
        "service_name": row.service_version.name_vi,
        "receiving_agency": agency(row.receiving_agency),
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "expires_at": row.expires_at,
    }


def draft(composed: Composed) -> dict[str, Any]:
    row, form = composed.draft, composed.form
    files = mine.draft_files(row.id)
    codes = sorted({p.component_code for p in composed.service.papers if p.component_code})
    known = mine.reusable(row.citizen_id, codes)
    return {
        **draft_brief(row),
        "form_id": form.id if form else "",
        "form_number": form.number if form else 0,
        "form_verified": form.verified if form else "own",
        "answers": composed.answers,
        "prefilled": [
            {
                "field": offer.field,
                "source": offer.source,
                "source_ref": offer.source_ref,
                "recorded_at": offer.recorded_at,
                "verified": offer.verified,
                "locked": offer.locked,
                "aged": offer.aged,
            }
            for name, offer in sorted(composed.offers.items())
            if composed.answers.get(name) == offer.value
        ],
        "failures": [failure(item) for item in composed.failures],
        "papers": [
            {
                "key": paper.key,
                "component_code": paper.component_code,
                "name": paper.name,
                "case": paper.case,
                "digital": paper.digital,
                "attachments": [attachment(file) for file in files if file.paper_key == paper.key],
                "reusable": [
                    {
                        "paper_id": one.id,
                        "name": one.name,
                        "source_ref": one.source_ref,
                        "accepted_at": one.accepted_at,
                    }
                    for one in known.get(paper.component_code or "", [])
                ],
            }
            for paper in composed.service.papers
        ],
        "upload_limits": {
            "max_files": drafts.MAX_FILES,
            "max_file_bytes": drafts.MAX_FILE_BYTES,
            "max_total_bytes": drafts.MAX_TOTAL_BYTES,
            "media_types": sorted(drafts.ALLOWED_TYPES),
        },
    }


def attachment(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.id,
        "paper_key": row.paper_key,
        "paper_name": row.paper_name,
        "file_name": row.file_name,
        "media_type": row.file.media_type,
        "size": row.file.size,
        "sha256": row.file_id,
        "reused": bool(row.reused_from),
        "created_at": row.created_at,
    }


def dossier_brief(row: Dossier) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "service_code": row.service_code,
        "service_name": row.service_name,
        "channel": row.channel,
        "state": state(row.state),
        "receiving_agency": agency(row.receiving_agency),
        "competent_agency": agency(row.competent_agency),
        "submitted_at": row.submitted_at,
        "received_at": row.received_at,
        "due_at": row.due_at,
        "finished_at": row.finished_at,
        "version": row.version,
    }


def promises(row: Dossier) -> list[dict[str, Any]]:
    return [
        {
            "promised_due_at": one.due,
            "at": one.at,
            "move": one.move,
            "kind": one.kind,
        }
        for one in history(row.timeline.all())
    ]


def dossier(row: Dossier, dues: Dues | None) -> dict[str, Any]:
    supplements = list(row.supplements.all())
    return {
        **dossier_brief(row),
        "answers": row.answers,
        "answers_hash": row.answers_hash,
        "provenance": row.provenance,
        "fee": fee(row.fee_quote),
        "owed": http.money(dues.owed_vnd if dues else 0),
        "paid": http.money(dues.paid_vnd if dues else 0),
        "payment_ids": list(dues.payment_ids) if dues else [],
        "promises": promises(row),
        "missed_at": row.missed_at,
        "timeline": [event(one) for one in row.timeline.all()],
        "documents": [document(one) for one in row.documents.all()],
        "attachments": [attachment(one) for one in row.attachments.all()],
        "supplements": [supplement(one) for one in supplements],
        "needed": _needed(supplements, dues),
        "lookup_pin": row.lookup_pin,
        "lookup_url": f"{settings.PUBLIC_URL}/t/{row.lookup_token}",
    }


def _needed(supplements: Sequence[SupplementRequest], dues: Dues | None) -> list[dict[str, Any]]:
    english = http.language() == "en"
    found = []
    if dues is not None and dues.open:
        text = "Pay what is owed" if english else "Thanh toán khoản phải nộp"
        found += [{"kind": "pay", "text": text, "reference": one} for one in dues.payment_ids[-1:]]
    for one in supplements:
        if one.state == SupplementRequest.State.OPEN:
            text = "Answer the supplement request" if english else "Bổ sung hồ sơ theo yêu cầu"
            found.append({"kind": "supplement", "text": text, "reference": one.id})
    return found


def fee(quote: dict[str, Any]) -> dict[str, Any]:
    return {
        "known": quote["known"],
        "total": None if quote["total_vnd"] is None else http.money(quote["total_vnd"]),
        "due": quote["due"],
        "reason": quote["reason_en"] if http.language() == "en" else quote["reason_vi"],
        "lines": [
            {
                "label_vi": line["label_vi"],
                "kind": line["kind"],
                "quantity": line["quantity"],
                "unit": http.money(line["unit_vnd"]),
                "amount": http.money(line["amount_vnd"]),
                "reason_vi": line["reason_vi"],
            }
            for line in quote["lines"]
        ],
    }


def event(row: TimelineEvent) -> dict[str, Any]:
    due = f"{row.due_at.astimezone(HCM):%H:%M %d/%m/%Y}" if row.due_at else "—"
    text = words.about(row.move, code="", office=row.told_office or row.actor_label, due=due)
    english = http.language() == "en"
    return {
        "seq": row.seq,
        "kind": row.kind,
        "move": row.move,
        "state": state(row.to_state),
        "text": text.body_en if english else text.body_vi,
        "reason": row.reason,
        "office": row.actor_label,
        "due_at": row.due_at,
        "at": row.at,
    }


def document(row: Document) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "title_vi": row.title_vi,
        "ready": row.file_id is not None,
        "issued_at": row.issued_at,
    }


def supplement(row: SupplementRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "round": row.round,
        "state": row.state,
        "message": row.message,
        "fields": row.fields,
        "papers": row.papers,
        "requested_at": row.requested_at,
        "answered_at": row.answered_at,
    }
