"""Appointments at a centre and the day's queue numbers."""

import datetime

from citizens.actions import inbox, vault
from common import db
from common.errors import NotFound, Refusal, check_version
from dossiers.actions import desk
from dossiers.models import Appointment, Dossier, Seat
from dossiers.queries import calendar
from dossiers.queries import visits as queries
from dossiers.rules import visits as rules
from dossiers.rules.calendar import HCM
from services import queries as services

State = Appointment.State
BATCH = 200


class NoSuchSlot(Refusal):
    code = "no_such_slot"
    status = 409
    title_vi = "Không có lịch hẹn vào giờ này"
    title_en = "There is no appointment at that time"
    detail_vi = "Chọn một giờ còn trống trong {days} ngày tới."
    detail_en = "Choose a free time within the next {days} days."
    members = ("days",)


class SlotFull(Refusal):
    code = "slot_full"
    status = 409
    title_vi = "Giờ hẹn này đã hết chỗ"
    title_en = "That time is taken"


class TooManyAppointments(Refusal):
    code = "too_many_appointments"
    status = 409
    title_vi = "Bạn có quá nhiều lịch hẹn"
    title_en = "You have too many appointments"
    detail_vi = "Tối đa {limit} lịch hẹn cùng lúc."
    detail_en = "At most {limit} at a time."
    members = ("limit",)


class AlreadyThen(Refusal):
    code = "already_booked_then"
    status = 409
    title_vi = "Bạn đã có lịch hẹn vào giờ này"
    title_en = "You have an appointment at that time already"


class NoVisitNeeded(Refusal):
    code = "no_visit_needed"
    status = 409
    title_vi = "Thủ tục này làm trọn trực tuyến, không cần đến"
    title_en = "This service is fully online; no visit is needed"


class NotReceivedHere(Refusal):
    code = "not_received_here"
    status = 409
    title_vi = "Cơ quan này không tiếp nhận thủ tục này"
    title_en = "This agency does not receive that service"


class AppointmentOver(Refusal):
    code = "appointment_over"
    status = 409
    title_vi = "Lịch hẹn không còn thay đổi được"
    title_en = "The appointment cannot be changed any more"
    detail_vi = "Trạng thái hiện tại: {current_state}."
    detail_en = "Its state is {current_state}."
    members = ("current_state",)


@db.transaction()
def book(
    *,
    citizen_id: str,
    agency_key: str,
    service_code: str,
    dossier_id: str | None,
    starts_at: datetime.datetime,
    now: datetime.datetime,
) -> Appointment:
    """Book a time for a service that needs presence, or about a dossier of one's own.

    Errors: UnknownAgency; UnknownService; NotFound; NoVisitNeeded; NotReceivedHere; NoSuchSlot;
    SlotFull; AlreadyThen; TooManyAppointments.
    """
    db.advisory_lock(f"appointments {citizen_id}")
    _refuse_needless(citizen_id, agency_key, service_code, dossier_id, now)
    live = Appointment.objects.filter(citizen_id=citizen_id, state=State.BOOKED)
    if live.count() >= rules.MAX_OPEN:
        raise TooManyAppointments(limit=rules.MAX_OPEN)
    slot, place = _take(citizen_id, agency_key, starts_at, now)
    return Appointment.objects.create(
        citizen_id=citizen_id,
        agency_id=agency_key,
        service_code=service_code,
        dossier_id=dossier_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        place=place,
        state=State.BOOKED,
        created_at=now,
    )


@db.transaction()
def move(
    *,
    citizen_id: str,
    appointment_id: str,
    expected_version: int,
    starts_at: datetime.datetime,
    now: datetime.datetime,
) -> Appointment:
    """Move an appointment to another time; the old place is free at the same moment.

    Errors: NotFound; StaleVersion; AppointmentOver; NoSuchSlot; SlotFull; AlreadyThen.
    """
    db.advisory_lock(f"appointments {citizen_id}")
    row = mine_locked(citizen_id, appointment_id, expected_version)
    _refuse_over(row, now)
    if starts_at == row.starts_at:
        return row
    slot, place = _take(citizen_id, row.agency_id, starts_at, now)
    row.starts_at, row.ends_at, row.place = slot.starts_at, slot.ends_at, place
    row.reminded_at = None
    save(row)
    return row


@db.transaction()
def cancel(
    *, citizen_id: str, appointment_id: str, expected_version: int, now: datetime.datetime
) -> Appointment:
    """Give an appointment back. Errors: NotFound; StaleVersion; AppointmentOver."""
    row = mine_locked(citizen_id, appointment_id, expected_version)
    _refuse_over(row, now)
    row.state, row.cancelled_by = State.CANCELLED, "citizen"
    save(row)
    return row


@db.transaction()
def call_off(*, officer_id: str, appointment_id: str, reason: str, now: datetime.datetime) -> None:
    """Cancel an appointment for the centre and tell the citizen.

    Errors: Forbidden; NotFound; AppointmentOver.
    """
    seat = queries.front_seat(officer_id, now=now)
    row = db.lock(Appointment.objects.filter(agency_id=seat.agency_id, id=appointment_id)).first()
    if row is None:
        raise NotFound
    if row.state != State.BOOKED:
        raise AppointmentOver(current_state=row.state)
    _call_off(row, reason, now)


