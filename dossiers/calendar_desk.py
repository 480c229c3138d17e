"""The city's working-day calendar as pages of the desk: read by all officers, edited by a few.

Nobody writes a row here: every edit goes through `actions.calendar`, which keeps what was before.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect

from common.errors import Refusal
from dossiers.actions import calendar
from dossiers.models import CalendarChange, CalendarDay, CalendarYear
from services import admin as catalogue

MayEdit = Callable[[HttpRequest], bool]
Now = Callable[[], datetime.datetime]


def register(site: admin.AdminSite, *, may_edit: MayEdit, now: Now) -> None:
    """Put the calendar on a site; `may_edit` says who keeps it."""
    for model, desk in (
        (CalendarDay, CalendarDayDesk),
        (CalendarYear, CalendarYearDesk),
        (CalendarChange, CalendarChangeDesk),
    ):
        site.register(model, desk)
        page: Any = site._registry[model]
        page.may_edit, page.now = may_edit, now


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    # The browser's own picker shows the day as its owner writes days, and sends ISO 8601.
    day = forms.DateField(
        label="Ngày",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
    )

    class Meta:
        model = CalendarDay
        fields = ("day", "kind", "name_vi", "source")


class Kept(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows of the city's calendar: every officer reads them, who keeps the catalogue edits them.

    The calendar is the whole city's, so no single agency's admin may close its offices.
    """

    may_edit: MayEdit
    now: Now
    actions: Any = None
    list_per_page = 100
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(self.may_edit(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.may_edit(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.may_edit(request))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            messages.error(request, _refused(refusal))
            return HttpResponseRedirect(request.path)


class CalendarDayDesk(Kept):
    """Holidays, swapped Saturdays and half days. An edit holds for what is promised from now on."""

    form = CalendarForm
    list_display = ("day", "kind", "name_vi", "source")
    list_filter = ("kind",)
    ordering = ("-day",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("day",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        concerned = calendar.put_day(
            day=obj.day,
            kind=obj.kind,
            name_vi=obj.name_vi,
            source=obj.source,
            officer_id=str(request.user.pk),
            now=self.now(),
        )
        _warn(request, concerned)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _warn(
            request,
            calendar.clear_day(day=obj.day, officer_id=str(request.user.pk), now=self.now()),
        )


class CalendarYearDesk(Kept):
    """Which years are known, and whether their swaps are published."""

    list_display = ("year", "provisional", "source")
    ordering = ("-year",)
    fields = ("year", "provisional", "source")
    readonly_fields = ("year",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        calendar.settle_year(year=obj.year, provisional=obj.provisional, source=obj.source)


class CalendarChangeDesk(catalogue.ReadOnly):
    """Every edit of the calendar; from here, and only on purpose, promises are counted anew."""

    may_edit: MayEdit
    actions: Any = ("recount",)
    list_display = ("day", "before", "after", "name_vi", "source", "at")
    ordering = ("-id",)

    def has_edit_permission(self, request: HttpRequest) -> bool:
        return bool(self.may_edit(request))

    @admin.action(description="Tính lại các hẹn trả bị ảnh hưởng", permissions=["edit"])
    def recount(self, request: HttpRequest, queryset: QuerySet[CalendarChange]) -> None:
        found = calendar.ask_recount(change_ids=list(queryset.values_list("id", flat=True)))
        messages.success(
            request, f"Sẽ tính lại các hẹn trả theo {found} lần sửa; người nộp sẽ được báo."
        )


def _warn(request: HttpRequest, concerned: int) -> None:
    if concerned:
        messages.warning(
            request,
            f"{concerned} hẹn trả đang chạy có thể liên quan; chúng giữ nguyên cho tới khi được "
            "tính lại ở trang lịch sử sửa lịch.",
        )


def _refused(refusal: Refusal) -> str:
    found = "; ".join(f"{error.param}: {error.message_vi}" for error in refusal.errors)
    return f"{refusal.detail('vi') or refusal.title_vi} {found}"
