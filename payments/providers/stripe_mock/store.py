"""Everything the mock remembers, its clock, its events; a request changes all of it or nothing."""

import heapq
import json
import secrets
import string
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from payments.providers.stripe_mock.journal import Batch, Journal

Obj = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits
API_VERSION = "2026-05-27.dahlia"
KEY_LIFE_SECONDS = 24 * 3600
EVENT_LIFE_SECONDS = 30 * 24 * 3600


class Store:
    """One account. Every change happens under `lock`, by `add`, `change`, `hide` and `remove`.

    `commit` makes the changes of a request last and hands its events on; `rollback` undoes them.
    """

    def __init__(self, *, path: Path | None = None, fee_basis_points: int = 0) -> None:
        self.lock = threading.RLock()
        self.fee_basis_points = fee_basis_points
        self.minimum = 1
        self.offset = 0
        self.base_url = ""
        self.objects: dict[str, Obj] = {}  # insertion order is time order
        self.private: dict[str, Obj] = {}  # what Stripe knows of an object and does not show
        self.keys: dict[str, Obj] = {}  # oldest first
        self.scripts: dict[str, int] = {}  # how often a scripted payment method was used
        self.calls: list[Obj] = []
        self.on_event: Callable[[Obj], None] = lambda event: None
        self.request = threading.local()
        self._kinds: dict[str, dict[str, Obj]] = {}
        self._due: list[tuple[int, str]] = []
        self._before: dict[str, tuple[Obj, Obj] | None] = {}
        self._events: list[Obj] = []
        self._fresh_keys: set[str] = set()
        self._kept_rest: Obj = {}
        self._journal = Journal(path) if path is not None else None
        if self._journal is not None:
            self._load(self._journal)

    def now(self) -> int:
        return int(time.time()) + self.offset

    def new_id(self, prefix: str, length: int = 24) -> str:
        return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(length))}"

    # --- changes --------------------------------------------------------------------------------

    def add(self, thing: Obj, **private: Any) -> Obj:
        """Keep a new object. `due` among the private members is when `tick` looks at it."""
        self._before.setdefault(thing["id"], None)
        self._put(thing, private)
        return thing

    def change(self, thing: Obj, **members: Any) -> Obj:
        """Set members of an object; nested ones are replaced, never changed in place."""
        self._remember(thing["id"])
        thing.update(members)
        return thing

    def hide(self, thing: Obj, **members: Any) -> None:
        """Set what is known of an object and not shown."""
        self._remember(thing["id"])
        self.private[thing["id"]].update(members)
        if members.get("due") is not None:
            heapq.heappush(self._due, (members["due"], thing["id"]))

    def remove(self, name: str) -> None:
        self._remember(name)
        self._before[name] = self._before.pop(name)  # written in the order in which it happened
        thing = self.objects.pop(name)
        self.private.pop(name, None)
        del self._kinds[thing["object"]][name]

    def keep_key(self, key: str, entry: Obj | None) -> None:
        """Keep what was answered under a key, or forget the key."""
        self._fresh_keys.add(key)
        self.keys.pop(key, None)
        if entry is not None:
            self.keys[key] = entry
        while self.keys:  # a pruned key makes a new object
            oldest = next(iter(self.keys))
            if self.keys[oldest]["at"] + KEY_LIFE_SECONDS > self.now():
                break
            self._fresh_keys.add(oldest)
            del self.keys[oldest]

    def emit(self, kind: str, thing: Obj) -> None:
        """Make an event about the present state of `thing`; it is handed on by `commit`."""
        self._remember(thing["id"])
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
        self._events.append(self.add(event, delivered=False))

    def _put(self, thing: Obj, private: Obj) -> None:
        name = thing["id"]
        old = self.objects.get(name)
        if old is not None and old["object"] != thing["object"]:
            del self._kinds[old["object"]][name], self.objects[name]
        self.objects[name] = thing
        self.private[name] = private
        self._kinds.setdefault(thing["object"], {})[name] = thing
        if private.get("due") is not None:
            heapq.heappush(self._due, (private["due"], name))

    def _remember(self, name: str) -> None:
        if name not in self._before and name in self.objects:
            self._before[name] = (self.copy(self.objects[name]), dict(self.private.get(name, {})))

    # --- the end of a request -------------------------------------------------------------------

    def commit(self) -> None:
        """Hand the events on and write what changed, before anybody is answered."""
        events, self._events = self._events, []
        for event in events:
            self.on_event(event)
        touched, self._before = self._before, {}
        fresh, self._fresh_keys = self._fresh_keys, set()
        if self._journal is None:
            return
        batch: Batch = {}
        put = [[self.objects[n], self.private[n]] for n in touched if n in self.objects]
        gone = [name for name in touched if name not in self.objects]
        keys = {key: self.keys.get(key) for key in sorted(fresh)}
        rest: Obj = {"offset": self.offset, "scripts": dict(self.scripts)}
        for name, value in (("put", put), ("gone", gone), ("keys", keys)):
            if value:
                batch[name] = value
        if rest != self._kept_rest:
            batch.update(rest)
            self._kept_rest = rest
        if batch:
            self._journal.append(batch)
            if self._journal.is_long():
                self._journal.rewrite(self._whole())

    def rollback(self) -> None:
        """Undo what changed since the last commit: a refused request has no effect."""
        before, self._before, self._events = self._before, {}, []
        for name, old in before.items():
            if old is None:
                gone = self.objects.pop(name, None)
                self.private.pop(name, None)
                if gone is not None:
                    del self._kinds[gone["object"]][name]
            elif name in self._kinds.get(old[0]["object"], {}):
                self.objects[name].clear()
                self.objects[name].update(old[0])
                self.private[name] = old[1]
            else:
                self._put(*old)

    def _whole(self) -> Iterator[Batch]:
        """Yield everything that is still worth keeping, as batches."""
        self._forget_old_events()
        yield {"offset": self.offset, "scripts": dict(self.scripts)}
        for name, thing in self.objects.items():
            yield {"put": [[thing, self.private[name]]]}
        for key, entry in self.keys.items():
            if not entry.get("running") and entry["at"] + KEY_LIFE_SECONDS > self.now():
                yield {"keys": {key: entry}}

    def _forget_old_events(self) -> None:
        oldest = self.now() - EVENT_LIFE_SECONDS
        for name, event in list(self._kinds.get("event", {}).items()):
            if event["created"] >= oldest:
                break
            del self.objects[name], self.private[name], self._kinds["event"][name]

    def _load(self, journal: Journal) -> None:
        for batch in journal.read():
            hidden = batch.get("private", {})  # a whole file of one object, as it once was
            whole = [[thing, hidden.get(thing["id"], {})] for thing in batch.get("objects", ())]
            for thing, private in [*batch.get("put", ()), *whole]:
                self._put(thing, private)
            for name in batch.get("gone", ()):
                thing = self.objects.pop(name)
                self.private.pop(name, None)
                del self._kinds[thing["object"]][name]
            for key, entry in batch.get("keys", {}).items():
                self.keys.pop(key, None)
                if entry is not None:
                    self.keys[key] = entry
            self.offset = batch.get("offset", self.offset)
            self.scripts = batch.get("scripts", self.scripts)
        self._kept_rest = {"offset": self.offset, "scripts": dict(self.scripts)}
        journal.rewrite(self._whole())

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def clear(self, *, endpoints: bool = False) -> None:
        """Forget everything; the registered endpoints too when asked."""
        kept = (
            [] if endpoints else [(o, self.private[o["id"]]) for o in self.all("webhook_endpoint")]
        )
        for name in list(self.objects):
            self._before.setdefault(name, None)
        self._fresh_keys |= set(self.keys)
        self.objects, self.private, self._kinds, self._due = {}, {}, {}, []
        self.keys, self.scripts, self.calls, self.offset = {}, {}, [], 0
        for thing, private in reversed(kept):
            self._put(thing, private)
        self._events = []

    # --- reading --------------------------------------------------------------------------------

    def get(self, name: str, kind: str) -> Obj | None:
        return self._kinds.get(kind, {}).get(name)

    def all(self, kind: str) -> list[Obj]:
        """Return the objects of a kind, newest first."""
        return list(reversed(self._kinds.get(kind, {}).values()))

    def due(self) -> Iterator[Obj]:
        """Yield the objects whose time has come, each with its `due` taken away."""
        while self._due and self._due[0][0] <= self.now():
            at, name = heapq.heappop(self._due)
            if name in self.objects and self.private[name].get("due") == at:
                self.hide(self.objects[name], due=None)
                yield self.objects[name]

    def copy(self, thing: Obj) -> Obj:
        """Return an object as an answer shows it."""
        copied: Obj = json.loads(json.dumps(thing))
        return copied
