"""The promise at the desk: extended once, with an apology."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import clock as promises
from dossiers.actions.who import NotYourAgency, NotYourRole
from dossiers.api import desk_shapes, officer
from dossiers.queries import desk, offices
from dossiers.rules.calendar import CalendarMissing


class ExtensionBody(Body):
    expected_due_at = serializers.DateTimeField(
        help_text="The promise the officer saw; 409 when it changed."
    )
    new_due_on = serializers.DateField(
        help_text="A later working day; the result is due when the office closes on it."
    )
    reason = serializers.CharField(
        max_length=2000, help_text="Stands in the letter of apology that the citizen gets."
    )


class Extension(View):
    permission_classes = [IsOfficer]

    @operation(
        "extendDossier",
        tag="officers",
        summary="Extend the promise, once, with an apology",
        description="A handler or approver of the competent agency, at least 1 working day before "
        "the limit. Issues form 04 and tells the citizen; the state stays.",
        body=ExtensionBody,
        answer=desk_shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            NotYourAgency,
            offices.NoDossierRole,
            promises.PromiseChanged,
            promises.NothingPromised,
            promises.AlreadyExtended,
            promises.ExtensionTooLate,
            CalendarMissing,
        ],
        examples=[
            OpenApiExample(
                "a week later",
                value={
                    "expected_due_at": "2026-11-27T17:00:00+07:00",
                    "new_due_on": "2026-12-04",
                    "reason": "Cần xác minh thêm tại nơi đăng ký cũ",
                },
                request_only=True,
            )
        ],
        query=[path_parameter("dossier_id", "Id of the dossier.")],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = ExtensionBody(data=request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(body.validated_data)
        promises.extend(
            officer_id=request.user.id, dossier_id=dossier_id, now=clock.now(), **values
        )
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.dossier(seat, dossier_id)
        return http.answer(officer.detail(row, seat), status=201, version=row.version)
