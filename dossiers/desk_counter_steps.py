"""The steps of a paper file: what each shows, how what was entered is read back.

Nothing is written here; `desk_counter` has the pages.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from common import clock, ids
from common.errors import FieldError, Invalid
from dossiers import desk_dossier, desk_forms
from dossiers.actions import counter
from dossiers.desk_labels import CHANNELS, SCANS, WAYS
from dossiers.models import CounterFile
from dossiers.queries import counter as reads
from dossiers.rules import deadlines, limits, paper_words
from services import queries as services

STEPS = {
    "person": "Người nộp",
    "answers": "Tờ khai",
    "papers": "Giấy tờ",
    "delivery": "Trả kết quả",
    "filing": "Kiểm tra, nộp",
}
MAX_QUANTITY = 1000


SAVED = ("person", "answers", "papers", "delivery")


class PersonForm(forms.Form):
    """As on the identity paper that the officer saw."""

    id_number = forms.RegexField(
        r"^[0-9]{12}$",
        label="Số định danh cá nhân",
        error_messages={"invalid": "Gồm đúng 12 chữ số."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    full_name = forms.CharField(
        label="Họ, chữ đệm, tên", max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )
    phone = forms.CharField(
        label="Điện thoại (nếu có)",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    receiving_agency = forms.ChoiceField(label="Cơ quan tiếp nhận")


class OpenForm(PersonForm):
    channel = forms.ChoiceField(
        label="Cách nộp", choices=[(key, CHANNELS[key]) for key in ("counter", "postal")]
    )
    tracking_number = forms.CharField(
        label="Mã bưu gửi (qua bưu chính)", max_length=40, required=False
    )
    arrived_on = forms.DateField(
        label="Ngày bưu chính giao đến",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
    )


class DeliveryForm(forms.Form):
    way = forms.ChoiceField(
        label="Trả kết quả", choices=[(key, WAYS[key]) for key in ("counter", "post", "app")]
    )
    name = forms.CharField(label="Người nhận thư", max_length=200, required=False)
    phone = forms.RegexField(
        r"^(\+84|0)(3|5|7|8|9)[0-9]{8}$",
        label="Điện thoại nhận thư",
        required=False,
        error_messages={"invalid": "Không phải số di động Việt Nam."},
    )
    line = forms.CharField(label="Số nhà, đường", max_length=300, required=False)
    ward_code = forms.RegexField(
        r"^[0-9]{5}$",
        label="Mã phường, xã",
        required=False,
        widget=forms.TextInput(attrs={"list": desk_forms.WARDS}),
    )
    province_code = forms.RegexField(
        r"^[0-9]{2}$", label="Mã tỉnh, thành phố", required=False, initial=paper_words.CITY
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a half address: the post needs every part of it."""
        data: dict[str, Any] = self.cleaned_data
        if data.get("way") == "post":
            for name in ("name", "phone", "line", "ward_code", "province_code"):
                if name in data and not data[name]:
                    self.add_error(name, "Cần để gửi qua bưu chính.")
        return data

    def chosen(self) -> dict[str, Any]:
        """Return the way as the API takes it."""
        data = dict(self.cleaned_data)
        way = data.pop("way")
        if way != "post":
            return {"way": way}
        if data["phone"].startswith("0"):
            data["phone"] = f"+84{data['phone'][1:]}"
        return {"way": way, "address": data}


def receivers(form: forms.Form, service_code: str) -> None:
    field: Any = form.fields["receiving_agency"]
    field.choices = [(one.key, one.name_vi) for one in services.receivers(service_code, None)]


def person_of(data: dict[str, Any]) -> dict[str, str]:
    return {name: data[name] for name in ("id_number", "full_name", "phone")}


def _show_person(row: CounterFile, form: Any, typed: Any, errors: Any) -> dict[str, Any]:
    if form is None:
        agency = row.receiving_agency_id
        form = PersonForm(auto_id="person_%s", initial={**row.person, "receiving_agency": agency})
        receivers(form, row.service_code)
    return {"form": form}