@db.transaction()
def list_shown(*, seat: Seat, rows: list[Appointment], now: datetime.datetime) -> None:
    """Leave one row for each person whose appointment an officer sees."""
    if rows:
        vault.record_access(
            citizen_ids=[row.citizen_id for row in rows],
            reader_id=seat.user_id,
            reader_label=desk.label(seat),
            what="appointments:list",
            purpose="resolve_dossier",
            reference="",
            now=now,
        )


@db.transaction()
def sweep(*, now: datetime.datetime) -> int:
    """Remind who is expected within a day, once; close what nobody came to; return how many."""
    done = 0
    soon = Appointment.objects.filter(
        state=State.BOOKED,
        reminded_at=None,
        starts_at__gt=now,
        starts_at__lte=now + rules.REMIND_BEFORE,
    ).order_by("starts_at", "id")
    days = calendar.working()
    for row in db.lock(soon, skip_locked=True)[:BATCH]:
        if days.is_working(row.starts_at.astimezone(HCM).date()):
            row.reminded_at = now
            row.save(update_fields=["reminded_at"])
            _tell(row, "reminder", now)
        else:
            _call_off(row, "Cơ quan nghỉ làm việc ngày này", now)
        done += 1
    missed = Appointment.objects.filter(
        state=State.BOOKED, ends_at__lt=now - rules.MISSED_AFTER
    ).order_by("starts_at", "id")
    for row in db.lock(missed, skip_locked=True)[:BATCH]:
        row.state = State.MISSED
        save(row)
        done += 1
    return done


def _refuse_needless(
    citizen_id: str,
    agency_key: str,
    service_code: str,
    dossier_id: str | None,
    now: datetime.datetime,
) -> None:
    services.agency(agency_key)
    service = services.version_on(service_code, now.astimezone(HCM).date())
    if dossier_id is not None:
        dossier = Dossier.objects.filter(
            citizen_id=citizen_id, id=dossier_id, service_code=service_code
        ).first()
        if dossier is None:
            raise NotFound
        if agency_key in {dossier.receiving_agency_id, dossier.competent_agency_id}:
            return
    elif service.online_level == "full":
        raise NoVisitNeeded
    if agency_key not in {one.key for one in services.receivers(service_code, None)}:
        raise NotReceivedHere


def _take(
    citizen_id: str, agency_key: str, starts_at: datetime.datetime, now: datetime.datetime
) -> tuple[rules.Slot, int]:
    """Return the slot and a free place in it; whoever comes second waits for the lock."""
    day = starts_at.astimezone(HCM).date()
    if not rules.is_bookable(starts_at, now):
        raise NoSuchSlot(days=rules.HORIZON_DAYS)
    slot = next((one for one in queries.slots(agency_key, day) if one.starts_at == starts_at), None)
    if slot is None:
        raise NoSuchSlot(days=rules.HORIZON_DAYS)
    live = Appointment.objects.filter(starts_at=slot.starts_at, state__in=Appointment.LIVE)
    if live.filter(citizen_id=citizen_id).exists():
        raise AlreadyThen
    db.advisory_lock(f"slot {agency_key} {slot.starts_at.isoformat()}")
    taken = live.filter(agency_id=agency_key).order_by("place").values_list("place", flat=True)
    place = rules.free_place(taken, slot.places)
    if place is None:
        raise SlotFull
    return slot, place


@db.transaction_required
def mine_locked(citizen_id: str, appointment_id: str, expected_version: int | None) -> Appointment:
    """Return one's own appointment, locked. Errors: NotFound; StaleVersion."""
    row = db.lock(Appointment.objects.filter(citizen_id=citizen_id, id=appointment_id)).first()
    if row is None:
        raise NotFound
    if expected_version is not None:
        check_version(row.version, expected_version)
    return row


def _refuse_over(row: Appointment, now: datetime.datetime) -> None:
    if row.state != State.BOOKED or row.starts_at <= now:
        raise AppointmentOver(current_state=row.state)


def _call_off(row: Appointment, reason: str, now: datetime.datetime) -> None:
    row.state, row.cancelled_by, row.reason = State.CANCELLED, "office", reason
    save(row)
    _tell(row, "called_off", now)


@db.transaction_required
def save(row: Appointment) -> None:
    """Save a locked appointment as its next version."""
    row.version += 1
    row.save()


def _tell(row: Appointment, what: str, now: datetime.datetime) -> None:
    office = services.agency(row.agency_id).name_vi
    when = f"{row.starts_at.astimezone(HCM):%H:%M %d/%m/%Y}"
    words = {
        "reminder": (
            "Nhắc lịch hẹn",
            f"Bạn có lịch hẹn lúc {when} tại {office}.",
            "Your appointment",
            f"You have an appointment at {when} at {office}.",
        ),
        "called_off": (
            "Lịch hẹn bị hủy",
            f"{office} hủy lịch hẹn lúc {when}: {row.reason}. Xin lỗi vì sự bất tiện này.",
            "Your appointment was called off",
            f"{office} called off the appointment at {when}: {row.reason}. We are sorry.",
        ),
    }
    title_vi, body_vi, title_en, body_en = words[what]
    inbox.notify(
        citizen_id=row.citizen_id,
        kind=f"appointment_{what}",
        title_vi=title_vi,
        body_vi=body_vi,
        title_en=title_en,
        body_en=body_en,
        reference=row.id,
        dedupe_key=f"{row.id}:{what}:{row.starts_at.isoformat()}",
        now=now,
    )
