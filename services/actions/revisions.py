"""Changing one procedure: prepared by one officer, published by another (hai người kiểm soát).

Whoever calls has checked that the officer may keep the catalogue; what is checked here is that the
change is complete, that its writer does not publish it, and that nothing published is rewritten.
"""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from jsonschema.exceptions import SchemaError

from common import db, jsonschema
from common.errors import FieldError, Invalid, NotFound, Refusal
from common.facts import FACTS
from services.models import Form, Procedure, ProcedureVersion, Revision, RevisionPaper
from services.rules import forms, revisions, words
from services.rules.catalogue import content_hash
from services.rules.revisions import Content, Paper


class RevisionOpen(Refusal):
    code = "revision_open"
    status = 409
    title_vi = "Thủ tục này đang có một dự thảo sửa đổi"
    title_en = "A change to this procedure is being prepared already"


class RevisionClosed(Refusal):
    code = "revision_closed"
    status = 409
    title_vi = "Dự thảo này đã được công bố hoặc đã hủy"
    title_en = "This change was published or discarded"


class RevisionStale(Refusal):
    code = "revision_stale"
    status = 409
    title_vi = "Thủ tục đã có phiên bản mới hơn bản mà dự thảo này sửa"
    title_en = "The procedure has a newer version than the one this change was made from"


class FourEyes(Refusal):
    code = "four_eyes"
    status = 403
    title_vi = "Người soạn dự thảo không được tự công bố"
    title_en = "Whoever wrote the change may not publish it"


@db.transaction()
def start(*, code: str, officer_id: str, now: datetime) -> Revision:
    """Begin a change from the version in force. Errors: NotFound; RevisionOpen."""
    procedure = db.lock(Procedure.objects.filter(code=code)).first()
    base = ProcedureVersion.objects.filter(procedure_id=code, valid_to=None).first()
    if procedure is None or base is None:
        raise NotFound
    if Revision.objects.filter(procedure=procedure, state=Revision.State.DRAFT).exists():
        raise RevisionOpen
    limit = base.time_limit or {}
    revision = Revision.objects.create(
        procedure=procedure,
        base=base,
        state=Revision.State.DRAFT,
        name_vi=base.name_vi,
        online_level=base.online_level,
        level_note=base.level_note,
        limit_value=limit.get("value"),
        limit_unit=limit.get("unit", ""),
        limit_same_day=limit.get("same_day", False),
        limit_source=limit.get("source", ""),
        fee_type=Revision.Fee.KEEP,
        written_by=officer_id,
        created_at=now,
        updated_at=now,
    )
    _replace_papers(
        revision,
        tuple(
            Paper(
                key=paper["key"],
                name=paper["name"],
                component_code=paper["component_code"] or "",
                case=paper["case"] or "",
                original_qty=paper["original_qty"] or 0,
                copy_qty=paper["copy_qty"] or 0,
            )
            for paper in base.papers
        ),
    )
    return revision


@db.transaction_required
def save(*, revision_id: str, content: Content, officer_id: str, now: datetime) -> Revision:
    """Write the whole content of a change anew. Errors: NotFound; RevisionClosed; Invalid."""
    revision = _open(revision_id)
    wrong = revisions.paper_gaps(content.papers)
    if wrong:
        raise Invalid(errors=wrong)
    for name, value in asdict(content).items():
        if name != "papers":
            setattr(revision, name, value)
    revision.written_by = officer_id
    revision.updated_at = now
    revision.save()
    _replace_papers(revision, content.papers)
    return revision


@db.transaction()
def publish(*, revision_id: str, officer_id: str, today: date, now: datetime) -> ProcedureVersion:
    """Make the change a version that holds from its day on; end the one before it on that day.

    Errors: NotFound; RevisionClosed; FourEyes; RevisionStale; Invalid with every gap at once.
    """
    revision = _open(revision_id)
    if revision.written_by == officer_id:
        raise FourEyes
    base = db.lock(ProcedureVersion.objects.filter(id=revision.base_id)).get()
    content = content_of(revision)
    found = revisions.gaps(content, today=today)
    if content.form is not None:
        found += _form_gaps(content.form, revision.procedure_id)
    if found:
        raise Invalid(errors=found)
    effective = content.effective_on or today
    if base.valid_to is not None or effective <= base.valid_from:
        raise RevisionStale
    ProcedureVersion.objects.filter(id=base.id).update(valid_to=effective)
    version = _version(base, content, effective)
    if content.form is not None:
        _publish_form(revision.procedure_id, dict(content.form), effective)
    revision.version = version
    _close(revision, Revision.State.PUBLISHED, officer_id, now)
    return version


