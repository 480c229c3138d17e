"""Asking for money: open what is owed, change or cancel it, start a try to pay it.

One page may be for several dues, of several agencies, and be paid by somebody else than who owes.
"""

import dataclasses
import enum
import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from citizens import queries as citizens
from common import db, ids
from common.errors import NotFound, OutsideError, Refusal
from payments.actions import (
    booking,
    breaker,
    methods,
    payers,
    return_urls,
    settle,
    transfers,
)
from payments.models import Attempt, PayCode, Payment
from payments.providers import base, registry
from payments.queries import paying
from payments.rules import states, vietqr

logger = logging.getLogger(__name__)

CALL_LASTS = timedelta(seconds=45)  # longer than all retries of one call together
# A provider that answers slowly must not hold all threads of a web process: the rest of the API
# goes on while at most this many citizens wait for it.
CALLS_AT_ONCE = 2
WAIT_FOR_A_TURN_SECONDS = 2.0
_turn = threading.BoundedSemaphore(CALLS_AT_ONCE)


class PaymentNotOwed(Refusal):
    code = "payment_not_owed"
    status = 409
    title_vi = "Khoản này không còn phải nộp"
    title_en = "This payment is no longer owed"
    detail_vi = "Trạng thái hiện tại: {state}."
    detail_en = "Its state is {state}."
    members = ("state", "payment_id")


class PaymentUnderReview(Refusal):
    code = "payment_under_review"
    status = 409
    title_vi = "Khoản này đang được đối soát, xin đừng nộp lại"
    title_en = "This payment is being looked into; please do not pay again"


class AttemptInProgress(Refusal):
    code = "attempt_in_progress"
    status = 409
    title_vi = "Một lần thanh toán khác đang được mở"
    title_en = "Another try to pay is being opened"
    detail_vi = "Hãy thử lại sau ít giây."
    detail_en = "Try again in a few seconds."


class DueBeingPaid(Refusal):
    code = "due_being_paid"
    status = 409
    title_vi = "Khoản này đang được thanh toán ở một trang khác"
    title_en = "This due is being paid on another page"
    detail_vi = "Trang đó còn mở. Hãy thanh toán ở đó, đóng nó, hoặc đợi nó hết hạn."
    detail_en = "That page is still open. Pay there, close it, or wait until it runs out."
    members = ("payment_id",)


class CheckoutKeyReused(Refusal):
    code = "checkout_key_reused"
    status = 422
    title_vi = "Khóa đã dùng cho những khoản khác"
    title_en = "The key was used for other dues"


class DueUnchanged(Refusal):
    code = "due_unchanged"
    status = 409
    title_vi = "Khoản phải nộp không thay đổi"
    title_en = "The due stays as it is"


class ProviderUnreachable(Refusal):
    code = "payment_provider_unreachable"
    status = 503
    title_vi = "Chưa kết nối được cổng thanh toán"
    title_en = "The payment provider did not answer"
    detail_vi = "Trang thanh toán chưa được mở. Hãy thử lại với cùng Idempotency-Key."
    detail_en = "No payment page was opened. Try again with the same Idempotency-Key."


class PaymentNotPossible(Refusal):
    code = "payment_not_possible"
    status = 409
    title_vi = "Cổng thanh toán không nhận khoản này"
    title_en = "The payment provider does not take this payment"
    detail_vi = "Chưa có khoản tiền nào bị trừ. Có thể nộp trực tiếp tại bộ phận một cửa."
    detail_en = "Nothing was taken. It can be paid at the one-stop counter."
    members = ("reason",)


@dataclasses.dataclass(frozen=True)
class ChargeLine:
    """One fee. Units: unit_vnd and amount_vnd in whole đồng; a cap may make amount_vnd smaller."""

    code: str
    label: str
    kind: str
    quantity: int
    unit_vnd: int
    amount_vnd: int


