"""The agency's officers: who sits where, invited, changed, ended, and the record of it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from citizens import queries as citizens
from citizens.actions import identity, officers
from citizens.actions.codes import CodesSpent
from common import clock, http, pages
from common.errors import NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import seats
from dossiers.api.shapes import AgencyBriefShape, Shape
from dossiers.models import Delegation, Seat, SeatEvent, Unit
from dossiers.queries import offices, staff
from dossiers.queries.offices import NotYourRole
from dossiers.rules.seats import Role

OFFICER = path_parameter("officer_id", "Id of the officer's account.")
ROLES = [role.value for role in Role]


def title_field(**more: Any) -> serializers.CharField:
    return serializers.CharField(
        min_length=2, max_length=200, help_text="The office, shown instead of a name.", **more
    )


def roles_field(**more: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=ROLES), min_length=1, max_length=len(ROLES), **more
    )


class UnitBriefShape(Shape):
    id = serializers.CharField()
    name = serializers.CharField()


class AwayShape(Shape):
    """A lending in force: to which office, which roles, until when (exclusive)."""

    delegation_id = serializers.CharField()
    receiver_title = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    ends_at = serializers.DateTimeField()


class StaffShape(Shape):
    """An officer's seat. Address, factors and last use only for the agency's admins, auditors."""

    officer_id = serializers.CharField()
    full_name = serializers.CharField()
    title = serializers.CharField()
    agency = AgencyBriefShape()
    unit = UnitBriefShape(allow_null=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    status = serializers.ChoiceField(choices=["invited", "active", "ended"])
    away = AwayShape(many=True)
    email = serializers.CharField(allow_null=True)
    second_factors = serializers.ListField(
        child=serializers.ChoiceField(choices=["totp", "passkey"]), allow_null=True
    )
    last_seen_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class LentShape(Shape):
    delegation_id = serializers.CharField()
    giver_title = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    ends_at = serializers.DateTimeField()


class SeatShape(StaffShape):
    """My own seat, with the roles that are lent to me now."""

    acting_roles = serializers.ListField(
        child=serializers.ChoiceField(choices=ROLES), help_text="My own and those lent to me."
    )
    lent = LentShape(many=True)


class StaffInviteBody(Body):
    email = serializers.EmailField(max_length=254)
    full_name = serializers.CharField(min_length=2, max_length=200)
    id_number = serializers.RegexField(
        r"^[0-9]{12}\Z", help_text="Kept as a keyed digest only: nobody acts on their own dossier."
    )
    title = title_field()
    roles = roles_field()
    unit_id = serializers.CharField(required=False, allow_null=True, default=None, max_length=40)


class SeatBody(Body):
    title = title_field(required=False)
    roles = roles_field(required=False)
    unit_id = serializers.CharField(required=False, allow_null=True, max_length=40)


class SeatEventShape(Shape):
    what = serializers.ChoiceField(choices=SeatEvent.What.values)
    officer_id = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    actor_id = serializers.CharField(help_text="Empty for whoever operates the server.")
    actor = serializers.CharField(help_text="The office that did it.")
    data = serializers.DictField()
    at = serializers.DateTimeField()


def unit_of(row: Unit | None) -> dict[str, Any] | None:
    return None if row is None else {"id": row.id, "name": row.name}


def away_of(row: Delegation) -> dict[str, Any]:
    return {
        "delegation_id": row.id,
        "receiver_title": row.receiver.title,
        "roles": row.roles,
        "ends_at": row.ends_at,
    }


def shown(viewer: Seat, rows: Sequence[Seat]) -> list[dict[str, Any]]:
    """Return seats as one of the agency sees them: four queries, however many they are."""
    cards = citizens.officer_cards([row.user_id for row in rows])
    lent = staff.away(rows, now=clock.now())
    found = []
    for row in rows:
        card = cards[row.user_id]
        whole = staff.sees_account(viewer, row)
        status = "active" if card.open else "invited"
        found.append(
            {
                "officer_id": row.user_id,
                "full_name": card.full_name,
                "title": row.title,
                "agency": {"key": row.agency.key, "name_vi": row.agency.name_vi},
                "unit": unit_of(row.unit),
                "roles": row.roles,
                "status": status if row.active else "ended",
                "away": [away_of(one) for one in lent.get(row.id, [])],
                "email": card.email if whole else None,
                "second_factors": list(card.second_factors) if whole else None,
                "last_seen_at": card.last_seen_at if whole else None,
                "ended_at": row.ended_at,
                "version": row.version,
            }
        )
    return found


def one(viewer_id: str, officer_id: str, *, status: int = 200) -> Response:
    viewer = offices.seat(viewer_id)
    row = staff.officer(viewer, officer_id)
    [data] = shown(viewer, [row])
    return http.composed_answer(data, version=row.version, status=status)


class Staff(View):
    permission_classes = [IsOfficer]

    @operation(
        "listStaff",
        tag="officers",
        summary="Read who sits at my agency",
        description="Colleagues see offices and who is away; admins and auditors of the agency "
        "also see addresses, last use and seats that ended.",
        answer=StaffShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        viewer = offices.seat(request.user.id)
        return pages.page(
            request, staff.staff(viewer), order=("id",), render=lambda rows: shown(viewer, rows)
        )

    @operation(
        "inviteOfficer",
        tag="officers",
        summary="Make an officer's account",
        description="The agency's admin only. The officer gets a one-time code by mail, valid 72 "
        "hours, and sets a password and a second factor with it before anything else.",
        body=StaffInviteBody,
        answer=StaffShape,
        status=201,
        key="transaction",
        refusals=[
            NotYourRole,
            seats.RolesDoNotFit,
            identity.EmailTaken,
            officers.OfficerExists,
            CodesSpent,
        ],
        examples=[
            OpenApiExample(
                "handler",
                value={
                    "email": "thu-ly-2@demo.invalid",
                    "full_name": "Cán bộ mẫu K",
                    "id_number": "092000000099",
                    "title": "Công chức Tư pháp - Hộ tịch",
                    "roles": ["handler"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = StaffInviteBody(data=request.data)
        body.is_valid(raise_exception=True)
        seat = seats.invite(actor_id=request.user.id, now=clock.now(), **body.validated_data)
        return one(request.user.id, seat.user_id, status=201)


class StaffDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficer",
        tag="officers",
        summary="Read one officer of my agency",
        answer=StaffShape,
        refusals=[NotFound],
        query=[OFFICER],
    )
    def get(self, request: Request, officer_id: str) -> Response:
        return one(request.user.id, officer_id)

    @operation(
        "changeOfficer",
        tag="officers",
        summary="Change an officer's title, unit or roles",
        description="The agency's admin only, and never of their own seat.",
        body=SeatBody,
        answer=StaffShape,
        match=True,
        refusals=[NotFound, NotYourRole, seats.OwnSeat, seats.RolesDoNotFit],
        query=[OFFICER],
        examples=[
            OpenApiExample(
                "two roles", value={"roles": ["handler", "reception"]}, request_only=True
            )
        ],
    )
    def patch(self, request: Request, officer_id: str) -> Response:
        expected = http.expected_version(request)
        body = SeatBody(data=request.data)
        body.is_valid(raise_exception=True)
        seats.change(
            actor_id=request.user.id,
            officer_id=officer_id,
            expected_version=expected,
            changes=dict(body.validated_data),
            now=clock.now(),
        )
        return one(request.user.id, officer_id)

    @operation(
        "endOfficer",
        tag="officers",
        summary="End an officer's seat and account",
        description="The agency's admin only, and never their own. Every sign-in ends at once: "
        "the next request with any token of it is refused. What was lent by or to them ends.",
        status=204,
        match=True,
        refusals=[NotFound, NotYourRole, seats.OwnSeat],
        query=[OFFICER],
    )
    def delete(self, request: Request, officer_id: str) -> Response:
        seats.leave(
            actor_id=request.user.id,
            officer_id=officer_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class StaffInvitation(View):
    permission_classes = [IsOfficer]

    @operation(
        "inviteOfficerAgain",
        tag="officers",
        summary="Mail a new invitation",
        description="For who has not accepted yet; the old code is void.",
        answer=StaffShape,
        status=201,
        key="transaction",
        refusals=[NotFound, NotYourRole, seats.OwnSeat, officers.AlreadyAccepted, CodesSpent],
        query=[OFFICER],
    )
    def post(self, request: Request, officer_id: str) -> Response:
        seats.invite_again(actor_id=request.user.id, officer_id=officer_id, now=clock.now())
        return one(request.user.id, officer_id, status=201)


class StaffReset(View):
    permission_classes = [IsOfficer]

    @operation(
        "resetOfficerFactor",
        tag="officers",
        summary="Reset a lost second factor",
        description="Password and second factor are taken away, every sign-in ends at once, and "
        "the officer is invited anew.",
        answer=StaffShape,
        status=201,
        key="transaction",
        refusals=[NotFound, NotYourRole, seats.OwnSeat, CodesSpent],
        query=[OFFICER],
    )
    def post(self, request: Request, officer_id: str) -> Response:
        seats.reset_factor(actor_id=request.user.id, officer_id=officer_id, now=clock.now())
        return one(request.user.id, officer_id, status=201)


class StaffEvents(View):
    permission_classes = [IsOfficer]

    @operation(
        "listStaffEvents",
        tag="officers",
        summary="Read what was done to the agency's seats",
        description="For the agency's admins and auditors; never rewritten.",
        answer=SeatEventShape,
        refusals=[NotYourRole],
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            staff.events(offices.seat(request.user.id)),
            order=("-id",),
            render=lambda rows: [
                {
                    "what": row.what,
                    "officer_id": row.seat.user_id if row.seat else None,
                    "title": row.seat.title if row.seat else None,
                    "actor_id": row.actor_id,
                    "actor": row.actor_label,
                    "data": row.data,
                    "at": row.at,
                }
                for row in rows
            ],
        )


class MySeat(View):
    permission_classes = [IsOfficer]

    @operation(
        "getMySeat",
        tag="officers",
        summary="Read my own seat",
        description="My office and roles, and those lent to me at this moment.",
        answer=SeatShape,
    )
    def get(self, request: Request) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        row = staff.officer(seat, request.user.id)
        [data] = shown(seat, [row])
        data["acting_roles"] = sorted(offices.roles(seat))
        data["lent"] = [
            {
                "delegation_id": lending.id,
                "giver_title": lending.giver.title,
                "roles": sorted(offices.lent_roles(seat, lending)),
                "ends_at": lending.ends_at,
            }
            for lending in seat.lent
        ]
        return http.composed_answer(data, version=row.version)
