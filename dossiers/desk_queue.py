"""The queue on the desk's list: its filters, whose work it is, the figures above it."""

import contextvars
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from common import clock
from dossiers import desk_site
from dossiers.models import Dossier, Seat
from dossiers.queries import calendar, desk, offices, staff, work
from dossiers.rules import due, states
from dossiers.rules.due import Colour
from dossiers.rules.states import State

COLOURS = {
    Colour.LATE: "Quá hạn",
    Colour.RED: "Đến hạn hôm nay",
    Colour.AMBER: "Đến hạn ngày làm việc tới",
    Colour.GREEN: "Còn hạn",
    Colour.PAUSED: "Đang chờ, thời hạn tạm dừng",
    Colour.NONE: "Chưa có hẹn trả",
}
WAITING = {
    "citizen": "Người nộp bổ sung",
    "payment": "Nộp phí, lệ phí",
    "opinion": "Cơ quan phối hợp",
    "pickup": "Người nộp đến nhận kết quả",
    "us": "Cơ quan ta",
}

# The colours of the moment at which a list is drawn: read once a page, not once a row.
drawn: contextvars.ContextVar[tuple[due.Range, ...]] = contextvars.ContextVar("drawn")
viewer: contextvars.ContextVar[Seat] = contextvars.ContextVar("viewer")


def board(now: datetime) -> tuple[due.Range, ...]:
    """Return which due times have which colour now."""
    return due.ranges(now, calendar.working())


def holder(row: Dossier) -> Seat | None:
    """Return whose work a dossier is in the agency that looks; None when nobody's."""
    hands: Any = row
    return hands.hands[0].seat if hands.hands else None


def titles(seat: Seat) -> list[tuple[str, str]]:
    """Return the seats that may be given work, by title and unit; a number tells twins apart."""
    rows = list(work.colleagues(seat).order_by("title", "id"))
    names = [f"{row.title} · {row.unit.name}" if row.unit else row.title for row in rows]
    return [
        (str(row.pk), f"{name} (số {row.pk})" if names.count(name) > 1 else name)
        for row, name in zip(rows, names, strict=True)
    ]


class Filter(admin.SimpleListFilter):
    """A filter of the list: `wanted` is one of the values that it offers, or None for none.

    A value that is not offered leaves nothing: an old address is no failure.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted is not None and wanted not in {str(key) for key, _ in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(self.narrowed(request, wanted))

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        """Return the condition behind a value that is offered."""
        raise NotImplementedError


class StateFilter(Filter):
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

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        if wanted is None:
            return Q(state__in=[int(state) for state in due.OPEN])
        return Q() if wanted == "all" else Q(state=int(wanted))


class DueFilter(Filter):
    """By the colour of the promise, from the same table that colours the list."""

    title = "hẹn trả"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(colour), name) for colour, name in COLOURS.items()]

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        return desk.coloured(Colour(wanted), board(clock.now())) if wanted else Q()


class WaitingFilter(Filter):
    """By who has to do something now; each open dossier waits for exactly one."""

    title = "đang chờ ai"
    parameter_name = "waiting_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(WAITING.items())

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        return desk.waiting(wanted) if wanted else Q()


class HandFilter(Filter):
    """By whose work it is in the officer's agency: mine, nobody's, or a colleague's, by title."""

    title = "người phụ trách"
    parameter_name = "hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seat = desk_site.seat_of(request)
        others = [one for one in titles(seat) if one[0] != str(seat.pk)]
        return [("me", "Của tôi"), ("nobody", "Chưa giao"), *others]

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        return desk.assigned(desk_site.seat_of(request), wanted) if wanted else Q()


class UnitFilter(Filter):
    """By the unit of the officer's agency whose work it is."""

    title = "phòng, bộ phận"
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = staff.units(desk_site.seat_of(request)).filter(active=True)
        return [(row.id, row.name) for row in rows.order_by("name", "id")]

    def narrowed(self, request: HttpRequest, wanted: str | None) -> Q:
        return desk.of_unit(desk_site.seat_of(request), wanted) if wanted else Q()


FILTERS = (StateFilter, DueFilter, WaitingFilter, HandFilter, UnitFilter)


def figures(seat: Seat, colours: tuple[due.Range, ...]) -> list[tuple[str, str, int]]:
    """Return what stands above the list: words, the filter behind them, how many."""
    try:
        found = desk.counts(seat, colours)
    except offices.NoDossierRole:
        return []
    return [
        ("Của tôi", "hand=me", found.mine),
        ("Chưa giao", "hand=nobody", found.nobodys),
        *(
            (COLOURS[colour], f"due={colour}", found.colours[colour])
            for colour in (Colour.LATE, Colour.RED, Colour.AMBER, Colour.PAUSED)
        ),
    ]
