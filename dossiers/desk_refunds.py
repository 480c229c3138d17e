"""Payments and refunds on the desk's pages: the agency's cashier gives back, and repairs."""

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import ids
from dossiers import desk_money, desk_site
from dossiers.actions import money_books, money_desk, refund_decisions, refunds
from dossiers.desk_labels import (
    ACCOUNTS,
    DISPUTES,
    PAYMENTS,
    POSTINGS,
    REFUND_FAILURES,
    REFUND_KINDS,
    REFUND_WAYS,
    REFUNDS,
)
from dossiers.desk_pages import piece
from dossiers.desk_site import Page
from dossiers.models import Seat
from dossiers.queries import refunds as queries
from dossiers.rules.paper_words import short_text
from payments import queries as ledger
from payments.queries import refunds as payments
from payments.reports import disputes

dong = desk_money.dong


def states(words: dict[str, str]) -> list[tuple[str, str]]:
    """Return what a list may be narrowed to."""
    return [("", "Tất cả"), *((key, told.capitalize()) for key, told in words.items())]


class DayField(forms.DateField):
    """A day that may be left open."""

    def __init__(self, label: str) -> None:
        day = forms.DateInput(attrs={"type": "date"})
        super().__init__(label=label, required=False, widget=day)


class AmountField(forms.IntegerField):
    """Whole đồng to give back."""

    def __init__(self) -> None:
        super().__init__(label="Số tiền hoàn (đồng)", min_value=1, max_value=desk_money.MAX_VND)


class BelievedField(forms.IntegerField):
    """What the page showed as still to be given back: it rides along, nobody types it."""

    def __init__(self) -> None:
        super().__init__(
            label="Số còn có thể hoàn",
            min_value=0,
            max_value=desk_money.MAX_VND,
            widget=forms.HiddenInput,
        )


class PaymentFilter(forms.Form):
    state = forms.ChoiceField(label="Trạng thái", required=False, choices=states(PAYMENTS))
    code = desk_money.CodeField(required=False)
    first = DayField("Từ ngày")
    last = DayField("Đến hết ngày")


class RefundFilter(forms.Form):
    state = forms.ChoiceField(label="Trạng thái", required=False, choices=states(REFUNDS))
    code = desk_money.CodeField(required=False)
    repair = forms.BooleanField(label="Chỉ khoản cần xử lý", required=False)


class GiveBackForm(forms.Form):
    amount_vnd = AmountField()
    refundable_believed = BelievedField()
    reason = desk_money.NoteField("Lý do (người nộp đọc được)", most=500)


class RetryForm(forms.Form):
    reason = desk_money.NoteField("Lý do gửi lại", most=500)


class ByHandForm(forms.Form):
    way = forms.ChoiceField(
        label="Cách chi trả",
        choices=[(way, REFUND_WAYS[way].capitalize()) for way in payments.WAYS_BY_HAND],
    )
    reference = forms.RegexField(
        r"^[0-9A-Za-z][0-9A-Za-z./-]{2,59}\Z",
        label="Số phiếu chi hoặc mã giao dịch chuyển khoản",
        error_messages={"invalid": "Từ 3 đến 60 chữ, số, dấu chấm, gạch chéo, gạch ngang."},
    )
    reason = desk_money.NoteField("Lý do chi trả bằng tay", most=500)


def _reader(request: HttpRequest) -> Seat:
    return money_desk.reader(str(request.user.pk), now=desk_site.now())


def _look(seat: Seat, citizen_ids: list[str], what: str, reference: str = "") -> None:
    refunds.shown(
        seat=seat, citizen_ids=citizen_ids, what=what, reference=reference, now=desk_site.now()
    )


def _wanted(request: HttpRequest, form: forms.Form) -> tuple[payments.Wanted, int]:
    """Return what a filter asks for and the status of the page; a wrong one asks for all."""
    if not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return payments.Wanted(), 400
    data = form.cleaned_data
    first, last = data.get("first"), data.get("last")
    return payments.Wanted(
        state=data["state"] or None,
        references=queries.with_code(data["code"]) if data["code"] else None,
        start=desk_money.midnight(first) if first else None,
        end=desk_money.midnight(last) + datetime.timedelta(days=1) if last else None,
        troubled=bool(data.get("repair")),
    ), 200


# --- payments -----------------------------------------------------------------------------------


def listed(request: HttpRequest) -> HttpResponse:
    """Show the agency's payments, the newest first; a row for each person shown."""
    seat = _reader(request)
    form = PaymentFilter(request.GET, auto_id="filter_%s")
    wanted, status = _wanted(request, form)
    rows = payments.payments(queries.scope(seat), wanted)
    found = piece(request, rows, "-created_at", "-id")
    _look(seat, [row.citizen_id for row in found.rows], "payment:list")
    codes = queries.codes_of(row.reference for row in found.rows)
    context = {
        "rows": [_payment(row, codes) for row in found.rows],
        "piece": found,
        "form": form,
        "tabs": desk_money.tabs("desk_payments", seat),
    }
    return desk_site.show(request, "payments", "Khoản nộp", context, status=status)


