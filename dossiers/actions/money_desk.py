"""Who works with an agency's money: its cashier acts, its auditor looks. A seat, not a dossier.

A payment belongs to the desk whose agency collects it (`Payment.agency_code` is the agency's key).
"""

from datetime import datetime

from dossiers.models import Seat
from dossiers.queries import offices
from dossiers.rules.seats import MONEY, Role


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
