"""Deciding whether what was paid goes back (quyết định hoàn phí), and following what became of it.

# Note [What ends a decision]
A decision opens with the move that ends a dossier in state 3 or 8. No edge leads out of these, so
it cannot be recalled; money that arrives later goes back by rule and opens none. While it waits, no
refund passes it by (`actions.refunds`). A proposal of an officer is overtaken when the dossier
ends: then all that is kept is decided anew. A refunded fee is not owed again when a result or its
hand-over is recalled (9 to 4, 10 to 9): whoever wants it again asks with `request_payment`.
"""

import hashlib
from datetime import datetime

from django.conf import settings

from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import desk, money_desk, moves
from dossiers.actions.who import SYSTEM, Who
from dossiers.models import (
    DecidedRefund,
    Dossier,
    RefundDecision,
    RefundDecisionEvent,
    Seat,
    TimelineEvent,
)
from dossiers.queries import offices
from dossiers.queries import refunds as queries
from dossiers.rules import refunds as rules
from dossiers.rules.refunds import By, Cause, State
from dossiers.rules.seats import Role
from payments.actions import refund
from payments.queries import refunds as payments


class DecisionChanged(Refusal):
    code = "refund_decision_changed"
    status = 409
    title_vi = "Quyết định hoàn phí đã chuyển sang trạng thái khác"
    title_en = "The refund decision moved on"
    detail_vi = "Trạng thái hiện tại là {current_state}."
    detail_en = "The present state is {current_state}."
    members = ("current_state",)


class DecisionMoveNotAllowed(Refusal):
    code = "refund_decision_move_not_allowed"
    status = 409
    title_vi = "Không thể thực hiện bước này với quyết định hoàn phí"
    title_en = "This move does not exist for the refund decision now"
    detail_vi = "Quyết định đang ở trạng thái {state}; bước {move} không có ở trạng thái này."
    detail_en = "The decision is {state}, which has no move {move}."
    members = ("state", "move")


class SecondOfficerNeeded(Refusal):
    code = "second_officer_needed"
    status = 403
    title_vi = "Cần một cán bộ khác xác nhận"
    title_en = "A second officer has to do this"
    detail_vi = "Khoản trên {limit_vnd} đồng cần hai người; người đề nghị không tự xác nhận được."
    detail_en = "Sums above {limit_vnd} đồng need two people; whoever proposed cannot confirm."
    members = ("limit_vnd",)


def limit() -> int:
    """Return the sum above which a refund needs two officers, in đồng."""
    return int(settings.REFUND_FOUR_EYES_ABOVE_VND)


def cashier_of(seat: Seat) -> Who:
    """Return who decides from a seat, as timeline and history remember it."""
    return Who(kind="officer", id=seat.user_id, label=desk.label(seat)[:300], roles=frozenset())


def client_key(*parts: str) -> str:
    """Return the key under which one order of a refund is one refund, however often it is sent."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@db.transaction_required
def open_for(*, dossier: Dossier, move: str, now: datetime) -> None:
    """Open a decision for each agency that keeps money of a dossier which just ended.

    The dossier is locked, and what was still owed is cancelled: what is paid now stays paid.
    """
    for agency in payments.agencies_keeping(dossier.id):
        waiting = queries.live(dossier.id, agency)
        if waiting is not None:
            _step(waiting, "overtake", SYSTEM, now=now)
        row = RefundDecision.objects.create(
            dossier=dossier,
            agency_id=agency,
            cause=rules.BY_MOVE[move].value,
            state=State.OPEN.value,
            refundable_vnd=sum(sum_vnd for _, sum_vnd in payments.kept(dossier.id, agency)),
            opened_at=now,
            updated_at=now,
        )
        _note(row, "open", SYSTEM, now=now, amount_vnd=row.refundable_vnd)
        tell(
            dossier, "refund_opened", SYSTEM, amount_vnd=row.refundable_vnd, agency=agency, now=now
        )


@db.transaction_required
def propose(
    *,
    dossier: Dossier,
    seat: Seat,
    payment_id: str,
    amount_vnd: int,
    refundable_vnd: int,
    reason: str,
    now: datetime,
) -> RefundDecision:
    """Keep an officer's wish to give back a large sum until a second one has seen it."""
    row = RefundDecision.objects.create(
        dossier=dossier,
        agency_id=seat.agency_id,
        cause=Cause.OFFICER.value,
        state=State.PROPOSED.value,
        payment_id=payment_id,
        refundable_vnd=refundable_vnd,
        granted_vnd=amount_vnd,
        reason=reason,
        proposed_by=seat.user_id,
        opened_at=now,
        updated_at=now,
    )
    _note(row, "propose", cashier_of(seat), now=now, amount_vnd=amount_vnd, reason=reason)
    return row


