"""Money over the counter: taken, reversed on its day, and refunds of it paid out.

The money is in the cashier's hand before this side hears of it, so a taking is one commit. A page
that is still open is closed at its provider first; whoever pays there all the same is paid back by
the rule for late money.
"""

import dataclasses
import logging
from collections.abc import Collection
from datetime import datetime

from common import db, ids, jobs
from common.errors import NotFound, OutsideError, Refusal
from payments import ledger
from payments.actions import booking, breaker, charge, receipts, refund, settle, till
from payments.models import (
    Attempt,
    CounterPayment,
    CounterReversal,
    Payment,
    Refund,
    RefundPayout,
    TillDay,
)
from payments.models.charge import new_attempt_id
from payments.queries import till as reads
from payments.rules import money, states

logger = logging.getLogger(__name__)

PROVIDERS = {reads.CASH: money.TILL, reads.TRANSFER: money.BANK_COUNTER}
METHODS = {provider: method for method, provider in PROVIDERS.items()}


class AlreadyPaid(Refusal):
    code = "already_paid"
    status = 409
    title_vi = "Khoản này đã được nộp; đừng thu nữa"
    title_en = "This was paid before; take nothing"
    members = ("payment_id",)


class PaymentStateChanged(Refusal):
    code = "payment_state_changed"
    status = 409
    title_vi = "Trạng thái khoản nộp đã thay đổi"
    title_en = "The payment moved on"
    detail_vi = "Trạng thái hiện tại: {current_state}."
    detail_en = "Its state is {current_state} now."
    members = ("current_state",)


class CounterAmountDiffers(Refusal):
    code = "counter_amount_differs"
    status = 409
    title_vi = "Số tiền thu khác số phải nộp"
    title_en = "The amount is not what is owed"
    detail_vi = "Phải thu đúng {owed_vnd} đồng."
    detail_en = "Exactly {owed_vnd} đồng are owed."
    members = ("owed_vnd",)


class NotYourOwnMoney(Refusal):
    code = "not_your_own_money"
    status = 403
    title_vi = "Thu ngân không thu, hoàn hay hủy khoản của chính mình"
    title_en = "Nobody takes or gives back money of their own"


class NotYourTaking(Refusal):
    code = "not_your_taking"
    status = 403
    title_vi = "Chỉ người đã thu mới được hủy ghi nhận thu"
    title_en = "Only whoever recorded it may reverse it"


class AlreadyReversed(Refusal):
    code = "already_reversed"
    status = 409
    title_vi = "Lần thu này đã được hủy"
    title_en = "This was reversed before"


class TakingGivenBack(Refusal):
    code = "taking_given_back"
    status = 409
    title_vi = "Lần thu này đã hoặc đang được hoàn tiền"
    title_en = "Money of this was given back, or is on its way"


class TakingDayClosed(Refusal):
    code = "taking_day_closed"
    status = 409
    title_vi = "Ngày thu đã khóa sổ: chỉ còn cách hoàn tiền"
    title_en = "The day was closed: only a refund is left"
    members = ("day_on",)


class PaidOutBefore(Refusal):
    code = "paid_out_before"
    status = 409
    title_vi = "Khoản hoàn này đã được chi"
    title_en = "This refund was paid out before"


@dataclasses.dataclass(frozen=True)
class Cashier:
    """Who acts: their account, office and agency, and the citizen accounts that are theirs."""

    user_id: str
    label: str
    agency_code: str
    own: Collection[str] = ()


@dataclasses.dataclass(frozen=True)
class Taking:
    """What a cashier says was taken. Units: amount_vnd in whole đồng; method as `reads`."""

    payment_id: str
    method: str
    amount_vnd: int
    reference: str
    payer_name: str
    expected_state: str
    client_key: str


@db.durable
def take(*, cashier: Cashier, asked: Taking, now: datetime) -> str:
    """Settle a due by what a cashier took; return the attempt's id. The same key takes once.

    Errors: NotFound; NotYourOwnMoney; PaymentStateChanged; AlreadyPaid; PaymentNotOwed;
    PaymentUnderReview; CounterAmountDiffers; TillClosed; TillDayOpen.
    """
    page, provider = "", ""
    with db.transaction():
        payment, known = _look(cashier, asked)
        if known is not None:
            return known.id
        # Before anything is closed; again, under the lock of the day, when the money is booked.
        till.refuse_closed(cashier_id=cashier.user_id, agency_code=cashier.agency_code, now=now)
        booking.close_pages(payment, now=now)
        active = Attempt.objects.filter(payment=payment).active().first()
        if active is not None:
            page, provider = active.page_id, active.provider
    if page and not breaker.is_open(provider):
        try:
            settle.ask(attempt_id=page, now=now)
        except OutsideError as failure:
            logger.warning("attempt %s is not known to be closed: %s", page, failure)
    with db.transaction():
        payment, known = _look(cashier, asked)
        return known.id if known is not None else _record(cashier, asked, payment, now)


