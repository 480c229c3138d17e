"""Scripts of misfortune under `/_mock/`: for tests, demonstrations and the curious.

The calls and their bodies are listed in the package's docstring.
"""

from typing import TYPE_CHECKING, Any

from payments.providers.stripe_mock import (
    cards,
    checkout,
    delayed,
    disputes,
    errors,
    hooks,
    intents,
    payouts,
    refunds,
)
from payments.providers.stripe_mock.store import Obj

if TYPE_CHECKING:
    from payments.providers.stripe_mock.server import Mock


def act(mock: "Mock", method: str, path: str, given: Obj) -> Any:
    """Do what a script asks. Errors: ApiError for what does not exist."""
    name = path.removeprefix("/_mock/")
    match method, name:
        case "GET", "calls":
            return mock.store.calls
        case "GET", "deliveries":
            return mock.hooks.log
        case "GET", "events":
            return [signed(mock, event) for event in reversed(mock.store.all("event"))]
        case "POST", "faults":
            mock.faults.add(**given)
        case "POST", "reset":
            mock.reset()
        case "POST", "webhooks":
            mock.hooks.plan += given["plan"]
        case "POST", "release":
            released = mock.release_requests()
            released += mock.hooks.release(turned_round=bool(given.get("turned_round")))
            return {"released": released}
        case "POST", "retry":
            mock.hooks.retry_now()
        case "POST", "clock":
            mock.store.offset += int(given["advance"])
            mock.tick()
        case "POST", "secrets":
            for endpoint in mock.store.all("webhook_endpoint"):
                mock.store.hide(endpoint, secrets=given["secrets"])
        case "POST", "pay":
            return pay(mock, given)
        case "POST", _:
            return _move(mock, name, given)
        case _:
            raise errors.ApiError(404, "no such script")
    return {}


def _move(mock: "Mock", name: str, given: Obj) -> Any:
    """Bring an object into another state."""
    store = mock.store
    match name, given.get("to"):
        case "refunds", "failed":
            refund = refunds.find(store, given["refund"])
            refunds.fail(store, refund, reason=given.get("reason", "lost_or_stolen_card"))
        case "refunds", "succeeded":
            refunds.settle(store, refunds.find(store, given["refund"]))
        case "disputes", None:
            charge = store.get(given["charge"], "charge")
            if charge is None or not charge["captured"]:
                raise errors.no_such("charge", given["charge"])
            status = "warning_needs_response" if given.get("inquiry") else "needs_response"
            return store.copy(disputes.create(store, charge, status=status))
        case "disputes", str(to):
            return store.copy(disputes.move(store, disputes.find(store, given["dispute"]), to))
        case "intents", ("succeeded" | "failed") as to:
            intent = intents.find(store, given["intent"])
            return store.copy(delayed.settle(store, intent, to=to))
        case "bank", ("agreed" | "refused") as to:
            intent = intents.find(store, given["intent"])
            return store.copy(intents.authenticate(store, intent, agreed=to == "agreed"))
        case "payouts", None:
            payout = payouts.pay_out(store, given.get("currency", "vnd"))
            return store.copy(payout) if payout else {}
        case "payouts", "paid":
            payouts.arrive(store, payouts.find(store, given["payout"]))
        case "payouts", "failed":
            payouts.fail(store, payouts.find(store, given["payout"]))
        case _:
            raise errors.ApiError(404, "no such script")
    return {}


def pay(mock: "Mock", given: Obj) -> Obj:
    """Press the payer's button."""
    store = mock.store
    session = checkout.find(store, given["session"])
    if "payment_method" in given:
        checkout.pay(store, session, given["payment_method"])
        return store.copy(session)
    card = cards.by_number(given.get("card", "4242424242424242"))
    if card is None:
        raise errors.ApiError(400, "no such test card")
    intent = store.objects.get(session["payment_intent"] or "", {})
    if given.get("force"):
        checkout.force(store, session, card)
    elif intent.get("status") == "requires_action":
        checkout.answer_bank(store, session, agreed=True)
    else:
        checkout.pay(store, session, checkout.by_card(store, card))
    return store.copy(session)


def signed(mock: "Mock", event: Obj) -> Obj:
    """Return an event as it would be delivered, with the header that it would carry."""
    raw = hooks.body(event)
    header = hooks.signed(raw, mock.secrets, stamp=mock.store.now())
    return {"id": event["id"], "type": event["type"], "raw": raw.decode(), "header": header}
