"""What only Stripe's adapter does, and its wire over a real socket."""

import dataclasses
import datetime
import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from payments.providers import base, registry, stripe, stripe_wire
from payments.rules.settling import Outcome
from tests import fakes
from tests.fakes import Provider
from tests.payments.benches import NOW, StripeBench, new_order, new_refund, paid


@pytest.fixture
def port(provider: Provider, clock: Any) -> base.Provider:
    return registry.get("stripe")


def test_the_same_key_for_another_sum_says_nothing_is_known(port: base.Provider) -> None:
    order = new_order()
    port.start(order)
    with pytest.raises(base.Unanswered):
        port.start(dataclasses.replace(order, amount_vnd=1))


def test_a_session_that_stripe_does_not_know_is_absent(port: base.Provider) -> None:
    order = new_order(session_id="cs_test_nothing")
    assert port.fetch(order, now=NOW).outcome == Outcome.ABSENT


def test_closing_a_page_that_is_paid_in_between(port: base.Provider, provider: Provider) -> None:
    order = new_order()
    session_id = port.start(order).session_id
    fetch = port.fetch

    def paid_meanwhile(*args: Any, **kwargs: Any) -> Any:
        fact = fetch(*args, **kwargs)
        provider.press(session_id)
        return fact

    port.fetch = paid_meanwhile  # type: ignore[method-assign]
    try:
        one = dataclasses.replace(order, session_id=session_id)
        assert port.close(one, now=NOW).outcome == Outcome.PAID
    finally:
        del port.fetch  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", sorted(m for m in fakes.CARDS if m.startswith("chargeDecl")))
def test_a_declined_card_leaves_the_page_open(
    port: base.Provider, provider: Provider, method: str
) -> None:
    order = new_order()
    session_id = port.start(order).session_id
    code = provider.press(session_id, fakes.CARDS[method])
    fact = port.fetch(dataclasses.replace(order, session_id=session_id), now=NOW)
    assert (fact.outcome, fact.decline_code) == (Outcome.OPEN, code)


def test_a_held_capture_is_not_paid(port: base.Provider, provider: Provider) -> None:
    order = paid(StripeBench(provider))
    provider.change(order.intent_id, status="requires_capture", amount_received=0)
    assert port.fetch(order, now=NOW).outcome == Outcome.PROCESSING


def test_more_than_was_paid_is_refused(port: base.Provider, provider: Provider) -> None:
    order = paid(StripeBench(provider))
    with pytest.raises(base.Refused):
        port.refund(new_refund(order, 50_001))
    port.refund(new_refund(order))
    with pytest.raises(base.Refused) as refusal:
        port.refund(new_refund(order))
    assert refusal.value.code == "charge_already_refunded"


def test_the_statement_holds_the_fee(port: base.Provider, provider: Provider) -> None:
    provider.mock.store.fee_basis_points = 100
    order = paid(StripeBench(provider))
    port.refund(new_refund(order, 20_000))
    lines = port.list_settlement(datetime.date(2026, 11, 24))
    assert [(line.kind, line.amount_vnd, line.fee_vnd, line.net_vnd) for line in lines] == [
        ("charge", 50_000, 500, 49_500),
        ("refund", -20_000, 0, -20_000),
    ]
    assert port.list_settlement(datetime.date(2026, 11, 23)) == []


def test_long_lists_are_read_to_the_end(port: base.Provider, provider: Provider) -> None:
    for _ in range(101):
        provider.press(port.start(new_order()).session_id)
    lines = port.list_settlement(datetime.date(2026, 11, 24))
    assert len({line.line_id for line in lines}) == 101
    missed = port.missed(NOW - datetime.timedelta(minutes=1))
    assert [one.event_id for one in missed] == [e["id"] for e in provider.events()]


# --- the wire -----------------------------------------------------------------------------------


