"""What a procedure costs, from what its sources say; unknown is never taken for free. Pure.

A spec is made once, when a procedure is imported, and kept with its version; a quote is arithmetic
on that spec, the answers and the channel.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

FREE_REASON = ("Miễn phí theo quy định", "Free of charge by law")
UNKNOWN = {
    "zero_without_note": (
        "Nguồn ghi 0 đồng nhưng không giải thích, nên chưa thể coi là miễn phí",
        "The source shows 0 without a word of explanation: that is not proof of free",
    ),
    "set_by_provincial_council": (
        "Mức thu do Hội đồng nhân dân thành phố quyết định; chưa có nghị quyết trong dữ liệu",
        "Set by the city's People's Council; its resolution is not in the data",
    ),
    "set_by_other_document": (
        "Mức thu theo văn bản khác, chưa có trong dữ liệu",
        "Set by another document that is not in the data",
    ),
    "not_stated": ("Nguồn không nêu mức thu", "The source does not state it"),
    "fixed_varies_by_channel_or_case": (
        "Có nhiều mức thu tùy trường hợp; cơ quan tiếp nhận sẽ xác định",
        "It varies by case; the receiving agency decides",
    ),
    "unclear": ("Nguồn không rõ ràng", "The source is unclear"),
}
PER_COPY = {"2.000635": "so_ban_sao"}
REDUCED_HALF = {"hoc_sinh_sinh_vien", "nguoi_co_cong", "than_nhan_liet_si"}
EXEMPT = {"tre_em", "nguoi_cao_tuoi", "nguoi_khuyet_tat", "ho_ngheo", "xa_dac_biet_kho_khan"}
CRIMINAL_RECORD = "3.000333"
ON_TIME = {"1.001193", "1.000656"}


@dataclasses.dataclass(frozen=True)
class Line:
    """One amount owed. Units: whole đồng."""

    code: str
    kind: str
    label_vi: str
    quantity: int
    unit_vnd: int
    amount_vnd: int
    reason_vi: str
    source: str


@dataclasses.dataclass(frozen=True)
class Quote:
    """What is owed, or that it is unknown and why. Units: whole đồng."""

    known: bool
    lines: tuple[Line, ...]
    total_vnd: int | None
    due: str
    reason_vi: str
    reason_en: str
    source: str


def spec(procedure: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fee spec of a procedure as the catalogue data describes it."""
    code, basis, rule = procedure["code"], procedure["fee_basis"], procedure["fee_rule"] or {}
    source = rule.get("source") or procedure["source"]["url"]
    kind = _kind(procedure)
    common = {"kind": kind, "source": source, "note": rule.get("rule", "")}
    if code in PER_COPY:
        return {**common, "type": "per_copy", "unit": rule["amount_vnd"], "field": PER_COPY[code]}
    if code == "2.000815":
        return {**common, "type": "pages", "tiers": rule["tiers"], "cap": rule["cap_per_copy"]}
    if code == CRIMINAL_RECORD:
        return {**common, "type": "criminal_record", "unit": rule["amount_vnd"], "extra": 5000}
    if code in ON_TIME:
        return {**common, "type": "free_on_time", "basis": "set_by_provincial_council"}
    if rule.get("amounts"):
        amounts = rule["amounts"]
        return {
            **common,
            "type": "by_channel",
            "amounts": {
                "online": amounts["online"],
                "counter": amounts["direct"],
                # Only the passport's source gives a postal value; it equals the online one.
                "postal": amounts["online"] if code == "1.001456" else None,
            },
        }
    if procedure["fee_vnd"] == 0 and basis in {"free", "curated"}:
        return {**common, "type": "free"}
    if procedure["fee_vnd"] is not None and basis in {"fixed", "curated"}:
        return {**common, "type": "flat", "unit": procedure["fee_vnd"]}
    return {**common, "type": "unknown", "basis": "unclear" if basis == "curated" else basis}


