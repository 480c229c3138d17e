"""Deliveries: several secrets, repeats, disorder, what was missed, and the endpoints themselves."""

import datetime
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from payments.providers import stripe_signature
from tests.fakes import Provider
from tests.payments.caller import KEY, Caller, error_of, new_paid
from tests.payments.test_mock_pages import Inbox
from tests.payments.test_mock_states import admin

ENDPOINTS = "/v1/webhook_endpoints"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


def _endpoint(stripe: Caller, inbox: Inbox, *kinds: str) -> Any:
    events = {f"enabled_events[{n}]": kind for n, kind in enumerate(kinds or ["*"])}
    return stripe.post(ENDPOINTS, url=inbox.url, **events).json()


def test_endpoints_come_change_and_go(stripe: Caller, provider: Provider, inbox: Inbox) -> None:
    made = _endpoint(stripe, inbox, "customer.created")
    url = f"{ENDPOINTS}/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert "secret" not in stripe.get(url).json()  # shown once
    assert [row["id"] for row in stripe.get(ENDPOINTS).json()["data"]] == [made["id"]]
    off = stripe.post(url, disabled="true", **{"metadata[a]": "1"}).json()
    assert (off["status"], off["metadata"]) == ("disabled", {"a": "1"})
    stripe.post("/v1/customers")
    on = stripe.post(url, disabled="false", **{"enabled_events[0]": "customer.updated"}).json()
    assert (on["status"], on["enabled_events"]) == ("enabled", ["customer.updated"])
    name = stripe.post("/v1/customers").json()["id"]
    stripe.post(f"/v1/customers/{name}", name="x")
    assert provider.mock.hooks.flush()
    assert inbox.kinds() == ["customer.updated"]
    gone = stripe.session.delete(stripe.url + url, auth=(KEY, ""), timeout=10).json()
    assert gone == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    assert stripe.get(url).status_code == 404
    for wrong in ({"url": "ftp://x"}, {"url": inbox.url, "enabled_events[0]": ""}, {}):
        answer = stripe.post(ENDPOINTS, **{"enabled_events[0]": "*", **wrong})
        assert answer.status_code == 400


def test_a_rotation_signs_with_both_secrets(
    stripe: Caller, provider: Provider, inbox: Inbox
) -> None:
    _endpoint(stripe, inbox, "customer.created")
    admin(provider, "secrets", secrets=["whsec_old", "whsec_new"])
    stripe.post("/v1/customers")
    assert provider.mock.hooks.flush()
    raw, header = inbox.got[0]
    assert header.count("v1=") == 2
    for secret in ("whsec_old", "whsec_new"):
        stripe_signature.verify(raw, header, secrets=[secret], now=int(time.time()))
    with pytest.raises(stripe_signature.SignatureInvalid):
        stripe_signature.verify(raw, header, secrets=["whsec_other"], now=int(time.time()))


def test_repeats_come_later_and_later_and_carry_the_same_event(
    stripe: Caller, provider: Provider, inbox: Inbox
) -> None:
    from payments.providers.stripe_mock import hooks

    assert list(hooks.PAUSES) == sorted(hooks.PAUSES)
    assert hooks.PAUSES[-1] >= 3600
    _endpoint(stripe, inbox, "customer.created")
    inbox.failures = 1000
    stripe.post("/v1/customers")
    for _ in hooks.PAUSES:
        assert provider.mock.hooks.flush()
        missed = stripe.get("/v1/events", delivery_success="false").json()["data"]
        assert (len(missed), missed[0]["pending_webhooks"]) == (1, 1)
        admin(provider, "retry")
    assert provider.mock.hooks.flush()
    assert len(inbox.got) == len(hooks.PAUSES) + 1  # and then it gives up
    assert len({json.loads(raw)["id"] for raw, _ in inbox.got}) == 1
    log = provider.mock.hooks.log
    assert [entry["try"] for entry in log] == list(range(1, len(hooks.PAUSES) + 2))
    assert {entry["status"] for entry in log} == {500}


def test_what_arrived_is_no_longer_missed(stripe: Caller, provider: Provider, inbox: Inbox) -> None:
    _endpoint(stripe, inbox)
    other = Inbox()
    try:
        _endpoint(stripe, other)
        other.failures = 1
        stripe.post("/v1/customers")
        assert provider.mock.hooks.flush()
        half = stripe.get("/v1/events").json()["data"][0]
        assert half["pending_webhooks"] == 1
        assert stripe.get("/v1/events", delivery_success="true").json()["data"] == []
        admin(provider, "retry")
        assert provider.mock.hooks.flush()
        assert stripe.get("/v1/events", delivery_success="false").json()["data"] == []
        whole = stripe.get("/v1/events", delivery_success="true").json()["data"]
        assert (whole[0]["id"], whole[0]["pending_webhooks"]) == (half["id"], 0)
    finally:
        other.close()


def test_lost_doubled_and_turned_round_by_script(
    stripe: Caller, provider: Provider, inbox: Inbox
) -> None:
    _endpoint(stripe, inbox, "customer.created")
    admin(provider, "webhooks", plan=["drop", "twice", "hold", "hold", "hold"])
    names = [stripe.post("/v1/customers").json()["id"] for _ in range(5)]
    assert admin(provider, "flush") == {"flushed": True}
    assert admin(provider, "release", turned_round=True) == {"released": 3}
    assert provider.mock.hooks.flush()
    got = [json.loads(raw)["data"]["object"]["id"] for raw, _ in inbox.got]
    assert got == [names[1], names[1], names[4], names[3], names[2]]


def test_events_are_kept_for_thirty_days(stripe: Caller, clock: Any) -> None:
    stripe.post("/v1/customers")
    event = stripe.get("/v1/events").json()["data"][0]
    clock.shift(datetime.timedelta(days=29))
    assert stripe.get(f"/v1/events/{event['id']}").json()["type"] == "customer.created"
    clock.shift(datetime.timedelta(days=2))
    assert stripe.get("/v1/events").json()["data"] == []
    assert error_of(stripe.get(f"/v1/events/{event['id']}"))["code"] == "resource_missing"


def test_an_event_tells_which_request_made_it_and_shows_that_moment(stripe: Caller) -> None:
    answer = stripe.post("/v1/customers", key="key-1", name="A")
    stripe.post(f"/v1/customers/{answer.json()['id']}", name="B")
    updated, created = stripe.get("/v1/events", **{"types[]": "customer.*"}).json()["data"]
    assert created["request"] == {
        "id": answer.headers["Request-Id"],
        "idempotency_key": "key-1",
    }
    assert (created["data"]["object"]["name"], updated["data"]["object"]["name"]) == ("A", "B")
    assert created["api_version"] == "2026-05-27.dahlia"


def test_the_order_in_which_a_payment_tells_its_story(stripe: Caller, provider: Provider) -> None:
    new_paid(stripe, capture_method="manual")
    name = provider.all("payment_intent")[0]["id"]
    stripe.post(f"/v1/payment_intents/{name}/capture")
    stripe.post("/v1/refunds", payment_intent=name)
    assert [event["type"] for event in provider.events()] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]
