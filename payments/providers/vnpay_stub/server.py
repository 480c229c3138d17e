"""The HTTP skin: the payer's page, the merchant's API, faults, scripts."""

import http.server
import json
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from payments.providers.vnpay_stub import admin, faults, ipn, page, wire
from payments.providers.vnpay_stub.api import Desk
from payments.providers.vnpay_stub.ledger import Book, Obj

MAX_BODY = 64 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
PAGE = "/paymentv2/vpcpay.html"
NEEDED = (
    *("vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CreateDate", "vnp_CurrCode"),
    *("vnp_IpAddr", "vnp_Locale", "vnp_OrderInfo", "vnp_OrderType", "vnp_ReturnUrl"),
    *("vnp_ExpireDate", "vnp_TxnRef"),
)
_SHAPES = {
    "vnp_Version": r"2\.1\.0",
    "vnp_Command": r"pay",
    "vnp_Amount": r"[0-9]{1,12}",
    "vnp_CreateDate": r"[0-9]{14}",
    "vnp_ExpireDate": r"[0-9]{14}",
    "vnp_CurrCode": r"VND",
    "vnp_Locale": r"vn|en",
    "vnp_OrderInfo": r"[0-9A-Za-z .:]{1,255}",
    "vnp_TxnRef": r"[0-9A-Za-z]{1,100}",
    "vnp_ReturnUrl": r".{10,255}",
}


class Cut(Exception):
    """The connection ends here, without an answer."""


