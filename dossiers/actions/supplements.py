"""What the citizen, or their representative, does with a dossier: answer a request, withdraw."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from common import db, jsonschema
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import autosave, drafts, forms, hands, intake, moves
from dossiers.models import (
    Attachment,
    Dossier,
    RepresentationEvent,
    SupplementDraft,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.rules import merge, prefill
from dossiers.rules.states import State
from services import queries as services

MAX_ROUNDS = 2


class NothingAsked(Refusal):
    code = "no_open_supplement"
    status = 409
    title_vi = "Hồ sơ không có yêu cầu bổ sung nào đang mở"
    title_en = "Nothing is being asked for"


class SupplementEmpty(Refusal):
    code = "supplement_empty"
    status = 400
    title_vi = "Chưa có nội dung bổ sung"
    title_en = "The supplement is empty"


class SupplementIncomplete(Refusal):
    code = "supplement_incomplete"
    status = 400
    title_vi = "Nội dung bổ sung chưa đủ"
    title_en = "The supplement is not complete"
    detail_vi = "Hãy bổ sung mọi mục được nêu rồi gửi một lần."
    detail_en = "Complete everything named here, then send it once."


class SupplementRoundsUsed(Refusal):
    code = "supplement_rounds_used"
    status = 409
    title_vi = "Đã yêu cầu bổ sung đủ số lần cho phép"
    title_en = "No further supplement may be asked for"
    detail_vi = "Tối đa {limit} lần (NĐ 63/2010/NĐ-CP Điều 20). Hãy giải quyết hoặc từ chối hồ sơ."
    detail_en = "At most {limit} times (Decree 63/2010 Art.20). Resolve the dossier or refuse it."
    members = ("limit",)


@dataclasses.dataclass(frozen=True)
class Supplement:
    """A request as the citizen works on it. Only the asked fields and papers are open.

    `answers` are the asked fields as they would be sent; `given` names those the citizen has
    answered so far. `failures` say all that is missing; none means that it can be sent.
    """

    dossier: Dossier
    request: SupplementRequest
    schema: dict[str, Any]
    answers: dict[str, Any]
    given: tuple[str, ...]
    message: str
    papers: tuple[services.Paper, ...]
    files: tuple[Attachment, ...]
    failures: tuple[FieldError, ...]
    version: int
    updated_at: datetime


def refuse_too_many_rounds(asked_before: int) -> None:
    """Refuse to make a citizen come back a third time.

    Source: NĐ 63/2010/NĐ-CP Art.20: not more than twice (cited, text not read). A second round
    already counts as overdue in the city's figures; the move needs its reason either way.
    Errors: SupplementRoundsUsed.
    """
    if asked_before >= MAX_ROUNDS:
        raise SupplementRoundsUsed(limit=MAX_ROUNDS)


@db.transaction()
def look(*, user_id: str, dossier_id: str, now: datetime) -> Supplement:
    """Return the open request with what was filled in so far. Errors: NotFound; NothingAsked."""
    hand = hands.find(user_id=user_id, dossier_id=dossier_id, now=now, locked=False)
    request = _open(hand.dossier)
    hands.looked(hand, now=now)
    return _compose(hand.dossier, request, _draft(request))


@db.transaction()
def save(
    *,
    user_id: str,
    dossier_id: str,
    expected_version: int,
    answers: Mapping[str, Any],
    reset: Collection[str],
    message: str | None,
    now: datetime,
) -> Supplement:
    """Keep half a supplement: a value, null for emptied, `reset` for not answered yet.

    Errors: NotFound; NothingAsked; StaleVersion with both sides; Invalid; DraftTooLarge.
    """
    hand = hands.find(user_id=user_id, dossier_id=dossier_id, now=now, locked=True)
    dossier = hand.dossier
    request = _open(dossier)
    draft = _draft(request)
    change = merge.changes(answers, reset)
    if draft.version != expected_version:
        met = merge.merge(None, change, draft.answers)
        raise autosave.stale(draft.version, met, base_known=False)
    _refuse_unasked(request, change)
    kept = merge.apply(draft.answers, change)
    if len(json.dumps(kept, ensure_ascii=False).encode()) > drafts.MAX_ANSWER_BYTES:
        raise drafts.DraftTooLarge(limit_bytes=drafts.MAX_ANSWER_BYTES)
    draft.answers = kept
    draft.message = draft.message if message is None else message
    draft.version += 1
    draft.updated_at = now
    composed = _compose(dossier, request, draft)
    refused = [
        failure
        for failure in composed.failures
        if failure.code in {"max_length", "max_items", "unknown_field", "differs_from_identity"}
    ]
    if refused:
        raise Invalid(errors=refused)
    draft.save()
    hands.looked(hand, now=now)
    return composed


@db.transaction()
def answer(
    *,
    user_id: str,
    dossier_id: str,
    answers: Mapping[str, Any],
    message: str,
    now: datetime,
) -> Dossier:
    """Send the supplement, once and whole: what was saved, with `answers` over it. The state stays.

    Every asked field is answered and valid and every asked paper has a file, or all that is
    missing is said at once. The frozen hash is renewed and the old one stays in the timeline.
    Errors: NotFound; NothingAsked; Invalid; SupplementEmpty; SupplementIncomplete.
    """
    hand = hands.find(user_id=user_id, dossier_id=dossier_id, now=now, locked=True)
    dossier = hand.dossier
    request = _open(dossier)
    _refuse_unasked(request, answers)
    draft = _draft(request)
    draft.answers = {**draft.answers, **answers}
    draft.message = message.strip() or draft.message
    composed = _compose(dossier, request, draft)
    if not draft.answers and not composed.files and not draft.message:
        raise SupplementEmpty
    if composed.failures:
        raise SupplementIncomplete(errors=composed.failures)
    before = dossier.answers_hash
    dossier.answers = _merged(dossier, draft.answers)
    dossier.answers_hash = intake.hash_of(dossier.answers)
    typed = {
        "source": "typed",
        "source_ref": "",
        "recorded_at": now.isoformat(),
        "verified": False,
    }
    dossier.provenance = {
        name: typed if name in draft.answers else dossier.provenance.get(name, typed)
        for name in dossier.answers
    }
    request.state = SupplementRequest.State.ANSWERED
    request.answered_at = now
    request.save(update_fields=["state", "answered_at"])
    SupplementDraft.objects.filter(request=request).delete()
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.SUPPLEMENT,
        name="answer_supplement",
        who=hand.who,
        now=now,
        from_state=dossier.state,
        reason=draft.message,
        data={
            "round": request.round,
            "files": len(composed.files),
            "fields": sorted(draft.answers),
            "answers_hash_before": before,
        },
    )
    intake.snapshot(dossier, now)
    hands.acted(
        hand, RepresentationEvent.Kind.SUPPLIED, now=now, fields=tuple(sorted(draft.answers))
    )
    return dossier


@db.transaction()
def forget(*, now: datetime) -> int:
    """Erase what was half filled in for a request that was closed otherwise; return how many."""
    over = SupplementDraft.objects.exclude(request__state=SupplementRequest.State.OPEN)
    return SupplementDraft.objects.filter(request_id__in=over.values("request_id")).delete()[0]


def _draft(request: SupplementRequest) -> SupplementDraft:
    """Return what was filled in so far; version 1 before anything was."""
    found = SupplementDraft.objects.filter(request=request).first()
    return found or SupplementDraft(
        request=request, answers={}, version=1, updated_at=request.requested_at
    )


def _merged(dossier: Dossier, answers: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**dossier.answers, **answers}
    return {name: value for name, value in whole.items() if value is not None}


def _compose(dossier: Dossier, request: SupplementRequest, draft: SupplementDraft) -> Supplement:
    asked = list(request.fields)
    form = services.form(dossier.form_id) if dossier.form_id else None
    whole = _merged(dossier, draft.answers)
    papers = {paper.key: paper for paper in services.version(dossier.service_version_id).papers}
    files = tuple(
        Attachment.objects.filter(dossier=dossier, supplement_round=request.round)
        .select_related("file")
        .order_by("created_at", "id")
    )
    failures = [
        _missing(name, "not_answered", f"/answers/{name}")
        for name in asked
        if name not in draft.answers
    ]
    if form is not None:
        failures += _wrong(dossier, form, whole, asked, draft.answers)
    attached = {file.paper_key for file in files}
    failures += [
        _missing(key, "paper_missing", "/papers") for key in request.papers if key not in attached
    ]
    return Supplement(
        dossier=dossier,
        request=request,
        schema=_cut(form.schema, asked) if form is not None else {},
        answers={name: whole[name] for name in asked if name in whole},
        given=tuple(sorted(draft.answers)),
        message=draft.message,
        papers=tuple(papers[key] for key in request.papers if key in papers),
        files=files,
        failures=tuple(failures),
        version=draft.version,
        updated_at=draft.updated_at,
    )


def _wrong(
    dossier: Dossier,
    form: services.FormVersion,
    whole: Mapping[str, Any],
    asked: Collection[str],
    given: Mapping[str, Any],
) -> list[FieldError]:
    """Return what is wrong with the asked fields, and what their new values make wrong elsewhere.

    A failure that the dossier was taken in with, in a field that is closed, is not the citizen's.
    """
    before = {
        (one.pointer, one.code)
        for one in jsonschema.failures(form.schema, dossier.answers, cache_key=form.id)
    }
    failures = [
        one
        for one in jsonschema.failures(form.schema, whole, cache_key=form.id)
        if one.param.split(".")[0] in asked or (one.pointer, one.code) not in before
    ]
    applicant_id = dossier.citizen_id
    if dossier.filed_by_id and prefill.by_representative(form.schema, whole):
        applicant_id = dossier.filed_by_id
    return failures + [
        one
        for one in forms.about_applicant(form.prefill, whole, applicant_id)
        if one.param in given
    ]


def _cut(schema: Mapping[str, Any], asked: Collection[str]) -> dict[str, Any]:
    """Return a form's schema with the asked fields only."""
    properties = schema.get("properties", {})
    return {
        **{name: schema[name] for name in ("$schema", "type", "$defs") if name in schema},
        "additionalProperties": False,
        "properties": {name: properties[name] for name in asked if name in properties},
        "required": [name for name in schema.get("required", ()) if name in asked],
    }