def _day(cashier: Cashier, now: datetime) -> TillDay:
    return till.day_of(
        cashier_id=cashier.user_id,
        cashier_label=cashier.label,
        agency_code=cashier.agency_code,
        now=now,
    )


def _look(cashier: Cashier, asked: Taking) -> tuple[Payment, Attempt | None]:
    """Return the locked payment if it may be taken, or what this very call recorded before."""
    due = Payment.objects.filter(id=asked.payment_id, agency_code=cashier.agency_code)
    payment = db.lock(due).first()
    if payment is None:
        raise NotFound
    if payment.citizen_id in cashier.own:
        raise NotYourOwnMoney
    known = reads.taken_again(payment.id, asked.client_key)
    if known is not None:
        return payment, known
    if payment.state in {states.Payment.PAID, states.Payment.REFUNDED}:
        raise AlreadyPaid(payment_id=payment.id)
    if payment.state != states.Payment.OWED:
        raise charge.PaymentNotOwed(state=payment.state, payment_id=payment.id)
    if asked.expected_state != payment.state:
        raise PaymentStateChanged(current_state=payment.state)
    if Attempt.objects.filter(payment=payment, state=states.Attempt.REVIEW.value).exists():
        raise charge.PaymentUnderReview
    if asked.amount_vnd != payment.amount_vnd:
        raise CounterAmountDiffers(owed_vnd=payment.amount_vnd)
    return payment, None


def _record(cashier: Cashier, asked: Taking, payment: Payment, now: datetime) -> str:
    last = Attempt.objects.filter(payment=payment).order_by("-number").first()
    name = asked.payer_name.strip()
    attempt_id = new_attempt_id()
    states.check_attempt(None, states.Attempt.PAID)
    attempt = Attempt.objects.create(
        id=attempt_id,
        payment=payment,
        number=last.number + 1 if last else 1,
        payer_name=name if name and name != payment.payer_name else None,
        provider=PROVIDERS[asked.method],
        client_key=asked.client_key,
        provider_key=ids.new("key"),
        state=states.Attempt.PAID.value,
        return_url="",
        expires_at=now,
        # One transfer may pay several dues: its reference alone would not be unique.
        intent_id=f"{asked.reference}:{payment.id}" if asked.reference else attempt_id,
        received_vnd=payment.amount_vnd,
        created_at=now,
        settled_at=now,
    )
    day = _day(cashier, now)
    CounterPayment.objects.create(
        attempt=attempt,
        day=day,
        method=asked.method,
        reference=asked.reference,
        amount_vnd=payment.amount_vnd,
        taken_at=now,
    )
    booking.record_taken(attempt, now=now)
    return attempt.id


