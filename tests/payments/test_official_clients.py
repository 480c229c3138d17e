"""Stripe's own clients against the mock: the Python library, and the command line's triggers."""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.fakes import Provider
from tests.payments.caller import KEY

stripe = pytest.importorskip("stripe", reason="PyPI stripe is not installed")
ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def client_of(provider: Provider, session: requests.Session, *, retries: int = 0) -> Any:
    http = stripe.RequestsClient(session=session)
    http._sleep_time_seconds = lambda *args: 0.0  # nobody sleeps in tests
    return stripe.StripeClient(
        KEY,
        base_addresses={"api": provider.url},
        http_client=http,
        max_network_retries=retries,
    )


@pytest.fixture
def client(provider: Provider, session: requests.Session) -> Any:
    return client_of(provider, session)


CARD = {"amount": 50_000, "currency": "vnd", "payment_method_types": ["card"]}
PAID = {**CARD, "payment_method": "pm_card_visa", "confirm": True}


# --- the Python library -------------------------------------------------------------------------


def test_an_intent_from_start_to_refund(client: Any) -> None:
    made = client.v1.payment_intents.create({**CARD, "metadata": {"fee_id": "pay_1"}})
    assert (made.status, made.amount) == ("requires_payment_method", 50_000)
    paid = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )
    assert (paid.status, paid.latest_charge.paid, paid.metadata["fee_id"]) == (
        "succeeded",
        True,
        "pay_1",
    )
    part = client.v1.refunds.create(
        {"payment_intent": made.id, "amount": 20_000, "reason": "duplicate"}
    )
    assert (part.status, part.reason) == ("succeeded", "duplicate")
    charge = client.v1.charges.retrieve(paid.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded, len(charge.refunds.data)) == (20_000, False, 1)


