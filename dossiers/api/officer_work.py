"""Whose work a dossier is, who has it open, and where it may go."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import desk as looking
from dossiers.actions import moves, work
from dossiers.actions.who import NotYourRole
from dossiers.api import desk_shapes, officer, officer_render, officer_shapes, render, shapes
from dossiers.api.staff import UnitBriefShape
from dossiers.models import Seat
from dossiers.queries import desk, offices
from dossiers.queries import work as work_queries
from services import queries as services

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
NUMBER = r"^[0-9]{1,18}$"


class SeenBody(Body):
    expected_state = serializers.IntegerField(
        min_value=1, max_value=10, help_text="The state the officer saw; 409 when it moved on."
    )


class AssignmentBody(SeenBody):
    assignee = serializers.RegexField(
        NUMBER, allow_null=True, help_text="A seat of my agency; null makes it nobody's."
    )
    expected_assignee = serializers.RegexField(
        NUMBER, allow_null=True, help_text="The seat that the officer saw; null for nobody."
    )


class LeaseBody(SeenBody):
    act = serializers.ChoiceField(
        choices=["open", "take_over", "close"],
        help_text="`open` also renews one's own; `take_over` ends somebody else's and is logged.",
    )


class AssignmentEventShape(officer_shapes.Shape):
    """One change of whose work a dossier is in my agency."""

    id = serializers.CharField()
    act = serializers.ChoiceField(choices=["take", "give", "release", "take_over", "left"])
    to = officer_shapes.SeatBriefShape(allow_null=True)
    by = officer_shapes.SeatBriefShape()
    at = serializers.DateTimeField()

    def get_fields(self) -> Any:
        """`from` is a word of the language and cannot be an attribute."""
        return {
            **super().get_fields(),
            "from": officer_shapes.SeatBriefShape(allow_null=True),
        }


def _shown(request: Request, dossier_id: str) -> Response:
    seat = offices.seat(request.user.id, now=clock.now())
    row = desk.dossier(seat, dossier_id)
    return http.answer(officer.detail(row, seat), status=201, version=row.version)


class OfficerAssignment(View):
    permission_classes = [IsOfficer]

    @operation(
        "assignDossier",
        tag="officers",
        summary="Take a dossier, give it to a colleague, or let it go",
        description="Whoever works takes for themselves, also from a colleague whom they name in "
        "`expected_assignee`; approvers and administrators give to others. Of two who take at once "
        "one wins, and the other is told who. A handler's moves are refused while a dossier is "
        "another's work; the counter's and the approver's are not.",
        body=AssignmentBody,
        answer=desk_shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            moves.StateChanged,
            work.AssignmentChanged,
        ],
        examples=[
            OpenApiExample(
                "take",
                value={"assignee": "12", "expected_assignee": None, "expected_state": 4},
                request_only=True,
            ),
            OpenApiExample(
                "let go",
                value={"assignee": None, "expected_assignee": "12", "expected_state": 4},
                request_only=True,
            ),
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = AssignmentBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        work.assign(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            assignee=_number(values["assignee"]),
            expected_assignee=_number(values["expected_assignee"]),
            expected_state=values["expected_state"],
            now=clock.now(),
        )
        return _shown(request, dossier_id)


class OfficerLease(View):
    permission_classes = [IsOfficer]

    @operation(
        "leaseDossier",
        tag="officers",
        summary="Open a dossier to work on it, take it over, or close it",
        description="Holds for ten minutes, is renewed by reading or writing, and ends by itself, "
        "by `close`, and by any move. Meanwhile other officers' moves are refused; a citizen's are "
        "not.",
        body=LeaseBody,
        answer=desk_shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, NotYourRole, moves.StateChanged, work.LockedByAnother],
        examples=[
            OpenApiExample("open", value={"act": "open", "expected_state": 4}, request_only=True)
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = LeaseBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if values["act"] == "close":
            work.close_lease(
                officer_id=request.user.id,
                dossier_id=dossier_id,
                expected_state=values["expected_state"],
                now=clock.now(),
            )
        else:
            work.open_lease(
                officer_id=request.user.id,
                dossier_id=dossier_id,
                expected_state=values["expected_state"],
                take_over=values["act"] == "take_over",
                now=clock.now(),
            )
        return _shown(request, dossier_id)


class AssignmentHistory(View):
    permission_classes = [IsOfficer]

    @operation(
        "listAssignments",
        tag="officers",
        summary="List whose work a dossier was in my agency",
        description="The newest first. Not part of what the citizen sees.",
        answer=AssignmentEventShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        return pages.page(
            request,
            work_queries.history(seat, dossier_id),
            order=("-id",),
            render=lambda rows: [officer_render.assignment_event(row) for row in rows],
        )


class ColleagueShape(officer_shapes.SeatBriefShape):
    """A seat of my agency to which a dossier may be given."""

    unit = UnitBriefShape(allow_null=True)
    roles = serializers.ListField(child=serializers.CharField())
    mine = serializers.BooleanField()


class Colleagues(View):
    permission_classes = [IsOfficer]

    @operation(
        "listColleagues",
        tag="officers",
        summary="List the seats of my agency to which a dossier may be given",
        description="By title and unit, one's own among them; nobody's name. Give a dossier by "
        "`assignDossier`, find somebody's work by `assigned` and `unit` of `listOfficerDossiers`.",
        answer=ColleagueShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        seat = offices.seat(request.user.id)

        def show(row: Seat) -> dict[str, Any]:
            unit = {"id": row.unit.id, "name": row.unit.name} if row.unit else None
            told: Any = officer_render.seat(row)
            return {**told, "unit": unit, "roles": sorted(row.roles), "mine": row.pk == seat.pk}

        return pages.page(
            request,
            work_queries.colleagues(seat),
            order=("title", "id"),
            render=lambda rows: [show(row) for row in rows],
        )


class RouteFilter(Body):
    place_code = serializers.RegexField(r"^[0-9]{5}$", required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class CompetentAgencies(View):
    permission_classes = [IsOfficer]

    @operation(
        "listCompetentAgencies",
        tag="officers",
        summary="List the agencies that a dossier may be sent to",
        description="By the levels and the field of the service as it was filed; reception is not "
        "tied to residence, so any ward may be meant. `place_code` leaves one ward and the city.",
        answer=shapes.AgencyBriefShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER, text_parameter("place_code", "Code of a commune or ward.")],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        wanted = http.query_of(RouteFilter, request)
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.of_agency(seat, dossier_id)
        looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:routes")
        return pages.page(
            request,
            services.competent_agencies(
                row.service_version_id, place_code=wanted.get("place_code")
            ),
            order=("key",),
            render=lambda rows: [render.agency(row) for row in rows],
        )


def _number(seat_id: str | None) -> int | None:
    return None if seat_id is None else int(seat_id)
