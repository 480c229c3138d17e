"""The mock's page, its webhooks, its process."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from payments.providers import stripe_signature
from payments.providers.stripe_mock.server import Mock
from tests import fakes
from tests.fakes import Provider
from tests.payments.caller import Caller, error_of, new_intent, new_paid

# --- sessions and their page --------------------------------------------------------------------


def _session(stripe: Caller, **given: Any) -> Any:
    return stripe.post(
        "/v1/checkout/sessions",
        **{
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/back?session={CHECKOUT_SESSION_ID}",
            "line_items[0][quantity]": 2,
            "line_items[0][price_data][currency]": "vnd",
            "line_items[0][price_data][unit_amount]": 8000,
            "line_items[0][price_data][product_data][name]": "<b>Lệ phí</b> trích lục",
            "metadata[fee_id]": "pay_1",
            **given,
        },
    )


def _press(session: Any, **form: str) -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.post(session["url"], data=form, allow_redirects=False, timeout=10)


def test_a_session_is_paid_on_its_page(stripe: Caller) -> None:
    session = _session(stripe).json()
    assert (session["status"], session["payment_status"], session["amount_total"]) == (
        "open",
        "unpaid",
        16_000,
    )
    assert session["payment_intent"] is None
    page = requests.get(session["url"], timeout=10)
    for words in ("MÔ PHỎNG (mock)", "16.000 đồng", "pay_1", "&lt;b&gt;Lệ phí&lt;/b&gt; trích lục"):
        assert words in page.text
    assert "viewport" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    declined = _press(session, action="decline")
    assert (declined.status_code, "bị từ chối" in declined.text or "từ chối" in declined.text) == (
        200,
        True,
    )
    unknown = _press(session, action="pay", card="1234")
    assert "Số thẻ không đúng" in unknown.text
    paid = _press(session, action="pay", card="4242 4242 4242 4242")
    assert paid.status_code == 303
    assert paid.headers["Location"] == f"http://127.0.0.1:9/back?session={session['id']}"
    after = stripe.get(f"/v1/checkout/sessions/{session['id']}").json()
    assert (after["status"], after["payment_status"]) == ("complete", "paid")
    assert "đã được gửi thanh toán" in requests.get(session["url"], timeout=10).text
    again = _press(session, action="pay", card="4242424242424242")
    assert (again.status_code, again.headers["Location"]) == (303, paid.headers["Location"])
    assert len(stripe.get("/v1/charges").json()["data"]) == 2


def test_a_card_that_asks_the_bank(stripe: Caller) -> None:
    session = _session(stripe).json()
    asked = _press(session, action="pay", card=fakes.CARDS["threeDSecure2Required"])
    bank = {**session, "url": urllib.parse.urljoin(session["url"], asked.headers["Location"])}
    assert "Bạn có đồng ý thanh toán" in requests.get(bank["url"], timeout=10).text
    assert "từ chối" in _press(bank, action="decline").text
    asked = _press(session, action="pay", card=fakes.CARDS["threeDSecure2Required"])
    assert _press(bank, action="pay").status_code == 303
    after = stripe.get(f"/v1/checkout/sessions/{session['id']}").json()
    assert after["payment_status"] == "paid"


def test_sessions_expire_on_request_and_with_time(stripe: Caller, clock: Any) -> None:
    import datetime

    first, second = (_session(stripe).json() for _ in range(2))
    gone = stripe.post(f"/v1/checkout/sessions/{first['id']}/expire").json()
    assert (gone["status"], gone["url"]) == ("expired", None)
    assert stripe.post(f"/v1/checkout/sessions/{first['id']}/expire").status_code == 400
    assert "hết hạn" in requests.get(first["url"], timeout=10).text
    clock.shift(datetime.timedelta(hours=25))
    assert stripe.get(f"/v1/checkout/sessions/{second['id']}").json()["status"] == "expired"
    kinds = [event["type"] for event in stripe.get("/v1/events").json()["data"]]
    assert kinds.count("checkout.session.expired") == 2


@pytest.mark.parametrize("minutes", [10, 25 * 60])
def test_sessions_live_from_half_an_hour_to_a_day(stripe: Caller, minutes: int) -> None:
    import time

    answer = _session(stripe, expires_at=int(time.time()) + minutes * 60)
    assert error_of(answer)["param"] == "expires_at"


def test_an_unknown_page_is_a_page(provider: Provider) -> None:
    answer = requests.get(f"{provider.url}/c/pay/cs_nothing", timeout=10)
    assert (answer.status_code, "Không tìm thấy" in answer.text) == (404, True)


# --- webhooks -----------------------------------------------------------------------------------


class Inbox:
    """A small server that keeps what it is sent, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.failures = 0
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.got.append((raw, self.headers["Stripe-Signature"]))
                inbox.failures -= 1
                self.send_response(500 if inbox.failures >= 0 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(raw)["type"] for raw, _ in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def inbox() -> Any:
    made = Inbox()
    yield made
    made.close()


def _endpoint(stripe: Caller, inbox: Inbox, *kinds: str) -> Any:
    events = {f"enabled_events[{i}]": kind for i, kind in enumerate(kinds or ["*"])}
    return stripe.post("/v1/webhook_endpoints", url=inbox.url, **events).json()


def test_events_are_signed_and_delivered(stripe: Caller, provider: Provider, inbox: Inbox) -> None:
    import time

    secret = _endpoint(stripe, inbox, "payment_intent.succeeded")["secret"]
    new_paid(stripe)
    assert provider.mock.hooks.flush()
    assert inbox.kinds() == ["payment_intent.succeeded"]
    raw, header = inbox.got[0]
    stripe_signature.verify(raw, header, secrets=[secret], now=int(time.time()))
    missed = stripe.get("/v1/events", delivery_success="false").json()["data"]
    assert "payment_intent.succeeded" not in [event["type"] for event in missed]


def test_failed_deliveries_are_repeated(stripe: Caller, provider: Provider, inbox: Inbox) -> None:
    _endpoint(stripe, inbox, "payment_intent.succeeded")
    inbox.failures = 2
    new_paid(stripe)
    for _ in range(2):
        assert provider.mock.hooks.flush()
        provider.mock.hooks.retry_now()
    assert provider.mock.hooks.flush()
    assert len(inbox.got) == 3
    assert len({json.loads(raw)["id"] for raw, _ in inbox.got}) == 1


def test_deliveries_by_script(stripe: Caller, provider: Provider, inbox: Inbox) -> None:
    _endpoint(stripe, inbox, "customer.created")
    provider.mock.hooks.plan += ["drop", "twice", "hold", "hold"]
    names = [stripe.post("/v1/customers").json()["id"] for _ in range(4)]
    assert provider.mock.hooks.flush()
    provider.mock.hooks.release(turned_round=True)
    assert provider.mock.hooks.flush()
    got = [json.loads(raw)["data"]["object"]["id"] for raw, _ in inbox.got]
    assert got == [names[1], names[1], names[3], names[2]]


# --- the process --------------------------------------------------------------------------------


def test_it_listens_on_the_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Mock(host="0.0.0.0")  # noqa: S104


def test_a_process_of_its_own_keeps_its_state_over_a_restart(tmp_path: Path) -> None:
    def run() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "payments.providers.stripe_mock",
                *("--port", "0", "--secret", "whsec_x", "--state", str(tmp_path / "mock.json")),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stderr is not None
        return process, process.stderr.readline().split()[-1]

    def stop(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        process.stderr.close()

    process, url = run()
    try:
        assert requests.get(f"{url}/healthz", timeout=10).json() == {"status": "ok"}
        name = new_paid(Caller(url), key="key-1")["id"]
    finally:
        stop(process)
    process, url = run()
    try:
        assert Caller(url).get(f"/v1/payment_intents/{name}").json()["status"] == "succeeded"
        answer = new_intent(Caller(url), key="key-1", confirm="true", payment_method="pm_card_visa")
        assert answer.headers["Idempotent-Replayed"] == "true"
    finally:
        stop(process)


def test_a_broken_request_does_not_end_it(provider: Provider) -> None:
    host = provider.url.removeprefix("http://")
    for method, path in (("PUT", "/v1/x"), ("GET", "/v1/%00"), ("POST", "/_mock/clock")):
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request(method, path)
        assert connection.getresponse().status >= 400
        connection.close()
    assert requests.get(f"{provider.url}/healthz", timeout=10).status_code == 200
