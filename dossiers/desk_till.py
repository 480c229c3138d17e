"""The counter's till on the desk's pages: my day, counted, closed, handed in; an agency's days."""

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from dossiers import desk_files, desk_money, desk_site
from dossiers.actions import money_desk, money_till, refunds
from dossiers.desk_labels import TILL_WAYS
from dossiers.desk_pages import piece
from dossiers.desk_site import Link, Page
from dossiers.models import Seat
from dossiers.queries import refunds as money
from dossiers.rules.calendar import HCM
from dossiers.rules.paper_words import short_text
from dossiers.rules.seats import Role
from payments.actions import till, till_slips
from payments.queries import receipts
from payments.queries import refunds as payments
from payments.queries import till as reads

dong = desk_money.dong
REFERENCE = r"^[A-Za-z0-9._/-]{4,60}\Z"
REFERENCE_WORDS = {"invalid": "Gồm 4 đến 60 chữ không dấu, số, hoặc . _ / -"}
FOUND = 50  # dues of one dossier that are shown; one has a handful
Bound = dict[str, forms.Form]


class CodeForm(forms.Form):
    code = desk_money.CodeField(required=True)


class ReverseForm(forms.Form):
    amount = forms.IntegerField(
        label="Số tiền đã thấy", min_value=1, max_value=desk_money.MAX_VND, widget=forms.HiddenInput
    )
    reason = forms.CharField(label="Lý do hủy", min_length=5, max_length=400)


