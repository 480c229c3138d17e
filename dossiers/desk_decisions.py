"""Refund decisions on the desk's pages: a cashier decides, a second officer confirms large sums."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common.errors import NotFound
from dossiers import desk_money, desk_site
from dossiers.actions import money_desk, refund_decisions, refunds
from dossiers.desk_labels import DECISION_EVENTS, DECISIONS, REFUNDS
from dossiers.desk_pages import piece
from dossiers.desk_refunds import AmountField, BelievedField
from dossiers.desk_site import Link, Page
from dossiers.models import RefundDecision, Seat
from dossiers.queries import refunds as queries
from dossiers.rules import refunds as rules
from dossiers.rules.paper_words import short_text
from payments.queries import refunds as payments

dong = desk_money.dong
STATES = tuple(state.value for state in rules.State)
LIVE = "live"
READ = "Lý do (người nộp đọc được)"


class StateFilter(forms.Form):
    state = forms.ChoiceField(
        label="Trạng thái",
        choices=[
            (LIVE, "Đang chờ"),
            *((key, told.capitalize()) for key, told in DECISIONS.items()),
            ("all", "Tất cả"),
        ],
    )


class MoveForm(forms.Form):
    """What every move states: why, and the state that the page showed."""

    expected_state = forms.ChoiceField(
        label="Trạng thái đã xem",
        choices=[(state, state) for state in STATES],
        widget=forms.HiddenInput,
    )


class BasisField(forms.CharField):
    """The rule that an officer names; there may be none."""

    def __init__(self) -> None:
        super().__init__(
            label="Căn cứ (để trống nếu không có)", required=False, min_length=3, max_length=300
        )


class GrantForm(MoveForm):
    amount_vnd = AmountField()
    refundable_believed = BelievedField()
    legal_basis = BasisField()
    reason = desk_money.NoteField(READ, most=500)


class DeclineForm(MoveForm):
    legal_basis = BasisField()
    reason = desk_money.NoteField(READ, most=500)


class ConfirmForm(MoveForm):
    refundable_believed = BelievedField()
    reason = desk_money.NoteField("Ý kiến xác nhận", most=500)


class SendBackForm(MoveForm):
    reason = desk_money.NoteField("Vì sao trả lại", most=500)


# By the move's name: its form, its heading, its button.
FORMS: dict[str, tuple[Callable[..., MoveForm], str, str]] = {
    "grant": (GrantForm, "Hoàn lại", "Cho hoàn"),
    "decline": (DeclineForm, "Không hoàn", "Không hoàn"),
    "confirm": (ConfirmForm, "Xác nhận đề nghị", "Xác nhận hoàn"),
    "send_back": (SendBackForm, "Trả lại đề nghị", "Trả lại"),
}


def listed(request: HttpRequest) -> HttpResponse:
    """Show the agency's decisions, at first those that wait; a row for each person shown."""
    now = desk_site.now()
    seat = money_desk.decision_reader(str(request.user.pk), now=now)
    form = StateFilter({"state": request.GET.get("state", LIVE)}, auto_id="filter_%s")
    wanted, status = LIVE, 200
    if form.is_valid():
        wanted = form.cleaned_data["state"]
    else:
        desk_site.refuse(request, desk_site.form_words(form))
        status = 400
    state = None if wanted in {LIVE, "all"} else wanted
    rows = queries.decisions(seat, state=state, waiting=wanted == LIVE)
    found = piece(request, rows, "-opened_at", "-id")
    citizen_ids = [row.dossier.citizen_id for row in found.rows]
    refunds.shown(seat=seat, citizen_ids=citizen_ids, what="refund_decision:list", now=now)
    context = {
        "rows": [_brief(row) for row in found.rows],
        "piece": found,
        "form": form,
        "tabs": desk_money.tabs("desk_decisions", seat),
    }
    return desk_site.show(request, "decisions", "Quyết định hoàn phí", context, status=status)


def detail(request: HttpRequest, decision_id: str) -> HttpResponse:
    """Show one decision with its history, and the moves that this seat may make now."""
    return _detail(request, decision_id)


