"""Handing a draft to a representative: invite, answer, share, prove, take back.

The principal stays the owner throughout; the representative writes and files, one writer at a time.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from citizens import queries as citizens
from citizens.actions.consents import ConsentTextOld
from common import db, files
from common.errors import FieldError, Invalid, NotFound, Refusal, TooManyRequests, check_version
from dossiers.actions import drafts, forms, representing, uploads
from dossiers.actions.attachments import TooManyFiles
from dossiers.actions.carrying import PROOF_KEY
from dossiers.actions.representing import Kind
from dossiers.models import Attachment, Draft, Representation
from dossiers.queries import representation as query
from dossiers.rules import handover as rules
from dossiers.rules import limits
from dossiers.rules.names import safe_name

State = Representation.State
DAY = timedelta(days=1)
MAX_PROOFS = 5
BATCH = 200


class AlreadyOffered(Refusal):
    code = "handover_open"
    status = 409
    title_vi = "Bản nháp này đã có lời mời hoặc người đại diện"
    title_en = "This draft was already offered to somebody"
    detail_vi = "Hãy lấy lại trước khi mời người khác."
    detail_en = "Take it back before you invite somebody else."


class RepresentationOver(Refusal):
    code = "representation_over"
    status = 409
    title_vi = "Lời mời hoặc việc đại diện không còn hiệu lực"
    title_en = "This invitation or representation is over"


class TooManyInvitations(TooManyRequests):
    code = "too_many_invitations"
    title_vi = "Đã mời quá nhiều người trong một ngày"
    title_en = "Too many people were invited within a day"


@db.transaction()
def invite(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    phone: str,
    id_number: str,
    basis: str,
    shares_prefill: bool,
    share_text_version: str,
    valid_until: datetime | None,
    now: datetime,
) -> Representation:
    """Offer an open draft to somebody by phone or personal number, whether known here or not.

    Errors: NotFound; DraftClosed; AlreadyOffered; Invalid; ConsentTextOld; TooManyInvitations.
    """
    db.advisory_lock(f"drafts {citizen_id}")
    draft = _own_locked(citizen_id, client_id)
    if Representation.objects.filter(draft=draft, state__in=representing.LIVE).exists():
        raise AlreadyOffered
    index = citizens.contact_index(phone=phone, id_number=id_number)
    field = "id_number" if id_number else "phone"
    if index in citizens.contact_indexes(citizen_id):
        raise _invalid(
            "oneself", field, "Không thể tự ủy quyền cho mình", "That is your own address"
        )
    until = valid_until or now + rules.VALID_FOR
    if not now < until <= now + rules.VALID_AT_MOST:
        raise _invalid(
            "out_of_range", "valid_until", "Tối đa 365 ngày kể từ nay", "At most 365 days from now"
        )
    if shares_prefill and share_text_version != rules.SHARE_TEXT_VERSION:
        raise ConsentTextOld
    lately = Representation.objects.filter(principal_id=citizen_id, invited_at__gt=now - DAY)
    if lately.count() >= rules.INVITATIONS_A_DAY:
        raise TooManyInvitations(retry_after=int(DAY.total_seconds()))
    row = Representation.objects.create(
        draft=draft,
        principal_id=citizen_id,
        invited_index=index,
        invited_hint=citizens.masked_contact(phone=phone, id_number=id_number),
        basis=basis,
        shares_prefill=shares_prefill,
        share_text_version=share_text_version if shares_prefill else "",
        state=State.INVITED,
        invited_at=now,
        answer_until=min(now + rules.ANSWER_WITHIN, until),
        valid_until=until,
    )
    representing.record(row, Kind.INVITED, by="principal", actor_id=citizen_id, now=now)
    if shares_prefill:
        representing.record(row, Kind.SHARING_GRANTED, by="principal", actor_id=citizen_id, now=now)
    meant = citizens.citizen_meant(index)
    if meant is not None:
        representing.tell(row, "represented_invited", to=meant, now=now)
    return row


@db.transaction()
def answer(*, citizen_id: str, representation_id: str, accept: bool, now: datetime) -> None:
    """Accept or refuse an invitation; whoever accepts holds the draft from now on.

    Errors: NotFound for anybody but the one invited; RepresentationOver; DraftIdTaken;
    TooManyDrafts.
    """
    db.advisory_lock(f"drafts {citizen_id}")
    row = _locked(representation_id)
    if row.principal_id == citizen_id:
        raise NotFound
    if row.invited_index not in citizens.contact_indexes(citizen_id):
        raise NotFound
    if row.state == State.ACTIVE and row.representative_id == citizen_id and accept:
        return
    if row.state != State.INVITED or row.answer_until <= now:
        raise RepresentationOver
    if not accept:
        row.representative_id = citizen_id
        row.save(update_fields=["representative"])
        representing.end(row, Kind.REFUSED, by="representative", actor_id=citizen_id, now=now)
        return
    draft = row.draft
    if Draft.objects.filter(query.reachable(citizen_id), client_id=draft.client_id).exists():
        raise drafts.DraftIdTaken
    held = Draft.objects.filter(holder_id=citizen_id, state=Draft.State.OPEN)
    if held.count() >= drafts.MAX_OPEN_DRAFTS:
        raise drafts.TooManyDrafts(limit=drafts.MAX_OPEN_DRAFTS)
    row.state, row.representative_id, row.accepted_at = State.ACTIVE, citizen_id, now
    row.version += 1
    row.save(update_fields=["state", "representative", "accepted_at", "version"])
    draft.holder_id = citizen_id
    draft.version += 1
    draft.updated_at = now
    draft.save(update_fields=["holder", "version", "updated_at"])
    _offer_anew(draft, now)
    representing.record(row, Kind.ACCEPTED, by="representative", actor_id=citizen_id, now=now)
    representing.draft_shown([draft], reader_id=citizen_id, now=now)
    representing.tell(row, "represented_accepted", to=row.principal_id, now=now)


@db.transaction()
def end(*, citizen_id: str, representation_id: str, now: datetime) -> None:
    """Take a draft back, or give it back; afterwards the representative sees nothing of it.

    Whoever repeats it is told so once more, without an effect. Errors: NotFound.
    """
    row = _locked(representation_id)
    if citizen_id not in {row.principal_id, row.representative_id}:
        raise NotFound
    if row.state not in representing.LIVE:
        return
    principal = row.principal_id == citizen_id
    representing.end(
        row,
        Kind.TAKEN_BACK if principal else Kind.GIVEN_BACK,
        by="principal" if principal else "representative",
        actor_id=citizen_id,
        now=now,
    )
    _offer_anew(row.draft, now)


@db.transaction()
def share(
    *,
    citizen_id: str,
    representation_id: str,
    expected_version: int,
    shares_prefill: bool,
    share_text_version: str,
    now: datetime,
) -> None:
    """Grant or withdraw that prefilled values are shown; the very next answer follows it.

    Errors: NotFound for anybody but the principal; StaleVersion; RepresentationOver;
    ConsentTextOld.
    """
    row = _locked(representation_id)
    if row.principal_id != citizen_id:
        raise NotFound
    check_version(row.version, expected_version)
    if row.state not in representing.LIVE:
        raise RepresentationOver
    if shares_prefill and share_text_version != rules.SHARE_TEXT_VERSION:
        raise ConsentTextOld
    row.shares_prefill = shares_prefill
    row.share_text_version = share_text_version if shares_prefill else row.share_text_version
    row.version += 1
    row.save(update_fields=["shares_prefill", "share_text_version", "version"])
    kind = Kind.SHARING_GRANTED if shares_prefill else Kind.SHARING_WITHDRAWN
    representing.record(row, kind, by="principal", actor_id=citizen_id, now=now)


@db.durable
def prove(
    *,
    citizen_id: str,
    representation_id: str,
    client_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> Attachment:
    """Attach what proves the right to act; it goes to the office with the dossier.

    Either side may bring it; the same key again adds it once.
    Errors: NotFound; RepresentationOver; TooManyFiles; and those of `files.store`.
    """
    query.party(citizen_id, representation_id)
    stored = files.store(
        data, max_bytes=limits.MAX_FILE_BYTES, allowed=uploads.ALLOWED_TYPES, now=now
    )
    with db.transaction():
        row = _locked(representation_id)
        draft = row.draft
        if row.state not in representing.LIVE or draft.state != Draft.State.OPEN:
            raise RepresentationOver
        again = Attachment.objects.filter(draft=draft, client_key=client_key).first()
        if again is not None:
            return again
        proofs = Attachment.objects.filter(draft=draft, paper_key=PROOF_KEY)
        if proofs.count() >= MAX_PROOFS:
            raise TooManyFiles(limit_files=MAX_PROOFS, limit_bytes=limits.MAX_TOTAL_BYTES)
        made = Attachment.objects.create(
            draft=draft,
            client_key=client_key,
            paper_key=PROOF_KEY,
            component_code="",
            paper_name="Giấy tờ chứng minh việc đại diện",
            file=stored,
            file_name=safe_name(file_name, files.extension(stored.media_type)),
            created_at=now,
        )
        drafts.touch(draft, now)
        by = "principal" if row.principal_id == citizen_id else "representative"
        representing.record(row, Kind.PROOF_ADDED, by=by, actor_id=citizen_id, now=now)
    return made


@db.transaction()
def look_at_dossier(*, citizen_id: str, representation_id: str, now: datetime) -> Representation:
    """Let a representative see the dossier that they filed, and leave a row for its citizen.

    Errors: NotFound for anybody else, before it was filed, and when the right is over.
    """
    row = query.acting(citizen_id, representation_id, now=now)
    representing.dossier_shown(row, now=now)
    return row


def list_shown(*, rows: Sequence[Draft], reader_id: str, now: datetime) -> None:
    """Leave one row for each person whose draft was on a representative's list."""
    others = [draft for draft in rows if draft.citizen_id != reader_id]
    if others:
        with db.transaction():
            representing.draft_shown(others, reader_id=reader_id, now=now, what="draft:list")


