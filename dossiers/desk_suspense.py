"""Money that is held apart, on the desk's pages: listed by age, opened, decided on by a cashier."""

import datetime
import re
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common.errors import NotFound
from dossiers import desk_money, desk_site
from dossiers.actions import money_desk, money_suspense, refunds
from dossiers.desk_labels import (
    DUES,
    SENT_BACK,
    SUSPENSE_MOVES,
    SUSPENSE_REASONS,
    SUSPENSE_SOURCES,
    SUSPENSE_STATES,
)
from dossiers.desk_pages import piece
from dossiers.desk_site import Page
from dossiers.desk_till import FOUND, CodeForm
from dossiers.models import Seat
from dossiers.queries import refunds as money
from dossiers.rules.paper_words import short_text
from payments.actions.suspense_moves import MAX_TOGETHER
from payments.queries import refunds as payments
from payments.queries import suspense as reads

dong = desk_money.dong
HINTS = {
    "give_back": "Để trống số tiền thì hoàn toàn bộ phần còn lại.",
    "allot": "Khoản phải nộp được ghi đủ và có biên lai; phần thừa còn ở đây.",
    "keep": "Không tiền nào chuyển; ghi chú vào lịch sử.",
    "close": "Chỉ khi đã xử lý xong ở cổng thanh toán: sổ này không giữ đồng nào.",
}


class FilterForm(forms.Form):
    state = forms.ChoiceField(
        label="Trạng thái",
        required=False,
        choices=[("", "Cần xử lý"), ("all", "Tất cả"), *SUSPENSE_STATES.items()],
    )
    reason = forms.ChoiceField(
        label="Lý do", required=False, choices=[("", "Tất cả"), *SUSPENSE_REASONS.items()]
    )
    source = forms.ChoiceField(
        label="Nguồn", required=False, choices=[("", "Tất cả"), *SUSPENSE_SOURCES.items()]
    )