def _detail(
    request: HttpRequest,
    decision_id: str,
    posted: dict[str, MoveForm] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now = desk_site.now()
    seat = money_desk.decision_reader(str(request.user.pk), now=now)
    row = queries.decision(seat, decision_id)
    refunds.shown(
        seat=seat,
        citizen_ids=[row.dossier.citizen_id],
        what="refund_decision:read",
        reference=row.dossier_id,
        now=now,
    )
    kept = queries.kept(row)
    left = sum(sum_vnd for _, sum_vnd in kept)
    states = payments.states_of(one.refund_id for one in row.refunds.all())
    brief = _brief(row)
    proposed = row.state == rules.State.PROPOSED
    context = {
        "one": brief,
        "row": row,
        "facts": [
            ("Hồ sơ", brief["code"]),
            ("Vì sao xét", brief["cause"]),
            ("Còn có thể hoàn khi mở", dong(row.refundable_vnd)),
            ("Còn có thể hoàn bây giờ", dong(left)),
            ("Đề nghị hoàn" if proposed else "Cho hoàn", dong(row.granted_vnd)),
            ("Lý do", row.reason or "—"),
            ("Căn cứ", row.legal_basis or rules.NO_RULE[0]),
            ("Ai đề nghị", queries.office_of(row.proposed_by) or "—"),
            ("Mở lúc", brief["at"]),
            ("Quyết định lúc", short_text(row.decided_at) or "—"),
        ],
        "history": [_event(event) for event in row.events.all()],
        "refunds": [
            (one, dong(one.amount_vnd), REFUNDS[states[one.refund_id][0]], states[one.refund_id][1])
            for one in row.refunds.all()
        ],
        "kept": [(payment_id, dong(sum_vnd)) for payment_id, sum_vnd in kept],
        "opens_money": desk_money.reads(seat),
        "moves": _moves(seat, row, left, posted or {}),
        "left": left,
        "own": proposed and row.proposed_by == seat.user_id,
        "limit": dong(refund_decisions.limit()),
    }
    title = f"Hoàn phí hồ sơ {brief['code']}"
    return desk_site.show(request, "decision", title, context, status=status)


def _moves(
    seat: Seat, row: RefundDecision, left: int, posted: dict[str, MoveForm]
) -> list[dict[str, Any]]:
    """Return the forms of what a seat may do now. Shape: posted holds one that was refused."""
    limit = dong(refund_decisions.limit())
    hints = {
        "grant": f"Trên {limit} thì chờ một cán bộ khác xác nhận.",
        "confirm": f"Hoàn {dong(row.granted_vnd)}; tiền đi ngay sau khi xác nhận.",
        "send_back": "Đề nghị kết thúc ở đây, không hoàn gì."
        if row.cause == rules.Cause.OFFICER
        else "Quyết định mở lại để thu ngân xem lại.",
    }
    found = []
    for name in queries.offered(seat, row):
        if name == "grant" and not left:
            continue
        make, head, button = FORMS[name]
        fresh = make(initial={"amount_vnd": left}, auto_id=f"{name}_%s")
        found.append(
            {
                "name": name,
                "form": posted.get(name, fresh),
                "head": head,
                "button": button,
                "hint": hints.get(name, ""),
                "believed": left if "refundable_believed" in fresh.fields else None,
            }
        )
    return found


def move(request: HttpRequest, decision_id: str, name: str) -> HttpResponse:
    """Make an officer's move on a decision. Errors: NotFound for a name that is no move."""
    if name not in FORMS:
        raise NotFound
    make, _, _ = FORMS[name]
    form = make(request.POST, auto_id=f"{name}_%s")

    def act(values: dict[str, Any]) -> str:
        now, user_id = desk_site.now(), str(request.user.pk)
        refund_decisions.move(
            user_id=user_id,
            decision_id=decision_id,
            name=name,
            expected_state=values["expected_state"],
            reason=values["reason"],
            amount_vnd=values.get("amount_vnd"),
            refundable_believed_vnd=values.get("refundable_believed"),
            legal_basis=values.get("legal_basis") or None,
            now=now,
        )
        after = queries.decision(money_desk.decision_reader(user_id, now=now), decision_id)
        return f"Đã ghi: {DECISIONS[after.state]}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_decision", decision_id)
    return _detail(request, decision_id, {name: form}, status=status)


def _brief(row: RefundDecision) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.dossier.code,
        "cause": rules.CAUSES[rules.Cause(row.cause)][0],
        "state": DECISIONS[row.state],
        "refundable": dong(row.refundable_vnd),
        "granted": dong(row.granted_vnd) if row.granted_vnd else "",
        "at": short_text(row.opened_at),
    }


def _event(row: Any) -> dict[str, Any]:
    return {
        "what": DECISION_EVENTS[row.move],
        "by": row.actor_label,
        "amount": dong(row.amount_vnd) if row.amount_vnd else "",
        "basis": row.legal_basis or "",
        "reason": row.reason,
        "at": short_text(row.at),
    }


def _only_decides(seat: Seat) -> bool:
    return desk_money.decides(seat) and not desk_money.reads(seat)


PAGES = (
    Page("money/decisions/", "desk_decisions", listed),
    Page("money/decisions/<str:decision_id>/", "desk_decision", detail),
    Page("money/decisions/<str:decision_id>/<str:name>/", "desk_decision_move", move),
)
# Who keeps the money gets there by the tabs of its pages.
LINKS = (Link("Hoàn phí", "admin:desk_decisions", _only_decides),)
