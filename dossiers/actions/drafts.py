"""Writing a draft: start, autosave, discard; by its citizen or a representative."""

import dataclasses
import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from common import db
from common.errors import Invalid, NotFound, Refusal, StaleVersion, check_version
from dossiers.actions import autosave, carrying, forms, representing
from dossiers.actions.forms import Composed
from dossiers.models import Attachment, Draft, DraftVersion
from dossiers.queries.representation import reachable
from dossiers.rules import merge, prefill
from services import queries as services

LIFE = timedelta(days=90)
MAX_OPEN_DRAFTS = 50
MAX_ANSWER_BYTES = 128 * 1024


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


class DraftExists(Refusal):
    code = "draft_exists"
    status = 409
    title_vi = "Bạn đã có hồ sơ nháp của thủ tục này"
    title_en = "You already have a draft of this"
    detail_vi = "Mở tiếp bản nháp đã có, hoặc gửi `another: true` để bắt đầu một bản khác."
    detail_en = "Go on with the draft you have, or send `another: true` to start another one."
    members = ("draft_id", "updated_at")


class DraftTooLarge(Refusal):
    code = "draft_too_large"
    status = 413
    title_vi = "Nội dung hồ sơ nháp quá lớn"
    title_en = "The draft holds too much"
    detail_vi = "Tối đa {limit_bytes} byte cho toàn bộ các trường."
    detail_en = "At most {limit_bytes} bytes in all fields together."
    members = ("limit_bytes",)


class HandedOver(Refusal):
    code = "draft_handed_over"
    status = 409
    title_vi = "Bản nháp đang do người được ủy quyền soạn"
    title_en = "A representative is writing this draft"
    detail_vi = "Hãy lấy lại bản nháp trước khi sửa."
    detail_en = "Take it back before you change it."


@db.transaction()
def start(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    service_code: str,
    another: bool,
    now: datetime,
) -> Composed:
    """Start a draft under the phone's own id; the same id again returns the same draft.

    A second open draft of one service must be asked for: people tap the link again and end up
    with five. Errors: UnknownService; NotOnline; NoFormYet; TooManyDrafts; DraftIdTaken;
    DraftExists.
    """
    db.advisory_lock(f"drafts {citizen_id}")
    known = db.lock(Draft.objects.filter(citizen_id=citizen_id, client_id=client_id)).first()
    if known is not None:
        if known.service_code != service_code:
            raise DraftIdTaken
        carrying.carry(known, now=now)
        return forms.compose(draft=known, now=now, viewer_id=citizen_id)
    if Draft.objects.filter(holder_id=citizen_id, client_id=client_id).exists():
        raise DraftIdTaken
    service = services.version_on(service_code, now.date())
    if service.online_level == "none":
        raise NotOnline(service_code=service_code)
    form = services.form_of(service_code, now.date())
    if form is None or "online" not in form.channels:
        raise NoFormYet
    mine = Draft.objects.filter(citizen_id=citizen_id, state=Draft.State.OPEN)
    same = mine.filter(service_code=service_code).order_by("-updated_at", "-id").first()
    if same is not None and not another:
        raise DraftExists(draft_id=str(same.client_id), updated_at=same.updated_at)
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
    remember_offers(composed)
    draft.save(update_fields=["offers"])
    return composed


@db.transaction()
def look(*, citizen_id: str, client_id: uuid.UUID, now: datetime) -> Composed:
    """Return a draft that one owns or holds, composed with what consent lets out now.

    A form that changed is carried over now. Errors: NotFound.
    """
    draft = _mine(citizen_id, client_id).first()
    if draft is None:
        raise NotFound
    if carrying.outdated(draft, now) is not None:
        draft = db.lock(_mine(citizen_id, client_id)).first()
        if draft is None:
            raise NotFound
        carrying.carry(draft, now=now)
    composed = forms.compose(draft=draft, now=now, viewer_id=citizen_id)
    _shown_to(citizen_id, draft, now)
    return composed


@dataclasses.dataclass(frozen=True)
class Change:
    """What a phone changed: values, null for emptied on purpose, `reset` for back to the offer.

    `merge` asks to save over a version that the phone did not see, where nobody is overruled.
    """

    answers: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    reset: Collection[str] = ()
    confirmed: Collection[str] = ()
    receiving_agency: str | None = None
    merge: bool = False


@db.durable
def save(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    expected_version: int,
    change: Change,
    now: datetime,
) -> Composed:
    """Save what changed; the last writer never wins by being last.

    Half-filled forms are saved too; only unknown fields, over-long values and identity-backed
    values are refused.
    Errors: NotFound; DraftClosed; HandedOver; StaleVersion with both sides; Invalid; DraftTooLarge.
    """
    try:
        with db.transaction():
            return _save(citizen_id, client_id, expected_version, change, now)
    except StaleVersion:
        # The refusal shows what is in the draft, and the row for that must outlive the rollback.
        with db.transaction():
            _shown_to(citizen_id, _mine(citizen_id, client_id).first(), now)
        raise


