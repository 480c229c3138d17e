"""Crashes, repeats, late money: what is left half done is finished, once.

Every scenario ends with all invariants.
"""

from types import ModuleType

import pytest

from common import db
from payments import queries
from payments.actions import booking, charge, settle
from payments.models import (
    Attempt,
    LedgerEntry,
    ProviderEvent,
    Receipt,
    Refund,
    SuspenseItem,
)
from tests import fakes
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("part", "where"), [(settle, "_learn"), (booking, "post"), (booking, "settle")]
)
def test_s28_killed_between_the_providers_word_and_the_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, part: ModuleType, where: str
) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    real = getattr(part, where)

    def killed(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(part, where, killed)
        with pytest.raises(KeyboardInterrupt):
            world.deliver("checkout.session.completed")
    payment.refresh_from_db()
    assert payment.state == "owed"
    assert not LedgerEntry.objects.exists()
    assert not Receipt.objects.exists()
    world.heal()
    payment.refresh_from_db()
    assert payment.state == "paid"
    invariants.check_quiet(world)


@pytest.mark.parametrize("where", ["before", "after"])
def test_s28_killed_around_the_first_call(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    payment = world.owe()
    from payments.providers.stripe import Stripe

    real = Stripe.start

    def killed(*args: object, **kwargs: object) -> None:
        if where == "after":
            real(*args, **kwargs)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Stripe, "start", killed)
        with pytest.raises(KeyboardInterrupt):
            world.start(payment, "key-of-one-tap")
    assert Attempt.objects.get().state == "calling"
    assert world.start(payment, "key-of-one-tap").state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s28_killed_before_the_call_and_only_the_sweep_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = world.owe()

    def killed(**kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(settle, "ask", killed)
        with pytest.raises(KeyboardInterrupt):
            world.start(payment)
    assert Attempt.objects.get().state == "created"
    world.heal()
    assert Attempt.objects.get().state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s02_while_one_device_opens_the_page_the_other_is_told_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = world.owe()

    def killed(**kwargs: object) -> None:
        raise KeyboardInterrupt

    for state in ("created", "calling"):
        Attempt.objects.update(state=state, called_at=world.now)
        with monkeypatch.context() as broken:
            broken.setattr(settle, "ask", killed)
            with pytest.raises(KeyboardInterrupt):
                world.start(payment, "phone-1111")
        with pytest.raises(charge.AttemptInProgress) as refusal:
            world.start(payment, "tablet-222")
        assert refusal.value.retry_after == 2
    world.later(seconds=46)  # whoever called must be gone by now
    assert world.start(payment, "tablet-222").state == "open"
    assert Attempt.objects.count() == 1


def test_s30_a_fact_is_told_once_however_often_its_job_runs(world: World) -> None:
    from payments import signals
    from payments.actions import announce

    heard: list[str] = []

    def receiver(sender: object, *, payment_id: str, **kwargs: object) -> None:
        heard.append(payment_id)

    signals.payment_settled.connect(receiver)
    signals.refund_settled.connect(receiver)
    try:
        payment = world.owe()
        world.pay(payment)
        refund = world.refund(payment, 16000)
        world.drain()
        for _ in range(3):
            announce.announce_payment(payment_id=payment.id, now=world.now)
            announce.announce_refund(refund_id=refund.id, now=world.now)
        assert heard == [payment.id, payment.id]
    finally:
        signals.payment_settled.disconnect(receiver)
        signals.refund_settled.disconnect(receiver)


@pytest.mark.parametrize("end", ["paid", "expired"])
def test_a_page_that_is_over_is_not_offered(world: World, end: str) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    assert attempt.checkout_url
    if end == "paid":
        world.provider.press(attempt.session_id)
    else:
        world.provider.expire(attempt.session_id)
    intent = world.provider.get(attempt.session_id)
    world.provider.change(intent["id"], url="http://127.0.0.1:9/stale")
    world.deliver()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.checkout_url) == (end, "")


def test_s29_the_announcement_fails_and_is_repeated(world: World) -> None:
    from payments import signals

    heard: list[str] = []
    broken = True

    def receiver(sender: object, *, reference: str, **kwargs: object) -> None:
        if broken:
            raise RuntimeError("upstairs is not well")
        heard.append(reference)

    signals.payment_settled.connect(receiver)
    try:
        payment = world.owe()
        attempt = world.start(payment)
        world.provider.press(attempt.session_id)
        with pytest.raises(RuntimeError):
            world.deliver()
        payment.refresh_from_db()
        assert (payment.state, payment.announced_at) == ("paid", None)
        broken = False
        world.heal()
        payment.refresh_from_db()
        assert payment.announced_at is not None
        assert heard == [payment.reference]
    finally:
        signals.payment_settled.disconnect(receiver)


def test_s30_every_job_may_run_twice(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    world.deliver(drain=False)
    from payments import tasks

    for event in ProviderEvent.objects.order_by("id"):
        for _ in range(2):
            tasks.apply_event(str(event.pk))
    for _ in range(2):
        tasks.announce_payment(payment.id)
        tasks.ask(attempt.id)
        tasks.sweep_due(0)
    world.drain()
    assert LedgerEntry.objects.count() == 1
    refund = world.refund(payment, 16000)
    for _ in range(2):
        tasks.apply_refund(refund.id)
        tasks.announce_refund(refund.id)
    world.drain()
    assert len(world.provider.all("refund")) == 1
    assert LedgerEntry.objects.count() == 3


def test_s35_the_money_comes_after_the_page_expired(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.expire(attempt.session_id)
    world.deliver()
    attempt.refresh_from_db()
    assert (attempt.state, _told(payment)) == ("expired", "expired")
    world.provider.press(attempt.session_id, force=True)
    world.deliver()
    payment.refresh_from_db()
    assert payment.state == "paid"
    invariants.check_lines(world)


def test_s35_late_money_while_another_page_is_open(world: World) -> None:
    payment = world.owe()
    first = world.start(payment)
    world.provider.expire(first.session_id)
    world.deliver()
    second = world.start(payment)
    assert second.id != first.id
    world.provider.press(first.session_id, force=True)
    world.deliver()
    second.refresh_from_db()
    assert second.state == "cancelled"
    assert world.provider.get(second.session_id)["status"] == "expired"


def test_s02_paid_on_two_pages_and_the_second_goes_back(world: World) -> None:
    payment = world.owe()
    first = world.start(payment)
    world.provider.expire(first.session_id)
    world.deliver()
    second = world.start(payment)
    world.provider.press(first.session_id, force=True)
    world.provider.press(second.session_id)
    world.deliver()
    world.heal()
    second.refresh_from_db()
    # The rule sent it back, it arrived: nothing is held for a person any more.
    assert {Attempt.objects.get(id=a.id).state for a in (first, second)} == {"paid", "resolved"}
    assert SuspenseItem.objects.get().reason == "paid_twice"
    given_back = Refund.objects.get()
    assert (given_back.kind, given_back.state, given_back.amount_vnd) == (
        "suspense",
        "succeeded",
        16000,
    )
    assert queries.balances()["suspense:ubnd-31120"] == 0
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd) == ("paid", 0)
    invariants.check_lines(world)


def test_s36_cancelled_while_the_page_is_open(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    with db.transaction():
        charge.cancel(reference=payment.reference, now=world.now)
    world.drain()
    attempt.refresh_from_db()
    assert attempt.state == "cancelled"
    assert world.provider.get(attempt.session_id)["status"] == "expired"
    assert not queries.status_of([payment.reference])


def test_s36_paid_at_the_moment_of_the_cancellation(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    with db.transaction():
        charge.cancel(reference=payment.reference, now=world.now)
    world.drain()
    world.deliver()
    attempt.refresh_from_db()
    # The rule sent it back, it arrived: nothing is held for a person any more.
    assert (attempt.state, attempt.reason) == ("resolved", "paid_after_cancel")
    assert Refund.objects.get().state == "succeeded"
    payment.refresh_from_db()
    assert payment.state == "cancelled"
    invariants.check_lines(world)


def test_the_breaker_spares_the_next_citizen(world: World) -> None:
    payments = [world.owe() for _ in range(7)]
    world.provider.go_down()
    for payment in payments[:5]:
        with pytest.raises(charge.ProviderUnreachable):
            world.start(payment)
    world.provider.come_back()
    with pytest.raises(charge.ProviderUnreachable) as refusal:
        world.start(payments[5], "key-of-one-tap")
    assert refusal.value.retry_after == 20
    assert world.provider.calls(fakes.SESSIONS) == []
    world.heal()
    assert world.start(payments[5], "key-of-one-tap").state == "open"
    assert {attempt.state for attempt in Attempt.objects.order_by("id")} == {"open"}


def test_a_declined_card_may_be_followed_by_a_good_one(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id, fakes.CARDS["chargeDeclinedInsufficientFunds"])
    world.deliver()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("open", "insufficient_funds")
    assert _told(payment) == "declined"
    world.provider.press(attempt.session_id)
    world.deliver()
    payment.refresh_from_db()
    assert (payment.state, _told(payment)) == ("paid", "paid")


def test_the_provider_says_no_to_the_sum(world: World) -> None:
    payment = world.owe(100_000_000)
    with pytest.raises(charge.PaymentNotPossible) as refusal:
        world.start(payment, "key-of-one-tap")
    assert refusal.value.params == {"reason": "amount_too_large"}
    assert Attempt.objects.get().state == "cancelled"
    assert _told(payment) == "owed"


def test_the_key_is_not_accepted(world: World, settings: object) -> None:
    settings.STRIPE_SECRET_KEY = "wrong"  # type: ignore[attr-defined]
    payment = world.owe()
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    settings.STRIPE_SECRET_KEY = "sk_test_right"  # type: ignore[attr-defined]
    world.heal()
    assert Attempt.objects.get().state == "open"


def test_the_providers_own_fee_is_booked_apart(world: World) -> None:
    world.provider.mock.store.fee_basis_points = 110
    payment = world.owe(50_000)
    world.pay(payment)
    assert queries.balances() == {
        "provider_clearing:stripe": -49_450,
        "provider_fee:stripe": -550,
        "fee_revenue:ubnd-31120": 50_000,
    }


def test_a_500_that_did_nothing_frees_the_citizen(world: World) -> None:
    payment = world.owe()
    world.provider.fault("error_after", status=500)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    session = world.provider.all("checkout.session")[0]
    with world.provider.mock.store.lock:  # as if the provider had rolled it back
        world.provider.mock.store.remove(session["id"])
    world.heal()
    assert Attempt.objects.get().state == "cancelled"
    assert world.start(payment).state == "open"


def _told(payment: object) -> str:
    row = queries.payments_of(payment.citizen_id).get(id=payment.id)  # type: ignore[attr-defined]
    return queries.shown(row).value


def test_a_repeat_that_opens_a_page_and_ends_in_an_error_is_found(world: World) -> None:
    """No page was there when it was looked for; the repeat opened it and was answered 500."""
    payment = world.owe()
    world.provider.fault("drop_before", times=3)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment, "one-key-of-a-tap")
    world.provider.fault("error_after", times=3, status=500)
    attempt = world.start(payment, "one-key-of-a-tap")
    [session] = world.provider.all("checkout.session")
    assert (attempt.state, attempt.session_id) == ("open", session["id"])
    world.provider.press(session["id"])
    world.deliver()
    payment.refresh_from_db()
    assert payment.state == "paid"
    invariants.check_lines(world)