def _show_answers(row: CounterFile, form: Any, typed: Any, errors: Any) -> dict[str, Any]:
    if not row.form_id:
        return {"sections": []}
    shape = services.form(row.form_id)
    known = {**desk_forms.of_person(shape, row.person), **row.answers}
    if typed is not None:
        known = {name: value for name, value in typed.items() if value is not None}
    return {
        "sections": desk_forms.sections(shape, known, errors),
        "wards": _wards(),
        "title_vi": shape.title_vi,
    }


def _show_papers(row: CounterFile, form: Any, typed: Any, errors: Any) -> dict[str, Any]:
    noted = {(one["paper_key"], one["kind"]): one["quantity"] for one in row.papers}
    scans: dict[str, list[Any]] = {}
    for one in reads.scans(row.id):
        scans.setdefault(one.paper_key, []).append((one, SCANS.get(one.file.verdict, "")))
    papers = counter.papers_of(row)
    return {
        "papers": [
            (
                number,
                paper,
                noted.get((key, "original"), ""),
                noted.get((key, "copy"), ""),
                scans.get(key, []),
            )
            for number, (key, paper) in enumerate(papers.items())
        ],
        "key": ids.unguessable(),
        "megabytes": limits.MAX_FILE_BYTES // limits.MEBIBYTE,
    }


def _show_delivery(row: CounterFile, form: Any, typed: Any, errors: Any) -> dict[str, Any]:
    initial = {"way": row.delivery_way, **(row.delivery_address or {})}
    return {
        "form": form or DeliveryForm(auto_id="delivery_%s", initial=initial),
        "wards": _wards(),
    }


def _show_filing(row: CounterFile, form: Any, typed: Any, errors: Any) -> dict[str, Any]:
    """Return what is filed, whole, and what the catalogue says is owed for it."""
    quote = services.quote_fee(
        row.service_version_id,
        answers=row.answers,
        channel=row.channel,
        on=deadlines.local_day(clock.now()),
    )
    papers = counter.papers_of(row)
    kinds = {"original": "bản chính", "copy": "bản sao"}
    return {
        "person": row.person,
        "known": row.citizen_id is not None,
        "answers": desk_dossier.answers(row),  # a file has form and answers as a dossier has
        "handed_in": [
            (papers[one["paper_key"]].name, kinds[one["kind"]], one["quantity"])
            for one in row.papers
        ],
        "scans": reads.scans(row.id),
        "way": WAYS[row.delivery_way],
        "fee": paper_words.fee_text(
            {"known": quote.known, "total_vnd": quote.total_vnd, "reason_vi": quote.reason_vi}
        ),
    }


SHOWING: dict[str, Callable[[CounterFile, Any, Any, Any], dict[str, Any]]] = {
    "person": _show_person,
    "answers": _show_answers,
    "papers": _show_papers,
    "delivery": _show_delivery,
    "filing": _show_filing,
}


def _wards() -> list[tuple[str, str]]:
    return list(services.places().order_by("code").values_list("code", "name_vi"))


def bound(row: CounterFile, step: str, request: HttpRequest) -> forms.Form:
    if step == "delivery":
        return DeliveryForm(request.POST, auto_id="delivery_%s")
    form = PersonForm(request.POST, auto_id="person_%s")
    receivers(form, row.service_code)
    return form


def changes_of(step: str, form: Any) -> dict[str, Any]:
    if step == "delivery":
        return {"delivery": form.chosen()}
    data = form.cleaned_data
    return {"person": person_of(data), "receiving_agency": data["receiving_agency"]}


def papers_of(row: CounterFile, request: HttpRequest) -> list[dict[str, Any]]:
    """Return what lies there on paper. Errors: Invalid for what is no number of papers."""
    found, wrong = [], []
    for number, (key, paper) in enumerate(counter.papers_of(row).items()):
        for kind in ("original", "copy"):
            text = request.POST.get(f"{kind}-{number}", "").strip()
            if text in {"", "0"}:
                continue
            fits = text.isascii() and text.isdigit() and len(text) < 5
            if not fits or int(text) > MAX_QUANTITY:
                wrong.append(
                    FieldError(
                        "invalid",
                        paper.name[:60],
                        f"Số lượng từ 1 đến {MAX_QUANTITY}",
                        f"1 to {MAX_QUANTITY}",
                    )
                )
                continue
            found.append({"paper_key": key, "kind": kind, "quantity": int(text)})
    if wrong:
        raise Invalid(errors=wrong)
    return found
