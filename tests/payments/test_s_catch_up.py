"""S20: a lost notification is found again, also when later ones came through first."""

import pytest

from payments.models import ProviderEvent
from tests.payments import invariants
from tests.payments.factories import World
from tests.payments.street import paid_once, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("hours", [2, 24, 71])
def test_s20_lost_in_an_outage_and_fresh_ones_come_before_the_sweep(
    world: World, hours: int
) -> None:
    """Nothing but its notification tells of money that came after the page had expired."""
    payment, other = world.owe(), world.owe()
    attempt = world.start(payment)
    world.provider.expire(attempt.session_id)
    world.deliver()
    assert told(payment) == "expired"
    world.provider.press(attempt.session_id, force=True)
    world.sent |= {event["id"] for event in world.provider.events()}  # lost for ever
    world.later(hours=hours)
    world.pay(other)  # this side is back, and hears of something newer first
    world.sweep()
    paid_once(world, payment)
    assert ProviderEvent.objects.filter(source="catch_up").exists()


def test_s20_a_lost_refund_failure_is_found_the_same_way(world: World) -> None:
    payment, other = world.owe(), world.owe()
    world.pay(payment)
    one = world.refund(payment, 6_000)
    world.drain()
    one.refresh_from_db()
    assert one.state == "succeeded"
    world.provider.fail_refund(one.provider_refund_id)
    world.sent |= {event["id"] for event in world.provider.events()}
    world.later(hours=5)
    world.pay(other)
    world.sweep()
    one.refresh_from_db()
    payment.refresh_from_db()
    assert (one.state, payment.refunded_vnd) == ("failed", 0)
    invariants.check_lines(world)


def test_a_job_whose_push_was_lost_waits_half_a_second_and_not_five() -> None:
    """Measured by `make bench`: the p99 from the notification to paid stood at five seconds."""
    from procrastinate.contrib.django import app
    from procrastinate.worker import Worker

    worker = Worker(app=app, **{**app.worker_defaults, "concurrency": 1})
    assert worker.fetch_job_polling_interval == 0.5