def _missing(name: str, code: str, pointer: str) -> FieldError:
    texts = {
        "not_answered": ("Chưa trả lời mục được yêu cầu", "This was asked for and not answered"),
        "paper_missing": ("Chưa có tệp cho giấy tờ này", "There is no file for this paper yet"),
    }
    return FieldError(code, name, *texts[code], pointer=pointer)


def _refuse_unasked(request: SupplementRequest, names: Collection[str]) -> None:
    extra = sorted(set(names) - set(request.fields))
    if extra:
        raise Invalid(
            errors=[
                FieldError(
                    "not_asked_for",
                    name,
                    "Trường này không được yêu cầu bổ sung",
                    "This field was not asked for",
                    pointer=f"/answers/{name}",
                )
                for name in extra
            ]
        )


@db.transaction()
def withdraw(*, user_id: str, dossier_id: str, reason: str, now: datetime) -> Dossier:
    """Ask to stop the procedure; the office looks at it (NĐ 118/2025/NĐ-CP Art.21, cited).

    Errors: NotFound; MoveNotAllowed.
    """
    hand = hands.find(user_id=user_id, dossier_id=dossier_id, now=now, locked=True)
    dossier = hand.dossier
    moved = moves.move(
        dossier=dossier,
        name="withdraw",
        who=hand.who,
        now=now,
        reason=reason,
        office=moves.office_name(dossier.receiving_agency_id),
    )
    hands.acted(hand, RepresentationEvent.Kind.WITHDREW, now=now)
    return moved.dossier


def _open(dossier: Dossier) -> SupplementRequest:
    if dossier.state != State.SUPPLEMENT_REQUESTED:
        raise NothingAsked
    request = SupplementRequest.objects.filter(
        dossier=dossier, state=SupplementRequest.State.OPEN
    ).first()
    if request is None:
        raise NothingAsked
    return request
