"""A faulty middlebox on a real socket, between this side's client and the mock provider.

The mock can be told to misbehave too, but those faults are its own: here the provider is well and
the way to it is not. One script is a list of misfortunes for the next calls that match; when it is
used up, everything goes through. Nothing sleeps: what is held back is held until it is released.
"""

import dataclasses
import http.client
import http.server
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

MODES = {
    "answer_lost",  # executed, the connection ends without a byte
    "answer_reset",  # executed, the connection is torn down (RST)
    "executed_then_500",
    "executed_then_500_do_not_retry",  # with Stripe-Should-Retry: false
    "executed_then_truncated",  # the header promises more bytes than come
    "html_instead_of_json",  # executed, a gateway's page with 200
    "html_502",  # executed, a gateway's page with 502
    "answer_held",  # executed, the answer waits until it is released
    "request_held",  # nothing is executed until it is released, when nobody listens any more
    "delivered_twice",  # the middlebox repeats the request; the second answer is passed on
    "delivered_twice_at_once",  # both at the same moment; the first answer that is a 200 counts
    "rate_limited",  # 429 with Retry-After, nothing is executed
    "key_in_use",  # 409, nothing is executed
    "reset",  # RST before anything is executed
}
RETRY_AFTER_SECONDS = 7
# Hop-by-hop headers are the middlebox's own; the length is counted anew.
OWN_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclasses.dataclass
class Step:
    """One misfortune for the next `times` calls of that method whose path begins so."""

    mode: str
    method: str
    path: str
    times: int


@dataclasses.dataclass(frozen=True)
class Call:
    """One request as the middlebox saw it."""

    method: str
    path: str
    key: str
    mode: str


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Proxy:
    """The middlebox: scripts, what passed through, and what is held back."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._lock = threading.Lock()
        self._script: list[Step] = []
        self.calls: list[Call] = []
        self.watch: Callable[[], None] = lambda: None  # runs while the client waits
        self.failures: list[BaseException] = []  # of the watch
        self._held = threading.Event()
        self._waiting = threading.Semaphore(0)
        self._httpd = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        # Bound and never listening: whoever connects is refused, and nobody else can take it.
        self._deaf = socket.socket()
        self._deaf.bind(("127.0.0.1", 0))
        self.refusing_url = f"http://127.0.0.1:{self._deaf.getsockname()[1]}"

    def stop(self) -> None:
        self.release()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._deaf.close()

    # --- the script -----------------------------------------------------------------------------

    def script(
        self, mode: str, path: str = "/v1/", *, method: str = "POST", times: int = 1
    ) -> None:
        if mode not in MODES:
            raise ValueError(mode)
        with self._lock:
            self._script.append(Step(mode, method, path, times))

    def forget(self) -> None:
        """Begin anew: nothing was seen, nothing was held back."""
        self.heal()
        self.calls.clear()
        self.failures.clear()
        self.watch = lambda: None
        while self._waiting.acquire(blocking=False):
            pass

    def heal(self) -> None:
        """Everything goes through again, and what was held back arrives."""
        with self._lock:
            self._script.clear()
        self.release()

    def release(self) -> None:
        """Let everything go that is held back now, and wait for nobody."""
        with self._lock:
            self._held.set()
            self._held = threading.Event()

    def wait_held(self) -> None:
        """Wait until one more call is being held back."""
        if not self._waiting.acquire(timeout=30):
            raise AssertionError("nothing is held back")

    def hold(self) -> None:
        with self._lock:
            held = self._held
        self._waiting.release()
        if not held.wait(60):
            raise AssertionError("a call was held back and never released")

    def take(self, method: str, path: str, key: str) -> str:
        """Return what befalls this call, and note it."""
        with self._lock:
            mode = ""
            for step in self._script:
                if step.method == method and path.startswith(step.path):
                    mode = step.mode
                    step.times -= 1
                    if step.times <= 0:
                        self._script.remove(step)
                    break
            self.calls.append(Call(method, path, key, mode))
            return mode

    def seen(self, mode: str) -> list[Call]:
        """Return the calls that a misfortune befell."""
        with self._lock:
            return [call for call in self.calls if call.mode == mode]

    # --- the way to the provider ----------------------------------------------------------------

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        assert self._target.hostname
        upstream = http.client.HTTPConnection(self._target.hostname, self._target.port, timeout=30)
        try:
            upstream.request(method, path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in OWN_HEADERS]
            return Answer(answer.status, kept, answer.read())
        finally:
            upstream.close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a caller who hangs up is part of the game."""


def _error(status: int, error: dict[str, str], *headers: tuple[str, str]) -> Answer:
    body = json.dumps({"error": error}).encode()
    return Answer(status, [("Content-Type", "application/json"), *headers], body)


def _failed(*headers: tuple[str, str]) -> Answer:
    return _error(500, {"type": "api_error", "message": "An unknown error occurred"}, *headers)


def _page(status: int) -> Answer:
    body = b"<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
    return Answer(status, [("Content-Type", "text/html")], body)


RATE_LIMITED = _error(
    429,
    {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests"},
    ("Retry-After", str(RETRY_AFTER_SECONDS)),
)
KEY_IN_USE = _error(
    409,
    {
        "type": "idempotency_error",
        "code": "idempotency_key_in_use",
        "message": "There is currently another in-progress request using this Idempotent Key.",
    },
)


def _handler(proxy: Proxy) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *args: Any) -> None:
            """Say nothing: the calls are kept."""

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self._pass()

        def do_POST(self) -> None:  # noqa: N802
            self._pass()

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.given = {n: v for n, v in self.headers.items() if n.lower() not in OWN_HEADERS}
            self.body = body
            mode = proxy.take(self.command, self.path, self.headers.get("Idempotency-Key", ""))
            try:
                proxy.watch()
            except BaseException as failure:
                proxy.failures.append(failure)
            self._befall(mode)

        def _on(self) -> Answer:
            return proxy.forward(self.command, self.path, self.given, self.body)

        def _befall(self, mode: str) -> None:
            match mode:
                case "":
                    self._send(self._on())
                case "answer_lost":
                    self._on()
                    self._end()
                case "answer_reset":
                    self._on()
                    self._tear()
                case "reset":
                    self._tear()
                case "executed_then_500":
                    self._on()
                    self._send(_failed())
                case "executed_then_500_do_not_retry":
                    self._on()
                    self._send(_failed(("Stripe-Should-Retry", "false")))
                case "executed_then_truncated":
                    self._send(self._on(), cut=True)
                case "html_instead_of_json":
                    self._on()
                    self._send(_page(200))
                case "html_502":
                    self._on()
                    self._send(_page(502))
                case "answer_held":
                    answer = self._on()
                    proxy.hold()
                    self._send(answer)
                case "request_held":
                    proxy.hold()
                    self._send(self._on())
                case "delivered_twice":
                    self._on()
                    self._send(self._on())
                case "delivered_twice_at_once":
                    self._send(self._both())
                case "rate_limited":
                    self._send(RATE_LIMITED)
                case "key_in_use":
                    self._send(KEY_IN_USE)

        def _both(self) -> Answer:
            answers: list[Answer] = []
            twin = threading.Thread(target=lambda: answers.append(self._on()))
            twin.start()
            answers.append(self._on())
            twin.join(30)
            good = [one for one in answers if one.status == 200]
            return (good or answers)[0]

        def _send(self, answer: Answer, *, cut: bool = False) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
            self.wfile.flush()
            self._end()

        def _end(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def _tear(self) -> None:
            """Close so that the other side sees a reset and not an end."""
            self.close_connection = True
            now = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self.connection.close()

    return Handler
