"""`move()`: the only writer of a dossier's state.

Lock, look, write, timeline, papers, message: all in the caller's transaction. The callers (intake,
processing, money) add what their move is about; what every move has in common is here.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

from citizens.actions import inbox
from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal
from dossiers.actions import papers, persons, promise
from dossiers.actions.who import Who, refuse_own_proposal
from dossiers.models import Delivery, Dossier, TimelineEvent, Way
from dossiers.queries import calendar
from dossiers.rules import deadlines, states, words
from dossiers.rules.states import Clock, Edge, Effect, Guard, State
from payments import queries as payments
from services import queries as services


class StateChanged(Refusal):
    code = "state_changed"
    status = 409
    title_vi = "Hồ sơ đã chuyển sang trạng thái khác"
    title_en = "The dossier moved on"
    detail_vi = "Trạng thái hiện tại là {current_state}."
    detail_en = "The present state is {current_state}."
    members = ("current_state",)


class FeeUnpaid(Refusal):
    code = "fee_unpaid"
    status = 409
    title_vi = "Khoản phải nộp chưa được thanh toán"
    title_en = "What is due has not been paid"


class AppraisalTooLate(Refusal):
    code = "appraisal_return_too_late"
    status = 409
    title_vi = "Đã quá 3 ngày làm việc kể từ khi tiếp nhận"
    title_en = "More than 3 working days have passed since reception"


class NothingProposed(Refusal):
    code = "nothing_proposed"
    status = 409
    title_vi = "Chưa có dự thảo kết quả để ký"
    title_en = "There is no proposal to sign yet"


class FeeTaken(Refusal):
    code = "fee_already_paid"
    status = 409
    title_vi = "Hồ sơ đã thu tiền, không thu hồi việc tiếp nhận được"
    title_en = "Money was taken: the reception cannot be recalled"
    detail_vi = "Hãy hoàn trả khoản đã thu trước, hoặc dừng giải quyết hồ sơ."
    detail_en = "Give back what was taken first, or stop the dossier."


class NotByApp(Refusal):
    code = "not_by_app"
    status = 409
    title_vi = "Kết quả này không nhận qua ứng dụng"
    title_en = "This result is not received in the app"
    detail_vi = "Người nộp đã chọn nhận qua bưu chính hoặc tại quầy."
    detail_en = "The applicant chose the post or the counter."


@dataclasses.dataclass(frozen=True)
class Moved:
    dossier: Dossier
    event: TimelineEvent
    edge: Edge


@db.transaction_required
def locked(dossier_id: str) -> Dossier:
    """Return the dossier with its row locked. Errors: NotFound."""
    row = db.lock(Dossier.objects.filter(id=dossier_id)).first()
    if row is None:
        raise NotFound
    return row


@db.transaction_required
def move(
    *,
    dossier: Dossier,
    name: str,
    who: Who,
    now: datetime,
    reason: str = "",
    data: dict[str, Any] | None = None,
    expected_state: int | None = None,
    office: str | None = None,
) -> Moved:
    """Move a locked dossier along one listed edge and record it.

    Errors: StateChanged when the caller saw another state; MoveNotAllowed; NotYourRole;
    NotYourAgency; OwnProposal; Invalid without a needed reason; and the refusals of the edge's
    guards: FeeUnpaid; AppraisalTooLate; NothingProposed; FeeTaken; NotByApp.
    """
    state = State(dossier.state)
    if expected_state is not None and expected_state != state:
        raise StateChanged(current_state=int(state))
    came_from = State(dossier.came_from) if dossier.came_from is not None else None
    edge = states.edge(name, state, came_from=came_from)
    who = who.acting(edge.actor)
    if name in {"sign", "reject"}:
        refuse_own_proposal(dossier, who)
    if edge.needs_reason and not reason.strip():
        raise Invalid(
            errors=[FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")]
        )
    for guard in edge.guards:
        GUARDS[guard](dossier, now)
    promise.note_missed(dossier, now=now)

    # Withdrawn while waiting: the way back is still the one from before the waiting.
    dossier.came_from = int(came_from or state) if edge.end in states.HELD_FROM else None
    received_now = edge.end == State.ACCEPTED and dossier.received_at is None
    if received_now:
        dossier.received_at = now
    if edge.end in {State.COMPLETED, State.STOPPED, State.REJECTED}:
        dossier.finished_at = dossier.finished_at or now
    elif edge.clock == Clock.RESUME:
        dossier.finished_at = None
    if Effect.REVOKE_RESULT in edge.effects:
        dossier.proposal = None  # what was signed wrongly is not signed again unread
    dossier.state = int(edge.end)
    counted = promise.reckon(dossier, edge.clock, now=now)
    event = record(
        dossier=dossier,
        kind=TimelineEvent.Kind.MOVE,
        name=name,
        from_state=int(state),
        clock=edge.clock,
        who=who,
        reason=reason,
        data={**(data or {}), **counted},
        now=now,
        office=office,
    )
    if received_now and Effect.RECEPTION_SLIP in edge.effects:
        papers.issue_reception_slip(dossier=dossier, event=event)
    return Moved(dossier, event, edge)


@db.transaction_required
def record(
    *,
    dossier: Dossier,
    kind: str,
    name: str,
    who: Who,
    now: datetime,
    from_state: int | None,
    clock: Clock = Clock.RUN,
    reason: str = "",
    data: dict[str, Any] | None = None,
    office: str | None = None,
) -> TimelineEvent:
    """Save a locked dossier with its next timeline row, and tell the citizen."""
    last = (
        TimelineEvent.objects.filter(dossier=dossier)
        .order_by("-seq")
        .values_list("seq", flat=True)
        .first()
    )
    promise.note_missed(dossier, now=now)
    dossier.updated_at = now
    if last is not None:
        dossier.version += 1
    dossier.save()
    if last is None or kind == TimelineEvent.Kind.SUPPLEMENT:
        persons.note(dossier)
    event = TimelineEvent.objects.create(
        dossier=dossier,
        seq=(last or 0) + 1,
        kind=kind,
        move=name,
        from_state=from_state,
        to_state=dossier.state,
        actor_kind=who.kind,
        actor_id=who.id,
        actor_label=who.label,
        told_office=office or who.label,
        reason=reason,
        data={**(data or {}), **who.lending},
        clock=str(clock),
        due_at=dossier.due_at,
        at=now,
    )
    due = dossier.due_at.astimezone(deadlines.HCM) if dossier.due_at else None
    text = words.about(
        name,
        code=dossier.code,
        office=event.told_office,
        due=f"{due:%H:%M %d/%m/%Y}" if due else "—",
        amount=words.dong(event.data.get("amount_vnd")),
    )
    inbox.notify(
        citizen_id=dossier.citizen_id,
        kind=f"dossier_{name}",
        title_vi=text.title_vi,
        body_vi=text.body_vi,
        title_en=text.title_en,
        body_en=text.body_en,
        reference=dossier.id,
        dedupe_key=f"{dossier.id}:{event.seq}",
        now=now,
    )
    return event


def _fee_paid(dossier: Dossier, now: datetime) -> None:
    quote = dossier.fee_quote
    if dossier.received_at is not None or not quote["known"]:
        return
    if quote["due"] == "before_reception":
        nothing_owed(dossier, now)


def nothing_owed(dossier: Dossier, now: datetime) -> None:
    """Refuse while something is still to be paid. Errors: FeeUnpaid."""
    dues = payments.status_of([dossier.id]).get(dossier.id)
    if dues is not None and dues.open:
        raise FeeUnpaid


def _not_paid(dossier: Dossier, now: datetime) -> None:
    dues = payments.status_of([dossier.id]).get(dossier.id)
    if dues is not None and dues.paid_vnd > dues.refunded_vnd:
        raise FeeTaken


def _within_appraisal_days(dossier: Dossier, now: datetime) -> None:
    received = dossier.received_at
    if received is None or not deadlines.may_return_at_appraisal(received, now, calendar.working()):
        raise AppraisalTooLate


def _proposal(dossier: Dossier, now: datetime) -> None:
    if not dossier.proposal:
        raise NothingProposed


def _by_app(dossier: Dossier, now: datetime) -> None:
    if Delivery.objects.filter(dossier=dossier).exclude(way=Way.APP).exists():
        raise NotByApp


GUARDS: dict[Guard, Callable[[Dossier, datetime], None]] = {
    Guard.FEE_PAID: _fee_paid,
    Guard.NOTHING_OWED: nothing_owed,
    Guard.DUE_AT_RESULT_PAID: nothing_owed,
    Guard.NOT_PAID: _not_paid,
    Guard.WITHIN_APPRAISAL_DAYS: _within_appraisal_days,
    Guard.PROPOSAL: _proposal,
    Guard.BY_APP: _by_app,
}


def office_name(agency_key: str) -> str:
    """Return the name of an agency as people read it."""
    return services.agency(agency_key).name_vi
