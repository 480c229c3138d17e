"""A form of the catalogue as inputs of a page, made from its JSON Schema, and read back.

An input's name is the path of its value, `answers.field.part` or `answers.list.0.part`. Nothing is
judged here: what a person typed goes to the action as it stands, and its failures come back by
JSON pointer. What is empty is no answer.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from common.errors import FieldError
from dossiers.rules.paper_words import CITY
from services.queries import FormVersion

PREFIX = "answers"
BLANK_ROWS = 2
LONG = 300
# What stands in an empty part of an address; alone it makes no address.
PRESET = {"province_code": CITY}
WARDS = "wards"  # the list of wards that the page offers while typing a code
YES_NO = (("true", "Có"), ("false", "Không"))


@dataclasses.dataclass(frozen=True)
class Input:
    """One input, or a group of them. Shape: `kind` names the branch of the template."""

    name: str
    label: str
    kind: str
    value: str = ""
    required: bool = False
    error: str = ""
    options: Sequence[tuple[str, str]] = ()
    limits: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    rows: Sequence["Input"] = ()
    words: str = ""

    @property
    def anchor(self) -> str:
        """Return an id for the label."""
        return re.sub(r"[^a-z0-9_]", "-", self.name.lower())


def sections(
    form: FormVersion, answers: Mapping[str, Any], errors: Sequence[FieldError] = ()
) -> list[tuple[str, list[Input]]]:
    """Return the form's sections with their inputs, what was answered, and what is wrong with it.

    Fields that no section names come last, under no title.
    """
    fields: Mapping[str, Any] = form.schema["properties"]
    needed = set(form.schema.get("required", ()))
    told: dict[str, str] = {}
    for one in errors:
        told.setdefault(one.pointer, one.message_vi)

    def made(name: str) -> Input:
        return _input(
            form.schema,
            fields[name],
            f"{PREFIX}.{name}",
            answers.get(name, fields[name].get("default")),
            required=name in needed,
            told=told,
        )

    named = [
        (str(one.get("title", "")), [made(name) for name in one["fields"] if name in fields])
        for one in form.sections
    ]
    seen = {name for one in form.sections for name in one["fields"]}
    rest = [made(name) for name in fields if name not in seen]
    return [*named, *([("", rest)] if rest else [])]


def read(form: FormVersion, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed for every field of a form; None where nothing was."""
    return {
        name: _read(form.schema, one, f"{PREFIX}.{name}", data)
        for name, one in form.schema["properties"].items()
    }


def of_person(form: FormVersion, person: Mapping[str, str]) -> dict[str, Any]:
    """Return what the identity paper that the officer entered says for the applicant's fields."""
    known = {
        "person.full_name": person.get("full_name", ""),
        "person.id_number": person.get("id_number", ""),
        "person.phone": person.get("phone", ""),
    }
    return {
        rule.field: known[rule.fact]
        for rule in form.prefill
        if known.get(rule.fact)
        and rule.field in form.schema["properties"]
        and not (rule.never or rule.third_party or rule.when_fact or rule.when_field)
    }


def _resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = root
    for part in str(schema["$ref"]).removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **schema}


def _pointer(name: str) -> str:
    return "/" + name.replace(".", "/")


def _input(
    root: Mapping[str, Any],
    raw: Mapping[str, Any],
    name: str,
    value: Any,
    *,
    required: bool,
    told: Mapping[str, str],
) -> Input:
    schema = _resolved(root, raw)
    label = str(schema.get("title", name.rsplit(".", 1)[-1]))
    kind = schema.get("type", "string")
    base: dict[str, Any] = {"name": name, "label": label, "required": required}
    error = told.get(_pointer(name), "")
    if kind == "object":
        held = value if isinstance(value, dict) else {}
        needed = set(schema.get("required", ()))
        parts = [
            _input(
                root,
                one,
                f"{name}.{part}",
                held.get(part, PRESET.get(part)),
                required=part in needed and required,
                told=told,
            )
            for part, one in schema["properties"].items()
        ]
        return Input(**base, kind="group", rows=parts, error=error)
    if kind == "array":
        listed = value if isinstance(value, list) else []
        count = min(len(listed) + BLANK_ROWS, int(schema.get("maxItems", 50)))
        rows = [
            _input(
                root,
                {**_resolved(root, schema["items"]), "title": f"Mục {number + 1}"},
                f"{name}.{number}",
                listed[number] if number < len(listed) else None,
                required=False,
                told=told,
            )
            for number in range(count)
        ]
        return Input(**base, kind="list", rows=rows, error=error, words=str(len(listed)))
    return Input(**base, error=error, **_simple(schema, kind, name, value))


def _simple(schema: Mapping[str, Any], kind: str, name: str, value: Any) -> dict[str, Any]:
    text = "" if value is None else str(value)
    if kind == "boolean":
        if schema.get("const") is True:
            return {"kind": "tick", "value": "true" if value is True else ""}
        chosen = {True: "true", False: "false"}.get(value, "") if value is not None else ""
        return {"kind": "select", "value": chosen, "options": YES_NO}
    if "enum" in schema:
        words = schema.get("x-labels", {})
        options = [(str(one), str(words.get(one, {}).get("vi", one))) for one in schema["enum"]]
        return {"kind": "select", "value": text, "options": options}
    if kind in {"integer", "number"}:
        limits = {key: schema[key] for key in ("minimum", "maximum") if key in schema}
        return {"kind": "number", "value": text, "limits": limits}
    if schema.get("format") == "date":
        return {"kind": "date", "value": text}
    if schema.get("x-widget") == "month":
        return {"kind": "month", "value": text}
    length = int(schema.get("maxLength", LONG))
    limits = {"length": length, "list": WARDS if name.endswith("ward_code") else ""}
    return {"kind": "long" if length > LONG else "text", "value": text, "limits": limits}


def _read(
    root: Mapping[str, Any], raw: Mapping[str, Any], name: str, data: Mapping[str, Any]
) -> Any:
    schema = _resolved(root, raw)
    kind = schema.get("type", "string")
    if kind == "object":
        parts = {
            part: _read(root, one, f"{name}.{part}", data)
            for part, one in schema["properties"].items()
        }
        held = {part: value for part, value in parts.items() if value is not None}
        typed = {part for part, value in held.items() if PRESET.get(part) != value}
        return held if typed else None
    if kind == "array":
        most = int(schema.get("maxItems", 50))
        rows = [_read(root, schema["items"], f"{name}.{number}", data) for number in range(most)]
        return [row for row in rows if row is not None] or None
    text = str(data.get(name, "")).replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in {"integer", "number"} and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    return text
