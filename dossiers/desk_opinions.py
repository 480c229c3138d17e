"""Opinions on the desk's pages: asked of other agencies, read and answered by those, taken back."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import clock, ids
from common.errors import Refusal
from dossiers import desk_dossier, desk_moves, desk_site
from dossiers.actions import desk as looking
from dossiers.actions import opinions
from dossiers.actions import papers as drawing
from dossiers.desk_labels import OPINIONS, SCANS, STANCES
from dossiers.desk_site import Link, Page
from dossiers.models import Opinion
from dossiers.queries import desk
from dossiers.queries import opinions as asked
from dossiers.rules import limits, paper_words
from dossiers.rules.paper_words import short_text
from services import queries as services

SHOWN = 100
OFFERED = (("open", "Chờ trả lời"), ("answered", "Đã trả lời"), ("all", "Tất cả"))


class AskForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)
    agencies = forms.MultipleChoiceField(
        label="Cơ quan được hỏi (có thể chọn nhiều)", widget=forms.SelectMultiple(attrs={"size": 8})
    )
    question = forms.CharField(
        label="Nội dung hỏi", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    working_days = forms.IntegerField(
        label="Thời hạn trả lời (ngày làm việc)",
        min_value=1,
        max_value=opinions.MAX_WORKING_DAYS,
        initial=2,
    )
    applicant = forms.BooleanField(label="Cho xem họ tên người nộp", required=False)
    fields_shown = forms.MultipleChoiceField(
        label="Mục tờ khai cho xem", required=False, widget=forms.CheckboxSelectMultiple
    )
    papers = forms.MultipleChoiceField(
        label="Giấy tờ cho xem", required=False, widget=forms.CheckboxSelectMultiple
    )
    silence_basis = forms.CharField(
        label="Căn cứ pháp lý coi im lặng là đồng ý (để trống nếu không có)",
        required=False,
        max_length=300,
    )


class AnswerForm(forms.Form):
    stance = forms.ChoiceField(
        label="Ý kiến", choices=[(key, told.capitalize()) for key, told in STANCES.items()]
    )
    text = forms.CharField(
        label="Nội dung", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="Lý do rút", max_length=2000)


def listed(request: HttpRequest) -> HttpResponse:
    """Show what other agencies ask of this one, the first due first."""
    seat, now = desk_site.seat_of(request), clock.now()
    wanted = request.GET.get("state", "open")
    state = wanted if wanted in {str(one) for one in Opinion.State} else None
    found = asked.asked_of(seat, state=state).order_by("due_at", "id")
    rows = list(found[: SHOWN + 1])
    more, rows = len(rows) > SHOWN, rows[:SHOWN]
    looking.list_shown(
        seat=seat, dossiers=[row.dossier for row in rows], now=now, what="opinion:list"
    )
    context = {
        "rows": [(row, OPINIONS[row.state], short_text(row.due_at), _late(row)) for row in rows],
        "offered": OFFERED,
        "wanted": wanted,
        "more": SHOWN if more else 0,
    }
    return desk_site.show(request, "opinions", "Ý kiến phối hợp", context)


def ask(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Ask one or several agencies about a dossier."""
    seat = desk_site.seat_of(request)
    row = desk.dossier(seat, dossier_id)
    looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:read at the desk")
    form = AskForm(request.POST if request.method == "POST" else None, auto_id="ask_%s")
    others: Any = (
        services.agencies().exclude(key=seat.agency_id).order_by("level", "name_vi", "key")
    )
    _choices(form, "agencies", [(one.key, one.name_vi) for one in others])
    titles = dict(desk_moves.options(row, [], fee_open=False).answers)
    _choices(form, "fields_shown", [(name, titles.get(name, name)) for name in row.answers])
    held = {one.paper_key: one.paper_name for one in row.attachments.all()}
    _choices(form, "papers", list(held.items()))
    status = 200
    if request.method == "POST" and not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        status = 400
    elif request.method == "POST":
        data = dict(form.cleaned_data)
        shown = data.pop("fields_shown")
        try:
            made = opinions.ask(
                officer_id=str(request.user.pk),
                dossier_id=dossier_id,
                fields=shown,
                now=clock.now(),
                **data,
            )
        except Refusal as refusal:
            desk_site.refuse(request, desk_site.words_of(refusal))
            status = refusal.status
        else:
            desk_site.done(request, f"Đã hỏi ý kiến {len(made)} cơ quan.")
            return desk_dossier.back(dossier_id)
    context = {"row": row, "form": form}
    return desk_site.show(request, "ask", f"Lấy ý kiến · {row.code}", context, status=status)