@db.transaction()
def discard(*, revision_id: str, officer_id: str, now: datetime) -> None:
    """Throw a change away; it stays as a record. Errors: NotFound; RevisionClosed."""
    _close(_open(revision_id), Revision.State.DISCARDED, officer_id, now)


def content_of(revision: Revision) -> Content:
    """Return what a revision says, as the rules want it."""
    names = (name for name in Content.__dataclass_fields__ if name != "papers")
    return Content(
        **{name: getattr(revision, name) for name in names},
        papers=tuple(
            Paper(
                key=row.key,
                name=row.name,
                component_code=row.component_code,
                case=row.case,
                original_qty=row.original_qty,
                copy_qty=row.copy_qty,
            )
            for row in revision.papers.order_by("position", "id")
        ),
    )


def _open(revision_id: str) -> Revision:
    revision = db.lock(Revision.objects.filter(id=revision_id)).first()
    if revision is None:
        raise NotFound
    if revision.state != Revision.State.DRAFT:
        raise RevisionClosed
    return revision


def _close(revision: Revision, state: str, officer_id: str, now: datetime) -> None:
    revision.state = state
    revision.closed_by = officer_id
    revision.closed_at = now
    revision.save()


def _replace_papers(revision: Revision, papers: tuple[Paper, ...]) -> None:
    revision.papers.all().delete()
    RevisionPaper.objects.bulk_create(
        RevisionPaper(revision=revision, position=position, **asdict(paper))
        for position, paper in enumerate(papers, start=1)
    )


def _version(base: ProcedureVersion, content: Content, effective: date) -> ProcedureVersion:
    data = {**base.data, "name": content.name_vi, "publishing_decision": content.decision_number}
    text = words.fold(
        " ".join([base.procedure_id, content.name_vi, base.field.name_vi, *base.life_events])
    )
    return ProcedureVersion.objects.create(
        procedure_id=base.procedure_id,
        number=base.number + 1,
        valid_from=effective,
        content_hash=content_hash({"revision_of": base.id, **_plain(content)}),
        name_vi=content.name_vi,
        field_id=base.field_id,
        online_level=content.online_level,
        level_note=content.level_note,
        levels=base.levels,
        life_events=base.life_events,
        time_limit=revisions.time_limit(content),
        papers=revisions.papers(content),
        results=base.results,
        fee=revisions.fee(content, base.fee),
        data=data,
        search_text=words.fold(content.name_vi),
        search=SearchVector(Value(text), config="simple"),
    )


def _plain(content: Content) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in asdict(content).items()
    }


def _form_gaps(form: Any, code: str) -> list[FieldError]:
    wrong = forms.defects(form, facts=FACTS)
    if not wrong and form.get("procedure_code", code) != code:
        wrong = ["/procedure_code: another procedure"]
    if not wrong:
        try:
            jsonschema.check_schema(form["schema"])
        except SchemaError as error:
            wrong = [f"/schema: {error.message}"]
    return [FieldError("form_defect", "form", text, text, "/form") for text in wrong[:20]]


def _publish_form(code: str, form: dict[str, Any], effective: date) -> None:
    current = db.lock(Form.objects.filter(procedure_id=code, valid_to=None)).first()
    if current is not None:
        Form.objects.filter(id=current.id).update(valid_to=effective)
    Form.objects.create(
        procedure_id=code,
        number=current.number + 1 if current else 1,
        valid_from=effective,
        content_hash=content_hash({"procedure_code": code, **form}),
        title_vi=form["title"],
        schema=form["schema"],
        sections=form["sections"],
        prefill=form["prefill"],
        verified=form["verified"],
        channels=form["channels"],
        sources=form["sources"],
        notes=form["notes"],
    )
