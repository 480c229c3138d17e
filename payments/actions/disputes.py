"""Disputes: the provider's word about money that a payer's bank took back, booked line by line.

The payment and what the citizen is shown stay as they are. The order of locks is the room's:
payment, attempt, dispute; so a refund and a dispute of the same money never pass each other.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from common import db, jobs
from common.errors import NotFound, Refusal
from payments import ledger, signals
from payments.models import Attempt, Dispute, DisputeEvent, LedgerEntry, Payment
from payments.providers import base, registry
from payments.rules import disputes, money

logger = logging.getLogger(__name__)

# A bank takes weeks; the provider's events come at once, this is for those that were lost.
ASK_AGAIN = timedelta(hours=6)
# What the bank may turn round is looked at for a while after the end.
AFTER_THE_END = timedelta(days=1)
MAX_NOTES = 200


class PaymentDisputed(Refusal):
    code = "payment_disputed"
    status = 409
    title_vi = "Khoản nộp đang bị ngân hàng của người nộp khiếu nại"
    title_en = "The payer's bank disputes this payment"
    detail_vi = "Tiền đã bị ngân hàng rút về, không thể hoàn thêm lần nữa. Hãy chờ kết quả."
    detail_en = "The bank has taken the money back; it cannot be refunded as well."
    members = ("dispute_id",)


class DisputeNotesFull(Refusal):
    code = "dispute_notes_full"
    status = 409
    title_vi = "Đã có quá nhiều ghi chú"
    title_en = "There are too many notes"
    detail_vi = "Tối đa {limit} ghi chú."
    detail_en = "At most {limit} notes."
    members = ("limit",)


@db.transaction_required
def refuse(payment: Payment) -> None:
    """Refuse to give back money that a bank took, or is about to take. The payment is locked.

    An inquiry withdraws nothing and may be settled by a refund. Errors: PaymentDisputed.
    """
    # A bank disputes a whole page: money of its other dues stands away as well.
    pages = Attempt.objects.filter(payment=payment, paid_with__isnull=False).values("paid_with")
    found = Dispute.objects.filter(Q(payment=payment) | Q(attempt__in=pages))
    for row in found.order_by("id"):
        if disputes.stands_away(
            disputes.State(row.state),
            withdrawn_vnd=row.withdrawn_vnd,
            returned_vnd=row.returned_vnd,
        ):
            raise PaymentDisputed(dispute_id=row.id)


def fetch(provider_name: str, dispute_id: str) -> disputes.Fact | None:
    """Ask the provider about one dispute; None for a provider that knows none.

    Errors: OutsideError.
    """
    provider = registry.get(provider_name)
    return provider.fetch_dispute(dispute_id) if isinstance(provider, base.Disputing) else None


def attempt_of(provider_name: str, fact: disputes.Fact) -> Attempt | None:
    """Return the attempt whose money is disputed: by our mark on it, else by its ids there."""
    ours = Attempt.objects.filter(provider=provider_name)
    for name, value in (
        ("id", fact.attempt_id),
        ("intent_id", fact.intent_id),
        ("charge_id", fact.charge_id),
    ):
        found = ours.filter(**{name: value}).order_by("id").first() if value else None
        if found is not None:
            return found
    return None


@db.durable
def check(*, dispute_id: str, now: datetime) -> None:
    """Ask about a known dispute again, and record what the provider says.

    Errors: OutsideError when it gave no answer; the next question is already planned.
    """
    row = Dispute.objects.filter(id=dispute_id).first()
    if row is None:
        return
    with db.transaction():
        Dispute.objects.filter(id=dispute_id).update(
            checks=row.checks + 1, next_check_at=now + ASK_AGAIN
        )
    fact = fetch(row.provider, row.provider_dispute_id)
    if fact is not None:
        apply_fact(attempt_id=row.attempt_id, fact=fact, now=now)


@db.transaction()
def apply_fact(*, attempt_id: str, fact: disputes.Fact, now: datetime) -> str:
    """Record what the provider said of a dispute: its state, and each of its lines once.

    Return the dispute's id.
    """
    payment_id = Attempt.objects.values_list("payment_id", flat=True).get(id=attempt_id)
    payment = db.lock(Payment.objects.filter(id=payment_id)).get()
    attempt = db.lock(Attempt.objects.filter(id=attempt_id)).get()
    known = db.lock(
        Dispute.objects.filter(provider=attempt.provider, provider_dispute_id=fact.dispute_id)
    ).first()
    row = known or Dispute(
        payment=payment,
        attempt=attempt,
        provider=attempt.provider,
        provider_dispute_id=fact.dispute_id,
        amount_vnd=fact.amount_vnd,
        state="",
        opened_at=now,
    )
    row.payment, row.attempt = payment, attempt
    row.reason = fact.reason or row.reason
    row.answer_by = fact.answer_by or row.answer_by
    after = disputes.move(disputes.State(row.state) if row.state else None, fact.state)
    if after is not None:
        row.state = after.value
        row.closed_at = None if after in disputes.RUNNING else now
        row.version += 1 if known else 0
    running = disputes.State(row.state) in disputes.RUNNING
    if running:
        row.next_check_at = now + ASK_AGAIN
    elif after is not None:
        row.next_check_at = now + AFTER_THE_END
    elif row.closed_at is not None and now - row.closed_at > AFTER_THE_END:
        row.next_check_at = None
    row.save()
    if after is not None:
        _event(row, DisputeEvent.What.MOVED, now)
        jobs.enqueue("payments.announce_dispute", dispute_id=row.id)
    _book(row, fact, now)
    return row.id


def _book(row: Dispute, fact: disputes.Fact, now: datetime) -> None:
    """Post the lines that are not in the ledger yet, each under the provider's id of it."""
    for line in fact.lines:
        key = f"dispute:{row.provider}:{line.line_id}"
        if LedgerEntry.objects.filter(key=key).exists():
            continue
        if line.currency != money.CURRENCY or not line.amount_vnd:
            # The comparison with the statement shows it as a discrepancy; a person looks.
            logger.error("dispute %s: line %s cannot be booked", row.id, line.line_id)
            continue
        _post(row, key, line, now)
        taken = line.amount_vnd < 0
        row.withdrawn_vnd += abs(line.amount_vnd) if taken else 0
        row.returned_vnd += 0 if taken else line.amount_vnd
        row.fee_vnd += line.fee_vnd
        row.save(update_fields=["withdrawn_vnd", "returned_vnd", "fee_vnd"])
        what = DisputeEvent.What.WITHDRAWN if taken else DisputeEvent.What.RETURNED
        _event(row, what, now, amount_vnd=abs(line.amount_vnd))


