"""Receipts on the desk's pages: listed, opened, printed, replaced by the agency's cashier."""

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import ids
from dossiers import desk_files, desk_money, desk_site
from dossiers.actions import money_desk
from dossiers.desk_labels import RECEIPTS
from dossiers.desk_pages import piece
from dossiers.desk_site import Link, Page
from dossiers.desk_staff import NothingForm
from dossiers.rules.paper_words import short_text
from payments.actions import receipt_papers
from payments.queries import receipts as reads


class FilterForm(forms.Form):
    number = forms.IntegerField(label="Số", required=False, min_value=1, max_value=9_999_999)
    day = forms.DateField(
        label="Ngày lập", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    kind = forms.ChoiceField(
        label="Loại",
        required=False,
        choices=[("", "Tất cả"), *((key, words.capitalize()) for key, words in RECEIPTS.items())],
    )


class ReplaceForm(forms.Form):
    payer_name = forms.CharField(label="Người nộp", min_length=2, max_length=200)
    payer_address = forms.CharField(label="Địa chỉ", required=False, max_length=300)
    payer_tax_code = forms.RegexField(
        r"^(\d{10}|\d{10}-\d{3}|\d{12})\Z",
        label="Mã số thuế",
        required=False,
        max_length=14,
        error_messages={"invalid": "Mã số thuế gồm 10, 10-3 hoặc 12 chữ số."},
    )
    reason = forms.CharField(label="Lý do thay thế", min_length=5, max_length=400)


def listed(request: HttpRequest) -> HttpResponse:
    """Show the receipts that the agency issued, the newest first; a row for each person shown."""
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    form = FilterForm(request.GET, auto_id="filter_%s")
    wanted, status = reads.Wanted(), 200
    if form.is_valid():
        data = form.cleaned_data
        start = data["day"] and desk_money.midnight(data["day"])
        wanted = reads.Wanted(
            kind=data["kind"] or None,
            number=data["number"],
            start=start,
            end=start and start + datetime.timedelta(days=1),
        )
    else:
        desk_site.refuse(request, desk_site.form_words(form))
        status = 400
    rows = reads.at_desk(seat.agency_id, wanted, but=money_desk.own_accounts(seat))
    found = piece(request, rows, "-issued_at", "-series", "-number")
    citizen_ids = [row.payment.citizen_id for row in found.rows]
    money_desk.look(seat=seat, citizen_ids=citizen_ids, what="receipt:list", now=now)
    context = {
        "rows": [_brief(row) for row in found.rows],
        "piece": found,
        "form": form,
        "tabs": desk_money.tabs("desk_receipts", seat),
    }
    return desk_site.show(request, "receipts", "Biên lai đã lập", context, status=status)


def detail(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """Show one receipt, and what the cashier may do with it."""
    return _detail(request, receipt_id)


def _detail(
    request: HttpRequest, receipt_id: str, form: ReplaceForm | None = None, *, status: int = 200
) -> HttpResponse:
    row = _seen(request, receipt_id, "receipt:read")
    after = getattr(row, "replaced_by", None)
    said = {name: getattr(row, name) for name in ReplaceForm.base_fields if name != "reason"}
    acts = desk_money.acts(desk_site.seat_of(request))
    replaceable = acts and after is None and row.kind != "adjustment"
    printed = request.GET.get("printed", "")
    context = {
        "receipt": row,
        "brief": _brief(row),
        "facts": [
            ("Loại", RECEIPTS[row.kind]),
            ("Người nộp", row.payer_name),
            ("Địa chỉ", row.payer_address or "—"),
            ("Mã số thuế", row.payer_tax_code or "—"),
            ("Nội dung", row.title),
            ("Số tiền", desk_money.dong(row.total_vnd)),
            ("Hình thức", row.method),
            ("Lập lúc", short_text(row.issued_at)),
            ("Lý do", row.reason or "—"),
        ],
        "corrects": row.corrects and _brief(row.corrects),
        "after": after and _brief(after),
        "acts": acts,
        "form": (form or ReplaceForm(initial=said, auto_id="replace_%s")) if replaceable else None,
        "printed": int(printed) if printed.isascii() and printed.isdigit() else 0,
    }
    title = f"Biên lai {row.series} {row.number:07d}"
    return desk_site.show(request, "receipt", title, context, status=status)


def replace(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """Issue a receipt in the place of one whose payer is written wrong."""
    form = ReplaceForm(request.POST, auto_id="replace_%s")
    made = ""

    def act(values: dict[str, Any]) -> str:
        nonlocal made
        now = desk_site.now()
        reason = values.pop("reason")
        made = money_desk.replace_receipt(
            seat=money_desk.cashier(str(request.user.pk), now=now),
            receipt_id=receipt_id,
            payer=values,
            reason=reason,
            client_key=desk_site.once_of(request) or ids.unguessable(),
            now=now,
        )
        return "Đã lập biên lai thay thế; người nộp được thông báo."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_receipt", made or receipt_id)
    return _detail(request, receipt_id, form, status=status)


def take_print(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """Take a print for somebody at the counter; its number stands on it."""
    number = 0

    def act(_: dict[str, Any]) -> str:
        nonlocal number
        now = desk_site.now()
        number = money_desk.print_receipt(
            seat=money_desk.cashier(str(request.user.pk), now=now),
            receipt_id=receipt_id,
            client_key=desk_site.once_of(request) or ids.unguessable(),
            now=now,
        )
        return f"Đã lập bản in số {number}."

    status = desk_site.attempt(request, NothingForm(request.POST), act)
    if status is not None:
        return _detail(request, receipt_id, status=status)
    response = desk_site.go("desk_receipt", receipt_id)
    if number:
        response["Location"] += f"?printed={number}"
    return response


def paper(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """Open the signed PDF."""
    row = _seen(request, receipt_id, "receipt:paper")
    data = receipt_papers.original(receipt_id=row.id, now=desk_site.now())
    return desk_files.drawn(data, f"bien-lai-{row.number:07d}")


def print_of(request: HttpRequest, receipt_id: str, number: int) -> HttpResponse:
    """Open a print that was taken."""
    row = _seen(request, receipt_id, "receipt:print")
    data = receipt_papers.copy(receipt=row, number=number)
    return desk_files.drawn(data, f"bien-lai-{row.number:07d}-ban-in-{number}")


def _seen(request: HttpRequest, receipt_id: str, what: str) -> Any:
    """Return a receipt of the officer's agency, and leave a row for whose payment it is."""
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    row = reads.one_at_desk(seat.agency_id, receipt_id, but=money_desk.own_accounts(seat))
    money_desk.look(seat=seat, citizen_ids=[row.payment.citizen_id], what=what, now=now)
    return row


def _brief(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": f"{row.series} {row.number:07d}",
        "kind": RECEIPTS[row.kind],
        "payer": row.payer_name,
        "title": row.title,
        "total": desk_money.dong(row.total_vnd),
        "at": short_text(row.issued_at),
        "is_demo": row.collector["is_demo"],
        "replaced": getattr(row, "replaced_by", None) is not None,
    }


PAGES = (
    Page("money/", "desk_receipts", listed),
    Page("money/receipts/<str:receipt_id>/", "desk_receipt", detail),
    Page("money/receipts/<str:receipt_id>/replace/", "desk_receipt_replace", replace),
    Page("money/receipts/<str:receipt_id>/print/", "desk_receipt_print", take_print),
    Page("money/receipts/<str:receipt_id>/paper.pdf", "desk_receipt_paper", paper),
    Page("money/receipts/<str:receipt_id>/prints/<int:number>.pdf", "desk_print", print_of),
)
LINKS = (Link("Thu phí", "admin:desk_receipts", desk_money.reads),)
