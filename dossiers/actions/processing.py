"""What officers do with a dossier: every act is one locked transaction."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from citizens.actions import papers as citizen_papers
from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, NotFound
from dossiers.actions import intake, moves, papers
from dossiers.actions.moves import Moved, NothingProposed
from dossiers.actions.who import NotYourRole, Who
from dossiers.models import Document, Dossier, SupplementRequest, TimelineEvent
from dossiers.queries import offices
from dossiers.rules.states import Actor, Clock, State
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
    lines: Sequence[dict[str, Any]] = ()


@db.transaction()
def act(*, officer_id: str, dossier_id: str, act: Act, now: datetime) -> Dossier:
    """Make one move on a dossier of the officer's own agency.

    Errors: NotFound when it is not of that agency; Forbidden without a seat; NotYourRole;
    StateChanged; MoveNotAllowed; and those of the single moves.
    """
    seat = offices.seat(officer_id)
    if not offices.visible(seat).filter(id=dossier_id).exists():
        raise NotFound
    dossier = moves.locked(dossier_id)
    if dossier.citizen_id == officer_id:
        raise NotFound
    who = Who(
        kind="officer",
        id=officer_id,
        label=f"{seat.title}, {moves.office_name(seat.agency_id)}",
        roles=frozenset(Actor(role) for role in seat.roles if role in set(Actor)),
    )
    _record_access(dossier, officer_id, who, act.move, now)
    if act.move == PROPOSE:
        return _propose(dossier, act, who, now)
    moved = moves.move(
        dossier=dossier,
        name=act.move,
        who=who,
        now=now,
        reason=act.reason,
        expected_state=act.expected_state,
        office=_office(dossier, act.move),
    )
    _consequences(moved, act, now)
    return moved.dossier


def _consequences(moved: Moved, act: Act, now: datetime) -> None:
    match act.move:
        case "request_supplement" | "return_at_appraisal":
            _open_supplement(moved, act, now)
        case (
            "accept_supplement"
            | "stop"
            | "refuse"
            | "recall_reception"
            | "reject"
            | "refuse_withdrawal"
        ):
            close_supplements(moved.dossier, now)
    match act.move:
        case "refuse" | "recall_reception":
            _issue(moved, Document.Kind.REFUSAL_SLIP, reason=act.reason)
            charge.cancel(reference=moved.dossier.id, now=now)
        case "reject" | "stop" | "accept_withdrawal":
            close_supplements(moved.dossier, now)
            _issue(moved, Document.Kind.STOP_NOTICE, reason=act.reason)
            charge.cancel(reference=moved.dossier.id, now=now)
        case "request_payment":
            _open_dues(moved.dossier, act, now)
        case "sign":
            _sign(moved, now)


def _propose(dossier: Dossier, act: Act, who: Who, now: datetime) -> Dossier:
    """Put a decision to the approver; the state stays (dự thảo kết quả)."""
    state = State(dossier.state)
    if act.expected_state != state:
        raise moves.StateChanged(current_state=int(state))
    if state not in {State.ACCEPTED, State.PROCESSING}:
        raise moves.states.MoveNotAllowed(state=int(state), move=PROPOSE)
    if Actor.HANDLER not in who.roles:
        raise NotYourRole(needed=str(Actor.HANDLER))
    if not act.result_text.strip():
        raise Invalid(
            errors=[
                FieldError(
                    "required",
                    "result_text",
                    "Cần nội dung kết quả",
                    "Say what the result is",
                    pointer="/result_text",
                )
            ]
        )
    dossier.proposal = {"text": act.result_text, "number": act.result_number}
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.PROPOSAL,
        name=PROPOSE,
        who=who,
        now=now,
        from_state=int(state),
        reason=act.reason,
    )
    return dossier


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


def _open_dues(dossier: Dossier, act: Act, now: datetime) -> None:
    if not act.lines:
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


def _sign(moved: Moved, now: datetime) -> None:
    """Issue the result that was proposed, and remember what was accepted with it."""
    dossier, proposal = moved.dossier, moved.dossier.proposal
    if not proposal:
        raise NothingProposed
    _issue(
        moved,
        Document.Kind.RESULT,
        text=proposal["text"],
        number=proposal["number"] or dossier.code,
        signer=moved.event.actor_label,
    )
    form = services.form(dossier.form_id) if dossier.form_id else None
    if form is not None:
        intake.learn(dossier, form.prefill, verified=True, now=now)
    for attachment in dossier.attachments.filter(reused_from="").order_by("id"):
        if attachment.component_code:
            citizen_papers.accept(
                citizen_id=dossier.citizen_id,
                component_code=attachment.component_code,
                name=attachment.paper_name,
                file_id=attachment.file_id,
                source_ref=dossier.code,
                now=now,
            )


def _issue(moved: Moved, kind: Document.Kind, **facts: Any) -> None:
    papers.issue(dossier=moved.dossier, event=moved.event, kind=kind, facts=facts)


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
