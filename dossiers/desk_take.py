"""Money over the counter on the desk's pages: a due is taken, a refund of it is paid out."""

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import ids
from common.errors import Refusal
from dossiers import desk_money, desk_site
from dossiers.actions import money_desk, money_till, refunds
from dossiers.desk_labels import DUES, RECEIPTS, TILL_WAYS
from dossiers.desk_site import Page
from dossiers.desk_till import REFERENCE, REFERENCE_WORDS
from dossiers.models import Seat
from dossiers.queries import refunds as money
from dossiers.rules.paper_words import short_text
from payments.actions import counter, till
from payments.queries import refunds as payments
from payments.queries import till as reads

dong = desk_money.dong


class TakeForm(forms.Form):
    expected_state = forms.CharField(
        label="Trạng thái đã thấy", max_length=10, widget=forms.HiddenInput
    )
    amount = forms.IntegerField(
        label="Số tiền đã thấy", min_value=1, max_value=desk_money.MAX_VND, widget=forms.HiddenInput
    )
    method = forms.ChoiceField(label="Hình thức", choices=list(TILL_WAYS.items()))
    reference = forms.RegexField(
        REFERENCE,
        label="Số tham chiếu (chỉ khi chuyển khoản)",
        required=False,
        max_length=60,
        error_messages=REFERENCE_WORDS,
    )
    payer_name = forms.CharField(
        label="Người đang nộp (khi nộp thay)", required=False, max_length=200
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "reference" in data and "method" in data:
            named = bool(data["reference"])
            if (data["method"] == reads.TRANSFER) != named:
                self.add_error(
                    "reference",
                    "Tiền mặt không có số tham chiếu."
                    if named
                    else "Chuyển khoản cần số tham chiếu.",
                )
        return data


class PayOutForm(forms.Form):
    amount = forms.IntegerField(
        label="Số tiền đã thấy", min_value=1, max_value=desk_money.MAX_VND, widget=forms.HiddenInput
    )
    reference = forms.RegexField(
        REFERENCE,
        label="Số tham chiếu của lệnh chuyển khoản",
        required=False,
        max_length=60,
        error_messages=REFERENCE_WORDS,
    )


def take(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Show what is owed, and take it as the state and the sum that were seen."""
    if request.method != "POST":
        return _take(request, payment_id)
    form = TakeForm(request.POST, auto_id="take_%s")

    def act(values: dict[str, Any]) -> str:
        now = desk_site.now()
        money_till.take(
            user_id=str(request.user.pk),
            asked=counter.Taking(
                payment_id=payment_id,
                method=values["method"],
                amount_vnd=values["amount"],
                reference=values["reference"],
                payer_name=values["payer_name"],
                expected_state=values["expected_state"],
                client_key=desk_site.once_of(request) or ids.unguessable(),
            ),
            now=now,
        )
        seat = money_desk.cashier(str(request.user.pk), now=now)
        paper = reads.due(seat.agency_id, payment_id).papers[0]
        return f"Đã thu {dong(values['amount'])}; biên lai {_name(paper)}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_take", payment_id)
    return _take(request, payment_id, form, status=status)


def _take(
    request: HttpRequest, payment_id: str, form: TakeForm | None = None, *, status: int = 200
) -> HttpResponse:
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    due = money_till.due(seat, payment_id)
    row = due.row
    _look(seat, row, "payment:read", now)
    owed = row.state == "owed" and due.shown != "review"
    barred = _barred(seat, now) if owed and desk_money.acts(seat) else ""
    context = {
        "payment": row,
        "amount": dong(row.amount_vnd),
        "state": DUES[due.shown],
        "review": due.shown == "review",
        "facts": [
            ("Nội dung", row.title),
            ("Hồ sơ", _code(row.reference)),
            ("Người phải nộp", row.payer_name),
            ("Số tiền", dong(row.amount_vnd)),
            ("Phát sinh lúc", short_text(row.created_at)),
            ("Nộp lúc", short_text(row.settled_at) or "—"),
        ],
        "lines": [(one["label"], one["quantity"], dong(one["amount_vnd"])) for one in row.lines],
        "papers": [
            {"id": one.id, "name": _name(one), "kind": RECEIPTS[one.kind]} for one in due.papers
        ],
        "again": due.owed_again,
        "barred": barred,
        "form": (form or TakeForm(auto_id="take_%s"))
        if owed and desk_money.acts(seat) and not barred
        else None,
        "hidden": [("expected_state", row.state), ("amount", str(row.amount_vnd))],
        "tabs": desk_money.tabs("desk_till", seat),
    }
    return desk_site.show(request, "take", "Thu tại quầy", context, status=status)


def pay_out(request: HttpRequest, refund_id: str) -> HttpResponse:
    """Show a refund of the counter's money, and write down that it was paid out."""
    if request.method != "POST":
        return _pay_out(request, refund_id)
    form = PayOutForm(request.POST, auto_id="pay_out_%s")

    def act(values: dict[str, Any]) -> str:
        money_till.pay_out(
            user_id=str(request.user.pk),
            refund_id=refund_id,
            believed_vnd=values["amount"],
            reference=values["reference"],
            client_key=desk_site.once_of(request) or ids.unguessable(),
            now=desk_site.now(),
        )
        return f"Đã chi {dong(values['amount'])}; người nộp được thông báo."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_pay_out", refund_id)
    return _pay_out(request, refund_id, form, status=status)


def _pay_out(
    request: HttpRequest, refund_id: str, form: PayOutForm | None = None, *, status: int = 200
) -> HttpResponse:
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    row = money_till.refund(seat, refund_id)
    due, taken, paid = row.payment, row.attempt.taken, getattr(row, "payout", None)
    _look(seat, due, "refund:read", now)
    waits = payments.waits_at_counter(row)
    barred = _barred(seat, now) if waits and desk_money.acts(seat) else ""
    form = form or PayOutForm(auto_id="pay_out_%s")
    if taken.method == reads.CASH:
        form.fields.pop("reference")
    context = {
        "refund": row,
        "amount": dong(row.amount_vnd),
        "state": "chờ chi" if waits else "đã chi" if paid else "không chờ chi ở quầy",
        "facts": [
            ("Nội dung", due.title),
            ("Hồ sơ", _code(due.reference)),
            ("Người phải nộp", due.payer_name),
            ("Số tiền hoàn", dong(row.amount_vnd)),
            ("Lý do hoàn", row.reason),
            ("Yêu cầu lúc", short_text(row.created_at)),
            ("Đã thu bằng", f"{TILL_WAYS[taken.method].lower()}, {short_text(taken.taken_at)}"),
            ("Đã chi lúc", short_text(paid.paid_at) if paid else "—"),
            ("Số tham chiếu", (paid and paid.reference) or "—"),
        ],
        "way": TILL_WAYS[taken.method].lower(),
        "barred": barred,
        "form": form if waits and desk_money.acts(seat) and not barred else None,
        "hidden": [("amount", str(row.amount_vnd))],
        "tabs": desk_money.tabs("desk_till", seat),
    }
    return desk_site.show(request, "pay_out", "Chi hoàn tại quầy", context, status=status)


def _barred(seat: Seat, now: datetime.datetime) -> str:
    """Return why the cashier's till takes and pays nothing now, said before money changes hands."""
    try:
        till.refuse_closed(cashier_id=seat.user_id, agency_code=seat.agency_id, now=now)
    except Refusal as refusal:
        return desk_site.words_of(refusal)
    return ""


def _look(seat: Seat, due: Any, what: str, now: datetime.datetime) -> None:
    refunds.shown(
        seat=seat, citizen_ids=[due.citizen_id], what=what, reference=due.reference, now=now
    )


def _code(reference: str) -> str:
    return money.codes_of([reference]).get(reference, "—")


def _name(paper: Any) -> str:
    return f"{paper.series} {paper.number:07d}"


PAGES = (
    Page("money/payments/<str:payment_id>/take/", "desk_take", take),
    Page("money/refunds/<str:refund_id>/pay-out/", "desk_pay_out", pay_out),
)
