"""What bodies and answers about visits look like."""

from typing import Any

from rest_framework import serializers

from common.http import Body
from dossiers.api.shapes import AgencyBriefShape
from dossiers.models import Appointment, SlotPlan, Ticket

Shape = serializers.Serializer[Any]


STATES = ["booked", "arrived", "done", "missed", "cancelled"]


class SlotShape(Shape):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    free = serializers.IntegerField(help_text="Places left now.")


class SlotsShape(Shape):
    agency = AgencyBriefShape()
    day = serializers.DateField()
    slots = SlotShape(many=True)


class CalledShape(Shape):
    number = serializers.IntegerField()
    desk = serializers.CharField()


class HallShape(Shape):
    """The board on the wall: numbers, nobody's name."""

    agency = AgencyBriefShape()
    waiting = serializers.IntegerField()
    called = CalledShape(many=True)
    at = serializers.DateTimeField()


class AppointmentShape(Shape):
    id = serializers.CharField()
    agency = AgencyBriefShape()
    service_code = serializers.CharField()
    dossier_id = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=STATES)
    queue_number = serializers.IntegerField(allow_null=True)
    cancelled_by = serializers.CharField(
        allow_null=True, help_text="`citizen` or `office`; null where nobody called it off."
    )
    reason = serializers.CharField(help_text="The centre's reason when it called off.")
    version = serializers.IntegerField()


class OfficeAppointmentShape(AppointmentShape):
    visitor = serializers.CharField()


class BookingBody(Body):
    agency = serializers.CharField(max_length=60)
    service_code = serializers.CharField(max_length=20)
    dossier_id = serializers.CharField(max_length=40, required=False)
    starts_at = serializers.DateTimeField()


class MoveBookingBody(Body):
    starts_at = serializers.DateTimeField()


class TicketShape(Shape):
    id = serializers.CharField()
    day = serializers.DateField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["waiting", "called", "done", "gone"])
    desk = serializers.CharField()
    service_code = serializers.CharField()
    appointment_id = serializers.CharField(allow_null=True)


class TicketBody(Body):
    appointment_id = serializers.CharField(max_length=40, required=False)
    service_code = serializers.CharField(max_length=20, allow_blank=True, default="")


class CallBody(Body):
    desk = serializers.CharField(max_length=20)


class ClosingBody(Body):
    came = serializers.BooleanField()


class CallOffBody(Body):
    reason = serializers.CharField(max_length=300, help_text="For the citizen; nothing personal.")


class PlanShape(Shape):
    id = serializers.CharField()
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday.")
    opens = serializers.TimeField()
    closes = serializers.TimeField()
    minutes = serializers.IntegerField()
    places = serializers.IntegerField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()
    demo = serializers.BooleanField(help_text="Synthetic hours of a demonstration.")


class PlanBody(Body):
    weekday = serializers.IntegerField(min_value=0, max_value=6)
    opens = serializers.TimeField()
    closes = serializers.TimeField()
    minutes = serializers.IntegerField(min_value=5, max_value=120)
    places = serializers.IntegerField(min_value=1, max_value=50)
    valid_from = serializers.DateField()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["closes"] <= data["opens"]:
            raise serializers.ValidationError({"closes": "closes <= opens"}, code="order")
        return data


class DayFilter(Body):
    day = serializers.DateField()


class OptionalDayFilter(Body):
    day = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def render_agency(row: Any) -> dict[str, Any]:
    return {"key": row.key, "name_vi": row.name_vi}


def render(row: Appointment) -> dict[str, Any]:
    ticket = getattr(row, "ticket", None)
    return {
        "id": row.id,
        "agency": render_agency(row.agency),
        "service_code": row.service_code,
        "dossier_id": row.dossier_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "state": row.state,
        "queue_number": ticket.number if ticket else None,
        "cancelled_by": row.cancelled_by or None,
        "reason": row.reason,
        "version": row.version,
    }


def render_ticket(row: Ticket) -> dict[str, Any]:
    return {
        "id": row.id,
        "day": row.day,
        "number": row.number,
        "state": row.state,
        "desk": row.desk,
        "service_code": row.service_code,
        "appointment_id": row.appointment_id,
    }


def render_plan(row: SlotPlan) -> dict[str, Any]:
    return {
        "id": row.id,
        "weekday": row.weekday,
        "opens": row.opens,
        "closes": row.closes,
        "minutes": row.minutes,
        "places": row.places,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "version": row.version,
        "demo": row.synthetic,
    }
