"""Everything the mock remembers, its clock, its events, and its file."""

import json
import os
import secrets
import string
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits
API_VERSION = "2026-05-27.dahlia"
KEY_LIFE_SECONDS = 24 * 3600


class Store:
    """One account. Every change happens under `lock`; answers are copies."""

    def __init__(self, *, path: Path | None = None, fee_basis_points: int = 0) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.fee_basis_points = fee_basis_points
        self.minimum = 1
        self.offset = 0
        self.objects: dict[str, Obj] = {}  # insertion order is time order
        self.private: dict[str, Obj] = {}  # what Stripe knows of an object and does not show
        self.keys: dict[str, Obj] = {}
        self.calls: list[Obj] = []
        self.on_event: Callable[[Obj], None] = lambda event: None
        self.request = threading.local()
        if path is not None and path.exists():
            self._load(path)

    def now(self) -> int:
        return int(time.time()) + self.offset

    def new_id(self, prefix: str, length: int = 24) -> str:
        return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(length))}"

    def add(self, thing: Obj, **private: Any) -> Obj:
        self.objects[thing["id"]] = thing
        self.private[thing["id"]] = private
        return thing

    def get(self, name: str, kind: str) -> Obj | None:
        found = self.objects.get(name)
        return found if found is not None and found["object"] == kind else None

    def all(self, kind: str) -> list[Obj]:
        """Return the objects of a kind, newest first."""
        return [thing for thing in reversed(list(self.objects.values())) if thing["object"] == kind]

    def copy(self, thing: Obj) -> Obj:
        """Return an object as an answer shows it."""
        copied: Obj = json.loads(json.dumps(thing))
        return copied

    def emit(self, kind: str, thing: Obj) -> None:
        """Make an event about the present state of `thing` and hand it to the deliveries."""
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": self.copy(thing)},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {
                "id": getattr(self.request, "id", None),
                "idempotency_key": getattr(self.request, "key", None),
            },
            "type": kind,
        }
        self.add(event, delivered=False)
        self.on_event(event)

    def expand(self, thing: Obj, paths: list[str]) -> Obj:
        """Return a copy of `thing` in which the ids at `paths` became objects."""
        copied = self.copy(thing)
        for path in paths:
            self._expand(copied, path.split("."))
        return copied

    def _expand(self, thing: Any, path: list[str]) -> None:
        if isinstance(thing, list):
            for item in thing:
                self._expand(item, path)
            return
        if not isinstance(thing, dict):
            return
        name, rest = path[0], path[1:]
        value = thing.get(name)
        if name == "line_items" and value is None:
            lines = self.private.get(thing["id"], {}).get("line_items", [])
            thing[name] = {
                "object": "list",
                "data": lines,
                "has_more": False,
                "url": f"/v1/checkout/sessions/{thing['id']}/line_items",
            }
        elif isinstance(value, str) and value in self.objects:
            thing[name] = self.copy(self.objects[value])
        if rest:
            self._expand(thing.get(name), rest)

    def save(self) -> None:
        """Write everything to the file, if there is one, so that a restart keeps it."""
        if self.path is None:
            return
        with self.lock:
            text = json.dumps(
                {
                    "objects": list(self.objects.values()),
                    "private": self.private,
                    "keys": {k: v for k, v in self.keys.items() if not v.get("running")},
                    "offset": self.offset,
                }
            )
            fresh = self.path.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, self.path)

    def _load(self, path: Path) -> None:
        data = json.loads(path.read_text(encoding="utf-8"))
        self.objects = {thing["id"]: thing for thing in data["objects"]}
        self.private = data["private"]
        self.keys = data["keys"]
        self.offset = data["offset"]

    def clear(self) -> None:
        """Forget everything but the registered endpoints."""
        kept = {
            name: thing
            for name, thing in self.objects.items()
            if thing["object"] == "webhook_endpoint"
        }
        self.private = {name: self.private[name] for name in kept}
        self.objects = kept
        self.keys = {}
        self.calls = []
        self.offset = 0
