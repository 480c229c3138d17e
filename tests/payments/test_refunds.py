"""Money on its way back, whatever becomes of the answers."""

import pytest

from common.errors import OutsideError
from payments import queries
from payments.actions import refund
from payments.models import LedgerEntry, Refund
from payments.queries import refunds
from tests import fakes
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


def test_a_part_and_then_the_rest(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    world.refund(payment, 6000)
    world.drain()
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd) == ("paid", 6000)
    assert refunds.refundable(payment) == 10_000
    world.refund(payment, 10_000)
    world.drain()
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd) == ("refunded", 16_000)
    assert queries.balances() == {
        "provider_clearing:stripe": 0,
        "fee_revenue:ubnd-31120": 0,
        "refund_payable:ubnd-31120": 0,
    }
    dues = queries.status_of([payment.reference])[payment.reference]
    assert (dues.owed_vnd, dues.paid_vnd, dues.refunded_vnd, dues.open) == (
        16_000,
        16_000,
        16_000,
        False,
    )
    invariants.check_lines(world)


@pytest.mark.parametrize("believed", [0, 15_999, 16_001])
def test_a_stale_belief_is_refused(world: World, believed: int) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    with pytest.raises(refund.RefundableAmountStale) as refusal:
        world.refund(payment, 1000, expected_refundable_vnd=believed)
    assert refusal.value.params == {"refundable_vnd": 16_000}
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", [0, -1, 16_001])
def test_more_than_is_left_is_refused(world: World, amount: int) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    with pytest.raises(refund.RefundTooLarge):
        world.refund(payment, amount)


def test_an_unpaid_due_cannot_be_refunded(world: World) -> None:
    payment = world.owe(16000)
    with pytest.raises(refund.RefundTooLarge):
        world.refund(payment, 1)


def test_the_same_key_with_another_sum_is_refused(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    first = world.refund(payment, 1000, client_key="one-refund-key")
    assert world.refund(payment, 1000, client_key="one-refund-key").id == first.id
    with pytest.raises(refund.RefundKeyReused):
        world.refund(payment, 2000, client_key="one-refund-key")


@pytest.mark.parametrize("action", ["drop_after", "error_after", "truncate"])
def test_s17_s18_the_answer_is_lost_and_one_refund_remains(world: World, action: str) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    world.provider.fault(action, fakes.REFUNDS, times=3)
    one = world.refund(payment, 16000)
    with pytest.raises(Exception, match="/v1/refunds"):
        world.drain()
    one.refresh_from_db()
    assert one.state == "unknown"
    world.heal()
    one.refresh_from_db()
    payment.refresh_from_db()
    assert (one.state, payment.state) == ("succeeded", "refunded")
    assert len(world.provider.all("refund")) == 1
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_a_refund_that_the_provider_refuses_is_released(world: World) -> None:
    payment = world.owe(16000)
    attempt = world.pay(payment)
    charge = world.provider.get(world.provider.get(attempt.intent_id)["latest_charge"])
    world.provider.change(charge["id"], disputed=True)
    one = world.refund(payment, 16000)
    world.drain()
    one.refresh_from_db()
    payment.refresh_from_db()
    assert (one.state, one.failure_code) == ("failed", "charge_disputed")
    assert (payment.state, payment.refunding_vnd) == ("paid", 0)
    assert queries.balances()["fee_revenue:ubnd-31120"] == 16_000


def test_a_pending_refund_arrives_later(world: World) -> None:
    payment = world.owe(16000)
    attempt = world.start(payment)
    world.provider.press(attempt.session_id, fakes.CARDS["pendingRefund"])
    world.deliver()
    one = world.refund(payment, 16000)
    world.drain()
    one.refresh_from_db()
    assert one.state == "pending"
    world.provider.settle_refund(one.provider_refund_id)
    world.deliver()
    one.refresh_from_db()
    payment.refresh_from_db()
    assert (one.state, payment.state) == ("succeeded", "refunded")
    assert one.announced_at is not None


def test_s33_a_refund_that_comes_back_days_later(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    one = world.refund(payment, 16000)
    world.drain()
    one.refresh_from_db()
    world.later(days=5)
    world.provider.fail_refund(one.provider_refund_id)
    world.deliver()
    one.refresh_from_db()
    payment.refresh_from_db()
    assert (one.state, payment.state, payment.refunded_vnd) == ("failed", "paid", 0)
    assert queries.balances() == {
        "provider_clearing:stripe": -16_000,
        "fee_revenue:ubnd-31120": 16_000,
        "refund_payable:ubnd-31120": 0,
    }
    assert LedgerEntry.objects.filter(refund=one).count() == 4
    invariants.check_lines(world)


def test_s15_the_provider_names_another_refunded_sum(world: World) -> None:
    payment = world.owe(16000)
    world.pay(payment)
    world.provider.fault("alter", fakes.REFUNDS, change={"amount": 1})
    one = world.refund(payment, 16000)
    world.drain()
    one.refresh_from_db()
    assert (one.state, one.failure_code) == ("calling", "amount_differs")
    assert Refund.objects.get().succeeded_at is None


def test_a_repeat_that_is_executed_and_ends_in_an_error_is_found(world: World) -> None:
    """Nothing was there when it was looked for; the repeat made it and was answered 500."""
    payment = world.owe(16000)
    world.pay(payment)
    made = world.refund(payment, 6000)
    world.provider.fault("drop_before", fakes.REFUNDS, times=3)
    with pytest.raises(OutsideError):
        refund.apply(refund_id=made.id, now=world.now)
    world.provider.fault("error_after", fakes.REFUNDS, times=3, status=500)
    world.later(minutes=3)
    refund.apply(refund_id=made.id, now=world.now)
    made.refresh_from_db()
    assert made.state == "succeeded"
    world.drain()
    assert [one["amount"] for one in world.provider.all("refund")] == [6000]
    invariants.check_lines(world)
