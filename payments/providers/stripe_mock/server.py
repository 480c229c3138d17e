"""The HTTP skin: who asks, idempotency as Stripe does it, faults, pages."""

import base64
import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from payments.providers.stripe_mock import (
    admin,
    cards,
    checkout,
    faults,
    forms,
    intents,
    page,
    refunds,
    routes,
    simple,
)
from payments.providers.stripe_mock.errors import ApiError
from payments.providers.stripe_mock.faults import Fault
from payments.providers.stripe_mock.hooks import Hooks
from payments.providers.stripe_mock.store import API_VERSION, KEY_LIFE_SECONDS, Obj, Store

MAX_BODY = 1024 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Cut(Exception):
    """The connection ends here, without an answer."""


class Mock:
    """The whole mock provider: one store, its deliveries, its faults and its server."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        webhook: str = "",
        secrets: tuple[str, ...] = ("whsec_mock",),
        state: Path | None = None,
        public_url: str = "",
        fee_basis_points: int = 0,
        minimum: int = 1,
    ) -> None:
        if host not in LOOPBACK:
            raise ValueError("the mock listens on the loopback only")
        self.store = Store(path=state, fee_basis_points=fee_basis_points)
        self.store.minimum = minimum
        self.hooks = Hooks(self.store)
        self.faults = faults.Faults()
        self.secrets = list(secrets)
        self.stopping = threading.Event()
        self._held: list[Callable[[], Any]] = []
        self._httpd = _Server((host, port), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self.url = f"http://{host}:{self._httpd.server_address[1]}"
        self.public_url = public_url.rstrip("/") or self.url
        if webhook:
            self._register(webhook)

    def _register(self, webhook: str) -> None:
        for known in self.store.all("webhook_endpoint"):
            if known["url"] == webhook:
                self.store.private[known["id"]]["secrets"] = self.secrets
                return
        made = simple.endpoint(
            self.store, {"url": webhook, "enabled_events": ["*"]}, secret=self.secrets[0]
        )
        self.store.private[made["id"]]["secrets"] = self.secrets

    def start(self) -> "Mock":
        self.hooks.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.hooks.stop()
        self._httpd.shutdown()
        self._httpd.server_close()

    def reset(self) -> None:
        """Forget every object, fault, plan and key."""
        with self.store.lock:
            self.store.clear()
            self.faults.waiting.clear()
            self._held.clear()
            self.hooks.forget()

    def tick(self) -> None:
        """Let time do what it does: sessions expire, refunds settle."""
        checkout.expire_due(self.store)
        refunds.settle_due(self.store)

    def release_requests(self) -> int:
        """Execute the requests that a fault held back; their callers are long gone."""
        held, self._held = self._held, []
        for call in held:
            call()
        return len(held)

    # --- the API --------------------------------------------------------------------------------

    def api(self, method: str, path: str, params: Obj, key: str, request_id: str) -> "Reply":
        """Answer one call, with its fault. Errors: Cut."""
        with self.store.lock:
            fault = self.faults.take(method, path)
        action = fault.action if fault else ""
        if fault and action == "drop_before":
            raise Cut
        if fault and action == "error_before":
            return _faulty(fault)
        if action == "hold":
            self._held.append(lambda: self._keyed(method, path, params, key, request_id, None))
            raise Cut
        reply = self._keyed(method, path, params, key, request_id, fault)
        if action == "twice":
            reply = self._keyed(method, path, params, key, request_id, None)
        if fault is None:
            return reply
        if action == "drop_after":
            raise Cut
        if action == "delay":
            self.stopping.wait(fault.seconds)
        if action == "truncate":
            reply.cut = True
        if action == "html":
            reply.raw = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            reply.status = fault.status
        if action == "alter":
            faults.alter(reply.body, fault.change)
        reply.headers.update(fault.headers)
        return reply

    def _keyed(
        self, method: str, path: str, params: Obj, key: str, request_id: str, fault: Fault | None
    ) -> "Reply":
        """Answer with the reply kept under the key, or make one and keep it."""
        if method != "POST" or not key:
            return self._execute(method, path, params, key, request_id, fault)
        if len(key) > 255:
            raise ApiError(400, "Idempotency-Key must be at most 255 characters long.")
        mark = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
        with self.store.lock:
            kept = self.store.keys.get(key)
            if kept is not None and kept["at"] + KEY_LIFE_SECONDS <= self.store.now():
                kept = None
            if kept is not None:
                return self._replay(kept, mark, path)
            self.store.keys[key] = {
                "mark": mark,
                "path": path,
                "at": self.store.now(),
                "running": True,
            }
        reply = Reply(500, {})
        try:
            if fault is not None and fault.action == "slow":
                self.stopping.wait(fault.seconds)
            reply = self._execute(method, path, params, key, request_id, fault)
        finally:
            with self.store.lock:
                if reply.kept:
                    self.store.keys[key].update(
                        running=False,
                        status=reply.status,
                        body=json.loads(json.dumps(reply.body)),
                        request_id=request_id,
                    )
                else:
                    del self.store.keys[key]
                self.store.save()
        return reply

    def _replay(self, kept: Obj, mark: str, path: str) -> "Reply":
        if kept["mark"] != mark:
            return Reply.of(
                ApiError(
                    400,
                    "Keys for idempotent requests can only be used with the same parameters they "
                    f"were first used with. Try using a key other than the one used for {path}.",
                    kind="idempotency_error",
                )
            )
        if kept["running"]:
            return Reply.of(
                ApiError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key.",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            )
        headers = {"Idempotent-Replayed": "true", "Original-Request": kept["request_id"]}
        return Reply(kept["status"], json.loads(json.dumps(kept["body"])), headers)

    def _execute(
        self, method: str, path: str, params: Obj, key: str, request_id: str, fault: Fault | None
    ) -> "Reply":
        with self.store.lock:
            self.store.request.id, self.store.request.key = request_id, key or None
            try:
                self.tick()
                call = routes.find(method, path, base_url=self.public_url)
                made = call(self.store, params, path)
                wanted = params.get("expand") or []
                paths = wanted if isinstance(wanted, list) else [str(wanted)]
                reply = Reply(200, self.store.expand(made, paths), kept=True)
            except ApiError as refusal:
                reply = Reply.of(refusal)
            finally:
                self.store.calls.append(
                    {"method": method, "path": path, "key": key, "request_id": request_id}
                )
                del self.store.calls[:-1000]
                self.store.request.id = self.store.request.key = None
            if fault is not None and fault.action == "error_after":
                # Stripe keeps the answer of a call that began, and repeats it: also a 500.
                reply = _faulty(fault)
                reply.kept = fault.status >= 500
            self.store.save()
            return reply


class Reply:
    """One answer on its way out."""

    def __init__(
        self,
        status: int,
        body: Obj,
        headers: dict[str, str] | None = None,
        *,
        kept: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.kept = kept
        self.cut = False
        self.raw: bytes | None = None

    @classmethod
    def of(cls, refusal: ApiError) -> "Reply":
        return cls(refusal.status, {"error": refusal.error}, kept=refusal.stored)


def _faulty(fault: Fault) -> Reply:
    error: Obj = {"message": "An unknown error occurred", "type": "api_error"}
    if fault.status == 429:
        error = {
            "message": "Too many requests hit the API too quickly.",
            "type": "invalid_request_error",
            "code": "rate_limit",
        }
    if fault.status == 409:
        error = {
            "message": "There is currently another in-progress request using this Idempotent Key.",
            "type": "idempotency_error",
            "code": "idempotency_key_in_use",
        }
    return Reply(fault.status, {"error": error}, fault.headers)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a caller who hangs up is part of the game."""


