"""VietQR: the payload of a bank transfer's code, its parsing, and the reference that it carries.

Source: NAPAS's profile of EMVCo merchant-presented codes (technical specification part IV, version
1.5.2, known through mirrors): fields of a two-digit id, a two-digit length and a value, closed by
CRC-16/CCITT-FALSE. ASCII only: banks strip or garble the rest.
"""

import dataclasses
import hashlib
import re
import unicodedata

GUID = "A000000727"
TO_ACCOUNT = "QRIBFTTA"
DONG = "704"
MAX_ACCOUNT = 19
MAX_PURPOSE = 25
MAX_AMOUNT = 9_999_999_999_999  # thirteen characters
PURPOSE_FIRST = "LE PHI "

_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[A-Z0-9]{1,19}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,12}")
_PURPOSE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .\-]{0,23}[A-Za-z0-9.\-])?")
_FIELD = re.compile(r"([0-9]{2})([0-9]{2})")


class NotVietQR(ValueError):
    """A payload, or a part of one, that is not what this product writes. The text says why."""


@dataclasses.dataclass(frozen=True)
class Transfer:
    """What a code asks a bank's app to fill in. Units: whole đồng; None leaves it to the payer."""

    bank_bin: str
    account: str
    amount_vnd: int | None = None
    purpose: str = ""


def crc16(text: str) -> int:
    """Return the CRC-16/CCITT-FALSE of ASCII text: 0x1021, from 0xFFFF, nothing reflected."""
    value = 0xFFFF
    for byte in text.encode("ascii"):
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ (0x1021 if value & 0x8000 else 0)
            value &= 0xFFFF
    return value


def build(transfer: Transfer) -> str:
    """Return the payload to draw. Errors: NotVietQR for a part out of its limits."""
    _check(transfer)
    consumer = _field("00", transfer.bank_bin) + _field("01", transfer.account)
    merchant = _field("00", GUID) + _field("01", consumer) + _field("02", TO_ACCOUNT)
    amount = "" if transfer.amount_vnd is None else str(transfer.amount_vnd)
    text = "".join(
        (
            _field("00", "01"),
            _field("01", "12" if amount else "11"),
            _field("38", merchant),
            _field("53", DONG),
            _field("54", amount) if amount else "",
            _field("58", "VN"),
            _field("62", _field("08", transfer.purpose)) if transfer.purpose else "",
            "6304",
        )
    )
    return f"{text}{crc16(text):04X}"


def parse(payload: str) -> Transfer:
    """Read a payload back, strictly: right sum, right order, nothing unknown, nothing left over.

    Errors: NotVietQR.
    """
    if not payload.isascii() or len(payload) < 8 or payload[-8:-4] != "6304":
        raise NotVietQR("no checksum at the end")
    if payload[-4:] != f"{crc16(payload[:-4]):04X}":
        raise NotVietQR("the checksum differs")
    root = _fields(payload[:-8], ("00", "01", "38", "53", "54", "58", "62"))
    merchant = _fields(root.get("38", ""), ("00", "01", "02"))
    consumer = _fields(merchant.get("01", ""), ("00", "01"))
    more = _fields(root["62"], ("08",)) if "62" in root else {}
    amount = root.get("54")
    fixed = (
        root.get("00") == "01"
        and root.get("01") == ("11" if amount is None else "12")
        and root.get("53") == DONG
        and root.get("58") == "VN"
        and merchant.get("00") == GUID
        and merchant.get("02") == TO_ACCOUNT
        and ("62" in root) == bool(more)
    )
    if not fixed:
        raise NotVietQR("a field is missing or has another value")
    if amount is not None and not _AMOUNT.fullmatch(amount):
        raise NotVietQR("the amount is not a whole number of đồng")
    found = Transfer(
        bank_bin=consumer.get("00", ""),
        account=consumer.get("01", ""),
        amount_vnd=None if amount is None else int(amount),
        purpose=more.get("08", ""),
    )
    _check(found)
    return found


def _check(transfer: Transfer) -> None:
    if not _BIN.fullmatch(transfer.bank_bin):
        raise NotVietQR("a bank is named by six digits")
    if not _ACCOUNT.fullmatch(transfer.account):
        raise NotVietQR(f"an account has 1 to {MAX_ACCOUNT} digits or capital letters")
    if transfer.amount_vnd is not None and not 0 < transfer.amount_vnd <= MAX_AMOUNT:
        raise NotVietQR(f"an amount is between 1 and {MAX_AMOUNT} đồng")
    if transfer.purpose and not _PURPOSE.fullmatch(transfer.purpose):
        raise NotVietQR(f"a purpose has up to {MAX_PURPOSE} plain letters, digits, spaces, . or -")


def _field(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"


def _fields(text: str, known: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of one level; only the known ones, each once, in their order."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        head = _FIELD.match(text, place)
        if head is None:
            raise NotVietQR("a field without id and length")
        name, size = head[1], int(head[2])
        value = text[head.end() : head.end() + size]
        if size == 0 or len(value) != size:
            raise NotVietQR(f"field {name} is shorter than it says")
        later = known[known.index(name) :] if name in known else ()
        if not later or found.keys() & set(later):
            raise NotVietQR(f"field {name} is unknown, doubled or out of place")
        found[name] = value
        place = head.end() + size
    return found


def plain(text: str, limit: int = MAX_PURPOSE) -> str:
    """Return text as a bank carries it: no diacritics, no signs, single spaces, cut to `limit`."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in bare if not _is_mark(c))
    return " ".join(kept.split())[:limit].rstrip()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn"


# --- the reference ------------------------------------------------------------------------------

# Note [Reference]
# A transfer is matched by what the payer's bank lets through: capitals and digits, with its own
# words before and after, now and then a line break within. So: fixed letters first, twelve letters
# of an alphabet without look-alikes (60 bits, not to be guessed), two that check them. The check is
# the number modulo the prime 1021: one wrong letter, or two neighbours swapped, never pass.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MARK = "CTS"
DATA, CHECK, PRIME = 12, 2, 1021
REFERENCE_LENGTH = len(MARK) + DATA + CHECK
_REFERENCE = re.compile(f"(?={MARK}([{ALPHABET}]{{{DATA + CHECK}}}))")


def reference(key: str) -> str:
    """Return the reference of a stored, unguessable key: the same key, the same reference."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 4
    data = _letters(number, DATA)
    return f"{MARK}{data}{_letters(_value(data) % PRIME, CHECK)}"


def is_reference(text: str) -> bool:
    """Return whether a text is one whole reference whose check letters fit."""
    return len(text) == REFERENCE_LENGTH and references_in(text) == {text}


def references_in(text: str) -> set[str]:
    """Return the references in a bank's text: in any case, amid noise, also over a line break."""
    shouted = text.upper()
    found = set()
    for view in (shouted, "".join(shouted.split())):
        for body in _REFERENCE.findall(view):
            if _value(body[:DATA]) % PRIME == _value(body[DATA:]):
                found.add(f"{MARK}{body}")
    return found


def purpose(of: str) -> str:
    """Return the transfer's text for a reference."""
    return f"{PURPOSE_FIRST}{of}"


def _letters(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))


def _value(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number
