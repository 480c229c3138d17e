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
    lists: Params = _lists(result)
    return lists


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
    """Return `{"0": a, "1": b}` as a list, at every depth; metadata may have numbers as names."""
    if not isinstance(value, dict):
        return value
    inner = {n: item if n == "metadata" else _lists(item) for n, item in value.items()}
    if inner and all(name.isdecimal() and len(name) < 6 for name in inner):
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


def choice(params: Params, name: str, allowed: Collection[str]) -> str | None:
    """Return one of the words that Stripe knows there. Errors: ApiError for another one."""
    value = text(params, name)
    if value is not None and value not in allowed:
        raise errors.invalid(name, value, tuple(allowed))
    return value


def inner(params: Params, name: str, allowed: Collection[str]) -> Params:
    """Return a nested object, empty when absent. Errors: ApiError for a member it cannot have."""
    value = params.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise errors.ApiError(400, "Invalid object", param=name)
    for member in value:
        if member not in allowed:
            raise errors.unknown(f"{name}[{member}]")
    return value


def texts(value: Any, name: str) -> list[str]:
    """Return a list of words. Errors: ApiError for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise errors.ApiError(400, "Invalid array", param=name)
    return value


ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def address(given: Params, name: str = "address") -> dict[str, str | None]:
    value = inner(given, name, ADDRESS)
    return {part: text(value, part) for part in ADDRESS}


def shipping(params: Params) -> dict[str, Any] | None:
    """Return where goods go, or nothing; Stripe wants a name and an address."""
    value = inner(params, "shipping", {"address", "carrier", "name", "phone", "tracking_number"})
    if not value:
        return None
    if "name" not in value or "address" not in value:
        raise errors.missing("shipping[name]" if "name" not in value else "shipping[address]")
    return {
        "address": address(value),
        "carrier": text(value, "carrier"),
        "name": text(value, "name"),
        "phone": text(value, "phone"),
        "tracking_number": text(value, "tracking_number"),
    }


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
        raise errors.ApiError(
            400,
            f"You can only have 50 metadata keys, and you passed {len(merged)}.",
            param="metadata",
        )
    for key, value in merged.items():
        if not isinstance(value, str):
            raise errors.ApiError(400, "Metadata values must be strings", param=f"metadata[{key}]")
        if len(key) > 40:
            raise errors.ApiError(
                400,
                f"Metadata keys can have up to 40 characters, and {key} has {len(key)}.",
                param=f"metadata[{key}]",
            )
        if len(value) > 500:
            raise errors.ApiError(
                400,
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(value)} characters.",
                param=f"metadata[{key}]",
            )
    return merged
