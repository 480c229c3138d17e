"""Mends what the sign-in addresses would answer as HTML or 500; their own JSON shape is kept."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import RateLimited
from allauth.headless import app_settings
from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from common.errors import BodyTooLarge, MalformedBody, OutsideError, Refusal
from common.http import StrictJSONParser

PREFIX = "/api/auth/"
GUESSES = (
    "/auth/phone/verify",
    "/auth/code/confirm",
    "/auth/2fa/authenticate",
    "/auth/password/reset",
    "/auth/email/verify",
)
# What is the agency's business and not the officer's: the addresses of the account, and the second
# factor that was enrolled with the invitation.
AGENCYS = ("/account/email", "/account/phone", "/account/authenticators/totp")
# How long the library's limit of each address holds; it does not say so itself.
RETRY_SECONDS = {"/auth/login": 300, "/auth/code/request": 60, "/auth/password/request": 60}
RETRY_OTHERWISE = 30
BARE = {403: "forbidden", 404: "not_found", 409: "conflict", 429: "too_many_requests"}
CODES = {400: "malformed_body", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


class MendSignIn:
    """Give every answer under /api/auth/ the shape `{"status", "errors": [...]}`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        try:
            body = StrictJSONParser().parse(io.BytesIO(request.body))
        except (BodyTooLarge, RequestDataTooBig):
            response: HttpResponse = _answer(413, BodyTooLarge.code)
        except MalformedBody:
            response = _answer(400, MalformedBody.code)
        else:
            if request.path.endswith("/auth/code/request") and not _names_somebody(body):
                response = _answer(400, "required", "phone")  # the library would fail
            elif _is_the_agencys(request):
                response = _answer(403, "forbidden")
            else:
                response = self._mended(request, self._one_guess_at_a_time(request))
        response["Cache-Control"] = "no-store"
        return response

    def _one_guess_at_a_time(self, request: HttpRequest) -> HttpResponse:
        """Answer, but hold off a second guess of the same sign-in while one is looked at.

        The library counts wrong codes in the session: read, compare, add one, write. Guesses sent
        all at once would all see the count of the first.
        """
        token = request.headers.get("X-Session-Token")
        if not token or not request.path.endswith(GUESSES):
            return self.get_response(request)
        name = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [name])
            if not cursor.fetchone()[0]:
                return _answer(429, "too_many_requests", retry_after=1)
        try:
            return self.get_response(request)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [name])

    def _mended(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code < 400:
            return response
        kind = response.headers.get("Content-Type", "")
        if not kind.startswith("application/json"):
            code = CODES.get(response.status_code, "server_error")
            mended = _answer(response.status_code, code)
            for name in ("Allow", "Retry-After"):
                if response.has_header(name):
                    mended[name] = response[name]
            response = mended
        else:
            response = _whole(response)
        if response.status_code == 429 and not response.has_header("Retry-After"):
            response["Retry-After"] = str(_seconds(request))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        if not request.path.startswith(PREFIX):
            return None
        match exception:
            case RateLimited():
                return _answer(429, "too_many_requests", retry_after=_seconds(request))
            case OutsideError():
                if request.path.endswith("/auth/provider/token"):
                    code, param = "identity_provider_unavailable", "token"
                else:
                    code, param = "code_gateway_unavailable", ""
                return _answer(503, code, param, retry_after=RETRY_OTHERWISE)
            case Refusal():
                return _answer(exception.status, exception.code, retry_after=exception.retry_after)
            case AttributeError() | KeyError() | TypeError() | ValueError() if (
                "/webauthn" in request.path
            ):
                # What a passkey did not say in the form it should; the library lets it fail.
                return _answer(400, "incorrect_code", "credential")
            case IntegrityError():
                # Two sign-ins proved the same phone or number at the same moment; one was first.
                return _answer(409, "conflict")
        return None


def _names_somebody(body: dict[str, Any]) -> bool:
    given = (body.get(name) for name in ("phone", "email"))
    return any(value not in (None, [], {}) and str(value).strip() for value in given)


def _is_the_agencys(request: HttpRequest) -> bool:
    """Return whether an officer would change here what only the agency may."""
    if not request.path.endswith(AGENCYS) or request.method == "GET":
        return False
    if request.path.endswith("/totp") and request.method != "DELETE":
        return False
    token = app_settings.TOKEN_STRATEGY.get_session_token(request)
    found = authenticate_by_x_session_token(token) if token else None
    return bool(found and found[0].is_officer)


def _seconds(request: HttpRequest) -> int:
    tail = request.path.rpartition("/v1")[2]
    return RETRY_SECONDS.get(tail, RETRY_OTHERWISE)


def _whole(response: HttpResponse) -> HttpResponse:
    """Return the library's refusal with what it leaves out or says wrongly.

    "Too many attempts" gets the status that says so, a bare status its error, and
    `is_authenticated` is false, not null, where nobody is signed in.
    """
    try:
        body = json.loads(response.content)
    except ValueError:
        return response
    status = response.status_code
    codes = [error.get("code", "") for error in body.get("errors", [])]
    if status == 400 and "too_many_login_attempts" in codes:
        status = 429
    elif "meta" in body and body["meta"].get("is_authenticated") is None:
        body["meta"]["is_authenticated"] = False
    elif set(body) == {"status"} and status in BARE:
        body["errors"] = _errors(BARE[status])
    else:
        return response
    whole = JsonResponse({**body, "status": status}, status=status)
    if response.has_header("Retry-After"):
        whole["Retry-After"] = response["Retry-After"]
    return whole


def _errors(code: str, param: str = "") -> list[dict[str, str]]:
    error = {"code": code, "message": code.replace("_", " ")}
    return [{**error, "param": param} if param else error]


def _answer(
    status: int, code: str, param: str = "", *, retry_after: int | None = None
) -> JsonResponse:
    response = JsonResponse({"status": status, "errors": _errors(code, param)}, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
