"""The provider on a real socket, and the wall that keeps calls out of transactions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common import db
from payments.billers.mock.server import Mock
from payments.providers import bank_wire, json_wire, registry, stripe_wire, vnpay_wire
from tests import fakes_vnpay
from tests.fakes import SECRET, Provider
from tests.fakes_vnpay import Vnpay
from tests.payments import invariants
from tests.payments.bank import Bank
from tests.payments.caller import Caller
from tests.payments.factories import World
from tests.payments.shop import Shop
from tests.payments.witnesses.judge import Judge


@pytest.fixture(scope="session")
def provider_process() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.mock.stop()


@pytest.fixture
def provider(
    provider_process: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """The mock, with Stripe's own document as the judge of all that goes in and out of it."""
    provider_process.reset()
    judge = Judge()
    provider_process.mock.heard = judge.hear
    settings.STRIPE_BASE_URL = provider_process.url
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.STRIPE_READ_TIMEOUT_SECONDS = 2.0
    monkeypatch.setattr(stripe_wire, "FIRST_PAUSE_SECONDS", 0.0)  # nobody sleeps in tests
    monkeypatch.setattr(stripe_wire, "LONGEST_PAUSE_SECONDS", 0.0)
    registry._stripe_of.cache_clear()
    yield provider_process
    provider_process.mock.heard = None
    judge.decide(provider_process)


@pytest.fixture(autouse=True)
def by_card(settings: Any) -> None:
    """Offer cards alone, unless a test brings another provider up."""
    settings.PAYMENT_METHODS = {"card": "stripe"}


@pytest.fixture(scope="session")
def vnpay_process() -> Iterator[Vnpay]:
    provider = Vnpay()
    yield provider
    provider.stub.stop()


@pytest.fixture
def vnpay(vnpay_process: Vnpay, settings: Any) -> Vnpay:
    vnpay_process.reset()
    settings.PAYMENT_METHODS = {"card": "stripe", "vnpay": "vnpay"}
    settings.VNPAY_PAY_URL = f"{vnpay_process.url}/paymentv2/vpcpay.html"
    settings.VNPAY_API_URL = f"{vnpay_process.url}/merchant_webapi/api/transaction"
    settings.VNPAY_STATEMENT_URL = f"{vnpay_process.url}/_mock/statement"
    settings.VNPAY_TMN_CODE = fakes_vnpay.TMN_CODE
    settings.VNPAY_HASH_SECRET = fakes_vnpay.SECRET
    settings.VNPAY_READ_TIMEOUT_SECONDS = 2.0
    return vnpay_process


@pytest.fixture(autouse=True)
def _no_call_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """I10: no transaction, and so no row lock, is held across a call to provider or biller."""
    for wire in (stripe_wire.Wire, json_wire.JsonWire, bank_wire.Wire):
        monkeypatch.setattr(wire, "_call", _guarded(wire._call))
    exchange = _guarded(vnpay_wire.Wire._exchange)
    monkeypatch.setattr(vnpay_wire.Wire, "_exchange", exchange)


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
def shop(
    provider: Provider,
    vnpay: Vnpay,
    clock: Any,
    drain: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Shop]:
    """A world with VNPay in it, checked when the scenario is over."""
    made = Shop(provider, vnpay, clock, drain)
    yield made
    invariants.check(made, logs=caplog.text)
    made.check_told()


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
