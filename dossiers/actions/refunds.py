"""Officers' refunds: give back, send anew what failed, pay it out; who looked at whose money."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from citizens.actions import vault
from common import db
from common.errors import Refusal
from dossiers.actions import desk, money_desk, moves, refund_decisions
from dossiers.models import Seat
from dossiers.queries import refunds as queries
from dossiers.rules.seats import Role
from payments.actions import refund, refund_repairs
from payments.queries import refunds as payments


class RefundDecisionOpen(Refusal):
    code = "refund_decision_open"
    status = 409
    title_vi = "Việc hoàn phí của hồ sơ này đang chờ quyết định"
    title_en = "Whether this fee goes back is being decided"
    detail_vi = "Hãy xử lý quyết định {decision_id} trước."
    detail_en = "Work decision {decision_id} off first."
    members = ("decision_id",)


@dataclasses.dataclass(frozen=True)
class Ordered:
    """What an officer's wish led to: a refund, or for a large sum a decision that needs two."""

    refund_id: str | None = None
    decision_id: str | None = None


@db.transaction()
def give_back(
    *,
    user_id: str,
    payment_id: str,
    amount_vnd: int,
    refundable_believed_vnd: int,
    reason: str,
    client_key: str,
    now: datetime,
) -> Ordered:
    """Give back a payment of a dossier, or a part of it, and tell the citizen.

    A sum above the limit is only proposed. Repeating it with the same key gives nothing more.

    Errors: Forbidden, NotYourRole, NotFound, RefundDecisionOpen, RefundableAmountStale,
    RefundTooLarge, RefundKeyReused.
    """
    seat = money_desk.cashier(user_id, now=now)
    seen = payments.payment(queries.scope(seat), payment_id)
    dossier = moves.locked(seen.reference)
    record_access(seat, [dossier.citizen_id], what="payment:refund", reference=dossier.id, now=now)
    waiting = queries.live(dossier.id, seat.agency_id)
    if waiting is not None:
        raise RefundDecisionOpen(decision_id=waiting.id)
    if amount_vnd > refund_decisions.limit():
        left = dict(payments.kept(dossier.id, seat.agency_id)).get(payment_id, 0)
        if refundable_believed_vnd != left:
            raise refund.RefundableAmountStale(refundable_vnd=left)
        if amount_vnd > left:
            raise refund.RefundTooLarge(refundable_vnd=left)
        proposal = refund_decisions.propose(
            dossier=dossier,
            seat=seat,
            payment_id=payment_id,
            amount_vnd=amount_vnd,
            refundable_vnd=left,
            reason=reason,
            now=now,
        )
        return Ordered(decision_id=proposal.id)
    made = refund.order(
        payment_id=payment_id,
        amount_vnd=amount_vnd,
        expected_refundable_vnd=refundable_believed_vnd,
        reason=reason,
        requested_by=seat.user_id,
        client_key=refund_decisions.client_key("officer", seat.user_id, client_key),
        now=now,
    )
    refund_decisions.tell(
        dossier,
        "refund_granted",
        refund_decisions.cashier_of(seat),
        amount_vnd=amount_vnd,
        agency=seat.agency_id,
        reason=reason,
        refund_id=made,
        payment_id=payment_id,
        now=now,
    )
    return Ordered(refund_id=made)


@db.transaction()
def retry(*, user_id: str, refund_id: str, reason: str, now: datetime) -> str:
    """Send a failed refund again, once; return the new one's id.

    Errors: Forbidden, NotYourRole, NotFound, RefundNotFailed, RefundReplaced, RefundTooLarge.
    """
    seat = money_desk.cashier(user_id, now=now)
    failed = payments.refund(queries.scope(seat), refund_id)
    dossier = moves.locked(failed.payment.reference)
    record_access(
        seat, [dossier.citizen_id], what="payment:retry_refund", reference=dossier.id, now=now
    )
    made = refund_repairs.retry(
        refund_id=refund_id, requested_by=seat.user_id, reason=reason, now=now
    )
    refund_decisions.stand_for(failed_id=refund_id, made_id=made, now=now)
    refund_decisions.tell(
        dossier,
        "refund_resent",
        refund_decisions.cashier_of(seat),
        amount_vnd=failed.amount_vnd,
        agency=seat.agency_id,
        refund_id=made,
        payment_id=failed.payment_id,
        now=now,
    )
    return made


@db.transaction()
def pay_out(
    *, user_id: str, refund_id: str, way: str, reference: str, reason: str, now: datetime
) -> str:
    """Write down that a failed refund was paid out by hand; return the id of what says so.

    Above the limit whoever ordered the refund does not pay it out too: what leaves the way it came
    by needs a second pair of eyes. The citizen is told when it is announced, as of every refund.

    Errors: as `retry`; SecondOfficerNeeded.
    """
    seat = money_desk.cashier(user_id, now=now)
    failed = payments.refund(queries.scope(seat), refund_id)
    dossier = moves.locked(failed.payment.reference)
    record_access(
        seat, [dossier.citizen_id], what="payment:pay_out_refund", reference=dossier.id, now=now
    )
    if needs_another(seat, failed):
        raise refund_decisions.SecondOfficerNeeded(limit_vnd=refund_decisions.limit())
    made = refund_repairs.pay_out(
        refund_id=refund_id,
        way=refund_repairs.Way(way),
        reference=reference,
        requested_by=seat.user_id,
        reason=reason,
        now=now,
    )
    refund_decisions.stand_for(failed_id=refund_id, made_id=made, now=now)
    return made


def needs_another(seat: Seat, failed: Any) -> bool:
    """Return whether somebody else has to pay a refund out: a large one that they ordered."""
    large = failed.amount_vnd > refund_decisions.limit()
    return bool(large and failed.requested_by == seat.user_id)


@db.transaction()
def shown(
    *, seat: Seat, citizen_ids: Iterable[str], what: str, now: datetime, reference: str = ""
) -> None:
    """Leave one row for each person whose money was shown, in one statement."""
    record_access(seat, list(citizen_ids), what=what, reference=reference, now=now)


@db.transaction_required
def record_access(
    seat: Seat, citizen_ids: list[str], *, what: str, reference: str, now: datetime
) -> None:
    """Leave the rows in the caller's transaction."""
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