@db.transaction_required
def open(  # noqa: A001 - read as charge.open
    *,
    reference: str,
    citizen_id: str,
    payer_name: str,
    agency_code: str,
    title: str,
    lines: Sequence[ChargeLine],
    now: datetime,
    purpose: str = "fee",
) -> str:
    """Freeze what is owed and return its id. Nothing owed is settled at once.

    Opening the same due again returns the one that is there.

    Errors: ValueError for a negative line, or for other lines than the due that is there.
    """
    frozen = [dataclasses.asdict(line) for line in lines]
    if any(min(line.quantity, line.unit_vnd, line.amount_vnd) < 0 for line in lines):
        raise ValueError("a line cannot be negative")
    known = (
        Payment.objects.filter(reference=reference, purpose=purpose)
        .exclude(state=states.Payment.CANCELLED.value)
        .first()
    )
    if known is not None:
        if known.lines != frozen:
            raise ValueError(f"{reference} {purpose} is open with other lines")
        return known.id
    total = sum(line.amount_vnd for line in lines)
    state = states.Payment.OWED if total else states.Payment.FREE
    states.check_payment(None, state)
    payment = Payment.objects.create(
        reference=reference,
        purpose=purpose,
        citizen_id=citizen_id,
        payer_name=payer_name,
        agency_code=agency_code,
        title=title[:250],
        lines=frozen,
        amount_vnd=total,
        state=state.value,
        created_at=now,
        settled_at=None if total else now,
        announced_at=None if total else now,  # nothing moved: there is nothing to tell
    )
    return payment.id


@db.transaction_required
def pass_on(*, reference: str, citizen_id: str) -> None:
    """Show what a reference owes or paid to another account: a walk-in proved who they are."""
    Payment.objects.filter(reference=reference).update(citizen_id=citizen_id)


@db.transaction_required
def cancel(*, reference: str, now: datetime) -> None:
    """Stop asking for what is still owed. What is paid stays paid: that is a refund's matter."""
    owed = Payment.objects.filter(reference=reference, state=states.Payment.OWED.value)
    payments = list(db.lock(owed.order_by("id")))
    for payment in payments:
        _cancel(payment, now)
    booking.close_pages(*payments, now=now)


def _cancel(payment: Payment, now: datetime) -> None:
    states.check_payment(states.Payment(payment.state), states.Payment.CANCELLED)
    payment.state = states.Payment.CANCELLED.value
    payment.cancelled_at = now
    payment.save(update_fields=["state", "cancelled_at"])


