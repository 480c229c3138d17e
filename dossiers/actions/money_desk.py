"""Who works with an agency's money: its cashier acts, its auditor looks. A seat, not a dossier.

A payment belongs to the desk whose agency collects it (`Payment.agency_code` is the agency's key).
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from citizens import queries as citizens
from citizens.actions import inbox, vault
from common import db
from dossiers.actions import desk
from dossiers.models import Seat
from dossiers.queries import offices
from dossiers.rules.seats import MONEY, Role
from payments.actions import receipt_papers, receipts
from payments.queries import receipts as reads


def cashier(user_id: str, *, now: datetime) -> Seat:
    """Return the seat of somebody who takes and gives back money. Errors: Forbidden, NotYourRole.

    Money is never lent with a delegation: a till has one pair of hands.
    """
    seat = offices.seat(user_id, now=now)
    offices.require(seat, Role.CASHIER)
    return seat


def reader(user_id: str, *, now: datetime) -> Seat:
    """Return the seat of somebody who may look at the agency's money. Errors: as `cashier`."""
    seat = offices.seat(user_id, now=now)
    offices.require(seat, Role.CASHIER, *sorted(MONEY - {Role.CASHIER}))
    return seat


def decider(user_id: str, *, now: datetime) -> Seat:
    """Return the seat of somebody who decides on money: a cashier, or for the second yes an
    approver. Errors: as `cashier`."""
    seat = offices.seat(user_id, now=now)
    offices.require(seat, Role.CASHIER, Role.APPROVER)
    return seat


def decision_reader(user_id: str, *, now: datetime) -> Seat:
    """Return the seat of somebody who may look at decisions on money. Errors: as `cashier`."""
    seat = offices.seat(user_id, now=now)
    offices.require(seat, Role.CASHIER, *sorted(MONEY - {Role.CASHIER}), Role.APPROVER)
    return seat


def own_accounts(seat: Seat) -> list[str]:
    """Return the citizen accounts of an officer: nobody works with money of their own."""
    return list(citizens.accounts_of_same_person(seat.user_id).values_list("id", flat=True))


@db.transaction()
def look(*, seat: Seat, citizen_ids: Collection[str], what: str, now: datetime) -> None:
    """Leave the rows of `shown` in a transaction of their own."""
    shown(seat, citizen_ids=citizen_ids, what=what, now=now)


@db.transaction_required
def shown(seat: Seat, *, citizen_ids: Collection[str], what: str, now: datetime) -> None:
    """Leave one row for each person whose payment an officer saw, in one statement."""
    if citizen_ids:
        vault.record_access(
            citizen_ids=sorted(set(citizen_ids)),
            reader_id=seat.user_id,
            reader_label=desk.label(seat),
            what=what[:200],
            purpose="money" if Role.CASHIER in seat.roles else "audit",
            reference="",
            now=now,
        )


@db.transaction()
def replace_receipt(
    *,
    seat: Seat,
    receipt_id: str,
    payer: Mapping[str, str],
    reason: str,
    client_key: str,
    now: datetime,
) -> str:
    """Replace a receipt of the cashier's agency and tell whose payment it is; return the new id.

    Errors: NotFound; those of `payments.actions.receipts.replace`.
    """
    row = reads.one_at_desk(seat.agency_id, receipt_id, but=own_accounts(seat))
    shown(seat, citizen_ids=[row.payment.citizen_id], what="receipt:replace", now=now)
    made = receipts.replace(
        receipt_id=row.id,
        payer=payer,
        reason=reason,
        by=seat.user_id,
        client_key=client_key,
        now=now,
    )
    inbox.notify(
        citizen_id=row.payment.citizen_id,
        kind="receipt_replaced",
        title_vi="Biên lai đã được thay thế",
        body_vi=f"Biên lai {row} đã được thay bằng biên lai mới. Lý do: {reason}",
        title_en="A receipt was replaced",
        body_en=f"Receipt {row} was replaced by a new one. Reason: {reason}",
        reference=row.payment_id,
        dedupe_key=f"{made}:replaced",
        now=now,
    )
    return made


@db.transaction()
def print_receipt(*, seat: Seat, receipt_id: str, client_key: str, now: datetime) -> int:
    """Take a print for somebody at the counter; return its number.

    Errors: NotFound; TooManyPrints.
    """
    row = reads.one_at_desk(seat.agency_id, receipt_id, but=own_accounts(seat))
    shown(seat, citizen_ids=[row.payment.citizen_id], what="receipt:print", now=now)
    return receipt_papers.print_again(
        receipt_id=row.id, client_key=client_key, by=seat.user_id, now=now
    )
