"""What every endpoint shares: problems, strict bodies, permissions, cursor pages, conditions."""

import datetime
import hashlib
import json
import logging
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from rest_framework import exceptions, parsers, permissions, renderers, serializers, throttling
from rest_framework.request import Request as PlainRequest
from rest_framework.response import Response
from rest_framework.utils import encoders
from rest_framework.views import APIView

from common import clock, errors, limits, logs
from common.errors import FieldError, Refusal

logger = logging.getLogger(__name__)

MAX_JSON_BYTES = 1024 * 1024
MAX_JSON_DEPTH = 20
PROBLEM_TYPE = "application/problem+json"


class Request(PlainRequest):
    """A request as views see it; only names types, the framework makes the object."""

    user: Any
    auth: Any
    idempotency_key: str


# --- problems -----------------------------------------------------------------------------------


def language() -> str:
    """Return the language of this answer: "vi" unless the client asked for English."""
    return "en" if (translation.get_language() or "vi").startswith("en") else "vi"


def problem_body(refusal: Refusal) -> dict[str, Any]:
    """Return the RFC 9457 body; `status` and `errors` are shaped as django-allauth shapes them."""
    words = language()
    return {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title(words),
        "status": refusal.status,
        "detail": refusal.detail(words),
        "code": refusal.code,
        "request_id": logs.request_id.get(),
        "errors": [
            {
                "code": item.code,
                "param": item.param,
                "message": item.message_en if words == "en" else item.message_vi,
                "pointer": item.pointer,
            }
            for item in refusal.errors
        ],
        **refusal.extra(),
    }


