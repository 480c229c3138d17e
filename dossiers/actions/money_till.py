"""The cashier at the counter: takes, reverses, pays out, closes the day and hands the cash in."""

from datetime import datetime
from typing import Any

from citizens import queries as citizens
from citizens.actions import inbox
from common import db
from common.errors import NotFound
from dossiers.actions import desk, money_desk, moves, processing
from dossiers.models import Dossier, DossierPerson, Seat, TimelineEvent
from dossiers.queries import offices
from dossiers.rules.seats import Role
from dossiers.rules.states import CLOSED, State
from payments.actions import counter
from payments.queries import till as reads


def cashier(seat: Seat, *, reference: str, citizen_id: str) -> counter.Cashier:
    """Return whoever acts on the money of a reference, and whose money is their own.

    A dossier that names the officer's number is their own too, whoever's account filed it.
    """
    own = money_desk.own_accounts(seat)
    about_me = DossierPerson.objects.filter(
        dossier_id=reference, person_index__in=citizens.officer_digest(seat.user_id)
    )
    if about_me.exists() or citizens.names_officer(seat.user_id, citizen_id):
        own.append(citizen_id)
    return counter.Cashier(
        user_id=seat.user_id, label=desk.label(seat), agency_code=seat.agency_id, own=own
    )


def scope(user_id: str, *, now: datetime) -> tuple[Seat, str | None]:
    """Return the seat of whoever looks at till days, and whose: a cashier's own, else all.

    Errors: Forbidden, NotYourRole.
    """
    seat = offices.seat(user_id, now=now)
    offices.require(seat, Role.CASHIER, Role.AUDITOR, Role.ADMIN)
    sees_all = {Role.AUDITOR, Role.ADMIN} & set(seat.roles)
    return seat, None if sees_all else seat.user_id


def due(seat: Seat, payment_id: str) -> reads.Due:
    """Return what is owed to a seat's agency, unless it is the officer's own. Errors: NotFound."""
    found = reads.due(seat.agency_id, payment_id)
    _refuse_own(seat, reference=found.row.reference, citizen_id=found.row.citizen_id)
    return found


def refund(seat: Seat, refund_id: str) -> Any:
    """Return a refund of what the agency took at its counter. Errors: NotFound, also for own."""
    row = reads.refund(seat.agency_id, refund_id)
    _refuse_own(seat, reference=row.payment.reference, citizen_id=row.payment.citizen_id)
    return row


def _refuse_own(seat: Seat, *, reference: str, citizen_id: str) -> None:
    if citizen_id in cashier(seat, reference=reference, citizen_id=citizen_id).own:
        raise NotFound


@db.durable
def take(*, user_id: str, asked: counter.Taking, now: datetime) -> str:
    """Settle a due by what a cashier took, and leave a row for its citizen; return the attempt.

    Errors: Forbidden, NotYourRole; those of `payments.actions.counter.take`.
    """
    seat = money_desk.cashier(user_id, now=now)
    due = reads.payment(seat.agency_id, asked.payment_id)
    who = cashier(seat, reference=due.reference, citizen_id=due.citizen_id)
    if due.citizen_id not in who.own:
        money_desk.look(seat=seat, citizen_ids=[due.citizen_id], what="payment:counter", now=now)
    return counter.take(cashier=who, asked=asked, now=now)


@db.transaction()
def reverse(
    *, user_id: str, attempt_id: str, believed_vnd: int, reason: str, now: datetime
) -> str | None:
    """Undo a taking of the same day; tell whose it was. Return the due that is owed again.

    A dossier that ended meanwhile asks for nothing: its due is not opened again.

    Errors: Forbidden, NotYourRole; those of `payments.actions.counter.reverse`.
    """
    seat = money_desk.cashier(user_id, now=now)
    payment = reads.taking(seat.agency_id, attempt_id).attempt.payment
    dossier = db.lock(Dossier.objects.filter(id=payment.reference)).first()
    new_id = counter.reverse(
        cashier=cashier(seat, reference=payment.reference, citizen_id=payment.citizen_id),
        attempt_id=attempt_id,
        believed_vnd=believed_vnd,
        reason=reason,
        owed_again=dossier is None or State(dossier.state) not in CLOSED,
        now=now,
    )
    money_desk.shown(
        seat, citizen_ids=[payment.citizen_id], what="payment:counter_reversal", now=now
    )
    if dossier is not None:
        moves.record(
            dossier=dossier,
            kind=TimelineEvent.Kind.PAYMENT,
            name="payment_reversed",
            who=processing.at_seat(seat),
            now=now,
            from_state=dossier.state,
            reason=reason,
            data={
                "payment_id": payment.id,
                "owed_again": new_id,
                "amount_vnd": payment.amount_vnd,
            },
        )
        return new_id
    inbox.notify(
        citizen_id=payment.citizen_id,
        kind="payment_reversed",
        title_vi="Ghi nhận thu tại quầy đã được hủy",
        body_vi=f"{payment.title}: việc ghi nhận đã được hủy. Lý do: {reason}",
        title_en="A payment at the counter was reversed",
        body_en=f"{payment.title}: what was recorded was undone. Why: {reason}",
        reference=payment.id,
        dedupe_key=f"{attempt_id}:reversed",
        now=now,
    )
    return new_id


@db.durable
def pay_out(
    *,
    user_id: str,
    refund_id: str,
    believed_vnd: int,
    reference: str,
    client_key: str,
    now: datetime,
) -> None:
    """Record that a refund was paid out at the counter, and leave a row for its citizen.

    Errors: Forbidden, NotYourRole; those of `payments.actions.counter.pay_out`.
    """
    seat = money_desk.cashier(user_id, now=now)
    row = reads.refund(seat.agency_id, refund_id)
    due = row.payment
    who = cashier(seat, reference=due.reference, citizen_id=due.citizen_id)
    if due.citizen_id not in who.own:
        money_desk.look(seat=seat, citizen_ids=[due.citizen_id], what="payment:payout", now=now)
    counter.pay_out(
        cashier=who,
        refund_id=refund_id,
        believed_vnd=believed_vnd,
        reference=reference,
        client_key=client_key,
        now=now,
    )
