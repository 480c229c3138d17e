"""The process masters (danh mục thủ tục) as admin pages: what is in force, and changes to it.

Nothing in force is edited. A change is a revision: written here, published by another officer. The
desk's site registers these pages and says who may keep the catalogue.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from common import clock
from common.errors import Refusal
from services.actions import revisions
from services.models import Agency, Form, ProcedureVersion, Revision, RevisionPaper
from services.rules.revisions import Content, Paper

MayEdit = Callable[[HttpRequest], bool]


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are looked at here and written elsewhere."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True


class VersionDesk(ReadOnly):
    """Every version that ever held, the one in force first."""

    list_display = ("code", "name_vi", "online_level", "limit", "valid_from", "valid_to")
    list_filter = ("online_level", "field")
    list_select_related = ("field",)
    search_fields = ("procedure__code__exact", "search_text__contains")
    search_help_text = "Mã thủ tục, hoặc tên không dấu"
    ordering = ("procedure__code", "-number")
    exclude = ("search", "search_text", "data", "content_hash")
    change_form_template = "services/desk/version.html"

    @admin.display(description="Mã")
    def code(self, row: ProcedureVersion) -> str:
        return f"{row.procedure_id} v{row.number}"

    @admin.display(description="Thời hạn")
    def limit(self, row: ProcedureVersion) -> str:
        found = row.time_limit
        return f"{found['value']} {Revision.Unit(found['unit']).label}" if found else "chưa rõ"

    def get_urls(self) -> list[Any]:
        revise = path(
            "<str:code>/revise/", self.admin_site.admin_view(self.revise), name="services_revise"
        )
        return [revise, *super().get_urls()]

    def revise(self, request: HttpRequest, code: str) -> HttpResponse:
        """Begin a change to a procedure and open it."""
        back = HttpResponseRedirect(reverse("admin:services_procedureversion_changelist"))
        if request.method != "POST" or not _may_edit(self, request):
            return _refused(request, back)
        try:
            revision = revisions.start(code=code, officer_id=_who(request), now=clock.now())
        except Refusal as refusal:
            messages.error(request, _text(refusal))
            return back
        return HttpResponseRedirect(
            reverse("admin:services_revision_change", args=[quote(revision.id)])
        )


class FormDesk(ReadOnly):
    """Every version of every electronic form."""

    list_display = ("__str__", "title_vi", "verified", "valid_from", "valid_to")
    ordering = ("procedure__code", "-number")
    search_fields = ("procedure__code__exact",)


class AgencyDesk(ReadOnly):
    """The agencies, as imported; demonstration identifiers say so."""

    list_display = ("key", "name_vi", "level", "kind", "identifier", "identifier_is_demo")
    list_filter = ("level", "kind")
    search_fields = ("name_vi", "key")
    ordering = ("level", "key")


class PaperRows(admin.TabularInline):  # type: ignore[type-arg]
    model = RevisionPaper
    extra = 1
    ordering = ("position", "id")
    fields = ("position", "key", "name", "component_code", "case", "original_qty", "copy_qty")

    # Whoever may change the draft may change its papers: the pages ask there, not here.
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_draft(obj)


def _day(label: str) -> forms.DateField:
    # The browser's own picker shows the day as its owner writes days, and sends ISO 8601.
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
    )


class RevisionForm(forms.ModelForm):  # type: ignore[type-arg]
    decision_signed_on = _day("Ngày ký quyết định")
    effective_on = _day("Ngày có hiệu lực")

    class Meta:
        model = Revision
        fields = (
            "name_vi",
            "online_level",
            "level_note",
            "limit_value",
            "limit_unit",
            "limit_same_day",
            "limit_source",
            "fee_type",
            "fee_unit_vnd",
            "fee_field",
            "fee_source",
            "form",
            "decision_number",
            "decision_signed_on",
            "effective_on",
        )
        widgets = {"name_vi": forms.Textarea(attrs={"rows": 2})}


class RevisionDesk(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change being prepared. Saving rewrites the draft; publishing is another officer's act."""

    form = RevisionForm
    inlines = (PaperRows,)
    actions = None
    list_display = ("procedure", "name_vi", "state", "effective_on", "updated_at")
    list_filter = ("state",)
    ordering = ("-updated_at", "id")
    show_full_result_count = False
    change_form_template = "services/desk/revision.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_edit(self, request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may_edit(self, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may_edit(self, request) and (obj is None or _is_draft(obj))

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
            messages.error(request, _text(refusal))
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Write nothing yet: the papers belong to the same act, see `save_related`."""

    def save_related(
        self, request: HttpRequest, form: Any, formsets: list[Any], change: Any
    ) -> None:
        revisions.save(
            revision_id=form.instance.pk,
            content=Content(**form.cleaned_data, papers=_papers(formsets[0])),
            officer_id=_who(request),
            now=clock.now(),
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return the line of the admin's own log: the whole draft was written anew."""
        return [{"changed": {"fields": ["content"]}}]

    def get_urls(self) -> list[Any]:
        def act(name: str) -> Any:
            return path(
                f"<str:revision_id>/{name}/",
                self.admin_site.admin_view(getattr(self, name)),
                name=f"services_revision_{name}",
            )

        return [act("publish"), act("discard"), *super().get_urls()]

    def publish(self, request: HttpRequest, revision_id: str) -> HttpResponse:
        """Publish a change, or say everything that keeps it from being published."""
        return self._close(request, revision_id, publish=True)

    def discard(self, request: HttpRequest, revision_id: str) -> HttpResponse:
        """Throw a change away."""
        return self._close(request, revision_id, publish=False)

    def _close(self, request: HttpRequest, revision_id: str, *, publish: bool) -> HttpResponse:
        back = HttpResponseRedirect(
            reverse("admin:services_revision_change", args=[quote(revision_id)])
        )
        if request.method != "POST" or not _may_edit(self, request):
            return _refused(request, back)
        now, who = clock.now(), _who(request)
        try:
            if publish:
                revisions.publish(
                    revision_id=revision_id, officer_id=who, today=clock.today(), now=now
                )
                messages.success(request, "Đã công bố phiên bản mới.")
            else:
                revisions.discard(revision_id=revision_id, officer_id=who, now=now)
                messages.success(request, "Đã hủy dự thảo.")
        except Refusal as refusal:
            messages.error(request, _text(refusal))
        return back