@db.transaction()
def move(
    *,
    user_id: str,
    decision_id: str,
    name: str,
    expected_state: str,
    reason: str,
    now: datetime,
    amount_vnd: int | None = None,
    refundable_believed_vnd: int | None = None,
    legal_basis: str | None = None,
) -> str:
    """Make an officer's move on a decision; return its id.

    A grant above the limit waits for a second officer. Whoever grants or confirms says how much
    they believe can be given back.

    Errors: Forbidden, NotYourRole, NotFound, DecisionChanged, DecisionMoveNotAllowed,
    SecondOfficerNeeded, Invalid without a sum; RefundableAmountStale, RefundTooLarge.
    """
    seat = money_desk.decider(user_id, now=now)
    seen = queries.decision(seat, decision_id)
    dossier = moves.locked(seen.dossier_id)
    row = db.lock(RefundDecision.objects.filter(id=decision_id)).get()
    row.dossier = dossier
    _record_access(seat, dossier, f"refund_decision:{name}", now)
    if expected_state != row.state:
        raise DecisionChanged(current_state=row.state)
    amount = _amount(row, name, amount_vnd)
    edge = rules.edge(
        State(row.state),
        rules.resolved(name, amount_vnd=amount or 0, limit_vnd=limit(), cause=Cause(row.cause)),
    )
    if edge is None or edge.by == By.SYSTEM:
        raise DecisionMoveNotAllowed(state=row.state, move=name)
    _refuse_wrong_hands(row, seat, edge.by)
    who = cashier_of(seat)
    if edge.move in {"grant", "propose", "confirm"}:
        kept = queries.kept(row)
        left = sum(sum_vnd for _, sum_vnd in kept)
        if refundable_believed_vnd != left:
            raise refund.RefundableAmountStale(refundable_vnd=left)
        if amount is None or amount > left:
            raise refund.RefundTooLarge(refundable_vnd=left)
        row.granted_vnd = amount
        if edge.move == "propose":
            row.proposed_by = seat.user_id
    if edge.move in {"grant", "propose", "decline"}:
        row.reason, row.legal_basis = reason, legal_basis
    if edge.end in {State.GRANTED, State.DECLINED}:
        row.decided_at = now
    if edge.end == State.OPEN:
        row.granted_vnd, row.proposed_by, row.reason, row.legal_basis = None, "", "", None
    _step(row, edge.move, who, now=now, amount_vnd=amount, reason=reason, basis=legal_basis)
    if edge.end == State.GRANTED:
        _order(row, kept, seat, now)
        tell(
            dossier,
            "refund_granted",
            who,
            amount_vnd=amount,
            agency=row.agency_id,
            reason=row.reason,
            now=now,
        )
    elif edge.end == State.DECLINED:
        kept_vnd = sum(sum_vnd for _, sum_vnd in queries.kept(row))
        tell(
            dossier,
            "refund_declined",
            who,
            amount_vnd=kept_vnd,
            agency=row.agency_id,
            reason=reason,
            now=now,
        )
    return row.id


def _amount(row: RefundDecision, name: str, given: int | None) -> int | None:
    """Return the sum that a move is about. Errors: Invalid for a grant without one."""
    if name == "confirm":
        return row.granted_vnd
    if name != "grant":
        return None
    if given is None:
        raise Invalid(
            errors=[FieldError("required", "amount", "Cần nêu số tiền", "Name the sum", "/amount")]
        )
    return given


def _refuse_wrong_hands(row: RefundDecision, seat: Seat, by: By) -> None:
    if by == By.CASHIER:
        offices.require(seat, Role.CASHIER)
    if by == By.SECOND and seat.user_id == row.proposed_by:
        raise SecondOfficerNeeded(limit_vnd=limit())


