"""What the citizen does with a submitted dossier: answer a request, withdraw."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common import db, files, jsonschema
from common.errors import FieldError, Invalid, NotFound, Refusal
from dossiers.actions import drafts, intake, moves
from dossiers.actions import who as people
from dossiers.models import Attachment, Dossier, SupplementRequest, TimelineEvent
from dossiers.rules.states import State
from services import queries as services


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


@db.transaction()
def answer(
    *,
    citizen_id: str,
    dossier_id: str,
    answers: Mapping[str, Any],
    message: str,
    now: datetime,
) -> Dossier:
    """Answer the open request: corrected fields, and files added before. The state stays.

    Only the fields that were asked for may change; the frozen hash is renewed and the old answers
    stay in the timeline's keeping as a hash.
    Errors: NotFound; NothingAsked; Invalid; SupplementEmpty.
    """
    dossier = _mine(citizen_id, dossier_id)
    request = _open(dossier)
    extra = sorted(set(answers) - set(request.fields))
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
    files = Attachment.objects.filter(dossier=dossier, supplement_round=request.round).count()
    if not answers and not files and not message.strip():
        raise SupplementEmpty
    before = dossier.answers_hash
    merged = {**dossier.answers, **answers}
    if dossier.form_id and answers:
        form = services.form(dossier.form_id)
        failures = jsonschema.failures(form.schema, merged, cache_key=form.id)
        if failures:
            raise Invalid(errors=failures)
    dossier.answers = merged
    dossier.answers_hash = intake.hash_of(merged)
    dossier.provenance = {
        **dossier.provenance,
        **{
            name: {
                "source": "typed",
                "source_ref": "",
                "recorded_at": now.isoformat(),
                "verified": False,
            }
            for name in answers
        },
    }
    request.state = SupplementRequest.State.ANSWERED
    request.answered_at = now
    request.save(update_fields=["state", "answered_at"])
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.SUPPLEMENT,
        name="answer_supplement",
        who=people.citizen(citizen_id),
        now=now,
        from_state=dossier.state,
        reason=message,
        data={
            "round": request.round,
            "files": files,
            "fields": sorted(answers),
            "answers_hash_before": before,
        },
    )
    if answers:
        intake.snapshot(dossier, now)
    return dossier


@db.durable
def attach(
    *,
    citizen_id: str,
    dossier_id: str,
    client_key: str,
    paper_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> Attachment:
    """Add a file for a paper that the open request asks for; the same key adds it once.

    Errors: NotFound; NothingAsked; Invalid; TooManyFiles; and those of `files.store`.
    """
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    stored = files.store(
        data, max_bytes=drafts.MAX_FILE_BYTES, allowed=drafts.ALLOWED_TYPES, now=now
    )
    with db.transaction():
        dossier = _mine(citizen_id, dossier_id)
        request = _open(dossier)
        again = Attachment.objects.filter(dossier=dossier, client_key=client_key).first()
        if again is not None:
            return again
        papers = {paper.key: paper for paper in services.version(dossier.service_version_id).papers}
        if paper_key not in request.papers or paper_key not in papers:
            raise Invalid(
                errors=[
                    FieldError(
                        "not_asked_for",
                        "paper_key",
                        "Giấy tờ này không được yêu cầu bổ sung",
                        "This paper was not asked for",
                        pointer="/paper_key",
                    )
                ]
            )
        if dossier.attachments.count() >= 2 * drafts.MAX_FILES:
            raise drafts.TooManyFiles(
                limit_files=2 * drafts.MAX_FILES, limit_bytes=drafts.MAX_TOTAL_BYTES
            )
        return Attachment.objects.create(
            dossier=dossier,
            client_key=client_key,
            paper_key=paper_key,
            component_code=papers[paper_key].component_code or "",
            paper_name=papers[paper_key].name,
            file=stored,
            file_name=drafts.safe_name(file_name, stored.media_type),
            supplement_round=request.round,
            created_at=now,
        )


@db.transaction()
def withdraw(*, citizen_id: str, dossier_id: str, reason: str, now: datetime) -> Dossier:
    """Ask to stop the procedure; the office looks at it (NĐ 118/2025/NĐ-CP Art.21, cited).

    Errors: NotFound; MoveNotAllowed.
    """
    dossier = _mine(citizen_id, dossier_id)
    moved = moves.move(
        dossier=dossier,
        name="withdraw",
        who=people.citizen(citizen_id),
        now=now,
        reason=reason,
        office=moves.office_name(dossier.receiving_agency_id),
    )
    return moved.dossier


def _mine(citizen_id: str, dossier_id: str) -> Dossier:
    dossier = db.lock(Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id)).first()
    if dossier is None:
        raise NotFound
    return dossier


def _open(dossier: Dossier) -> SupplementRequest:
    if dossier.state != State.SUPPLEMENT_REQUESTED:
        raise NothingAsked
    request = SupplementRequest.objects.filter(
        dossier=dossier, state=SupplementRequest.State.OPEN
    ).first()
    if request is None:
        raise NothingAsked
    return request
