"""Stripe's error object."""

from typing import Any


class ApiError(Exception):
    """An answer that is not 2xx.

    `stored` says whether the idempotency layer keeps it, `effect` whether what the request did
    stays: a declined card leaves a charge, every other refusal leaves nothing.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        stored: bool = False,
        effect: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.effect = effect
        self.stored = stored
        self.error: dict[str, Any] = {"message": message, "type": kind, **more}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = doc_url(code)
        if param:
            self.error["param"] = param


def doc_url(code: str) -> str:
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> ApiError:
    return ApiError(
        400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def invalid(param: str, given: object, allowed: object) -> ApiError:
    names = ", ".join(sorted(map(str, allowed))) if isinstance(allowed, set | tuple) else allowed
    return ApiError(400, f"Invalid {param}: must be one of {names}, not {given}", param=param)


def no_such(what: str, given: str, param: str = "id") -> ApiError:
    return ApiError(404, f"No such {what}: '{given}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> ApiError:
    return ApiError(
        400, message, code="payment_intent_unexpected_state", stored=True, payment_intent=intent
    )


def rate_limited() -> ApiError:
    return ApiError(429, "Too many requests hit the API too quickly.", code="rate_limit")


def key_in_use() -> ApiError:
    return ApiError(
        409,
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through). Please try "
        "again later.",
        kind="idempotency_error",
        code="idempotency_key_in_use",
    )


def unknown_failure() -> ApiError:
    """Stripe keeps the answer of a call that began, and repeats it: also a 500."""
    return ApiError(500, "An unknown error occurred", kind="api_error", stored=True)
