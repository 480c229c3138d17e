"""When a change to a procedure may be published. Pure.

Figures 1.1 and 1.2 of QĐ 766/QĐ-TTg count from the day the publishing decision was signed, and
1.3 asks for a complete description: so neither may be missing.
"""

import dataclasses
import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from common.errors import FieldError

MAX_PAPERS = 60
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclasses.dataclass(frozen=True)
class Paper:
    """One line of the paper list. `digital` follows: somebody asks for an original or a copy."""

    key: str
    name: str
    component_code: str = ""
    case: str = ""
    original_qty: int = 0
    copy_qty: int = 0


@dataclasses.dataclass(frozen=True)
class Content:
    """What a revision says. Units: whole đồng; the limit in `limit_unit`."""

    name_vi: str
    online_level: str
    level_note: str = ""
    limit_value: int | None = None
    limit_unit: str = ""
    limit_same_day: bool = False
    limit_source: str = ""
    fee_type: str = "keep"
    fee_unit_vnd: int | None = None
    fee_field: str = ""
    fee_source: str = ""
    form: Mapping[str, Any] | None = None
    decision_number: str = ""
    decision_signed_on: datetime.date | None = None
    effective_on: datetime.date | None = None
    papers: tuple[Paper, ...] = ()


def gaps(content: Content, *, today: datetime.date) -> list[FieldError]:
    """Return what keeps `content` from being published; empty when it may be."""
    found = []
    for name in ("name_vi", "decision_number", "decision_signed_on", "effective_on"):
        if not getattr(content, name):
            found.append(_error("required", name, "Bắt buộc phải có", "This is required"))
    if content.online_level == "partial" and not content.level_note:
        found.append(
            _error(
                "required",
                "level_note",
                "Một phần: phải nêu lý do công khai (NĐ 224/2026/NĐ-CP)",
                "Partly online needs a public reason (Decree 224/2026)",
            )
        )
    if content.limit_value is not None:
        if content.limit_value < 1 or not content.limit_unit:
            found.append(_error("incomplete", "limit_value", "Thời hạn thiếu đơn vị", "No unit"))
        if not content.limit_source:
            found.append(_error("required", "limit_source", "Cần nêu căn cứ", "Name its source"))
        if content.limit_same_day and content.limit_unit != "working_day":
            found.append(
                _error(
                    "contradiction",
                    "limit_same_day",
                    "Trả trong ngày chỉ đi với ngày làm việc",
                    "Same day goes with working days only",
                )
            )
    if content.fee_type in {"flat", "per_copy"} and not content.fee_unit_vnd:
        found.append(_error("required", "fee_unit_vnd", "Cần nêu mức thu", "Name the amount"))
    if content.fee_type == "per_copy" and not content.fee_field:
        found.append(
            _error("required", "fee_field", "Cần nêu trường số bản", "Name the field of copies")
        )
    if content.fee_type != "keep" and not content.fee_source:
        found.append(_error("required", "fee_source", "Cần nêu căn cứ", "Name its source"))
    if content.effective_on and content.effective_on < today:
        found.append(
            _error(
                "in_the_past",
                "effective_on",
                "Không thể có hiệu lực trước hôm nay: hồ sơ đã nộp giữ phiên bản của mình",
                "It cannot hold before today: filed dossiers keep their version",
            )
        )
    if content.decision_signed_on and content.decision_signed_on > today:
        found.append(
            _error("in_the_future", "decision_signed_on", "Chưa đến ngày này", "Not yet that day")
        )
    return found + paper_gaps(content.papers)


def paper_gaps(papers: Sequence[Paper]) -> list[FieldError]:
    """Return what is wrong with a paper list: keys are well formed and each is used once."""
    found = []
    keys = [paper.key for paper in papers]
    if len(keys) > MAX_PAPERS:
        found.append(_error("too_many", "papers", f"Tối đa {MAX_PAPERS}", f"At most {MAX_PAPERS}"))
    for index, paper in enumerate(papers):
        if not KEY.fullmatch(paper.key) or keys.count(paper.key) > 1:
            found.append(
                FieldError(
                    "invalid",
                    "key",
                    "Mã giấy tờ sai dạng hoặc trùng",
                    "The key of a paper is malformed or used twice",
                    f"/papers/{index}/key",
                )
            )
        if not paper.name.strip():
            found.append(
                FieldError("required", "name", "Cần có tên", "Needed", f"/papers/{index}/name")
            )
    return found


def fee(content: Content, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fee spec that `content` leads to, `base` being the one in force."""
    shared = {"kind": base["kind"], "source": content.fee_source, "note": ""}
    match content.fee_type:
        case "free":
            return {**shared, "type": "free"}
        case "flat":
            return {**shared, "type": "flat", "unit": content.fee_unit_vnd}
        case "per_copy":
            return {
                **shared,
                "type": "per_copy",
                "unit": content.fee_unit_vnd,
                "field": content.fee_field,
            }
        case "unknown":
            return {**shared, "type": "unknown", "basis": "not_stated"}
    return dict(base)


def time_limit(content: Content) -> dict[str, Any] | None:
    """Return the time limit as a version keeps it; None where it is not known."""
    if content.limit_value is None:
        return None
    return {
        "value": content.limit_value,
        "unit": content.limit_unit,
        "same_day": content.limit_same_day,
        "source": content.limit_source,
    }


def papers(content: Content) -> list[dict[str, Any]]:
    """Return the paper list as a version keeps it."""
    return [
        {
            "key": paper.key,
            "component_code": paper.component_code or None,
            "name": paper.name,
            "case": paper.case or None,
            "original_qty": paper.original_qty,
            "copy_qty": paper.copy_qty,
            "digital": bool(paper.original_qty or paper.copy_qty),
        }
        for paper in content.papers
    ]


def _error(code: str, param: str, vi: str, en: str) -> FieldError:
    return FieldError(code, param, vi, en, f"/{param}")
