"""For anybody: how far a dossier is, and the city's figures."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.utils import translation
from django.views.decorators.http import require_GET
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers, throttling
from rest_framework.response import Response

from common import clock, http
from common.errors import FieldError, Invalid, TooManyRequests
from common.http import Anyone, Body, Request, View
from common.openapi import operation
from dossiers import reports
from dossiers.api import render, shapes
from dossiers.queries import lookup
from dossiers.queries.lookup import Progress


class LookupThrottle(throttling.SimpleRateThrottle):
    """By address: a code is short enough to be guessed by somebody with patience."""

    scope = "lookup"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"throttle:lookup:{self.get_ident(request)}"


def progress(found: Progress) -> dict[str, Any]:
    return {
        "dossier_code": found.code,
        "state": render.state(found.state),
        "service_code": found.service_code,
        "service_name": found.service_name,
        "submitted_at": found.submitted_on,
        "received_at": found.received_at,
        "due_at": found.due_at,
        "finished_at": found.finished_at,
        "steps": [
            {
                "move": step.move,
                "state": render.state(step.state),
                "office": step.office,
                "at": step.at,
            }
            for step in found.steps
        ],
        "results": [
            {"version": one.version, "issued_at": one.issued_at, "revoked_at": one.revoked_at}
            for one in found.results
        ],
    }


class Lookup(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    throttle_classes = [LookupThrottle]
    cache_control = "no-store"

    @operation(
        "lookUpDossier",
        tag="lookup",
        summary="See how far a dossier is",
        description="No personal data. Unknown, malformed and a wrong PIN answer alike. With the "
        "PIN of the slip the steps are told too. A question, not an act: it takes no key.",
        body=shapes.LookupBody,
        answer=shapes.ProgressShape,
        public=True,
        refusals=[lookup.DossierUnknown, TooManyRequests],
        examples=[
            OpenApiExample("code", value={"dossier_code": "H13.022-261123-0001"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        body = shapes.LookupBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = lookup.by_code(body.validated_data["dossier_code"], body.validated_data.get("pin"))
        return http.answer(progress(found))


@require_GET
def slip_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page behind the code printed on a slip; readable on a phone, no script."""
    with translation.override("vi"):  # the page has one language, whatever the browser asks for
        try:
            found = lookup.by_token(token)
        except lookup.DossierUnknown:
            response = render_page(request, "dossiers/unknown.html", status=404)
        else:
            response = render_page(request, "dossiers/progress.html", {"progress": progress(found)})
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
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


class Kpi(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getKpi",
        tag="city",
        summary="Read the city's figures",
        description="Counted from the dossiers submitted in the period, with numerator and "
        "denominator. Without a period: this year up to tomorrow.",
        answer=shapes.KpiShape,
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
        figures = reports.kpi(start=midnight(start), end=midnight(end), now=now)
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


def midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), clock.HCM)