class CloseForm(forms.Form):
    counted_vnd = forms.IntegerField(
        label="Tiền mặt kiểm đếm được (đồng)", min_value=0, max_value=desk_money.MAX_VND
    )
    note = forms.CharField(
        label="Ghi chú (bắt buộc khi lệch so với sổ)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class HandInForm(forms.Form):
    reference = forms.RegexField(
        REFERENCE, label="Số giấy nộp tiền", max_length=60, error_messages=REFERENCE_WORDS
    )


def mine(request: HttpRequest) -> HttpResponse:
    """Show the cashier's own till; whoever only looks at days is led to them."""
    seat, _ = money_till.scope(str(request.user.pk), now=desk_site.now())
    if not desk_money.acts(seat):
        return desk_site.go("desk_till_days")
    return _mine(request)


def _mine(request: HttpRequest, bound: Bound | None = None, *, status: int = 200) -> HttpResponse:
    now = desk_site.now()
    seat = money_desk.cashier(str(request.user.pk), now=now)
    today = now.astimezone(HCM).date()
    row = reads.current(seat.user_id, today)
    search = CodeForm(request.GET if "code" in request.GET else None, auto_id="search_%s")
    found = None
    if search.is_bound and not search.is_valid():
        desk_site.refuse(request, desk_site.form_words(search))
        status = 400
    elif search.is_bound:
        found = _owed(seat, search.cleaned_data["code"], now)
    context = {
        **(_day(request, seat, row, bound or {}) if row else {"day": None}),
        "today": f"{today:%d/%m/%Y}",
        "earlier": row is not None and row.closed_at is None and row.day_on != today,
        "search": search,
        "owed": found,
        "waiting": _waiting(seat, now),
        "tabs": desk_money.tabs("desk_till", seat),
    }
    return desk_site.show(request, "till", "Quỹ tại quầy", context, status=status)


def _owed(seat: Seat, code: str, now: datetime.datetime) -> list[dict[str, str]]:
    """Return what a dossier owes to the agency; each person shown can see it."""
    wanted = payments.Wanted(state="owed", references=money.with_code(code))
    rows = payments.payments(money.scope(seat), wanted).order_by("created_at", "id")[:FOUND]
    seen = [row.citizen_id for row in rows]
    refunds.shown(seat=seat, citizen_ids=seen, what="payment:list", now=now)
    return [
        {
            "id": row.id,
            "title": row.title,
            "amount": dong(row.amount_vnd),
            "payer": row.payer_name,
            "since": short_text(row.created_at),
        }
        for row in rows
    ]


def _waiting(seat: Seat, now: datetime.datetime) -> list[dict[str, str]]:
    """Return the refunds that the counter still has to pay out; each person shown can see it."""
    rows = reads.waiting(money.scope(seat))
    seen = [row.payment.citizen_id for row in rows]
    refunds.shown(seat=seat, citizen_ids=seen, what="refund:list", now=now)
    return [
        {
            "id": row.id,
            "title": row.payment.title,
            "amount": dong(row.amount_vnd),
            "payer": row.payment.payer_name,
            "way": TILL_WAYS[row.attempt.taken.method].lower(),
            "since": short_text(row.created_at),
        }
        for row in rows
    ]


def _day(request: HttpRequest, seat: Seat, row: Any, bound: Bound) -> dict[str, Any]:
    """Return one day with its takings and what its cashier may do with it now."""
    now = desk_site.now()
    rows = reads.takings(row, but=money_desk.own_accounts(seat))
    found = piece(request, rows, "-taken_at", "-attempt_id")
    seen = [one.attempt.payment.citizen_id for one in found.rows]
    money_desk.look(seat=seat, citizen_ids=seen, what="payment:till", now=now)
    papers = receipts.originals([one.attempt.payment_id for one in found.rows])
    whose = row.cashier_id == seat.user_id and desk_money.acts(seat)
    running = whose and row.closed_at is None and row.day_on == now.astimezone(HCM).date()
    return {
        "day": _brief(row, reads.totals([row])[row.id]),
        "takings": [
            _taking(one, papers.get(one.attempt.payment_id), bound, running=running)
            for one in found.rows
        ],
        "piece": found,
        "close": bound.get("close", CloseForm(auto_id="close_%s"))
        if whose and row.closed_at is None
        else None,
        "hand_in": bound.get("hand_in", HandInForm(auto_id="hand_in_%s"))
        if whose and row.counted_vnd and getattr(row, "hand_in", None) is None
        else None,
    }


def _brief(row: Any, total: reads.Totals) -> dict[str, Any]:
    expected = total.cash.left_vnd if row.closed_at is None else row.expected_vnd
    difference = None if row.counted_vnd is None else row.counted_vnd - expected
    paid_in = getattr(row, "hand_in", None)
    both = (total.cash, total.transfer)
    return {
        "id": row.id,
        "on": f"{row.day_on:%d/%m/%Y}",
        "state": "đang mở" if row.closed_at is None else "đã khóa sổ",
        "cashier": row.cashier_label,
        "differs": bool(difference),
        "difference": signed(difference),
        "cash": dong(total.cash.left_vnd),
        "transfer": dong(total.transfer.left_vnd),
        "handed_in": paid_in is not None,
        "sums": [
            ("Số lượt thu", *(str(one.count) for one in both)),
            ("Đã thu", *(dong(one.taken_vnd) for one in both)),
            ("Đã hủy", *(dong(one.reversed_vnd) for one in both)),
            ("Đã chi hoàn", *(dong(one.paid_out_vnd) for one in both)),
            ("Còn lại", *(dong(one.left_vnd) for one in both)),
        ],
        "facts": [
            ("Thu ngân", row.cashier_label),
            ("Mở sổ lúc", short_text(row.opened_at)),
            ("Tiền mặt theo sổ", dong(expected)),
            ("Khóa sổ lúc", short_text(row.closed_at) or "—"),
            ("Kiểm đếm được", dong(row.counted_vnd)),
            ("Chênh lệch", signed(difference)),
            ("Ghi chú", row.note or "—"),
            ("Đã nộp", _paid_in(paid_in)),
        ],
    }


def _paid_in(paid_in: Any) -> str:
    if paid_in is None:
        return "chưa nộp"
    when = short_text(paid_in.handed_in_at)
    return f"{dong(paid_in.amount_vnd)}, giấy nộp tiền {paid_in.reference}, lúc {when}"


def signed(difference_vnd: int | None) -> str:
    """Return a difference with its sign; a dash while nothing was counted."""
    if not difference_vnd:
        return "—" if difference_vnd is None else "không"
    return f"{'thừa' if difference_vnd > 0 else 'thiếu'} {dong(abs(difference_vnd))}"


def _taking(one: Any, paper: Any, bound: Bound, *, running: bool) -> dict[str, Any]:
    due = one.attempt.payment
    undone = getattr(one, "reversal", None) is not None
    kept = payments.refundable(due)
    form = None
    if running and not undone and kept == one.amount_vnd:
        form = bound.get(one.attempt_id, ReverseForm(auto_id=f"{one.attempt_id}_%s"))
    return {
        "id": one.attempt_id,
        "payment": due.id,
        "title": due.title,
        "payer": one.attempt.payer_name or due.payer_name,
        "amount": dong(one.amount_vnd),
        "way": TILL_WAYS[one.method],
        "reference": one.reference,
        "at": short_text(one.taken_at),
        "undone": undone,
        "given_back": not undone and kept < one.amount_vnd,
        "paper": paper and {"id": paper.id, "name": f"{paper.series} {paper.number:07d}"},
        "form": form,
        "hidden": [("amount", str(kept))],
        "wrong": form is not None and form.is_bound,
    }


def reverse(request: HttpRequest, attempt_id: str) -> HttpResponse:
    """Undo one of today's takings, as the sum that was seen."""
    form = ReverseForm(request.POST, auto_id=f"{attempt_id}_%s")

    def act(values: dict[str, Any]) -> str:
        again = money_till.reverse(
            user_id=str(request.user.pk),
            attempt_id=attempt_id,
            believed_vnd=values["amount"],
            reason=values["reason"],
            now=desk_site.now(),
        )
        told = "Đã hủy lần thu; người nộp được thông báo."
        return f"{told} Khoản này lại phải nộp." if again else told

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_till")
    return _mine(request, {attempt_id: form}, status=status)


def close(request: HttpRequest) -> HttpResponse:
    """Count the cash and close the cashier's open day."""
    form = CloseForm(request.POST, auto_id="close_%s")

    def act(values: dict[str, Any]) -> str:
        now = desk_site.now()
        seat = money_desk.cashier(str(request.user.pk), now=now)
        row = till.close(cashier_id=seat.user_id, now=now, **values)
        differs = values["counted_vnd"] - (row.expected_vnd or 0)
        told = f"Đã khóa sổ ngày {row.day_on:%d/%m/%Y}"
        return f"{told}, {signed(differs)} so với sổ." if differs else f"{told}, khớp với sổ."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_till")
    return _mine(request, {"close": form}, status=status)


def days(request: HttpRequest) -> HttpResponse:
    """Show the till days of the agency, the newest first: a cashier's own, else all."""
    seat, whose = money_till.scope(str(request.user.pk), now=desk_site.now())
    found = piece(request, reads.days(seat.agency_id, cashier_id=whose), "-day_on", "-id")
    totals = reads.totals(found.rows)
    context = {
        "rows": [_brief(row, totals[row.id]) for row in found.rows],
        "piece": found,
        "acts": desk_money.acts(seat),
        "tabs": _tabs(seat),
    }
    return desk_site.show(request, "till_days", "Các ngày thu tại quầy", context)


def day(request: HttpRequest, day_id: str) -> HttpResponse:
    """Show one till day with its takings."""
    return _one_day(request, day_id)


def _one_day(
    request: HttpRequest, day_id: str, bound: Bound | None = None, *, status: int = 200
) -> HttpResponse:
    seat, whose = money_till.scope(str(request.user.pk), now=desk_site.now())
    row = reads.day(seat.agency_id, day_id, cashier_id=whose)
    context = {**_day(request, seat, row, bound or {}), "tabs": _tabs(seat)}
    title = f"Thu tại quầy ngày {row.day_on:%d/%m/%Y}"
    return desk_site.show(request, "till_day", title, context, status=status)


def slip(request: HttpRequest, day_id: str) -> HttpResponse:
    """Open the slip of a till day; no payer is named on it."""
    seat, whose = money_till.scope(str(request.user.pk), now=desk_site.now())
    row = reads.day(seat.agency_id, day_id, cashier_id=whose)
    return desk_files.drawn(till_slips.slip(row), f"bang-ke-thu-{row.day_on:%Y%m%d}")


def hand_in(request: HttpRequest, day_id: str) -> HttpResponse:
    """Write down that the cash of a closed day was handed in."""
    form = HandInForm(request.POST, auto_id="hand_in_%s")

    def act(values: dict[str, Any]) -> str:
        now = desk_site.now()
        seat = money_desk.cashier(str(request.user.pk), now=now)
        row = till.hand_in(cashier_id=seat.user_id, day_id=day_id, now=now, **values)
        return f"Đã ghi nộp {dong(row.counted_vnd)} theo giấy nộp tiền {values['reference']}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_till_day", day_id)
    return _one_day(request, day_id, {"hand_in": form}, status=status)


def _tabs(seat: Seat) -> list[tuple[str, str, bool]]:
    return desk_money.tabs("desk_till", seat) if desk_money.reads(seat) else []


def _only_days(seat: Seat) -> bool:
    """Return whether a seat looks at till days and at no other money: an administrator's."""
    return Role.ADMIN in seat.roles and not desk_money.reads(seat)


PAGES = (
    Page("money/till/", "desk_till", mine),
    Page("money/till/close/", "desk_till_close", close),
    Page("money/till/takings/<str:attempt_id>/reverse/", "desk_till_reverse", reverse),
    Page("money/till/days/", "desk_till_days", days),
    Page("money/till/days/<str:day_id>/", "desk_till_day", day),
    Page("money/till/days/<str:day_id>/slip.pdf", "desk_till_slip", slip),
    Page("money/till/days/<str:day_id>/hand-in/", "desk_till_hand_in", hand_in),
)
LINKS = (Link("Quỹ tại quầy", "admin:desk_till_days", _only_days),)