def problem_response(refusal: Refusal) -> JsonResponse:
    """Return the answer for a refusal outside of a view (middleware, unknown URL)."""
    response = JsonResponse(
        problem_body(refusal),
        status=refusal.status,
        content_type=PROBLEM_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    _add_headers(response, refusal)
    return response


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a view raised into a problem. Nobody ever sees a traceback or HTML."""
    refusal = as_refusal(exc)
    if isinstance(refusal, errors.ServerError):
        logger.exception("unexpected failure")
    response = Response(problem_body(refusal), status=refusal.status, content_type=PROBLEM_TYPE)
    _add_headers(response, refusal)
    if isinstance(exc, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def _add_headers(response: Any, refusal: Refusal) -> None:
    response["Cache-Control"] = "no-store"
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        response["WWW-Authenticate"] = "Bearer"


def as_refusal(exc: Exception) -> Refusal:
    """Return the refusal that says what `exc` means to a client."""
    match exc:
        case Refusal():
            return exc
        case exceptions.ValidationError():
            return errors.Invalid(errors=_field_errors(exc.detail))
        case exceptions.ParseError():
            return errors.MalformedBody()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return errors.NotSignedIn()
        case exceptions.PermissionDenied() | PermissionDenied():
            return errors.Forbidden()
        case exceptions.NotFound() | Http404():
            return errors.NotFound()
        case exceptions.MethodNotAllowed():
            return errors.MethodNotAllowed()
        case exceptions.NotAcceptable():
            return errors.NotAcceptable()
        case exceptions.UnsupportedMediaType():
            return errors.UnsupportedMediaType()
        case exceptions.Throttled():
            return errors.TooManyRequests(retry_after=math.ceil(getattr(exc, "wait", None) or 1))
        case RequestDataTooBig():
            return errors.BodyTooLarge(limit_bytes=MAX_JSON_BYTES)
        case SuspiciousOperation() | UnicodeDecodeError():
            return errors.MalformedBody()
        case OperationalError():
            # A lock or statement time limit, or a lost connection: nothing was committed.
            logger.warning("database said no: %s", type(exc.__cause__).__name__)
            return errors.Unavailable(retry_after=2)
    return errors.ServerError()


def _field_errors(detail: Any, path: tuple[str, ...] = ()) -> list[FieldError]:
    if isinstance(detail, dict):
        found: list[FieldError] = []
        for name, inner in detail.items():
            here = path if name == "non_field_errors" else (*path, str(name))
            found += _field_errors(inner, here)
        return found
    if isinstance(detail, list):
        if detail and all(isinstance(item, dict) for item in detail):
            return [
                one for i, item in enumerate(detail) for one in _field_errors(item, (*path, str(i)))
            ]
        return [one for item in detail for one in _field_errors(item, path)]
    text = str(detail)
    code = str(getattr(detail, "code", "invalid"))
    pointer = "".join(f"/{part}" for part in path)
    return [FieldError(code, ".".join(path), text, text, pointer=pointer)]


def page_not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem_response(errors.NotFound())


def server_error(request: HttpRequest) -> JsonResponse:
    return problem_response(errors.ServerError())


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem_response(as_refusal(exception))


# --- limits -------------------------------------------------------------------------------------


def address_of(request: Any) -> str:
    """Return where a request came from, past the trusted proxies."""
    return str(throttling.BaseThrottle().get_ident(request))


class Throttle(throttling.BaseThrottle):
    """A limit of an endpoint for each signed-in person; who is not signed in is refused anyway."""

    name: str
    calls: int
    window = datetime.timedelta(minutes=1)
    methods: frozenset[str] | None = None  # None counts them all

    def who(self, request: Any) -> str | None:
        """Return for whom a call counts; None counts nothing."""
        return str(request.user.pk) if request.user and request.user.is_authenticated else None

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count the call. Errors: TooManyRequests."""
        counted = self.methods is None or request.method in self.methods
        value = self.who(request) if counted else None
        if value is not None:
            limits.take(limits.Limit(self.name, value, self.calls, self.window), now=clock.now())
        return True


class AddressThrottle(Throttle):
    """A limit of an endpoint for each address: for doors that need no signing in."""

    def who(self, request: Any) -> str | None:
        return limits.network(address_of(request))


# --- bodies -------------------------------------------------------------------------------------


class StrictJSONParser(parsers.BaseParser):
    """JSON without NaN, NUL, lone surrogates, repeated names, or bottomless nesting."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(MAX_JSON_BYTES + 1)
        if len(raw) > MAX_JSON_BYTES:
            raise errors.BodyTooLarge(limit_bytes=MAX_JSON_BYTES)
        if not raw.strip():
            return {}
        try:
            data = json.loads(
                raw.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_repeats
            )
            _check(data, depth=0)
        except (ValueError, RecursionError) as failure:
            raise errors.MalformedBody from failure
        if not isinstance(data, dict):
            raise errors.MalformedBody
        return data


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name is repeated")
    return result


def _check(data: Any, depth: int) -> None:
    if depth > MAX_JSON_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(data, str):
        if "\x00" in data:
            raise ValueError("NUL")
        data.encode("utf-8")  # a lone surrogate fails here
    elif isinstance(data, int) and not isinstance(data, bool):
        if abs(data) > 2**53:
            raise ValueError("a number that a phone cannot hold")
    elif isinstance(data, dict):
        for name, inner in data.items():
            _check(name, depth + 1)
            _check(inner, depth + 1)
    elif isinstance(data, list):
        for inner in data:
            _check(inner, depth + 1)


class Body(serializers.Serializer[Any]):
    """A request body: a field that is not named in it is refused, never dropped silently."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: serializers.ErrorDetail(
                            "Field is not known." if language() == "en" else "Trường không có.",
                            code="unknown_field",
                        )
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)


def query_of(shape: type[Body], request: Request) -> dict[str, Any]:
    """Return the checked query of a request; unknown names and empty values are refused."""
    checked = shape(data=request.query_params.dict())
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


class Money(serializers.Serializer[Any]):
    """An amount of money: whole đồng, never a fraction."""

    amount = serializers.IntegerField()
    currency = serializers.ChoiceField(choices=["VND"])


