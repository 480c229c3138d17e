"""Scripts of misfortune under `/_mock/`: for tests, demonstrations and the curious."""

from typing import TYPE_CHECKING, Any

from payments.providers.stripe_mock import cards, checkout, errors, hooks, refunds
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
                mock.store.private[endpoint["id"]]["secrets"] = given["secrets"]
        case "POST", "pay":
            return pay(mock, given)
        case "POST", "refunds":
            refund = refunds.find(mock.store, given["refund"])
            if given["to"] == "failed":
                refunds.fail(mock.store, refund)
            else:
                refunds.settle(mock.store, refund)
        case _:
            raise errors.ApiError(404, "no such script")
    return {}


def pay(mock: "Mock", given: Obj) -> Obj:
    """Press the payer's button."""
    session = checkout.find(mock.store, given["session"])
    card = cards.by_number(given.get("card", "4242424242424242"))
    if card is None:
        raise errors.ApiError(400, "no such test card")
    if given.get("force"):
        checkout.force(mock.store, session, card)
    else:
        checkout.pay(mock.store, session, card)
    return mock.store.copy(session)


def signed(mock: "Mock", event: Obj) -> Obj:
    """Return an event as it would be delivered, with the header that it would carry."""
    raw = hooks.body(event)
    header = hooks.signed(raw, mock.secrets, stamp=mock.store.now())
    return {"id": event["id"], "type": event["type"], "raw": raw.decode(), "header": header}
