"""What a browser shows of a link that only the app can use: no script, nobody signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page


def page(
    request: HttpRequest,
    *,
    title: str,
    words_vi: str,
    words_en: str,
    about: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the page. The same words give the same bytes: it tells nobody who looked."""
    shown = {"title": title, "about": about, "words_vi": words_vi, "words_en": words_en}
    response = render_page(request, "payments/open_app.html", shown, status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response["Referrer-Policy"] = "no-referrer"
    return response
