"""Money that is held apart, at the desk: who looked can be seen, and one move decides on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from citizens.actions import vault
from common import db
from dossiers.actions import desk
from dossiers.models import Seat
from dossiers.rules.seats import Role
from payments.actions import suspense_moves
from payments.actions.suspense_moves import Officer


@db.transaction()
def shown(
    *, seat: Seat, citizen_ids: Sequence[str], what: str, reference: str = "", now: datetime
) -> None:
    """Leave one row for each person shown, in one statement; none for money that names nobody."""
    if citizen_ids:
        vault.record_access(
            citizen_ids=citizen_ids,
            reader_id=seat.user_id,
            reader_label=desk.label(seat),
            what=what,
            purpose="audit" if seat.roles == [Role.AUDITOR] else "resolve_dossier",
            reference=reference,
            now=now,
        )


def officer(seat: Seat) -> Officer:
    """Return who decides, as the history of the money remembers it."""
    return Officer(id=seat.user_id, label=desk.label(seat), agency_code=seat.agency_id)


def decide(
    *,
    seat: Seat,
    item_id: str,
    move: str,
    expected_state: str,
    amount_believed_vnd: int,
    reason: str,
    now: datetime,
    amount_vnd: int | None = None,
    payment_id: str = "",
    together_with: Sequence[str] = (),
) -> None:
    """Make one move with an item of a cashier's agency, in one transaction: that of the move.

    Shape: amount_vnd is for `give_back`, payment_id and together_with are for `allot`.

    Errors: those of the move in `payments.actions.suspense_moves`.
    """
    common: dict[str, Any] = {
        "item_id": item_id,
        "officer": officer(seat),
        "expected_state": expected_state,
        "amount_believed_vnd": amount_believed_vnd,
        "reason": reason,
        "now": now,
    }
    match move:
        case "give_back":
            suspense_moves.give_back(**common, amount_vnd=amount_vnd)
        case "allot":
            suspense_moves.allot(**common, payment_id=payment_id, together_with=together_with)
        case "keep":
            suspense_moves.keep(**common)
        case "close":
            suspense_moves.close(**common)
        case _:
            raise ValueError(f"no such move: {move}")