def test_holding_capturing_and_cancelling(client: Any) -> None:
    held = client.v1.payment_intents.create({**PAID, "capture_method": "manual"})
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 30_000})
    assert (held.status, taken.status, taken.amount_received) == (
        "requires_capture",
        "succeeded",
        30_000,
    )
    open_one = client.v1.payment_intents.create(CARD)
    gone = client.v1.payment_intents.cancel(open_one.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")


def test_sessions(client: Any, provider: Provider) -> None:
    made = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://example.invalid/back",
            "client_reference_id": "att_1",
            "line_items": [
                {
                    "quantity": 2,
                    "price_data": {
                        "currency": "vnd",
                        "unit_amount": 8000,
                        "product_data": {"name": "Trích lục"},
                    },
                }
            ],
        }
    )
    assert (made.status, made.payment_status, made.amount_total) == ("open", "unpaid", 16_000)
    assert client.v1.checkout.sessions.line_items.list(made.id).data[0].description == "Trích lục"
    assert provider.press(made.id) == ""
    after = client.v1.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent"]})
    assert (after.status, after.payment_intent.status) == ("complete", "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        client.v1.checkout.sessions.expire(made.id)


def test_lists_page_by_themselves(client: Any) -> None:
    made = [client.v1.customers.create({"name": f"Người {n}"}).id for n in range(7)]
    pages = client.v1.customers.list({"limit": 3})
    assert [one.id for one in pages.auto_paging_iter()] == made[::-1]
    back = client.v1.customers.list({"limit": 3, "ending_before": made[0]})
    assert [one.id for one in back.auto_paging_iter()] == made[1:]
    kinds = [e.type for e in client.v1.events.list({"types": ["customer.created"]}).data]
    assert kinds == ["customer.created"] * 7


def test_a_key_gives_one_object(client: Any) -> None:
    options = {"idempotency_key": "key-1"}
    first, second = (client.v1.payment_intents.create(PAID, options) for _ in range(2))
    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({**PAID, "amount": 1}, options)


def test_each_failure_is_its_own_exception(client: Any, provider: Provider) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            {**PAID, "payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
        )
    error = declined.value
    assert (error.code, error.error.decline_code, error.http_status) == (
        "card_declined",
        "insufficient_funds",
        402,
    )
    assert error.error.payment_intent.status == "requires_payment_method"
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        client.v1.payment_intents.create({"amount": 1, "currency": "vnd", "colour": "red"})
    assert (wrong.value.param, wrong.value.code) == ("colour", "parameter_unknown")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.retrieve("pi_nothing")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
    provider.fault("error_before", "/v1/", status=429, headers={"Retry-After": "1"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.create(PAID)
    provider.fault("drop_before", "/v1/")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(PAID)
    provider.fault("error_before", "/v1/", status=500)
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create(PAID)
    nobody = stripe.StripeClient(
        "sk_live_x", base_addresses={"api": provider.url}, max_network_retries=0
    )
    with pytest.raises(stripe.AuthenticationError):
        nobody.v1.balance.retrieve()


def test_its_retries_make_one_charge(provider: Provider, session: requests.Session) -> None:
    client = client_of(provider, session, retries=2)
    provider.fault("drop_after", "/v1/payment_intents")
    provider.fault("error_before", "/v1/payment_intents", status=503)
    assert client.v1.payment_intents.create(PAID).status == "succeeded"
    assert len(provider.all("charge")) == 1
    keys = {call["key"] for call in provider.calls("/v1/payment_intents")}
    assert len(keys) == 1
    provider.fault(
        "error_before", "/v1/payment_intents", status=500, headers={"Stripe-Should-Retry": "false"}
    )
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.create(PAID)
    assert len(provider.all("charge")) == 1


def test_a_delivered_webhook_is_genuine(client: Any, provider: Provider) -> None:
    from tests.payments.test_mock_pages import Inbox

    inbox = Inbox()
    try:
        endpoint = client.v1.webhook_endpoints.create(
            {"url": inbox.url, "enabled_events": ["payment_intent.succeeded"]}
        )
        paid = client.v1.payment_intents.create(PAID)
        assert provider.mock.hooks.flush()
        (raw, header), *more = inbox.got
        assert more == []
        event = stripe.Webhook.construct_event(raw, header, endpoint.secret)
        assert (event.type, event.data.object.id) == ("payment_intent.succeeded", paid.id)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(raw.replace(b"50000", b"5"), header, endpoint.secret)
    finally:
        inbox.close()


def test_disputes_payouts_and_the_balance(client: Any, provider: Provider) -> None:
    paid = client.v1.payment_intents.create({**PAID, "payment_method": "pm_card_createDispute"})
    dispute = client.v1.disputes.list({"payment_intent": paid.id}).data[0]
    assert (dispute.status, dispute.balance_transactions[0].amount) == ("needs_response", -50_000)
    won = client.v1.disputes.update(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert won.status == "won"
    client.v1.payment_intents.create({**PAID, "payment_method": "pm_card_bypassPending"})
    payout = client.v1.payouts.create({"amount": 50_000, "currency": "vnd"})
    assert payout.status == "pending"
    with pytest.raises(stripe.InvalidRequestError) as short:
        client.v1.payouts.create({"amount": 50_000, "currency": "vnd"})
    assert short.value.code == "balance_insufficient"
    lines = client.v1.balance_transactions.list({"limit": 100}).data
    balance = client.v1.balance.retrieve()
    assert sum(line.net for line in lines) == (
        balance.available[0].amount + balance.pending[0].amount
    )


# --- the command line ---------------------------------------------------------------------------


def _command() -> tuple[str, str]:
    """Return Stripe's command line, or why it does not run here."""
    binary = ROOT / "node_modules" / ".bin" / "stripe"
    if not binary.exists():
        return "", "@stripe/cli is not installed (npm ci)"
    if shutil.which("node") is None:
        return "", "@stripe/cli needs node to find its binary"
    asked = subprocess.run(
        [str(binary), "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        return "", f"@stripe/cli does not run: {(asked.stderr or asked.stdout)[-200:]}"
    return str(binary), ""


COMMAND, WHY_NOT = _command()
TRIGGERS = [
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.created",
    "customer.deleted",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payout.created",
    "payout.updated",
    "price.created",
    "product.created",
]


@pytest.mark.skipif(not COMMAND, reason=WHY_NOT)
def test_stripes_command_line_triggers_its_events(
    provider: Provider, tmp_path: pathlib.Path
) -> None:
    """All at once would be kinder to the clock; one after the other says which one failed."""
    environment = {
        **{name: os.environ[name] for name in ("PATH",)},
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
    }
    failed: dict[str, str] = {}

    def trigger(kind: str) -> None:
        done = subprocess.run(
            [COMMAND, "trigger", kind, "--api-base", provider.url, "--api-key", KEY],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
        )
        if done.returncode:
            failed[kind] = done.stderr[-500:]

    for kind in TRIGGERS:
        trigger(kind)
    assert failed == {}
    provider.mock.store.offset += 120  # what is known a minute later
    with provider.mock.store.lock:
        provider.mock.tick()
    happened = {event["type"] for event in provider.events()}
    assert set(TRIGGERS) - happened == set()
    assert not any(call["key"] for call in provider.mock.store.calls)  # it sends no key


def test_twenty_clients_at_once_make_one_object(
    provider: Provider, session: requests.Session
) -> None:
    key, ids, conflicts = uuid.uuid4().hex, set(), []
    lock = threading.Lock()

    def create() -> None:
        with requests.Session() as own:
            own.trust_env = False
            try:
                made = client_of(provider, own).v1.payment_intents.create(
                    PAID, {"idempotency_key": key}
                )
            except stripe.StripeError as refusal:
                with lock:
                    conflicts.append(refusal.http_status)
            else:
                with lock:
                    ids.add(made.id)

    threads = [threading.Thread(target=create) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ids) == 1
    assert set(conflicts) <= {409}
    assert json.dumps(sorted(ids)) == json.dumps(
        [one["id"] for one in provider.all("payment_intent")]
    )
