"""S28, S29: `kill -9` of a real process at any step of the money path, then only the sweep.

The process is that of `tests.victim`: it dies before its n-th SQL statement or on either side of a
commit, with the provider on a real socket. Then the queue is lost altogether. The end must be the
one without the kill. `SOAK=1` kills at every step; without it a seeded few are tried.
"""

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection

from payments.models import Attempt, LedgerEntry, Payment, ProviderEvent, Receipt, Refund
from tests.dossiers.test_crashes import Victim
from tests.fakes import Provider
from tests.payments import invariants
from tests.payments.factories import World
from tests.payments.street import paid_once, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

SOAK = bool(os.environ.get("SOAK"))
SEED = int(os.environ.get("SEED", "20261124"))
SHORT_KILLS = 2


@pytest.fixture
def victim(provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Victim]:
    """The process that dies; it speaks to the provider of the tests."""
    monkeypatch.setenv("STRIPE_BASE_URL", provider.url)
    monkeypatch.setenv("STRIPE_SECRET_KEY", settings.STRIPE_SECRET_KEY)
    monkeypatch.setenv("PAYMENT_METHODS", "card=stripe")
    one = Victim(settings.MEDIA_ROOT)
    yield one
    one.end()


class Story:
    """One step of the money path: what comes before it, the step, and how it must end."""

    call = ""

    def __init__(self, world: World) -> None:
        # The other process has the real clock; the sweeps of the last story moved this one on.
        world.traveller.move_to(time_machine.escape_hatch.time.time())
        self.world = world
        self.payment = world.owe(16_000)

    def arguments(self) -> dict[str, Any]:
        raise NotImplementedError

    def finish(self) -> None:
        """Go on after the crash, and assert the end."""
        raise NotImplementedError


class Starting(Story):
    """The page is opened; the same tap, or only the sweep, comes after the crash."""

    call = "payments.actions.charge.start_attempt"

    def arguments(self) -> dict[str, Any]:
        return {
            "payment_id": self.payment.id,
            "citizen_id": self.payment.citizen_id,
            "client_key": "key-of-one-tap",
            "now": None,
        }

    def finish(self) -> None:
        for attempt in Attempt.objects.filter(payment=self.payment):
            assert told(self.payment) == "pending", attempt.state
        attempt = self.world.start(self.payment, "key-of-one-tap")
        assert attempt.state == "open"
        self.world.provider.press(attempt.session_id)
        self.world.deliver()
        paid_once(self.world, self.payment)


class StartingAndNobodyComesBack(Starting):
    """The phone is gone too: the sweep alone finds out what became of the page."""

    def finish(self) -> None:
        self.world.heal()
        invariants.check_quiet(self.world)
        states = set(Attempt.objects.filter(payment=self.payment).values_list("state", flat=True))
        assert states <= {"open"}
        super().finish()


class Hearing(Story):
    """The payer has paid, the notification is kept, and its job is killed."""

    call = "payments.actions.settle.apply_event"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        attempt = world.start(self.payment)
        world.provider.press(attempt.session_id)
        world.deliver("checkout.session.completed", drain=False)

    def arguments(self) -> dict[str, Any]:
        return {"event_id": str(ProviderEvent.objects.latest("id").pk), "now": None}

    def finish(self) -> None:
        assert told(self.payment) in {"pending", "paid"}
        self.world.heal()
        paid_once(self.world, self.payment)


class Telling(Story):
    """It is paid and receipted; telling upstairs is killed."""

    call = "payments.actions.announce.announce_payment"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        attempt = world.start(self.payment)
        world.provider.press(attempt.session_id)
        from payments.actions import settle

        settle.ask(attempt_id=attempt.id, now=world.now)
        world.later(minutes=1)

    def arguments(self) -> dict[str, Any]:
        return {"payment_id": self.payment.id, "now": None}

    def finish(self) -> None:
        self.world.heal()
        paid_once(self.world, self.payment)
        self.payment.refresh_from_db()
        assert self.payment.announced_at is not None
        numbers = list(Receipt.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


class GivingBack(Story):
    """An officer gave money back; telling the provider is killed."""

    call = "payments.actions.refund.apply"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        world.pay(self.payment)
        self.one = world.refund(self.payment, 6_000)

    def arguments(self) -> dict[str, Any]:
        return {"refund_id": self.one.id, "now": None}

    def finish(self) -> None:
        self.world.heal()
        self.one.refresh_from_db()
        assert self.one.state == "succeeded"
        theirs = [
            item["amount"]
            for item in self.world.provider.all("refund")
            if item["metadata"]["refund_id"] == self.one.id
        ]
        assert theirs == [6_000]
        paid = LedgerEntry.objects.filter(refund=self.one, key__startswith="refund_paid:")
        assert paid.count() == 1
        invariants.check_lines(self.world)
        invariants.check_quiet(self.world)


def _lose_the_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def _kills(steps: list[str], seed: str) -> list[int]:
    """Return the steps to die before: some, and both sides of the last commit."""
    if SOAK:
        return list(range(len(steps)))
    last = max(index for index, step in enumerate(steps) if step == "before COMMIT")
    return sorted({*random.Random(seed).sample(range(last), SHORT_KILLS), last, last + 1})  # noqa: S311


def _killed_anywhere(world: World, victim: Victim, story: Callable[[World], Story]) -> None:
    seed = f"{SEED} {story.__name__}"
    print(f"seed {seed}")  # noqa: T201 - repeat with SEED=...
    whole = story(world)
    _lose_the_queue()
    told_by = victim.order(call=whole.call, arguments=whole.arguments())
    _lose_the_queue()
    whole.finish()
    chosen = _kills(told_by["steps"], seed)
    for kill_at in chosen:
        one = story(world)
        _lose_the_queue()
        died = victim.order(call=one.call, arguments=one.arguments(), kill_at=kill_at)
        assert died["killed"], (kill_at, died)
        _lose_the_queue()
        one.finish()
        invariants.check(world)
    assert chosen
    assert Payment.objects.count() == 1 + len(chosen)


@pytest.mark.parametrize("story", [Starting, StartingAndNobodyComesBack, Hearing, GivingBack])
def test_s28_killed_at_any_step_it_ends_as_if_nothing_was(
    world: World, victim: Victim, story: Callable[[World], Story]
) -> None:
    _killed_anywhere(world, victim, story)


@pytest.mark.parametrize("story", [Hearing, Telling])
def test_s29_killed_between_the_commit_and_the_telling(
    world: World, victim: Victim, story: Callable[[World], Story]
) -> None:
    _killed_anywhere(world, victim, story)
    assert not Refund.objects.exists()
    assert Receipt.objects.count() == Payment.objects.count()
