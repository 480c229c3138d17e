"""Refunds, with those that stay pending and those that fail days later."""

from payments.providers.stripe_mock import cards, errors, forms, intents, shapes
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CREATE = {
    "amount",
    "charge",
    "instructions_email",
    "metadata",
    "origin",
    "payment_intent",
    "reason",
}
REASONS = {"duplicate", "fraudulent", "requested_by_customer"}
SETTLES_AFTER_SECONDS = 60


def find(store: Store, name: str) -> Obj:
    refund = store.get(name, "refund")
    if refund is None:
        raise errors.no_such("refund", name)
    return refund


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    charge = _charge(store, params)
    reason = forms.text(params, "reason")
    if reason and reason not in REASONS:
        raise errors.ApiError(400, "Invalid reason", param="reason")
    metadata = forms.metadata(params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise errors.ApiError(
            400,
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            stored=True,
        )
    amount = forms.amount(params, "amount") if params.get("amount") else left
    if amount > left:
        raise errors.ApiError(
            400,
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
            stored=True,
        )
    if charge["disputed"]:
        raise errors.ApiError(
            400, "This charge has been charged back.", code="charge_disputed", stored=True
        )
    card = cards.by_number(store.private[charge["id"]]["card"]) or cards.CARDS[0]
    refund = shapes.refund(store, charge, amount=amount, reason=reason, metadata=metadata)
    store.add(refund, due=store.now() + SETTLES_AFTER_SECONDS, plan=card.refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    refund["status"] = "pending" if card.refund == "pending" else "succeeded"
    line = shapes.balance_line(
        store, kind="refund", source=refund, amount=-amount, at_once=card.available_at_once
    )
    store.add(line)
    refund["balance_transaction"] = line["id"]
    store.emit("refund.created", refund)
    store.emit("charge.refunded", charge)
    return refund


def _charge(store: Store, params: Params) -> Obj:
    name = forms.text(params, "charge")
    if name is None:
        intent_name = forms.text(params, "payment_intent")
        if intent_name is None:
            raise errors.ApiError(
                400,
                "One of the following params should be provided for this request: payment_intent "
                "or charge.",
                code="parameter_missing",
            )
        intent = intents.find(store, intent_name, "payment_intent")
        name = intent["latest_charge"] or ""
        if intent["status"] != "succeeded":
            raise errors.ApiError(
                400,
                f"This PaymentIntent ({intent_name}) does not have a successful charge to refund.",
                stored=True,
            )
    charge = store.get(name, "charge")
    if charge is None:
        raise errors.no_such("charge", name, "charge")
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise errors.ApiError(400, "The charge was not captured.", param="charge", stored=True)
    return charge


def settle(store: Store, refund: Obj) -> None:
    """Let a pending refund arrive."""
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        store.private[refund["id"]]["plan"] = ""
        store.emit("refund.updated", refund)


def fail(store: Store, refund: Obj, *, reason: str = "lost_or_stolen_card") -> None:
    """Let a refund come back from the payer's bank: the money returns to the balance."""
    if refund["status"] in {"failed", "canceled"}:
        return
    refund.update(status="failed", failure_reason=reason)
    store.private[refund["id"]]["plan"] = ""
    charge = store.objects[refund["charge"]]
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    line = shapes.balance_line(
        store, kind="refund_failure", source=refund, amount=refund["amount"], at_once=True
    )
    store.add(line)
    refund["failure_balance_transaction"] = line["id"]
    store.emit("refund.failed", refund)
    store.emit("charge.refund.updated", refund)


def settle_due(store: Store) -> None:
    """Do what each refund's card has planned, once its time has come."""
    for refund in store.all("refund"):
        hidden = store.private[refund["id"]]
        if hidden.get("plan") and hidden["due"] <= store.now():
            if hidden["plan"] == "pending":
                settle(store, refund)
            else:
                fail(store, refund)
