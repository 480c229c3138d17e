"""The units of an agency."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import units
from dossiers.api.shapes import Shape
from dossiers.models import Unit
from dossiers.queries import offices, staff
from dossiers.queries.offices import NotYourRole

UNIT = path_parameter("unit_id", "Id of the unit.")


class UnitShape(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    active = serializers.BooleanField()
    is_demo = serializers.BooleanField(help_text="Synthetic.")
    version = serializers.IntegerField()


class UnitBody(Body):
    name = serializers.CharField(min_length=2, max_length=200)


class UnitChangeBody(Body):
    name = serializers.CharField(min_length=2, max_length=200, required=False)
    active = serializers.BooleanField(required=False)


def unit_of(row: Unit) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "active": row.active,
        "is_demo": row.is_demo,
        "version": row.version,
    }


class Units(View):
    permission_classes = [IsOfficer]

    @operation(
        "listUnits",
        tag="officers",
        summary="Read the units of my agency",
        answer=UnitShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            staff.units(offices.seat(request.user.id)),
            order=("name", "id"),
            render=lambda rows: [unit_of(row) for row in rows],
        )

    @operation(
        "makeUnit",
        tag="officers",
        summary="Make a unit",
        description="The agency's admin only.",
        body=UnitBody,
        answer=UnitShape,
        status=201,
        key="transaction",
        refusals=[NotYourRole, units.UnitNameTaken, units.TooManyUnits],
        examples=[
            OpenApiExample(
                "civil status", value={"name": "Bộ phận Tư pháp - Hộ tịch"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = UnitBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = units.make(actor_id=request.user.id, now=clock.now(), **body.validated_data)
        return http.answer(unit_of(row), status=201, version=row.version)


class UnitDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getUnit",
        tag="officers",
        summary="Read a unit of my agency",
        answer=UnitShape,
        refusals=[NotFound],
        query=[UNIT],
    )
    def get(self, request: Request, unit_id: str) -> Response:
        row = staff.unit(offices.seat(request.user.id), unit_id)
        return http.answer(unit_of(row), version=row.version)

    @operation(
        "changeUnit",
        tag="officers",
        summary="Rename, close or open a unit",
        description="The agency's admin only. A unit where officers sit cannot be closed.",
        body=UnitChangeBody,
        answer=UnitShape,
        match=True,
        refusals=[NotFound, NotYourRole, units.UnitNameTaken, units.UnitInUse],
        query=[UNIT],
        examples=[OpenApiExample("close", value={"active": False}, request_only=True)],
    )
    def patch(self, request: Request, unit_id: str) -> Response:
        expected = http.expected_version(request)
        body = UnitChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = units.change(
            actor_id=request.user.id,
            unit_id=unit_id,
            expected_version=expected,
            name=body.validated_data.get("name"),
            active=body.validated_data.get("active"),
            now=clock.now(),
        )
        return http.answer(unit_of(row), version=row.version)
