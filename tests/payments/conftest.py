"""The provider on a real socket, and the wall that keeps calls out of transactions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common import db
from payments.providers import bank_wire, registry, stripe_wire
from tests.fakes import SECRET, Provider
from tests.payments import invariants
from tests.payments.bank import Bank
from tests.payments.caller import Caller
from tests.payments.factories import World


@pytest.fixture(scope="session")
def provider_process() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.mock.stop()


@pytest.fixture
def provider(
    provider_process: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Provider:
    provider_process.reset()
    settings.STRIPE_BASE_URL = provider_process.url
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.STRIPE_READ_TIMEOUT_SECONDS = 2.0
    monkeypatch.setattr(stripe_wire, "FIRST_PAUSE_SECONDS", 0.0)  # nobody sleeps in tests
    monkeypatch.setattr(stripe_wire, "LONGEST_PAUSE_SECONDS", 0.0)
    registry._stripe_of.cache_clear()
    return provider_process


@pytest.fixture(autouse=True)
def _no_call_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """I10: no transaction, and so no row lock, is held across a call to the provider."""
    call = stripe_wire.Wire._call

    def guarded(self: Any, *args: Any) -> Any:
        assert not db.in_transaction(), "the provider is called inside a transaction"
        return call(self, *args)

    monkeypatch.setattr(stripe_wire.Wire, "_call", guarded)
    spoken = bank_wire.Wire._call

    def kept_out(self: Any, *args: Any) -> Any:
        assert not db.in_transaction(), "the bank is called inside a transaction"
        return spoken(self, *args)

    monkeypatch.setattr(bank_wire.Wire, "_call", kept_out)


@pytest.fixture
def world(
    provider: Provider,
    clock: Any,
    drain: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[World]:
    """A world that is checked when the scenario is over."""
    made = World(provider, clock, drain)
    yield made
    invariants.check(made, logs=caplog.text)


@pytest.fixture
def stripe(provider: Provider, clock: Any) -> Caller:
    return Caller(provider.url)


@pytest.fixture(scope="session")
def bank_process() -> Iterator[Bank]:
    process = Bank()
    yield process
    process.mock.stop()


@pytest.fixture
def bank(bank_process: Bank, world: World, settings: Any) -> Iterator[Bank]:
    """The mock bank on a real socket, offered beside the card; its books are checked at the end."""
    bank_process.reset(world)
    settings.PAYMENT_METHODS = {"card": "stripe", "bank_transfer": "vietqr"}
    bank_process.settle_in(settings)
    yield bank_process
    bank_process.check()
