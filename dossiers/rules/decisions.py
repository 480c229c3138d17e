"""Decision templates: words with named places, filled from a closed list of facts. Pure.

A place is `{name}` for a fact of the dossier, `{don.field}` for an answer of the form, or
`{nhap.name}` for what the handler enters. Each is filled once: what a person wrote is never
looked at for places again.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z0-9_]+))?\}")
FORM, ENTRY = "don", "nhap"
BLANK = "……"
FACTS = {
    "ma_ho_so": "dossier code",
    "ma_thu_tuc": "code of the procedure",
    "ten_thu_tuc": "name of the procedure",
    "nguoi_nop": "applicant",
    "dia_chi": "the applicant's address, where the form asks for it",
    "ngay_gui": "day and hour of sending",
    "ngay_tiep_nhan": "day and hour of reception",
    "co_quan_tiep_nhan": "receiving agency",
    "co_quan_giai_quyet": "competent agency",
    "ket_qua": "kinds of result the procedure names",
}
MAX_ENTRY = 4000


@dataclasses.dataclass(frozen=True)
class Entry:
    """One thing the handler enters. Units: max_length in characters."""

    name: str
    title_vi: str
    required: bool
    max_length: int


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with an entry: "required", "too_long" or "unknown_field"."""

    code: str
    name: str
    limit: int = 0


def entries_of(raw: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Return the entries of a template as it is kept."""
    return [
        Entry(one["name"], one["title_vi"], bool(one["required"]), int(one["max_length"]))
        for one in raw
    ]


def unknown_places(
    body: Sequence[str], entries: Collection[Entry], form_fields: Collection[str] | None
) -> list[str]:
    """Return the places of a template that nothing would fill.

    Shape: form_fields are those of the procedure's form; None for a template of every procedure,
    which cannot know any form.
    """
    names = {entry.name for entry in entries}
    found = []
    for paragraph in body:
        for family, name in PLACE.findall(paragraph):
            known = (
                (family in FACTS and not name)
                or (family == ENTRY and name in names)
                or (family == FORM and form_fields is not None and name in form_fields)
            )
            if not known:
                found.append(f"{family}.{name}" if name else family)
    return found


def faults(entries: Collection[Entry], values: Mapping[str, str]) -> list[Fault]:
    """Return everything wrong with what the handler entered, all at once."""
    known = {entry.name: entry for entry in entries}
    found = [Fault("unknown_field", name) for name in sorted(set(values) - set(known))]
    for name, entry in known.items():
        value = values.get(name, "").strip()
        if entry.required and not value:
            found.append(Fault("required", name))
        if len(value) > entry.max_length:
            found.append(Fault("too_long", name, entry.max_length))
    return found


def fill(
    body: Sequence[str],
    *,
    facts: Mapping[str, str],
    answers: Mapping[str, str],
    values: Mapping[str, str],
) -> list[str]:
    """Return the paragraphs with every place filled once; what is not known becomes a blank."""

    def replaced(found: re.Match[str]) -> str:
        family, name = found.group(1), found.group(2)
        source = {FORM: answers, ENTRY: values}.get(family)
        text = facts.get(family, "") if source is None else source.get(name, "")
        return text.strip() or BLANK

    return [PLACE.sub(replaced, paragraph) for paragraph in body]
