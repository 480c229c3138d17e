"""What an officer does with money that is held apart: give back, allot, keep for later, close.

Each says what they believe is left and in which state they saw it; each leaves a row of history.
Who may call is the caller's to check; here only the agency counts, and one's own money.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max, Q

from citizens import queries as citizens
from common import db, ids
from common.errors import NotFound, Refusal
from payments.actions import booking, charge, disputes, refund, returns, suspense
from payments.models import (
    Attempt,
    BankReturn,
    Payment,
    Refund,
    SuspenseItem,
    SuspenseMove,
)
from payments.rules import states, telling
from payments.rules import suspense as rules

MAX_TOGETHER = 10


class SuspenseMoved(Refusal):
    code = "suspense_moved"
    status = 409
    title_vi = "Khoản này đã được xử lý ở nơi khác"
    title_en = "This money was dealt with elsewhere"
    detail_vi = "Trạng thái hiện tại: {state}. Hãy tải lại."
    detail_en = "Its state is {state} now. Load it again."
    members = ("state",)


class SuspenseAmountStale(Refusal):
    code = "suspense_amount_stale"
    status = 412
    title_vi = "Số tiền còn phải xử lý đã thay đổi"
    title_en = "The amount that is left has changed"
    detail_vi = "Hiện còn {left_vnd} đồng. Hãy xem lại rồi gửi tiếp."
    detail_en = "{left_vnd} đồng are left now. Look again and repeat."
    members = ("left_vnd",)


class SuspenseTooLarge(Refusal):
    code = "suspense_too_large"
    status = 409
    title_vi = "Số tiền lớn hơn số còn lại"
    title_en = "The amount is larger than what is left"
    detail_vi = "Chỉ còn {left_vnd} đồng."
    detail_en = "Only {left_vnd} đồng are left."
    members = ("left_vnd",)


class SuspenseNotTheSum(Refusal):
    code = "suspense_not_the_sum"
    status = 409
    title_vi = "Các khoản đã chọn không vừa với khoản phải nộp"
    title_en = "The chosen money does not make what is owed"
    detail_vi = "Phải nộp {owed_vnd} đồng, đã chọn {have_vnd} đồng, hoặc có khoản không cần đến."
    detail_en = "{owed_vnd} đồng are owed, {have_vnd} chosen; or one of them is not needed."
    members = ("owed_vnd", "have_vnd")


class SuspenseOfSeveral(Refusal):
    code = "suspense_of_several"
    status = 409
    title_vi = "Tiền của nhiều người gửi không gộp để nộp một khoản"
    title_en = "Money of several senders does not pay one due together"
    detail_vi = "Nếu phải hoàn, tiền chỉ về được một tài khoản. Hãy hoàn lại từng khoản."
    detail_en = "A refund goes to one account only. Give each of them back."


class SuspenseOfCard(Refusal):
    code = "suspense_of_card"
    status = 409
    title_vi = "Tiền thẻ chỉ ghi nhận được cho chính khoản đã thanh toán"
    title_en = "A card's money goes to the due it was paid for, and to no other"


class SuspenseHoldsMoney(Refusal):
    code = "suspense_holds_money"
    status = 409
    title_vi = "Khoản này còn tiền: hãy hoàn lại hoặc ghi nhận"
    title_en = "There is money here: give it back or allot it"
    detail_vi = "Còn {left_vnd} đồng."
    detail_en = "{left_vnd} đồng are left."
    members = ("left_vnd",)


@dataclasses.dataclass(frozen=True)
class Officer:
    """Who decides, and for which agency. `label` is the office, never a name."""

    id: str
    label: str
    agency_code: str


@dataclasses.dataclass(frozen=True)
class _Claim:
    """Everything that one move touches, locked: payments, attempts, items, in that order."""

    items: list[SuspenseItem]
    payments: dict[str, Payment]
    attempts: dict[str, Attempt]

    def attempt_of(self, item: SuspenseItem) -> Attempt | None:
        return self.attempts[item.attempt_id] if item.attempt_id else None

    def payment_of(self, item: SuspenseItem) -> Payment | None:
        attempt = self.attempt_of(item)
        return self.payments[attempt.payment_id] if attempt else None


@db.transaction()
def give_back(
    *,
    item_id: str,
    officer: Officer,
    expected_state: str,
    amount_believed_vnd: int,
    amount_vnd: int | None = None,
    reason: str,
    now: datetime,
) -> None:
    """Send back what is left of an item, or the part of it that is named.

    Errors: NotFound, SuspenseMoved, SuspenseAmountStale, SuspenseTooLarge, PaymentDisputed.
    """
    claim = _claim([item_id], officer)
    [item] = claim.items
    _check(claim.items, expected_state, amount_believed_vnd, rules.Move.GIVE_BACK)
    amount = item.left_vnd if amount_vnd is None else amount_vnd
    if not 0 < amount <= item.left_vnd:
        raise SuspenseTooLarge(left_vnd=item.left_vnd)
    attempt, payment = claim.attempt_of(item), claim.payment_of(item)
    by_card: Refund | None = None
    by_bank: BankReturn | None = None
    if item.credit_id is not None:
        by_bank = returns.order(item, attempt, amount_vnd=amount, now=now)
    else:
        assert payment is not None and attempt is not None  # noqa: PT018,S101 - a card's has both
        disputes.refuse(payment)
        by_card = refund.give_back(
            payment,
            attempt,
            amount_vnd=amount,
            reason=reason,
            requested_by=officer.id,
            client_key=ids.new("key"),
            now=now,
        )
    _remember(
        item, rules.Move.GIVE_BACK, amount, officer, reason, now, refund=by_card, returned=by_bank
    )
    if payment is not None:
        words = telling.going_back(title=payment.title, amount_vnd=amount, reason=reason)
        going = by_bank or by_card
        suspense.tell(payment, words, key=f"going_back:{going.id if going else ''}", now=now)


@db.transaction()
def allot(
    *,
    item_id: str,
    officer: Officer,
    payment_id: str,
    together_with: Sequence[str] = (),
    expected_state: str,
    amount_believed_vnd: int,
    reason: str,
    now: datetime,
) -> None:
    """Pay what is owed with money held apart: the due is settled whole, a surplus stays held.

    Shape: together_with are further items; what is believed to be left counts all of them.

    Errors: NotFound, PaymentNotOwed, SuspenseMoved, SuspenseAmountStale, SuspenseNotTheSum,
    SuspenseOfCard, SuspenseOfSeveral, PaymentDisputed.
    """
    claim = _claim([item_id, *together_with], officer, payment_id=payment_id)
    items = claim.items
    _check(items, expected_state, amount_believed_vnd, rules.Move.ALLOT)
    payment = claim.payments[payment_id]
    if payment.state != states.Payment.OWED:
        raise charge.PaymentNotOwed(state=payment.state, payment_id=payment.id)
    lefts = [item.left_vnd for item in items]
    shares = rules.shares(lefts, owed_vnd=payment.amount_vnd)
    if shares is None:
        raise SuspenseNotTheSum(owed_vnd=payment.amount_vnd, have_vnd=sum(lefts))
    attempt = _attempt_to_settle(claim, payment, now)
    booking.settle_from_suspense(payment, attempt, now=now)
    for item, share in zip(items, shares, strict=True):
        mine = attempt if item.attempt_id == attempt.id else claim.attempt_of(item)
        suspense.shift(item, mine, allotted=share, now=now)
        _remember(item, rules.Move.ALLOT, share, officer, reason, now, payment=payment)
    words = telling.allotted(title=payment.title, amount_vnd=payment.amount_vnd, reason=reason)
    suspense.tell(payment, words, key=f"allotted:{attempt.id}", now=now)


def _attempt_to_settle(claim: _Claim, payment: Payment, now: datetime) -> Attempt:
    """Return the try that becomes the paid one: the card's own, the transfer's in review, a new."""
    first = claim.items[0]
    if any(item.credit_id is None for item in claim.items):
        own = claim.attempt_of(first)
        if len(claim.items) > 1 or own is None or own.payment_id != payment.id:
            raise SuspenseOfCard
        disputes.refuse(payment)
        return own
    credit = first.credit
    assert credit is not None  # noqa: S101 - all of them are credits here
    senders = {one.credit.sender_account or one.id for one in claim.items if one.credit}
    if len(senders) > 1:
        raise SuspenseOfSeveral
    # One transfer may pay for another due than the try it named: the allotment has its own name.
    name = f"{credit.transaction_id}/{ids.new('alt')}"
    for attempt in claim.attempts.values():
        in_review = attempt.state == states.Attempt.REVIEW
        if attempt.payment_id == payment.id and in_review and attempt.account == credit.account:
            attempt.intent_id = name
            return attempt
    number = Attempt.objects.filter(payment=payment).aggregate(last=Max("number"))["last"] or 0
    key = ids.new("key")
    return Attempt(
        payment=payment,
        number=number + 1,
        provider="vietqr",
        account=credit.account,
        client_key=key,
        provider_key=key,
        state="",
        return_url="",
        expires_at=now,
        intent_id=name,
        settlement_id=credit.transaction_id,
        created_at=now,
    )


@db.transaction()
def keep(
    *,
    item_id: str,
    officer: Officer,
    expected_state: str,
    amount_believed_vnd: int,
    reason: str,
    now: datetime,
) -> None:
    """Say that an item was looked at and why it is not decided yet.

    Errors: NotFound, SuspenseMoved, SuspenseAmountStale.
    """
    [item] = _claim([item_id], officer).items
    _check([item], expected_state, amount_believed_vnd, rules.Move.KEEP)
    item.state = rules.state(rules.Suspense(item.state), item.sums, kept=True).value
    item.save(update_fields=["state"])
    _remember(item, rules.Move.KEEP, item.left_vnd, officer, reason, now)


@db.transaction()
def close(
    *,
    item_id: str,
    officer: Officer,
    expected_state: str,
    amount_believed_vnd: int,
    reason: str,
    now: datetime,
) -> None:
    """Say that money which these books never held was set right at the provider itself.

    Errors: NotFound, SuspenseMoved, SuspenseAmountStale, SuspenseHoldsMoney.
    """
    claim = _claim([item_id], officer)
    [item] = claim.items
    _check([item], expected_state, amount_believed_vnd, rules.Move.CLOSE)
    if item.left_vnd:
        raise SuspenseHoldsMoney(left_vnd=item.left_vnd)
    suspense.close(item, claim.attempt_of(item), now=now)
    _remember(item, rules.Move.CLOSE, 0, officer, reason, now)


def _claim(wanted: Sequence[str], officer: Officer, *, payment_id: str | None = None) -> _Claim:
    """Lock everything that a move touches. Errors: NotFound for what is not this agency's.

    An officer's own money, and what they owe themselves, is not theirs to decide on.
    """
    if len(set(wanted)) != len(wanted):
        raise NotFound
    agency = officer.agency_code
    seen = SuspenseItem.objects.filter(id__in=wanted, agency_code=agency)
    names = set(seen.exclude(attempt=None).values_list("attempt__payment_id", flat=True))
    if payment_id is not None:
        if not Payment.objects.filter(id=payment_id, agency_code=agency).exists():
            raise NotFound
        names.add(payment_id)
    rows = db.lock(Payment.objects.filter(id__in=names).order_by("id"))
    payments = {payment.id: payment for payment in rows}
    own = set(citizens.accounts_of_same_person(officer.id).values_list("id", flat=True))
    if own & {payment.citizen_id for payment in payments.values()}:
        raise NotFound
    touched = Q(id__in=seen.exclude(attempt=None).values("attempt_id"))
    if payment_id is not None:
        touched |= Q(payment_id=payment_id, state=states.Attempt.REVIEW.value)
    attempts = {row.id: row for row in db.lock(Attempt.objects.filter(touched).order_by("id"))}
    found = {item.id: item for item in db.lock(seen.select_related("credit").order_by("id"))}
    if set(found) != set(wanted):
        raise NotFound
    return _Claim([found[name] for name in wanted], payments, attempts)


def _check(items: list[SuspenseItem], expected: str, believed_vnd: int, move: rules.Move) -> None:
    for item in items:
        state = rules.Suspense(item.state)
        if state not in rules.ALLOWED[move] or (item is items[0] and state != expected):
            raise SuspenseMoved(state=item.state)
    left = sum(item.left_vnd for item in items)
    if left != believed_vnd:
        raise SuspenseAmountStale(left_vnd=left)


def _remember(
    item: SuspenseItem,
    kind: rules.Move,
    amount_vnd: int,
    officer: Officer,
    reason: str,
    now: datetime,
    *,
    payment: Payment | None = None,
    refund: Refund | None = None,
    returned: BankReturn | None = None,
) -> None:
    SuspenseMove.objects.create(
        item=item,
        kind=kind.value,
        amount_vnd=amount_vnd,
        payment=payment,
        refund=refund,
        bank_return=returned,
        reason=reason,
        officer_id=officer.id,
        officer_label=officer.label[:300],
        at=now,
    )
