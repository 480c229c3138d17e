"""The HTTP skin of the hub, and scripted misfortune between a caller and it."""

import dataclasses
import http.server
import json
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from payments.billers.mock.book import Book, Obj, Refusal

MAX_BODY = 64 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ACTIONS = {
    "drop_before",  # the connection closes, nothing was done
    "drop_after",  # it was done, the connection closes without an answer
    "delay",  # it was done, the answer comes after `seconds`
    "error_before",  # an answer with `status`, nothing was done
    "error_after",  # it was done, the answer has `status`
    "truncate",  # it was done, half of the answer arrives
    "html",  # it was done, a gateway answers with its own page
    "alter",  # it was done; members of the answer are changed
}


class Cut(Exception):
    """The connection ends here, without an answer."""


@dataclasses.dataclass
class Fault:
    """What befalls the next `times` requests that match."""

    action: str
    method: str = "*"
    path: str = "/v1/"
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    change: Obj = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(self.action)


class Mock:
    """The whole hub: its book, its faults, and its server."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "biller_mock_of_no_value",
        state: Path | None = None,
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError("the mock listens on the loopback only")
        self.book = Book(state)
        self.api_key = api_key
        self.faults: list[Fault] = []
        self.calls: list[Obj] = []
        self.stopping = threading.Event()
        self._httpd = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self.url = f"http://{host}:{self._httpd.server_address[1]}"

    def start(self) -> "Mock":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._httpd.shutdown()
        self._httpd.server_close()

    def reset(self) -> None:
        """Forget every payment, change and fault."""
        with self.book.lock:
            self.book.clear()
            self.faults.clear()
            self.calls.clear()
            self.book.save()

    def fault(self, action: str, **given: Any) -> None:
        with self.book.lock:
            self.faults.append(Fault(action, **given))

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, and count it."""
        with self.book.lock:
            for fault in self.faults:
                if fault.method in {method, "*"} and path.startswith(fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def answer(self, method: str, path: str, key: str, given: Obj) -> tuple[int, Obj]:
        """Answer one call to the hub."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        with self.book.lock:
            self.calls.append({"method": method, "path": path, "key": key, "body": given})
            del self.calls[:-1000]
            try:
                match method, parts:
                    case "GET", ["v1", "billers", biller, "customers", customer, "bills"]:
                        return 200, {"bills": self.book.open_bills(biller, customer)}
                    case "GET", ["v1", "billers", biller, "bills", number]:
                        return 200, self.book.find(biller, number)
                    case "POST", ["v1", "billers", biller, "bills", number, "payments"]:
                        return 201, dict(self.book.pay(biller, number, key, given))
                raise Refusal(404, "address_unknown")
            except Refusal as refusal:
                return refusal.status, {"error": {"code": refusal.code}}
            except KeyError:
                return 400, {"error": {"code": "body_invalid"}}
            finally:
                self.book.save()

    def script(self, method: str, path: str, given: Obj) -> Any:
        """Do what a script asks. Errors: Refusal, KeyError, TypeError, ValueError."""
        with self.book.lock:
            match method, path.removeprefix("/_mock/"):
                case "GET", "calls":
                    return self.calls
                case "POST", "faults":
                    self.fault(**given)
                case "POST", "reset":
                    self.reset()
                case "POST", "amounts":
                    self.book.raise_amount(given["biller"], given["number"], given["more_vnd"])
                case "POST", "paid-elsewhere":
                    self.book.pay_elsewhere(given["number"])
                case "POST", "withdrawn":
                    self.book.change(given["number"], status="withdrawn")
                case _:
                    raise Refusal(404, "no_such_script")
            self.book.save()
        return {}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a caller who hangs up is part of the game."""


def _handler(mock: Mock) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "biller-mock-of-can-tho-smart"
        sys_version = ""
        timeout = 60

        def log_message(self, *args: Any) -> None:
            """Say nothing: the calls are kept."""

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self._answer("GET")

        def do_POST(self) -> None:  # noqa: N802
            self._answer("POST")

        def _answer(self, method: str) -> None:
            path = urlsplit(self.path).path
            length = int(self.headers.get("Content-Length") or 0)
            try:
                given = json.loads(self.rfile.read(length)) if 0 < length <= MAX_BODY else {}
                if path == "/healthz":
                    self._send(200, {"status": "ok"})
                elif path.startswith("/_mock/"):
                    self._send(200, mock.script(method, path, given))
                elif self.headers.get("Authorization") != f"Bearer {mock.api_key}":
                    self._send(401, {"error": {"code": "key_unknown"}})
                else:
                    self._api(method, path, given)
            except Cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            except Refusal as refusal:
                self._send(refusal.status, {"error": {"code": refusal.code}})
            except (ValueError, KeyError, TypeError) as failure:
                self._send(400, {"error": {"code": "body_invalid", "message": repr(failure)}})

        def _api(self, method: str, path: str, given: Obj) -> None:
            fault = mock.take_fault(method, path)
            action = fault.action if fault else ""
            if fault is not None and action == "drop_before":
                raise Cut
            if fault is not None and action == "error_before":
                self._send(fault.status, {"error": {"code": "hub_failed"}})
                return
            status, body = mock.answer(method, path, self.headers.get("Idempotency-Key", ""), given)
            if fault is None:
                self._send(status, body)
                return
            if action == "drop_after":
                raise Cut
            if action == "delay":
                mock.stopping.wait(fault.seconds)
            if action == "error_after":
                status, body = fault.status, {"error": {"code": "hub_failed"}}
            if action == "alter":
                body = {**body, **fault.change}
            if action == "html":
                self._raw(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")
                return
            self._send(status, body, cut=action == "truncate")

        def _send(self, status: int, body: Any, *, cut: bool = False) -> None:
            raw = json.dumps(body, ensure_ascii=False).encode()
            self._raw(status, raw, "application/json", cut=cut)

        def _raw(self, status: int, raw: bytes, kind: str, *, cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            if cut:
                raise Cut

    return Handler
