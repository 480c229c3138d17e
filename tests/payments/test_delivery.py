"""The whole path over real sockets: the mock posts its signed events to a running server."""

from typing import Any

import pytest
import requests

from payments.models import ProviderEvent, Receipt
from payments.providers.stripe_mock import simple
from tests.fakes import SECRET
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_provider_posts_to_a_running_server(world: World, live_server: Any) -> None:
    mock = world.provider.mock
    address = f"{live_server.url}/webhooks/payments/stripe"
    with mock.store.lock:
        simple.endpoint(mock.store, {"url": address, "enabled_events": ["*"]}, secret=SECRET)
    payment = world.owe()
    attempt = world.start(payment, return_url="canthosmart://back")
    with requests.Session() as browser:
        browser.trust_env = False
        assert "16.000 đồng" in browser.get(attempt.checkout_url, timeout=10).text
        paid = browser.post(
            attempt.checkout_url,
            data={"action": "pay", "card": "4242 4242 4242 4242"},
            allow_redirects=False,
            timeout=10,
        )
    assert (paid.status_code, paid.headers["Location"]) == (303, "canthosmart://back")
    assert mock.hooks.flush()
    assert {line["status"] for line in mock.hooks.log} == {200}
    assert ProviderEvent.objects.count() == len(mock.hooks.log) >= 3
    world.drain()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert Receipt.objects.count() == 1
    assert world.sweep().caught_up == 0
    invariants.check_lines(world)
