"""The desk as pages: an officer's dossiers in Django's admin, with the moves as buttons.

Only the dossiers of the officer's own agency are here. The pages parse and render; every move goes
through the same action as the API, and every look leaves the same row for the citizen.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import translation

from citizens.actions import desk as sign_in
from citizens.actions import sessions
from common import clock
from common.errors import NotFound, Refusal
from dossiers import calendar_desk, desk_work
from dossiers.actions import clock as promises
from dossiers.actions import desk as looking
from dossiers.actions import papers as drawing
from dossiers.actions import processing
from dossiers.actions.processing import Act
from dossiers.models import DecisionTemplate, Dossier, Seat
from dossiers.queries import desk, offices
from dossiers.queries.promises import history
from dossiers.rules import deadlines, due, paper_words, states, words
from dossiers.rules.deadlines import Promise
from dossiers.rules.due import Colour
from dossiers.rules.states import State
from payments import queries as payments
from services import admin as catalogue
from services import queries as services

IDLE_SECONDS = int(sessions.IDLE.total_seconds())
MARK = "desk_second_factor"
LABELS = {
    "receive": "Tiếp nhận",
    "refuse": "Từ chối tiếp nhận",
    "request_supplement": "Yêu cầu bổ sung",
    "request_payment": "Yêu cầu nộp phí",
    "forward": "Chuyển xử lý",
    "recall_reception": "Thu hồi tiếp nhận",
    "return_at_appraisal": "Trả lại để bổ sung (tính lại thời hạn)",
    "propose": "Dự thảo kết quả",
    "reroute": "Chuyển cơ quan khác",
    "reject": "Từ chối giải quyết",
    "sign": "Ký kết quả",
    "accept_supplement": "Chấp nhận bổ sung",
    "stop": "Dừng xử lý",
    "accept_withdrawal": "Chấp nhận rút hồ sơ",
    "refuse_withdrawal": "Không chấp nhận rút hồ sơ",
    "hand_over": "Trả kết quả",
    "recall_result": "Thu hồi kết quả",
    "recall_hand_over": "Thu hồi việc trả kết quả",
}


class SignInForm(AuthenticationForm):
    """E-mail, password and the code of the second factor, all at once."""

    username = forms.EmailField(label="Thư điện tử", max_length=254)
    code = forms.CharField(label="Mã xác thực hai lớp", min_length=6, max_length=8)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"username", "password", "code"} <= set(data):
            try:
                self.user_cache = sign_in.officer_of(
                    email=data["username"], password=data["password"], code=data["code"]
                )
            except Refusal as refusal:
                raise ValidationError(refusal.title_vi) from refusal
        return data


class DeskSite(admin.AdminSite):
    site_title = site_header = "Bàn làm việc một cửa (thử nghiệm)"
    index_title = "Hồ sơ của cơ quan"
    login_form = SignInForm
    login_template = "dossiers/desk/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether this session is an officer's that passed the second factor."""
        user: Any = request.user
        if not (user.is_authenticated and user.is_active and user.is_officer):
            return False
        if not (request.session.get(MARK) and offices.holds_seat(str(user.pk))):
            return False
        request.session.set_expiry(IDLE_SECONDS)
        return True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view in Vietnamese, whatever the browser asks for."""
        inner = super().admin_view(view, cacheable)

        def in_vietnamese(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with translation.override("vi"):
                response: Any = inner(request, *args, **kwargs)
                if hasattr(response, "render"):
                    response.render()
                return response

        return in_vietnamese

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            form = SignInForm(request, data=request.POST)
            if form.is_valid():
                login(request, form.get_user(), "django.contrib.auth.backends.ModelBackend")
                request.session[MARK] = True
                request.session.set_expiry(IDLE_SECONDS)
                return HttpResponseRedirect(reverse("admin:dossiers_dossier_changelist"))
        return super().login(request, extra_context)


site = DeskSite()


class MoveForm(forms.Form):
    move = forms.ChoiceField(choices=list(LABELS.items()))
    expected_state = forms.IntegerField(min_value=1, max_value=10)
    reason = forms.CharField(required=False, max_length=2000)
    papers = forms.MultipleChoiceField(required=False)
    result_text = forms.CharField(required=False, max_length=4000)
    result_number = forms.CharField(required=False, max_length=60)


class ExtensionForm(forms.Form):
    expected_due_at = forms.DateTimeField()  # ISO 8601 with its offset
    new_due_on = forms.DateField(input_formats=["%Y-%m-%d", "%d/%m/%Y"])
    reason = forms.CharField(max_length=2000)


@admin.register(Dossier, site=site)
class DossierDesk(admin.ModelAdmin):  # type: ignore[type-arg]
    """The agency's queue; nothing is edited here, only moved."""

    list_display = ("dossier_code", "service", "state_name", "sent", "promise", "hand")
    list_filter = (desk_work.StateFilter, desk_work.DueFilter, desk_work.HandFilter)
    ordering = (F("due_at").asc(nulls_last=True), "submitted_at", "id")
    list_per_page = 50
    show_full_result_count = False
    actions = None

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dossier]:
        try:
            return desk.queue(_seat(request))
        except offices.NoDossierRole:
            return Dossier.objects.none()

    @admin.display(description="Mã hồ sơ", ordering="code")
    def dossier_code(self, row: Dossier) -> str:
        return row.code

    @admin.display(description="Thủ tục")
    def service(self, row: Dossier) -> str:
        return f"{row.service_code} {row.service_name}"

    @admin.display(description="Phụ trách")
    def hand(self, row: Dossier) -> str:
        found = desk_work.holder(row)
        return found.title if found else "—"

    @admin.display(description="Gửi lúc", ordering="submitted_at")
    def sent(self, row: Dossier) -> str:
        return f"{row.submitted_at.astimezone(deadlines.HCM):%H:%M %d/%m/%Y}"

    @admin.display(description="Trạng thái")
    def state_name(self, row: Dossier) -> str:
        return states.NAMES[State(row.state)].vi

    @admin.display(description="Hẹn trả")
    def promise(self, row: Dossier) -> str:
        if row.due_at is None:
            return "—"
        late = deadlines.is_late(
            State(row.state), row.due_at, row.finished_at, clock.now(), row.missed_at
        )
        when = f"{row.due_at.astimezone(deadlines.HCM):%H:%M %d/%m/%Y}"
        if late:
            return f"{when} QUÁ HẠN"
        board = desk_work.drawn.get()
        colour = due.colour(State(row.state), row.due_at, row.finished_at, board)
        near = colour in {Colour.RED, Colour.AMBER}
        return f"{when} · {desk_work.COLOURS[colour].lower()}" if near else when

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        desk_work.drawn.set(desk_work.board(clock.now()))
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[Any]:
        moves = path(
            "<path:dossier_id>/move/",
            self.admin_site.admin_view(self.make_move),
            name="dossiers_dossier_move",
        )
        extension = path(
            "<path:dossier_id>/extend/",
            self.admin_site.admin_view(self.extend),
            name="dossiers_dossier_extend",
        )
        acts = path(
            "<path:dossier_id>/act/<str:name>/",
            self.admin_site.admin_view(self.do),
            name="dossiers_dossier_act",
        )
        return [moves, extension, acts, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        seat = _seat(request)
        try:
            row = desk.dossier(seat, unquote(object_id))
        except (NotFound, offices.NoDossierRole):
            messages.error(request, "Không tìm thấy hồ sơ này ở cơ quan của bạn.")
            return HttpResponseRedirect(reverse("admin:dossiers_dossier_changelist"))
        looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:read at the desk")
        version = services.version(row.service_version_id)
        dues = payments.status_of([row.id]).get(row.id)
        context = {
            **self.admin_site.each_context(request),
            "title": row.code,
            "opts": self.opts,
            "row": row,
            "state": states.NAMES[State(row.state)].vi,
            "fee_open": dues is not None and dues.open,
            "answers": _answers(row),
            "promises": [_promise(one) for one in history(row.timeline.all())],
            "due_at": row.due_at.isoformat() if row.due_at else "",
            **desk.extension(seat, row, clock.now()),
            **desk_work.sheet(row, seat),
            "moves": [(name, LABELS[name]) for name in desk.moves(seat, row) if name != "reroute"],
            "papers": [paper for paper in version.papers if paper.digital],
            "events": [
                (event, words.about(event.move, code="", office=event.actor_label, due="").title_vi)
                for event in row.timeline.all()
            ],
        }
        return render(request, "dossiers/desk/dossier.html", context)

    def make_move(self, request: HttpRequest, dossier_id: str) -> HttpResponse:
        """Make one move and show the dossier again, or say why not."""
        back = HttpResponseRedirect(
            reverse("admin:dossiers_dossier_change", args=[quote(dossier_id)])
        )
        form = MoveForm(request.POST)
        wanted: Any = form.fields["papers"]
        wanted.choices = [(key, key) for key in request.POST.getlist("papers")]
        if request.method != "POST" or not form.is_valid():
            messages.error(request, "Yêu cầu không hợp lệ.")
            return back
        try:
            processing.act(
                officer_id=str(request.user.pk),
                dossier_id=dossier_id,
                act=Act(**form.cleaned_data),
                now=clock.now(),
            )
        except Refusal as refusal:
            found = "; ".join(f"{error.param}: {error.message_vi}" for error in refusal.errors)
            messages.error(request, f"{refusal.detail('vi')} {found}")
        else:
            messages.success(request, f"Đã thực hiện: {LABELS[form.cleaned_data['move']]}.")
        return back

    def do(self, request: HttpRequest, dossier_id: str, name: str) -> HttpResponse:
        """Take, release, note or reply, and show the dossier again, or say why not."""
        back = HttpResponseRedirect(
            reverse("admin:dossiers_dossier_change", args=[quote(dossier_id)])
        )
        shape, act = desk_work.ACTS.get(name, (None, None))
        form = shape(request.POST) if shape else None
        if request.method != "POST" or form is None or act is None or not form.is_valid():
            messages.error(request, "Yêu cầu không hợp lệ.")
            return back
        try:
            done = act(str(request.user.pk), dossier_id, form.cleaned_data, clock.now())
        except Refusal as refusal:
            messages.error(request, _refused(refusal))
        else:
            messages.success(request, done)
        return back

    def extend(self, request: HttpRequest, dossier_id: str) -> HttpResponse:
        """Extend the promise once, or say why not."""
        back = HttpResponseRedirect(
            reverse("admin:dossiers_dossier_change", args=[quote(dossier_id)])
        )
        form = ExtensionForm(request.POST)
        if request.method != "POST" or not form.is_valid():
            messages.error(request, "Yêu cầu không hợp lệ.")
            return back
        try:
            promises.extend(
                officer_id=str(request.user.pk),
                dossier_id=dossier_id,
                now=clock.now(),
                **form.cleaned_data,
            )
        except Refusal as refusal:
            messages.error(request, _refused(refusal))
        else:
            messages.success(request, "Đã gia hạn; văn bản xin lỗi được gửi cho người nộp hồ sơ.")
        return back


def _promise(one: Promise) -> tuple[str, str]:
    when = f"{one.at.astimezone(deadlines.HCM):%H:%M %d/%m/%Y}"
    due = f"{one.due.astimezone(deadlines.HCM):%H:%M %d/%m/%Y}" if one.due else "tạm dừng"
    return when, due


def _keeps_catalogue(request: HttpRequest) -> bool:
    return site.has_permission(request) and "catalogue" in _seat(request).roles


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


def _refused(refusal: Refusal) -> str:
    found = "; ".join(f"{error.param}: {error.message_vi}" for error in refusal.errors)
    return f"{refusal.detail('vi') or refusal.title_vi} {found}"


def _seat(request: HttpRequest) -> Seat:
    return offices.seat(str(request.user.pk), now=clock.now())


def _answers(row: Dossier) -> list[tuple[str, str]]:
    form = services.form(row.form_id) if row.form_id else None
    fields = form.schema.get("properties", {}) if form else {}
    wards = drawing.ward_names(list(row.answers.values()))
    return [
        (str(fields[name].get("title", name)), paper_words.answer_text(value, fields[name], wards))
        for name, value in row.answers.items()
        if name in fields
    ]
