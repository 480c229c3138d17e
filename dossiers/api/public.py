"""For anybody: how far a dossier is, and the city's figures."""

import datetime
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import FieldError, Invalid, TooManyRequests
from common.http import Anyone, Body, Request, View
from common.openapi import operation
from dossiers.actions import lookups
from dossiers.api import public_shapes, render
from dossiers.queries import lookup
from dossiers.queries.lookup import About, Progress, Step
from dossiers.reports import city
from dossiers.rules import outlook, words
from dossiers.rules.outlook import Stage
from dossiers.rules.states import State


def progress(found: Progress) -> dict[str, Any]:
    about = found.about
    return {
        "dossier_code": found.code,
        "state": render.state(found.state),
        "stage": found.stage.value,
        "submitted_at": found.submitted_on,
        "received_at": found.received_at,
        "due_at": found.due_at,
        "finished_at": found.finished_at,
        "service_code": about.service_code if about else None,
        "service_name": about.service_name if about else None,
        "office": about.office if about else None,
        "steps": [step(one) for one in about.steps] if about else [],
        "results": [
            {"version": one.version, "issued_at": one.issued_at, "revoked_at": one.revoked_at}
            for one in (about.results if about else ())
        ],
    }


def step(one: Step) -> dict[str, Any]:
    title_vi, title_en = words.step(one.move)
    return {
        "move": one.move,
        "title": title_en if http.language() == "en" else title_vi,
        "state": render.state(one.state),
        "office": one.office,
        "at": one.at,
    }


class Lookup(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    cache_control = "no-store"

    @operation(
        "lookUpDossier",
        tag="lookup",
        summary="See how far a dossier is",
        description="The code tells the state and the days; with the PIN of the slip also the "
        "procedure, the unit and the steps. Never a name. Unknown, malformed and a wrong PIN "
        "answer alike. Limited by address, and wrong PINs by dossier for ten minutes: the page "
        "behind the QR code of the slip always works. A question, not an act: it takes no key.",
        body=public_shapes.LookupBody,
        answer=public_shapes.ProgressShape,
        public=True,
        refusals=[lookup.DossierUnknown, TooManyRequests],
        examples=[
            OpenApiExample(
                "code", value={"dossier_code": "H13.022-261123-0001"}, request_only=True
            ),
            OpenApiExample(
                "with the PIN",
                value={"dossier_code": "H13.022-261123-0001", "pin": "k7m2xq"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        body = public_shapes.LookupBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = lookups.look(
            code=body.validated_data["dossier_code"],
            pin=body.validated_data.get("pin"),
            address=http.address_of(request),
            now=clock.now(),
        )
        return http.answer(progress(found))


# --- the page behind the code of a slip ---------------------------------------------------------

ENDED = frozenset({State.REJECTED, State.STOPPED})
TONES = {
    State.REJECTED: "ended",
    State.STOPPED: "ended",
    State.SUPPLEMENT_REQUESTED: "waiting",
    State.PAYMENT_REQUESTED: "waiting",
    State.WITHDRAWAL_REQUESTED: "waiting",
    State.COMPLETED: "good",
    State.RETURNED: "good",
}


def page_of(found: Progress, about: About, *, english: bool) -> dict[str, Any]:
    """Return what the page shows of a progress, in one language."""
    meaning = outlook.meaning(
        found.state, receiving=about.receiving_office, competent=about.competent_office
    )
    return {
        "code": found.code,
        "state": render.state(found.state)["name"],
        "tone": TONES.get(found.state, "going"),
        "meaning": meaning.now_en if english else meaning.now_vi,
        "next": meaning.next_en if english else meaning.next_vi,
        "stages": stages_of(found, english=english),
        "service_name": about.service_name,
        "service_code": about.service_code,
        "office": about.office,
        "due_at": found.due_at if found.finished_at is None else None,
        "finished_at": found.finished_at,
        "clock_stands": (
            found.state in outlook.WAITING_FOR
            and found.received_at is not None
            and found.due_at is None
        ),
    }


def stages_of(found: Progress, *, english: bool) -> list[dict[str, Any]]:
    """Return the five steps; those that will not come any more are left out."""
    reached = outlook.STAGES.index(found.stage)
    moments = {
        Stage.SENT: found.submitted_on,
        Stage.RECEIVED: found.received_at,
        Stage.DONE: found.finished_at,
    }
    over = found.state == State.RETURNED
    shown = [
        {
            "name": outlook.STAGE_NAMES[stage][1 if english else 0],
            "at": moments.get(stage) if at <= reached else None,
            "mark": "done" if at < reached or over else "now" if at == reached else "todo",
        }
        for at, stage in enumerate(outlook.STAGES)
    ]
    if found.state not in ENDED:
        return shown
    for one in shown:
        one["mark"] = "done"
    name = render.state(found.state)["name"]
    return [*shown[: reached + 1], {"name": name, "at": found.finished_at, "mark": "end"}]


@require_safe
def slip_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page behind the code printed on a slip; readable on a phone, no script.

    Vietnamese whatever the browser asks for, since the slip is; English by the link on the page.
    """
    language = "en" if request.GET.get("lang") == "en" else "vi"
    nonce = secrets.token_urlsafe(16)
    shown: dict[str, Any] = {"language": language, "nonce": nonce, "path": request.path}
    with translation.override(language):
        try:
            found, about = lookup.by_token(token)
        except lookup.DossierUnknown:
            response = render_page(request, "dossiers/unknown.html", shown, status=404)
        else:
            shown["page"] = page_of(found, about, english=language == "en")
            response = render_page(request, "dossiers/progress.html", shown)
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = language
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    # The address lets its holder in: it is told to nobody.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


class PeriodFilter(Body):
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)


def period_parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.QUERY,
        type={"type": "string", "format": "date"},
        description=description,
    )


def period_of(
    wanted: dict[str, Any], now: datetime.datetime
) -> tuple[datetime.date, datetime.date]:
    """Return the period asked for, end exclusive: this year up to tomorrow without one."""
    start = wanted.get("start") or datetime.date(now.year, 1, 1)
    end = wanted.get("end") or now.date() + datetime.timedelta(days=1)
    if end <= start or (end - start).days > 3660:
        raise Invalid(
            errors=[
                FieldError(
                    "period",
                    "end",
                    "Kỳ phải từ 1 ngày đến 10 năm",
                    "The period is 1 day to 10 years",
                    pointer="",
                )
            ]
        )
    return start, end


class Kpi(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getKpi",
        tag="city",
        summary="Read the city's figures",
        description="Counted from the dossiers submitted in the period, with numerator and "
        "denominator. Without a period: this year up to tomorrow.",
        answer=public_shapes.KpiShape,
        public=True,
        refusals=[Invalid],
        query=[
            period_parameter("start", "First day."),
            period_parameter("end", "Day after the last one."),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(PeriodFilter, request)
        now = clock.now()
        start, end = period_of(wanted, now)
        figures = city.kpi(start=clock.midnight(start), end=clock.midnight(end), now=now)
        response = http.answer(
            {
                "start": start,
                "end": end,
                "received": figures.received,
                "ratios": [
                    {
                        "key": ratio.key,
                        "numerator": ratio.numerator,
                        "denominator": ratio.denominator,
                        "percent": ratio.percent,
                    }
                    for ratio in figures.ratios
                ],
                "computed_at": now,
            }
        )
        return http.public_cache(response, 10)
