"""Asking for money: open what is owed, cancel it, start a try to pay it."""

import dataclasses
import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max

from common import db, ids
from common.errors import FieldError, NotFound, OutsideError, Refusal
from payments.actions import breaker, settle, transfers
from payments.models import Attempt, Payment
from payments.providers import base
from payments.rules import states, vietqr

logger = logging.getLogger(__name__)

CALL_LASTS = timedelta(seconds=45)  # longer than all retries of one call together
MAX_URL = 500
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
    members = ("state",)


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


class ReturnUrlRefused(Refusal):
    code = "return_url_refused"
    status = 400
    title_vi = "Địa chỉ quay lại không được phép"
    title_en = "The return address is not allowed"


class MethodUnknown(Refusal):
    code = "payment_method_unknown"
    status = 422
    title_vi = "Hình thức thanh toán này không được hỗ trợ"
    title_en = "This way of paying is not offered"
    members = ("methods",)


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
    for payment in db.lock(owed.order_by("id")):
        states.check_payment(states.Payment.OWED, states.Payment.CANCELLED)
        payment.state = states.Payment.CANCELLED.value
        payment.cancelled_at = now
        payment.save(update_fields=["state", "cancelled_at"])
        settle.close_pages(payment, now=now)


@db.durable
def start_attempt(
    *,
    payment_id: str,
    citizen_id: str,
    client_key: str,
    return_url: str | None = None,
    method: str | None = None,
    now: datetime,
) -> str:
    """Open the provider's page for a payment, or find the one that is open; return its id.

    Shape: method is one of the settings' PAYMENT_METHODS; without it the first. Naming another
    one than what is open closes that, and opens the new one.

    The attempt and its key are committed, then the provider is called, then its word is recorded.
    The same client key resumes the same attempt; another device gets the same page.

    Errors: NotFound, PaymentNotOwed, PaymentUnderReview, AttemptInProgress, ReturnUrlRefused,
    ProviderUnreachable, PaymentNotPossible, MethodUnknown.
    """
    address = checked_return_url(return_url)
    provider = provider_of(method)
    for _ in range(3):
        attempt = _reserve(payment_id, citizen_id, client_key, provider, address, now)
        state = states.Attempt(attempt.state)
        mine = attempt.client_key == client_key
        if state not in states.ACTIVE_ATTEMPTS:
            return attempt.id
        if state == states.Attempt.OPEN and attempt.expires_at > now:
            if mine or method is None or attempt.provider == provider:
                return attempt.id
            # Another way was asked for: what is open is closed first, so that only one takes money.
            settle.want_closed(attempt_id=attempt.id, now=now)
            if _ask(attempt.id, now) in states.ACTIVE_ATTEMPTS:
                raise AttemptInProgress(retry_after=5)
            continue
        if not mine and _is_being_called(attempt, now):
            raise AttemptInProgress(retry_after=2)
        if breaker.is_open(attempt.provider):
            raise ProviderUnreachable(retry_after=breaker.PAUSE_SECONDS)
        if not _turn.acquire(timeout=WAIT_FOR_A_TURN_SECONDS):
            raise ProviderUnreachable(retry_after=2)
        try:
            after = _ask(attempt.id, now)
        finally:
            _turn.release()
        if mine or after in states.ACTIVE_ATTEMPTS:
            return attempt.id
        # The other device's page turned out to be over: look again.
    raise AttemptInProgress(retry_after=5)


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


def _is_being_called(attempt: Attempt, now: datetime) -> bool:
    """Return whether somebody else may be speaking to the provider about it right now."""
    if attempt.state == states.Attempt.CREATED:
        return attempt.created_at + CALL_LASTS > now
    if attempt.state == states.Attempt.CALLING:
        return attempt.called_at is not None and attempt.called_at + CALL_LASTS > now
    return False


def _reserve(
    payment_id: str,
    citizen_id: str,
    client_key: str,
    provider: str,
    return_url: str,
    now: datetime,
) -> Attempt:
    """Commit an attempt with its key, or return the one that stands in its place."""
    with db.transaction():
        payment = db.lock(Payment.objects.of(citizen_id).filter(id=payment_id)).first()
        if payment is None:
            raise NotFound
        attempts = Attempt.objects.filter(payment=payment)
        mine = attempts.filter(client_key=client_key).first()
        if mine is not None:
            return mine
        if payment.state != states.Payment.OWED:
            raise PaymentNotOwed(state=payment.state)
        if attempts.filter(state=states.Attempt.REVIEW.value).exists():
            raise PaymentUnderReview
        active = attempts.active().first()
        if active is not None:
            return active
        states.check_attempt(None, states.Attempt.CREATED)
        number = attempts.aggregate(last=Max("number"))["last"] or 0
        key = ids.new("key")
        account = None
        if provider == transfers.PROVIDER:
            account = transfers.account_for(payment)
            if account is None:
                raise PaymentNotPossible(reason="agency_has_no_account")
        attempt = Attempt.objects.create(
            payment=payment,
            number=number + 1,
            provider=provider,
            account=account.number if account else "",
            session_id=vietqr.reference(key) if account else "",
            client_key=client_key,
            provider_key=key,
            state=states.Attempt.CREATED.value,
            return_url=return_url,
            expires_at=now + timedelta(minutes=settings.PAYMENT_SESSION_MINUTES),
            next_check_at=now + settle.LEASE,
            created_at=now,
        )
        if account is not None:
            transfers.write(attempt, account, amount_vnd=payment.amount_vnd)
        return attempt


def provider_of(method: str | None) -> str:
    """Return which provider takes a method; without one the first. Errors: MethodUnknown."""
    methods = settings.PAYMENT_METHODS
    if method is None:
        return str(next(iter(methods.values())))
    if method not in methods:
        raise MethodUnknown(methods=list(methods))
    return str(methods[method])


def checked_return_url(given: str | None) -> str:
    """Return where the payer goes after the page: an allowed address, or this server's own.

    It carries no outcome: coming back proves nothing. Errors: ReturnUrlRefused.
    """
    if not given:
        return f"{settings.PUBLIC_URL}/payments/return"
    clean = len(given) <= MAX_URL and given.isascii() and given.isprintable()
    if clean and not set(given) & set(" \\{}<>\"'`"):
        target = urlsplit(given)
        for allowed in settings.PAYMENT_RETURN_URLS:
            known = urlsplit(allowed)
            same_place = (target.scheme, target.netloc) == (known.scheme, known.netloc)
            if known.netloc and same_place and given.startswith(allowed):
                return given
            if not known.netloc and target.scheme == known.scheme:
                return given  # the app's own scheme
    raise ReturnUrlRefused(
        errors=[
            FieldError(
                "not_allowed",
                "return_url",
                "Địa chỉ không nằm trong danh sách được phép",
                "The address is not on the list of allowed ones",
                pointer="/return_url",
            )
        ]
    )