class MoveForm(forms.Form):
    """What every move says: the state and the sum that were seen, and why."""

    expected_state = forms.CharField(
        label="Trạng thái đã thấy", max_length=10, widget=forms.HiddenInput
    )
    amount_believed_vnd = forms.IntegerField(
        label="Số tiền đã thấy", min_value=0, max_value=desk_money.MAX_VND, widget=forms.HiddenInput
    )
    reason = forms.CharField(
        label="Lý do (không sửa được về sau)",
        min_length=10,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class GiveBackForm(MoveForm):
    amount_vnd = forms.IntegerField(
        label="Số tiền hoàn (đồng)", required=False, min_value=1, max_value=desk_money.MAX_VND
    )
    field_order = ("amount_vnd", "reason")


class TogetherField(forms.MultipleChoiceField):
    """Further items, each with what was seen to be left of it: what moved on is told by that."""

    def valid_value(self, value: str) -> bool:
        return re.fullmatch(r"[a-z0-9_]{1,40}:[0-9]{1,13}", value) is not None


class AllotForm(MoveForm):
    # Which due may be chosen is the action's to say: one that was paid meanwhile has words there.
    payment_id = forms.CharField(label="Mã khoản phải nộp", max_length=40)
    together = TogetherField(
        label="Gộp với khoản tạm giữ khác", required=False, widget=forms.CheckboxSelectMultiple
    )
    further = forms.CharField(
        label="Mã khoản tạm giữ khác, cách nhau bằng dấu phẩy", required=False, max_length=400
    )
    total_vnd = forms.IntegerField(
        label="Tổng số tiền của tất cả (khi nhập mã)",
        required=False,
        min_value=1,
        max_value=desk_money.MAX_VND,
    )
    field_order = ("payment_id", "together", "further", "total_vnd", "reason")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        ticked = dict(one.split(":") for one in data.pop("together", []))
        typed = data.pop("further", "").replace(",", " ").split()
        total = data.pop("total_vnd", None)
        if len(ticked) + len(typed) >= MAX_TOGETHER:
            self.add_error("together", f"Gộp nhiều nhất {MAX_TOGETHER} khoản.")
        if typed and total is None:
            self.add_error("total_vnd", "Cần nêu tổng số tiền của tất cả các khoản.")
        if "amount_believed_vnd" in data:
            seen = data["amount_believed_vnd"] + sum(int(left) for left in ticked.values())
            data["amount_believed_vnd"] = total if typed and total is not None else seen
        return {**data, "together_with": [*ticked, *typed]}


FORMS: dict[str, type[MoveForm]] = {
    "give_back": GiveBackForm,
    "allot": AllotForm,
    "keep": MoveForm,
    "close": MoveForm,
}


def listed(request: HttpRequest) -> HttpResponse:
    """Show the money that is held apart at the agency, the oldest first."""
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    form = FilterForm(request.GET, auto_id="filter_%s")
    wanted, status = reads.Wanted(undecided=True), 200
    if form.is_valid():
        data = form.cleaned_data
        wanted = reads.Wanted(
            state=None if data["state"] in {"", "all"} else data["state"],
            undecided=not data["state"],
            reason=data["reason"] or None,
            source=data["source"] or None,
        )
    else:
        desk_site.refuse(request, desk_site.form_words(form))
        status = 400
    rows = reads.items(seat.agency_id, officer_id=seat.user_id, wanted=wanted, now=now)
    found = piece(request, rows, "created_at", "id")
    _seen(seat, found.rows, now)
    context = {
        "rows": [_brief(row, now) for row in found.rows],
        "piece": found,
        "form": form,
        "tabs": desk_money.tabs("desk_suspense", seat),
    }
    return desk_site.show(request, "suspense", "Tiền tạm giữ", context, status=status)


def detail(request: HttpRequest, suspense_id: str) -> HttpResponse:
    """Show one sum that is held apart, and for a cashier the moves that are possible now."""
    return _detail(request, suspense_id)


def _detail(
    request: HttpRequest,
    suspense_id: str,
    bound: dict[str, MoveForm] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now = desk_site.now()
    seat = money_desk.reader(str(request.user.pk), now=now)
    row = reads.item(seat.agency_id, suspense_id, officer_id=seat.user_id)
    named = reads.payment_of(row)
    if named is not None:
        money_suspense.shown(
            seat=seat,
            citizen_ids=[named.citizen_id],
            what="suspense:read",
            reference=named.reference,
            now=now,
        )
    offered = reads.possible(row) if desk_money.acts(seat) else []
    allots = "allot" in offered
    search = CodeForm(request.GET if "code" in request.GET else None, auto_id="search_%s")
    if allots and search.is_bound and not search.is_valid():
        desk_site.refuse(request, desk_site.form_words(search))
        status = 400
    dues = _dues(seat, row, search, now) if allots else []
    others = _companions(seat, row, now) if allots else []
    context = {
        "one": _brief(row, now),
        "facts": _facts(row, now),
        "transfer": _transfer(row.credit),
        "named": _named(named),
        "history": [_told(move) for move in row.moves.all()],
        "moves": [
            {
                "name": name,
                "label": SUSPENSE_MOVES[name],
                "hint": HINTS[name],
                "form": _form(name, (bound or {}).get(name), dues, others),
            }
            for name in offered
        ],
        "hidden": [("expected_state", row.state), ("amount_believed_vnd", str(row.left_vnd))],
        "search": search if allots and row.credit is not None else None,
        "found": bool(dues),
        "query": f"?{request.GET.urlencode()}" if search.is_bound else "",
        "tabs": desk_money.tabs("desk_suspense", seat),
    }
    title = f"Tiền tạm giữ {dong(row.received_vnd)}"
    return desk_site.show(request, "suspense_item", title, context, status=status)


def move(request: HttpRequest, suspense_id: str, name: str) -> HttpResponse:
    """Make one move, as the state and the sum that were seen."""
    if name not in FORMS:
        raise NotFound
    form = FORMS[name](request.POST, auto_id=f"{name}_%s")

    def act(values: dict[str, Any]) -> str:
        now = desk_site.now()
        money_suspense.decide(
            seat=money_desk.cashier(str(request.user.pk), now=now),
            item_id=suspense_id,
            move=name,
            now=now,
            **values,
        )
        return f"Đã thực hiện: {SUSPENSE_MOVES[name]}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_suspense_item", suspense_id)
    return _detail(request, suspense_id, {name: form}, status=status)


def _form(
    name: str,
    bound: MoveForm | None,
    dues: list[tuple[str, str]],
    others: list[tuple[str, str]],
) -> MoveForm:
    form = bound or FORMS[name](auto_id=f"{name}_%s")
    if isinstance(form, AllotForm):
        if dues:
            form.fields["payment_id"].label = "Khoản phải nộp"
            form.fields["payment_id"].widget = forms.Select(choices=dues)
        if others:
            form.fields["together"].widget.choices = others  # type: ignore[attr-defined]
        else:
            for field in ("together", "further", "total_vnd"):
                form.fields.pop(field)
    return form


def _dues(seat: Seat, row: Any, search: CodeForm, now: datetime.datetime) -> list[tuple[str, str]]:
    """Return what may be offered to be paid: what the searched dossier owes, else the named one.

    A card's money goes to its own due and to no other. Each person shown can see it.
    """
    named = reads.payment_of(row)
    if row.credit is None and named is not None:
        return [(named.id, f"{dong(named.amount_vnd)} · {named.title}")]
    references: Any = [named.reference] if named is not None else []
    if search.is_bound and search.is_valid():
        references = money.with_code(search.cleaned_data["code"])
    wanted = payments.Wanted(state="owed", references=references)
    found = payments.payments(money.scope(seat), wanted).order_by("created_at", "id")[:FOUND]
    known = named and named.citizen_id
    others = [one.citizen_id for one in found if one.citizen_id != known]
    refunds.shown(seat=seat, citizen_ids=others, what="payment:list", now=now)
    return [(one.id, f"{dong(one.amount_vnd)} · {one.title}") for one in found]


def _companions(seat: Seat, row: Any, now: datetime.datetime) -> list[tuple[str, str]]:
    rows = reads.companions(row, officer_id=seat.user_id)
    _seen(seat, rows, now)
    return [
        (
            f"{one.id}:{one.left_vnd}",
            f"{dong(one.left_vnd)} · {short_text(one.created_at)} · {SUSPENSE_REASONS[one.reason]}",
        )
        for one in rows
    ]


def _seen(seat: Seat, rows: list[Any], now: datetime.datetime) -> None:
    concerned = [reads.payment_of(row) for row in rows]
    citizen_ids = [payment.citizen_id for payment in concerned if payment]
    money_suspense.shown(seat=seat, citizen_ids=citizen_ids, what="suspense:list", now=now)


def _brief(row: Any, now: datetime.datetime) -> dict[str, Any]:
    named = reads.payment_of(row)
    return {
        "id": row.id,
        "received": dong(row.received_vnd),
        "left": dong(row.left_vnd),
        "reason": SUSPENSE_REASONS[row.reason],
        "state": SUSPENSE_STATES[row.state],
        "over": row.state == "closed",
        "source": SUSPENSE_SOURCES["card" if row.credit is None else "bank"],
        "age": _age(row, now),
        "at": short_text(row.created_at),
        "title": named.title if named else "",
        "text": row.credit.text if row.credit else "",
    }


def _age(row: Any, now: datetime.datetime) -> str:
    days = max(0, (now - row.created_at).days)
    return f"{days} ngày" if days else "trong ngày"


def _facts(row: Any, now: datetime.datetime) -> list[tuple[str, str]]:
    return [
        ("Mã", row.id),
        ("Nguồn", SUSPENSE_SOURCES["card" if row.credit is None else "bank"]),
        ("Lý do tạm giữ", SUSPENSE_REASONS[row.reason]),
        ("Đã nhận", dong(row.received_vnd)),
        ("Còn phải xử lý", dong(row.left_vnd)),
        ("Đã ghi nhận cho khoản nộp", dong(row.allotted_vnd)),
        ("Đang hoàn lại", dong(row.returning_vnd)),
        ("Đã hoàn lại", dong(row.returned_vnd)),
        ("Tạm giữ từ", f"{short_text(row.created_at)} ({_age(row, now)})"),
        ("Xong lúc", short_text(row.closed_at) or "—"),
    ]


def _transfer(credit: Any) -> list[tuple[str, str]]:
    if credit is None:
        return []
    return [
        ("Mã giao dịch", credit.transaction_id),
        ("Vào tài khoản", credit.account),
        ("Nội dung chuyển", credit.text or "—"),
        ("Người chuyển", credit.sender_name or "—"),
        ("Từ tài khoản", f"…{credit.sender_account[-4:]}"),
        ("Chuyển lúc", short_text(credit.made_at)),
    ]


def _named(payment: Any) -> dict[str, Any] | None:
    """Return the due that the money named."""
    if payment is None:
        return None
    code = money.codes_of([payment.reference]).get(payment.reference, "—")
    return {
        "id": payment.id,
        "facts": [
            ("Nội dung", payment.title),
            ("Hồ sơ", code),
            ("Số phải nộp", dong(payment.amount_vnd)),
            ("Trạng thái", DUES[payment.state]),
        ],
    }


def _told(move: Any) -> dict[str, str]:
    going = move.bank_return or move.refund
    return {
        "what": SUSPENSE_MOVES[move.kind],
        "amount": dong(move.amount_vnd),
        "payment": move.payment_id or "",
        "sent_back": SENT_BACK[going.state] if going else "",
        "reason": move.reason,
        "by": move.officer_label,
        "at": short_text(move.at),
    }


PAGES = (
    Page("money/suspense/", "desk_suspense", listed),
    Page("money/suspense/<str:suspense_id>/", "desk_suspense_item", detail),
    Page("money/suspense/<str:suspense_id>/<str:name>/", "desk_suspense_move", move),
)
