"""Slots, appointments and the hall, each for who may see it."""

import dataclasses
import datetime

from django.db.models import Count, Q, QuerySet

from common.errors import Forbidden, NotFound
from dossiers.models import Appointment, Seat, SlotPlan, Ticket
from dossiers.models.office import Role
from dossiers.queries import calendar, offices
from dossiers.rules import visits as rules
from dossiers.rules.calendar import HCM
from dossiers.rules.visits import Slot


@dataclasses.dataclass(frozen=True)
class FreeSlot:
    slot: Slot
    free: int


@dataclasses.dataclass(frozen=True)
class Hall:
    """What the board on the wall shows: numbers, nobody's name."""

    waiting: int
    called: list[tuple[int, str]]


def slots(agency_key: str, day: datetime.date) -> tuple[Slot, ...]:
    """Return the slots of a centre on a day, bookable or not."""
    rows = SlotPlan.objects.filter(agency_id=agency_key, weekday=day.weekday()).order_by("id")
    plans = [
        rules.Plan(
            row.weekday,
            row.opens,
            row.closes,
            row.minutes,
            row.places,
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    ]
    return rules.slots(plans, day, calendar.working()) if plans else ()


def free_slots(agency_key: str, day: datetime.date, now: datetime.datetime) -> list[FreeSlot]:
    """Return the slots of a day that can still be booked, with the places left."""
    found = [slot for slot in slots(agency_key, day) if rules.is_bookable(slot.starts_at, now)]
    if not found:
        return []
    taken = dict(
        Appointment.objects.filter(
            agency_id=agency_key,
            starts_at__gte=found[0].starts_at,
            starts_at__lte=found[-1].starts_at,
            state__in=Appointment.LIVE,
        )
        .values("starts_at")
        .order_by("starts_at")
        .annotate(number=Count("id"))
        .values_list("starts_at", "number")
    )
    left = [FreeSlot(slot, slot.places - taken.get(slot.starts_at, 0)) for slot in found]
    return [one for one in left if one.free > 0]


def mine(citizen_id: str) -> QuerySet[Appointment]:
    """Return one's own appointments."""
    return Appointment.objects.filter(citizen_id=citizen_id).select_related("agency", "ticket")


def my_one(citizen_id: str, appointment_id: str) -> Appointment:
    """Return one appointment of one's own. Errors: NotFound."""
    found = mine(citizen_id).filter(id=appointment_id).first()
    if found is None:
        raise NotFound
    return found


def front_seat(officer_id: str, *, now: datetime.datetime) -> Seat:
    """Return the seat of an officer who works at the counter. Errors: Forbidden."""
    seat = offices.seat(officer_id, now=now)
    if Role.RECEPTION not in offices.roles(seat):
        raise Forbidden
    return seat


def plan_seat(officer_id: str) -> Seat:
    """Return the seat of somebody who plans the centre's hours. Errors: Forbidden."""
    seat = offices.seat(officer_id)
    if Role.ADMIN not in seat.roles:
        raise Forbidden
    return seat


def of_day(seat: Seat, day: datetime.date) -> QuerySet[Appointment]:
    """Return the appointments of the agency on a day."""
    start = datetime.datetime.combine(day, datetime.time(), HCM)
    return Appointment.objects.filter(
        agency_id=seat.agency_id,
        starts_at__gte=start,
        starts_at__lt=start + datetime.timedelta(days=1),
    ).select_related("agency", "ticket", "citizen")


def hall_tickets(seat: Seat, day: datetime.date) -> QuerySet[Ticket]:
    """Return the numbers of the agency that wait or are called on a day."""
    open_states = (Ticket.State.WAITING, Ticket.State.CALLED)
    return Ticket.objects.filter(agency_id=seat.agency_id, day=day, state__in=open_states)


def plans(seat: Seat) -> QuerySet[SlotPlan]:
    """Return the plans of the agency, ended ones too."""
    return SlotPlan.objects.filter(agency_id=seat.agency_id)


def hall(agency_key: str, day: datetime.date) -> Hall:
    """Return what the board of a centre shows: one read for how many, one for who is called."""
    rows = Ticket.objects.filter(agency_id=agency_key, day=day)
    counted = rows.aggregate(waiting=Count("id", filter=Q(state=Ticket.State.WAITING)))
    called = rows.filter(state=Ticket.State.CALLED).order_by("-called_at", "-number")
    return Hall(counted["waiting"], list(called.values_list("number", "desk")[:20]))
