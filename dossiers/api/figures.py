"""The service index, for anybody."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import Invalid
from common.http import Anyone, Body, Request, View
from common.openapi import operation, text_parameter
from dossiers.api.public import period_of, period_parameter
from dossiers.reports import service_index
from services import queries as services
from services.queries import UnknownAgency

Shape = serializers.Serializer[Any]


class MeasureShape(Shape):
    """One measure of QĐ 766/QĐ-TTg. Nulls: its facts do not arise here; the note says why."""

    number = serializers.CharField(help_text="As in the decision, such as 2.1.")
    name_vi = serializers.CharField()
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    percent = serializers.FloatField(allow_null=True)
    target_percent = serializers.IntegerField(allow_null=True)
    note_vi = serializers.CharField()


class HandlingTimeShape(Shape):
    service_code = serializers.CharField()
    unit = serializers.ChoiceField(choices=["working_day", "calendar_day", "hour", "month"])
    dossiers = serializers.IntegerField()
    mean = serializers.FloatField()


class ServiceIndexShape(Shape):
    start = serializers.DateField()
    end = serializers.DateField()
    agency = serializers.CharField(allow_null=True)
    measures = MeasureShape(many=True)
    handling_times = HandlingTimeShape(many=True, help_text="Measure 2.2, by procedure.")
    computed_at = serializers.DateTimeField()


class IndexFilter(Body):
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    agency = serializers.CharField(max_length=60, required=False)


class ServiceIndex(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getServiceIndex",
        tag="city",
        summary="Read the measures of QĐ 766/QĐ-TTg",
        description="By the time of reception, of the city or of one agency; each with what was "
        "counted and of how many. Without a period: this year up to tomorrow.",
        answer=ServiceIndexShape,
        public=True,
        refusals=[Invalid, UnknownAgency],
        query=[
            period_parameter("start", "First day."),
            period_parameter("end", "Day after the last one."),
            text_parameter("agency", "Key of an agency.", max_length=60),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(IndexFilter, request)
        now = clock.now()
        start, end = period_of(wanted, now)
        agency_key = wanted.get("agency")
        if agency_key is not None:
            services.agency(agency_key)
        first, last = clock.midnight(start), clock.midnight(end)
        measures = service_index.measures(start=first, end=last, now=now, agency_key=agency_key)
        times = service_index.handling_times(start=first, end=last, agency_key=agency_key)
        response = http.answer(
            {
                "start": start,
                "end": end,
                "agency": agency_key,
                "measures": [
                    {
                        "number": one.number,
                        "name_vi": one.name_vi,
                        "numerator": one.numerator,
                        "denominator": one.denominator,
                        "percent": one.percent,
                        "target_percent": one.target_percent,
                        "note_vi": one.note_vi,
                    }
                    for one in measures
                ],
                "handling_times": [
                    {
                        "service_code": one.service_code,
                        "unit": one.unit,
                        "dossiers": one.dossiers,
                        "mean": one.mean,
                    }
                    for one in times
                ],
                "computed_at": now,
            }
        )
        return http.public_cache(response, 60)
