"""Signed deliveries of events: at least once, retried with growing pauses, in any order.

One thread works through a heap of due deliveries. Scripts may drop, double, hold or turn round the
next ones; `flush` waits until nothing is due, so that a test needs no sleep.
"""

import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from payments.providers.stripe_mock.store import Obj, Store

PAUSES = (1, 3, 10, 30, 60, 300, 900, 3600)
TIMEOUT_SECONDS = 10
RETRIED_FOR_SECONDS = 3 * 86400


def signed(raw: bytes, secrets: list[str], *, stamp: int) -> str:
    """Return the header for `raw`; several secrets give several v1, as during a rotation."""
    message = str(stamp).encode() + b"." + raw
    marks = [hmac.new(s.encode(), message, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={stamp}", *(f"v1={mark}" for mark in marks)])


def body(event: Obj) -> bytes:
    """Return the bytes that are sent for an event: indented, as Stripe sends them."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


class Hooks:
    """The deliveries of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.plan: list[str] = []  # what happens to the next events: drop, twice, hold
        self.held: list[Obj] = []
        self.log: list[Obj] = []
        self._heap: list[tuple[float, int, Obj, str, int]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="webhooks")
        store.on_event = self.take

    def start(self) -> None:
        """Begin, also with what an earlier process could not deliver."""
        with self.store.lock:
            oldest = self.store.now() - RETRIED_FOR_SECONDS
            for event in reversed(self.store.all("event")):
                if event["pending_webhooks"] and event["created"] >= oldest:
                    self._queue(event)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take(self, event: Obj) -> None:
        """Plan the deliveries of one new event. Called under the store's lock."""
        step = self.plan.pop(0) if self.plan else ""
        if step == "drop":
            return
        if step == "hold":
            self.held.append(event)
            return
        self.send(event)
        if step == "twice":
            self.send(event)

    def release(self, *, turned_round: bool) -> int:
        """Send what was held, newest first when asked; return how many."""
        held, self.held = self.held, []
        for event in reversed(held) if turned_round else held:
            self.send(event)
        return len(held)

    def send(self, event: Obj) -> None:
        """Queue one event for every endpoint that wants it."""
        wanted = self._queue(event)
        self.store.change(event, pending_webhooks=event["pending_webhooks"] + wanted)

    def _queue(self, event: Obj) -> int:
        wanted = [
            endpoint["id"]
            for endpoint in self.store.all("webhook_endpoint")
            if endpoint["status"] == "enabled"
            and {"*", event["type"]} & set(endpoint["enabled_events"])
        ]
        with self._changed:
            for name in wanted:
                self._push(time.monotonic(), event, name, 0)
            self._changed.notify_all()
        return len(wanted)

    def flush(self, timeout: float = 20) -> bool:
        """Wait until nothing is due now; return whether that came to pass."""
        until = time.monotonic() + timeout
        with self._changed:
            while self._busy or (self._heap and self._heap[0][0] <= time.monotonic()):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def retry_now(self) -> None:
        """Make every waiting retry due at once."""
        with self._changed:
            now = time.monotonic()
            self._heap = [(now, *rest) for _, *rest in self._heap]  # type: ignore[misc]
            heapq.heapify(self._heap)
            self._changed.notify_all()

    def forget(self) -> None:
        with self._changed:
            self._heap, self.held, self.plan, self.log = [], [], [], []

    def _push(self, due: float, event: Obj, endpoint: str, tries: int) -> None:
        heapq.heappush(self._heap, (due, next(self._order), event, endpoint, tries))

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._heap or self._heap[0][0] > time.monotonic()):
                    pause = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(pause)
                if self._stopped:
                    return
                _, _, event, endpoint, tries = heapq.heappop(self._heap)
                self._busy = True
            try:
                self._deliver(event, endpoint, tries)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _deliver(self, event: Obj, name: str, tries: int) -> None:
        with self.store.lock:
            endpoint = self.store.get(name, "webhook_endpoint")
            if endpoint is None:
                return
            raw = body(event)
            header = signed(raw, self.store.private[name]["secrets"], stamp=self.store.now())
        status = post(endpoint["url"], raw, {"Stripe-Signature": header})
        good = 200 <= status < 300
        with self.store.lock:
            self.log.append(
                {"event": event["id"], "type": event["type"], "status": status, "try": tries + 1}
            )
            del self.log[:-1000]
            known = self.store.get(event["id"], "event")
            if good and known:
                self.store.change(known, pending_webhooks=max(0, known["pending_webhooks"] - 1))
                self.store.hide(known, delivered=not known["pending_webhooks"])
                self.store.commit()
        if not good and tries < len(PAUSES):
            with self._changed:
                self._push(time.monotonic() + PAUSES[tries], event, name, tries + 1)


def post(address: str, raw: bytes, headers: dict[str, str]) -> int:
    """Post bytes and return the status, 0 when nobody answered. Redirects are not followed."""
    target = urlsplit(address)
    kind: Any = (
        http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    )
    connection = kind(target.hostname, target.port, timeout=TIMEOUT_SECONDS)
    path = target.path + (f"?{target.query}" if target.query else "")
    try:
        connection.request(
            "POST",
            path or "/",
            body=raw,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                **headers,
            },
        )
        status: int = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return status
