"""The moves of a dossier as forms: one a move, with what that move is about and nothing else."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from dossiers.actions.processing import Act
from dossiers.desk_labels import MOVES, PROOFS, TAKERS, WAYS
from dossiers.models import Dossier, Opinion, Seat
from dossiers.queries import desk, opinions
from dossiers.rules import states
from services import queries as services

MAX_LINES = 20
BLANK_LINES = 3
KINDS = (("phi", "Phí"), ("le_phi", "Lệ phí"))
DECIDING = ("propose", "sign", "reject")
_HAND_OVER = ("way", "taken_by", "taker_name", "proof", "signed", "tracking_number")
_SUPPLEMENT = ("reason", "papers", "fields_asked")
# Move -> what is entered with it; `propose` has a page of its own.
FIELDS: dict[str, tuple[str, ...]] = {
    "receive": (),
    "refuse": ("reason",),
    "request_supplement": _SUPPLEMENT,
    "request_payment": ("reason",),
    "forward": ("competent_agency",),
    "recall_reception": ("reason",),
    "return_at_appraisal": _SUPPLEMENT,
    "reroute": ("competent_agency", "reason"),
    "reject": ("reason", "without_opinions"),
    "sign": ("reason", "without_opinions"),
    "accept_supplement": (),
    "stop": ("reason",),
    "accept_withdrawal": (),
    "refuse_withdrawal": ("reason",),
    "hand_over": _HAND_OVER,
    "recall_result": ("reason",),
    "recall_hand_over": ("reason",),
}
REASONED = {edge.move for edge in states.EDGES if edge.needs_reason} | {"reroute"}


@dataclasses.dataclass(frozen=True)
class Options:
    """What may be chosen in the forms of one dossier.

    Shape: papers and answers are (key, words); waiting counts opinions not answered yet.
    """

    papers: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    agencies: list[tuple[str, str]]
    way: str
    waiting: int
    fee_open: bool


def options(row: Dossier, offered: list[str], *, fee_open: bool) -> Options:
    """Return what may be chosen in the forms of the moves that are offered."""
    version = services.version(row.service_version_id)
    form = services.form(row.form_id) if row.form_id else None
    fields: Mapping[str, Any] = form.schema.get("properties", {}) if form else {}
    delivery = getattr(row, "delivery", None)
    routed = {"forward", "reroute"} & set(offered)
    open_ones = opinions.asked_on(row.id).filter(state=Opinion.State.OPEN)
    return Options(
        papers=[(paper.key, paper.name) for paper in version.papers if paper.digital],
        answers=[(name, str(one.get("title", name))) for name, one in fields.items()],
        agencies=_agencies(row) if routed else [],
        way=delivery.way if delivery else "app",
        waiting=open_ones.count() if set(DECIDING) & set(offered) else 0,
        fee_open=fee_open,
    )


def _agencies(row: Dossier) -> list[tuple[str, str]]:
    rows = services.competent_agencies(row.service_version_id).order_by("level", "name_vi", "key")
    found = [(one.key, one.name_vi) for one in rows if one.key != row.competent_agency_id]
    back = row.receiving_agency
    if row.competent_agency_id != back.key and row.state == states.State.PROCESSING:
        found.insert(0, (back.key, f"Trả lại {back.name_vi}"))
    return found


class MoveForm(forms.Form):
    """Everything that some move is about; `form_of` leaves what one move needs."""

    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)
    competent_agency = forms.ChoiceField(label="Cơ quan giải quyết", required=False)
    reason = forms.CharField(
        label="Lý do", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    papers = forms.MultipleChoiceField(
        label="Giấy tờ cần bổ sung", required=False, widget=forms.CheckboxSelectMultiple
    )
    fields_asked = forms.MultipleChoiceField(
        label="Mục trong tờ khai cần sửa", required=False, widget=forms.CheckboxSelectMultiple
    )
    without_opinions = forms.BooleanField(
        label="Quyết định khi chưa đủ ý kiến phối hợp (nêu lý do)", required=False
    )
    way = forms.ChoiceField(label="Trả kết quả", choices=list(WAYS.items()))
    taken_by = forms.ChoiceField(
        label="Người nhận", required=False, choices=[("", "—"), *TAKERS.items()]
    )
    taker_name = forms.CharField(label="Họ tên người nhận", required=False, max_length=200)
    proof = forms.ChoiceField(
        label="Giấy tờ đã xem", required=False, choices=[("", "—"), *PROOFS.items()]
    )
    signed = forms.BooleanField(label="Người nhận đã ký nhận", required=False)
    tracking_number = forms.CharField(label="Mã bưu gửi", required=False, max_length=40)


class LineForm(forms.Form):
    """One thing to be paid. An empty line is no line."""

    code = forms.CharField(label="Mã", max_length=40, initial="extra")
    label_vi = forms.CharField(label="Nội dung", max_length=200)
    kind = forms.ChoiceField(label="Loại", choices=KINDS, initial="phi")
    quantity = forms.IntegerField(label="Số lượng", min_value=1, max_value=1000, initial=1)
    unit_vnd = forms.IntegerField(label="Đơn giá (đồng)", min_value=1, max_value=99_999_999)


LineSet = formset_factory(
    LineForm, extra=BLANK_LINES, max_num=MAX_LINES, absolute_max=MAX_LINES, validate_max=True
)


@dataclasses.dataclass(frozen=True)
class MoveSheet:
    """One move as the page shows it."""

    name: str
    label: str
    form: MoveForm
    lines: "BaseFormSet[Any] | None" = None
    hint: str = ""

    def is_valid(self) -> bool:
        """Return whether everything entered can be read."""
        return self.form.is_valid() and (self.lines is None or self.lines.is_valid())

    def faults(self) -> list[str]:
        """Return what is wrong with the lines, in words."""
        if self.lines is None:
            return []
        return [
            f"Khoản {number}, {form.fields[name].label}: {' '.join(told)}"
            for number, form in enumerate(self.lines.forms, 1)
            for name, told in form.errors.items()
        ] + [str(one) for one in self.lines.non_form_errors()]

    def act(self) -> Act:
        """Return the act that the API would be asked for."""
        data = self.form.cleaned_data
        given = {name: data[name] for name in _HAND_OVER if data.get(name)}
        return Act(
            move=self.name,
            expected_state=data["expected_state"],
            reason=data.get("reason", ""),
            fields=data.get("fields_asked", []),
            papers=data.get("papers", []),
            competent_agency=data.get("competent_agency", ""),
            without_opinions=data.get("without_opinions", False),
            lines=[_line(one.cleaned_data) for one in self.lines.forms if one.has_changed()]
            if self.lines
            else (),
            hand_over=given or None,
        )


def _line(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "amount_vnd": told["quantity"] * told["unit_vnd"]}


def sheet_of(name: str, chosen: Options, data: Any = None) -> MoveSheet:
    """Return the form of one move, filled with what was posted where something was."""
    form = MoveForm(data, auto_id=f"{name}_%s", initial={"way": chosen.way})
    keep = {"expected_state", *FIELDS[name]}
    if name == "sign" and not chosen.waiting:
        keep -= {"reason"}
    if not chosen.waiting:
        keep -= {"without_opinions"}
    for field in [one for one in form.fields if one not in keep]:
        del form.fields[field]
    _choose(form, "papers", chosen.papers)
    _choose(form, "fields_asked", chosen.answers)
    first = ("", "Theo tuyến đã định" if name == "forward" else "— chọn cơ quan —")
    _choose(form, "competent_agency", [first, *chosen.agencies])
    if name in REASONED and "reason" in form.fields:
        form.fields["reason"].widget.attrs["required"] = True
    return MoveSheet(
        name=name,
        label=MOVES[name],
        form=form,
        lines=LineSet(data, prefix="lines") if name == "request_payment" else None,
        hint=_hint(name, chosen),
    )


def _hint(name: str, chosen: Options) -> str:
    if name == "request_payment" and chosen.fee_open:
        return "Hồ sơ đang có khoản chưa nộp; để trống các dòng là yêu cầu nộp khoản đó."
    if name == "hand_over":
        return f"Người nộp chọn nhận: {WAYS[chosen.way].lower()}."
    if name in {"sign", "reject"} and chosen.waiting:
        return f"Còn {chosen.waiting} cơ quan chưa trả lời ý kiến."
    return ""


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    if name not in form.fields:
        return
    if not choices:
        del form.fields[name]
        return
    field: Any = form.fields[name]
    field.choices = choices


def offered(seat: Seat, row: Dossier) -> list[str]:
    """Return the moves that the officer of a seat may make now, in the order of the labels."""
    may = set(desk.moves(seat, row))
    return [name for name in MOVES if name in may]
