"""What settled money means for a dossier: a timeline row, and state 6 ends when all is paid.

Paying in state 1 moves nothing: money is not a state.
"""

from datetime import datetime

from common import db
from dossiers.actions import moves
from dossiers.actions.who import SYSTEM
from dossiers.models import Dossier, TimelineEvent
from dossiers.rules.states import Clock, State
from payments import queries as payments


@db.transaction()
def record_payment(
    *,
    reference: str,
    payment_id: str,
    amount_vnd: int,
    name: str,
    now: datetime,
    refund_id: str = "",
) -> None:
    """Record that a payment was settled or given back. May be told twice: one row for each."""
    dossier = db.lock(Dossier.objects.filter(id=reference)).first()
    if dossier is None:
        return
    told = TimelineEvent.objects.filter(
        dossier=dossier, move=name, data__payment_id=payment_id, data__refund_id=refund_id
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
    )
    if name == "payment_settled" and dossier.state == State.PAYMENT_REQUESTED:
        dues = payments.status_of([dossier.id]).get(dossier.id)
        if dues is None or not dues.open:
            moves.move(dossier=dossier, name="resume_paid", who=SYSTEM, now=now)