def _handler(mock: Mock) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
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

        def _answer(self, method: str) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                self._send(413, b"{}", "application/json", {})
                return
            body = self.rfile.read(length) if length else b""
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
            request_id = mock.store.new_id("req", 14)
            key = self.headers.get("Idempotency-Key", "")
            try:
                self._authorise()
                reply = mock.api(method, path, self._params(method, query, body), key, request_id)
            except ApiError as refusal:
                reply = Reply.of(refusal)
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
            if not token:
                raise ApiError(401, "You did not provide an API key.")
            if not token.startswith(("sk_test_", "rk_test_")):
                raise ApiError(401, f"Invalid API Key provided: {token[:7]}****")

        def _params(self, method: str, query: str, body: bytes) -> Obj:
            if method != "POST":
                return forms.decode(query)
            kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
            if kind != "application/x-www-form-urlencoded" and (body or kind):
                raise ApiError(400, "Invalid request (check that your POST content type is right).")
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
                    answer = {"flushed": mock.hooks.flush()}
                else:
                    with mock.store.lock:
                        answer = admin.act(mock, method, path, given)
                        mock.store.save()
            except ApiError as refusal:
                status, answer = refusal.status, {"error": refusal.error}
            except (ValueError, KeyError, TypeError) as failure:
                status, answer = 400, {"error": repr(failure)}
            self._send(status, json.dumps(answer).encode(), "application/json", {})

        def _page(self, method: str, path: str, body: bytes) -> None:
            parts = path.strip("/").split("/")
            with mock.store.lock:
                mock.tick()
                session = _session(mock.store, parts)
                if session is None or method not in {"GET", "POST"}:
                    self._html(404, page.missing())
                    return
                form = {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
                if method == "GET" or session["status"] != "open":
                    self._html(200, _shown(mock.store, session, parts))
                else:
                    self._press(session, form, asked=parts[1] == "3ds")
                mock.store.save()

        def _press(self, session: Obj, form: dict[str, str], *, asked: bool) -> None:
            """Do what the payer's button says, and send the payer on."""
            lines = mock.store.private[session["id"]]["line_items"]
            decline = form.get("action") == "decline"
            number = "4000000000000002" if decline else form.get("card", "")
            if asked:
                held = mock.store.private[session["payment_intent"]].get("card") or ""
                number = number if decline else held
            card = cards.by_number(number)
            if card is None:
                self._html(200, page.pay(session, lines, declined="incorrect_number"))
                return
            try:
                if asked and decline:
                    intents.decline(mock.store, mock.store.objects[session["payment_intent"]], card)
                intent = checkout.pay(mock.store, session, card)
            except ApiError as refusal:
                code = refusal.error.get("decline_code") or refusal.error.get("code", "")
                self._html(200, page.pay(session, lines, declined=code))
                return
            if intent["status"] == "requires_action":
                self._send(303, b"", "text/html", {"Location": f"/c/3ds/{intent['id']}"})
                return
            address = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
            self._send(303, b"", "text/html", {"Location": address})

        def _html(self, status: int, body: bytes) -> None:
            headers = {"Content-Security-Policy": page.CSP, "Cache-Control": "no-store"}
            self._send(status, body, "text/html; charset=utf-8", headers)

        def _send(
            self, status: int, raw: bytes, kind: str, headers: dict[str, str], *, cut: bool = False
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            if cut:
                raise Cut

    return Handler


def _session(store: Store, parts: list[str]) -> Obj | None:
    if len(parts) != 3 or parts[0] != "c":
        return None
    if parts[1] == "pay":
        return store.get(parts[2], "checkout.session")
    if parts[1] == "3ds":
        for session in store.all("checkout.session"):
            if session["payment_intent"] == parts[2]:
                return session
    return None


def _shown(store: Store, session: Obj, parts: list[str]) -> bytes:
    if session["status"] != "open":
        return page.over(session)
    if parts[1] == "3ds" and store.objects[parts[2]]["status"] == "requires_action":
        return page.authenticate(store.objects[parts[2]])
    return page.pay(session, store.private[session["id"]]["line_items"])
