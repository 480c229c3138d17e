"""Payment intents and their charges: the whole state machine, manual capture included."""

from typing import Any

from payments.providers.stripe_mock import cards, errors, forms, shapes
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

SETTABLE = {
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
    "application_fee_amount",
    "capture_method",
}
CREATE = SETTABLE | {
    "automatic_payment_methods",
    "confirm",
    "confirmation_method",
    "error_on_requires_action",
    "mandate_data",
    "off_session",
    "on_behalf_of",
    "return_url",
    "use_stripe_sdk",
}
CONFIRM = {
    "capture_method",
    "mandate_data",
    "off_session",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "use_stripe_sdk",
}
CANCEL_REASONS = {"duplicate", "fraudulent", "requested_by_customer", "abandoned"}
CAPTURES = {"automatic", "automatic_async", "manual"}


def find(store: Store, name: str, param: str = "intent") -> Obj:
    intent = store.get(name, "payment_intent")
    if intent is None:
        raise errors.no_such("payment_intent", name, param)
    return intent


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    capture = forms.text(params, "capture_method", "automatic_async")
    if capture not in CAPTURES:
        raise errors.ApiError(400, "Invalid capture_method", param="capture_method")
    currency = forms.currency(params)
    minimum = store.minimum if currency == "vnd" else 1
    intent = shapes.payment_intent(
        store,
        amount=forms.amount(params, "amount", minimum=minimum),
        currency=currency,
        capture_method=capture,
        confirmation_method=forms.text(params, "confirmation_method", "automatic"),
        metadata=forms.metadata(params),
    )
    for name in ("description", "receipt_email", "customer", "statement_descriptor"):
        intent[name] = forms.text(params, name)
    if intent["customer"] and store.get(intent["customer"], "customer") is None:
        raise errors.no_such("customer", intent["customer"], "customer")
    if isinstance(params.get("automatic_payment_methods"), dict):
        automatic = params["automatic_payment_methods"]
        intent["automatic_payment_methods"] = {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": automatic.get("enabled") == "true",
        }
    card = _card(store, params)
    confirm_now = forms.flag(params, "confirm")
    store.add(intent)
    if card is not None:
        _take(store, intent, card, params)
    store.emit("payment_intent.created", intent)
    return confirm(store, intent, {}) if confirm_now else intent


def update(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, SETTABLE)
    if {"amount", "currency"} & set(params) and intent["status"] not in {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
    }:
        raise errors.unexpected_state(
            "This PaymentIntent's amount could not be updated because it has a status of "
            f"{intent['status']}.",
            store.copy(intent),
        )
    if "amount" in params:
        intent["amount"] = forms.amount(params, "amount")
    intent["metadata"] = forms.metadata(params, intent["metadata"])
    for name in ("description", "receipt_email"):
        if name in params:
            intent[name] = forms.text(params, name)
    card = _card(store, params)
    if card is not None:
        _take(store, intent, card, params)
    return intent


def confirm(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, CONFIRM)
    card = _card(store, params)
    if intent["status"] in {"succeeded", "canceled", "processing", "requires_capture"}:
        raise errors.unexpected_state(
            f"This PaymentIntent's status is {intent['status']}: it cannot be confirmed.",
            store.copy(intent),
        )
    if card is not None:
        _take(store, intent, card, params)
    held = store.private[intent["id"]].get("card")
    if held is None or intent["status"] == "requires_payment_method":
        raise errors.unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            store.copy(intent),
        )
    chosen = cards.by_number(held)
    if chosen is None:
        raise LookupError(held)
    return attempt(store, intent, chosen, return_url=forms.text(params, "return_url"))


def attempt(store: Store, intent: Obj, card: Card, *, return_url: str | None = None) -> Obj:
    """Try to take the money. Errors: ApiError 402 for a declined card."""
    if card.needs_action and intent["status"] != "requires_action":
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": return_url, "url": f"/c/3ds/{intent['id']}"},
            "type": "redirect_to_url",
        }
        store.emit("payment_intent.requires_action", intent)
        return intent
    if card.code:
        return decline(store, intent, card)
    succeed(store, intent, card)
    return intent


