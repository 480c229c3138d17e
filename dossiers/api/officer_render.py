"""From rows to answers about an officer's work."""

from datetime import datetime
from typing import Any

from dossiers.api import render
from dossiers.models import Assignment, AssignmentEvent, Lease, Note, Opinion, Seat
from services import queries as services


def seat(row: Seat | None) -> dict[str, Any] | None:
    return None if row is None else {"seat_id": str(row.pk), "title": row.title}


def assignment(hands: list[Assignment], mine: Seat) -> dict[str, Any] | None:
    if not hands:
        return None
    [hand] = hands
    return {
        "seat_id": str(hand.seat_id),
        "title": hand.seat.title,
        "mine": hand.seat_id == mine.pk,
        "since": hand.since,
    }


def lease(row: Lease | None, mine: Seat, now: datetime) -> dict[str, Any] | None:
    if row is None or row.until <= now:
        return None
    return {
        "seat_id": str(row.seat_id),
        "title": row.seat.title,
        "mine": row.seat_id == mine.pk,
        "until": row.until,
    }


def assignment_event(row: AssignmentEvent) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "act": row.act,
        "from": seat(row.from_seat),
        "to": seat(row.to_seat),
        "by": seat(row.by_seat),
        "at": row.at,
    }


def note(row: Note) -> dict[str, Any]:
    return {
        "id": row.id,
        "text": row.text,
        "audience": row.audience,
        "agency": render.agency(row.agency),
        "writer": row.seat.title,
        "at": row.at,
    }


def opinion_brief(row: Opinion, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "dossier_code": row.dossier.code,
        "service_code": row.dossier.service_code,
        "service_name": row.dossier.service_name,
        "asking_agency": render.agency(row.asking_agency),
        "asked_agency": render.agency(row.asked_agency),
        "state": row.state,
        "stance": row.stance or None,
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "late": row.state == Opinion.State.OPEN and row.due_at < now,
        "closed_at": row.closed_at,
        "silence_basis": row.silence_basis or None,
    }


def opinion(row: Opinion, now: datetime) -> dict[str, Any]:
    answered = row.state == Opinion.State.ANSWERED
    return {
        **opinion_brief(row, now),
        "question": row.question,
        "answer": row.answer,
        "file_name": row.file_name if answered and row.file_id else None,
        "closing_reason": row.closing_reason,
    }


def opinion_detail(row: Opinion, files: list[Any], now: datetime, *, asked: bool) -> dict[str, Any]:
    """Return an opinion with the shared parts; a file not sent yet is the asked agency's own."""
    dossier = row.dossier
    form = services.form(dossier.form_id) if dossier.form_id and row.shown_fields else None
    fields = form.schema.get("properties", {}) if form else {}
    body = opinion(row, now)
    if asked and row.file_id:
        body["file_name"] = row.file_name
    return {
        **body,
        "applicant_name": dossier.applicant_name if row.shows_applicant else None,
        "answers": [
            {
                "field": name,
                "label_vi": str(fields.get(name, {}).get("title", name)),
                "value": dossier.answers.get(name),
            }
            for name in row.shown_fields
        ],
        "files": [
            {
                "id": one.id,
                "paper_name": one.paper_name,
                "file_name": one.file_name,
                "media_type": one.file.media_type,
                "size": one.file.size,
            }
            for one in files
        ],
    }
