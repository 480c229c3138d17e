"""A scripted provider: the mock, in a thread, on a real socket, with misfortunes by name."""

import json
from typing import Any

from payments.providers.stripe_mock import admin, cards, checkout, errors, hooks, refunds
from payments.providers.stripe_mock.server import Mock

SECRET = "whsec_of_the_tests"
SESSIONS = "/v1/checkout/sessions"
REFUNDS = "/v1/refunds"


class Provider:
    """The mock with the words that tests use."""

    def __init__(self) -> None:
        self.mock = Mock(secrets=(SECRET,)).start()
        self.falsified = False  # a test made its records say what Stripe's never would

    @property
    def url(self) -> str:
        return self.mock.url

    def reset(self) -> None:
        self.mock.reset(endpoints=True)  # nor may one test's endpoint hear of another test
        self.falsified = False
        self.mock.secrets[:] = [SECRET]
        self.mock.store.fee_basis_points = 0

    # --- misfortunes ----------------------------------------------------------------------------

    def fault(self, action: str, path: str = SESSIONS, **given: Any) -> None:
        with self.mock.store.lock:
            self.mock.faults.add(action=action, path=path, **given)

    def lose_answer(self, path: str = SESSIONS, *, times: int = 1, method: str = "POST") -> None:
        """The provider does it, the answer never arrives."""
        self.fault("drop_after", path, times=times, method=method)

    def go_down(self, *, times: int = 1000) -> None:
        """Nothing gets through."""
        self.fault("drop_before", "/v1/", times=times, method="*")

    def come_back(self) -> None:
        with self.mock.store.lock:
            self.mock.faults.waiting.clear()

    # --- the payer and the world ----------------------------------------------------------------

    def press(self, session_id: str, card: str = "4242424242424242", *, force: bool = False) -> str:
        """Press the payer's button on the page; return why the card was refused, or nothing."""
        with self.mock.store.lock:
            try:
                admin.pay(self.mock, {"session": session_id, "card": card, "force": force})
            except errors.ApiError as refusal:
                return str(refusal.error.get("decline_code") or refusal.error["code"])
        return ""

    def expire(self, session_id: str) -> None:
        with self.mock.store.lock:
            session = checkout.find(self.mock.store, session_id)
            self.mock.store.change(session, expires_at=self.mock.store.now())
            self.mock.store.hide(session, due=self.mock.store.now())
            self.mock.tick()

    def fail_refund(self, refund_id: str) -> None:
        with self.mock.store.lock:
            refunds.fail(self.mock.store, refunds.find(self.mock.store, refund_id))

    def settle_refund(self, refund_id: str) -> None:
        with self.mock.store.lock:
            refunds.settle(self.mock.store, refunds.find(self.mock.store, refund_id))

    # --- what it knows --------------------------------------------------------------------------

    def all(self, kind: str) -> list[dict[str, Any]]:
        with self.mock.store.lock:
            return [self.mock.store.copy(thing) for thing in self.mock.store.all(kind)]

    def get(self, name: str) -> dict[str, Any]:
        with self.mock.store.lock:
            return self.mock.store.copy(self.mock.store.objects[name])

    def change(self, name: str, **members: Any) -> None:
        """Make the provider's own record say something else."""
        self.falsified = True
        with self.mock.store.lock:
            self.mock.store.change(self.mock.store.objects[name], **members)

    def calls(self, path: str, method: str = "POST") -> list[dict[str, Any]]:
        with self.mock.store.lock:
            return [
                call
                for call in self.mock.store.calls
                if call["path"] == path and call["method"] == method
            ]

    # --- notifications --------------------------------------------------------------------------

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the events of a kind, oldest first."""
        return [event for event in self.all("event")[::-1] if event["type"].startswith(kind)]

    def sign(
        self, raw: bytes, *, stamp: int | None = None, secrets: list[str] | None = None
    ) -> str:
        at = self.mock.store.now() if stamp is None else stamp
        return hooks.signed(raw, secrets or [SECRET], stamp=at)

    def envelope(self, event: dict[str, Any]) -> tuple[bytes, str]:
        """Return the bytes and the header under which an event is delivered."""
        raw = hooks.body(event)
        return raw, self.sign(raw)


def made_up(kind: str, thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an event that the provider never made, to be signed by a test."""
    return {
        "id": f"evt_made_up_{abs(hash(json.dumps([kind, thing], sort_keys=True)))}",
        "object": "event",
        "created": 1_795_000_000,
        "data": {"object": thing},
        "livemode": False,
        "type": kind,
        **more,
    }


CARDS = {card.method or card.number: card.number for card in cards.CARDS}
