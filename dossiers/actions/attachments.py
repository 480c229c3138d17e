"""Files of a draft, or for a request to supplement: attach, reuse, take off.

There is one way in for both: look, keep the bytes outside of any transaction, then lock and look
again.
"""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Sum

from citizens import queries as citizens
from common import db, files
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from common.models import StoredFile
from dossiers.actions import drafts, hands, uploads
from dossiers.actions.supplements import NothingAsked
from dossiers.models import Attachment, Dossier, Draft, SupplementRequest
from dossiers.rules import limits
from dossiers.rules.names import safe_name
from dossiers.rules.states import State
from services import queries as services


class TooManyFiles(Refusal):
    code = "too_many_files"
    status = 409
    title_vi = "Quá nhiều tệp đính kèm"
    title_en = "Too many files are attached"
    detail_vi = "Tối đa {limit_files} tệp và {limit_bytes} byte cho một hồ sơ."
    detail_en = "At most {limit_files} files and {limit_bytes} bytes in one dossier."
    members = ("limit_files", "limit_bytes")


class TooMuchWaiting(Refusal):
    code = "too_much_waiting"
    status = 409
    title_vi = "Các hồ sơ nháp đang giữ quá nhiều tệp"
    title_en = "Your drafts hold too many files"
    detail_vi = "Tối đa {limit_bytes} byte trong các hồ sơ nháp. Hãy gửi hoặc hủy bớt."
    detail_en = "At most {limit_bytes} bytes in drafts. Submit or discard some."
    members = ("limit_bytes",)


@dataclasses.dataclass(frozen=True)
class Sent:
    """What the citizen sent: a small file with the request, or the id of a finished upload."""

    file_name: str = ""
    data: bytes = b""
    upload_id: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True)
class _Spot:
    """Where a file goes: the row it belongs to and the paper it stands for."""

    owner: dict[str, Any]
    paper: services.Paper
    draft: Draft | None = None


@db.durable
def attach(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    client_key: str,
    paper_key: str,
    sent: Sent,
    now: datetime,
) -> Attachment:
    """Attach a file to one paper of the draft; the same key again returns the same attachment.

    Errors: NotFound; DraftClosed; HandedOver; Invalid; TooManyFiles; TooMuchWaiting; those of
    `files.store` or of `uploads.kept_file`.
    """

    def spot(*, locked: bool) -> _Spot:
        draft = _draft(citizen_id, client_id, locked=locked)
        return _Spot({"draft": draft}, paper_of(draft, paper_key), draft)

    return _attach(spot, citizen_id=citizen_id, client_key=client_key, sent=sent, now=now)


@db.durable
def attach_supplement(
    *,
    user_id: str,
    dossier_id: str,
    client_key: str,
    paper_key: str,
    sent: Sent,
    now: datetime,
) -> Attachment:
    """Add a file for a paper that the open request asks for; the same key adds it once.

    Errors: NotFound; NothingAsked; Invalid; TooManyFiles; those of `files.store` or of
    `uploads.kept_file`.
    """

    def spot(*, locked: bool) -> _Spot:
        dossier, request = _asked(user_id, dossier_id, now=now, locked=locked)
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
        owner = {"dossier": dossier, "supplement_round": request.round}
        return _Spot(owner, papers[paper_key])

    return _attach(spot, citizen_id=user_id, client_key=client_key, sent=sent, now=now)


@db.transaction()
def reuse(
    *, citizen_id: str, client_id: uuid.UUID, paper_key: str, paper_id: str, now: datetime
) -> Attachment:
    """Attach a paper that was accepted earlier, without another upload.

    Errors: NotFound, also when the paper is not the citizen's or fits another component;
    DraftClosed; HandedOver; Invalid; TooManyFiles.
    """
    draft = _draft(citizen_id, client_id, locked=True)
    if draft.citizen_id != citizen_id:
        raise NotFound  # the papers of a representative are no business of this draft
    paper = paper_of(draft, paper_key)
    mine = {
        one.id: one
        for one in citizens.papers_for(citizen_id, [paper.component_code or ""])
        if paper.component_code
    }
    if paper_id not in mine:
        raise NotFound
    chosen = mine[paper_id]
    again = Attachment.objects.filter(draft=draft, reused_from=paper_id).first()
    if again is not None:
        return again
    stored = _still_there(chosen.file_id)
    _refuse_too_many(citizen_id, {"draft": draft}, 0)
    attachment = Attachment.objects.create(
        draft=draft,
        paper_key=paper.key,
        component_code=paper.component_code or "",
        paper_name=paper.name,
        file=stored,
        file_name=chosen.name[: limits.MAX_FILE_NAME],
        reused_from=paper_id,
        created_at=now,
    )
    drafts.touch(draft, now)
    return attachment


