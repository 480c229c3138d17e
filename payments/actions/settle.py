"""The one place where a provider's word becomes money: webhook, poll and sweep all end here."""

import dataclasses
import logging
from datetime import datetime, timedelta

from common import db, jobs
from common.errors import OutsideError
from payments import ledger
from payments.actions import breaker, disputes, payers, receipts, refund
from payments.models import Attempt, EventOutcome, Payment, ProviderEvent, Refund
from payments.providers import base, registry
from payments.rules import money, settling, states

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
        "vnpay.ipn",
    }
)
ABOUT_REFUNDS = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)

ABOUT_DISPUTES = frozenset(
    f"charge.dispute.{what}"
    for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
)


@db.transaction()
def record_event(
    *,
    provider: str,
    notification: base.Notification,
    source: ProviderEvent.Source,
    now: datetime,
) -> tuple[base.Verdict, bool]:
    """Keep an event and put the work on it on the queue, in one commit.

    Return what became of it, and whether it is new.

    A twin that arrives at the same moment waits for this commit and then sees it. The verdict is
    looked for in the order signature, order, amount, state: VNPay's documentation asks for it.
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
                dispute_hint=notification.dispute_id,
                decline_hint=notification.decline_code,
                raw=notification.raw.decode("utf-8"),
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
    return _verdict(event, notification.amount_vnd, fresh), fresh


def _verdict(event: ProviderEvent, amount_vnd: int | None, fresh: bool) -> base.Verdict:
    attempt = _attempt_of(event) if event.kind in ABOUT_ATTEMPTS else None
    if attempt is None and event.kind in ABOUT_ATTEMPTS:
        return base.Verdict.UNKNOWN_ORDER
    if attempt is None:
        return base.Verdict.KEPT if fresh else base.Verdict.KNOWN
    page = Attempt.objects.of_page(attempt.paid_with_id or attempt.id).select_related("payment")
    if amount_vnd is not None and amount_vnd != sum(one.payment.amount_vnd for one in page):
        logger.error("event %s names another sum than attempt %s", event.event_id, attempt.id)
        return base.Verdict.WRONG_AMOUNT
    if not fresh:
        return base.Verdict.KNOWN
    settled = states.Attempt(attempt.state) in states.TERMINAL_ATTEMPTS
    return base.Verdict.SETTLED if settled else base.Verdict.KEPT


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
    if event.kind in ABOUT_DISPUTES:
        return _apply_dispute(event, now)
    if event.kind not in ABOUT_ATTEMPTS:
        return ignored, "kind_of_no_consequence"
    attempt = _attempt_of(event)
    if attempt is None:
        logger.warning("event %s is about nothing of ours", event.event_id)
        return ignored, "unknown_object"
    if states.Attempt(attempt.state) in states.TERMINAL_ATTEMPTS:
        return applied, "already_settled"
    ask(attempt_id=attempt.id, now=now, decline_hint=event.decline_hint)
    return applied, ""


def _apply_dispute(event: ProviderEvent, now: datetime) -> tuple[EventOutcome.State, str]:
    """Ask about a dispute; money that was disputed before it was heard of is booked first."""
    fact = disputes.fetch(event.provider, event.dispute_hint) if event.dispute_hint else None
    attempt = disputes.attempt_of(event.provider, fact) if fact is not None else None
    if fact is None or attempt is None:
        logger.error("event %s disputes nothing of ours", event.event_id)
        return EventOutcome.State.IGNORED, "unknown_object"
    if states.Attempt(attempt.state) not in states.TERMINAL_ATTEMPTS:
        ask(attempt_id=attempt.id, now=now)
    disputes.apply_fact(attempt_id=attempt.id, fact=fact, now=now)
    return EventOutcome.State.APPLIED, ""


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
def ask(*, attempt_id: str, now: datetime, decline_hint: str = "") -> states.Attempt:
    """Call the provider about one attempt and record its word; return the state that follows.

    The first call opens the page. After a crash or a lost answer the same call finds out what
    became of it. No transaction is open while the provider is spoken to. The hint, why a
    notification says the payer was turned away, is only used for words where the provider gives
    none when asked.

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
    if fact.outcome == settling.Outcome.DECLINED and not fact.decline_code:
        fact = dataclasses.replace(fact, decline_code=decline_hint)
    return apply_fact(attempt_id=attempt_id, fact=fact, now=now)


