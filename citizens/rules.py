"""Purposes of consent, assurance levels, and what a personal number shows. Pure."""

import dataclasses
import datetime
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from common import facts

ID_NUMBER_PURPOSE = "id_number"  # of its blind index, the same for citizens and officers
ID_NUMBER = re.compile(r"[0-9]{12}\Z")
# A code costs money and is a chance to guess it: 20 codes of 3 tries are 60 chances in a million.
CODES_TO_ONE_A_DAY = 20
CODES_TO_ALL_A_DAY = 50_000
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


def purpose_of(key: str) -> str | None:
    """Return the purpose under which a fact may be filled in; None for a third person's.

    Source: NĐ 356/2025/NĐ-CP Art.4 keeps sensitive data apart; ethnicity is treated as such.
    """
    if key in facts.FACTS and facts.FACTS[key].third_party:
        return None
    return "prefill_ethnicity" if key.endswith(".ethnicity") else "prefill"


@dataclasses.dataclass(frozen=True)
class Claims:
    """What the identity provider says, checked."""

    issuer: str
    subject: str
    level: int
    full_name: str
    birth_date: str | None
    id_number: str


def century_of(id_number: str) -> int:
    """Return the first year of the century that the fourth digit shows: 0 and 1 are the 1900s."""
    return 1900 + int(id_number[3]) // 2 * 100


def number_fits_birth(id_number: str, birth_date: str | None) -> bool:
    """Return whether a number says the same year of birth as the date; true when none is known.

    A mismatch is something to look at and never a refusal: data errors exist.
    """
    if birth_date is None:
        return True
    return century_of(id_number) + int(id_number[4:6]) == int(birth_date[:4])


def name_key(name: str) -> str:
    """Return a name as papers and systems agree on it: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(letters.casefold().split())


def missing_of(*, is_citizen: bool, phone_verified: bool, level: int) -> tuple[str, ...]:
    """Return the steps that an account has not taken yet, in the order to take them."""
    if not is_citizen:
        return ()
    steps = (("verify_phone", phone_verified), ("link_vneid", level >= 1), ("level_2", level >= 2))
    return tuple(step for step, done in steps if not done)


def birth_date_of(claim: Any) -> str | None:
    """Return a birth date as YYYY-MM-DD, from the forms that providers use; None when unknown.

    Source: the national broker writes NgayThangNamSinh as YYYYMMDD; OpenID Connect as YYYY-MM-DD.
    """
    if not isinstance(claim, str):
        return None
    try:
        return datetime.date.fromisoformat(claim).isoformat()
    except ValueError:
        return None


def sex_of(id_number: str) -> str:
    """Return the sex that the fourth digit shows: even is male, odd is female.

    Source: NĐ 137/2015/NĐ-CP Art.13, kept by the law on identity of 2023 (not re-read).
    """
    return "male" if int(id_number[3]) % 2 == 0 else "female"


def claims_of(data: Mapping[str, Any], *, issuer: str, levels: Mapping[str, int]) -> Claims | None:
    """Return the checked claims of a token; None when they prove nobody's identity."""
    number, name, subject = data.get("cccd"), data.get("name"), data.get("sub")
    level = levels.get(str(data.get("acr")), 0)
    if not isinstance(subject, str) or not subject:
        return None
    if not isinstance(number, str) or not ID_NUMBER.match(number):
        return None
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or level < 1:
        return None
    return Claims(
        issuer=issuer,
        subject=subject[:200],
        level=level,
        full_name=" ".join(unicodedata.normalize("NFC", name).split()),
        birth_date=birth_date_of(data.get("birthdate")),
        id_number=number,
    )


def mask_number(number: str | None) -> str | None:
    """Return a personal number with its middle hidden."""
    return None if number is None else f"{number[:3]}•••••{number[-4:]}"


def mask_phone(phone: str) -> str | None:
    """Return a phone number with its middle hidden."""
    return f"{phone[:3]}•••••{phone[-3:]}" if phone else None
