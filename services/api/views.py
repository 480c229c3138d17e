"""The public catalogue: cacheable, no sign-in."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid
from common.http import Anyone, Request, View
from common.openapi import operation, path_parameter, text_parameter
from services import queries
from services.api import render, shapes

MINUTES = 60
CODE = path_parameter("code", "National code of the procedure.", r"^[0-9]\.[0-9]{6}$")


class ServiceFilter(http.Body):
    q = serializers.CharField(required=False, max_length=100)
    field = serializers.SlugField(required=False, max_length=60)
    level = serializers.ChoiceField(
        required=False, choices=["commune", "city", "vertical_agency", "ministry"]
    )
    online = serializers.ChoiceField(required=False, choices=["full", "partial", "none"])
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class Services(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listServices",
        tag="catalogue",
        summary="Find services",
        description="Words with or without accents, beginnings of words, abbreviations, codes. "
        "`dang ky ket hon` finds 1.000894 first.",
        answer=shapes.ServiceShape,
        paged=True,
        public=True,
        refusals=[Invalid],
        query=[
            text_parameter("q", "Words or a code."),
            text_parameter("field", "Key of a field.", max_length=60),
            text_parameter(
                "level", "Who decides.", ["commune", "city", "vertical_agency", "ministry"]
            ),
            text_parameter("online", "Online level.", ["full", "partial", "none"]),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(ServiceFilter, request)
        rows = queries.search(
            wanted.get("q", ""),
            on=clock.today(),
            field=wanted.get("field"),
            level=wanted.get("level"),
            online=wanted.get("online"),
        )
        response = pages.page(
            request,
            rows,
            order=("rank", "procedure_id"),
            render=lambda found: [render.service(row) for row in found],
        )
        return http.public_cache(response, 5 * MINUTES)


class ServiceDetail(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getService",
        tag="catalogue",
        summary="Read a service",
        answer=shapes.ServiceDetailShape,
        public=True,
        refusals=[queries.UnknownService],
        query=[CODE],
    )
    def get(self, request: Request, code: str) -> Response:
        today = clock.today()
        row = queries.detail(code, today)
        quote = queries.quote_fee(row.id, answers={}, channel="online", on=today)
        return http.public_cache(http.answer(render.detail(row, quote)), 5 * MINUTES)


class ServiceForm(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getServiceForm",
        tag="catalogue",
        summary="Read the form of a service",
        answer=shapes.FormShape,
        public=True,
        refusals=[queries.UnknownService, queries.NoForm],
        query=[CODE],
    )
    def get(self, request: Request, code: str) -> Response:
        row = queries.form_row(code, clock.today())
        return http.public_cache(http.answer(render.form(row)), 5 * MINUTES)


class FeeQuotes(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "quoteFee",
        tag="catalogue",
        summary="Ask what a service costs",
        description="A question, not an act: it takes no key and changes nothing.",
        body=shapes.FeeQuoteBody,
        answer=shapes.FeeQuoteShape,
        public=True,
        refusals=[queries.UnknownService],
        query=[CODE],
        examples=[
            OpenApiExample("two copies", value={"answers": {"so_ban_sao": 2}}, request_only=True)
        ],
    )
    def post(self, request: Request, code: str) -> Response:
        body = shapes.FeeQuoteBody(data=request.data)
        body.is_valid(raise_exception=True)
        today = clock.today()
        service = queries.version_on(code, today)
        quote = queries.quote_fee(
            service.id,
            answers=body.validated_data["answers"],
            channel=body.validated_data["channel"],
            on=today,
        )
        return http.answer(render.fee_quote(quote))


class AgencyFilter(http.Body):
    service_code = serializers.CharField(required=False, max_length=20)
    place = serializers.RegexField(r"^[0-9]{5}$", required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class Agencies(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listAgencies",
        tag="catalogue",
        summary="List agencies",
        description="With `service_code`: the centres where it may be filed, of one ward with "
        "`place`.",
        answer=shapes.AgencyShape,
        paged=True,
        public=True,
        refusals=[Invalid, queries.UnknownService],
        query=[
            text_parameter("service_code", "Only where this service is received.", max_length=20),
            text_parameter("place", "Code of a commune or ward.", max_length=5),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(AgencyFilter, request)
        keys = None
        if "service_code" in wanted:
            keys = [
                one.key for one in queries.receivers(wanted["service_code"], wanted.get("place"))
            ]
        rows = queries.agencies(keys=keys)
        if keys is None and "place" in wanted:
            rows = rows.filter(place_code=wanted["place"])
        response = pages.page(
            request, rows, order=("key",), render=lambda found: [render.agency(r) for r in found]
        )
        return http.public_cache(response, 5 * MINUTES)


class Fields(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listFields",
        tag="catalogue",
        summary="List fields of administration",
        answer=shapes.FieldShape,
        paged=True,
        public=True,
    )
    def get(self, request: Request) -> Response:
        response = pages.page(
            request,
            queries.fields(),
            order=("key",),
            render=lambda rows: [{"key": row.key, "name_vi": row.name_vi} for row in rows],
        )
        return http.public_cache(response, 5 * MINUTES)


class PlaceFilter(http.Body):
    q = serializers.CharField(required=False, max_length=100)
    old_code = serializers.RegexField(r"^[0-9]{5}$", required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class Places(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listPlaces",
        tag="catalogue",
        summary="List communes and wards",
        description="With `old_code`: what a unit from before 1 July 2025 became.",
        answer=shapes.PlaceShape,
        paged=True,
        public=True,
        refusals=[Invalid],
        query=[
            text_parameter("q", "Part of the name, with or without accents."),
            text_parameter("old_code", "Code of a former unit.", max_length=5),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(PlaceFilter, request)
        rows = queries.places(q=wanted.get("q", ""), old_code=wanted.get("old_code", ""))
        response = pages.page(
            request, rows, order=("code",), render=lambda found: [render.place(r) for r in found]
        )
        return http.public_cache(response, 5 * MINUTES)
