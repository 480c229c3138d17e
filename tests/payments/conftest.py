"""The provider on a real socket, and the wall that keeps calls out of transactions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common import db
from payments.billers.mock.server import Mock
from payments.providers import json_wire, registry, stripe_wire
from tests.fakes import SECRET, Provider
from tests.payments import invariants
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
    """I10: no transaction, and so no row lock, is held across a call to provider or biller."""
    for wire in (stripe_wire.Wire, json_wire.JsonWire):
        monkeypatch.setattr(wire, "_call", _guarded(wire._call))


def _guarded(call: Any) -> Any:
    def guarded(self: Any, *args: Any) -> Any:
        assert not db.in_transaction(), "somebody outside is called inside a transaction"
        return call(self, *args)

    return guarded


@pytest.fixture(scope="session")
def hub_process() -> Iterator[Mock]:
    mock = Mock(api_key="biller_key_of_the_tests").start()
    yield mock
    mock.stop()


@pytest.fixture
def hub(hub_process: Mock, settings: Any, db: None) -> Mock:
    """The simulated billers, on a real socket, and the table that names them."""
    from common import clock as real
    from seeds import bills

    hub_process.reset()
    settings.BILLER_BASE_URL = hub_process.url
    settings.BILLER_API_KEY = "biller_key_of_the_tests"
    settings.BILLER_READ_TIMEOUT_SECONDS = 2.0
    list(bills.load(now=real.now()))
    return hub_process


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