def _post(row: Dispute, key: str, line: disputes.Line, now: datetime) -> None:
    clearing = money.clearing(row.provider)
    disputed = money.disputed(row.payment.agency_code)
    kept = money.provider_fee(row.provider)
    for name, debit, credit, amount in (
        (key, disputed, clearing, -line.amount_vnd),
        (f"provider_fee:dispute:{row.provider}:{line.line_id}", kept, clearing, line.fee_vnd),
    ):
        if amount:
            ledger.post(
                name,
                debit=debit if amount > 0 else credit,
                credit=credit if amount > 0 else debit,
                amount_vnd=abs(amount),
                payment=row.payment,
                attempt=row.attempt,
                settlement_id=line.line_id,
                now=now,
            )


def _event(row: Dispute, what: DisputeEvent.What, now: datetime, *, amount_vnd: int = 0) -> None:
    DisputeEvent.objects.create(
        dispute=row, what=what, state=row.state, amount_vnd=amount_vnd, by=row.provider, at=now
    )


@db.transaction_required
def note(*, dispute_id: str, by: str, by_label: str, text: str, now: datetime) -> None:
    """Write down what an officer did about a dispute, such as what was sent to the bank.

    Errors: NotFound, DisputeNotesFull.
    """
    row = db.lock(Dispute.objects.filter(id=dispute_id)).first()
    if row is None:
        raise NotFound
    if row.events.filter(what=DisputeEvent.What.NOTED).count() >= MAX_NOTES:
        raise DisputeNotesFull(limit=MAX_NOTES)
    DisputeEvent.objects.create(
        dispute=row,
        what=DisputeEvent.What.NOTED,
        state=row.state,
        by=by,
        by_label=by_label,
        note=text,
        at=now,
    )


@db.durable
def announce(*, dispute_id: str) -> None:
    """Send dispute_changed, then note which state was heard. A receiver's failure comes through."""
    row = Dispute.objects.unannounced().select_related("payment").filter(id=dispute_id).first()
    if row is None:
        return
    signals.dispute_changed.send(
        sender=None,
        reference=row.payment.reference,
        payment_id=row.payment_id,
        agency_code=row.payment.agency_code,
        dispute_id=row.id,
        state=row.state,
        amount_vnd=row.amount_vnd,
        answer_by=row.answer_by,
    )
    with db.transaction():
        Dispute.objects.filter(id=dispute_id, state=row.state).update(told_state=row.state)


def due(*, now: datetime, limit: int) -> list[str]:
    """Return the disputes about which the provider should be asked again, oldest first."""
    rows = Dispute.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def untold(*, limit: int) -> list[str]:
    """Return the disputes whose state nobody upstairs heard of, oldest first."""
    rows = Dispute.objects.unannounced().order_by("opened_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])