@db.transaction()
def detach(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    attachment_id: str,
    expected_version: int,
    now: datetime,
) -> None:
    """Take a file off a draft. Errors: NotFound; DraftClosed; HandedOver; StaleVersion."""
    draft = _draft(citizen_id, client_id, locked=True)
    check_version(draft.version, expected_version)
    gone, _ = Attachment.objects.filter(draft=draft, id=attachment_id).delete()
    if not gone:
        raise NotFound
    drafts.touch(draft, now)


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Take the files off drafts that were discarded or ran out; return how many."""
    left = Attachment.objects.filter(draft__state=Draft.State.DISCARDED, dossier=None)
    gone, _ = Attachment.objects.filter(
        id__in=list(left.order_by("id").values_list("id", flat=True)[:500])
    ).delete()
    return gone


def paper_of(draft: Draft, paper_key: str) -> services.Paper:
    """Return the paper of the draft's procedure called `paper_key`. Errors: Invalid."""
    for paper in services.version(draft.service_version_id).papers:
        if paper.key == paper_key:
            return paper
    raise Invalid(
        errors=[
            FieldError(
                "unknown_paper",
                "paper_key",
                "Thủ tục không yêu cầu giấy tờ này",
                "The service does not ask for this paper",
                pointer="/paper_key",
            )
        ]
    )


def _attach(
    spot: Callable[..., _Spot], *, citizen_id: str, client_key: str, sent: Sent, now: datetime
) -> Attachment:
    found = spot(locked=False)
    again = _again(found, client_key)
    if again is not None:
        return again
    _refuse_too_many(citizen_id, found.owner, len(sent.data))
    stored, name = _kept(citizen_id, sent, now)
    with db.transaction():
        found = spot(locked=True)
        again = _again(found, client_key)
        if again is not None:
            return again
        stored = _still_there(stored.sha256)
        _refuse_too_many(citizen_id, found.owner, stored.size)
        attachment = Attachment.objects.create(
            **found.owner,
            client_key=client_key,
            paper_key=found.paper.key,
            component_code=found.paper.component_code or "",
            paper_name=found.paper.name,
            file=stored,
            file_name=safe_name(name, files.extension(stored.media_type)),
            created_at=now,
        )
        if found.draft is not None:
            drafts.touch(found.draft, now)
    return attachment


def _kept(citizen_id: str, sent: Sent, now: datetime) -> tuple[StoredFile, str]:
    if sent.upload_id is not None:
        return uploads.kept_file(citizen_id=citizen_id, client_id=sent.upload_id)
    stored = files.store(
        sent.data, max_bytes=limits.MAX_FILE_BYTES, allowed=uploads.ALLOWED_TYPES, now=now
    )
    return stored, sent.file_name


def _still_there(sha256: str) -> StoredFile:
    """Lock, then look: a sweep may have forgotten it, a scan may have found something by now."""
    stored = db.lock(StoredFile.objects.filter(sha256=sha256)).first()
    if stored is None:
        raise NotFound
    if stored.verdict == StoredFile.Verdict.INFECTED:
        raise files.FileInfected
    return stored


def _again(found: _Spot, client_key: str) -> Attachment | None:
    owner = "draft" if found.draft is not None else "dossier"
    rows = Attachment.objects.filter(**{owner: found.owner[owner], "client_key": client_key})
    return rows.select_related("file").first()


def _draft(citizen_id: str, client_id: uuid.UUID, *, locked: bool) -> Draft:
    return drafts.open_one(citizen_id, client_id, locked=locked)


def _asked(
    user_id: str, dossier_id: str, *, now: datetime, locked: bool
) -> tuple[Dossier, SupplementRequest]:
    dossier = hands.find(user_id=user_id, dossier_id=dossier_id, now=now, locked=locked).dossier
    request = SupplementRequest.objects.filter(
        dossier=dossier, state=SupplementRequest.State.OPEN
    ).first()
    if dossier.state != State.SUPPLEMENT_REQUESTED or request is None:
        raise NothingAsked
    return dossier, request


def _refuse_too_many(citizen_id: str, owner: dict[str, Any], more_bytes: int) -> None:
    """Refuse above the limits. A dossier may get, in all its supplements, as much again."""
    if "draft" in owner:
        held = Attachment.objects.filter(draft=owner["draft"])
    else:
        held = Attachment.objects.filter(dossier=owner["dossier"], supplement_round__gt=0)
    sizes = list(held.order_by("id").values_list("file__size", flat=True))
    if len(sizes) >= limits.MAX_FILES or sum(sizes) + more_bytes > limits.MAX_TOTAL_BYTES:
        raise TooManyFiles(limit_files=limits.MAX_FILES, limit_bytes=limits.MAX_TOTAL_BYTES)
    if "draft" in owner:
        waiting = Attachment.objects.filter(
            draft__citizen_id=citizen_id, draft__state=Draft.State.OPEN, reused_from=""
        ).aggregate(total=Sum("file__size"))
        if (waiting["total"] or 0) + more_bytes > limits.MAX_WAITING_BYTES:
            raise TooMuchWaiting(limit_bytes=limits.MAX_WAITING_BYTES)
