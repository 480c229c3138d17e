"""What an electronic form must keep before it may be published. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

MEMBERS = ("title", "schema", "sections", "prefill", "verified", "channels", "sources", "notes")
BOUNDS = {"maxLength", "enum", "pattern", "const"}


def defects(form: Mapping[str, Any], *, facts: Collection[str]) -> list[str]:
    """Return what is wrong with a form, as paths and words; empty when it may be published.

    Every object is closed, every text and list has a limit, every field stands in one section, and
    every field names a known fact or says why it is never prefilled.
    """
    missing = [f"/{name}: missing" for name in MEMBERS if name not in form]
    if missing:
        return missing
    schema = form["schema"]
    properties = schema.get("properties", {})
    found = list(_unbounded({k: v for k, v in schema.items() if k != "allOf"}, "/schema"))
    shown = [name for section in form["sections"] for name in section["fields"]]
    for name in properties:
        if shown.count(name) != 1:
            found.append(f"/sections: {name} stands {shown.count(name)} times")
    found += [f"/sections: {name} is not in the schema" for name in set(shown) - set(properties)]
    rules = {rule["field"]: rule for rule in form["prefill"]}
    found += [f"/prefill: {name} has no rule" for name in properties if name not in rules]
    for name, rule in rules.items():
        if name not in properties:
            found.append(f"/prefill: {name} is not in the schema")
        elif rule.get("never"):
            if not rule.get("reason"):
                found.append(f"/prefill: {name} says never without a reason")
        elif rule.get("fact") not in facts:
            found.append(f"/prefill: {name} names no known fact")
    return sorted(found)


def _unbounded(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, Mapping):
        kind = node.get("type")
        if kind == "string" and not BOUNDS & set(node):
            yield f"{path}: text without a limit"
        if kind == "array" and "maxItems" not in node:
            yield f"{path}: list without a limit"
        if kind == "object" and node.get("additionalProperties") is not False:
            yield f"{path}: object that is not closed"
        for name, inner in node.items():
            yield from _unbounded(inner, f"{path}/{name}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _unbounded(inner, f"{path}/{index}")
