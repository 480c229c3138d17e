"""Working off the queue at the desk's pages: filters, whose work it is, notes, messages.

Each page parses, calls the action of the API, and shows the dossier again.
"""

import contextvars
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from dossiers.actions import notes, talk, work
from dossiers.models import Dossier, DossierMessage, Note, Seat
from dossiers.queries import calendar, desk, offices, opinions
from dossiers.rules import due, states
from dossiers.rules.calendar import HCM
from dossiers.rules.due import Colour
from dossiers.rules.states import State
from dossiers.rules.views import Part

COLOURS = {
    Colour.LATE: "Quá hạn",
    Colour.RED: "Đến hạn hôm nay",
    Colour.AMBER: "Đến hạn ngày làm việc tới",
    Colour.GREEN: "Còn hạn",
    Colour.PAUSED: "Đang chờ, thời hạn tạm dừng",
    Colour.NONE: "Chưa có hẹn trả",
}
SHOWN = 20


class StateFilter(admin.SimpleListFilter):
    """Open dossiers unless a state, or all of them, is asked for."""

    title = "trạng thái"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("all", "Tất cả"),
            *((str(int(state)), states.NAMES[state].vi) for state in State),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Đang mở"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        if self.value():
            return queryset.filter(state=self.value())
        return queryset.filter(state__in=[int(state) for state in due.OPEN])


class DueFilter(admin.SimpleListFilter):
    """By the colour of the promise, from the same table that colours the list."""

    title = "hẹn trả"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(colour), name) for colour, name in COLOURS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(desk.coloured(Colour(str(self.value())), board(clock.now())))


class HandFilter(admin.SimpleListFilter):
    """By whose work it is in the officer's agency."""

    title = "người phụ trách"
    parameter_name = "hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Của tôi"), ("nobody", "Chưa giao")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        seat = Seat.objects.get(user_id=request.user.pk)
        return queryset.filter(desk.assigned(seat, str(self.value())))


# The colours of the moment at which a list is drawn: read once a page, not once a row.
drawn: contextvars.ContextVar[tuple[due.Range, ...]] = contextvars.ContextVar("drawn")


def board(now: datetime) -> tuple[due.Range, ...]:
    """Return which due times have which colour now."""
    return due.ranges(now, calendar.working())


def holder(row: Dossier) -> Seat | None:
    """Return whose work a dossier is in the agency that looks; None when nobody's."""
    hands: Any = row
    return hands.hands[0].seat if hands.hands else None


def sheet(row: Dossier, seat: Seat) -> dict[str, Any]:
    """Return what the page of a dossier shows besides the dossier itself."""
    speaks = Part.TIMELINE in offices.parts(seat, row)
    said = DossierMessage.objects.filter(dossier=row).order_by("-seq")[:SHOWN] if speaks else []
    found = opinions.notes_on(seat, row.id).order_by("-at", "-id")[:SHOWN]
    current = holder(row)
    return {
        "holder": current.title if current else "",
        "speaks": speaks,
        "mine": current is not None and current.pk == seat.pk,
        "holder_id": current.pk if current else "",
        "notes": [(_when(one.at), one.seat.title, one.text) for one in found],
        "messages_said": [(_when(one.at), one.author_label, one.text) for one in said],
    }


class HandForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10)
    expected_assignee = forms.IntegerField(required=False)


class NoteForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10)
    text = forms.CharField(max_length=notes.MAX_LENGTH)


class ReplyForm(forms.Form):
    text = forms.CharField(max_length=talk.MAX_TEXT)


def take(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Make a dossier one's own work."""
    seat = Seat.objects.get(user_id=officer_id)
    work.assign(officer_id=officer_id, dossier_id=dossier_id, assignee=seat.pk, now=now, **data)
    return "Đã nhận phụ trách hồ sơ."


def release(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Give a dossier back to the queue."""
    work.assign(officer_id=officer_id, dossier_id=dossier_id, assignee=None, now=now, **data)
    return "Đã trả hồ sơ về hàng đợi."


def note(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Write an internal note for one's own agency."""
    audience = Note.Audience.AGENCY
    notes.write(officer_id=officer_id, dossier_id=dossier_id, audience=audience, now=now, **data)
    return "Đã ghi chú nội bộ."


def reply(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Write to the citizen."""
    talk.reply(officer_id=officer_id, dossier_id=dossier_id, file_ids=(), now=now, **data)
    return "Đã gửi tin cho người nộp hồ sơ."


Act = Callable[[str, str, dict[str, Any], datetime], str]
ACTS: dict[str, tuple[type[forms.Form], Act]] = {
    "take": (HandForm, take),
    "release": (HandForm, release),
    "note": (NoteForm, note),
    "reply": (ReplyForm, reply),
}


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(HCM):%H:%M %d/%m/%Y}"
