"""Lending roles during leave."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import delegations, seats
from dossiers.api.shapes import Shape
from dossiers.api.staff import ROLES
from dossiers.models import Delegation
from dossiers.queries import offices, staff
from dossiers.queries.offices import NotYourRole
from dossiers.rules.seats import LENDABLE

DELEGATION = path_parameter("delegation_id", "Id of the delegation.")


class DelegationShape(Shape):
    """Roles of one seat lent to another: from `starts_at` until `ends_at`, which is exclusive."""

    id = serializers.CharField()
    giver_id = serializers.CharField()
    giver_title = serializers.CharField()
    receiver_id = serializers.CharField()
    receiver_title = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Ended early.")
    in_force = serializers.BooleanField(help_text="At this moment.")
    version = serializers.IntegerField()


class DelegationBody(Body):
    giver_id = serializers.CharField(
        required=False, max_length=40, help_text="Me, when left out; others only by the admin."
    )
    receiver_id = serializers.CharField(max_length=40)
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(LENDABLE)), min_length=1, max_length=3
    )
    starts_at = serializers.DateTimeField(required=False, help_text="Now, when left out.")
    ends_at = serializers.DateTimeField(help_text="Exclusive; at most 180 days later.")


def delegation_of(row: Delegation) -> dict[str, Any]:
    return {
        "id": row.id,
        "giver_id": row.giver.user_id,
        "giver_title": row.giver.title,
        "receiver_id": row.receiver.user_id,
        "receiver_title": row.receiver.title,
        "roles": row.roles,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "ended_at": row.ended_at,
        "in_force": staff.holds(row, now=clock.now()),
        "version": row.version,
    }


class Delegations(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDelegations",
        tag="officers",
        summary="Read what was lent",
        description="By me and to me; all of the agency's for its admins and auditors.",
        answer=DelegationShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            staff.delegations(offices.seat(request.user.id)),
            order=("-id",),
            render=lambda rows: [delegation_of(row) for row in rows],
        )

    @operation(
        "makeDelegation",
        tag="officers",
        summary="Lend roles during leave",
        description="The officer's own working roles; the agency's admin lends for others, never "
        "to themselves. It holds and ends by the clock. What the receiver does with it is "
        "recorded as done on behalf of the giver's office.",
        body=DelegationBody,
        answer=DelegationShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            seats.OwnSeat,
            seats.RolesDoNotFit,
            delegations.RolesNotLendable,
            delegations.TooManyDelegations,
        ],
        examples=[
            OpenApiExample(
                "a week",
                value={
                    "receiver_id": "usr_01k9m3v0x2f4h6j8k0m2n4p6q8",
                    "roles": ["approver"],
                    "starts_at": "2026-12-07T00:00:00+07:00",
                    "ends_at": "2026-12-14T00:00:00+07:00",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = DelegationBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        row = delegations.make(
            actor_id=request.user.id,
            now=now,
            **{"giver_id": request.user.id, "starts_at": now, **body.validated_data},
        )
        return http.composed_answer(delegation_of(row), version=row.version, status=201)


class DelegationDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getDelegation",
        tag="officers",
        summary="Read one delegation",
        answer=DelegationShape,
        refusals=[NotFound],
        query=[DELEGATION],
    )
    def get(self, request: Request, delegation_id: str) -> Response:
        row = staff.delegation(offices.seat(request.user.id), delegation_id)
        return http.composed_answer(delegation_of(row), version=row.version)

    @operation(
        "endDelegation",
        tag="officers",
        summary="End a lending early",
        description="By who lent, or the agency's admin; it holds at once.",
        status=204,
        match=True,
        refusals=[NotFound, NotYourRole, delegations.DelegationOver],
        query=[DELEGATION],
    )
    def delete(self, request: Request, delegation_id: str) -> Response:
        delegations.end(
            actor_id=request.user.id,
            delegation_id=delegation_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)
