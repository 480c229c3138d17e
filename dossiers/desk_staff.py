"""The agency's officers on the desk's pages: who sits there, invited, changed, ended; the record.

Everybody of an agency sees who sits there; only its admin changes it, and never their own seat.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from citizens import queries as citizens
from citizens.queries import OfficerCard
from dossiers import desk_site
from dossiers.actions import seats
from dossiers.desk_labels import FACTORS, SEAT_EVENTS
from dossiers.desk_pages import piece
from dossiers.desk_site import Link, Page
from dossiers.models import Seat, SeatEvent
from dossiers.queries import staff
from dossiers.rules.paper_words import short_text
from dossiers.rules.seats import WORDS, Role

ROLES = [(role.value, WORDS[role].capitalize()) for role in Role]
TABS = (
    ("desk_staff", "Cán bộ"),
    ("desk_units", "Phòng, bộ phận"),
    ("desk_lendings", "Ủy quyền"),
    ("desk_record", "Nhật ký"),
)


class SeatForm(forms.Form):
    title = forms.CharField(label="Chức danh (hiện thay cho tên)", min_length=2, max_length=200)
    unit_id = forms.ChoiceField(label="Phòng, bộ phận", required=False)
    roles = forms.MultipleChoiceField(
        label="Vai trò", choices=ROLES, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["unit_id"]
        chosen.choices = [("", "—"), *units]

    def clean_unit_id(self) -> str | None:
        return self.cleaned_data["unit_id"] or None


class InviteForm(SeatForm):
    email = forms.EmailField(label="Thư điện tử", max_length=254)
    full_name = forms.CharField(label="Họ và tên", min_length=2, max_length=200)
    id_number = forms.RegexField(
        r"^[0-9]{12}\Z",
        label="Số định danh cá nhân (12 chữ số)",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"invalid": "Số định danh cá nhân gồm 12 chữ số."},
    )
    field_order = ("email", "full_name", "id_number", "title", "unit_id", "roles")


class VersionForm(forms.Form):
    version = forms.IntegerField(label="Phiên bản", min_value=1, widget=forms.HiddenInput)


class ChangeForm(SeatForm, VersionForm):
    field_order = ("title", "unit_id", "roles", "version")


class NothingForm(forms.Form):
    """An act that says everything by its name."""


def tabs(request: HttpRequest, current: str) -> list[tuple[str, str, bool]]:
    """Return the tabs of the agency's pages that a seat may open."""
    keeper = staff.keeps(desk_site.seat_of(request))
    return [
        (reverse(f"admin:{name}"), words, name == current)
        for name, words in TABS
        if keeper or name != "desk_record"
    ]


def is_admin(seat: Seat) -> bool:
    """Return whether a seat keeps the agency's accounts."""
    return Role.ADMIN in seat.roles


def listed(request: HttpRequest) -> HttpResponse:
    """Show who sits at the agency; who left only to its admins and auditors."""
    seat = desk_site.seat_of(request)
    found = piece(request, staff.staff(seat), "-active", "title", "id")
    cards = citizens.officer_cards([row.user_id for row in found.rows])
    away = staff.away(found.rows, now=desk_site.now())
    context = {
        "rows": [
            {
                "row": row,
                "name": cards[row.user_id].full_name,
                "status": _status(row, cards[row.user_id]),
                "roles": desk_site.roles_text(row.roles),
                "away": [one.receiver.title for one in away.get(row.id, [])],
            }
            for row in found.rows
        ],
        "piece": found,
        "tabs": tabs(request, "desk_staff"),
        "may_invite": is_admin(seat),
    }
    return desk_site.show(request, "staff", "Cán bộ của cơ quan", context)