class Stub:
    """The whole stub: one book, its IPNs, its faults and its server."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ipn_url: str = "",
        tmn_code: str = "CTSMOCK1",
        secret: str = "vnpay-mock-of-no-value",  # noqa: S107 - of no value, as it says
        state: Path | None = None,
        refund_seconds: int = 5,
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError("the stub listens on the loopback only")
        self.book = Book(path=state, refund_seconds=refund_seconds)
        self.desk = Desk(self.book, tmn_code, secret)
        self.ipn = ipn.Caller(ipn_url, tmn_code, secret)
        self.book.on_end = self.ipn.tell
        self.faults = faults.Faults()
        self.stopping = threading.Event()
        self._held: list[Callable[[], Any]] = []
        self._httpd = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self.url = f"http://{host}:{self._httpd.server_address[1]}"

    def start(self) -> "Stub":
        self.ipn.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.ipn.stop()
        self._httpd.shutdown()
        self._httpd.server_close()

    def __enter__(self) -> "Stub":
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Forget every transaction, fault, plan and call."""
        with self.book.lock:
            self.book.clear()
            self.faults.waiting.clear()
            self._held.clear()
            self.ipn.forget()

    def release_calls(self) -> int:
        """Execute the calls that a fault held back; their callers are long gone."""
        held, self._held = self._held, []
        for call in held:
            call()
        return len(held)

    # --- the API --------------------------------------------------------------------------------

    def api(self, given: Obj) -> tuple[int, bytes, bool]:
        """Answer one call, with its fault: status, bytes, whether they are cut. Errors: Cut."""
        command = str(given.get("vnp_Command", ""))
        with self.book.lock:
            fault = self.faults.take(command)
            self.book.calls.append({k: v for k, v in given.items() if k != "vnp_SecureHash"})
            del self.book.calls[:-1000]
        action = fault.action if fault else ""
        if action == "drop_before":
            raise Cut
        if fault and action == "error_before":
            return fault.status, b"{}", False
        if action == "hold":
            self._held.append(lambda: self._do(given))
            raise Cut
        answer = self._do(given)
        if action == "twice":
            answer = self._do(given)
        if fault and action == "alter":
            answer.update(fault.change)
        signed = self.desk.signed(answer)
        if action == "bad_hash":
            signed["vnp_SecureHash"] = "0" * 128
        return self._worn(fault, json.dumps(signed).encode())

    def statement(self, params: dict[str, str]) -> tuple[int, bytes, bool]:
        """Answer a request for the statement, with its fault. Errors: Cut."""
        with self.book.lock:
            fault = self.faults.take("statement")
            answer = self.desk.statement(params)
        if fault and fault.action.startswith("drop"):
            raise Cut
        if answer is None:
            return 403, b"{}", False
        if fault and fault.action == "bad_hash":
            answer["vnp_SecureHash"] = "0" * 128
        return self._worn(fault, json.dumps(answer).encode())

    def _do(self, given: Obj) -> Obj:
        with self.book.lock:
            answer = self.desk.answer(given)
            self.book.save()
        return answer

    def _worn(self, fault: faults.Fault | None, raw: bytes) -> tuple[int, bytes, bool]:
        if fault is None:
            return 200, raw, False
        match fault.action:
            case "drop_after":
                raise Cut
            case "error_after":
                return fault.status, b"{}", False
            case "html":
                return 200, b"<html><body><h1>502 Bad Gateway</h1></body></html>", False
            case "truncate":
                return 200, raw, True
            case "delay":
                self.stopping.wait(fault.seconds)
        return 200, raw, False

    # --- the page -------------------------------------------------------------------------------

    def show(self, query: str) -> tuple[int, bytes]:
        """Return the page of a signed order."""
        params = dict(parse_qsl(query, keep_blank_values=True))
        given = params.pop("vnp_SecureHash", "")
        code = self._refused(params, given)
        if code:
            return 200, page.refused(code)
        with self.book.lock:
            self.book.tick()
            if wire.local(self.book.now()) >= params["vnp_ExpireDate"]:
                return 200, page.refused("15")
            try:
                tx = self.book.open(params)
            except ValueError as failure:
                return 200, page.refused(str(failure))
            self.book.save()
            if tx["status"] != "01":
                return 200, page.over(tx, self.way_back(tx))
            return 200, page.pay(tx)

    def _refused(self, params: dict[str, str], given: str) -> str:
        """Return VNPay's code for an order that it does not show, or nothing."""
        if not wire.holds(wire.mark(self.desk.secret, wire.form(params)), given):
            return "70"
        if params.get("vnp_TmnCode") != self.desk.tmn_code:
            return "72"
        shaped = all(re.fullmatch(shape, params.get(k, "")) for k, shape in _SHAPES.items())
        return "" if shaped and all(params.get(name) for name in NEEDED) else "03"

    def press(self, form: dict[str, str]) -> tuple[int, bytes, str]:
        """Do what the payer's button says; return a page, or where the payer goes."""
        with self.book.lock:
            self.book.tick()
            tx = self.book.transactions.get(form.get("ref", ""))
            if tx is None:
                return 404, page.refused("91"), ""
            if tx["status"] != "01":
                return 200, page.over(tx, self.way_back(tx)), ""
            response = form.get("result", "00") if form.get("action") == "pay" else "24"
            if response == "wait":
                return 200, page.pay(tx, waiting=True), ""
            try:
                self.book.end(tx, response, form.get("bank", "NCB"))
            except ValueError:
                return 400, page.refused("03"), ""
            self.book.save()
            return 303, b"", self.way_back(tx)

    def way_back(self, tx: Obj) -> str:
        """Return the merchant's ReturnUrl with what happened, signed. It must change nothing."""
        address = tx["params"]["vnp_ReturnUrl"]
        query = wire.signed_query(self.desk.secret, ipn.params(tx, self.desk.tmn_code))
        return f"{address}{'&' if '?' in address else '?'}{query}"


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a caller who hangs up is part of the game."""


def _handler(stub: Stub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "vnpay-stub-of-can-tho-smart"
        sys_version = ""
        timeout = 60

        def log_message(self, *args: Any) -> None:
            """Say nothing: the calls are kept in the book."""

        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self._answer("GET")

        def do_POST(self) -> None:  # noqa: N802
            self._answer("POST")

        def _answer(self, method: str) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                self._send(413, b"{}")
                return
            body = self.rfile.read(length) if length else b""
            try:
                self._route(method, target.path, target.query, body)
            except Cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def _route(self, method: str, path: str, query: str, body: bytes) -> None:
            match method, path:
                case "GET", "/healthz":
                    self._send(200, b'{"status":"ok"}')
                case "GET", "/_mock/statement":
                    self._json(*stub.statement(dict(parse_qsl(query))))
                case "POST", "/merchant_webapi/api/transaction":
                    self._api(body)
                case "GET", "/paymentv2/vpcpay.html":
                    self._html(*stub.show(query))
                case "POST", "/paymentv2/vpcpay.html":
                    form = {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
                    status, shown, goes_to = stub.press(form)
                    self._html(status, shown, goes_to)
                case _, _ if path.startswith("/_mock/"):
                    self._admin(method, path.removeprefix("/_mock/"), body)
                case _:
                    self._html(404, page.refused("91"))

        def _api(self, body: bytes) -> None:
            try:
                given = json.loads(body)
            except ValueError:
                given = None
            if not isinstance(given, dict):
                self._send(400, b"{}")
                return
            self._json(*stub.api(given))

        def _admin(self, method: str, name: str, body: bytes) -> None:
            status = 200
            try:
                given = json.loads(body) if body else {}
                if name == "flush":
                    answer: Any = {"flushed": stub.ipn.flush()}
                else:
                    with stub.book.lock:
                        answer = admin.act(stub, method, name, given)
                        stub.book.save()
            except (ValueError, LookupError, TypeError) as failure:
                status, answer = 400, {"error": repr(failure)}
            self._send(status, json.dumps(answer).encode())

        def _json(self, status: int, raw: bytes, cut: bool) -> None:
            self._send(status, raw, cut=cut)

        def _html(self, status: int, raw: bytes, goes_to: str = "") -> None:
            headers = {"Content-Security-Policy": page.CSP, "Cache-Control": "no-store"}
            if goes_to:
                headers["Location"] = goes_to
            self._send(status, raw, "text/html; charset=utf-8", headers)

        def _send(
            self,
            status: int,
            raw: bytes,
            kind: str = "application/json",
            headers: dict[str, str] | None = None,
            *,
            cut: bool = False,
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            if cut:
                raise Cut

    return Handler
