"""The agency's books on the desk's pages: what did not fit, disputes, and the settlement report."""

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common.errors import NotFound, Refusal
from dossiers import desk_money, desk_site
from dossiers.actions import money_books, money_desk, money_sheets
from dossiers.desk_labels import DISCREPANCY_EVENTS, DISPUTE_EVENTS, DISPUTES, RESOLUTIONS, RUNS
from dossiers.desk_pages import piece
from dossiers.desk_site import Page
from dossiers.models import Seat
from dossiers.rules.calendar import HCM
from dossiers.rules.paper_words import short_text
from payments.reports import discrepancies, settlement
from payments.reports import disputes as disputed

dong = desk_money.dong
KINDS, STATES = money_sheets.DISCREPANCY_KINDS, money_sheets.DISCREPANCY_STATES


class ResolveForm(forms.Form):
    kind = forms.ChoiceField(label="Kết luận", choices=list(RESOLUTIONS.items()))
    note = desk_money.NoteField("Lý do, căn cứ (không sửa được về sau)")


class DisputeNoteForm(forms.Form):
    text = desk_money.NoteField("Đã làm gì (không sửa được về sau)")


class DaysForm(forms.Form):
    first = forms.DateField(label="Từ ngày", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Đến hết ngày", widget=forms.DateInput(attrs={"type": "date"}))


def _reader(request: HttpRequest) -> Seat:
    return money_desk.reader(str(request.user.pk), now=desk_site.now())


# --- reconciliation -----------------------------------------------------------------------------


def listed(request: HttpRequest) -> HttpResponse:
    """Show what did not fit between statements and ledger, the newest day first."""
    seat = _reader(request)
    wanted = desk_money.chosen(request, "state", discrepancies.STATES, "open")
    state = None if wanted == "all" else wanted
    rows = discrepancies.discrepancies(money_books.scope(seat), state=state)
    found = piece(request, rows, "-day_on", "-id")
    context = {
        "rows": [_discrepancy(row) for row in found.rows],
        "piece": found,
        "offered": (*STATES.items(), ("all", "Tất cả")),
        "wanted": wanted,
        "tabs": desk_money.tabs("desk_discrepancies", seat),
    }
    return desk_site.show(request, "discrepancies", "Chênh lệch đối soát", context)


def detail(request: HttpRequest, discrepancy_id: str) -> HttpResponse:
    """Show one discrepancy with its history."""
    return _detail(request, discrepancy_id)


def _detail(
    request: HttpRequest, discrepancy_id: str, form: ResolveForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = _reader(request)
    row = discrepancies.discrepancy(money_books.scope(seat), discrepancy_id)
    works = desk_money.acts(seat) and row.state == "open"
    context = {
        "one": _discrepancy(row),
        "facts": [
            ("Cổng nói", _figures(row.their_amount_vnd, row.their_fee_vnd)),
            ("Sổ nói", _figures(row.our_amount_vnd, row.our_fee_vnd)),
            ("Dòng sao kê", row.line_id),
            ("Đối tượng ở cổng", row.source_id or "—"),
            ("Khoản nộp", row.payment_id or "không thuộc khoản nộp nào"),
            ("Phát hiện lúc", short_text(row.found_at)),
            ("Đóng lúc", short_text(row.closed_at) or "—"),
            ("Kết luận", RESOLUTIONS.get(row.resolution, "—")),
        ],
        "history": [
            {
                "what": DISCREPANCY_EVENTS[event.what],
                "by": event.by_label or "hệ thống",
                "at": short_text(event.at),
                "resolution": RESOLUTIONS.get(event.resolution, ""),
                "note": event.note,
            }
            for event in discrepancies.history(row)
        ],
        "form": (form or ResolveForm(auto_id="resolve_%s")) if works else None,
        "tabs": desk_money.tabs("desk_discrepancies", seat),
    }
    title = f"{KINDS[row.kind]}, {row.day_on:%d/%m/%Y}"
    return desk_site.show(request, "discrepancy", title, context, status=status)


def resolve(request: HttpRequest, discrepancy_id: str) -> HttpResponse:
    """Say what a discrepancy was; no ledger line changes."""
    form = ResolveForm(request.POST, auto_id="resolve_%s")

    def act(values: dict[str, Any]) -> str:
        money_books.resolve(
            user_id=str(request.user.pk),
            discrepancy_id=discrepancy_id,
            resolution=values["kind"],
            note=values["note"],
            now=desk_site.now(),
        )
        return f"Đã ghi: {RESOLUTIONS[values['kind']]}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_discrepancy", discrepancy_id)
    return _detail(request, discrepancy_id, form, status=status)


def runs(request: HttpRequest) -> HttpResponse:
    """Show the days that were compared; the sums of whole statements at the city's centre only."""
    seat = _reader(request)
    found = piece(request, discrepancies.runs(money_books.scope(seat)), "-day_on", "-id")
    context = {
        "rows": [
            {
                "row": row,
                "state": RUNS[row.state],
                "theirs": dong(row.their_net_vnd),
                "ours": dong(row.our_net_vnd),
                "at": short_text(row.done_at or row.tried_at),
            }
            for row in found.rows
        ],
        "piece": found,
        "totals": money_books.sees_totals(seat),
        "tabs": desk_money.tabs("desk_runs", seat),
    }
    return desk_site.show(request, "runs", "Ngày đối soát", context)


def _discrepancy(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": KINDS[row.kind],
        "state": STATES[row.state].lower(),
        "late": row.state == "open" and row.alarmed_at is not None,
        "day": f"{row.day_on:%d/%m/%Y}",
        "provider": row.provider,
        "theirs": _figures(row.their_amount_vnd, row.their_fee_vnd),
        "ours": _figures(row.our_amount_vnd, row.our_fee_vnd),
    }


def _figures(amount_vnd: int | None, fee_vnd: int | None) -> str:
    if amount_vnd is None:
        return "không có"
    return f"{dong(amount_vnd)}, phí {dong(fee_vnd)}" if fee_vnd else dong(amount_vnd)


# --- disputes -----------------------------------------------------------------------------------


def disputes(request: HttpRequest) -> HttpResponse:
    """Show the disputes about the agency's payments, the newest first."""
    seat = _reader(request)
    wanted = desk_money.chosen(request, "state", disputed.STATES, "all")
    state = None if wanted == "all" else wanted
    rows = disputed.of_agencies(money_books.scope(seat), state=state)
    found = piece(request, rows, "-opened_at", "-id")
    context = {
        "rows": [_dispute(row) for row in found.rows],
        "piece": found,
        "offered": (("all", "Tất cả"), *((one, DISPUTES[one]) for one in disputed.STATES)),
        "wanted": wanted,
        "tabs": desk_money.tabs("desk_disputes", seat),
    }
    return desk_site.show(request, "disputes", "Khiếu nại giao dịch", context)


def dispute(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """Show one dispute with its history."""
    return _dispute_page(request, dispute_id)


def _dispute_page(
    request: HttpRequest, dispute_id: str, form: DisputeNoteForm | None = None, *, status: int = 200
) -> HttpResponse:
    seat = _reader(request)
    row = disputed.dispute(money_books.scope(seat), dispute_id)
    one = _dispute(row)
    context = {
        "one": one,
        "facts": [
            ("Số tiền", one["amount"]),
            ("Đã bị rút", dong(row.withdrawn_vnd)),
            ("Đã trả lại", dong(row.returned_vnd)),
            ("Cổng giữ phí", dong(row.fee_vnd)),
            ("Lý do theo cổng", row.reason or "—"),
            ("Mã ở cổng", row.provider_dispute_id),
            ("Khoản nộp", row.payment_id),
            ("Cần gửi chứng cứ trước", one["answer_by"] or "—"),
            ("Mở lúc", one["opened"]),
            ("Khép lại lúc", short_text(row.closed_at) or "—"),
        ],
        "history": [
            {
                "what": DISPUTE_EVENTS[event.what],
                "state": DISPUTES[event.state],
                "amount": dong(event.amount_vnd) if event.amount_vnd else "",
                "by": event.by_label or "cổng thanh toán",
                "at": short_text(event.at),
                "note": event.note,
            }
            for event in disputed.history(row)
        ],
        "form": (form or DisputeNoteForm(auto_id="note_%s")) if desk_money.acts(seat) else None,
        "tabs": desk_money.tabs("desk_disputes", seat),
    }
    return desk_site.show(request, "dispute", f"Khiếu nại {one['amount']}", context, status=status)


def note_dispute(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """Write down what was done about a dispute."""
    form = DisputeNoteForm(request.POST, auto_id="note_%s")

    def act(values: dict[str, Any]) -> str:
        money_books.note_dispute(
            user_id=str(request.user.pk), dispute_id=dispute_id, now=desk_site.now(), **values
        )
        return "Đã ghi."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_dispute", dispute_id)
    return _dispute_page(request, dispute_id, form, status=status)


def _dispute(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": DISPUTES[row.state],
        "amount": dong(row.amount_vnd),
        "opened": short_text(row.opened_at),
        "answer_by": short_text(row.answer_by),
        "payment": row.payment_id,
        "title": row.payment.title,
    }


# --- the settlement report ----------------------------------------------------------------------

BOOKS: dict[str, tuple[Callable[..., bytes], str]] = {
    "bang-ke-thu": (money_sheets.settlement_book, "Bảng kê thu phí, lệ phí"),
    "chenh-lech": (money_sheets.discrepancy_book, "Chênh lệch đối soát"),
    "bien-lai": (money_sheets.receipt_book, "Tình hình sử dụng biên lai"),
}


def report(request: HttpRequest) -> HttpResponse:
    """Show what the agency collected and gave back in a range of days; this month without one."""
    seat = _reader(request)
    today = desk_site.now().astimezone(HCM).date()
    given = request.GET if "first" in request.GET else None
    first, last = today.replace(day=1), today
    form = DaysForm(given or {"first": first, "last": last}, auto_id="days_%s")
    context: dict[str, Any] = {"form": form, "tabs": desk_money.tabs("desk_report", seat)}
    status = 200
    try:
        if not form.is_valid():
            desk_site.refuse(request, desk_site.form_words(form))
            status = 400
        else:
            first, last = money_sheets.checked(**form.cleaned_data)
            context |= _report(seat, first, last)
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        status = desk_site.status_of(refusal)
    return desk_site.show(request, "report", "Bảng kê thu phí, lệ phí", context, status=status)


def _report(seat: Seat, first: datetime.date, last: datetime.date) -> dict[str, Any]:
    data = settlement.settlement(seat.agency_id, first, last)
    return {
        "facts": [
            ("Đã thu", dong(data.collected_vnd)),
            ("Đã hoàn", dong(data.refunded_vnd)),
            ("Còn lại", dong(data.net_vnd)),
            ("Cổng thanh toán giữ lại", dong(data.provider_fees_vnd)),
            ("Tạm giữ cuối kỳ", dong(data.suspense_vnd)),
            ("Bị khiếu nại cuối kỳ", dong(data.disputed_vnd)),
            ("Chênh lệch chưa xử lý", f"{data.open_discrepancies} dòng"),
        ],
        "lines": [
            (one.label, one.count, dong(one.collected_vnd), dong(one.refunded_vnd))
            for one in data.lines
        ],
        "books": [(name, words) for name, (_, words) in BOOKS.items()],
        "days": f"first={first:%Y-%m-%d}&last={last:%Y-%m-%d}",
    }


def book(request: HttpRequest, name: str) -> HttpResponse:
    """Download one of the workbooks. Errors: NotFound; Invalid; ExportTooLong."""
    seat = _reader(request)
    if name not in BOOKS:
        raise NotFound
    form = DaysForm(request.GET)
    if not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return desk_site.go("desk_report")
    first, last = money_sheets.checked(**form.cleaned_data)
    make, _ = BOOKS[name]
    # The same content gives the same bytes, whenever it is asked for: hence no time of making.
    made_at = datetime.datetime.combine(first, datetime.time(), HCM)
    data = make(seat=seat, first=first, last=last, now=made_at)
    return desk_money.workbook(data, f"{name}-{first:%Y%m%d}-{last:%Y%m%d}")


PAGES = (
    Page("money/discrepancies/", "desk_discrepancies", listed),
    Page("money/discrepancies/<str:discrepancy_id>/", "desk_discrepancy", detail),
    Page("money/discrepancies/<str:discrepancy_id>/resolve/", "desk_resolve", resolve),
    Page("money/runs/", "desk_runs", runs),
    Page("money/disputes/", "desk_disputes", disputes),
    Page("money/disputes/<str:dispute_id>/", "desk_dispute", dispute),
    Page("money/disputes/<str:dispute_id>/note/", "desk_dispute_note", note_dispute),
    Page("money/report/", "desk_report", report),
    Page("money/report/<str:name>.xlsx", "desk_book", book),
)