def quote(
    spec: Mapping[str, Any], *, name_vi: str, answers: Mapping[str, Any], channel: str
) -> Quote:
    """Return what is owed for `answers` filed through `channel`.

    Units: whole đồng. A missing answer counts as one copy, page or slip.
    """
    match spec["type"]:
        case "free":
            return _known(spec, (), *FREE_REASON)
        case "flat":
            return _known(spec, (_line(spec, name_vi, 1, spec["unit"], "một lần"),))
        case "per_copy":
            copies = _count(answers, spec["field"])
            reason = f"{copies} bản sao x {_dong(spec['unit'])}"
            return _known(spec, (_line(spec, name_vi, copies, spec["unit"], reason),))
        case "pages":
            return _pages(spec, name_vi, answers)
        case "by_channel":
            amount = spec["amounts"].get(channel)
            if amount is None:
                return _unknown(spec, "not_stated")
            return _known(spec, (_line(spec, name_vi, 1, amount, f"mức nộp {channel}"),))
        case "criminal_record":
            return _criminal_record(spec, name_vi, answers)
        case "free_on_time":
            if answers.get("loai_dang_ky") == "dung_han":
                return _known(
                    spec, (), "Miễn lệ phí khi đăng ký đúng hạn", "Free when registered on time"
                )
            return _unknown(spec, spec["basis"])
    return _unknown(spec, spec["basis"])


def is_fee_bearing(spec: Mapping[str, Any]) -> bool | None:
    """Return whether money is owed as a rule; None where nobody knows."""
    if spec["type"] == "unknown":
        return None
    return spec["type"] not in {"free", "free_on_time"}


def _pages(spec: Mapping[str, Any], name_vi: str, answers: Mapping[str, Any]) -> Quote:
    pages, copies = _count(answers, "so_trang"), _count(answers, "so_ban")
    per_copy = 0
    for tier in spec["tiers"]:
        last = pages if tier["to_page"] is None else min(pages, tier["to_page"])
        per_copy += max(0, last - tier["from_page"] + 1) * tier["per_page"]
    per_copy = min(per_copy, spec["cap"])
    reason = f"{copies} bản x {pages} trang, tối đa {_dong(spec['cap'])} một bản"
    return _known(spec, (_line(spec, name_vi, copies, per_copy, reason),))


def _criminal_record(spec: Mapping[str, Any], name_vi: str, answers: Mapping[str, Any]) -> Quote:
    """TT 244/2016/TT-BTC Art.4-5: halved, exempt, and 5,000 for each slip after the second."""
    group, slips = answers.get("doi_tuong_uu_tien"), _count(answers, "so_luong")
    if group in EXEMPT:
        return _known(spec, (), "Miễn phí theo Điều 5 TT 244/2016", "Exempt by TT 244/2016 Art. 5")
    unit = spec["unit"] // 2 if group in REDUCED_HALF else spec["unit"]
    reason = "mức giảm 50%" if group in REDUCED_HALF else "mức thu chung"
    lines = [_line(spec, name_vi, 1, unit, reason)]
    if slips > 2:
        lines.append(
            _line(spec, "Phiếu thứ 3 trở đi", slips - 2, spec["extra"], "từ phiếu thứ ba", "extra")
        )
    return _known(spec, tuple(lines))


def _known(
    spec: Mapping[str, Any],
    lines: tuple[Line, ...],
    reason_vi: str = "",
    reason_en: str = "",
) -> Quote:
    total = sum(line.amount_vnd for line in lines)
    return Quote(
        known=True,
        lines=lines,
        total_vnd=total,
        due="before_reception",
        reason_vi=reason_vi or "; ".join(line.reason_vi for line in lines),
        reason_en=reason_en or "By the fee rule of the source",
        source=spec["source"],
    )


def _unknown(spec: Mapping[str, Any], basis: str) -> Quote:
    vi, en = UNKNOWN[basis]
    return Quote(False, (), None, "before_reception", vi, en, spec["source"])


def _line(
    spec: Mapping[str, Any],
    label: str,
    quantity: int,
    unit: int,
    reason: str,
    code: str = "fee",
) -> Line:
    return Line(
        code=code,
        kind=spec["kind"],
        label_vi=label,
        quantity=quantity,
        unit_vnd=unit,
        amount_vnd=quantity * unit,
        reason_vi=reason,
        source=spec["source"],
    )


def _count(answers: Mapping[str, Any], field: str) -> int:
    value = answers.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def _kind(procedure: Mapping[str, Any]) -> str:
    kinds = {fee["kind"] for channel in procedure["channels"] for fee in channel["fees"]}
    return "le_phi" if kinds == {"lệ phí"} else "phi"


def _dong(amount: int) -> str:
    return f"{amount:,} đồng".replace(",", ".")
