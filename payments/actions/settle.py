"""The one place where a provider's word becomes money: webhook, poll and sweep all end here."""

import dataclasses
import logging
from datetime import datetime, timedelta

from common import db, jobs
from common.errors import OutsideError
from payments import ledger
from payments.actions import breaker, receipts, refund, suspense
from payments.models import Attempt, EventOutcome, Payment, ProviderEvent, Refund
from payments.providers import base, registry
from payments.rules import money, settling, states
from payments.rules import suspense as held

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
# Kinds of events that can change anything here; all others are kept and left alone.
ABOUT_ATTEMPTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
    }
)
ABOUT_REFUNDS = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
ABOUT_CREDITS = frozenset({"bank.credit"})
# A bank's notice may come before the line is on its statement; after this it never will be.
STATEMENT_FOLLOWS = timedelta(days=1)


@db.transaction()
def record_event(
    *,
    provider: str,
    notification: base.Notification,
    raw: bytes,
    source: ProviderEvent.Source,
    now: datetime,
) -> bool:
    """Keep an event and put the work on it on the queue, in one commit; False when it is known.

    A twin that arrives at the same moment waits for this commit and then sees it.
    """
    ProviderEvent.objects.bulk_create(
        [
            ProviderEvent(
                provider=provider,
                event_id=notification.event_id,
                kind=notification.kind,
                livemode=notification.livemode,
                source=source,
                attempt_hint=notification.attempt_id,
                refund_hint=notification.refund_id,
                session_hint=notification.session_id,
                intent_hint=notification.intent_id,
                provider_refund_hint=notification.provider_refund_id,
                raw=raw.decode("utf-8"),
                made_at=notification.made_at,
                received_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    event = ProviderEvent.objects.get(provider=provider, event_id=notification.event_id)
    _, fresh = EventOutcome.objects.get_or_create(
        event=event,
        defaults={"state": EventOutcome.State.PENDING, "next_try_at": now + LEASE},
    )
    if fresh:
        jobs.enqueue("payments.apply_event", event_id=str(event.pk))
    return fresh


@db.durable
def apply_event(*, event_id: str, now: datetime) -> None:
    """Ask the provider about what an event hints at, and record what it says.

    Errors: OutsideError when the provider gave no answer; the sweep comes back to it.
    """
    event = ProviderEvent.objects.select_related("outcome").filter(pk=int(event_id)).first()
    if event is None or event.outcome.state != EventOutcome.State.PENDING:
        return
    try:
        state, note = _apply(event, now)
    except OutsideError:
        outcome = event.outcome
        outcome.tries += 1
        outcome.next_try_at = now + money.next_check(outcome.tries)
        outcome.save(update_fields=["tries", "next_try_at"])
        raise
    with db.transaction():
        EventOutcome.objects.filter(event=event, state=EventOutcome.State.PENDING).update(
            state=state, note=note, done_at=now, next_try_at=None
        )


def _apply(event: ProviderEvent, now: datetime) -> tuple[EventOutcome.State, str]:
    ignored, applied = EventOutcome.State.IGNORED, EventOutcome.State.APPLIED
    if event.livemode != registry.get(event.provider).livemode:
        logger.warning("event %s comes from the other mode", event.event_id)
        return ignored, "other_livemode"
    if event.kind in ABOUT_REFUNDS:
        known = _refund_of(event)
        if known is None:
            return ignored, "unknown_refund"
        refund.apply(refund_id=known, now=now)
        return applied, ""
    if event.kind in ABOUT_CREDITS:
        return _apply_notice(event, now)
    if event.kind not in ABOUT_ATTEMPTS:
        return ignored, "kind_of_no_consequence"
    attempt = _attempt_of(event)
    if attempt is None:
        logger.warning("event %s is about nothing of ours", event.event_id)
        return ignored, "unknown_object"
    if states.Attempt(attempt.state) in states.TERMINAL_ATTEMPTS:
        return applied, "already_settled"
    ask(attempt_id=attempt.id, now=now)
    return applied, ""


def _apply_notice(event: ProviderEvent, now: datetime) -> tuple[EventOutcome.State, str]:
    """Book what the statement says of a notice. What the notice itself said is not looked at."""
    credit = registry.bank().credit(event.event_id)
    if credit is None:
        if event.received_at + STATEMENT_FOLLOWS > now:
            raise base.Unanswered(f"{event.event_id} is not on the statement yet")
        logger.error("notice %s is about money that no statement shows", event.event_id)
        return EventOutcome.State.IGNORED, "not_on_the_statement"
    if credit.currency != money.CURRENCY:
        logger.error("transfer %s is in another currency", event.event_id)
        return EventOutcome.State.IGNORED, "other_currency"
    take(credit=credit, now=now)
    return EventOutcome.State.APPLIED, ""


@db.durable
def take(*, credit: held.Credit, now: datetime) -> None:
    """Book one line of a bank's statement: to the try that it names, or apart. Runs twice."""
    attempt_id, reason = suspense.attempt_of(credit)
    if attempt_id is None:
        suspense.hold_unmatched(credit=credit, reason=reason, now=now)
    else:
        apply_fact(attempt_id=attempt_id, fact=settling.of_credit(credit), now=now)


def _attempt_of(event: ProviderEvent) -> Attempt | None:
    ours = Attempt.objects.filter(provider=event.provider)
    for name, hint in (
        ("id", event.attempt_hint),
        ("session_id", event.session_hint),
        ("intent_id", event.intent_hint),
    ):
        found = ours.filter(**{name: hint}).first() if hint else None
        if found is not None:
            return found
    return None


def _refund_of(event: ProviderEvent) -> str | None:
    ours = Refund.objects.filter(attempt__provider=event.provider)
    for name, hint in (
        ("id", event.refund_hint),
        ("provider_refund_id", event.provider_refund_hint),
    ):
        found = ours.filter(**{name: hint}).values_list("id", flat=True).first() if hint else None
        if found is not None:
            return found
    return None


@db.durable
def ask(*, attempt_id: str, now: datetime) -> states.Attempt:
    """Call the provider about one attempt and record its word; return the state that follows.

    The first call opens the page. After a crash or a lost answer the same call finds out what
    became of it. No transaction is open while the provider is spoken to.

    Errors: Unanswered or NotOurs when nothing is known (a next check is planned); Refused when the
    provider said no to opening the page.
    """
    order, provider_name, before, closing = _prepare(attempt_id, now)
    provider = registry.get(provider_name)
    try:
        if before == states.Attempt.CREATED and not closing:
            fact = provider.start(order)
        elif closing:
            fact = provider.close(order, now=now)
        else:
            fact = provider.fetch(order, now=now)
    except base.Refused as refusal:
        never = before == states.Attempt.CREATED and refusal.status not in {401, 403}
        _record_failure(attempt_id, refusal.request_id, now, refused=refusal.code if never else "")
        raise
    except OutsideError as failure:
        if failure.transient:
            breaker.lost(provider_name)
        _record_failure(attempt_id, getattr(failure, "request_id", ""), now)
        raise
    breaker.answered(provider_name)
    return apply_fact(attempt_id=attempt_id, fact=fact, now=now)


def locked(attempt_id: str) -> tuple[Payment, Attempt]:
    """Return an attempt and its payment, both locked, the payment first."""
    payment_id = Attempt.objects.values_list("payment_id", flat=True).get(id=attempt_id)
    payment = db.lock(Payment.objects.filter(id=payment_id)).get()
    attempt = db.lock(Attempt.objects.filter(id=attempt_id)).get()
    attempt.payment = payment
    return payment, attempt


def _prepare(attempt_id: str, now: datetime) -> tuple[base.Order, str, states.Attempt, bool]:
    """Commit that the provider is about to be called, and return what to call it with."""
    with db.transaction():
        payment, attempt = locked(attempt_id)
        before = states.Attempt(attempt.state)
        if before in {states.Attempt.CREATED, states.Attempt.UNKNOWN}:
            move(attempt, states.Attempt.CALLING)
            attempt.called_at = now
            attempt.next_check_at = now + LEASE
            attempt.save()
        order = base.Order(
            attempt_id=attempt.id,
            payment_id=payment.id,
            reference=payment.reference,
            key=attempt.provider_key,
            key_made_at=attempt.created_at,
            amount_vnd=payment.amount_vnd,
            title=payment.title,
            return_url=attempt.return_url,
            expires_at=attempt.expires_at,
            session_id=attempt.session_id,
            intent_id=attempt.intent_id,
            account=attempt.account,
        )
        return order, attempt.provider, before, attempt.closing


def _record_failure(attempt_id: str, request_id: str, now: datetime, *, refused: str = "") -> None:
    with db.transaction():
        _, attempt = locked(attempt_id)
        attempt.request_id = request_id or attempt.request_id
        attempt.checks += 1
        attempt.next_check_at = now + money.next_check(attempt.checks)
        if attempt.state == states.Attempt.CALLING:
            if refused:
                move(attempt, states.Attempt.CANCELLED)
                attempt.reason = refused
                attempt.next_check_at = None
            else:
                move(attempt, states.Attempt.UNKNOWN)
        elif states.Attempt(attempt.state) not in states.ACTIVE_ATTEMPTS:
            attempt.next_check_at = None
        attempt.save()


def move(attempt: Attempt, end: states.Attempt) -> None:
    """Put a locked attempt into another state. Errors: EdgeMissing."""
    states.check_attempt(states.Attempt(attempt.state), end)
    attempt.state = end.value


@db.transaction()
def apply_fact(*, attempt_id: str, fact: settling.Fact, now: datetime) -> states.Attempt:
    """Record the provider's word: lock, look, post, issue, enqueue, one commit."""
    payment, attempt = locked(attempt_id)
    credit = None
    if fact.credit is not None:
        credit, fresh = suspense.keep(fact.credit, attempt=attempt, now=now)
        if not fresh:
            return states.Attempt(attempt.state)  # this line of the statement is booked
        fact = dataclasses.replace(fact, misdirected=fact.credit.account != attempt.account)
    if credit is None or states.Attempt(attempt.state) not in states.TERMINAL_ATTEMPTS:
        _learn(attempt, fact)
    decision = settling.decide(
        states.Attempt(attempt.state),
        states.Payment(payment.state),
        owed_vnd=payment.amount_vnd,
        fact=fact,
        closing=attempt.closing,
    )
    if decision.attempt is not None:
        move(attempt, decision.attempt)
        attempt.reason = decision.reason
    if fact.outcome == settling.Outcome.OPEN and attempt.state == states.Attempt.OPEN:
        attempt.reason = fact.decline_code
    if decision.posting != settling.Posting.NOTHING:
        attempt.received_vnd = fact.amount_vnd
        attempt.fee_vnd = fact.fee_vnd
        attempt.settled_at = now
        if credit is None or decision.posting == settling.Posting.FEE:
            _post(payment, attempt, decision.posting, now)
    if decision.attempt == states.Attempt.REVIEW:
        attempt.settled_at = now
        logger.error("attempt %s needs a person: %s", attempt.id, decision.reason)
    state = states.Attempt(attempt.state)
    attempt.checks += 1
    waiting = state in states.ACTIVE_ATTEMPTS
    attempt.next_check_at = now + money.next_check(attempt.checks) if waiting else None
    attempt.save()
    if decision.payment == states.Payment.PAID:
        _settle(payment, attempt, now)
    if credit is not None and decision.posting != settling.Posting.FEE:
        apart = held.Reason.SECOND_TRANSFER
        if fact.misdirected:
            apart = held.Reason.WRONG_ACCOUNT
        elif decision.reason:
            apart = held.Reason(decision.reason)
        suspense.hold(credit, payment=payment, attempt=attempt, reason=apart, now=now)
    elif decision.attempt == states.Attempt.REVIEW:
        suspense.open_review(payment, attempt, now=now)
    if decision.give_back:
        refund.give_back(payment, attempt, reason=decision.reason, now=now)
    return state


def _learn(attempt: Attempt, fact: settling.Fact) -> None:
    """Keep the ids and the address that the provider gave; what is known is not overwritten."""
    attempt.session_id = attempt.session_id or fact.session_id
    attempt.intent_id = attempt.intent_id or fact.intent_id
    if fact.outcome == settling.Outcome.PAID:
        attempt.charge_id = fact.charge_id or attempt.charge_id
        attempt.settlement_id = fact.settlement_id or attempt.settlement_id
    attempt.checkout_url = fact.checkout_url if fact.outcome == settling.Outcome.OPEN else ""
    attempt.request_id = fact.request_id or attempt.request_id


def _post(payment: Payment, attempt: Attempt, posting: settling.Posting, now: datetime) -> None:
    source = attempt.intent_id or attempt.session_id
    fee = posting == settling.Posting.FEE
    agency = payment.agency_code
    ledger.post(
        f"{'capture' if fee else 'suspense'}:{attempt.provider}:{source}",
        debit=money.held_at(attempt.provider, attempt.account),
        credit=money.revenue(agency) if fee else money.suspense(agency),
        amount_vnd=attempt.received_vnd,
        payment=payment,
        attempt=attempt,
        settlement_id=attempt.settlement_id,
        now=now,
    )
    if attempt.fee_vnd:
        ledger.post(
            f"provider_fee:{attempt.provider}:{source}",
            debit=money.provider_fee(attempt.provider),
            credit=money.clearing(attempt.provider),
            amount_vnd=attempt.fee_vnd,
            payment=payment,
            attempt=attempt,
            settlement_id=attempt.settlement_id,
            now=now,
        )


def _settle(payment: Payment, attempt: Attempt, now: datetime) -> None:
    """Make a payment paid: the receipt and the announcement commit with it."""
    states.check_payment(states.Payment(payment.state), states.Payment.PAID)
    payment.state = states.Payment.PAID.value
    payment.captured_vnd = payment.amount_vnd
    payment.settled_at = now
    payment.save()
    receipts.issue(payment, attempt, now=now)
    jobs.enqueue("payments.announce_payment", payment_id=payment.id)
    close_pages(payment, now=now)


@db.transaction_required
def settle_from_suspense(payment: Payment, attempt: Attempt, *, now: datetime) -> None:
    """Make a due paid by money that is held apart; payment and attempt are locked.

    Shape: attempt is in review, or new and not stored. Its `intent_id` names the allotment.
    """
    before = states.Attempt(attempt.state) if attempt.state else None
    states.check_attempt(before, states.Attempt.PAID)
    attempt.state = states.Attempt.PAID.value
    attempt.reason = ""
    attempt.received_vnd = max(attempt.received_vnd, payment.amount_vnd)
    attempt.settled_at = now
    attempt.next_check_at = None
    attempt.save()
    ledger.post(
        f"capture:{attempt.provider}:{attempt.intent_id}",
        debit=money.suspense(payment.agency_code),
        credit=money.revenue(payment.agency_code),
        amount_vnd=payment.amount_vnd,
        payment=payment,
        attempt=attempt,
        now=now,
    )
    _settle(payment, attempt, now)


@db.transaction()
def want_closed(*, attempt_id: str, now: datetime) -> None:
    """Note that an open page is to be closed; whoever asks the provider next closes it."""
    _, attempt = locked(attempt_id)
    if states.Attempt(attempt.state) in states.ACTIVE_ATTEMPTS:
        attempt.closing = True
        attempt.next_check_at = now
        attempt.save(update_fields=["closing", "next_check_at"])


@db.transaction_required
def close_pages(payment: Payment, *, now: datetime) -> None:
    """Ask for every page still open for this payment to be closed; the payment is locked."""
    for other in db.lock(Attempt.objects.filter(payment=payment).active().order_by("id")):
        other.closing = True
        other.next_check_at = now
        other.save(update_fields=["closing", "next_check_at"])
        jobs.enqueue("payments.ask", attempt_id=other.id)