def detail(request: HttpRequest, opinion_id: str) -> HttpResponse:
    """Show a request with the parts of the dossier that are shared, and its answer."""
    return _detail(request, opinion_id)


def _detail(
    request: HttpRequest, opinion_id: str, form: AnswerForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = desk_site.seat_of(request)
    row = asked.one(seat, opinion_id)
    looking.shown(seat=seat, dossier=row.dossier, now=clock.now(), what="opinion:read")
    ours = row.asked_agency_id == seat.agency_id
    context = {
        "opinion": row,
        "state": OPINIONS[row.state],
        "late": _late(row),
        "due": short_text(row.due_at),
        "stance": STANCES.get(row.stance, ""),
        "shared": _shared(row),
        "files": [(one, SCANS.get(one.file.verdict, "")) for one in asked.shown_files(row)],
        "file_shown": row.file_id and (ours or row.state == Opinion.State.ANSWERED),
        "form": (form or AnswerForm(auto_id="answer_%s")) if asked.may_answer(seat, row) else None,
        "may_withdraw": asked.may_withdraw(seat, row),
        "ours": ours,
        "key": ids.unguessable(),
    }
    title = f"Ý kiến về {row.dossier.code}"
    return desk_site.show(request, "opinion", title, context, status=status)


def answer(request: HttpRequest, opinion_id: str) -> HttpResponse:
    """Give the asked agency's opinion, with a file where one is chosen."""
    form = AnswerForm(request.POST, auto_id="answer_%s")
    if request.method != "POST" or not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return _detail(request, opinion_id, form, status=400)
    officer, upload = str(request.user.pk), request.FILES.get("file")
    try:
        if upload is not None:
            opinions.attach(
                officer_id=officer,
                opinion_id=opinion_id,
                client_key=request.POST.get("key", "")[:200] or ids.unguessable(),
                file_name=str(upload.name),
                data=upload.read(limits.MAX_FILE_BYTES + 1),
                now=clock.now(),
            )
        opinions.answer(
            officer_id=officer, opinion_id=opinion_id, now=clock.now(), **form.cleaned_data
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return _detail(request, opinion_id, form, status=refusal.status)
    desk_site.done(request, "Đã gửi ý kiến.")
    return desk_site.go("desk_opinion", opinion_id)


def withdraw(request: HttpRequest, opinion_id: str) -> HttpResponse:
    """Take a request back, with a reason."""
    form = WithdrawForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return _detail(request, opinion_id, status=400)
    try:
        row = opinions.withdraw(
            officer_id=str(request.user.pk),
            opinion_id=opinion_id,
            now=clock.now(),
            **form.cleaned_data,
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return _detail(request, opinion_id, status=refusal.status)
    desk_site.done(request, "Đã rút yêu cầu lấy ý kiến.")
    return desk_dossier.back(row.dossier_id)


def _shared(row: Opinion) -> list[tuple[str, str]]:
    dossier = row.dossier
    form = services.form(dossier.form_id) if dossier.form_id and row.shown_fields else None
    fields = form.schema.get("properties", {}) if form else {}
    shown = {name: dossier.answers.get(name) for name in row.shown_fields if name in fields}
    wards = drawing.ward_names(list(shown.values()))
    return [
        (str(fields[name].get("title", name)), paper_words.answer_text(value, fields[name], wards))
        for name, value in shown.items()
    ]


def _late(row: Opinion) -> bool:
    return row.state == Opinion.State.OPEN and row.due_at < clock.now()


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field: Any = form.fields[name]
    field.choices = choices


PAGES = (
    Page(f"{desk_dossier.BASE}/opinion/", "desk_ask", ask),
    Page("opinions/", "desk_opinions", listed),
    Page("opinions/<str:opinion_id>/", "desk_opinion", detail),
    Page("opinions/<str:opinion_id>/answer/", "desk_answer", answer),
    Page("opinions/<str:opinion_id>/withdraw/", "desk_withdraw", withdraw),
)
LINKS = (Link("Ý kiến phối hợp", "admin:desk_opinions", asked.gives),)