def decline(store: Store, intent: Obj, card: Card) -> Obj:
    """Book the failed try and refuse: the intent goes back to wait for another card."""
    charge = store.add(shapes.charge(store, intent, card, paid=False, captured=False))
    charge["failure_message"] = cards.message(card)
    problem: Obj = {
        "charge": charge["id"],
        "code": card.code,
        "message": cards.message(card),
        "payment_method": store.copy(shapes.payment_method(store, card)),
        "type": "card_error",
    }
    if card.decline_code:
        problem["decline_code"] = card.decline_code
    intent.update(
        status="requires_payment_method",
        last_payment_error=problem,
        latest_charge=charge["id"],
        payment_method=None,
        next_action=None,
    )
    store.private[intent["id"]]["card"] = None
    store.emit("charge.failed", charge)
    store.emit("payment_intent.payment_failed", intent)
    more: dict[str, Any] = {"payment_intent": store.copy(intent), "charge": charge["id"]}
    if card.decline_code:
        more["decline_code"] = card.decline_code
    raise errors.ApiError(
        402, cards.message(card), kind="card_error", code=card.code, stored=True, **more
    )


def succeed(store: Store, intent: Obj, card: Card) -> None:
    """Take the money, or hold it when capture is manual."""
    manual = intent["capture_method"] == "manual"
    charge = store.add(
        shapes.charge(store, intent, card, paid=True, captured=not manual), card=card.number
    )
    intent.update(latest_charge=charge["id"], last_payment_error=None, next_action=None)
    if manual:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        store.emit("charge.succeeded", charge)
        store.emit("payment_intent.amount_capturable_updated", intent)
        return
    intent.update(status="succeeded", amount_received=intent["amount"], amount_capturable=0)
    _book(store, charge, card)
    store.emit("charge.succeeded", charge)
    store.emit("payment_intent.succeeded", intent)


def _book(store: Store, charge: Obj, card: Card) -> None:
    line = shapes.balance_line(
        store,
        kind="charge",
        source=charge,
        amount=charge["amount_captured"],
        at_once=card.available_at_once,
    )
    store.add(line)
    charge["balance_transaction"] = line["id"]
    if card.disputed:
        _dispute(store, charge, card)


def _dispute(store: Store, charge: Obj, card: Card) -> None:
    dispute = {
        "id": store.new_id("dp"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": store.now() + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": card.disputed.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": card.disputed,
    }
    store.add(dispute)
    charge["disputed"] = True
    store.emit("charge.dispute.created", dispute)


def capture(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(
        params,
        {"amount_to_capture", "final_capture", "metadata", "statement_descriptor"},
    )
    if intent["status"] != "requires_capture":
        raise errors.unexpected_state(
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            "captured: requires_capture.",
            store.copy(intent),
        )
    wanted = forms.whole(params, "amount_to_capture", intent["amount_capturable"]) or 0
    if not 1 <= wanted <= intent["amount_capturable"]:
        raise errors.ApiError(
            400,
            "The remaining amount to capture is smaller than the amount asked for.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = store.objects[intent["latest_charge"]]
    charge.update(captured=True, amount_captured=wanted)
    intent.update(status="succeeded", amount_received=wanted, amount_capturable=0)
    card = cards.by_number(store.private[charge["id"]]["card"]) or cards.CARDS[0]
    _book(store, charge, card)
    store.emit("charge.captured", charge)
    store.emit("payment_intent.succeeded", intent)
    return intent


def cancel(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, {"cancellation_reason"})
    reason = forms.text(params, "cancellation_reason")
    if reason and reason not in CANCEL_REASONS:
        raise errors.ApiError(400, "Invalid cancellation_reason", param="cancellation_reason")
    if intent["status"] in {"processing", "succeeded", "canceled"}:
        raise errors.unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            store.copy(intent),
        )
    intent.update(
        status="canceled",
        canceled_at=store.now(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    store.emit("payment_intent.canceled", intent)
    return intent


def _card(store: Store, params: Params) -> Card | None:
    """Return the card that the parameters name, if they name one."""
    data = params.get("payment_method_data")
    if isinstance(data, dict) and isinstance(data.get("card"), dict):
        number = str(data["card"].get("number", ""))
        found = cards.by_number(number)
        if found is None:
            raise errors.ApiError(
                402,
                "Your card number is incorrect.",
                kind="card_error",
                code="incorrect_number",
                param="payment_method_data[card][number]",
            )
        return found
    name = forms.text(params, "payment_method")
    if name is None:
        return None
    found = cards.by_method(name)
    if found is None and name in store.private:
        found = cards.by_number(store.private[name].get("card") or "")
    if found is None:
        raise errors.no_such("PaymentMethod", name, "payment_method")
    return found


def _take(store: Store, intent: Obj, card: Card, params: Params) -> None:
    name = forms.text(params, "payment_method")
    if name is None or name not in store.objects:
        method = store.add(shapes.payment_method(store, card), card=card.number)
        name = method["id"]
    intent["payment_method"] = name
    store.private[intent["id"]]["card"] = card.number
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"
