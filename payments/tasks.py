"""Background work of payments: load ids, read the clock, one action each. All may run twice."""

from datetime import date

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from common import clock
from payments.actions import (
    announce,
    bill_notices,
    disputes,
    reconcile,
    refund,
    returns,
    saved_bills,
    settle,
    sweep,
)

RETRY = RetryStrategy(max_attempts=6, exponential_wait=3)


@app.task(name="payments.apply_event", queue="money", retry=RETRY)
def apply_event(event_id: str) -> None:
    settle.apply_event(event_id=event_id, now=clock.now())


@app.task(name="payments.ask", queue="money", retry=RETRY)
def ask(attempt_id: str) -> None:
    settle.ask(attempt_id=attempt_id, now=clock.now())


@app.task(name="payments.apply_refund", queue="money", retry=RETRY)
def apply_refund(refund_id: str) -> None:
    refund.apply(refund_id=refund_id, now=clock.now())


@app.task(name="payments.apply_return", queue="money", retry=RETRY)
def apply_return(return_id: str) -> None:
    returns.apply(return_id=return_id, now=clock.now())


@app.task(name="payments.announce_payment", queue="money", retry=RETRY)
def announce_payment(payment_id: str) -> None:
    announce.announce_payment(payment_id=payment_id, now=clock.now())


@app.task(name="payments.announce_refund", queue="money", retry=RETRY)
def announce_refund(refund_id: str) -> None:
    announce.announce_refund(refund_id=refund_id, now=clock.now())


@app.task(name="payments.announce_refund_failure", queue="money", retry=RETRY)
def announce_refund_failure(refund_id: str) -> None:
    announce.announce_refund_failure(refund_id=refund_id, now=clock.now())


@app.task(name="payments.announce_dispute", queue="money", retry=RETRY)
def announce_dispute(dispute_id: str) -> None:
    disputes.announce(dispute_id=dispute_id)


@app.task(name="payments.reconcile", queue="books")
def reconcile_day(provider: str, day: str) -> None:
    reconcile.run(provider=provider, day=date.fromisoformat(day), now=clock.now())


@app.periodic(cron="*/20 * * * *")
@app.task(name="payments.plan_days", queue="books", queueing_lock="payments.plan_days")
def plan_days(timestamp: int) -> None:
    reconcile.plan(now=clock.now())


@app.task(name="payments.tell_biller", queue="money", retry=RETRY)
def tell_biller(payment_id: str) -> None:
    bill_notices.tell(payment_id=payment_id, now=clock.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="payments.remind_bills", queue="sweep", queueing_lock="payments.remind_bills")
def remind_bills(timestamp: int) -> None:
    saved_bills.remind(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="payments.sweep", queue="sweep", queueing_lock="payments.sweep")
def sweep_due(timestamp: int) -> None:
    sweep.sweep(now=clock.now())
