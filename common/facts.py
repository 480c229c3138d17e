"""The dictionary of facts: what a field can mean, in every form and in every vault. Pure.

Forms name these keys and the vault stores values under them; neither knows the other.
"""

import dataclasses
import json
import pathlib
import unicodedata
from typing import Any


@dataclasses.dataclass(frozen=True)
class Fact:
    """One thing that can be known about a person.

    Units: max_age_days is the age after which a citizen must look at a value again; None for
    never. `third_party` facts are about somebody else; `identity_backed` ones come from the
    proved identity and win over anything typed.
    """

    key: str
    kind: str
    vi: str
    en: str
    max_age_days: int | None
    third_party: bool
    identity_backed: bool


FACTS: dict[str, Fact] = {
    key: Fact(key=key, **entry)
    for key, entry in json.loads(
        pathlib.Path(__file__).with_name("facts.json").read_text(encoding="utf-8")
    ).items()
}


def normalise(key: str, value: Any) -> Any:
    """Return `value` as it is stored and compared: NFC, single spaces, no empty members."""
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split())
    if isinstance(value, dict):
        cleaned = {name: normalise(key, inner) for name, inner in value.items()}
        return {name: inner for name, inner in sorted(cleaned.items()) if inner not in ("", None)}
    return value


def same(key: str, one: Any, other: Any) -> bool:
    """Return whether two values say the same; names are compared without regard to case."""
    first, second = normalise(key, one), normalise(key, other)
    if isinstance(first, str) and isinstance(second, str):
        return first.casefold() == second.casefold()
    return bool(first == second)


def max_age_days(key: str) -> int | None:
    """Return after how many days a value must be looked at again; None for never."""
    return FACTS[key].max_age_days if key in FACTS else None
