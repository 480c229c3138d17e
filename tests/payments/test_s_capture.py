"""S34: what was captured is booked, not what was ordered."""

from typing import Any

import pytest

from payments import queries
from payments.models import Attempt, LedgerEntry, Payment, Receipt
from tests.payments import invariants
from tests.payments.caller import Caller
from tests.payments.factories import AGENCY, World
from tests.payments.street import paid_once, told

pytestmark = pytest.mark.django_db


def held(world: World, payment: Payment) -> Attempt:
    """Pay on a page whose money is only held until somebody captures it."""
    attempt = world.start(payment)
    with world.provider.mock.store.lock:
        private = world.provider.mock.store.private[attempt.session_id]
        private["intent_data"]["capture_method"] = "manual"
    world.provider.press(attempt.session_id)
    world.deliver()
    attempt.refresh_from_db()
    return attempt


def capture(stripe: Caller, attempt: Attempt, **given: Any) -> None:
    answer = stripe.post(f"/v1/payment_intents/{attempt.intent_id}/capture", **given)
    assert answer.status_code == 200, answer.text


def test_s34_money_that_is_only_held_is_not_paid(world: World, stripe: Caller) -> None:
    payment = world.owe(16_000)
    attempt = held(world, payment)
    assert (attempt.state, told(payment)) == ("open", "pending")
    assert not LedgerEntry.objects.exists()
    capture(stripe, attempt)
    world.deliver()
    paid_once(world, payment)


@pytest.mark.parametrize("heard_by", ["webhook", "sweep"])
def test_s34_a_part_that_is_captured_is_booked_apart_and_pays_nothing(
    world: World, stripe: Caller, heard_by: str
) -> None:
    payment = world.owe(16_000)
    attempt = held(world, payment)
    capture(stripe, attempt, amount_to_capture=10_000)
    if heard_by == "webhook":
        world.deliver()
    else:
        world.heal()
    attempt.refresh_from_db()
    payment.refresh_from_db()
    assert (attempt.state, attempt.reason, attempt.received_vnd) == (
        "review",
        "amount_differs",
        10_000,
    )
    assert (payment.state, payment.captured_vnd, told(payment)) == ("owed", 0, "review")
    assert queries.balances() == {
        "provider_clearing:stripe": -10_000,
        f"suspense:{AGENCY}": 10_000,
    }
    assert not Receipt.objects.exists()
    assert [one.attempt_id for one in queries.reviews()] == [attempt.id]
    invariants.check_lines(world)


def test_s34_a_capture_that_never_comes_pays_nothing(world: World, stripe: Caller) -> None:
    payment = world.owe(16_000)
    attempt = held(world, payment)
    answer = stripe.post(f"/v1/payment_intents/{attempt.intent_id}/cancel")
    assert answer.status_code == 200, answer.text
    world.heal()
    attempt.refresh_from_db()
    assert attempt.state == "declined"
    assert not LedgerEntry.objects.exists()
