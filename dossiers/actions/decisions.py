"""Decision templates: importing them, and composing what a handler proposes with one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common import db
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import papers
from dossiers.models import DecisionTemplate, Dossier
from dossiers.queries import decisions as templates
from dossiers.rules import deadlines
from dossiers.rules import decisions as rules
from dossiers.rules import paper_words as words
from services import queries as services


class ProposalRefuses(Refusal):
    code = "proposal_refuses"
    status = 409
    title_vi = "Dự thảo là từ chối giải quyết: dùng bước từ chối"
    title_en = "The proposal is a refusal: make the move reject"


class TemplateBroken(ValueError):
    """A template names places that nothing would fill."""


@db.transaction()
def import_templates(*, entries: Sequence[Mapping[str, Any]], now: datetime) -> tuple[int, int]:
    """Bring the templates up to `entries`; return how many are new and how many changed.

    One that is not among them any more is not offered again. Errors: TemplateBroken.
    """
    new = changed = 0
    known = {row.key: row for row in db.lock(DecisionTemplate.objects.all().order_by("key"))}
    for entry in entries:
        _refuse_broken(entry, now)
        wanted = {
            name: entry[name]
            for name in ("procedure_code", "kind", "title_vi", "body", "entries", "source")
        }
        row = known.pop(entry["key"], None)
        if row is None:
            DecisionTemplate.objects.create(key=entry["key"], updated_at=now, **wanted)
            new += 1
        elif not row.active or any(getattr(row, name) != wanted[name] for name in wanted):
            for name, value in wanted.items():
                setattr(row, name, value)
            row.version, row.active, row.updated_at = row.version + 1, True, now
            row.save()
            changed += 1
    for row in known.values():
        if row.active:
            row.active, row.updated_at = False, now
            row.save(update_fields=["active", "updated_at"])
            changed += 1
    return new, changed


def _refuse_broken(entry: Mapping[str, Any], now: datetime) -> None:
    code = entry["procedure_code"]
    fields = None
    if code:
        form = services.form_of(code, deadlines.local_day(now))
        fields = list(form.schema["properties"]) if form else []
    unknown = rules.unknown_places(entry["body"], rules.entries_of(entry["entries"]), fields)
    if unknown:
        raise TemplateBroken(f"{entry['key']}: nothing fills {', '.join(unknown)}")


def compose(
    dossier: Dossier,
    *,
    template: str,
    values: Mapping[str, str],
    text: str,
    number: str,
) -> dict[str, Any]:
    """Return what is put to the approver: free text, or a template with what was entered.

    Errors: Invalid with everything that is wrong: neither or both; a template that is not of this
    procedure; entries that are missing, unknown or too long.
    """
    if not template:
        if values:
            raise Invalid(errors=[_error("unknown_field", "values")])
        if not text.strip():
            raise Invalid(errors=[_error("required", "result_text")])
        return {"text": text, "number": number, "kind": "approve", "paragraphs": [text.strip()]}
    if text.strip():
        raise Invalid(errors=[_error("text_and_template", "result_text")])
    row = templates.usable(dossier.service_code).filter(key=template).first()
    if row is None:
        raise Invalid(errors=[_error("unknown_template", "template")])
    faults = rules.faults(rules.entries_of(row.entries), values)
    if faults:
        raise Invalid(errors=[_fault(one) for one in faults])
    facts, answers = _facts(dossier)
    paragraphs = rules.fill(row.body, facts=facts, answers=answers, values=values)
    return {
        "text": "\n".join(paragraphs),
        "number": number,
        "kind": row.kind,
        "title": row.title_vi,
        "paragraphs": paragraphs,
        "template": row.key,
        "template_version": row.version,
    }


def issued_facts(dossier: Dossier, *, kind: str) -> dict[str, Any]:
    """Return what the proposal gives to the paper that decides with it: `approve` or `reject`.

    Errors: ProposalRefuses when a refusal would be issued as a result.
    """
    proposal = dossier.proposal or {}
    proposed = proposal.get("kind", "approve")
    if kind == "approve" and proposed == "reject":
        raise ProposalRefuses
    if not proposal or proposed != kind:
        return {}
    facts = {
        "paragraphs": proposal.get("paragraphs") or [proposal["text"]],
        "number": proposal["number"] or dossier.code,
    }
    if proposal.get("title"):
        facts["title"] = proposal["title"]
    return facts


def _facts(dossier: Dossier) -> tuple[dict[str, str], dict[str, str]]:
    form = services.form(dossier.form_id) if dossier.form_id else None
    fields: Mapping[str, Any] = form.schema.get("properties", {}) if form else {}
    wards = papers.ward_names(list(dossier.answers.values()))
    answers = {
        name: words.answer_text(dossier.answers.get(name), schema, wards)
        for name, schema in fields.items()
    }
    version = services.version(dossier.service_version_id)
    facts = {
        "ma_ho_so": dossier.code,
        "ma_thu_tuc": dossier.service_code,
        "ten_thu_tuc": dossier.service_name,
        "nguoi_nop": dossier.applicant_name,
        "dia_chi": papers.reachable(dossier)["address"],
        "ngay_gui": words.clock_text(dossier.submitted_at),
        "ngay_tiep_nhan": words.clock_text(dossier.received_at),
        "co_quan_tiep_nhan": services.agency(dossier.receiving_agency_id).name_vi,
        "co_quan_giai_quyet": services.agency(dossier.competent_agency_id).name_vi,
        "ket_qua": "; ".join(one.name for one in version.results),
    }
    return facts, answers


_WORDS = {
    "required": ("Cần nhập nội dung này", "This is needed"),
    "unknown_field": ("Không có ô nhập này", "There is no such entry"),
    "unknown_template": ("Không có mẫu này cho thủ tục", "This service has no such template"),
    "text_and_template": (
        "Chỉ dùng mẫu hoặc nội dung tự soạn, không dùng cả hai",
        "Use a template or a text of your own, not both",
    ),
}


def _error(code: str, param: str) -> FieldError:
    vi, en = _WORDS[code]
    return FieldError(code, param, vi, en, pointer=f"/{param}")


def _fault(fault: rules.Fault) -> FieldError:
    if fault.code == "too_long":
        vi, en = f"Tối đa {fault.limit} ký tự", f"At most {fault.limit} characters"
    else:
        vi, en = _WORDS[fault.code]
    return FieldError(fault.code, f"values.{fault.name}", vi, en, pointer=f"/values/{fault.name}")
