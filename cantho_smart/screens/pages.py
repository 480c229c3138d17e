"""Pages and probes at the root: documents of the API, problems, health."""

import html
from typing import Any

import requests
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from common.errors import NotFound, Refusal
from common.http import problem_response

WORKER_ALIVE_SECONDS = 60


@require_GET
def livez(request: HttpRequest) -> JsonResponse:
    """Answer while the process runs; asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all that is needed to serve people is up: database, worker, companions."""
    parts = {"database": _database(), "worker": _worker()}
    for name, address in settings.COMPANIONS.items():
        parts[name] = _companion(address)
    ready = all(parts.values())
    return JsonResponse(
        {"status": "ready" if ready else "not_ready", "parts": parts}, status=200 if ready else 503
    )


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM services_procedureversion WHERE valid_to IS NULL")
            return bool(cursor.fetchone()[0])
    except Exception:  # noqa: BLE001 - whatever is wrong, the answer is "no"
        return False


def _worker() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_workers "
                "WHERE last_heartbeat > now() - make_interval(secs => %s)",
                [WORKER_ALIVE_SECONDS],
            )
            return bool(cursor.fetchone()[0])
    except Exception:  # noqa: BLE001
        return False


def _companion(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).status_code == 200
    except requests.RequestException:
        return False


@require_GET
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one error code."""
    kind = Refusal.registry.get(code)
    if kind is None:
        return problem_response(NotFound())
    rows: list[tuple[str, Any]] = [
        ("HTTP", kind.status),
        ("Tiếng Việt", f"{kind.title_vi}. {kind.detail_vi}"),
        ("English", f"{kind.title_en}. {kind.detail_en}"),
        ("Members", ", ".join(kind.members) or "—"),
    ]
    body = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in rows
    )
    return HttpResponse(
        "<!doctype html><html lang=vi><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{html.escape(code)}</title><style>body{{font:16px/1.5 system-ui;max-width:40rem;"
        "margin:2rem auto;padding:0 1rem}th{text-align:left;padding-right:1rem;"
        "vertical-align:top}</style>"
        f"<h1><code>{html.escape(code)}</code></h1><table>{body}</table></html>"
    )


@require_GET
def problems(request: HttpRequest) -> JsonResponse:
    """List every error code."""
    return JsonResponse(
        {
            "items": [
                {"code": code, "status": kind.status, "title": kind.title_en}
                for code, kind in sorted(Refusal.registry.items())
            ]
        }
    )
