"""From rows to answers about drafts and dossiers."""

from datetime import datetime
from typing import Any

from django.conf import settings

from common import clock, http
from common.errors import FieldError
from dossiers.actions import uploads
from dossiers.actions.forms import Composed
from dossiers.models import (
    Attachment,
    Document,
    Dossier,
    Draft,
    HandedIn,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.queries import calendar, mine, refunds
from dossiers.queries.mine import Listed
from dossiers.queries.promises import history
from dossiers.rules import limits, outlook, states, words
from dossiers.rules import refunds as refund_words
from dossiers.rules.calendar import HCM
from dossiers.rules.deadlines import Limit
from dossiers.rules.needs import Need
from dossiers.rules.states import Clock, State
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


def draft_brief(row: Draft, viewer_id: str) -> dict[str, Any]:
    own = row.citizen_id == viewer_id
    return {
        "id": str(row.client_id),
        "service_code": row.service_code,
        "service_name": row.service_version.name_vi,
        "receiving_agency": agency(row.receiving_agency),
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "expires_at": row.expires_at,
        "role": "own" if own else "representative",
        "on_behalf_of": None if own else row.citizen.full_name,
        "held_by": row.holder.full_name if own and row.holder is not None else None,
    }


def draft(composed: Composed) -> dict[str, Any]:
    row, form = composed.draft, composed.form
    files = mine.draft_files(row.id)
    codes = sorted({p.component_code for p in composed.service.papers if p.component_code})
    # A representative adds files; accepted papers are taken from their owner's hands only.
    own = composed.viewer_id == row.citizen_id
    known = mine.reusable(row.citizen_id, codes) if own else {}
    return {
        **draft_brief(row, composed.viewer_id),
        "representation_id": composed.representation.id if composed.representation else None,
        "form_changed": row.carried,
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
        "upload_limits": upload_limits(),
    }


def upload_limits() -> dict[str, Any]:
    return {
        "max_files": limits.MAX_FILES,
        "max_file_bytes": limits.MAX_FILE_BYTES,
        "max_upload_bytes": limits.MAX_UPLOAD_BYTES,
        "max_total_bytes": limits.MAX_TOTAL_BYTES,
        "media_types": sorted(uploads.ALLOWED_TYPES),
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
        "scan": row.file.verdict,
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


def refund(row: Dossier) -> dict[str, Any] | None:
    told = refunds.told(row)
    if told is None:
        return None
    language = 1 if http.language() == "en" else 0
    return {
        "state": told.state.value,
        "text": refund_words.TEXTS[told.state][language],
        "amount": http.money(told.amount_vnd),
        "reason": (told.reason_vi, told.reason_en)[language],
        "legal_basis": told.legal_basis,
        "decided_at": told.decided_at,
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


def need(one: Need) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "text": one.text_en if http.language() == "en" else one.text_vi,
        "deadline": one.deadline,
        "reference": one.reference,
        "link": one.link,
    }


def listed(one: Listed) -> dict[str, Any]:
    return {
        **dossier_brief(one.row),
        "updated_at": one.row.updated_at,
        "needs": [need(each) for each in one.needs],
    }


def dossier(row: Dossier, dues: Dues | None) -> dict[str, Any]:
    english = http.language() == "en"
    meaning = outlook.meaning(
        State(row.state),
        receiving=row.receiving_agency.name_vi,
        competent=row.competent_agency.name_vi,
    )
    return {
        **listed(Listed(row, mine.needs_of_one(row, dues))),
        "explanation": meaning.now_en if english else meaning.now_vi,
        "next_step": meaning.next_en if english else meaning.next_vi,
        "expected": expected(row, clock.now()),
        "answers": row.answers,
        "answers_hash": row.answers_hash,
        "provenance": row.provenance,
        "fee": fee(row.fee_quote),
        "owed": http.money(dues.owed_vnd if dues else 0),
        "paid": http.money(dues.paid_vnd if dues else 0),
        "refunded": http.money(dues.refunded_vnd if dues else 0),
        "refund": refund(row),
        "payment_ids": list(dues.payment_ids) if dues else [],
        "promises": promises(row),
        "missed_at": row.missed_at,
        "timeline": [event(one) for one in row.timeline.all()],
        "documents": [document(one) for one in row.documents.all()],
        "attachments": [attachment(one) for one in row.attachments.all()],
        "supplements": [supplement(one) for one in row.supplements.all()],
        "delivery": delivery(row),
        "unread_messages": unread(row),
        "rated": getattr(row, "rating", None) is not None,
        "lookup_pin": row.lookup_pin,
        "lookup_url": f"{settings.PUBLIC_URL}/t/{row.lookup_token}",
    }


def expected(row: Dossier, now: datetime) -> dict[str, Any]:
    found = outlook.expected(
        state=State(row.state),
        limit=Limit(**row.time_limit) if row.time_limit else None,
        due_at=row.due_at,
        finished_at=row.finished_at,
        passed=[outlook.Passed(Clock(one.clock), one.at, one.due_at) for one in row.timeline.all()],
        now=now,
        calendar=calendar.working(),
    )
    return {
        "status": found.status.value,
        "due_at": found.due_at,
        "working_days_left": found.working_days_left,
        "text": found.text_en if http.language() == "en" else found.text_vi,
    }


def unread(row: Dossier) -> bool:
    """Return whether the office's last message is past the citizen's read mark."""
    talk = getattr(row, "conversation", None)
    return talk is not None and talk.last_office_seq > talk.citizen_read_seq


def delivery(row: Dossier) -> dict[str, Any]:
    """Return the way chosen and how far the result is; the app and waiting if none ever was."""
    chosen = getattr(row, "delivery", None)
    return {
        "way": chosen.way if chosen else "app",
        "state": chosen.state if chosen else "waiting",
        "acknowledged_at": chosen.acknowledged_at if chosen else None,
    }


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
    text = words.about(
        row.move,
        code="",
        office=row.told_office or row.actor_label,
        due=due,
        amount=words.dong(row.data.get("amount_vnd")),
    )
    english = http.language() == "en"
    title_vi, title_en = words.step(row.move)
    return {
        "seq": row.seq,
        "kind": row.kind,
        "move": row.move,
        "state": state(row.to_state),
        "title": title_en if english else title_vi,
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
        "version": row.version,
        "revoked_at": row.revoked_at,
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


def handed_in(row: HandedIn) -> dict[str, Any]:
    return {
        "paper_key": row.paper_key,
        "paper_name": row.paper_name,
        "kind": row.kind,
        "quantity": row.quantity,
        "digitised": row.digitised,
    }
