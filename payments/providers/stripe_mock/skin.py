"""The HTTP skin: who asks, how bytes become parameters, and the way to the pages."""

import base64
import http.server
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from payments.providers.stripe_mock import admin, forms, page, press
from payments.providers.stripe_mock.errors import ApiError
from payments.providers.stripe_mock.faults import Cut
from payments.providers.stripe_mock.reply import Reply
from payments.providers.stripe_mock.store import API_VERSION, Obj

if TYPE_CHECKING:
    from payments.providers.stripe_mock.server import Mock

MAX_BODY = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


def handler(mock: "Mock") -> type[http.server.BaseHTTPRequestHandler]:
    """Return the class that answers the requests to one mock."""

    class Bound(Skin):
        pass

    Bound.mock = mock
    return Bound


class Skin(http.server.BaseHTTPRequestHandler):
    """One connection."""

    mock: "Mock"
    protocol_version = "HTTP/1.1"
    server_version = "stripe-mock-of-can-tho-smart"
    sys_version = ""
    timeout = 60

    def log_message(self, *args: Any) -> None:
        """Say nothing: the calls are kept in the store."""

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self._answer("GET")

    def do_POST(self) -> None:  # noqa: N802
        self._answer("POST")

    def do_DELETE(self) -> None:  # noqa: N802
        self._answer("DELETE")

    def do_PUT(self) -> None:  # noqa: N802
        self._answer("PUT")

    def do_PATCH(self) -> None:  # noqa: N802
        self._answer("PATCH")

    def _answer(self, method: str) -> None:
        target = urlsplit(self.path)
        told = self.headers.get("Content-Length") or "0"
        if not told.isdecimal() or int(told) > MAX_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send(413, b"{}", "application/json", {})
            return
        body = self.rfile.read(int(told))
        try:
            if target.path == "/healthz":
                self._send(200, b'{"status":"ok"}', "application/json", {})
            elif target.path.startswith("/v1/"):
                self._api(method, target.path, target.query, body)
            elif target.path.startswith("/_mock/"):
                self._admin(method, target.path, body)
            else:
                self._page(method, target.path, body)
        except Cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _api(self, method: str, path: str, query: str, body: bytes) -> None:
        request_id = self.mock.store.new_id("req", 14)
        key = self.headers.get("Idempotency-Key", "")
        try:
            self._authorise()
            params = self._params(method, query, body)
            reply = self.mock.api(method, path, params, key, request_id)
        except ApiError as refusal:
            reply = Reply.of(refusal, request_id)
            self.mock.witness(method, path, {}, reply)
        raw = reply.raw
        kind = "text/html" if raw is not None else "application/json"
        if raw is None:
            raw = json.dumps(reply.body, indent=2, ensure_ascii=False).encode()
        headers = {
            "Request-Id": request_id,
            "Stripe-Version": self.headers.get("Stripe-Version") or API_VERSION,
            **({"Idempotency-Key": key} if key else {}),
            **reply.headers,
        }
        self._send(reply.status, raw, kind, headers, cut=reply.cut)

    def _authorise(self) -> None:
        given = self.headers.get("Authorization", "")
        scheme, _, token = given.partition(" ")
        if scheme.lower() == "basic":
            try:
                token = base64.b64decode(token).decode().partition(":")[0]
            except ValueError:
                token = ""
        elif scheme.lower() != "bearer":
            token = ""
        if not token:
            raise ApiError(
                401,
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
            )
        if not token.startswith(("sk_test_", "rk_test_")):
            raise ApiError(401, f"Invalid API Key provided: {token[:7]}****")

    def _params(self, method: str, query: str, body: bytes) -> Obj:
        if method != "POST":
            return forms.decode(query)
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != FORM and (body or kind):
            raise ApiError(
                400,
                "Invalid request (check that your POST content type is "
                f"{FORM}). If you have any questions, we can help at https://support.stripe.com/.",
            )
        try:
            return {**forms.decode(query), **forms.decode(body.decode())}
        except UnicodeDecodeError as failure:
            raise ApiError(400, "Invalid UTF-8") from failure

    def _admin(self, method: str, path: str, body: bytes) -> None:
        status = 200
        answer: Any = None
        try:
            given = json.loads(body) if body else {}
            if path == "/_mock/flush":
                answer = {"flushed": self.mock.hooks.flush()}
            else:
                with self.mock.store.lock:
                    answer = admin.act(self.mock, method, path, given)
                    self.mock.store.commit()
        except ApiError as refusal:
            status, answer = refusal.status, {"error": refusal.error}
            with self.mock.store.lock:
                self.mock.store.commit() if refusal.effect else self.mock.store.rollback()
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            status, answer = 400, {"error": repr(failure)}
            with self.mock.store.lock:
                self.mock.store.rollback()
        self._send(status, json.dumps(answer).encode(), "application/json", {})

    def _page(self, method: str, path: str, body: bytes) -> None:
        with self.mock.store.lock:
            self.mock.tick()
            shown = press.answer(self.mock.store, method, path, body)
            self.mock.store.commit()
        headers = {"Content-Security-Policy": page.CSP, "Cache-Control": "no-store"}
        if shown.address:
            headers["Location"] = shown.address
        self._send(shown.status, shown.html, "text/html; charset=utf-8", headers)

    def _send(
        self, status: int, raw: bytes, kind: str, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        if cut:
            raise Cut
