"""The mock bank's HTTP: its API, the payer's page, and the scripts of misfortune."""

import hmac
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from payments.providers.bank_mock import page
from payments.providers.bank_mock.bank import Bank, BankError, Obj
from payments.providers.bank_mock.notices import Notices
from payments.rules import vietqr

MAX_BODY = 64 * 1024


class Mock:
    """The bank as a server in a thread."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = "bank_mock",  # noqa: S107 - of no value
        notices: str = "",
        secret: str = "notices",  # noqa: S107 - of no value
        state: Path | None = None,
    ) -> None:
        self.token = token
        self.bank = Bank(path=state)
        self.notices = Notices(notices, secret, lambda: self.bank.now())
        self.bank.on_line = self.notices.take
        self.faults: list[Obj] = []
        self.calls: list[Obj] = []
        self.http = ThreadingHTTPServer((host, port), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://{host}:{self.http.server_address[1]}"

    def start(self) -> "Mock":
        self.notices.start()
        threading.Thread(target=self.http.serve_forever, daemon=True, name="bank").start()
        return self

    def stop(self) -> None:
        self.notices.stop()
        self.http.shutdown()
        self.http.server_close()

    def reset(self) -> None:
        self.bank.reset()
        self.faults, self.calls, self.notices.plan, self.notices.log = [], [], [], []

    def fault(self, method: str, path: str) -> str:
        """Return what befalls this call: drop_before, drop_after, error_after, html, or nothing."""
        for one in self.faults:
            if one["method"] in {method, "*"} and path.startswith(one["path"]) and one["times"]:
                one["times"] -= 1
                return str(one["action"])
        return ""

    def act(self, method: str, path: str, asked: dict[str, str], body: Obj) -> tuple[int, Any]:
        """Answer one call of the bank's API. Errors: BankError."""
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", ["v1", "transactions"]:
                return 200, self.bank.statement(asked)
            case "GET", ["v1", "transactions", name]:
                return 200, self.bank.find(name)
            case "POST", ["v1", "transfers"]:
                return 201, self.bank.send_back(body)
            case "GET", ["v1", "transfers", reference]:
                return 200, self.bank.shown(reference)
            case "POST", ["_mock", "credits"]:
                return 201, self.bank.credit(**body)
            case "POST", ["_mock", "notices"]:
                self.notices.plan += body["plan"]
            case "POST", ["_mock", "faults"]:
                self.faults.append({"method": "*", "path": "/v1/", "times": 1, **body})
            case "POST", ["_mock", "transfers"]:
                if "next" in body:
                    self.bank.next_outcomes += body["next"]
                else:
                    self.bank.settle(body["reference"], body["to"])
            case "POST", ["_mock", "reset"]:
                self.reset()
            case "GET", ["_mock", "notices"]:
                return 200, {"log": self.notices.log}
            case _:
                raise BankError(404, "no_such_address")
        return 200, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mock = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def do_GET(self) -> None:  # noqa: N802
                mock.serve(self, "GET")

            def do_POST(self) -> None:  # noqa: N802
                mock.serve(self, "POST")

        return Handler

    def serve(self, call: BaseHTTPRequestHandler, method: str) -> None:
        target = urlsplit(call.path)
        size = call.headers.get("Content-Length", "0")
        raw = call.rfile.read(min(int(size), MAX_BODY)) if size.isdigit() else b""
        if target.path == "/healthz":
            send(call, 200, b'{"ok": true}')
            return
        if target.path == "/":
            self._page(call, method, target.query, raw)
            return
        fault = ""
        if target.path.startswith("/v1/"):
            self.calls.append({"method": method, "path": target.path})
            given = call.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
                send(call, 401, b'{"code": "token_invalid"}')
                return
            fault = self.fault(method, target.path)
        if fault == "drop_before":
            hang_up(call)
            return
        try:
            body = json.loads(raw) if raw else {}
            with self.bank.lock:
                asked = dict(parse_qsl(target.query))
                status, answer = self.act(method, target.path, asked, body)
        except BankError as refusal:
            status, answer = refusal.status, {"code": refusal.code}
        except (ValueError, TypeError, KeyError):
            status, answer = 400, {"code": "request_invalid"}
        match fault:
            case "drop_after":
                hang_up(call)
            case "error_after":
                send(call, 500, b'{"code": "internal"}')
            case "html":
                send(call, 200, b"<html>busy</html>", "text/html")
            case _:
                send(call, status, json.dumps(answer, ensure_ascii=False).encode())

    def _page(self, call: BaseHTTPRequestHandler, method: str, query: str, raw: bytes) -> None:
        """Serve the payer's app."""
        given = parse_qs(raw.decode("utf-8", "replace") if method == "POST" else query)
        fields = {name: values[0].strip() for name, values in given.items()}
        if method == "POST":
            try:
                with self.bank.lock:
                    line = self.bank.credit(
                        fields["account"][:19], int(fields["amount"]), fields.get("text", "")[:200]
                    )
                shown = page.done(line["amount"], line["id"])
            except (KeyError, ValueError, BankError):
                shown = page.paste("Số tiền hoặc tài khoản không hợp lệ.")
        elif "payload" in fields:
            try:
                shown = page.confirm(vietqr.parse(fields["payload"]))
            except vietqr.NotVietQR:
                shown = page.paste("Đây không phải mã VietQR hợp lệ.")
        else:
            shown = page.paste()
        send(call, 200, shown, "text/html; charset=utf-8")


def send(
    call: BaseHTTPRequestHandler, status: int, raw: bytes, kind: str = "application/json"
) -> None:
    """Send an answer."""
    call.send_response(status)
    call.send_header("Content-Type", kind)
    call.send_header("Content-Length", str(len(raw)))
    if kind.startswith("text/html"):
        call.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
    call.end_headers()
    call.wfile.write(raw)


def hang_up(call: BaseHTTPRequestHandler) -> None:
    """End the connection without a word."""
    call.close_connection = True
    call.connection.shutdown(socket.SHUT_RDWR)
