"""From rows to answers."""

from typing import Any

from common import http
from services.models import Agency, Form, Place, ProcedureVersion
from services.queries import FeeQuote
from services.rules import fees


def service(row: ProcedureVersion) -> dict[str, Any]:
    return {
        "code": row.procedure_id,
        "name_vi": row.name_vi,
        "field": {"key": row.field.key, "name_vi": row.field.name_vi},
        "online_level": row.online_level,
        "levels": row.levels,
        "has_form": row.has_form,  # type: ignore[attr-defined]
        "has_fee": fees.is_fee_bearing(row.fee),
        "time_limit": row.time_limit,
    }


def detail(row: ProcedureVersion, quote: FeeQuote) -> dict[str, Any]:
    data = row.data
    return {
        **service(row),
        "version_id": row.id,
        "level_note": row.level_note,
        "life_events": row.life_events,
        "papers": row.papers,
        "results": row.results,
        "fee": fee_quote(quote),
        "legal_basis": data["legal_basis"] or [],
        "applicants": data["applicants"] or [],
        "replaced_papers": [
            {"paper": paper["paper"], "database": paper["database"]}
            for paper in data["replaced_papers"] or []
        ],
        "publishing_decision": data["publishing_decision"],
        "source_url": data["source"]["url"],
        "source_updated_on": data["portal_updated"],
        "unknown": _unknown(row, quote),
    }


def _unknown(row: ProcedureVersion, quote: FeeQuote) -> list[str]:
    english = http.language() == "en"
    found = []
    if not quote.known:
        found.append(f"Fee: {quote.reason_en}" if english else f"Phí, lệ phí: {quote.reason_vi}")
    if row.time_limit is None:
        found.append(
            "Time limit: the source does not state it"
            if english
            else "Thời hạn giải quyết: nguồn không nêu"
        )
    if not row.papers:
        found.append(
            "Papers: the source lists none" if english else "Thành phần hồ sơ: nguồn không nêu"
        )
    if not row.has_form:  # type: ignore[attr-defined]
        found.append("There is no electronic form yet" if english else "Chưa có biểu mẫu điện tử")
    return found


def fee_quote(quote: FeeQuote) -> dict[str, Any]:
    return {
        "known": quote.known,
        "total": None if quote.total_vnd is None else http.money(quote.total_vnd),
        "lines": [
            {
                "code": line.code,
                "kind": line.kind,
                "label_vi": line.label_vi,
                "quantity": line.quantity,
                "unit": http.money(line.unit_vnd),
                "amount": http.money(line.amount_vnd),
                "reason_vi": line.reason_vi,
            }
            for line in quote.lines
        ],
        "due": quote.due,
        "reason": quote.reason_en if http.language() == "en" else quote.reason_vi,
        "source": quote.source,
    }


def form(row: Form) -> dict[str, Any]:
    return {
        "id": row.id,
        "service_code": row.procedure_id,
        "number": row.number,
        "title_vi": row.title_vi,
        "verified": row.verified,
        "channels": row.channels,
        "schema": row.schema,
        "sections": row.sections,
        "prefill": row.prefill,
        "notes": row.notes,
    }


def agency(row: Agency) -> dict[str, Any]:
    return {
        "key": row.key,
        "name_vi": row.name_vi,
        "level": row.level,
        "kind": row.kind,
        "place_code": row.place_code or None,
        "identifier": row.identifier,
        "identifier_is_demo": row.identifier_is_demo,
        "derived": row.derived,
    }


def place(row: Place) -> dict[str, Any]:
    return {
        "code": row.code,
        "name_vi": row.name_vi,
        "kind": row.kind,
        "former_province_vi": row.former_province_vi,
    }