def detail(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Show one payment: its sums, its refunds, its lines in the books, what waits."""
    return _detail(request, payment_id)


def _detail(
    request: HttpRequest, payment_id: str, form: GiveBackForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = _reader(request)
    row = payments.payment(queries.scope(seat), payment_id)
    codes = queries.codes_of([row.reference])
    waiting = queries.live(row.reference, seat.agency_id)
    _look(seat, [row.citizen_id], "payment:read", row.reference)
    disputed = disputes.of_agencies(money_books.scope(seat)).filter(payment_id=row.id)
    one = _payment(row, codes)
    left = payments.refundable(row)
    # What belongs to no dossier is not an officer's to give back.
    gives = desk_money.acts(seat) and waiting is None and left > 0 and one["code"] is not None
    context = {
        "one": one,
        "facts": [
            ("Hồ sơ", one["code"] or "không thuộc hồ sơ nào"),
            ("Người nộp", one["payer"]),
            ("Phải nộp", one["amount"]),
            ("Đã thu", dong(row.captured_vnd)),
            ("Đang hoàn", dong(row.refunding_vnd)),
            ("Đã hoàn", dong(row.refunded_vnd)),
            ("Còn có thể hoàn", dong(left)),
            ("Phát sinh lúc", one["at"]),
            ("Nộp lúc", short_text(row.settled_at) or "—"),
        ],
        "lines": [(line["label"], dong(line["amount_vnd"])) for line in row.lines],
        "refunds": [_refund(each, row, codes) for each in row.refunds.all()],
        "books": [_line(each) for each in ledger.statement_of(row.id)],
        "disputes": [
            (each.id, dong(each.amount_vnd), DISPUTES[each.state])
            for each in disputed.order_by("id")
        ],
        "waiting": waiting,
        "owed": row.state == "owed" and desk_money.acts(seat),
        "believed": left,
        "hint": f"Trên {dong(refund_decisions.limit())} cần một cán bộ khác xác nhận. "
        "Người nộp được thông báo cùng lý do.",
        "form": (form or GiveBackForm(initial={"amount_vnd": left}, auto_id="give_back_%s"))
        if gives
        else None,
    }
    return desk_site.show(request, "payment", row.title, context, status=status)


def give_back(request: HttpRequest, payment_id: str) -> HttpResponse:
    """Give back a payment or a part of it; a large sum waits as a decision for a second officer."""
    form = GiveBackForm(request.POST, auto_id="give_back_%s")
    proposed: str | None = None

    def act(values: dict[str, Any]) -> str:
        nonlocal proposed
        made = refunds.give_back(
            user_id=str(request.user.pk),
            payment_id=payment_id,
            amount_vnd=values["amount_vnd"],
            refundable_believed_vnd=values["refundable_believed"],
            reason=values["reason"],
            client_key=desk_site.once_of(request) or ids.unguessable(),
            now=desk_site.now(),
        )
        proposed = made.decision_id
        if proposed is not None:
            limit = dong(refund_decisions.limit())
            return f"Khoản trên {limit}: chưa hoàn, chờ một cán bộ khác xác nhận."
        return f"Đã cho hoàn {dong(values['amount_vnd'])}; người nộp được thông báo."

    status = desk_site.attempt(request, form, act)
    if status is not None:
        return _detail(request, payment_id, form, status=status)
    if proposed is not None:
        return desk_site.go("desk_decision", proposed)
    return desk_site.go("desk_payment", payment_id)


def _payment(row: Any, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": codes.get(row.reference),
        "title": row.title,
        "payer": row.payer_name,
        "state": PAYMENTS[row.state],
        "amount": dong(row.amount_vnd),
        "refunding": dong(row.refunding_vnd) if row.refunding_vnd else "",
        "refunded": dong(row.refunded_vnd) if row.refunded_vnd else "",
        "at": short_text(row.created_at),
    }


def _line(row: Any) -> dict[str, Any]:
    return {
        "what": _head(POSTINGS, row.key),
        "debit": _head(ACCOUNTS, row.debit_account),
        "credit": _head(ACCOUNTS, row.credit_account),
        "amount": dong(row.amount_vnd),
        "line": row.settlement_id,
        "at": short_text(row.posted_at),
    }


def _head(words: dict[str, str], name: str) -> str:
    head = name.partition(":")[0]
    return words.get(head, head)


# --- refunds ------------------------------------------------------------------------------------


def refund_list(request: HttpRequest) -> HttpResponse:
    """Show the agency's refunds, the newest first; a row for each person shown."""
    seat = _reader(request)
    form = RefundFilter(request.GET, auto_id="filter_%s")
    wanted, status = _wanted(request, form)
    rows = payments.refunds(queries.scope(seat), wanted)
    found = piece(request, rows, "-created_at", "-id")
    _look(seat, [row.payment.citizen_id for row in found.rows], "refund:list")
    codes = queries.codes_of(row.payment.reference for row in found.rows)
    context = {
        "rows": [_refund(row, row.payment, codes) for row in found.rows],
        "piece": found,
        "form": form,
        "tabs": desk_money.tabs("desk_refunds", seat),
    }
    return desk_site.show(request, "refunds", "Hoàn phí", context, status=status)


def refund(request: HttpRequest, refund_id: str) -> HttpResponse:
    """Show one refund, and for a failed one what the cashier may do about it."""
    return _refund_page(request, refund_id)


def _refund_page(
    request: HttpRequest,
    refund_id: str,
    *,
    retry_form: RetryForm | None = None,
    hand_form: ByHandForm | None = None,
    status: int = 200,
) -> HttpResponse:
    seat = _reader(request)
    row = payments.refund(queries.scope(seat), refund_id)
    paid = row.payment
    _look(seat, [paid.citizen_id], "refund:read", paid.reference)
    one = _refund(row, paid, queries.codes_of([paid.reference]))
    by_rule = row.requested_by.startswith("rule:")
    failed = row.state == "failed" and one["repair"]
    repairs = failed and desk_money.acts(seat)
    alone = refunds.needs_another(seat, row)
    told = [
        ("Hồ sơ", one["code"] or "không thuộc hồ sơ nào"),
        ("Người nộp", one["payer"]),
        ("Số tiền", one["amount"]),
        ("Loại tiền", REFUND_KINDS[row.kind]),
        ("Cách hoàn", one["way"]),
        ("Số phiếu chi, mã giao dịch", row.paid_out_reference),
        ("Lý do", payments.why(row)),
        ("Ai yêu cầu", "theo quy tắc" if by_rule else queries.office_of(row.requested_by)),
        ("Yêu cầu lúc", one["at"]),
        ("Về lúc", short_text(row.succeeded_at)),
        ("Báo lỗi lúc", short_text(row.failed_at)),
        ("Lỗi", one["failure"]),
    ]
    context = {
        "one": one,
        "payment": paid,
        "facts": [(label, value) for label, value in told if value],
        "replaces": row.replaces_id,
        "replaced_by": payments.replaced_by(row),
        "decision": queries.ordered_by(row.id),
        "retry_form": (retry_form or RetryForm(auto_id="retry_%s")) if repairs else None,
        "hand_form": (hand_form or ByHandForm(auto_id="by_hand_%s"))
        if repairs and not alone
        else None,
        "alone": repairs and alone,
        "differs": one["repair"] and not failed,
        "limit": dong(refund_decisions.limit()),
        "acts": desk_money.acts(seat),
    }
    title = f"Hoàn {one['amount']}"
    return desk_site.show(request, "refund", title, context, status=status)


def retry(request: HttpRequest, refund_id: str) -> HttpResponse:
    """Send a failed refund again: a new one stands for it."""
    form = RetryForm(request.POST, auto_id="retry_%s")
    made = ""

    def act(values: dict[str, Any]) -> str:
        nonlocal made
        made = refunds.retry(
            user_id=str(request.user.pk), refund_id=refund_id, now=desk_site.now(), **values
        )
        return "Đã gửi lại bằng một khoản hoàn mới; người nộp được thông báo."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_refund", made or refund_id)
    return _refund_page(request, refund_id, retry_form=form, status=status)


def by_hand(request: HttpRequest, refund_id: str) -> HttpResponse:
    """Write down that a failed refund was paid out by hand."""
    form = ByHandForm(request.POST, auto_id="by_hand_%s")
    made = ""

    def act(values: dict[str, Any]) -> str:
        nonlocal made
        made = refunds.pay_out(
            user_id=str(request.user.pk), refund_id=refund_id, now=desk_site.now(), **values
        )
        return "Đã ghi việc chi trả; người nộp được thông báo."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_refund", made or refund_id)
    return _refund_page(request, refund_id, hand_form=form, status=status)


def _refund(row: Any, paid: Any, codes: dict[str, str]) -> dict[str, Any]:
    failure = row.failure_code
    return {
        "id": row.id,
        "code": codes.get(paid.reference),
        "payer": paid.payer_name,
        "amount": dong(row.amount_vnd),
        "state": REFUNDS[row.state],
        "way": REFUND_WAYS[row.way],
        "failure": REFUND_FAILURES.get(failure, f"mã của cổng: {failure}") if failure else "",
        "repair": payments.needs_repair(row),
        "replaced": payments.replaced_by(row) is not None,
        "at_counter": payments.waits_at_counter(row),
        "at": short_text(row.created_at),
    }


PAGES = (
    Page("money/payments/", "desk_payments", listed),
    Page("money/payments/<str:payment_id>/", "desk_payment", detail),
    Page("money/payments/<str:payment_id>/refund/", "desk_give_back", give_back),
    Page("money/refunds/", "desk_refunds", refund_list),
    Page("money/refunds/<str:refund_id>/", "desk_refund", refund),
    Page("money/refunds/<str:refund_id>/retry/", "desk_refund_retry", retry),
    Page("money/refunds/<str:refund_id>/by-hand/", "desk_refund_by_hand", by_hand),
)
