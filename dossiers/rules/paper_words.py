"""How papers write moments, limits, fees, addresses: Vietnamese texts from plain values. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dossiers.rules.calendar import HCM

CITY = "92"  # the province code of Cần Thơ
UNITS = {
    "working_day": "ngày làm việc",
    "calendar_day": "ngày",
    "hour": "giờ làm việc",
    "month": "tháng",
}
CHANNELS = {"online": "nộp trực tuyến", "counter": "nộp trực tiếp", "postal": "gửi qua bưu chính"}


def clock_text(moment: datetime | None) -> str:
    """Return a moment as Vietnamese papers write it; nothing for none."""
    return f"{moment.astimezone(HCM):%H giờ %M, ngày %d/%m/%Y}" if moment else ""


def short_text(moment: datetime | None) -> str:
    """Return a moment as tables write it; nothing for none."""
    return f"{moment.astimezone(HCM):%H:%M %d/%m/%Y}" if moment else ""


def place_and_day(place: str, moment: datetime) -> str:
    """Return the line of place and day (NĐ 30/2020/NĐ-CP, practice: days and months 1, 2 as 01)."""
    day = moment.astimezone(HCM)
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02} tháng {month} năm {day.year}"


def limit_text(limit: Mapping[str, Any] | None) -> str:
    """Return a time limit in Vietnamese, or that none is known."""
    if limit is None:
        return "chưa có dữ liệu"
    if limit["same_day"] and limit["value"] <= 1:
        return "trong ngày làm việc; nhận sau 15 giờ: ngày làm việc tiếp theo"
    return f"{limit['value']} {UNITS[limit['unit']]}"


def fee_text(quote: Mapping[str, Any], *, paid: bool | None = None) -> str:
    """Return what a fee quote says, in Vietnamese, and whether it was paid where that is known."""
    if not quote["known"]:
        return f"chưa xác định: {quote['reason_vi']}"
    if quote["total_vnd"] == 0:
        return f"0 đồng ({quote['reason_vi']})"
    state = {None: "", True: " (đã nộp)", False: " (chưa nộp đủ)"}[paid]
    return f"{dong(quote['total_vnd'])} đồng{state}"


def dong(amount_vnd: int) -> str:
    """Return whole đồng with the dots of Vietnamese writing."""
    return f"{amount_vnd:,}".replace(",", ".")


def address_text(address: Any, wards: Mapping[str, str]) -> str:
    """Return an address of a form on one line; only what it says, nothing for none.

    Shape: wards gives the name of a ward by its code.
    """
    if isinstance(address, str):
        return address
    if not isinstance(address, Mapping):
        return ""
    ward = str(address.get("ward_name") or wards.get(str(address.get("ward_code")), ""))
    city = "thành phố Cần Thơ" if address.get("province_code") == CITY else ""
    return ", ".join(str(part) for part in (address.get("line", ""), ward, city) if part)


def answer_text(value: Any, schema: Mapping[str, Any], wards: Mapping[str, str]) -> str:
    """Return the answer to a form's field as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list):
        return "; ".join(answer_text(one, schema.get("items", {}), wards) for one in value)
    if isinstance(value, Mapping):
        if "line" in value:
            return address_text(value, wards)
        return ", ".join(str(one) for one in value.values() if one not in (None, ""))
    labels = schema.get("x-labels", {})
    if str(value) in labels:
        return str(labels[str(value)]["vi"])
    if schema.get("format") == "date" and isinstance(value, str):
        return "/".join(reversed(value.split("-")))
    return str(value)


def component_rows(
    attachments: Iterable[tuple[str, str, bool]],
    on_paper: Iterable[tuple[str, str, str, int]] = (),
) -> list[dict[str, Any]]:
    """Return the components handed in, one line for each paper, with its number of files.

    Shape: attachments are (paper_key, name, reused); on_paper are (paper_key, name, "original" or
    "copy", quantity). Originals and copies stay blank where everything is sent as files: nobody
    counts them.
    """
    rows: dict[tuple[str, bool], dict[str, Any]] = {}
    for key, name, reused in attachments:
        row = rows.setdefault(
            (key, reused),
            {"name": name, "reused": reused, "originals": "", "copies": "", "files": 0},
        )
        row["files"] += 1
    for key, name, kind, quantity in on_paper:
        row = rows.setdefault(
            (key, False),
            {"name": name, "reused": False, "originals": "", "copies": "", "files": 0},
        )
        row["originals" if kind == "original" else "copies"] = str(quantity)
    return list(rows.values())


RESULT_WAYS = {
    "app": "bản điện tử, tải về trong hồ sơ trên ứng dụng",
    "post": "qua bưu chính công ích",
    "counter": "tại Bộ phận Một cửa đã tiếp nhận",
}
