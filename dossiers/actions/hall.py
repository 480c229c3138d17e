"""The day's queue at a centre: numbers are given, called and ended."""

import datetime

from common import db
from common.errors import NotFound, Refusal
from dossiers.actions.visits import AppointmentOver, mine_locked, save
from dossiers.models import Appointment, QueueDay, Ticket
from dossiers.queries import visits as queries
from dossiers.rules import visits as rules
from dossiers.rules.calendar import HCM

State = Appointment.State


class NotCheckInTime(Refusal):
    code = "not_check_in_time"
    status = 409
    title_vi = "Chưa đến giờ hoặc đã quá giờ nhận số"
    title_en = "It is too early or too late to take a number"


class NobodyWaits(Refusal):
    code = "nobody_waits"
    status = 409
    title_vi = "Không còn ai chờ"
    title_en = "Nobody is waiting"


class TicketNotCalled(Refusal):
    code = "ticket_not_called"
    status = 409
    title_vi = "Số này không ở trạng thái đang gọi"
    title_en = "This number is not being called"
    detail_vi = "Trạng thái hiện tại: {current_state}."
    detail_en = "Its state is {current_state}."
    members = ("current_state",)


@db.transaction()
def check_in(*, citizen_id: str, appointment_id: str, now: datetime.datetime) -> Ticket:
    """Take the queue number of an appointment; the same number again when asked twice.

    Errors: NotFound; AppointmentOver; NotCheckInTime.
    """
    row = mine_locked(citizen_id, appointment_id, None)
    return _arrive(row, now)


@db.transaction()
def give_number(
    *, officer_id: str, appointment_id: str | None, service_code: str, now: datetime.datetime
) -> Ticket:
    """Give a number to somebody at the counter, with an appointment or without.

    Errors: Forbidden; NotFound; AppointmentOver; NotCheckInTime.
    """
    seat = queries.front_seat(officer_id, now=now)
    if appointment_id is None:
        return _ticket(seat.agency_id, None, service_code, now)
    row = db.lock(Appointment.objects.filter(agency_id=seat.agency_id, id=appointment_id)).first()
    if row is None:
        raise NotFound
    return _arrive(row, now)


@db.transaction()
def call_next(*, officer_id: str, desk_name: str, now: datetime.datetime) -> Ticket:
    """Call the next one to a desk: two desks never call the same number.

    Errors: Forbidden; NobodyWaits.
    """
    seat = queries.front_seat(officer_id, now=now)
    day = _locked_day(seat.agency_id, now)
    rows = Ticket.objects.filter(
        agency_id=seat.agency_id, day=day.day, state=Ticket.State.WAITING
    ).select_related("appointment")
    hall = [
        rules.Waiting(
            row.id,
            row.number,
            row.taken_at,
            row.appointment.starts_at if row.appointment else None,
        )
        for row in rows.order_by("number")
    ]
    chosen = rules.next_called(hall, now)
    if chosen is None:
        raise NobodyWaits
    ticket = Ticket.objects.get(id=chosen.id)
    ticket.state, ticket.desk, ticket.called_at = Ticket.State.CALLED, desk_name, now
    ticket.save(update_fields=["state", "desk", "called_at"])
    return ticket


@db.transaction()
def close_ticket(*, officer_id: str, ticket_id: str, came: bool, now: datetime.datetime) -> Ticket:
    """End a called number: served, or nobody came. Errors: Forbidden; NotFound; TicketNotCalled."""
    seat = queries.front_seat(officer_id, now=now)
    ticket = db.lock(Ticket.objects.filter(agency_id=seat.agency_id, id=ticket_id)).first()
    if ticket is None:
        raise NotFound
    if ticket.state != Ticket.State.CALLED:
        raise TicketNotCalled(current_state=ticket.state)
    ticket.state = Ticket.State.DONE if came else Ticket.State.GONE
    ticket.save(update_fields=["state"])
    if ticket.appointment_id:
        row = db.lock(Appointment.objects.filter(id=ticket.appointment_id)).get()
        row.state = State.DONE if came else State.MISSED
        save(row)
    return ticket


def _arrive(row: Appointment, now: datetime.datetime) -> Ticket:
    again = Ticket.objects.filter(appointment=row).first()
    if again is not None:
        return again
    if row.state != State.BOOKED:
        raise AppointmentOver(current_state=row.state)
    if not row.starts_at - rules.CHECK_IN_BEFORE <= now <= row.ends_at + rules.MISSED_AFTER:
        raise NotCheckInTime
    row.state = State.ARRIVED
    save(row)
    return _ticket(row.agency_id, row, row.service_code, now)


def _ticket(
    agency_key: str, row: Appointment | None, service_code: str, now: datetime.datetime
) -> Ticket:
    day = _locked_day(agency_key, now)
    day.last += 1
    day.save(update_fields=["last"])
    return Ticket.objects.create(
        agency_id=agency_key,
        day=day.day,
        number=day.last,
        appointment=row,
        service_code=service_code,
        state=Ticket.State.WAITING,
        taken_at=now,
    )


def _locked_day(agency_key: str, now: datetime.datetime) -> QueueDay:
    today = now.astimezone(HCM).date()
    QueueDay.objects.bulk_create([QueueDay(agency_id=agency_key, day=today)], ignore_conflicts=True)
    return db.lock(QueueDay.objects.filter(agency_id=agency_key, day=today)).get()
