"""A world in which a middlebox stands between this side and the provider."""

import contextlib
import uuid
from collections.abc import Callable
from typing import Any

from common.errors import OutsideError
from payments import queries
from payments.actions import charge
from payments.models import Attempt, LedgerEntry, Payment, Receipt
from tests.fakes import Provider
from tests.payments import invariants
from tests.payments.factories import World
from tests.payments.proxy import Proxy

# Words that say, or sound like, "it did not work". None may fall while money may be taken.
FAILURES = {"declined", "expired", "owed", "cancelled"}


def told(payment: Payment) -> str:
    """Return the word that the citizen reads."""
    return queries.shown(queries.payments_of(payment.citizen_id).get(id=payment.id)).value


def paid_once(world: World, payment: Payment) -> None:
    """One page, one capture at the provider, one posting, one receipt, and all of it told."""
    payment.refresh_from_db()
    assert (payment.state, told(payment)) == ("paid", "paid")
    mine = [
        intent
        for intent in world.provider.all("payment_intent")
        if intent["metadata"]["fee_id"] == payment.id
    ]
    assert [(one["status"], one["amount_received"]) for one in mine] == [
        ("succeeded", payment.amount_vnd)
    ]
    entries = LedgerEntry.objects.filter(payment=payment)
    assert list(entries.values_list("amount_vnd", flat=True)) == [payment.amount_vnd]
    assert Receipt.objects.filter(payment=payment).count() == 1
    invariants.check_lines(world)
    invariants.check_quiet(world)


class Street(World):
    """The words of the scenarios, with the middlebox among them."""

    def __init__(
        self, provider: Provider, proxy: Proxy, traveller: Any, drain: Callable[[], int]
    ) -> None:
        super().__init__(provider, traveller, drain)
        self.proxy = proxy

    def tap(self, payment: Payment, key: str = "") -> Attempt | None:
        """Start a try as the app does; without an answer the citizen is told to try again."""
        with contextlib.suppress(charge.ProviderUnreachable):
            self.start(payment, key or uuid.uuid4().hex)
        assert told(payment) not in FAILURES
        return Attempt.objects.filter(payment=payment).first()

    def work(self) -> None:
        """Work the queue off as far as the provider lets it; jobs that fail are lost for good."""
        for _ in range(10):
            try:
                self.drain()
                return
            except OutsideError:
                continue
        raise AssertionError("the queue does not come to an end")

    def heal(self) -> None:
        self.proxy.heal()
        super().heal()
