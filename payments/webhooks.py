"""What providers send us, and where the payer's browser comes back to.

A plain Django view: the signature is over the raw bytes, which no parser may touch first. It
answers fast; everything else happens on the queue.
"""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from common import clock, errors, http
from common.errors import Refusal
from payments.actions import settle
from payments.models import ProviderEvent
from payments.providers import base, registry

logger = logging.getLogger(__name__)


class WebhookRefused(Refusal):
    code = "webhook_refused"
    status = 400
    title_vi = "Thông báo của cổng thanh toán không hợp lệ"
    title_en = "The provider's notification is not valid"


@csrf_exempt
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Keep a signed event and answer 200. A forged one is refused and leaves no trace but a log."""
    if request.method != "POST":
        response = http.problem_response(errors.MethodNotAllowed())
        response["Allow"] = "POST"
        return response
    try:
        known = registry.get(provider)
    except registry.UnknownProvider:
        return http.problem_response(errors.NotFound())
    now = clock.now()
    try:
        notification = known.parse_notification(request.body, request.headers, now=now)
    except base.Forged as failure:
        logger.warning("webhook of %s refused: %s", provider, failure)
        return http.problem_response(WebhookRefused())
    fresh = settle.record_event(
        provider=known.name,
        notification=notification,
        raw=request.body,
        source=ProviderEvent.Source.WEBHOOK,
        now=now,
    )
    return JsonResponse({"received": True, "duplicate": not fresh})


RETURN_PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Can Tho Smart</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem}
</style></head><body><main><h1>Hãy quay lại ứng dụng</h1>
<p>Ứng dụng Can Tho Smart sẽ cho biết khoản nộp đã được ghi nhận hay chưa. Bạn có thể đóng trang
này.</p><p lang="en">Go back to the app: it shows whether the payment was recorded. You may close
this page.</p></main></body></html>"""


@require_GET
def came_back(request: HttpRequest) -> HttpResponse:
    """Show where to look. Coming back from the page proves nothing and changes nothing."""
    response = HttpResponse(RETURN_PAGE)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response["Cache-Control"] = "no-store"
    return response
