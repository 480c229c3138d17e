"""Merges the sign-in's own OpenAPI document into ours, so that apps read one."""

import copy
import json
import re
from typing import Any

from allauth.headless.constants import Flow
from allauth.headless.spec.internal.schema import get_schema

from citizens.middleware import AGENCYS

PREFIX = "Auth"
BASE = "/api/auth/app/v1/account"
# Left out of their document, seen in their code.
ANSWERS_200 = (f"{BASE}/authenticators/recovery-codes", f"{BASE}/password/change")
# Named by the answers that are added here.
KEPT = {("responses", "Authentication"), ("responses", "SessionGone"), ("schemas", "Timestamp")}
KINDS = ("schemas", "responses", "parameters", "examples", "requestBodies", "headers")


def merge_authentication(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Return our document with the sign-in operations added, every component prefixed."""
    theirs = copy.deepcopy(get_schema())
    text = json.dumps(theirs, default=str)
    text = re.sub(rf"#/components/({'|'.join(KINDS)})/(\w+)", rf"#/components/\1/{PREFIX}\2", text)
    theirs = json.loads(text)
    for path in ANSWERS_200:
        theirs["paths"][path]["post"]["responses"].setdefault("200", {"description": "Done."})
    for schema in theirs["components"]["schemas"].values():
        schema.pop("example", None)  # some of them do not fit their own schema
    _mend(theirs["components"]["schemas"])
    either = theirs["components"]["responses"]["AuthenticationOrReauthentication"]
    shape = either["content"]["application/json"]["schema"]
    shape["anyOf"] = shape.pop("oneOf")  # one answer may fit both
    _prune(theirs)
    components = result.setdefault("components", {})
    for kind in KINDS:
        for name, value in theirs.get("components", {}).get(kind, {}).items():
            components.setdefault(kind, {})[f"{PREFIX}{name}"] = value
    components["schemas"][f"{PREFIX}MendedError"] = MENDED_ERROR
    tags: set[str] = set()
    for path, item in theirs["paths"].items():
        for method, operation in item.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            operation["tags"] = [f"auth: {tag}" for tag in operation.get("tags", ["auth"])]
            tags |= set(operation["tags"])
            operation["operationId"] = _operation_id(path, method)
            operation.setdefault("summary", operation["operationId"])
            operation.setdefault("description", operation["summary"])
            operation["security"] = [{}, {"bearer": []}]
            for status, response in _unsaid(path, method).items():
                operation["responses"].setdefault(status, response)
        result["paths"][path] = item
    result["paths"] = dict(sorted(result["paths"].items()))
    result.setdefault("tags", [])
    known = {tag["name"] for tag in result["tags"]}
    result["tags"] += [
        {"name": tag, "description": "Sign-in (django-allauth headless); its own body shape."}
        for tag in sorted(tags - known)
    ]
    return result


def _mend(schemas: dict[str, Any]) -> None:
    """Correct what their document says of answers that they give otherwise."""
    flow = schemas["Flow"]["properties"]
    flow["id"]["enum"] = sorted(one.value for one in Flow)
    flow["is_pending"].pop("enum")
    login = schemas["AccountConfiguration"]["properties"]["login_methods"]
    login["items"]["enum"] = ["email", "phone", "username"]
    schemas["AccountConfiguration"]["required"].remove("authentication_method")  # not defined
    for name in ("ProviderSignup", "PasskeySignup"):
        [schemas[name]] = schemas[name]["allOf"]
    method = schemas["AuthenticationMethod"]
    for one in method["oneOf"]:
        one["properties"].setdefault("reauthenticated", {"type": "boolean"})
    # One answer may fit two of them: a code by e-mail or by phone carries neither address.
    method["anyOf"] = [*method.pop("oneOf"), SIGNED_IN_IN_DEVELOPMENT]


def _prune(document: dict[str, Any]) -> None:
    """Leave out the parts that no operation of ours uses."""
    while True:
        used = set(re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document)))
        unused = [
            (kind, name)
            for kind in KINDS
            for name in document["components"].get(kind, {})
            if (kind, name.removeprefix(PREFIX)) not in used
            and (kind, f"{PREFIX}{name}") not in used
            and (kind, name) not in KEPT
        ]
        if not unused:
            return
        for kind, name in unused:
            del document["components"][kind][name]


def _unsaid(path: str, method: str) -> dict[str, Any]:
    """Return the answers that their document leaves out, and those of `citizens.middleware`."""
    answers = {} if method == "get" else {"400": _error("The body could not be read.")}
    if not path.endswith(("/config", "/tokens/refresh")):
        answers["410"] = {"$ref": f"#/components/responses/{PREFIX}SessionGone"}
    answers["429"] = _error("Too many requests, codes or guesses; see `Retry-After`.")
    if "/account/" in path or path.endswith(("/auth/sessions", "authenticate")):
        answers["401"] = {"$ref": f"#/components/responses/{PREFIX}Authentication"}
    if path.endswith(AGENCYS) and method != "get":
        answers["403"] = _error("`forbidden`: of an officer's account the agency keeps these.")
    if path.endswith("/auth/provider/token"):
        answers["503"] = _error("`identity_provider_unavailable`; see `Retry-After`.")
    return answers


def _error(words: str) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{PREFIX}MendedError"}
    return {"description": words, "content": {"application/json": {"schema": shape}}}


SIGNED_IN_IN_DEVELOPMENT = {
    "type": "object",
    "title": "Signed in as a demonstration person (development only)",
    "properties": {
        "method": {"type": "string", "enum": ["dev"]},
        "at": {"$ref": f"#/components/schemas/{PREFIX}Timestamp"},
    },
    "required": ["method", "at"],
}

MENDED_ERROR = {
    "type": "object",
    "required": ["status", "errors"],
    "properties": {
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "param": {"type": "string"},
                },
            },
        },
    },
}


def _operation_id(path: str, method: str) -> str:
    parts = [part for part in path.split("/app/v1/")[-1].split("/") if "{" not in part]
    words = [word for part in parts for word in re.split(r"[-_]", part) if word]
    return "auth" + method.capitalize() + "".join(word.capitalize() for word in words)
