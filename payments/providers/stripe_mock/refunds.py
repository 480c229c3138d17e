"""Refunds, with those that stay pending and those that fail days later."""

from payments.providers.stripe_mock import cards, charges, errors, forms, intents, shapes
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
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
SETTLES_AFTER_SECONDS = 60


def find(store: Store, name: str) -> Obj:
    refund = store.get(name, "refund")
    if refund is None:
        raise errors.no_such("refund", name)
    return refund


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    charge = _charge(store, params)
    reason = forms.choice(params, "reason", REASONS)
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
    rows = [row for row in store.all("dispute") if row["charge"] == charge["id"]]
    kind = all(row["is_charge_refundable"] or row["status"] == "won" for row in rows)
    if charge["disputed"] and not (rows and kind):
        raise errors.ApiError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            stored=True,
        )
    card = cards.by_number(store.private[charge["id"]]["card"]) or cards.CARDS[0]
    refund = shapes.refund(store, charge, amount=amount, reason=reason, metadata=metadata)
    plan = card.refund if card.refund in {"pending", "fails"} else ""
    store.add(refund, plan=plan, **({"due": store.now() + SETTLES_AFTER_SECONDS} if plan else {}))
    _give(store, charge, amount)
    if card.refund in {"pending", "requires_action"}:
        store.change(refund, status=card.refund)
    if card.refund == "requires_action":
        store.change(refund, next_action={"type": "display_details", "display_details": _DETAILS})
    line = charges.book(
        store, refund, kind="refund", amount=-amount, at_once=card.available_at_once
    )
    store.change(refund, balance_transaction=line)
    store.emit("refund.created", refund)
    store.emit("charge.refunded", charge)
    return refund


_DETAILS = {"email_sent": {"email_sent_at": 0, "email_sent_to": ""}, "expires_at": 0}


def _give(store: Store, charge: Obj, amount: int) -> None:
    given = charge["amount_refunded"] + amount
    store.change(charge, amount_refunded=given, refunded=given == charge["amount_captured"])


def update(store: Store, refund: Obj, params: Params) -> Obj:
    forms.only(params, {"metadata"})
    store.change(refund, metadata=forms.metadata(params, refund["metadata"]))
    store.emit("refund.updated", refund)
    store.emit("charge.refund.updated", refund)
    return refund


def cancel(store: Store, refund: Obj, params: Params) -> Obj:
    """Take a refund back that still waits for the payer's details."""
    forms.only(params, set())
    if refund["status"] != "requires_action":
        raise errors.ApiError(
            400,
            f"A refund with a status of {refund['status']} cannot be canceled: only one that "
            "requires_action can be.",
            stored=True,
        )
    _return(store, refund, "canceled")
    refund.pop("next_action")
    store.emit("refund.updated", refund)
    store.emit("charge.refund.updated", refund)
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
    if refund["status"] in {"pending", "requires_action"}:
        store.change(refund, status="succeeded")
        store.hide(refund, plan="", due=None)
        store.emit("refund.updated", refund)
        store.emit("charge.refund.updated", refund)


def fail(store: Store, refund: Obj, *, reason: str = "lost_or_stolen_card") -> None:
    """Let a refund come back from the payer's bank: the money returns to the balance."""
    if refund["status"] in {"failed", "canceled"}:
        return
    _return(store, refund, "failed")
    store.change(refund, failure_reason=reason)
    store.emit("refund.failed", refund)
    store.emit("charge.refund.updated", refund)


def _return(store: Store, refund: Obj, status: str) -> None:
    line = charges.book(store, refund, kind="refund_failure", amount=refund["amount"], at_once=True)
    store.change(refund, status=status, failure_balance_transaction=line)
    store.hide(refund, plan="", due=None)
    _give(store, store.objects[refund["charge"]], -refund["amount"])


def settle_due(store: Store, refund: Obj) -> None:
    """Do what a refund's card has planned, once its time has come."""
    if store.private[refund["id"]].get("plan") == "pending":
        settle(store, refund)
    elif store.private[refund["id"]].get("plan") == "fails":
        fail(store, refund)
