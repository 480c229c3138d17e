"""What time does by itself, once its hour has come; a script may call the same functions sooner."""

from payments.providers.stripe_mock import (
    cards,
    charges,
    checkout,
    errors,
    intents,
    payouts,
    refunds,
)
from payments.providers.stripe_mock.store import Obj, Store


def tick(store: Store) -> None:
    """Do what is due: sessions and holds expire, debits and refunds and payouts arrive."""
    for thing in store.due():
        match thing["object"]:
            case "checkout.session":
                checkout.close(store, thing)
            case "refund":
                refunds.settle_due(store, thing)
            case "payment_intent":
                _intent(store, thing)
            case "payout":
                payouts.arrive(store, thing)
            case "balance_transaction":
                store.change(thing, status="available")


def _intent(store: Store, intent: Obj) -> None:
    if intent["status"] == "processing":
        settle(store, intent)
    elif intent["status"] == "requires_capture":
        charge = store.objects[intent["latest_charge"]]
        intents.end(store, intent, "automatic")
        store.emit("charge.expired", charge)


def settle(store: Store, intent: Obj, *, to: str = "") -> Obj:
    """Let an ordered debit arrive or fail, as its method plans or as a script says."""
    if intent["status"] != "processing":
        raise errors.unexpected_state("Nothing is on its way.", store.copy(intent))
    charge = store.objects[intent["latest_charge"]]
    card = cards.by_number(store.private[charge["id"]]["card"]) or cards.CARDS[0]
    session = store.objects.get(store.private[intent["id"]].get("session") or "")
    if to == "succeeded" or (not to and not card.code):
        store.change(charge, status="succeeded", paid=True)
        charges.received(store, intent, charge, card, kind="charge.succeeded")
        if session:
            store.change(session, payment_status="paid")
            store.emit("checkout.session.async_payment_succeeded", session)
        return intent
    failing = card if card.code else cards.CARDS[4]
    store.change(
        charge,
        status="failed",
        captured=False,
        amount_captured=0,
        failure_code=failing.code,
        failure_message=cards.message(failing),
    )
    charges.failed(store, intent, charge, failing)
    if session:
        store.emit("checkout.session.async_payment_failed", session)
    return intent
