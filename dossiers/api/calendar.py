"""The offices' calendar for everybody: so that a phone can show closed days."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import Invalid
from common.http import Anyone, Body, Request, View
from common.openapi import operation
from dossiers.queries import calendar
from dossiers.rules.calendar import OFFICE_HOURS, DayKind, Span
from dossiers.rules.calendar import Calendar as Rules

MINUTE = 60
Shape = serializers.Serializer[Any]


class YearFilter(Body):
    year = serializers.IntegerField(required=False, min_value=2000, max_value=2100)


class HoursShape(Shape):
    opens = serializers.CharField(help_text="HH:MM in Cần Thơ.")
    closes = serializers.CharField()


class SpecialDayShape(Shape):
    """A day that differs from the week; no `hours` when offices are closed."""

    day = serializers.DateField()
    kind = serializers.ChoiceField(choices=["off", "worked", "morning", "afternoon"])
    name_vi = serializers.CharField()
    hours = HoursShape(many=True)


class CalendarShape(Shape):
    """A year of the offices: Monday to Friday at `office_hours`, but for `days`."""

    year = serializers.IntegerField()
    provisional = serializers.BooleanField(
        help_text="The yearly swaps are not published: days may still change."
    )
    source = serializers.CharField()
    office_hours = HoursShape(many=True)
    days = SpecialDayShape(many=True, help_text="At most one for each day of the year.")


class Calendar(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getCalendar",
        tag="catalogue",
        summary="Read the offices' working days of a year",
        answer=CalendarShape,
        public=True,
        refusals=[Invalid, calendar.CalendarYearUnknown],
        query=[
            OpenApiParameter(
                name="year",
                location=OpenApiParameter.QUERY,
                required=False,
                type={"type": "integer", "minimum": 2000, "maximum": 2100},
                description="This year when not given.",
            )
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(YearFilter, request)
        found = calendar.year(wanted.get("year", clock.today().year))
        rules = Rules(
            years=frozenset({found.year}), days={one.day: DayKind(one.kind) for one in found.days}
        )
        answer = http.answer(
            {
                "year": found.year,
                "provisional": found.provisional,
                "source": found.source,
                "office_hours": [_hours(span) for span in OFFICE_HOURS],
                "days": [
                    {
                        "day": one.day,
                        "kind": one.kind,
                        "name_vi": one.name_vi,
                        "hours": [_hours(span) for span in rules.hours(one.day)],
                    }
                    for one in found.days
                ],
            }
        )
        return http.public_cache(answer, 5 * MINUTE)


def _hours(span: Span) -> dict[str, str]:
    opens, closes = span
    return {"opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
