"""A draft follows its procedure: carried to the form in force when it is next opened.

Values that fit stay; what does not is taken out, kept and told, never dropped in silence. A
submitted dossier is never carried: it keeps what it was filed under.
"""

from datetime import datetime
from typing import Any

from common import db, jsonschema
from common.errors import Refusal
from dossiers.actions import autosave
from dossiers.models import Attachment, Draft
from services import queries as services
from services.queries import FormVersion, ServiceVersion, UnknownService

PROOF_KEY = "authorisation"
"""The paper key of a proof of authorisation, which no procedure asks for by itself."""


class FormChanged(Refusal):
    code = "form_changed"
    status = 409
    title_vi = "Biểu mẫu của thủ tục đã thay đổi"
    title_en = "The form of this service changed"
    detail_vi = "Hãy tải lại bản nháp để xem phần đã thay đổi, rồi gửi lại."
    detail_en = "Load the draft again to see what changed, then submit again."


def outdated(draft: Draft, now: datetime) -> tuple[ServiceVersion, FormVersion] | None:
    """Return what is in force instead of what an open draft was started under; None if nothing.

    A procedure that was ended, or has no electronic form any more, leaves the draft as it is.
    """
    if draft.state != Draft.State.OPEN:
        return None
    try:
        service = services.version_on(draft.service_code, now.date())
    except UnknownService:
        return None
    form = services.form_of(draft.service_code, now.date())
    if form is None or (service.id, form.id) == (draft.service_version_id, draft.form_id):
        return None
    return service, form


@db.transaction_required
def carry(draft: Draft, *, now: datetime) -> bool:
    """Carry a locked draft to the version in force and return whether there was a need to."""
    target = outdated(draft, now)
    if target is None:
        return False
    service, form = target
    old = services.form(draft.form_id) if draft.form_id else None
    dropped = [] if old is None else _unfit(draft.answers, old, form)
    papers = {paper.key for paper in service.papers} | {PROOF_KEY}
    stray = Attachment.objects.filter(draft=draft).exclude(paper_key__in=papers)
    names = sorted(set(stray.values_list("paper_name", flat=True)))
    autosave.remember(draft, now=now)
    gone = {item["field"] for item in dropped}
    draft.carried = {
        "from_number": old.number if old else 0,
        "to_number": form.number,
        "at": now.isoformat(),
        "dropped": dropped,
        "added": sorted(
            set(form.schema.get("properties", {}))
            - set(old.schema.get("properties", {}) if old else ())
        ),
        "papers_dropped": names,
    }
    stray.delete()
    draft.answers = {name: value for name, value in draft.answers.items() if name not in gone}
    draft.confirmed = [
        name for name in draft.confirmed if name in form.schema.get("properties", {})
    ]
    draft.service_version_id, draft.form_id = service.id, form.id
    draft.version += 1
    draft.updated_at = now
    draft.save()
    return True


def _unfit(answers: dict[str, Any], old: FormVersion, new: FormVersion) -> list[dict[str, Any]]:
    found = []
    for name, value in sorted(answers.items()):
        if name not in new.schema.get("properties", {}):
            found.append({"field": name, "value": value, "reason": "gone"})
        elif value is not None and not _codes(new, name, value) <= _codes(old, name, value):
            # A half-typed value that never fitted yet is no worse than before.
            found.append({"field": name, "value": value, "reason": "does_not_fit"})
    return found


def _codes(form: FormVersion, name: str, value: Any) -> set[tuple[str, str]]:
    schema = {
        "type": "object",
        "properties": {name: form.schema.get("properties", {}).get(name, {})},
        "$defs": form.schema.get("$defs", {}),
    }
    failures = jsonschema.failures(schema, {name: value}, cache_key=f"{form.id}/{name}")
    return {(failure.pointer, failure.code) for failure in failures}


def refuse_outdated(draft: Draft, *, now: datetime) -> None:
    """Refuse to file under a version that is no longer in force.

    Errors: FormChanged; UnknownService when the procedure was ended.
    """
    services.version_on(draft.service_code, now.date())
    if outdated(draft, now) is not None:
        raise FormChanged