def _save(
    citizen_id: str, client_id: uuid.UUID, expected_version: int, change: Change, now: datetime
) -> Composed:
    draft = open_one(citizen_id, client_id, locked=True)
    representing.refuse_lapsed(draft, now=now)
    carrying.carry(draft, now=now)
    answers, reset, receiving_agency = autosave.to_apply(
        draft,
        expected_version,
        change=merge.changes(change.answers, change.reset),
        receiving_agency=change.receiving_agency,
        may_merge=change.merge,
    )
    form = services.form(draft.form_id or "")
    forms.refuse_unknown(
        {*answers, *reset, *change.confirmed} - set(form.schema.get("properties", {}))
    )
    merged = merge.apply(draft.answers, merge.changes(answers, reset))
    if len(json.dumps(merged, ensure_ascii=False).encode()) > MAX_ANSWER_BYTES:
        raise DraftTooLarge(limit_bytes=MAX_ANSWER_BYTES)
    composed = forms.compose(draft=draft, now=now, typed=merged)
    refused = prefill.locked_failures(answers, composed.offers) + [
        failure
        for failure in composed.failures
        if failure.code in {"max_length", "max_items", "unknown_field"}
    ]
    if refused:
        raise Invalid(errors=refused)
    if receiving_agency is not None:
        forms.refuse_foreign(draft, receiving_agency)
    # A repeat of a locked value changes nothing, so it is not kept as typed.
    kept = {
        name: value
        for name, value in merged.items()
        if not (name in composed.offers and composed.offers[name].locked)
    }
    agency_id = receiving_agency or draft.receiving_agency_id
    if not merge.same(kept, draft.answers) or agency_id != draft.receiving_agency_id:
        autosave.remember(draft, now=now)
    draft.answers, draft.receiving_agency_id = kept, agency_id
    draft.confirmed = sorted({*draft.confirmed, *change.confirmed} - set(answers))
    draft.carried = None
    remember_offers(composed)
    draft.version += 1
    draft.updated_at = now
    draft.expires_at, draft.reminded = now + LIFE, 0
    draft.save()
    representing.saved(composed, fields={*answers, *reset}, now=now)
    _shown_to(citizen_id, draft, now)
    return composed


@db.transaction()
def discard(*, citizen_id: str, client_id: uuid.UUID, expected_version: int, now: datetime) -> None:
    """Throw a draft away, with what was typed.

    Errors: NotFound, also for whoever only holds it; DraftClosed; HandedOver; StaleVersion.
    """
    draft = open_one(citizen_id, client_id, locked=True)
    if draft.citizen_id != citizen_id:
        raise NotFound
    check_version(draft.version, expected_version)
    close(draft, Draft.State.DISCARDED, now=now)
    Attachment.objects.filter(draft=draft).delete()


@db.transaction_required
def for_submission(citizen_id: str, client_id: uuid.UUID) -> Draft:
    """Return the draft, locked, for whoever may file it; also one that was filed before.

    Errors: NotFound; HandedOver; ProofMissing while a representative has not shown the right.
    """
    draft: Draft | None = db.lock(_mine(citizen_id, client_id)).first()
    if draft is None:
        raise NotFound
    if draft.state == Draft.State.OPEN:
        _refuse_handed_over(draft, citizen_id)
        representing.refuse_without_proof(draft)
    return draft


@db.transaction_required
def close(draft: Draft, state: Draft.State, *, now: datetime) -> None:
    """Close a locked draft; what was typed lives on in the dossier or nowhere."""
    draft.state = state
    draft.answers, draft.offers, draft.confirmed, draft.carried = {}, {}, [], None
    draft.version += 1
    draft.updated_at = now
    draft.save()
    DraftVersion.objects.filter(draft=draft).delete()
    if state == Draft.State.DISCARDED:
        representing.lapse(draft, now=now)


def _mine(citizen_id: str, client_id: uuid.UUID) -> Any:
    """Return the draft that a person owns, or holds as a representative: never both of one id."""
    return Draft.objects.filter(reachable(citizen_id), client_id=client_id).exclude(
        state=Draft.State.DISCARDED
    )


def open_one(citizen_id: str, client_id: uuid.UUID, *, locked: bool) -> Draft:
    """Return an open draft for whoever may write it now.

    Errors: NotFound; DraftClosed; HandedOver.
    """
    rows = _mine(citizen_id, client_id)
    draft: Draft | None = (db.lock(rows) if locked else rows).first()
    if draft is None:
        raise NotFound
    if draft.state != Draft.State.OPEN:
        raise DraftClosed
    _refuse_handed_over(draft, citizen_id)
    return draft


def _refuse_handed_over(draft: Draft, citizen_id: str) -> None:
    if draft.holder_id is not None and draft.holder_id != citizen_id:
        raise HandedOver


@db.transaction_required
def touch(draft: Draft, now: datetime) -> None:
    """Save a locked draft as its next version; whoever works on it prolongs it."""
    draft.version += 1
    draft.updated_at = now
    draft.expires_at, draft.reminded = now + LIFE, 0
    draft.save(update_fields=["version", "updated_at", "expires_at", "reminded"])


def remember_offers(composed: Composed) -> None:
    """Note the prefilled values as they are shown to whoever writes the draft."""
    composed.draft.offers = {name: offer.value for name, offer in composed.offers.items()}


def _shown_to(citizen_id: str, draft: Draft | None, now: datetime) -> None:
    if draft is not None and draft.citizen_id != citizen_id:
        representing.draft_shown([draft], reader_id=citizen_id, now=now)
