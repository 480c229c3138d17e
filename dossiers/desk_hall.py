"""Appointments and the hall on the desk's pages: the day's list, numbers, calls, opening hours."""

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date

from dossiers import desk_site
from dossiers.actions import hall, slot_plans, visits
from dossiers.desk_labels import APPOINTMENTS, WEEKDAYS
from dossiers.desk_pages import piece
from dossiers.desk_site import Link, Page
from dossiers.desk_staff import NothingForm, VersionForm
from dossiers.models import Appointment, Ticket
from dossiers.queries import visits as reads
from dossiers.rules.calendar import HCM
from dossiers.rules.seats import Role

DESK = "desk_name"  # the session remembers to which desk one calls
SHOWN = 100
MISSED_STATES = {Appointment.State.MISSED, Appointment.State.CANCELLED}


class GiveForm(forms.Form):
    service_code = forms.CharField(
        label="Mã thủ tục (không bắt buộc)", required=False, max_length=20
    )


class CallForm(forms.Form):
    desk = forms.CharField(label="Quầy của tôi", max_length=20)


class CallOffForm(forms.Form):
    reason = forms.CharField(label="Lý do", max_length=300)


class PlanForm(forms.Form):
    weekday = forms.TypedChoiceField(
        label="Ngày trong tuần", choices=list(enumerate(WEEKDAYS)), coerce=int
    )
    opens = forms.TimeField(label="Từ", widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(label="Đến", widget=forms.TimeInput(attrs={"type": "time"}))
    minutes = forms.IntegerField(
        label="Mỗi lượt hẹn (phút)", min_value=5, max_value=120, initial=15
    )
    places = forms.IntegerField(label="Số người cùng lúc", min_value=1, max_value=50, initial=2)
    valid_from = forms.DateField(
        label="Có hiệu lực từ ngày", widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"opens", "closes"} <= set(data) and data["closes"] <= data["opens"]:
            self.add_error("closes", "Phải sau giờ bắt đầu.")
        return data


def listed(request: HttpRequest) -> HttpResponse:
    """Show the appointments of a day and who waits in the hall."""
    return _listed(request)


def _listed(
    request: HttpRequest,
    *,
    give: GiveForm | None = None,
    call: CallForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = desk_site.now()
    seat = reads.front_seat(str(request.user.pk), now=now)
    today = now.astimezone(HCM).date()
    day = _day(request.GET.get("day", "")) or today
    found = piece(request, reads.of_day(seat, day), "starts_at", "id", size=SHOWN)
    visits.list_shown(seat=seat, rows=found.rows, now=now)
    tickets = list(reads.hall_tickets(seat, today).order_by("number"))
    context = {
        "rows": [
            {
                "row": row,
                "at": f"{row.starts_at.astimezone(HCM):%H:%M}",
                "visitor": row.citizen.full_name,
                "state": APPOINTMENTS[row.state],
                "number": row.ticket.number if hasattr(row, "ticket") else None,
                "expected": row.state == Appointment.State.BOOKED,
                "off": row.state in MISSED_STATES,
            }
            for row in found.rows
        ],
        "piece": found,
        "day": day,
        "is_today": day == today,
        "before": day - datetime.timedelta(days=1),
        "after": day + datetime.timedelta(days=1),
        "called": [row for row in tickets if row.state == Ticket.State.CALLED],
        "waiting": [row for row in tickets if row.state == Ticket.State.WAITING],
        "give": give or GiveForm(auto_id="give_%s"),
        "call": call
        or CallForm(initial={"desk": request.session.get(DESK, "")}, auto_id="call_%s"),
    }
    return desk_site.show(request, "hall", "Lịch hẹn và số thứ tự", context, status=status)


def give(request: HttpRequest) -> HttpResponse:
    """Give a number to somebody who came without an appointment; it names nobody."""
    form = GiveForm(request.POST, auto_id="give_%s")

    def act(values: dict[str, Any]) -> str:
        made = hall.give_number(
            officer_id=str(request.user.pk),
            appointment_id=None,
            service_code=values["service_code"],
            now=desk_site.now(),
        )
        return f"Đã phát số {made.number}."

    status = desk_site.attempt(request, form, act)
    return _listed(request, give=form, status=status) if status else desk_site.go("desk_hall")


def arrive(request: HttpRequest, appointment_id: str) -> HttpResponse:
    """Give the number of an appointment."""

    def act(_: dict[str, Any]) -> str:
        made = hall.give_number(
            officer_id=str(request.user.pk),
            appointment_id=appointment_id,
            service_code="",
            now=desk_site.now(),
        )
        return f"Đã phát số {made.number}."

    status = desk_site.attempt(request, NothingForm(request.POST), act)
    return _listed(request, status=status) if status else desk_site.go("desk_hall")


def call(request: HttpRequest) -> HttpResponse:
    """Call the next number to one's own desk."""
    form = CallForm(request.POST, auto_id="call_%s")

    def act(values: dict[str, Any]) -> str:
        request.session[DESK] = values["desk"]
        made = hall.call_next(
            officer_id=str(request.user.pk), desk_name=values["desk"], now=desk_site.now()
        )
        return f"Mời số {made.number} đến {made.desk}."

    status = desk_site.attempt(request, form, act)
    return _listed(request, call=form, status=status) if status else desk_site.go("desk_hall")


def served(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """End a called number whose person was served."""
    return _close(request, ticket_id, came=True)


def gone(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """End a called number for which nobody came."""
    return _close(request, ticket_id, came=False)


def _close(request: HttpRequest, ticket_id: str, *, came: bool) -> HttpResponse:
    def act(_: dict[str, Any]) -> str:
        made = hall.close_ticket(
            officer_id=str(request.user.pk), ticket_id=ticket_id, came=came, now=desk_site.now()
        )
        return f"Số {made.number}: {'đã phục vụ' if came else 'không có người đến'}."

    status = desk_site.attempt(request, NothingForm(request.POST), act)
    return _listed(request, status=status) if status else desk_site.go("desk_hall")


def call_off(request: HttpRequest, appointment_id: str) -> HttpResponse:
    """Call an appointment off; the citizen is told why."""

    def act(values: dict[str, Any]) -> str:
        visits.call_off(
            officer_id=str(request.user.pk),
            appointment_id=appointment_id,
            now=desk_site.now(),
            **values,
        )
        return "Đã báo hủy lịch hẹn; người hẹn được thông báo."

    status = desk_site.attempt(request, CallOffForm(request.POST), act)
    return _listed(request, status=status) if status else desk_site.go("desk_hall")


def plans(request: HttpRequest) -> HttpResponse:
    """Show the appointment hours of the agency."""
    return _plans(request)


def _plans(
    request: HttpRequest, form: PlanForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = reads.plan_seat(str(request.user.pk))
    found = piece(request, reads.plans(seat), "weekday", "opens", "id", size=SHOWN)
    context = {
        "rows": [
            (row, WEEKDAYS[row.weekday], f"{row.opens:%H:%M}–{row.closes:%H:%M}")
            for row in found.rows
        ],
        "piece": found,
        "form": form or PlanForm(auto_id="plan_%s"),
    }
    return desk_site.show(request, "plans", "Giờ nhận lịch hẹn", context, status=status)


def add_plan(request: HttpRequest) -> HttpResponse:
    """Open appointment hours."""
    form = PlanForm(request.POST, auto_id="plan_%s")

    def act(values: dict[str, Any]) -> str:
        slot_plans.plan(officer_id=str(request.user.pk), **values)
        return "Đã mở giờ nhận lịch hẹn."

    status = desk_site.attempt(request, form, act)
    return _plans(request, form, status=status) if status else desk_site.go("desk_plans")


def end_plan(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Close appointment hours from tomorrow on; what is booked stays booked."""

    def act(values: dict[str, Any]) -> str:
        tomorrow = desk_site.now().astimezone(HCM).date() + datetime.timedelta(days=1)
        slot_plans.end_plan(
            officer_id=str(request.user.pk),
            plan_id=plan_id,
            expected_version=values["version"],
            valid_to=tomorrow,
        )
        return "Đã đóng giờ nhận lịch hẹn từ ngày mai; lịch đã hẹn giữ nguyên."

    status = desk_site.attempt(request, VersionForm(request.POST), act)
    return _plans(request, status=status) if status else desk_site.go("desk_plans")


def _day(text: str) -> datetime.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2999 else None


PAGES = (
    Page("hall/", "desk_hall", listed),
    Page("hall/numbers/", "desk_number", give),
    Page("hall/calls/", "desk_call", call),
    Page("hall/numbers/<str:ticket_id>/served/", "desk_served", served),
    Page("hall/numbers/<str:ticket_id>/gone/", "desk_gone", gone),
    Page("hall/appointments/<str:appointment_id>/number/", "desk_arrive", arrive),
    Page("hall/appointments/<str:appointment_id>/off/", "desk_call_off", call_off),
    Page("hours/", "desk_plans", plans),
    Page("hours/add/", "desk_plan_add", add_plan),
    Page("hours/<str:plan_id>/end/", "desk_plan_end", end_plan),
)
LINKS = (
    Link("Lịch hẹn", "admin:desk_hall", desk_site.has(Role.RECEPTION)),
    Link("Giờ hẹn", "admin:desk_plans", desk_site.has(Role.ADMIN)),
)