@db.transaction_required
def reverse(
    *,
    cashier: Cashier,
    attempt_id: str,
    believed_vnd: int,
    reason: str,
    owed_again: bool,
    now: datetime,
) -> str | None:
    """Undo a taking on its day, by postings and a receipt of its own; return the due owed again.

    The due itself ends cancelled, and a new one like it stands in its place, unless nobody asks
    for it any more.

    Errors: NotFound; NotYourOwnMoney; NotYourTaking; AlreadyReversed; TakingDayClosed;
    RefundableAmountStale; TakingGivenBack; TillTooEmpty.
    """
    known = reads.taking(cashier.agency_code, attempt_id)
    payment = db.lock(Payment.objects.filter(id=known.attempt.payment_id)).get()
    attempt = db.lock(Attempt.objects.filter(id=attempt_id)).get()
    if payment.citizen_id in cashier.own:
        raise NotYourOwnMoney
    day = db.lock(TillDay.objects.filter(id=known.day_id)).get()
    if day.cashier_id != cashier.user_id:
        raise NotYourTaking
    if CounterReversal.objects.filter(taking=known).exists():
        raise AlreadyReversed
    if day.closed_at is not None or day.day_on != now.astimezone(money.HCM).date():
        raise TakingDayClosed(day_on=day.day_on.isoformat())
    left = money.refundable(
        captured_vnd=payment.captured_vnd,
        refunded_vnd=payment.refunded_vnd,
        refunding_vnd=payment.refunding_vnd,
    )
    if left != believed_vnd:
        raise refund.RefundableAmountStale(refundable_vnd=left)
    if left != known.amount_vnd:
        raise TakingGivenBack
    if known.method == reads.CASH:
        till.need_cash(day, known.amount_vnd)
    CounterReversal.objects.create(
        taking=known,
        day=day,
        method=known.method,
        amount_vnd=known.amount_vnd,
        reason=reason,
        reversed_at=now,
    )
    ledger.post(
        f"reversal:{attempt.provider}:{attempt.id}",
        debit=money.revenue(payment.agency_code),
        credit=money.held_at(attempt.provider, "", payment.agency_code),
        amount_vnd=known.amount_vnd,
        payment=payment,
        attempt=attempt,
        now=now,
    )
    receipts.adjust(
        payment,
        change_vnd=-known.amount_vnd,
        cause=f"reversal:{attempt.id}",
        reason=f"Hủy ghi nhận thu tại quầy: {reason}"[:500],
        by=cashier.user_id,
        now=now,
    )
    attempt.refunded_vnd = known.amount_vnd
    attempt.reason = "reversed"
    attempt.save(update_fields=["refunded_vnd", "reason"])
    states.check_payment(states.Payment(payment.state), states.Payment.CANCELLED)
    payment.state = states.Payment.CANCELLED.value
    payment.captured_vnd = 0
    payment.cancelled_at = now
    payment.save(update_fields=["state", "captured_vnd", "cancelled_at"])
    return _owe_again(payment, now) if owed_again else None


def _owe_again(payment: Payment, now: datetime) -> str:
    new_id = charge.open(
        reference=payment.reference,
        citizen_id=payment.citizen_id,
        payer_name=payment.payer_name,
        agency_code=payment.agency_code,
        title=payment.title,
        lines=[charge.ChargeLine(**line) for line in payment.lines],
        now=now,
        purpose=payment.purpose,
    )
    Payment.objects.filter(id=new_id).update(replaces=payment)
    return new_id


@db.durable
def pay_out(
    *,
    cashier: Cashier,
    refund_id: str,
    believed_vnd: int,
    reference: str,
    client_key: str,
    now: datetime,
) -> None:
    """Record that a refund of money taken at the counter was paid out, and settle it.

    The same key pays out once, and finishes what a crash left.

    It goes back the way it came: cash from today's till, a transfer with its reference.

    Errors: NotFound; NotYourOwnMoney; PaidOutBefore; RefundableAmountStale; TillTooEmpty;
    TillClosed; TillDayOpen; ReferenceMissing.
    """
    with db.transaction():
        _pay_out(cashier, refund_id, believed_vnd, reference, client_key, now)
    refund.apply(refund_id=refund_id, now=now)


class ReferenceMissing(Refusal):
    code = "transfer_reference_missing"
    status = 422
    title_vi = "Cần số tham chiếu của lệnh chuyển khoản"
    title_en = "A transfer needs its reference"


def _pay_out(
    cashier: Cashier,
    refund_id: str,
    believed_vnd: int,
    reference: str,
    client_key: str,
    now: datetime,
) -> None:
    found = reads.refund(cashier.agency_code, refund_id)
    row = db.lock(Refund.objects.filter(id=refund_id)).get()
    if found.payment.citizen_id in cashier.own:
        raise NotYourOwnMoney
    before = RefundPayout.objects.filter(refund=row).select_related("day").first()
    if before is not None:
        if (before.client_key, before.day.cashier_id) == (client_key, cashier.user_id):
            return
        raise PaidOutBefore
    if states.Refund(row.state) not in states.OPEN_REFUNDS:
        raise PaidOutBefore
    if row.amount_vnd != believed_vnd:
        raise refund.RefundableAmountStale(refundable_vnd=row.amount_vnd)
    method = METHODS[found.attempt.provider]
    if method == reads.TRANSFER and not reference:
        raise ReferenceMissing
    day = _day(cashier, now)
    if method == reads.CASH:
        till.need_cash(day, row.amount_vnd)
    RefundPayout.objects.create(
        refund=row,
        day=day,
        method=method,
        reference=reference if method == reads.TRANSFER else "",
        amount_vnd=row.amount_vnd,
        client_key=client_key,
        paid_at=now,
    )
    jobs.enqueue("payments.apply_refund", refund_id=row.id)
