"""Appointments and the queue at a centre: for the citizen, and the board on the wall."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import FieldError, Invalid, NotFound
from common.http import Anyone, Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import hall, visits
from dossiers.api import visit_shapes as shapes
from dossiers.queries import visits as queries
from dossiers.rules.calendar import CalendarMissing
from services import queries as services
from services.queries import UnknownAgency, UnknownService

AGENCY = path_parameter("agency_key", "Key of the agency.")
APPOINTMENT = path_parameter("appointment_id", "Id of the appointment.")
BOOKING = [
    visits.NoSuchSlot,
    visits.SlotFull,
    visits.AlreadyThen,
    CalendarMissing,
]


def day_parameter(required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        name="day",
        location=OpenApiParameter.QUERY,
        required=required,
        type={"type": "string", "format": "date"},
        description="A day of Cần Thơ." if required else "A day; today without it.",
    )


def checked(shape: type[Body], request: Request) -> dict[str, Any]:
    """Return the checked body of a request."""
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


class Slots(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listSlots",
        tag="visits",
        summary="See the free times of a centre on a day",
        description="From an hour ahead to 30 days ahead. Empty on days when offices are closed.",
        answer=shapes.SlotsShape,
        public=True,
        refusals=[Invalid, UnknownAgency, CalendarMissing],
        query=[AGENCY, day_parameter(required=True)],
    )
    def get(self, request: Request, agency_key: str) -> Response:
        day = http.query_of(shapes.DayFilter, request)["day"]
        now = clock.now()
        if abs((day - now.date()).days) > 400:
            raise Invalid(
                errors=[FieldError("day", "day", "Ngày quá xa", "The day is too far away", "")]
            )
        agency = services.agency(agency_key)
        found = queries.free_slots(agency.key, day, now)
        response = http.answer(
            {
                "agency": shapes.render_agency(agency),
                "day": day,
                "slots": [
                    {"starts_at": one.slot.starts_at, "ends_at": one.slot.ends_at, "free": one.free}
                    for one in found
                ],
            }
        )
        return http.public_cache(response, 10)


class Hall(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getQueue",
        tag="visits",
        summary="See whose number is called at a centre",
        answer=shapes.HallShape,
        public=True,
        refusals=[UnknownAgency],
        query=[AGENCY],
    )
    def get(self, request: Request, agency_key: str) -> Response:
        agency = services.agency(agency_key)
        hall = queries.hall(agency.key, clock.today())
        response = http.answer(
            {
                "agency": shapes.render_agency(agency),
                "waiting": hall.waiting,
                "called": [{"number": number, "desk": desk} for number, desk in hall.called],
                "at": clock.now(),
            }
        )
        return http.public_cache(response, 5)


class Appointments(View):
    permission_classes = [IsCitizen]

    @operation(
        "listAppointments",
        tag="visits",
        summary="List my appointments",
        answer=shapes.AppointmentShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.mine(request.user.id),
            order=("-starts_at", "-id"),
            render=lambda rows: [shapes.render(row) for row in rows],
        )

    @operation(
        "bookAppointment",
        tag="visits",
        summary="Book a time at a centre",
        description="For a service that needs presence, or about a dossier of mine. At most three "
        "at a time; a reminder comes a day before.",
        body=shapes.BookingBody,
        answer=shapes.AppointmentShape,
        status=201,
        key="transaction",
        refusals=[
            *BOOKING,
            NotFound,
            UnknownAgency,
            UnknownService,
            visits.NoVisitNeeded,
            visits.NotReceivedHere,
            visits.TooManyAppointments,
        ],
        examples=[
            OpenApiExample(
                "marriage",
                value={
                    "agency": "ttpvhcc-31135",
                    "service_code": "1.000894",
                    "starts_at": "2026-12-01T08:00:00+07:00",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        values = checked(shapes.BookingBody, request)
        made = visits.book(
            citizen_id=request.user.id,
            agency_key=values["agency"],
            service_code=values["service_code"],
            dossier_id=values.get("dossier_id"),
            starts_at=values["starts_at"],
            now=clock.now(),
        )
        row = queries.my_one(request.user.id, made.id)
        return http.answer(shapes.render(row), status=201, version=row.version)


class AppointmentDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getAppointment",
        tag="visits",
        summary="Read my appointment",
        answer=shapes.AppointmentShape,
        refusals=[NotFound],
        query=[APPOINTMENT],
    )
    def get(self, request: Request, appointment_id: str) -> Response:
        row = queries.my_one(request.user.id, appointment_id)
        return http.answer(shapes.render(row), version=row.version)

    @operation(
        "moveAppointment",
        tag="visits",
        summary="Move my appointment to another time",
        body=shapes.MoveBookingBody,
        answer=shapes.AppointmentShape,
        match=True,
        refusals=[*BOOKING, NotFound, visits.AppointmentOver],
        query=[APPOINTMENT],
        examples=[
            OpenApiExample(
                "later", value={"starts_at": "2026-12-01T09:15:00+07:00"}, request_only=True
            )
        ],
    )
    def patch(self, request: Request, appointment_id: str) -> Response:
        visits.move(
            citizen_id=request.user.id,
            appointment_id=appointment_id,
            expected_version=http.expected_version(request),
            starts_at=checked(shapes.MoveBookingBody, request)["starts_at"],
            now=clock.now(),
        )
        row = queries.my_one(request.user.id, appointment_id)
        return http.answer(shapes.render(row), version=row.version)

    @operation(
        "cancelAppointment",
        tag="visits",
        summary="Give my appointment back",
        status=204,
        match=True,
        refusals=[NotFound, visits.AppointmentOver],
        query=[APPOINTMENT],
    )
    def delete(self, request: Request, appointment_id: str) -> Response:
        visits.cancel(
            citizen_id=request.user.id,
            appointment_id=appointment_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class CheckIn(View):
    permission_classes = [IsCitizen]

    @operation(
        "checkIn",
        tag="visits",
        summary="Take the queue number of my appointment",
        description="From an hour before the appointed time; asked twice, the same number.",
        body=Body,
        answer=shapes.TicketShape,
        status=201,
        key="transaction",
        refusals=[NotFound, visits.AppointmentOver, hall.NotCheckInTime],
        examples=[OpenApiExample("here", value={}, request_only=True)],
        query=[APPOINTMENT],
    )
    def post(self, request: Request, appointment_id: str) -> Response:
        checked(Body, request)
        made = hall.check_in(
            citizen_id=request.user.id, appointment_id=appointment_id, now=clock.now()
        )
        return http.answer(shapes.render_ticket(made), status=201)
