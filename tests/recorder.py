"""Records real answers as the examples of the OpenAPI document: `make examples`.

A plugin of the test runner, loaded by that command only. Of each operation the fullest answer of
modest size is kept; long lists are cut to two items. The people in the tests are synthetic.
"""

import json
import pathlib
import re
from typing import Any

import pytest
import yaml
from django.test import Client

FOLDER = pathlib.Path(__file__).parent.parent / "cantho_smart"
SHOWN_ITEMS = 2
SHOWN_BYTES = 4000
OPEN = {"schema"}  # JSON Schema as a value: its properties are cut too

found: dict[str, Any] = {}


def _operations() -> list[tuple[str, re.Pattern[str], str]]:
    document = yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8"))
    result = []
    # Addresses without parameters first: /drafts/{id} must not take what is /drafts/x.
    for path in sorted(document["paths"], key=lambda one: (one.count("{"), one)):
        if path.startswith("/api/auth/"):
            continue
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        result += [
            (method.upper(), pattern, operation["operationId"])
            for method, operation in document["paths"][path].items()
            if isinstance(operation, dict) and "operationId" in operation
        ]
    return result


def shortened(value: Any, *, inside: str = "") -> Any:
    """Return a value with its long lists cut, and a JSON Schema's properties likewise."""
    if isinstance(value, list):
        return [shortened(one, inside=inside) for one in value[:SHOWN_ITEMS]]
    if isinstance(value, dict):
        if inside == "properties":
            value = dict(list(value.items())[:SHOWN_ITEMS])
        return {
            key: shortened(
                one, inside="properties" if inside in OPEN and key == "properties" else key
            )
            for key, one in value.items()
        }
    return value


def pytest_configure(config: pytest.Config) -> None:
    operations = _operations()
    plain = Client.request

    def request(self: Client, **given: Any) -> Any:
        response = plain(self, **given)
        kind = response.headers.get("Content-Type", "")
        language = given.get("HTTP_ACCEPT_LANGUAGE", "vi")
        if 200 <= response.status_code < 300 and "json" in kind and language == "vi":
            for method, pattern, name in operations:
                if method == given["REQUEST_METHOD"] and pattern.fullmatch(given["PATH_INFO"]):
                    _keep(name, response.json())
                    break
        return response

    Client.request = request  # type: ignore[method-assign]


def _keep(name: str, answer: Any) -> None:
    short = shortened(answer)
    size = len(json.dumps(short))
    known = found.get(name)
    if known is None or len(json.dumps(known)) < size <= SHOWN_BYTES:
        found[name] = short


def pytest_sessionfinish(session: pytest.Session) -> None:
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
    (FOLDER / "examples.json").write_text(text + "\n", "utf-8")