def _order(row: RefundDecision, kept: list[tuple[str, int]], seat: Seat, now: datetime) -> None:
    lefts = dict(kept)
    for payment_id, part in rules.share(row.granted_vnd or 0, kept):
        made = refund.order(
            payment_id=payment_id,
            amount_vnd=part,
            expected_refundable_vnd=lefts[payment_id],
            reason=row.reason,
            requested_by=seat.user_id,
            client_key=client_key("decision", row.id, payment_id),
            now=now,
        )
        DecidedRefund.objects.create(
            decision=row, refund_id=made, payment_id=payment_id, amount_vnd=part, at=now
        )


@db.transaction_required
def stand_for(*, failed_id: str, made_id: str, now: datetime) -> None:
    """Note that another refund stands for a failed one, where a decision had ordered it."""
    old = DecidedRefund.objects.filter(refund_id=failed_id).first()
    if old is None:
        return
    DecidedRefund.objects.create(
        decision_id=old.decision_id,
        refund_id=made_id,
        payment_id=old.payment_id,
        amount_vnd=old.amount_vnd,
        at=now,
    )
    follow_up(refund_id=made_id, now=now)


@db.transaction_required
def follow_up(*, refund_id: str, now: datetime) -> None:
    """Let a decision know what became of its refunds. Told twice, it moves once."""
    link = DecidedRefund.objects.filter(refund_id=refund_id).first()
    if link is None:
        return
    row = db.lock(RefundDecision.objects.filter(id=link.decision_id)).get()
    ordered = DecidedRefund.objects.filter(decision=row).values_list("refund_id", flat=True)
    found = payments.states_of(ordered.order_by("id"))
    in_force = [state for state, replaced in found.values() if replaced is None]
    target = rules.follow([(state, state == "succeeded") for state in in_force])
    if target == row.state:
        return
    for edge in rules.EDGES:
        if (edge.start, edge.end, edge.by) == (row.state, target, By.SYSTEM):
            _step(row, edge.move, SYSTEM, now=now)
            return


def _step(
    row: RefundDecision,
    name: str,
    who: Who,
    *,
    now: datetime,
    amount_vnd: int | None = None,
    reason: str = "",
    basis: str | None = None,
) -> None:
    """Move a locked decision along one listed edge and write it into its history."""
    edge = rules.edge(State(row.state), name)
    if edge is None:
        raise DecisionMoveNotAllowed(state=row.state, move=name)
    row.state = edge.end.value
    row.version += 1
    row.updated_at = now
    row.save()
    _note(row, name, who, now=now, amount_vnd=amount_vnd, reason=reason, basis=basis)


def _note(
    row: RefundDecision,
    name: str,
    who: Who,
    *,
    now: datetime,
    amount_vnd: int | None = None,
    reason: str = "",
    basis: str | None = None,
) -> None:
    last = RefundDecisionEvent.objects.filter(decision=row).order_by("-seq").first()
    RefundDecisionEvent.objects.create(
        decision=row,
        seq=(last.seq if last else 0) + 1,
        move=name,
        to_state=row.state,
        actor_kind=who.kind,
        actor_id=who.id,
        actor_label=who.label,
        amount_vnd=amount_vnd,
        legal_basis=basis,
        reason=reason,
        at=now,
    )


@db.transaction_required
def tell(
    dossier: Dossier,
    name: str,
    who: Who,
    *,
    amount_vnd: int | None,
    agency: str,
    now: datetime,
    reason: str = "",
    refund_id: str = "",
    payment_id: str = "",
) -> None:
    """Write what happened to money into a locked dossier's timeline and the citizen's inbox."""
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.PAYMENT,
        name=name,
        who=who,
        now=now,
        from_state=dossier.state,
        reason=reason,
        data={"payment_id": payment_id, "refund_id": refund_id, "amount_vnd": amount_vnd},
        office=moves.office_name(agency),
    )


def _record_access(seat: Seat, dossier: Dossier, what: str, now: datetime) -> None:
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=seat.user_id,
        reader_label=desk.label(seat),
        what=what,
        purpose="resolve_dossier",
        reference=dossier.id,
        now=now,
    )