def invite(request: HttpRequest) -> HttpResponse:
    """Make an account at one's own agency and mail the invitation."""
    seat = desk_site.seat_of(request)
    data = request.POST if request.method == "POST" else None
    form = InviteForm(data, units=_units(seat), auto_id="invite_%s")

    def act(values: dict[str, Any]) -> str:
        made = seats.invite(actor_id=seat.user_id, now=desk_site.now(), **values)
        return f"Đã mời {values['full_name']} ({made.title}); mã mời có hiệu lực 72 giờ."

    status: int | None = 200
    if data is not None:
        status = desk_site.attempt(request, form, act)
        if status is None:
            return desk_site.go("desk_staff")
    elif not is_admin(seat):
        raise seats.NotYourRole(needed=str(Role.ADMIN))
    context = {"form": form, "tabs": tabs(request, "desk_staff")}
    return desk_site.show(request, "invite", "Mời cán bộ", context, status=status or 200)


def detail(request: HttpRequest, officer_id: str) -> HttpResponse:
    """Show one officer of one's own agency, and what its admin may do about them."""
    return _detail(request, officer_id)


def _detail(
    request: HttpRequest, officer_id: str, form: ChangeForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = desk_site.seat_of(request)
    row = staff.officer(seat, officer_id)
    card = citizens.officer_cards([row.user_id])[row.user_id]
    keeps = is_admin(seat) and row.active and row.user_id != seat.user_id
    facts = [
        ("Chức danh", row.title),
        ("Phòng, bộ phận", row.unit.name if row.unit else "—"),
        ("Vai trò", desk_site.roles_text(row.roles)),
        ("Tình trạng", _status(row, card)),
    ]
    if staff.sees_account(seat, row):
        factors = ", ".join(FACTORS.get(one, one) for one in card.second_factors)
        facts += [
            ("Thư điện tử", card.email),
            ("Xác thực hai lớp", factors or "chưa có"),
            ("Dùng lần cuối", short_text(card.last_seen_at) or "—"),
        ]
    initial = {"title": row.title, "unit_id": row.unit_id, "roles": row.roles}
    context = {
        "officer": row,
        "name": card.full_name,
        "facts": facts,
        "away": [
            (one.receiver.title, desk_site.roles_text(one.roles), short_text(one.ends_at))
            for one in staff.away([row], now=desk_site.now()).get(row.id, [])
        ],
        "form": form or ChangeForm(units=_units(seat), initial=initial, auto_id="seat_%s"),
        "keeps": keeps,
        "invited": not card.open,
        "tabs": tabs(request, "desk_staff"),
    }
    return desk_site.show(request, "officer", card.full_name, context, status=status)


def change(request: HttpRequest, officer_id: str) -> HttpResponse:
    """Change title, unit and roles, as the version that was seen."""
    seat = desk_site.seat_of(request)
    form = ChangeForm(request.POST, units=_units(seat), auto_id="seat_%s")

    def act(values: dict[str, Any]) -> str:
        version = values.pop("version")
        seats.change(
            actor_id=seat.user_id,
            officer_id=officer_id,
            expected_version=version,
            changes=values,
            now=desk_site.now(),
        )
        return "Đã thay đổi; có hiệu lực ngay."

    return _after(request, officer_id, desk_site.attempt(request, form, act), form)


def invite_again(request: HttpRequest, officer_id: str) -> HttpResponse:
    """Mail a new invitation; the old one is void."""

    def act(_: dict[str, Any]) -> str:
        seats.invite_again(
            actor_id=str(request.user.pk), officer_id=officer_id, now=desk_site.now()
        )
        return "Đã gửi lại thư mời; mã cũ không còn hiệu lực."

    status = desk_site.attempt(request, NothingForm(request.POST), act)
    return _after(request, officer_id, status)


def reset(request: HttpRequest, officer_id: str) -> HttpResponse:
    """Take a lost second factor away, and the password with it."""

    def act(_: dict[str, Any]) -> str:
        seats.reset_factor(
            actor_id=str(request.user.pk), officer_id=officer_id, now=desk_site.now()
        )
        return "Đã đặt lại mật khẩu và xác thực hai lớp; thư mời mới đã được gửi."

    status = desk_site.attempt(request, NothingForm(request.POST), act)
    return _after(request, officer_id, status)


def end(request: HttpRequest, officer_id: str) -> HttpResponse:
    """End a seat and the account behind it, as the version that was seen."""

    def act(values: dict[str, Any]) -> str:
        seats.leave(
            actor_id=str(request.user.pk),
            officer_id=officer_id,
            expected_version=values["version"],
            now=desk_site.now(),
        )
        return "Đã kết thúc; mọi phiên đăng nhập của cán bộ này bị ngắt."

    status = desk_site.attempt(request, VersionForm(request.POST), act)
    return _after(request, officer_id, status)


def record(request: HttpRequest) -> HttpResponse:
    """Show what was done to the agency's seats, the newest first. Errors: NotYourRole."""
    seat = desk_site.seat_of(request)
    found = piece(request, staff.events(seat), "-id")
    units = dict(staff.units(seat).order_by("id").values_list("id", "name"))
    wanted = {row.data.get("receiver_id") for row in found.rows} - {None}
    titles = dict(
        staff.staff(seat).filter(user_id__in=wanted).order_by("id").values_list("user_id", "title")
    )
    context = {
        "rows": [
            {
                "what": SEAT_EVENTS[row.what],
                "at": short_text(row.at),
                "actor": row.actor_label,
                "seat": row.seat.title if row.seat else "",
                "told": _told(row, units, titles),
            }
            for row in found.rows
        ],
        "piece": found,
        "tabs": tabs(request, "desk_record"),
    }
    return desk_site.show(request, "record", "Nhật ký vị trí, bộ phận, ủy quyền", context)


def _after(
    request: HttpRequest, officer_id: str, status: int | None, form: ChangeForm | None = None
) -> HttpResponse:
    if status is None:
        return desk_site.go("desk_officer", officer_id)
    return _detail(request, officer_id, form, status=status)


def _status(row: Seat, card: OfficerCard) -> str:
    if not row.active:
        return f"đã kết thúc {short_text(row.ended_at)}".strip()
    return "đang làm việc" if card.open else "đã mời, chưa nhận"


def _units(seat: Seat) -> list[tuple[str, str]]:
    rows = staff.units(seat).filter(active=True).order_by("name", "id")
    return list(rows.values_list("id", "name"))


def _told(row: SeatEvent, units: dict[str, str], titles: dict[str, str]) -> list[str]:
    data = row.data
    if row.what == SeatEvent.What.CHANGED:
        before, after = _facts(data["before"], units), _facts(data["after"], units)
        return [
            f"{words}: {before[words]} → {after[words]}"
            for words in after
            if before[words] != after[words]
        ]
    if "delegation_id" in data:
        receiver = titles.get(data["receiver_id"], data["receiver_id"])
        times = f"{_day(data['starts_at'])} đến {_day(data['ends_at'])}"
        return [f"Cho {receiver}: {desk_site.roles_text(data['roles'])}", f"Từ {times}"]
    if "active" in data:
        return [f"{data['name']} ({'đang dùng' if data['active'] else 'đã đóng'})"]
    return [f"{words}: {value}" for words, value in _facts(data, units).items() if value]


def _facts(data: dict[str, Any], units: dict[str, str]) -> dict[str, str]:
    unit = data.get("unit_id")
    return {
        "Chức danh": data.get("title", ""),
        "Vai trò": desk_site.roles_text(data.get("roles", ())),
        "Bộ phận": units.get(unit, unit) if unit else "",
    }


def _day(text: str) -> str:
    return short_text(forms.DateTimeField().to_python(text))


PAGES = (
    Page("staff/", "desk_staff", listed),
    Page("staff/invite/", "desk_invite", invite),
    Page("staff/record/", "desk_record", record),
    Page("staff/officers/<str:officer_id>/", "desk_officer", detail),
    Page("staff/officers/<str:officer_id>/change/", "desk_officer_change", change),
    Page("staff/officers/<str:officer_id>/invite/", "desk_officer_invite", invite_again),
    Page("staff/officers/<str:officer_id>/reset/", "desk_officer_reset", reset),
    Page("staff/officers/<str:officer_id>/end/", "desk_officer_end", end),
)
# Whoever sits at an agency reads who else does.
LINKS = (Link("Cán bộ", "admin:desk_staff", lambda seat: True),)
