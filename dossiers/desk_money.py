"""What the money pages of the desk share: who sees them, their tabs, sums, workbooks."""

import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dossiers.models import Seat
from dossiers.rules.calendar import HCM
from dossiers.rules.seats import MONEY, Role

TABS = (
    ("desk_receipts", "Biên lai"),
    ("desk_till", "Quỹ tại quầy"),
    ("desk_payments", "Khoản nộp"),
    ("desk_refunds", "Hoàn phí"),
    ("desk_decisions", "Quyết định hoàn phí"),
    ("desk_suspense", "Tiền tạm giữ"),
    ("desk_discrepancies", "Chênh lệch"),
    ("desk_runs", "Ngày đối soát"),
    ("desk_disputes", "Khiếu nại"),
    ("desk_report", "Bảng kê"),
)
# What those who confirm large sums open, too.
FOR_DECIDERS = frozenset({"desk_decisions"})
MAX_VND = 10**12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NoteField(forms.CharField):
    """What an officer writes into a history that is never rewritten."""

    def __init__(self, label: str, *, most: int = 1000) -> None:
        super().__init__(
            label=label,
            min_length=10,
            max_length=most,
            widget=forms.Textarea(attrs={"rows": 3}),
        )


class CodeField(forms.RegexField):
    """The code of a dossier, in full."""

    def __init__(self, *, required: bool) -> None:
        super().__init__(
            r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}\Z",
            label="Mã hồ sơ",
            required=required,
            max_length=40,
            error_messages={"invalid": "Mã hồ sơ gồm chữ, số, dấu chấm và gạch ngang."},
        )


def midnight(day: datetime.date) -> datetime.datetime:
    """Return the moment at which a day of Cần Thơ begins."""
    return datetime.datetime.combine(day, datetime.time(), HCM)


def reads(seat: Seat) -> bool:
    """Return whether a seat looks at its agency's money."""
    return not {str(role) for role in MONEY}.isdisjoint(seat.roles)


def acts(seat: Seat) -> bool:
    """Return whether a seat works with its agency's money, and does not only look."""
    return Role.CASHIER in seat.roles


def decides(seat: Seat) -> bool:
    """Return whether a seat gives back money, or confirms that another one does."""
    return not {str(role) for role in (Role.CASHIER, Role.APPROVER)}.isdisjoint(seat.roles)


def tabs(current: str, seat: Seat) -> list[tuple[str, str, bool]]:
    """Return the tabs of the money pages that a seat may open."""
    opened = dict(TABS) if reads(seat) else FOR_DECIDERS if decides(seat) else ()
    return [
        (reverse(f"admin:{name}"), words, name == current) for name, words in TABS if name in opened
    ]


def dong(amount_vnd: int | None) -> str:
    """Return a sum as people write it; a dash for none."""
    return "—" if amount_vnd is None else f"{amount_vnd:,} đồng".replace(",", ".")


def chosen(request: HttpRequest, name: str, offered: tuple[str, ...], default: str = "") -> str:
    """Return what a query chooses of what is offered, "all" among it; else the default."""
    wanted = request.GET.get(name, default)
    return wanted if wanted in (*offered, "all") else default


def workbook(data: bytes, name: str) -> HttpResponse:
    """Return a workbook to be saved, never to be run."""
    response = HttpResponse(data, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