def file_shown(*, attachment: Attachment, reader_id: str, now: datetime) -> None:
    """Leave a row when somebody else than its citizen opened a file of a draft."""
    draft = attachment.draft
    if draft is not None and draft.citizen_id != reader_id:
        with db.transaction():
            representing.draft_shown([draft], reader_id=reader_id, now=now, what="draft:file")


@db.transaction()
def sweep(*, now: datetime) -> int:
    """End invitations that nobody answered and rights that ran out; return how many."""
    found = list(query.due(now).order_by("id").values_list("id", flat=True)[:BATCH])
    for representation_id in found:
        row = _locked(representation_id)
        if row.state in representing.LIVE:
            representing.end(row, Kind.LAPSED, by="system", actor_id="", now=now)
            _offer_anew(row.draft, now)
    return len(found)


def _own_locked(citizen_id: str, client_id: uuid.UUID) -> Draft:
    rows = Draft.objects.filter(citizen_id=citizen_id, client_id=client_id)
    draft = db.lock(rows.exclude(state=Draft.State.DISCARDED)).first()
    if draft is None:
        raise NotFound
    if draft.state != Draft.State.OPEN:
        raise drafts.DraftClosed
    return draft


def _locked(representation_id: str) -> Representation:
    """Return a representation and its draft, both locked, the draft first as everywhere."""
    known = Representation.objects.filter(id=representation_id).values_list("draft_id").first()
    if known is None:
        raise NotFound
    draft = db.lock(Draft.objects.filter(id=known[0])).get()
    row = db.lock(Representation.objects.filter(id=representation_id)).get()
    row.draft = draft
    return row


def _offer_anew(draft: Draft, now: datetime) -> None:
    """Note what whoever writes from now on is shown, so that a change is flagged against that."""
    if draft.state == Draft.State.OPEN:
        drafts.remember_offers(forms.compose(draft=draft, now=now))
        draft.save(update_fields=["offers"])


def _invalid(code: str, field: str, vi: str, en: str) -> Invalid:
    return Invalid(errors=[FieldError(code, field, vi, en, pointer=f"/{field}")])
