"""The request's id, in every log line and on the way out; conditions on what is read."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware

from common import errors, http, logs

SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestId:
    """Take over `X-Request-ID` when it is well formed, else make one; echo it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        mark = given if SHAPE.fullmatch(given) else uuid.uuid4().hex
        token = logs.request_id.set(mark)
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = mark
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a failure outside of a view of ours with a problem, never with HTML."""
        refusal = http.as_refusal(exception)
        return http.problem_response(refusal) if refusal.status < 500 else None


class Conditions(ConditionalGetMiddleware):
    """Answer 304 to what is known already; a condition that fails is a problem, never HTML."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = super().process_response(request, response)
        if response.status_code == 412 and "json" not in response.get("Content-Type", ""):
            return http.problem_response(errors.StaleVersion(version=None))
        return response