def register(site: admin.AdminSite, *, may_edit: MayEdit) -> None:
    """Put the process masters on a site; `may_edit` says who keeps the catalogue."""
    for model, desk in (
        (ProcedureVersion, VersionDesk),
        (Form, FormDesk),
        (Agency, AgencyDesk),
        (Revision, RevisionDesk),
    ):
        site.register(model, desk)
        site._registry[model].may_edit = may_edit  # type: ignore[attr-defined]


def _may_edit(desk: Any, request: HttpRequest) -> bool:
    return bool(desk.may_edit(request))


def _is_draft(obj: Model | None) -> bool:
    return isinstance(obj, Revision) and obj.state == Revision.State.DRAFT


def _text(refusal: Refusal) -> str:
    found = "; ".join(f"{error.param}: {error.message_vi}" for error in refusal.errors)
    return f"{refusal.detail('vi') or refusal.title_vi} {found}"


def _who(request: HttpRequest) -> str:
    return str(request.user.pk)


def _refused(request: HttpRequest, back: HttpResponse) -> HttpResponse:
    messages.error(request, "Yêu cầu không hợp lệ hoặc bạn không giữ danh mục thủ tục.")
    return back


def _papers(rows: Any) -> tuple[Paper, ...]:
    names = ("key", "name", "component_code", "case", "original_qty", "copy_qty")
    kept = [
        row.cleaned_data
        for row in rows.forms
        if row.cleaned_data.get("key") and not row.cleaned_data.get("DELETE")
    ]
    kept.sort(key=lambda data: data["position"])
    return tuple(Paper(**{name: data[name] for name in names}) for data in kept)
