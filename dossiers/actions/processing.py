"""What officers do with a dossier: every act is one locked transaction."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from citizens.actions import papers as citizen_papers
from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, NotFound
from dossiers.actions import (
    decisions,
    delivery,
    intake,
    moves,
    opinions,
    papers,
    refund_decisions,
    routing,
    supplements,
    work,
)
from dossiers.actions import who as people
from dossiers.actions.moves import Moved, NothingProposed
from dossiers.actions.who import Who
from dossiers.models import Document, Dossier, Seat, SupplementRequest, TimelineEvent
from dossiers.queries import desk, offices
from dossiers.rules.states import Actor, Clock, Effect, State
from payments import queries as payments
from payments.actions import charge
from services import queries as services

PROPOSE = "propose"


@dataclasses.dataclass(frozen=True)
class Act:
    """An officer's act on a dossier. Only the members that the move is about are used."""

    move: str
    expected_state: int
    reason: str = ""
    fields: Sequence[str] = ()
    papers: Sequence[str] = ()
    result_text: str = ""
    result_number: str = ""
    template: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    lines: Sequence[dict[str, Any]] = ()
    hand_over: Mapping[str, Any] | None = None
    competent_agency: str = ""
    without_opinions: bool = False


@db.transaction()
def act(*, officer_id: str, dossier_id: str, act: Act, now: datetime) -> Dossier:
    """Make one move on a dossier of the officer's own agency.

    Errors: NotFound when it is not of that agency; Forbidden without a seat; NoDossierRole;
    NotYourRole; NotYourAgency; StateChanged; MoveNotAllowed; and those of the single moves.
    """
    dossier, seat, who = _at_the_desk(officer_id, dossier_id, act.move, now)
    data = _before(dossier, seat, act, now)
    if act.move == PROPOSE:
        return _propose(dossier, act, who, now, data)
    if act.move == routing.REROUTE:
        return routing.reroute(
            dossier,
            seat,
            who,
            expected_state=act.expected_state,
            competent_agency=act.competent_agency,
            reason=act.reason,
            now=now,
        )
    moved = moves.move(
        dossier=dossier,
        name=act.move,
        who=who,
        now=now,
        reason=act.reason,
        data=data,
        expected_state=act.expected_state,
        office=_office(dossier, act.move),
    )
    for effect in moved.edge.effects:
        EFFECTS[effect](moved, act, now)
    opinions.after(moved.dossier, now=now)
    return moved.dossier


@db.transaction()
def report_delivery(*, officer_id: str, dossier_id: str, outcome: str, now: datetime) -> Dossier:
    """Record what the post said of a result: delivered, or sent back. The state stays.

    Errors: NotFound; Forbidden without a seat; NotYourRole; NotOnItsWay.
    """
    dossier, _, who = _at_the_desk(officer_id, dossier_id, f"delivery_{outcome}", now)
    who = who.acting(Actor.RECEPTION)
    delivery.report(dossier=dossier, who=who, kind=outcome, now=now)
    return dossier


def _at_the_desk(
    officer_id: str, dossier_id: str, what: str, now: datetime
) -> tuple[Dossier, Seat, Who]:
    """Return a dossier of the officer's agency, locked, the seat, and who the officer is there."""
    seat = offices.seat(officer_id, now=now)
    dossier = moves.locked(dossier_id)  # lock, then look: the agency can change
    if not offices.visible(seat).filter(id=dossier_id).exists():
        raise NotFound
    who = people.officer(seat, dossier)
    _record_access(dossier, officer_id, who, what, now)
    return dossier, seat, who


def at_seat(seat: Seat) -> Who:
    """Return who acts from a seat."""
    return Who(
        kind="officer",
        id=seat.user_id,
        label=f"{seat.title}, {moves.office_name(seat.agency_id)}",
        roles=offices.actors(seat),
    )