def locked(attempt_id: str) -> list[Attempt]:
    """Return all attempts of a page, opener first, with their payments, all of them locked.

    Payments first and in the order of their ids, then attempts: whoever locks any of them does so
    in this order. Which attempts share a page never changes.
    """
    known = Attempt.objects.only("id", "paid_with_id").get(id=attempt_id)
    rows = Attempt.objects.of_page(known.page_id)
    due = Payment.objects.filter(id__in=rows.values_list("payment_id"))
    payments = {row.id: row for row in db.lock(due.order_by("id"))}
    attempts = sorted(
        db.lock(rows.order_by("id")), key=lambda one: (one.paid_with_id is not None, one.id)
    )
    for one in attempts:
        one.payment = payments[one.payment_id]
        if one.paid_with_id is not None:
            one.paid_with = attempts[0]
    return attempts


def _prepare(attempt_id: str, now: datetime) -> tuple[base.Order, str, states.Attempt, bool]:
    """Commit that the provider is about to be called, and return what to call it with."""
    with db.transaction():
        page = locked(attempt_id)
        opener = page[0]
        before = states.Attempt(opener.state)
        if before in {states.Attempt.CREATED, states.Attempt.UNKNOWN}:
            for one in page:
                move(one, states.Attempt.CALLING)
                one.called_at = now
            opener.next_check_at = now + LEASE
            _save(page)
        order = base.Order(
            attempt_id=opener.id,
            payment_id=opener.payment_id,
            reference=opener.payment.reference,
            key=opener.provider_key,
            key_made_at=opener.created_at,
            amount_vnd=_asked(page),
            title=_title(page),
            return_url=opener.return_url,
            expires_at=opener.expires_at,
            session_id=opener.session_id,
            intent_id=opener.intent_id,
        )
        return order, opener.provider, before, opener.closing


def _asked(page: list[Attempt]) -> int:
    """Return what a page asks for. Amounts of payments are frozen, so it is always the same."""
    return sum(one.payment.amount_vnd for one in page)


def _title(page: list[Attempt]) -> str:
    """Return what the payer reads on the page. Titles are frozen, so a repeat says the same."""
    titles = [one.payment.title for one in page]
    return titles[0] if len(titles) == 1 else f"{len(titles)} khoản: {'; '.join(titles)}"


def _save(page: list[Attempt]) -> None:
    for one in page:
        one.save()


def _record_failure(attempt_id: str, request_id: str, now: datetime, *, refused: str = "") -> None:
    with db.transaction():
        page = locked(attempt_id)
        opener = page[0]
        before = states.Attempt(opener.state)
        opener.request_id = request_id or opener.request_id
        opener.checks += 1
        opener.next_check_at = now + money.next_check(opener.checks)
        if before == states.Attempt.CALLING:
            for one in page:
                if refused:
                    move(one, states.Attempt.CANCELLED)
                    one.reason = refused
                else:
                    move(one, states.Attempt.UNKNOWN)
        if refused or before not in states.ACTIVE_ATTEMPTS:
            opener.next_check_at = None
        _save(page)


def move(attempt: Attempt, end: states.Attempt) -> None:
    """Put a locked attempt into another state. Errors: EdgeMissing."""
    states.check_attempt(states.Attempt(attempt.state), end)
    attempt.state = end.value


@db.transaction()
def apply_fact(*, attempt_id: str, fact: settling.Fact, now: datetime) -> states.Attempt:
    """Record the provider's word for every due of its page: lock, look, post, issue, one commit.

    Return the state of the attempt that opened the page.
    """
    page = locked(attempt_id)
    opener = page[0]
    _learn(opener, fact)
    decisions = [
        settling.decide(
            states.Attempt(one.state),
            states.Payment(one.payment.state),
            owed_vnd=one.payment.amount_vnd,
            fact=fact,
            closing=opener.closing,
            page_vnd=_asked(page),
            opener=one is opener,
        )
        for one in page
    ]
    for one, decision in zip(page, decisions, strict=True):
        _decided(one, decision, fact, now)
    opener.checks += 1
    waiting = states.Attempt(opener.state) in states.ACTIVE_ATTEMPTS
    opener.next_check_at = now + money.next_check(opener.checks) if waiting else None
    _save(page)
    paid = [
        one
        for one, decision in zip(page, decisions, strict=True)
        if decision.payment == states.Payment.PAID
    ]
    for one in paid:
        _settle(one.payment, one, now)
    if paid:
        close_pages(*(one.payment for one in paid), now=now)
    for one, decision in zip(page, decisions, strict=True):
        if decision.give_back:
            refund.give_back(one.payment, one, reason=decision.reason, now=now)
    return states.Attempt(opener.state)


