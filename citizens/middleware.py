"""Mends what the sign-in addresses would answer as HTML or 500; their own JSON shape is kept."""

import math
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import RateLimited
from django.http import HttpRequest, HttpResponse, JsonResponse

from common.errors import OutsideError

PREFIX = "/api/auth/"
RETRY_SECONDS = 30


class MendSignIn:
    """Give every answer under /api/auth/ the shape `{"status", "errors": [...]}`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(PREFIX):
            return response
        kind = response.headers.get("Content-Type", "")
        if response.status_code >= 400 and "json" not in kind:
            codes = {400: "malformed_body", 404: "not_found", 405: "method_not_allowed"}
            code = codes.get(response.status_code, "server_error")
            return _answer(response.status_code, code, "")
        if response.status_code == 429 and not response.has_header("Retry-After"):
            response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        if not request.path.startswith(PREFIX):
            return None
        if isinstance(exception, RateLimited):
            answer = _answer(429, "too_many_requests", "")
            answer["Retry-After"] = str(math.ceil(getattr(exception, "timeout", RETRY_SECONDS)))
            return answer
        if isinstance(exception, OutsideError):
            answer = _answer(503, "identity_provider_unavailable", "token")
            answer["Retry-After"] = str(RETRY_SECONDS)
            return answer
        if isinstance(exception, KeyError) and exception.args == ("kid",):
            return _answer(400, "invalid_token", "token")
        return None


def _answer(status: int, code: str, param: str) -> JsonResponse:
    error = {"code": code, "message": code.replace("_", " ")}
    if param:
        error["param"] = param
    return JsonResponse({"status": status, "errors": [error]}, status=status)
