"""Proposing a decision: a template is chosen, filled, read as it will stand, then put to sign."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import clock
from common.errors import Refusal
from dossiers import desk_dossier, desk_site
from dossiers.actions import decisions as composing
from dossiers.actions import desk as looking
from dossiers.actions import processing
from dossiers.actions.processing import PROPOSE, Act
from dossiers.desk_site import Page
from dossiers.models import DecisionTemplate, Dossier, Opinion
from dossiers.queries import decisions, desk, opinions
from dossiers.rules import decisions as rules

KINDS = {"approve": "đồng ý", "reject": "từ chối"}
ENTRY = "value-"
LONG = 200


class ProposalForm(forms.Form):
    """What every proposal has; the template's entries are added to it, named `value-…`."""

    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)
    result_number = forms.CharField(label="Số văn bản", required=False, max_length=60)
    result_text = forms.CharField(
        label="Nội dung kết quả",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    without_opinions = forms.BooleanField(
        label="Dự thảo khi chưa đủ ý kiến phối hợp (nêu lý do)", required=False
    )
    reason = forms.CharField(
        label="Lý do", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def values(self) -> dict[str, str]:
        """Return what the template asked for, as the API takes it."""
        return {
            name.removeprefix(ENTRY): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith(ENTRY)
        }


def propose(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Show the templates, what one asks for and the composed text; put it to the approver."""
    seat = desk_site.seat_of(request)
    row = desk.dossier(seat, dossier_id)
    looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:read at the desk")
    if PROPOSE not in desk.moves(seat, row):
        desk_site.refuse(request, "Hồ sơ này không ở bước dự thảo kết quả của bạn.")
        return desk_dossier.back(dossier_id)
    templates = list(decisions.usable(row.service_code).order_by("-procedure_code", "key"))
    key = request.POST.get("template", request.GET.get("template", ""))
    chosen = next((one for one in templates if one.key == key), None)
    waiting = opinions.asked_on(row.id).filter(state=Opinion.State.OPEN).count()
    form = _form(chosen, waiting, request.POST if request.method == "POST" else None)
    composed: dict[str, Any] | None = None
    status = 200
    if request.method == "POST":
        if not form.is_valid():
            desk_site.refuse(request, desk_site.form_words(form))
            status = 400
        else:
            try:
                if request.POST.get("do") == PROPOSE:
                    _put(request, row, chosen, form)
                    desk_site.done(request, "Đã trình dự thảo; người ký xem văn bản trước khi ký.")
                    return desk_dossier.back(dossier_id)
                composed = composing.compose(
                    row,
                    template=chosen.key if chosen else "",
                    values=form.values(),
                    text=form.cleaned_data.get("result_text", ""),
                    number=form.cleaned_data["result_number"],
                )
            except Refusal as refusal:
                desk_site.refuse(request, desk_site.words_of(refusal))
                status = refusal.status
    context = {
        "row": row,
        "templates": [(one, KINDS[one.kind]) for one in templates],
        "chosen": chosen,
        "free": key == "tu-soan",
        "form": form,
        "composed": composed,
        "answers": desk_dossier.answers(row),
        "waiting": waiting,
    }
    return desk_site.show(request, "propose", f"Dự thảo · {row.code}", context, status=status)


def _put(
    request: HttpRequest, row: Dossier, chosen: DecisionTemplate | None, form: ProposalForm
) -> None:
    data: Mapping[str, Any] = form.cleaned_data
    processing.act(
        officer_id=str(request.user.pk),
        dossier_id=row.id,
        act=Act(
            move=PROPOSE,
            expected_state=data["expected_state"],
            reason=data.get("reason", ""),
            result_text=data.get("result_text", ""),
            result_number=data["result_number"],
            template=chosen.key if chosen else "",
            values=form.values(),
            without_opinions=data.get("without_opinions", False),
        ),
        now=clock.now(),
    )


def _form(chosen: DecisionTemplate | None, waiting: int, data: Any) -> ProposalForm:
    form = ProposalForm(data, auto_id="propose_%s")
    if chosen is not None:
        del form.fields["result_text"]
        for entry in rules.entries_of(chosen.entries):
            form.fields[ENTRY + entry.name] = forms.CharField(
                label=entry.title_vi + ("" if entry.required else " (nếu có)"),
                required=False,  # the action says everything that is missing, at once
                max_length=entry.max_length,
                widget=forms.Textarea(attrs={"rows": 3})
                if entry.max_length > LONG
                else forms.TextInput(),
            )
    if not waiting:
        del form.fields["without_opinions"], form.fields["reason"]
    return form


PAGES = (Page(f"{desk_dossier.BASE}/propose/", "desk_propose", propose),)