def _decided(
    attempt: Attempt, decision: settling.Decision, fact: settling.Fact, now: datetime
) -> None:
    if decision.attempt is not None:
        move(attempt, decision.attempt)
        attempt.reason = decision.reason
    if fact.outcome == settling.Outcome.OPEN and attempt.state == states.Attempt.OPEN:
        attempt.reason = fact.decline_code
    if decision.posting != settling.Posting.NOTHING:
        attempt.received_vnd = decision.received_vnd
        attempt.fee_vnd = decision.fee_vnd
        attempt.charge_id = attempt.page.charge_id
        attempt.settlement_id = attempt.page.settlement_id
        attempt.settled_at = now
        _post(attempt.payment, attempt, decision.posting, now)
    if decision.attempt == states.Attempt.REVIEW:
        attempt.settled_at = now
        logger.error("attempt %s needs a person: %s", attempt.id, decision.reason)


def _learn(opener: Attempt, fact: settling.Fact) -> None:
    """Keep the ids and the address that the provider gave; what is known is not overwritten."""
    opener.session_id = opener.session_id or fact.session_id
    opener.intent_id = opener.intent_id or fact.intent_id
    if fact.outcome in {settling.Outcome.PAID, settling.Outcome.SUSPECT}:
        opener.charge_id = fact.charge_id or opener.charge_id
        opener.settlement_id = fact.settlement_id or opener.settlement_id
    opener.checkout_url = fact.checkout_url if fact.outcome == settling.Outcome.OPEN else ""
    opener.request_id = fact.request_id or opener.request_id


def _post(payment: Payment, attempt: Attempt, posting: settling.Posting, now: datetime) -> None:
    """Book one due's part of a charge: its parts together are the line of the statement."""
    source = attempt.reference
    if attempt.paid_with_id is not None:
        source = f"{source}:{payment.id}"
    fee = posting == settling.Posting.FEE
    agency = payment.agency_code
    ledger.post(
        f"{'capture' if fee else 'suspense'}:{attempt.provider}:{source}",
        debit=money.holding(attempt.provider, agency),
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
    """Make a payment paid: the receipt, the announcement and the words commit with it."""
    states.check_payment(states.Payment(payment.state), states.Payment.PAID)
    payment.state = states.Payment.PAID.value
    payment.captured_vnd = payment.amount_vnd
    payment.settled_at = now
    payment.save()
    receipts.issue(payment, attempt, now=now)
    payers.tell(payment, attempt, now=now)
    jobs.enqueue("payments.announce_payment", payment_id=payment.id)


@db.transaction_required
def record_taken(attempt: Attempt, *, now: datetime) -> None:
    """Book the whole sum that a cashier took and settle its due, by the same postings as online.

    The attempt is new and paid, its payment locked and owed. Pages still open are closed; money
    that comes on them later goes back by rule.
    """
    _post(attempt.payment, attempt, settling.Posting.FEE, now)
    _settle(attempt.payment, attempt, now)
    close_pages(attempt.payment, now=now)


@db.transaction_required
def close_pages(*payments: Payment, now: datetime) -> None:
    """Ask for every page still open for these payments to be closed; the payments are locked.

    A page on which other dues are paid too closes for all of them: they stay owed.
    """
    active = Attempt.objects.filter(payment__in=payments).active()
    pages = {one.page_id for one in active.only("id", "paid_with_id").order_by("id")}
    for page in db.lock(Attempt.objects.filter(id__in=pages).order_by("id")):
        page.closing = True
        page.next_check_at = now
        page.save(update_fields=["closing", "next_check_at"])
        jobs.enqueue("payments.ask", attempt_id=page.id)
