"""Writing a draft: start, autosave, discard."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from dossiers.actions import forms
from dossiers.actions.forms import Composed
from dossiers.models import Attachment, Draft
from dossiers.rules import prefill
from services import queries as services

LIFE = timedelta(days=90)
MAX_OPEN_DRAFTS = 50


class NotOnline(Refusal):
    code = "not_online"
    status = 409
    title_vi = "Thủ tục này không nhận hồ sơ trực tuyến"
    title_en = "This service cannot be filed online"
    detail_vi = "Thủ tục {service_code} chỉ nhận tại bộ phận một cửa."
    detail_en = "Service {service_code} is taken in at the counter only."
    members = ("service_code",)


class NoFormYet(Refusal):
    code = "no_form"
    status = 409
    title_vi = "Chưa có biểu mẫu điện tử cho thủ tục này"
    title_en = "There is no electronic form for this service yet"


class DraftClosed(Refusal):
    code = "draft_closed"
    status = 409
    title_vi = "Hồ sơ nháp đã được gửi hoặc đã hủy"
    title_en = "This draft was submitted or discarded"


class TooManyDrafts(Refusal):
    code = "too_many_drafts"
    status = 409
    title_vi = "Có quá nhiều hồ sơ nháp đang mở"
    title_en = "Too many drafts are open"
    detail_vi = "Tối đa {limit}. Hãy gửi hoặc hủy bớt."
    detail_en = "At most {limit}. Submit or discard some."
    members = ("limit",)


class DraftIdTaken(Refusal):
    code = "draft_id_taken"
    status = 409
    title_vi = "Mã nháp này đã dùng cho một thủ tục khác"
    title_en = "This draft id is in use for another service"


@db.transaction()
def start(*, citizen_id: str, client_id: uuid.UUID, service_code: str, now: datetime) -> Composed:
    """Start a draft under the phone's own id; the same id again returns the same draft.

    Errors: UnknownService; NotOnline; NoFormYet; TooManyDrafts; DraftIdTaken.
    """
    db.advisory_lock(f"drafts {citizen_id}")
    known = Draft.objects.filter(citizen_id=citizen_id, client_id=client_id).first()
    if known is not None:
        if known.service_code != service_code:
            raise DraftIdTaken
        return forms.compose(draft=known, now=now)
    service = services.version_on(service_code, now.date())
    if service.online_level == "none":
        raise NotOnline(service_code=service_code)
    form = services.form_of(service_code, now.date())
    if form is None or "online" not in form.channels:
        raise NoFormYet
    mine = Draft.objects.filter(citizen_id=citizen_id, state=Draft.State.OPEN)
    if mine.count() >= MAX_OPEN_DRAFTS:
        raise TooManyDrafts(limit=MAX_OPEN_DRAFTS)
    draft = Draft.objects.create(
        client_id=client_id,
        citizen_id=citizen_id,
        service_version_id=service.id,
        form_id=form.id,
        service_code=service_code,
        answers={},
        offers={},
        state=Draft.State.OPEN,
        created_at=now,
        updated_at=now,
        expires_at=now + LIFE,
    )
    composed = forms.compose(draft=draft, now=now)
    _remember_offers(composed)
    draft.save(update_fields=["offers"])
    return composed


@db.transaction()
def look(*, citizen_id: str, client_id: uuid.UUID, now: datetime) -> Composed:
    """Return a draft of one's own, composed with what consent lets out now. Errors: NotFound."""
    draft = _mine(citizen_id, client_id).first()
    if draft is None:
        raise NotFound
    return forms.compose(draft=draft, now=now)


@db.transaction()
def save(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    expected_version: int,
    answers: Mapping[str, Any],
    reset: Collection[str],
    confirmed: Collection[str],
    receiving_agency: str | None,
    now: datetime,
) -> Composed:
    """Save what changed: a value, null for emptied on purpose, `reset` to go back to the offer.

    Half-filled forms are saved too; only unknown fields, over-long values and identity-backed
    values are refused.
    Errors: NotFound; DraftClosed; StaleVersion; Invalid.
    """
    draft = _open_locked(citizen_id, client_id)
    check_version(draft.version, expected_version)
    form = services.form(draft.form_id or "")
    known = form.schema.get("properties", {})
    unknown = [
        FieldError(
            "unknown_field",
            name,
            "Trường không có trong biểu mẫu",
            "This field is not in the form",
            pointer=f"/answers/{name}",
        )
        for name in sorted({*answers, *reset, *confirmed} - set(known))
    ]
    if unknown:
        raise Invalid(errors=unknown)
    merged = {name: value for name, value in draft.answers.items() if name not in set(reset)}
    merged |= dict(answers)
    composed = forms.compose(draft=draft, now=now, typed=merged)
    refused = prefill.locked_failures(answers, composed.offers) + [
        failure
        for failure in composed.failures
        if failure.code in {"max_length", "max_items", "unknown_field"}
    ]
    if refused:
        raise Invalid(errors=refused)
    # A repeat of a locked value changes nothing, so it is not kept as typed.
    draft.answers = {
        name: value
        for name, value in merged.items()
        if not (name in composed.offers and composed.offers[name].locked)
    }
    if receiving_agency is not None:
        allowed = {agency.key for agency in services.receivers(draft.service_code, None)}
        if receiving_agency not in allowed:
            raise Invalid(
                errors=[
                    FieldError(
                        "unknown_agency",
                        "receiving_agency",
                        "Cơ quan này không tiếp nhận thủ tục này",
                        "This agency does not receive this service",
                        pointer="/receiving_agency",
                    )
                ]
            )
        draft.receiving_agency_id = receiving_agency
    draft.confirmed = sorted({*draft.confirmed, *confirmed} - set(answers))
    _remember_offers(composed)
    draft.version += 1
    draft.updated_at = now
    draft.expires_at = now + LIFE
    draft.save()
    return composed


@db.transaction()
def discard(*, citizen_id: str, client_id: uuid.UUID, expected_version: int, now: datetime) -> None:
    """Throw a draft away, with what was typed. Errors: NotFound; DraftClosed; StaleVersion."""
    draft = _open_locked(citizen_id, client_id)
    check_version(draft.version, expected_version)
    close(draft, Draft.State.DISCARDED, now=now)
    Attachment.objects.filter(draft=draft).delete()


@db.transaction_required
def close(draft: Draft, state: Draft.State, *, now: datetime) -> None:
    """Close a locked draft; what was typed lives on in the dossier or nowhere."""
    draft.state = state
    draft.answers, draft.offers, draft.confirmed = {}, {}, []
    draft.version += 1
    draft.updated_at = now
    draft.save()


def _mine(citizen_id: str, client_id: uuid.UUID) -> Any:
    return Draft.objects.filter(citizen_id=citizen_id, client_id=client_id).exclude(
        state=Draft.State.DISCARDED
    )


def _open_locked(citizen_id: str, client_id: uuid.UUID) -> Draft:
    draft: Draft | None = db.lock(_mine(citizen_id, client_id)).first()
    if draft is None:
        raise NotFound
    if draft.state != Draft.State.OPEN:
        raise DraftClosed
    return draft


def _remember_offers(composed: Composed) -> None:
    composed.draft.offers = {name: offer.value for name, offer in composed.offers.items()}