def pdf(data: bytes, name: str) -> HttpResponse:
    """Return a PDF of our own under a plain ASCII name: to be saved, never to be run."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def money(amount_vnd: int) -> dict[str, Any]:
    """Return an amount of whole đồng as the API shows it."""
    return {"amount": amount_vnd, "currency": "VND"}


class Encoder(encoders.JSONEncoder):
    """Times as RFC 3339 on the clocks of Cần Thơ, wherever they came from."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, datetime.datetime):
            return obj.astimezone(clock.HCM).isoformat()
        return super().default(obj)


class Renderer(renderers.JSONRenderer):
    encoder_class = Encoder
    charset = None


# --- permissions --------------------------------------------------------------------------------


class Anyone(permissions.BasePermission):
    """Public: no sign-in."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        return True


class IsSignedIn(permissions.BasePermission):
    """Anybody with an account."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        if not request.user or not request.user.is_authenticated:
            raise errors.NotSignedIn
        # An officer without both proofs can do nothing but enrol, which is the sign-in's own door.
        if request.user.is_officer and not getattr(request.auth, "two_proofs", False):
            raise errors.MfaRequired
        return True


class IsCitizen(IsSignedIn):
    """A citizen; an officer uses a citizen account of their own."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        if not (request.user and request.user.is_authenticated):
            raise errors.NotSignedIn
        if not request.user.is_citizen:
            raise errors.Forbidden
        return True


class IsOfficer(IsSignedIn):
    """An officer whose session passed a password and a second factor."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        super().has_permission(request, view)
        if not request.user.is_officer:
            raise errors.Forbidden
        return True


class HasInbox(IsSignedIn):
    """A citizen, or an officer whose session passed the second factor."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        super().has_permission(request, view)
        if request.user.is_officer:
            return IsOfficer().has_permission(request, view)
        return IsCitizen().has_permission(request, view)


def has_assurance(level: int) -> type[IsCitizen]:
    """Return the permission of a citizen whose identity was proved to `level`."""

    class HasAssurance(IsCitizen):
        required_level = level

        def has_permission(self, request: Any, view: APIView) -> bool:
            super().has_permission(request, view)
            if request.user.assurance_level < self.required_level:
                raise errors.AssuranceTooLow(required_level=self.required_level)
            return True

    return HasAssurance


# --- views --------------------------------------------------------------------------------------


class View(APIView):
    """The base of every endpoint. `permission_classes` is named on each, never inherited."""

    parser_classes = [StrictJSONParser]
    renderer_classes = [Renderer]
    cache_control = "private, no-cache"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = self.cache_control
        if not response["Cache-Control"].startswith("public"):
            response["Vary"] = "Accept-Language, Authorization"
        return response


def answer(
    data: Any, *, status: int = 200, version: int | None = None, headers: Any = None
) -> Response:
    """Return `data` with the ETag of its version; without one the bytes decide."""
    response = Response(data, status=status, headers=headers)
    if version is not None:
        response["ETag"] = f'"{version}"'
    return response


def composed_answer(data: Any, *, version: int, status: int = 200) -> Response:
    """Return `data` of which a part may change without a new version of its row.

    The ETag names version and content, so a 304 never hides such a change; `If-Match` takes the
    version from it.
    """
    text = json.dumps(data, sort_keys=True, cls=Encoder)
    response = Response(data, status=status)
    response["ETag"] = f'"{version}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    return response


def public_cache(response: Response, seconds: int) -> Response:
    """Let phones and proxies keep a public answer, and refresh it behind the reader's back."""
    response["Cache-Control"] = f"public, max-age={seconds}, stale-while-revalidate={seconds * 10}"
    return response


def expected_version(request: Request) -> int:
    """Return the version that the client last read, from `If-Match`.

    Errors: PreconditionRequired without the header; StaleVersion when it is not one of ours.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise errors.PreconditionRequired
    text = header.strip().removeprefix('"').removesuffix('"').split("-", 1)[0]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise errors.StaleVersion(version=None)
    return int(text)
