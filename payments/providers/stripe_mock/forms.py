"""Bracketed forms in, and the checks that Stripe makes on parameters."""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from payments.providers.stripe_mock import errors

Params = dict[str, Any]
_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
CURRENCIES = {"vnd", "jpy", "krw", "usd", "eur", "gbp", "sgd", "aud", "cad", "chf", "hkd", "thb"}
MAX_AMOUNT = 99_999_999


def decode(text: str) -> Params:
    """Return the nested parameters of a form or a query. Errors: ApiError for a broken name."""
    result: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(name)
        if not match:
            raise errors.ApiError(400, f"Invalid parameter name: {name}", param=name[:100])
        path = [match.group(1), *re.findall(r"\[([^\[\]]*)\]", match.group(2))]
        _put(result, path, value)
    return {name: _lists(value) for name, value in result.items()}


def _put(target: Params, path: list[str], value: str) -> None:
    for name in path[:-1]:
        name = name or str(len(target))
        inner = target.setdefault(name, {})
        if not isinstance(inner, dict):
            raise errors.ApiError(400, f"Invalid object: {name}", param=name)
        target = inner
    last = path[-1] or str(len(target))
    target[last] = value


def _lists(value: Any) -> Any:
    """Return `{"0": a, "1": b}` as a list, at every depth."""
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(item) for name, item in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def only(params: Params, allowed: Collection[str]) -> None:
    """Refuse a parameter that the call does not know."""
    for name in params:
        if name not in allowed and name != "expand":
            raise errors.unknown(name)


def text(params: Params, name: str, default: str | None = None, *, limit: int = 5000) -> str | None:
    value = params.get(name, default)
    if value is None or value == "":
        return default if value is None else None
    if not isinstance(value, str):
        raise errors.ApiError(400, "Invalid string", code="parameter_invalid_string", param=name)
    if len(value) > limit:
        raise errors.ApiError(400, f"Invalid string: longer than {limit} characters.", param=name)
    return value


def needed(params: Params, name: str) -> str:
    value = text(params, name)
    if value is None:
        raise errors.missing(name)
    return value


def whole(params: Params, name: str, default: int | None = None) -> int | None:
    value = params.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise errors.ApiError(
            400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def flag(params: Params, name: str, default: bool = False) -> bool:
    value = params.get(name)
    if value is None or value == "":
        return default
    if value not in {"true", "false"}:
        raise errors.ApiError(400, f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def amount(params: Params, name: str, *, minimum: int = 1) -> int:
    """Return a sum in the smallest unit. Errors: ApiError outside of what Stripe takes."""
    value = whole(params, name)
    if value is None:
        raise errors.missing(name)
    if value < 1:
        raise errors.ApiError(
            400,
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=name,
        )
    if value < minimum:
        raise errors.ApiError(
            400,
            "Amount must convert to at least 50 cents.",
            code="amount_too_small",
            param=name,
        )
    if value > MAX_AMOUNT:
        raise errors.ApiError(
            400,
            f"Amount must be no more than {MAX_AMOUNT}.",
            code="amount_too_large",
            param=name,
        )
    return value


def currency(params: Params, name: str = "currency") -> str:
    value = needed(params, name).lower()
    if value not in CURRENCIES:
        raise errors.ApiError(400, f"Invalid currency: {value}.", param=name)
    return value


def metadata(params: Params, old: dict[str, str] | None = None) -> dict[str, str]:
    """Return `old` with the given metadata merged in; an empty value takes a key away."""
    given = params.get("metadata")
    if given == "":
        return {}
    if given is None:
        return dict(old or {})
    if not isinstance(given, dict):
        raise errors.ApiError(400, "Invalid object", param="metadata")
    merged = {**(old or {}), **given}
    merged = {key: value for key, value in merged.items() if value != ""}
    if len(merged) > 50:
        raise errors.ApiError(400, "Metadata can have at most 50 keys.", param="metadata")
    for key, value in merged.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise errors.ApiError(400, "Invalid metadata key or value.", param="metadata")
    return merged