@db.transaction_required
def change(*, payment_id: str, lines: Sequence[ChargeLine], now: datetime) -> str:
    """Put a right due in the place of a wrong one that nobody paid yet; return its id.

    The old one is cancelled and its page closed; until that is done the new one cannot be started,
    and money that still comes for the old one goes back. The new one names the old one. Lines that
    add up to nothing settle it at once.

    Errors: NotFound; PaymentNotOwed; PaymentUnderReview; DueUnchanged; ValueError as `open`.
    """
    old = db.lock(Payment.objects.filter(id=payment_id)).first()
    if old is None:
        raise NotFound
    if old.state != states.Payment.OWED:
        raise PaymentNotOwed(state=old.state, payment_id=old.id)
    if Attempt.objects.filter(payment=old, state=states.Attempt.REVIEW.value).exists():
        raise PaymentUnderReview
    if old.lines == [dataclasses.asdict(line) for line in lines]:
        raise DueUnchanged
    _cancel(old, now)
    new_id = open(
        reference=old.reference,
        citizen_id=old.citizen_id,
        payer_name=old.payer_name,
        agency_code=old.agency_code,
        title=old.title,
        lines=lines,
        now=now,
        purpose=old.purpose,
    )
    Payment.objects.filter(id=new_id).update(replaces=old)
    booking.close_pages(old, now=now)
    return new_id


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a payer asks for: one page for these payments.

    Shape: code_id is the pay code that lets them pay the one payment without another right to it;
    method_named says that they chose the way of paying themselves.
    """

    payment_ids: tuple[str, ...]
    payer_id: str
    client_key: str
    provider: str
    return_url: str
    method_named: bool
    code_id: str | None = None


class Whose(enum.Enum):
    """Whose page stands in the way of a new one."""

    MINE = "mine"  # opened under the same key: this very call, repeated
    SHARED = "shared"  # the same payer wants the same payments, on another device
    ANOTHER = "another"  # another payer, or other payments on the page


@db.durable
def start_attempt(
    *,
    payment_id: str,
    citizen_id: str,
    client_key: str,
    return_url: str | None = None,
    method: str | None = None,
    now: datetime,
    code_id: str | None = None,
) -> str:
    """Open the provider's page for one payment, or find the one that is open; return its id.

    Errors: as `start_checkout`.
    """
    return _start(
        Asked(
            payment_ids=(payment_id,),
            payer_id=citizen_id,
            client_key=client_key,
            return_url=return_urls.checked(return_url),
            provider=methods.provider_of(method, dues=1),
            method_named=method is not None,
            code_id=code_id,
        ),
        now,
    )


@db.durable
def start_checkout(
    *,
    payment_ids: Sequence[str],
    citizen_id: str,
    client_key: str,
    return_url: str | None = None,
    method: str | None = None,
    now: datetime,
) -> str:
    """Open one page for several payments; return the id of the attempt that opened it.

    Shape: method is one of the settings' PAYMENT_METHODS; without it the first. Naming another one
    than what the same payer has open for the same payments closes that, and opens the new one.
    Everything on the page is owed by the payer, or by somebody for whom they may pay.

    The attempts and their key are committed, then the provider is called, then its word is
    recorded. The same client key resumes the same page; another device of the same payer that asks
    for the same payments gets the same page.

    Errors: NotFound, PaymentNotOwed, PaymentUnderReview, AttemptInProgress, DueBeingPaid,
    CheckoutKeyReused, ReturnUrlRefused, ProviderUnreachable, PaymentNotPossible, MethodUnknown,
    TransferOfOneDue.
    """
    return _start(
        Asked(
            payment_ids=tuple(payment_ids),
            payer_id=citizen_id,
            client_key=client_key,
            return_url=return_urls.checked(return_url),
            provider=methods.provider_of(method, dues=len(payment_ids)),
            method_named=method is not None,
        ),
        now,
    )


def _start(asked: Asked, now: datetime) -> str:
    for _ in range(3):
        page, whose = _reserve(asked, now)
        state = states.Attempt(page.state)
        if state not in states.ACTIVE_ATTEMPTS:
            return page.id
        other_way = whose == Whose.SHARED and _wants_another(asked, page)
        if state == states.Attempt.OPEN and page.expires_at > now and not page.closing:
            if whose != Whose.ANOTHER and not other_way:
                return page.id
            if not (other_way and registry.get(page.provider).closes_pages):
                raise DueBeingPaid(payment_id=page.payment_id)
            # What is open is closed first, so that only one of the two takes money.
            settle.want_closed(attempt_id=page.id, now=now)
        if whose != Whose.MINE and _is_being_called(page, now):
            raise AttemptInProgress(retry_after=2)
        if breaker.is_open(page.provider):
            raise ProviderUnreachable(retry_after=breaker.PAUSE_SECONDS)
        if not _turn.acquire(timeout=WAIT_FOR_A_TURN_SECONDS):
            raise ProviderUnreachable(retry_after=2)
        try:
            after = _ask(page.id, now)
        finally:
            _turn.release()
        still_open = after in states.ACTIVE_ATTEMPTS
        if whose == Whose.MINE or (whose == Whose.SHARED and still_open and not other_way):
            return page.id
        if still_open and not (other_way and state != states.Attempt.OPEN):
            raise DueBeingPaid(payment_id=page.payment_id)
        # The page in the way turned out to be over, or can now be closed: look again.
    raise AttemptInProgress(retry_after=5)


@db.transaction()
def close_attempt(*, payment_id: str, attempt_id: str, citizen_id: str, now: datetime) -> None:
    """Ask for a page to be closed that its payer, or whoever may pay the due, no longer wants.

    It closes for all dues that are paid on it. One that is over stays as it is; money that was
    already on its way is still found. Errors: NotFound.
    """
    attempt = paying.attempt(citizen_id, payment_id, attempt_id, now=now)
    payment = db.lock(Payment.objects.filter(id=attempt.payment_id)).get()
    if Attempt.objects.filter(id=attempt_id).active().exists():
        booking.close_pages(payment, now=now)


def _ask(attempt_id: str, now: datetime) -> states.Attempt:
    """Ask the provider, and say its failures in words for the payer."""
    try:
        return settle.ask(attempt_id=attempt_id, now=now)
    except base.Refused as refusal:
        if refusal.status in {401, 403}:
            raise ProviderUnreachable(retry_after=60) from refusal
        logger.error("attempt %s was refused: %s", attempt_id, refusal)
        raise PaymentNotPossible(reason=refusal.code) from refusal
    except OutsideError as failure:
        logger.warning("attempt %s: %s", attempt_id, failure)
        after = getattr(failure, "retry_after", None)
        raise ProviderUnreachable(retry_after=after or 5) from failure


def _wants_another(asked: Asked, page: Attempt) -> bool:
    """Return whether the payer chose another way of paying than what is open."""
    return asked.method_named and page.provider != asked.provider


def _is_being_called(attempt: Attempt, now: datetime) -> bool:
    """Return whether somebody else may be speaking to the provider about it right now."""
    if attempt.state == states.Attempt.CREATED:
        return attempt.created_at + CALL_LASTS > now
    if attempt.state == states.Attempt.CALLING:
        return attempt.called_at is not None and attempt.called_at + CALL_LASTS > now
    return False


def _reserve(asked: Asked, now: datetime) -> tuple[Attempt, Whose]:
    """Commit attempts with their keys, or return the page that stands in their place."""
    with db.transaction():
        due = Payment.objects.filter(id__in=asked.payment_ids)
        if asked.code_id is None:
            due = due.filter(paying.may_pay(asked.payer_id, now=now))
        payments = list(db.lock(due.order_by("id")))
        if len(payments) != len(asked.payment_ids):
            raise NotFound
        attempts = Attempt.objects.filter(payment__in=payments)
        mine = attempts.filter(payer_id=asked.payer_id, client_key=asked.client_key)
        known = list(mine.order_by("id"))
        if known:
            if not _is_page_of(known, payments):
                raise CheckoutKeyReused
            return _page(known), Whose.MINE
        if asked.code_id is not None:
            codes = PayCode.objects.live(now=now).filter(id=asked.code_id, payment__in=payments)
            if not codes.exists():
                raise NotFound
        for payment in payments:
            if payment.state != states.Payment.OWED:
                raise PaymentNotOwed(state=payment.state, payment_id=payment.id)
        if attempts.filter(state=states.Attempt.REVIEW.value).exists():
            raise PaymentUnderReview
        before = Attempt.objects.filter(payment_id__in=_replaced_by(payments))
        active = list((attempts.active() | before.active()).order_by("id"))
        if active:
            same = _is_page_of(active, payments) and active[0].payer_id == asked.payer_id
            return _page(active), Whose.SHARED if same else Whose.ANOTHER
        return _new_page(asked, payments, now), Whose.MINE


def _page(attempts: Sequence[Attempt]) -> Attempt:
    return Attempt.objects.get(id=attempts[0].page_id)


def _is_page_of(attempts: Sequence[Attempt], payments: Sequence[Payment]) -> bool:
    """Return whether these attempts are one page, and it is for these payments and no others."""
    pages = {one.page_id for one in attempts}
    paid_there = Attempt.objects.of_page(attempts[0].page_id).order_by("id")
    due = set(paid_there.values_list("payment_id", flat=True))
    return len(pages) == 1 and due == {one.id for one in payments}


def _replaced_by(payments: Sequence[Payment]) -> list[str]:
    """Return every wrong due in whose place these stand: their pages must be closed first."""
    found: list[str] = []
    ids = [one.replaces_id for one in payments if one.replaces_id]
    while ids:
        found += ids
        earlier = Payment.objects.filter(id__in=ids, replaces__isnull=False)
        ids = [one for one in earlier.order_by("id").values_list("replaces_id", flat=True) if one]
    return found


def _new_page(asked: Asked, payments: Sequence[Payment], now: datetime) -> Attempt:
    """Write an attempt for each due, the first of which opens the page; return that one."""
    for_others = [one for one in payments if one.citizen_id != asked.payer_id]
    name = citizens.card(asked.payer_id).full_name if for_others else None
    payers.seen(for_others, reader_id=asked.payer_id, reader_name=name or "", what="pay", now=now)
    account = None
    if asked.provider == transfers.PROVIDER:
        account = transfers.account_for(payments[0])
        if account is None:
            raise PaymentNotPossible(reason="agency_has_no_account")
    states.check_attempt(None, states.Attempt.CREATED)
    numbered = Attempt.objects.filter(payment__in=payments).order_by("payment_id")
    last = dict(numbered.values_list("payment_id").annotate(Max("number")))
    opener: Attempt | None = None
    for payment in payments:
        key = ids.new("key")
        made = Attempt.objects.create(
            payment=payment,
            number=last.get(payment.id, 0) + 1,
            paid_with=opener,
            dues=len(payments),
            payer_id=asked.payer_id,
            payer_name=name if payment in for_others else None,
            provider=asked.provider,
            client_key=asked.client_key,
            provider_key=key,
            account=account.number if account else "",
            session_id=vietqr.reference(key) if account else "",
            state=states.Attempt.CREATED.value,
            return_url=asked.return_url,
            expires_at=now + timedelta(minutes=settings.PAYMENT_SESSION_MINUTES),
            next_check_at=None if opener else now + settle.LEASE,
            created_at=now,
        )
        if account is not None:
            transfers.write(made, account, amount_vnd=payment.amount_vnd)
        opener = opener or made
    assert opener is not None  # noqa: S101 - nobody asks for no payments
    return opener
