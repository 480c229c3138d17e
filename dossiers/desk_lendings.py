"""Lending roles during leave (ủy quyền) on the desk's pages: made, read, ended early."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from citizens import queries as citizens
from dossiers import desk_site, desk_staff
from dossiers.actions import delegations
from dossiers.desk_pages import piece
from dossiers.desk_site import Page
from dossiers.desk_staff import VersionForm
from dossiers.models import Delegation, Seat
from dossiers.queries import staff
from dossiers.rules.paper_words import short_text
from dossiers.rules.seats import LENDABLE, WORDS, Role


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class LendForm(forms.Form):
    giver_id = forms.ChoiceField(label="Người ủy quyền")
    receiver_id = forms.ChoiceField(label="Người được ủy quyền")
    roles = forms.MultipleChoiceField(
        label="Vai trò được ủy quyền", widget=forms.CheckboxSelectMultiple
    )
    starts_at = forms.DateTimeField(
        label="Từ lúc (để trống: từ bây giờ)", required=False, widget=MomentInput
    )
    ends_at = forms.DateTimeField(label="Đến trước lúc", widget=MomentInput)

    def __init__(self, *args: Any, seat: Seat, people: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        admin = desk_staff.is_admin(seat)
        own = [one for one in people if one[0] == seat.user_id]
        fields: Any = self.fields
        fields["giver_id"].choices = people if admin else own
        fields["receiver_id"].choices = [one for one in people if one[0] != seat.user_id]
        lent = LENDABLE if admin else LENDABLE & set(seat.roles)
        fields["roles"].choices = [(one, WORDS[Role(one)].capitalize()) for one in sorted(lent)]


def listed(request: HttpRequest) -> HttpResponse:
    """Show what one lent and was lent; all of the agency's to its admins and auditors."""
    return _listed(request)


def _listed(
    request: HttpRequest, form: LendForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat, now = desk_site.seat_of(request), desk_site.now()
    found = piece(request, staff.delegations(seat), "-id")
    lends = desk_staff.is_admin(seat) or not LENDABLE.isdisjoint(seat.roles)
    context = {
        "rows": [
            {
                "row": row,
                "roles": desk_site.roles_text(row.roles),
                "from": short_text(row.starts_at),
                "until": short_text(row.ends_at),
                "state": _state(row),
                "in_force": staff.holds(row, now=now),
                "may_end": _open(row) and (desk_staff.is_admin(seat) or row.giver_id == seat.id),
            }
            for row in found.rows
        ],
        "piece": found,
        "form": (form or _form(seat)) if lends else None,
        "tabs": desk_staff.tabs(request, "desk_lendings"),
    }
    return desk_site.show(request, "lendings", "Ủy quyền", context, status=status)


def make(request: HttpRequest) -> HttpResponse:
    """Lend roles of one's own; the agency's admin lends for others."""
    form = _form(desk_site.seat_of(request), request.POST)

    def act(values: dict[str, Any]) -> str:
        now = desk_site.now()
        starts_at = values.pop("starts_at") or now
        delegations.make(actor_id=str(request.user.pk), starts_at=starts_at, now=now, **values)
        return "Đã ủy quyền."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_lendings")
    return _listed(request, form, status=status)


def end(request: HttpRequest, delegation_id: str) -> HttpResponse:
    """End a lending before its time; it holds at once."""

    def act(values: dict[str, Any]) -> str:
        delegations.end(
            actor_id=str(request.user.pk),
            delegation_id=delegation_id,
            expected_version=values["version"],
            now=desk_site.now(),
        )
        return "Đã kết thúc ủy quyền."

    status = desk_site.attempt(request, VersionForm(request.POST), act)
    return desk_site.go("desk_lendings") if status is None else _listed(request, status=status)


def _form(seat: Seat, data: Any = None) -> LendForm:
    """Return the form with everybody in office by title and name."""
    rows = list(staff.staff(seat).filter(active=True).order_by("title", "id"))
    cards = citizens.officer_cards([row.user_id for row in rows])
    people = [(row.user_id, f"{row.title} · {cards[row.user_id].full_name}") for row in rows]
    return LendForm(
        data, seat=seat, people=people, initial={"giver_id": seat.user_id}, auto_id="lend_%s"
    )


def _open(row: Delegation) -> bool:
    return row.ended_at is None and row.ends_at > desk_site.now()


def _state(row: Delegation) -> str:
    now = desk_site.now()
    if row.ended_at is not None:
        return f"kết thúc sớm {short_text(row.ended_at)}"
    if staff.holds(row, now=now):
        return "đang có hiệu lực"
    return "chưa đến lúc" if row.starts_at > now else "đã hết"


PAGES = (
    Page("staff/lendings/", "desk_lendings", listed),
    Page("staff/lendings/make/", "desk_lending_make", make),
    Page("staff/lendings/<str:delegation_id>/end/", "desk_lending_end", end),
)
