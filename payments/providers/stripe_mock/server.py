"""One request of the API: its fault, its idempotency key, what it does, and its answer."""

import hashlib
import json
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from payments.providers.stripe_mock import delayed, errors, expand, faults, routes, simple
from payments.providers.stripe_mock.errors import ApiError
from payments.providers.stripe_mock.faults import Cut, Fault, Faults
from payments.providers.stripe_mock.hooks import Hooks
from payments.providers.stripe_mock.reply import Exchange, Reply
from payments.providers.stripe_mock.skin import handler
from payments.providers.stripe_mock.store import KEY_LIFE_SECONDS, Obj, Store

MAX_KEY = 255
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


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
        self.faults = Faults()
        self.secrets = list(secrets)
        self.stopping = threading.Event()
        self.heard: Callable[[Exchange], None] | None = None  # a witness of every exchange
        self._held: list[Callable[[], Any]] = []
        self._httpd = _Server((host, port), handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self.url = f"http://{host}:{self._httpd.server_address[1]}"
        self.store.base_url = public_url.rstrip("/") or self.url
        if webhook:
            with self.store.lock:
                self._register(webhook)
                self.store.commit()

    def _register(self, webhook: str) -> None:
        for known in self.store.all("webhook_endpoint"):
            if known["url"] == webhook:
                self.store.hide(known, secrets=self.secrets)
                return
        given = {"url": webhook, "enabled_events": ["*"]}
        made = simple.endpoint(self.store, given, secret=self.secrets[0])
        self.store.hide(self.store.objects[made["id"]], secrets=self.secrets)

    def start(self) -> "Mock":
        self.hooks.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.hooks.stop()
        self._httpd.shutdown()
        self._httpd.server_close()
        with self.store.lock:
            self.store.commit()
            self.store.close()

    def reset(self, *, endpoints: bool = False) -> None:
        """Forget every object, fault, plan and key; the registered endpoints when asked."""
        with self.store.lock:
            self.store.clear(endpoints=endpoints)
            self.faults.waiting.clear()
            self._held.clear()
            self.hooks.forget()
            self.store.commit()

    def tick(self) -> None:
        """Let time do what it does, and keep it. Called under the store's lock."""
        delayed.tick(self.store)
        self.store.commit()

    def release_requests(self) -> int:
        """Execute the requests that a fault held back; their callers are long gone."""
        held, self._held = self._held, []
        for call in held:
            call()
        return len(held)

    # --- the API --------------------------------------------------------------------------------

    def api(self, method: str, path: str, params: Obj, key: str, request_id: str) -> Reply:
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

    def witness(self, method: str, path: str, params: Obj, reply: Reply) -> None:
        if self.heard is not None:
            body = json.loads(json.dumps(reply.body))
            self.heard(Exchange(method, path, params, reply.status, body))

    def _keyed(
        self, method: str, path: str, params: Obj, key: str, request_id: str, fault: Fault | None
    ) -> Reply:
        """Answer with the reply kept under the key, or make one and keep it."""
        if method != "POST" or not key:
            return self._execute(method, path, params, "", request_id, fault, {})
        if len(key) > MAX_KEY:
            raise ApiError(
                400,
                f"Idempotency-Key is too long: at most {MAX_KEY} characters, not {len(key)}.",
                code="idempotency_key_too_long",
            )
        mark = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
        with self.store.lock:
            kept = self.store.keys.get(key)
            if kept is not None and kept["at"] + KEY_LIFE_SECONDS <= self.store.now():
                kept = None
            if kept is not None:
                return _replay(kept, mark, path)
            entry = {"mark": mark, "path": path, "at": self.store.now(), "running": True}
            self.store.keys.pop(key, None)
            self.store.keys[key] = entry
        if fault is not None and fault.action == "slow":
            self.stopping.wait(fault.seconds)
        return self._execute(method, path, params, key, request_id, fault, entry)

    def _execute(
        self,
        method: str,
        path: str,
        params: Obj,
        key: str,
        request_id: str,
        fault: Fault | None,
        entry: Obj,
    ) -> Reply:
        """Do it and keep its answer, both or neither. Errors: Cut."""
        store = self.store
        with store.lock:
            store.request.id, store.request.key = request_id, key or None
            store.request.lost = False
            self.tick()
            reply = self._act(method, path, params, request_id)
            lost = store.request.lost
            called = {"method": method, "path": path, "key": key, "request_id": request_id}
            store.calls.append(called)
            del store.calls[:-1000]
            store.request.id = store.request.key = None
            self.witness(method, path, params, reply)
            if fault is not None and fault.action == "error_after":
                # Stripe keeps the answer of a call that began, and repeats it: also a 500.
                reply = _faulty(fault)
                reply.kept = fault.status >= 500
            if key and reply.kept:
                body = json.loads(json.dumps(reply.body))
                done = {"status": reply.status, "body": body, "request_id": request_id}
                store.keep_key(key, {**entry, "running": False, **done})
            elif key:
                store.keep_key(key, None)
            store.commit()
        if lost:
            raise Cut
        return reply

    def _act(self, method: str, path: str, params: Obj, request_id: str) -> Reply:
        try:
            made = routes.find(method, path)(self.store, params)
            return Reply(200, expand.expanded(self.store, made, _paths(params)), kept=True)
        except ApiError as refusal:
            if not refusal.effect:
                self.store.rollback()
            return Reply.of(refusal, request_id)
        except Exception:
            # A fault of the mock itself: told as Stripe tells its own, and shouted for us.
            self.store.rollback()
            self.store.calls.append({"crash": traceback.format_exc(), "path": path})
            sys.stderr.write(traceback.format_exc())
            return Reply.of(errors.unknown_failure(), request_id)


def _paths(params: Obj) -> list[str]:
    wanted = params.get("expand") or []
    if not isinstance(wanted, list) or not all(isinstance(path, str) for path in wanted):
        raise ApiError(400, "Invalid array", param="expand")
    return wanted


def _replay(kept: Obj, mark: str, path: str) -> Reply:
    if kept["mark"] != mark:
        return Reply.of(
            ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than the one used for {kept['path']} "
                "if you meant to execute a different request.",
                kind="idempotency_error",
            )
        )
    if kept["running"]:
        return Reply.of(errors.key_in_use())
    headers = {"Idempotent-Replayed": "true", "Original-Request": kept["request_id"]}
    return Reply(kept["status"], json.loads(json.dumps(kept["body"])), headers)


def _faulty(fault: Fault) -> Reply:
    if fault.status == 429:
        reply = Reply.of(errors.rate_limited())
    elif fault.status == 409:
        reply = Reply.of(errors.key_in_use())
    else:
        reply = Reply.of(errors.unknown_failure())
        reply.status = fault.status
    reply.kept = False
    reply.headers.update(fault.headers)
    return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a caller who hangs up is part of the game."""
