"""Appointments and the queue at the counter, and the centre's hours."""

import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import hall, slot_plans, visits
from dossiers.api import visit_shapes as shapes
from dossiers.api.visits import APPOINTMENT, checked, day_parameter
from dossiers.models import Appointment
from dossiers.queries import visits as queries

TICKET = path_parameter("ticket_id", "Id of the number.")


PLAN = path_parameter("plan_id", "Id of the plan.")


class OfficerAppointments(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerAppointments",
        tag="officers",
        summary="List the appointments of a day at my centre",
        description="Leaves one row for each person shown in that person's access log.",
        answer=shapes.OfficeAppointmentShape,
        paged=True,
        refusals=[MfaRequired, Invalid],
        query=[day_parameter(required=False)],
    )
    def get(self, request: Request) -> Response:
        day = http.query_of(shapes.OptionalDayFilter, request).get("day") or clock.today()
        seat = queries.front_seat(request.user.id, now=clock.now())

        def show(rows: list[Appointment]) -> list[dict[str, Any]]:
            visits.list_shown(seat=seat, rows=rows, now=clock.now())
            return [{**shapes.render(row), "visitor": row.citizen.full_name} for row in rows]

        return pages.page(
            request, queries.of_day(seat, day), order=("starts_at", "id"), render=show
        )


class OfficerCallOff(View):
    permission_classes = [IsOfficer]

    @operation(
        "callOffAppointment",
        tag="officers",
        summary="Call an appointment off and tell the citizen",
        body=shapes.CallOffBody,
        status=201,
        answer=shapes.CallOffBody,
        key="transaction",
        refusals=[NotFound, MfaRequired, visits.AppointmentOver],
        examples=[OpenApiExample("why", value={"reason": "Mất điện"}, request_only=True)],
        query=[APPOINTMENT],
    )
    def post(self, request: Request, appointment_id: str) -> Response:
        values = checked(shapes.CallOffBody, request)
        visits.call_off(
            officer_id=request.user.id,
            appointment_id=appointment_id,
            reason=values["reason"],
            now=clock.now(),
        )
        return http.answer(values, status=201)


class OfficerTickets(View):
    permission_classes = [IsOfficer]

    @operation(
        "giveNumber",
        tag="officers",
        summary="Give a queue number at my centre",
        description="With an appointment or without; without one it names nobody.",
        body=shapes.TicketBody,
        answer=shapes.TicketShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, visits.AppointmentOver, hall.NotCheckInTime],
        examples=[OpenApiExample("walk-in", value={"service_code": "1.000894"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        values = checked(shapes.TicketBody, request)
        made = hall.give_number(
            officer_id=request.user.id,
            appointment_id=values.get("appointment_id"),
            service_code=values["service_code"],
            now=clock.now(),
        )
        return http.answer(shapes.render_ticket(made), status=201)


class OfficerCalls(View):
    permission_classes = [IsOfficer]

    @operation(
        "callNext",
        tag="officers",
        summary="Call the next number to my desk",
        description="Appointments whose time has come first, then by number.",
        body=shapes.CallBody,
        answer=shapes.TicketShape,
        status=201,
        key="transaction",
        refusals=[MfaRequired, hall.NobodyWaits],
        examples=[OpenApiExample("desk", value={"desk": "Quầy 3"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        made = hall.call_next(
            officer_id=request.user.id,
            desk_name=checked(shapes.CallBody, request)["desk"],
            now=clock.now(),
        )
        return http.answer(shapes.render_ticket(made), status=201)


class OfficerTicketClosing(View):
    permission_classes = [IsOfficer]

    @operation(
        "closeNumber",
        tag="officers",
        summary="End a called number: served, or nobody came",
        body=shapes.ClosingBody,
        answer=shapes.TicketShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, hall.TicketNotCalled],
        examples=[OpenApiExample("served", value={"came": True}, request_only=True)],
        query=[TICKET],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        made = hall.close_ticket(
            officer_id=request.user.id,
            ticket_id=ticket_id,
            came=checked(shapes.ClosingBody, request)["came"],
            now=clock.now(),
        )
        return http.answer(shapes.render_ticket(made), status=201)


class OfficerPlans(View):
    permission_classes = [IsOfficer]

    @operation(
        "listSlotPlans",
        tag="officers",
        summary="List the appointment hours of my agency",
        answer=shapes.PlanShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.plans(queries.plan_seat(request.user.id)),
            order=("weekday", "opens", "id"),
            render=lambda rows: [shapes.render_plan(row) for row in rows],
        )

    @operation(
        "addSlotPlan",
        tag="officers",
        summary="Open appointment hours at my agency",
        body=shapes.PlanBody,
        answer=shapes.PlanShape,
        status=201,
        key="transaction",
        refusals=[MfaRequired],
        examples=[
            OpenApiExample(
                "Monday morning",
                value={
                    "weekday": 0,
                    "opens": "07:30",
                    "closes": "11:00",
                    "minutes": 15,
                    "places": 3,
                    "valid_from": "2026-12-01",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        made = slot_plans.plan(officer_id=request.user.id, **checked(shapes.PlanBody, request))
        return http.answer(shapes.render_plan(made), status=201, version=made.version)


class OfficerPlan(View):
    permission_classes = [IsOfficer]

    @operation(
        "endSlotPlan",
        tag="officers",
        summary="Close appointment hours from tomorrow on",
        description="What is booked stays booked; call it off one by one if it must be.",
        status=204,
        match=True,
        refusals=[NotFound, MfaRequired],
        query=[PLAN],
    )
    def delete(self, request: Request, plan_id: str) -> Response:
        slot_plans.end_plan(
            officer_id=request.user.id,
            plan_id=plan_id,
            expected_version=http.expected_version(request),
            valid_to=clock.today() + datetime.timedelta(days=1),
        )
        return Response(status=204)
