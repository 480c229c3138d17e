"""What moved money means for a dossier: a timeline row, and state 6 ends when all is paid.

Paying in state 1 moves nothing: money is not a state.
"""

from datetime import datetime

from citizens import queries as citizens
from citizens.actions import inbox
from common import db
from dossiers.actions import moves, refund_decisions
from dossiers.actions.who import SYSTEM
from dossiers.models import Dossier, Seat, TimelineEvent
from dossiers.rules import words
from dossiers.rules.seats import Role
from dossiers.rules.states import Clock, State
from payments import queries as payments

ARRIVALS = ("refund_settled", "refund_paid_out")
FAILURE = "refund_failed"


@db.transaction()
def record_payment(
    *,
    reference: str,
    payment_id: str,
    amount_vnd: int,
    name: str,
    now: datetime,
    refund_id: str = "",
    agency: str = "",
) -> None:
    """Record that a payment was settled, given back, or did not reach its payer.

    May be told twice: one row for each. An arrival that is told after its failure is told no more.
    """
    dossier = db.lock(Dossier.objects.filter(id=reference)).first()
    if dossier is None:
        return
    if refund_id:
        refund_decisions.follow_up(refund_id=refund_id, now=now)
    told = TimelineEvent.objects.filter(
        dossier=dossier,
        move__in=(name, FAILURE) if name in ARRIVALS else (name,),
        data__payment_id=payment_id,
        data__refund_id=refund_id,
    )
    if told.exists():
        return
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.PAYMENT,
        name=name,
        who=SYSTEM,
        now=now,
        from_state=dossier.state,
        clock=Clock.RUN,
        data={"payment_id": payment_id, "refund_id": refund_id, "amount_vnd": amount_vnd},
        office=moves.office_name(agency) if agency else None,
    )
    if name == FAILURE:
        _call_cashiers(dossier, agency, refund_id, amount_vnd, now)
    if name == "payment_settled" and dossier.state == State.PAYMENT_REQUESTED:
        dues = payments.status_of([dossier.id]).get(dossier.id)
        if dues is None or not dues.open:
            moves.move(dossier=dossier, name="resume_paid", who=SYSTEM, now=now)


def _call_cashiers(
    dossier: Dossier, agency: str, refund_id: str, amount_vnd: int, now: datetime
) -> None:
    """Tell those who can repair a failed refund; nobody of a dossier of their own."""
    text = words.filled(words.REFUND_TO_REPAIR, code=dossier.code, amount=words.dong(amount_vnd))
    seats = Seat.objects.filter(agency=agency, active=True, roles__contains=[Role.CASHIER.value])
    for seat in seats.order_by("id"):
        if citizens.accounts_of_same_person(seat.user_id).filter(id=dossier.citizen_id).exists():
            continue
        inbox.notify(
            citizen_id=seat.user_id,
            kind="refund_to_repair",
            title_vi=text.title_vi,
            body_vi=text.body_vi,
            title_en=text.title_en,
            body_en=text.body_en,
            reference=refund_id,
            dedupe_key=f"refund_to_repair:{refund_id}:{seat.user_id}",
            now=now,
        )
