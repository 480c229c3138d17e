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
    """Keep what a provider signed and give the very answer that it expects.

    A forged notification is refused and leaves no trace but a log.
    """
    try:
        known = registry.get(provider)
    except registry.UnknownProvider:
        return http.problem_response(errors.NotFound())
    if request.method != known.notification_method:
        response = http.problem_response(errors.MethodNotAllowed())
        response["Allow"] = known.notification_method
        return response
    now = clock.now()
    raw = base.RawRequest(
        method=request.method,
        query=request.META.get("QUERY_STRING", ""),
        body=request.body,
        headers=request.headers,
    )
    try:
        notification = known.parse_notification(raw, now=now)
    except (base.Forged, base.Unreadable) as failure:
        logger.warning("webhook of %s refused: %s", provider, failure)
        forged = isinstance(failure, base.Forged)
        reply = known.reply(base.Verdict.FORGED if forged else base.Verdict.UNREADABLE)
    else:
        verdict, fresh = settle.record_event(
            provider=known.name,
            notification=notification,
            source=ProviderEvent.Source.WEBHOOK,
            now=now,
        )
        reply = known.reply(verdict, fresh=fresh)
    if reply.body is None:
        return http.problem_response(WebhookRefused())
    answer = JsonResponse(reply.body, status=reply.status)
    answer["Cache-Control"] = "no-store"
    return answer


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
