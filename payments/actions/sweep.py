"""What is due and not done: every step of the money path is found again here."""

import dataclasses
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from common import db
from common.errors import OutsideError
from payments.actions import (
    announce,
    bill_notices,
    bills,
    disputes,
    reconcile,
    refund,
    returns,
    settle,
    stalls,
    suspense,
)
from payments.models import (
    Attempt,
    BankReturn,
    BillPayment,
    EventOutcome,
    Payment,
    ProviderEvent,
    Refund,
    StallSale,
)
from payments.providers import base, registry
from payments.rules import bills as bill_rules
from payments.rules import stalls as stall_rules

logger = logging.getLogger(__name__)

BATCH = 100
GRACE = timedelta(seconds=30)  # the queue's own try comes first
PROVIDER_KEEPS = timedelta(days=30)
# How far before the newest known event the failed ones are looked for. Out of an outage a fresh
# event may come before the sweep runs, and must not hide what was lost before it; by this time the
# provider has itself delivered an event or given it up (Stripe: three days).
OVERLAP = timedelta(days=3)
GIVE_UP_AFTER = 3  # answers lost in a row: the provider is down, leave the rest for the next sweep


@dataclasses.dataclass(frozen=True)
class Swept:
    attempts: int = 0
    refunds: int = 0
    caught_up: int = 0
    events: int = 0
    announced: int = 0
    returns: int = 0
    suspense: int = 0
    disputes: int = 0
    days: int = 0
    billers_told: int = 0
    dropped: int = 0


@db.durable
def sweep(*, now: datetime) -> Swept:
    """Ask about unanswered tries and refunds, apply what lies about, tell what was not told."""
    caught_up = catch_up(now=now)
    pending = EventOutcome.objects.filter(
        state=EventOutcome.State.PENDING, next_try_at__lte=now
    ).order_by("next_try_at", "event_id")
    return Swept(
        caught_up=caught_up,
        events=_each(
            (str(pk) for pk in pending.values_list("event_id", flat=True)[:BATCH]),
            lambda key: settle.apply_event(event_id=key, now=now),
        ),
        attempts=_each(
            Attempt.objects.due(now=now)
            .order_by("next_check_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: settle.ask(attempt_id=key, now=now),
        ),
        refunds=_each(
            Refund.objects.due(now=now)
            .order_by("next_check_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: refund.apply(refund_id=key, now=now),
        ),
        returns=_each(
            BankReturn.objects.due(now=now)
            .order_by("next_check_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: returns.apply(return_id=key, now=now),
        ),
        suspense=suspense.sweep(now=now),
        announced=_each(
            Payment.objects.unannounced()
            .filter(settled_at__lte=now - GRACE)
            .order_by("settled_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: announce.announce_payment(payment_id=key, now=now),
        )
        + _each(
            Refund.objects.unannounced()
            .filter(succeeded_at__lte=now - GRACE)
            .order_by("succeeded_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: announce.announce_refund(refund_id=key, now=now),
        )
        + _each(
            Refund.objects.failures_untold()
            .filter(failed_at__lte=now - GRACE)
            .order_by("failed_at", "id")
            .values_list("id", flat=True)[:BATCH],
            lambda key: announce.announce_refund_failure(refund_id=key, now=now),
        )
        + _each(disputes.untold(limit=BATCH), lambda key: disputes.announce(dispute_id=key)),
        disputes=_each(
            disputes.due(now=now, limit=BATCH),
            lambda key: disputes.check(dispute_id=key, now=now),
        ),
        days=reconcile.plan(now=now),
        billers_told=_each(
            BillPayment.objects.due(now=now)
            .order_by("next_check_at", "payment")
            .values_list("payment_id", flat=True)[:BATCH],
            lambda key: bill_notices.tell(payment_id=key, now=now),
        ),
        dropped=_each(
            BillPayment.objects.filter(
                notice=bill_rules.Notice.OPEN, opened_at__lte=now - bill_rules.OFFER_LASTS
            )
            .order_by("opened_at", "payment")
            .values_list("payment_id", flat=True)[:BATCH],
            lambda key: bills.expire(payment_id=key, now=now),
        )
        + _each(
            StallSale.objects.filter(
                settled_at=None,
                dropped_at=None,
                created_at__lte=now - stall_rules.OFFER_LASTS,
            )
            .order_by("created_at", "id")
            .values_list("payment_id", flat=True)[:BATCH],
            lambda key: stalls.expire(payment_id=key, now=now),
        ),
    )


@db.durable
def catch_up(*, now: datetime) -> int:
    """Fetch the events whose delivery failed and keep the new ones; return how many were new."""
    return sum(_catch_up(registry.get(name), now) for name in registry.in_use())


def _catch_up(provider: base.Provider, now: datetime) -> int:
    known = ProviderEvent.objects.filter(provider=provider.name)
    last = known.order_by("-made_at", "-id").values_list("made_at", flat=True).first()
    since = max((last or now) - OVERLAP, now - PROVIDER_KEEPS)
    try:
        missed = provider.missed(since)
    except OutsideError as failure:
        logger.warning("no catching up: %s", failure)
        return 0
    have = set(
        known.filter(event_id__in=[one.event_id for one in missed]).values_list(
            "event_id", flat=True
        )
    )
    return sum(
        settle.record_event(
            provider=provider.name,
            notification=notification,
            source=ProviderEvent.Source.CATCH_UP,
            now=now,
        )[1]
        for notification in missed
        if notification.event_id not in have
    )


def _each(keys: Iterable[str], act: Callable[[str], object]) -> int:
    """Act on each; one that fails does not hold up the others. Return how many went well."""
    done = lost = 0
    for key in list(keys):
        try:
            act(key)
            done += 1
            lost = 0
        except OutsideError as failure:
            logger.warning("sweep of %s: %s", key, failure)
            lost += 1
            if lost >= GIVE_UP_AFTER:
                break
        except Exception:
            logger.exception("sweep of %s failed", key)
    return done
