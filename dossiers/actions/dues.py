"""What a dossier owes, corrected by the desk while it is being asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, NotFound
from dossiers.actions import intake, moves, work
from dossiers.actions import who as people
from dossiers.actions.moves import StateChanged
from dossiers.actions.who import SYSTEM, Who
from dossiers.models import Dossier, Seat, TimelineEvent
from dossiers.queries import offices
from dossiers.rules.dues import CORRECT, corrector
from dossiers.rules.states import MoveNotAllowed, State
from dossiers.rules.views import Part
from payments import queries as money
from payments.actions import charge
from payments.queries import dues as payments


@db.transaction()
def read(*, officer_id: str, dossier_id: str, now: datetime) -> list[payments.DeskPayment]:
    """Return what a dossier owes and owed, newest first, and leave a row for its citizen.

    Errors: NotFound, also for an agency whose part shows no money; Forbidden without a seat.
    """
    dossier, seat, who = _at_the_desk(officer_id, dossier_id, now)
    if Part.MONEY not in offices.parts(seat, dossier):
        raise NotFound
    _record_access(dossier, officer_id, who, now)
    return payments.desk(references=[dossier.id])


@db.transaction()
def correct(
    *,
    officer_id: str,
    dossier_id: str,
    payment_id: str,
    lines: Sequence[Mapping[str, Any]],
    reason: str,
    expected_state: int,
    now: datetime,
) -> list[payments.DeskPayment]:
    """Put a right due in the place of a wrong one, with the reason; return what is owed then.

    The citizen is told. No lines: nothing is owed, and a dossier that waited for the money alone
    goes on. A page that is open for the wrong due is closed; money that still comes for it goes
    back by itself.

    Errors: NotFound; Forbidden without a seat; StateChanged; MoveNotAllowed where the state knows
    no correction; NotYourRole; NotYourAgency; AssignedToAnother; LockedByAnother; Invalid without
    a reason; PaymentNotOwed; PaymentUnderReview; DueUnchanged.
    """
    dossier, seat, who = _at_the_desk(officer_id, dossier_id, now)
    state = State(dossier.state)
    if expected_state != state:
        raise StateChanged(current_state=int(state))
    came_from = State(dossier.came_from) if dossier.came_from is not None else None
    actor = corrector(state, came_from)
    if actor is None:
        raise MoveNotAllowed(state=int(state), move=CORRECT)
    who = who.acting(actor)
    work.admit_as(dossier, seat, actor, now=now)
    if not reason.strip():
        raise Invalid(
            errors=[FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")]
        )
    old = next(iter(payments.desk(payment_id=payment_id)), None)
    if old is None or old.reference != dossier.id:
        raise NotFound
    new_id = charge.change(payment_id=payment_id, lines=intake.charge_lines(lines), now=now)
    new = payments.desk(payment_id=new_id)[0]
    _record_access(dossier, officer_id, who, now)
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.PAYMENT,
        name=CORRECT,
        who=who,
        now=now,
        from_state=int(state),
        reason=reason,
        data={
            "payment_id": new_id,
            "replaces": payment_id,
            "amount_vnd": new.amount_vnd,
            "before_vnd": old.amount_vnd,
        },
        office=moves.office_name(seat.agency_id),
    )
    dues = money.status_of([dossier.id])[dossier.id]
    if state == State.PAYMENT_REQUESTED and not dues.open:
        moves.move(dossier=dossier, name="resume_paid", who=SYSTEM, now=now)
    return payments.desk(references=[dossier.id])


def _at_the_desk(officer_id: str, dossier_id: str, now: datetime) -> tuple[Dossier, Seat, Who]:
    seat = offices.seat(officer_id, now=now)
    dossier = moves.locked(dossier_id)  # lock, then look: the agency can change
    if not offices.visible(seat).filter(id=dossier_id).exists():
        raise NotFound
    return dossier, seat, people.officer(seat, dossier)


def _record_access(dossier: Dossier, officer_id: str, who: Who, now: datetime) -> None:
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=officer_id,
        reader_label=who.label,
        what="dossier:dues",
        purpose="resolve_dossier",
        reference=dossier.id,
        now=now,
    )
