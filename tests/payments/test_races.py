"""Real threads, real commits, on the real database and a real socket."""

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from payments.actions import charge, receipt_papers, refund
from payments.models import Attempt, LedgerEntry, ProviderEvent, Receipt, Refund
from tests.conftest import Cast
from tests.payments import invariants
from tests.payments.factories import World, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_s01_one_key_tapped_by_ten_fingers(world: World) -> None:
    payment = world.owe()
    results = together(10, lambda _: world.start(payment, "key-of-one-tap"))
    assert {result.id for result in results} == {Attempt.objects.get().id}
    assert len(world.provider.all("checkout.session")) == 1


def test_s02_twenty_devices_start_at_once(world: World) -> None:
    payment = world.owe()
    results = together(20, lambda index: world.start(payment, f"device-{index:04d}"))
    attempts = {result.id for result in results if isinstance(result, Attempt)}
    refusals = {type(result) for result in results if not isinstance(result, Attempt)}
    assert attempts == {Attempt.objects.get().id}
    assert refusals <= {charge.AttemptInProgress}
    assert len(world.provider.all("checkout.session")) == 1


def test_s21_the_same_event_fifty_times_in_parallel(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    event = world.provider.events("checkout.session.completed")[0]
    raw, header = world.provider.envelope(event)
    answers = together(50, lambda _: world.post(raw, header, Client()))
    assert [answer.status_code for answer in answers] == [200] * 50
    assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    assert ProviderEvent.objects.count() == 1
    assert world.drain() == 2  # one event applied, one fact announced
    assert LedgerEntry.objects.count() == 1


def test_s09_a_slow_provider_holds_few_of_our_threads(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STRIPE_READ_TIMEOUT_SECONDS = 60.0
    monkeypatch.setattr(charge, "WAIT_FOR_A_TURN_SECONDS", 0.05)
    payments = [world.owe() for _ in range(8)]
    world.provider.fault("delay", times=2, seconds=50)
    turned_away: list[int] = []

    def start(index: int) -> Attempt:
        try:
            return world.start(payments[index], "key-of-one-tap")
        except charge.ProviderUnreachable:
            turned_away.append(index)
            if len(turned_away) == len(payments) - charge.CALLS_AT_ONCE:
                world.provider.mock.stopping.set()  # the slow answers come now
            raise

    try:
        results = together(8, start)
    finally:
        world.provider.mock.stopping.clear()
    assert sum(isinstance(result, Attempt) for result in results) == charge.CALLS_AT_ONCE
    assert len(turned_away) == 6
    for payment in payments:
        assert world.start(payment, "key-of-one-tap").state == "open"


def test_webhook_sweep_and_poll_settle_the_same_payment_at_once(world: World) -> None:
    from payments.actions import settle

    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    world.deliver(drain=False)
    events = [str(event.pk) for event in ProviderEvent.objects.order_by("id")]

    def settle_it(index: int) -> None:
        if index % 2:
            settle.apply_event(event_id=events[index % len(events)], now=world.now)
        else:
            settle.ask(attempt_id=attempt.id, now=world.now)

    assert together(12, settle_it) == [None] * 12
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert (LedgerEntry.objects.count(), Receipt.objects.count()) == (1, 1)
    world.drain()
    invariants.check_lines(world)


def test_s31_refunds_at_once_that_are_each_legal_alone(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    payment.refresh_from_db()
    results = together(
        8, lambda index: world.refund(payment, 10_000, expected_refundable_vnd=16_000)
    )
    assert sum(isinstance(result, Refund) for result in results) == 1
    assert {type(r) for r in results if not isinstance(r, Refund)} == {refund.RefundableAmountStale}
    world.drain()
    assert [one["amount"] for one in world.provider.all("refund")] == [10_000]
    invariants.check_lines(world)


def test_one_refund_key_in_parallel_is_one_refund(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    payment.refresh_from_db()
    results = together(
        8,
        lambda _: world.refund(
            payment, 16000, expected_refundable_vnd=16000, client_key="one-refund-key"
        ),
    )
    assert {result.id for result in results} == {Refund.objects.get().id}


def test_receipts_of_parallel_payments_have_no_gap(world: World) -> None:
    from payments.actions import settle

    attempts = []
    for _ in range(12):
        attempt = world.start(world.owe())
        world.provider.press(attempt.session_id)
        attempts.append(attempt)
    together(12, lambda index: settle.ask(attempt_id=attempts[index].id, now=world.now))
    numbers = Receipt.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 13))
    world.drain()


def test_s38_a_receipt_asked_for_a_hundred_times(world: World) -> None:
    payment = world.owe()
    world.pay(payment)
    receipt = Receipt.objects.get()

    papers = together(100, lambda _: receipt_papers.original(receipt_id=receipt.id, now=world.now))
    assert len(papers) == 100
    assert len(set(papers)) == 1
    assert papers[0].startswith(b"%PDF")
    assert Receipt.objects.count() == 1


def test_an_endpoints_limit_holds_when_everybody_asks_at_once(cast: Cast) -> None:
    def ask(index: int) -> list[int]:
        path = "/api/v1/receipt-lookups/ma-so-{}"
        return [cast.anonymous.get(path.format(index)).status_code for _ in range(3)]

    answers = [status for each in together(16, ask) for status in each]
    assert (answers.count(404), answers.count(429)) == (30, 18)


@pytest.mark.parametrize(
    "table", ["payments_ledgerentry", "payments_providerevent", "payments_receipt"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_s39_the_books_refuse_to_be_changed(world: World, table: str, change: str) -> None:
    payment = world.owe()
    world.pay(payment)
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(change.format(table))
    assert LedgerEntry.objects.count() == 1
    assert ProviderEvent.objects.count() == len(world.sent)
    assert Receipt.objects.count() == 1