class Odd(http.server.BaseHTTPRequestHandler):
    """A server that answers whatever the test says."""

    protocol_version = "HTTP/1.1"
    answer: Callable[["Odd"], None]
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:  # noqa: N802
        type(self).seen.append(dict(self.headers))
        type(self).answer(self)

    def do_POST(self) -> None:  # noqa: N802
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def say(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def odd() -> Iterator[tuple[type[Odd], stripe_wire.Wire]]:
    handler: type[Odd] = type("OddOne", (Odd,), {"seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wire = stripe_wire.Wire(
        f"http://127.0.0.1:{server.server_address[1]}",
        "sk_test_secret",
        limits=stripe_wire.Limits(connect=1, read=0.2, total=2, retries=2),
        sleep=lambda seconds: None,
    )
    yield handler, wire
    server.shutdown()
    server.server_close()


def test_every_call_is_pinned_and_signed_in_by_header(
    odd: tuple[type[Odd], stripe_wire.Wire], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    handler, wire = odd
    handler.answer = lambda self: self.say(200)
    wire.post("/v1/x", {}, key="key-1")
    headers = handler.seen[0]
    assert headers["Authorization"] == "Bearer sk_test_secret"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Idempotency-Key"] == "key-1"
    assert headers["Stripe-Version"] == stripe_wire.API_VERSION


@pytest.mark.parametrize(
    ("status", "should_retry", "tries"),
    [
        (500, None, 3),
        (503, None, 3),
        (500, "false", 1),
        (409, None, 3),
        (409, "false", 1),
        (424, None, 3),
        (429, None, 1),
        (429, "true", 3),
        (400, None, 1),
        (400, "true", 3),
        (402, None, 1),
        (404, None, 1),
        (302, None, 1),
    ],
)
def test_what_is_repeated_and_what_is_not(
    odd: tuple[type[Odd], stripe_wire.Wire], status: int, should_retry: str | None, tries: int
) -> None:
    handler, wire = odd
    extra = {"Stripe_Should_Retry": should_retry} if should_retry else {}
    body = b'{"error": {"type": "invalid_request_error", "code": "some_code"}}'
    handler.answer = lambda self: self.say(status, body, Location="/elsewhere", **extra)
    with pytest.raises((base.Unanswered, base.Refused)) as failure:
        wire.post("/v1/x", {}, key="key-1")
    assert len(handler.seen) == tries
    assert {headers["Idempotency-Key"] for headers in handler.seen} == {"key-1"}
    definite = status in {400, 402, 404}
    assert isinstance(failure.value, base.Refused) == definite


@pytest.mark.parametrize(
    "answer",
    [
        lambda self: self.say(200, b"<html>"),
        lambda self: self.say(200, b"[]"),
        lambda self: self.say(200, b"null"),
        lambda self: self.say(200, b""),
        lambda self: self.say(200, b"\xff\xfe\x00"),
        lambda self: self.say(200, b"{", Content_Length="500"),
        lambda self: self.say(200, b"[" * 200_000),
        lambda self: self.say(200, b'"' + b"a" * (5 * 1024 * 1024) + b'"'),
        lambda self: self.say(200, b"not gzip", Content_Encoding="gzip"),
        lambda self: self.say(400, b"<html>"),
        lambda self: self.say(402, b'{"error": "text"}'),
        lambda self: self.connection.close(),
    ],
)
def test_nonsense_is_unanswered_and_never_a_crash(
    odd: tuple[type[Odd], stripe_wire.Wire], answer: Callable[[Odd], None]
) -> None:
    handler, wire = odd
    handler.answer = answer
    with pytest.raises(base.Unanswered):
        wire.get("/v1/x")


def test_s09_a_silent_and_a_dripping_server_are_left_in_time(
    odd: tuple[type[Odd], stripe_wire.Wire],
) -> None:
    import time

    handler, wire = odd
    over = threading.Event()
    handler.answer = lambda self: over.wait(20) and None
    began = time.monotonic()
    with pytest.raises(base.Unanswered, match="Timeout"):
        wire.get("/v1/x")
    assert time.monotonic() - began < 3

    def drip(self: Odd) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not over.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    handler.answer = drip
    began = time.monotonic()
    with pytest.raises(base.Unanswered):
        wire.get("/v1/x")
    assert time.monotonic() - began < 5
    over.set()


def test_nobody_listens() -> None:
    wire = stripe_wire.Wire(
        "http://127.0.0.1:9", "sk", limits=stripe_wire.Limits(connect=0.5), sleep=lambda s: None
    )
    with pytest.raises(base.Unanswered, match="ConnectionError"):
        wire.get("/v1/x")


def test_failures_hold_no_secret(odd: tuple[type[Odd], stripe_wire.Wire]) -> None:
    handler, wire = odd
    handler.answer = lambda self: self.say(401, b'{"error": {"type": "x"}}')
    with pytest.raises(base.Refused) as failure:
        wire.get("/v1/x", {"q": "personal"})
    assert "sk_test" not in str(failure.value)
    assert "personal" not in str(failure.value)


def test_fractions_are_never_money(port: base.Provider, provider: Provider) -> None:
    order = paid(StripeBench(provider))
    for wrong in (50_000.0, "50000", None, -1, True):
        provider.change(order.intent_id, amount_received=wrong)
        with pytest.raises(base.Unanswered):
            port.fetch(order, now=NOW)


def test_the_registry_knows_who_it_knows(port: base.Provider) -> None:
    assert isinstance(port, stripe.Stripe)
    assert not port.livemode
    with pytest.raises(registry.UnknownProvider):
        registry.get("nobody")