def _before(dossier: Dossier, seat: Seat, act: Act, now: datetime) -> dict[str, Any]:
    """Ask what stands in the way of a move that is this officer's to make; return its data.

    A move that is not offered is refused by itself, for its own reason.
    """
    if act.expected_state != dossier.state or act.move not in desk.moves(seat, dossier):
        return {}
    work.admit(dossier, seat, act.move, now=now)
    overtaken = opinions.settle(
        dossier, act.move, without=act.without_opinions, reason=act.reason, now=now
    )
    data = {"without_opinions": overtaken} if overtaken else {}
    return data | routing.redirect(
        dossier, seat, act.move, competent_agency=act.competent_agency, now=now
    )


def _propose(dossier: Dossier, act: Act, who: Who, now: datetime, data: dict[str, Any]) -> Dossier:
    """Put a decision to the approver; the state stays (dự thảo kết quả)."""
    state = State(dossier.state)
    if act.expected_state != state:
        raise moves.StateChanged(current_state=int(state))
    if state not in {State.ACCEPTED, State.PROCESSING}:
        raise moves.states.MoveNotAllowed(state=int(state), move=PROPOSE)
    who = who.acting(Actor.HANDLER)
    dossier.proposal = decisions.compose(
        dossier,
        template=act.template,
        values=act.values,
        text=act.result_text,
        number=act.result_number,
    )
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.PROPOSAL,
        name=PROPOSE,
        who=who,
        now=now,
        from_state=int(state),
        reason=act.reason,
        data=data,
    )
    return dossier


def _nothing_more(moved: Moved, act: Act, now: datetime) -> None:
    """What the move itself has done already."""


def _open_supplement(moved: Moved, act: Act, now: datetime) -> None:
    dossier = moved.dossier
    version = services.version(dossier.service_version_id)
    form = services.form(dossier.form_id) if dossier.form_id else None
    labels = {paper.key: paper.name for paper in version.papers}
    fields = form.schema.get("properties", {}) if form else {}
    unknown = [
        FieldError("unknown_field", name, "Không có trong biểu mẫu", "Not in the form", "/fields")
        for name in act.fields
        if name not in fields
    ] + [
        FieldError("unknown_paper", key, "Không có trong thủ tục", "Not asked for", "/papers")
        for key in act.papers
        if key not in labels
    ]
    if unknown:
        raise Invalid(errors=unknown)
    last = SupplementRequest.objects.filter(dossier=dossier).count()
    supplements.refuse_too_many_rounds(last)
    request = SupplementRequest.objects.create(
        dossier=dossier,
        round=last + 1,
        clock=str(Clock.RESET if act.move == "return_at_appraisal" else Clock.PAUSE),
        fields=list(act.fields),
        papers=list(act.papers),
        message=act.reason,
        state=SupplementRequest.State.OPEN,
        requested_at=now,
    )
    gaps = [str(fields[name].get("title", name)) for name in act.fields]
    gaps += [labels[key] for key in act.papers]
    papers.issue_supplement_slip(
        dossier=dossier, event=moved.event, request=request, gaps=gaps or [act.reason]
    )


@db.transaction_required
def close_supplements(dossier: Dossier, now: datetime) -> None:
    """Close whatever the citizen was still asked for."""
    SupplementRequest.objects.filter(dossier=dossier).exclude(
        state=SupplementRequest.State.CLOSED
    ).update(state=SupplementRequest.State.CLOSED, closed_at=now)


def _close_supplements(moved: Moved, act: Act, now: datetime) -> None:
    close_supplements(moved.dossier, now)


def _refusal_slip(moved: Moved, act: Act, now: datetime) -> None:
    _issue(moved, Document.Kind.REFUSAL_SLIP, reason=act.reason)


def _stop_notice(moved: Moved, act: Act, now: datetime) -> None:
    said = decisions.issued_facts(moved.dossier, kind=act.move)
    _issue(moved, Document.Kind.STOP_NOTICE, reason=act.reason, **said)


def _cancel_dues(moved: Moved, act: Act, now: datetime) -> None:
    charge.cancel(reference=moved.dossier.id, now=now)


def _decide_refund(moved: Moved, act: Act, now: datetime) -> None:
    refund_decisions.open_for(dossier=moved.dossier, move=act.move, now=now)


