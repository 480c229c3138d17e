"""Purposes of consent, assurance levels, and what a personal number shows. Pure."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

ID_NUMBER = re.compile(r"[0-9]{12}\Z")
PHONE = re.compile(r"\+84(3|5|7|8|9)[0-9]{8}\Z")


@dataclasses.dataclass(frozen=True)
class Purpose:
    """What a person may agree to. The text is shown word for word and its version is kept."""

    key: str
    text_version: str
    vi: str
    en: str


PURPOSES = {
    purpose.key: purpose
    for purpose in (
        Purpose(
            "prefill",
            "2026-1",
            "Tôi đồng ý để ứng dụng lưu thông tin tôi đã cung cấp và dùng để điền sẵn các biểu "
            "mẫu sau, dùng lại giấy tờ đã được chấp nhận. Tôi có thể rút lại bất cứ lúc nào.",
            "I agree that the app keeps what I provided to fill in later forms for me, and reuses "
            "papers that were accepted. I may withdraw this at any time.",
        ),
        Purpose(
            "prefill_ethnicity",
            "2026-1",
            "Tôi đồng ý để ứng dụng điền sẵn thông tin dân tộc của tôi.",
            "I agree that the app fills in my ethnicity for me.",
        ),
    )
}


@dataclasses.dataclass(frozen=True)
class Claims:
    """What the identity provider says, checked."""

    issuer: str
    subject: str
    level: int
    full_name: str
    birth_date: str | None
    id_number: str


def sex_of(id_number: str) -> str:
    """Return the sex that the fourth digit shows: even is male, odd is female.

    Source: NĐ 137/2015/NĐ-CP Art.13, kept by the law on identity of 2023 (not re-read).
    """
    return "male" if int(id_number[3]) % 2 == 0 else "female"


def claims_of(data: Mapping[str, Any], *, issuer: str, levels: Mapping[str, int]) -> Claims | None:
    """Return the checked claims of a token; None when they prove nobody's identity."""
    number, name = data.get("cccd"), data.get("name")
    level = levels.get(str(data.get("acr")), 0)
    if not isinstance(number, str) or not ID_NUMBER.match(number):
        return None
    if not isinstance(name, str) or not name.strip() or level < 1:
        return None
    birth = data.get("birthdate")
    return Claims(
        issuer=issuer,
        subject=str(data.get("sub")),
        level=level,
        full_name=" ".join(name.split()),
        birth_date=birth if isinstance(birth, str) else None,
        id_number=number,
    )


def mask_number(number: str | None) -> str | None:
    """Return a personal number with its middle hidden."""
    return None if number is None else f"{number[:3]}•••••{number[-4:]}"


def mask_phone(phone: str) -> str | None:
    """Return a phone number with its middle hidden."""
    return f"{phone[:3]}•••••{phone[-3:]}" if phone else None
