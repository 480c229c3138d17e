"""The agency's units (phòng, bộ phận) on the desk's pages: made, renamed, closed, opened again."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from dossiers import desk_site, desk_staff
from dossiers.actions import units
from dossiers.desk_site import Page
from dossiers.desk_staff import VersionForm
from dossiers.queries import staff


class NameForm(forms.Form):
    name = forms.CharField(label="Tên phòng, bộ phận", min_length=2, max_length=200)


class RenameForm(NameForm, VersionForm):
    """A new name for the version that was seen."""


def listed(request: HttpRequest) -> HttpResponse:
    """Show the units of the agency; its admin changes them."""
    return _listed(request)


def _listed(
    request: HttpRequest, form: NameForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = desk_site.seat_of(request)
    # An agency has no more than `units.MAX_UNITS`: they all stand on one page.
    rows = staff.units(seat).order_by("-active", "name", "id")
    context = {
        "rows": list(rows),
        "form": form or NameForm(auto_id="unit_%s"),
        "keeps": desk_staff.is_admin(seat),
        "tabs": desk_staff.tabs(request, "desk_units"),
    }
    return desk_site.show(request, "units", "Phòng, bộ phận", context, status=status)


def make(request: HttpRequest) -> HttpResponse:
    """Make a unit."""
    form = NameForm(request.POST, auto_id="unit_%s")

    def act(values: dict[str, Any]) -> str:
        made = units.make(actor_id=str(request.user.pk), now=desk_site.now(), **values)
        return f"Đã lập {made.name}."

    status = desk_site.attempt(request, form, act)
    return desk_site.go("desk_units") if status is None else _listed(request, form, status=status)


def rename(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Give a unit another name."""
    return _change(request, unit_id, RenameForm(request.POST), "Đã đổi tên bộ phận.")


def close(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Close a unit where nobody sits any more."""
    form = VersionForm(request.POST)
    return _change(request, unit_id, form, "Đã đóng bộ phận.", active=False)


def reopen(request: HttpRequest, unit_id: str) -> HttpResponse:
    """Open a closed unit again."""
    form = VersionForm(request.POST)
    return _change(request, unit_id, form, "Đã mở lại bộ phận.", active=True)


def _change(
    request: HttpRequest, unit_id: str, form: forms.Form, told: str, *, active: bool | None = None
) -> HttpResponse:
    def act(values: dict[str, Any]) -> str:
        units.change(
            actor_id=str(request.user.pk),
            unit_id=unit_id,
            expected_version=values["version"],
            name=values.get("name"),
            active=active,
            now=desk_site.now(),
        )
        return told

    status = desk_site.attempt(request, form, act)
    return desk_site.go("desk_units") if status is None else _listed(request, status=status)


PAGES = (
    Page("staff/units/", "desk_units", listed),
    Page("staff/units/make/", "desk_unit_make", make),
    Page("staff/units/<str:unit_id>/rename/", "desk_unit_rename", rename),
    Page("staff/units/<str:unit_id>/close/", "desk_unit_close", close),
    Page("staff/units/<str:unit_id>/reopen/", "desk_unit_reopen", reopen),
)