def _open_dues(moved: Moved, act: Act, now: datetime) -> None:
    dossier = moved.dossier
    if not act.lines:
        dues = payments.status_of([dossier.id]).get(dossier.id)
        if dues is not None and dues.open:
            return  # what the dossier owes already is being asked for now
        raise Invalid(
            errors=[
                FieldError(
                    "required", "lines", "Cần nêu khoản phải nộp", "Say what is owed", "/lines"
                )
            ]
        )
    charge.open(
        reference=dossier.id,
        citizen_id=dossier.citizen_id,
        payer_name=dossier.applicant_name,
        agency_code=dossier.receiving_agency_id,
        title=f"{dossier.code} {dossier.service_name}"[:200],
        lines=intake.charge_lines(act.lines),
        now=now,
        purpose=f"round-{dossier.version}",
    )


def _sign(moved: Moved, act: Act, now: datetime) -> None:
    """Issue the result that was proposed, and remember what was accepted with it."""
    dossier, proposal = moved.dossier, moved.dossier.proposal
    if not proposal:
        raise NothingProposed
    said = decisions.issued_facts(dossier, kind="approve")
    result = _issue(moved, Document.Kind.RESULT, **said)
    results = Document.objects.filter(dossier=dossier, kind=Document.Kind.RESULT)
    result.version = results.count()
    result.save(update_fields=["version"])
    delivery.ready(dossier=dossier, now=now)
    form = services.form(dossier.form_id) if dossier.form_id else None
    if form is not None:
        intake.learn(dossier, form.prefill, verified=True, now=now)
    if dossier.filed_by_id is not None:
        return  # papers that a representative brought may be their own
    clean = dossier.attachments.filter(reused_from="", file__verdict="clean")
    for attachment in clean.order_by("id"):
        if attachment.component_code:
            citizen_papers.accept(
                citizen_id=dossier.citizen_id,
                component_code=attachment.component_code,
                name=attachment.paper_name,
                file_id=attachment.file_id,
                source_ref=dossier.code,
                now=now,
            )


def _revoke_result(moved: Moved, act: Act, now: datetime) -> None:
    """Mark the result revoked: it stays, and says so wherever it is shown."""
    Document.objects.filter(
        dossier=moved.dossier, kind=Document.Kind.RESULT, revoked_at=None
    ).update(revoked_at=now)
    delivery.not_ready(dossier=moved.dossier, now=now)


def _hand_over(moved: Moved, act: Act, now: datetime) -> None:
    delivery.hand_over(dossier=moved.dossier, event=moved.event, given=act.hand_over, now=now)


def _take_back(moved: Moved, act: Act, now: datetime) -> None:
    delivery.take_back(dossier=moved.dossier, event=moved.event, now=now)


def _issue(moved: Moved, kind: Document.Kind, **facts: Any) -> Document:
    return papers.issue(dossier=moved.dossier, event=moved.event, kind=kind, facts=facts)


EFFECTS: dict[Effect, Callable[[Moved, Act, datetime], None]] = {
    Effect.RECEPTION_SLIP: _nothing_more,
    Effect.SUPPLEMENT_SLIP: _open_supplement,
    Effect.CLOSE_SUPPLEMENTS: _close_supplements,
    Effect.REFUSAL_SLIP: _refusal_slip,
    Effect.STOP_NOTICE: _stop_notice,
    Effect.OPEN_DUES: _open_dues,
    Effect.CANCEL_DUES: _cancel_dues,
    Effect.DECIDE_REFUND: _decide_refund,
    Effect.ISSUE_RESULT: _sign,
    Effect.REVOKE_RESULT: _revoke_result,
    Effect.HAND_OVER: _hand_over,
    Effect.TAKE_BACK: _take_back,
}


def _record_access(dossier: Dossier, officer_id: str, who: Who, what: str, now: datetime) -> None:
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=officer_id,
        reader_label=who.label,
        what=f"dossier:{what}",
        purpose="resolve_dossier",
        reference=dossier.id,
        now=now,
    )


def _office(dossier: Dossier, move: str) -> str:
    """Return the office that a citizen is told about: forwarding names where it goes."""
    key = (
        dossier.competent_agency_id
        if move in {"forward", "return_at_appraisal", "reject", "sign"}
        else dossier.receiving_agency_id
    )
    return moves.office_name(key)
