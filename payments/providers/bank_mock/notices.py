"""Signed notices of lines of the statement: at least once, repeated with growing pauses."""

import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Obj = dict[str, Any]
PAUSES = (1, 5, 30, 120, 600, 3600)
TIMEOUT_SECONDS = 10


def body(line: Obj) -> bytes:
    """Return the bytes of a notice."""
    return json.dumps(line, ensure_ascii=False).encode()


def signed(raw: bytes, secret: str, stamp: int) -> dict[str, str]:
    """Return the headers under which `raw` is sent."""
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Bank-Timestamp": str(stamp), "X-Bank-Signature": f"v1={mark}"}


class Notices:
    """The deliveries to one address; `plan` says what becomes of the next: drop, twice."""

    def __init__(self, address: str, secret: str, now: Callable[[], float]) -> None:
        self.address = address
        self.secret = secret
        self.now = now
        self.plan: list[str] = []
        self.log: list[Obj] = []
        self._heap: list[tuple[float, int, Obj, int]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="notices")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take(self, line: Obj) -> None:
        """Plan the deliveries of one line."""
        step = self.plan.pop(0) if self.plan else ""
        if not self.address or step == "drop":
            return
        with self._changed:
            for _ in range(2 if step == "twice" else 1):
                heapq.heappush(self._heap, (time.monotonic(), next(self._order), line, 0))
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._heap or self._heap[0][0] > time.monotonic()):
                    pause = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(pause)
                if self._stopped:
                    return
                _, _, line, tries = heapq.heappop(self._heap)
            raw = body(line)
            status = post(self.address, raw, signed(raw, self.secret, int(self.now())))
            self.log.append({"id": line["id"], "status": status, "try": tries + 1})
            if not 200 <= status < 300 and tries < len(PAUSES):
                with self._changed:
                    due = time.monotonic() + PAUSES[tries]
                    heapq.heappush(self._heap, (due, next(self._order), line, tries + 1))


def post(address: str, raw: bytes, headers: dict[str, str]) -> int:
    """Post bytes and return the status, 0 when nobody answered. Redirects are not followed."""
    target = urlsplit(address)
    kind: Any = (
        http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    )
    connection = kind(target.hostname, target.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST",
            target.path or "/",
            body=raw,
            headers={"Content-Type": "application/json; charset=utf-8", **headers},
        )
        status: int = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return status
