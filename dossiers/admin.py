"""The desk as pages: an officer's dossiers in Django's admin, with the moves as buttons.

Only the dossiers of the officer's own agency are here. The pages parse and render; every move goes
through the same action as the API, and every look leaves the same row for the citizen. Each noun
has a file `desk_<noun>.py` with its pages and its lines of the navigation; here they are put on the
site, beside the queue itself.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from common import clock
from dossiers import (
    calendar_desk,
    desk_books,
    desk_bulk,
    desk_counter,
    desk_decisions,
    desk_dossier,
    desk_feedback,
    desk_files,
    desk_hall,
    desk_lendings,
    desk_opinions,
    desk_propose,
    desk_queue,
    desk_receipts,
    desk_refunds,
    desk_site,
    desk_staff,
    desk_suspense,
    desk_take,
    desk_till,
    desk_units,
)
from dossiers.actions import desk as looking
from dossiers.desk_labels import MOVES
from dossiers.desk_site import Link, site
from dossiers.models import DecisionTemplate, Dossier
from dossiers.queries import desk, offices
from dossiers.rules import deadlines, due, states
from dossiers.rules.due import Colour
from dossiers.rules.paper_words import short_text
from dossiers.rules.states import State
from dossiers.rules.views import Part
from services import admin as catalogue

__all__ = ["site"]

site.add(links=(Link("Hồ sơ", desk_site.QUEUE, desk_site.reads),))
for noun in (
    *(desk_counter, desk_hall, desk_opinions, desk_bulk, desk_feedback),
    *(desk_receipts, desk_till, desk_decisions, desk_staff),
):
    site.add(*noun.PAGES, links=noun.LINKS)
for part in (
    *(desk_dossier, desk_propose, desk_files),
    *(desk_units, desk_lendings, desk_books, desk_refunds, desk_take, desk_suspense),
):
    site.add(*part.PAGES)


@admin.register(Dossier, site=site)
class DossierDesk(admin.ModelAdmin):  # type: ignore[type-arg]
    """The agency's queue; nothing is edited here, only moved."""

    list_display = ("dossier_code", "applicant", "service", "state_name", "sent", "promise", "hand")
    list_filter = desk_queue.FILTERS
    search_fields = ("=code",)
    search_help_text = "Mã hồ sơ, viết đủ"
    ordering = (F("due_at").asc(nulls_last=True), "submitted_at", "id")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_selection_counter = False
    change_list_template = "dossiers/desk/queue.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dossier | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dossier | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Dossier | None = None) -> bool:
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the bulk moves that the officer's roles make."""
        seat = desk_site.seat_of(request)
        return {
            name: (desk_bulk.action_of(name), name, f"{MOVES[name]} (hàng loạt)")
            for name in desk_bulk.offered(seat)
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dossier]:
        try:
            return desk.queue(desk_site.seat_of(request))
        except offices.NoDossierRole:
            return Dossier.objects.none()

    @admin.display(description="Mã hồ sơ", ordering="code")
    def dossier_code(self, row: Dossier) -> str:
        return row.code

    @admin.display(description="Người nộp")
    def applicant(self, row: Dossier) -> str:
        shown = offices.parts(desk_queue.viewer.get(), row)
        return row.applicant_name if Part.APPLICANT in shown else "—"

    @admin.display(description="Thủ tục")
    def service(self, row: Dossier) -> str:
        return f"{row.service_code} {row.service_name}"

    @admin.display(description="Phụ trách")
    def hand(self, row: Dossier) -> str:
        found = desk_queue.holder(row)
        return found.title if found else "—"

    @admin.display(description="Gửi lúc", ordering="submitted_at")
    def sent(self, row: Dossier) -> str:
        return short_text(row.submitted_at)

    @admin.display(description="Trạng thái")
    def state_name(self, row: Dossier) -> str:
        """Return the state in words, and as a bulk move sends it back: the one that was seen."""
        return format_html(
            '{}<input type="hidden" name="{}{}" value="{}">',
            states.NAMES[State(row.state)].vi,
            desk_bulk.SEEN,
            row.pk,
            row.state,
        )

    @admin.display(description="Hẹn trả")
    def promise(self, row: Dossier) -> str:
        if row.due_at is None:
            return "—"
        late = deadlines.is_late(
            State(row.state), row.due_at, row.finished_at, clock.now(), row.missed_at
        )
        when = short_text(row.due_at)
        if late:
            return format_html('<span class="late">{} QUÁ HẠN</span>', when)
        colour = due.colour(State(row.state), row.due_at, row.finished_at, desk_queue.drawn.get())
        near = colour in {Colour.RED, Colour.AMBER}
        return f"{when} · {desk_queue.COLOURS[colour].lower()}" if near else when

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the queue; it leaves one row for each person shown."""
        seat, colours = desk_site.seat_of(request), desk_queue.board(clock.now())
        desk_queue.drawn.set(colours)
        desk_queue.viewer.set(seat)
        context = {"figures": desk_queue.figures(seat, colours), "title": "Hồ sơ của cơ quan"}
        response: Any = super().changelist_view(request, {**context, **(extra_context or {})})
        changes = getattr(response, "context_data", None) or {}
        if "cl" in changes:
            rows = list(changes["cl"].result_list)
            looking.list_shown(seat=seat, dossiers=rows, now=clock.now())
        found: HttpResponse = response
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        return desk_dossier.page(request, unquote(object_id))


def _keeps_catalogue(request: HttpRequest) -> bool:
    return site.has_permission(request) and "catalogue" in desk_site.seat_of(request).roles


@admin.register(DecisionTemplate, site=site)
class DecisionTemplateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What decisions may be written with, to be read; new ones come by import."""

    list_display = ("key", "procedure_code", "kind", "title_vi", "version", "active")
    list_filter = ("kind", "active")
    ordering = ("procedure_code", "key")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: DecisionTemplate | None = None
    ) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: DecisionTemplate | None = None
    ) -> bool:
        return False

    def has_view_permission(
        self, request: HttpRequest, obj: DecisionTemplate | None = None
    ) -> bool:
        return _keeps_catalogue(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _keeps_catalogue(request)


catalogue.register(site, may_edit=_keeps_catalogue)


calendar_desk.register(site, may_edit=_keeps_catalogue, now=clock.now)
