"""Payment intents: the whole state machine, manual capture included."""

from payments.providers.stripe_mock import cards, charges, errors, forms, methods, scripts, shapes
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

SETTABLE = {
    *("amount", "capture_method", "currency", "customer", "description", "metadata"),
    *("payment_method", "payment_method_data", "payment_method_options", "payment_method_types"),
    *("receipt_email", "setup_future_usage", "shipping", "statement_descriptor"),
    *("statement_descriptor_suffix", "transfer_group"),
}
CREATE = SETTABLE | {
    *("automatic_payment_methods", "confirm", "confirmation_method", "error_on_requires_action"),
    *("mandate_data", "off_session", "return_url", "use_stripe_sdk"),
}
CONFIRM = {
    *("capture_method", "error_on_requires_action", "mandate_data", "off_session"),
    *("payment_method", "payment_method_data", "payment_method_options", "payment_method_types"),
    *("receipt_email", "return_url", "setup_future_usage", "shipping", "use_stripe_sdk"),
}
NOW = {"error_on_requires_action", "off_session", "return_url"}
TEXTS = {
    "description": 1000,
    "receipt_email": 800,
    "statement_descriptor": 22,
    "statement_descriptor_suffix": 22,
    "transfer_group": 5000,
}
CANCEL_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
CAPTURES = ("automatic", "automatic_async", "manual")
KINDS = ("card", "sepa_debit")
# Which operation is allowed in which state; what is not listed is refused.
AMOUNT_FROM = ("requires_payment_method", "requires_confirmation", "requires_action")
CONFIRM_FROM = AMOUNT_FROM
CAPTURE_FROM = ("requires_capture",)
CANCEL_FROM = (*AMOUNT_FROM, "requires_capture")


def find(store: Store, name: str, param: str = "intent") -> Obj:
    intent = store.get(name, "payment_intent")
    if intent is None:
        raise errors.no_such("payment_intent", name, param)
    return intent


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    currency = forms.currency(params)
    amount = forms.amount(params, "amount", minimum=store.minimum if currency == "vnd" else 1)
    confirm_now = forms.flag(params, "confirm")
    if NOW & set(params) and not confirm_now:
        name = sorted(NOW & set(params))[0]
        raise errors.ApiError(
            400, f"You can only pass `{name}` when `confirm` is true.", param=name
        )
    intent = shapes.payment_intent(
        store,
        amount=amount,
        currency=currency,
        confirmation_method=forms.choice(params, "confirmation_method", ("automatic", "manual"))
        or "automatic",
        automatic_payment_methods=_automatic(params),
        payment_method_types=_kinds(params) or ["card"],
    )
    store.add(intent)
    _set(store, intent, params)
    store.emit("payment_intent.created", intent)
    if confirm_now:
        return confirm(store, intent, {name: params[name] for name in NOW & set(params)})
    return intent


def _automatic(params: Params) -> Obj | None:
    given = forms.inner(params, "automatic_payment_methods", {"allow_redirects", "enabled"})
    if not given:
        return None
    return {
        "allow_redirects": forms.choice(given, "allow_redirects", ("always", "never")) or "always",
        "enabled": forms.flag(given, "enabled"),
    }


def _kinds(params: Params) -> list[str]:
    if "payment_method_types" not in params:
        return []
    kinds = forms.texts(params["payment_method_types"], "payment_method_types")
    for kind in kinds:
        if kind not in KINDS:
            raise errors.ApiError(
                400,
                f"The payment method type provided: {kind} is invalid. This mock knows "
                f"{', '.join(KINDS)}.",
                code="payment_intent_invalid_parameter",
                param="payment_method_types",
            )
    return kinds


def _set(store: Store, intent: Obj, params: Params) -> None:
    """Set what the parameters name. Errors: ApiError, and nothing stays changed."""
    for name, limit in TEXTS.items():
        if name in params:
            store.change(intent, **{name: forms.text(params, name, limit=limit)})
    if "customer" in params:
        owner = forms.text(params, "customer")
        if owner and store.get(owner, "customer") is None:
            raise errors.no_such("customer", owner, "customer")
        store.change(intent, customer=owner)
    capture = forms.choice(params, "capture_method", CAPTURES)
    usage = forms.choice(params, "setup_future_usage", ("off_session", "on_session"))
    given: Obj = {
        "metadata": forms.metadata(params, intent["metadata"]),
        **({"capture_method": capture} if capture else {}),
        **({"setup_future_usage": usage} if "setup_future_usage" in params else {}),
        **({"shipping": forms.shipping(params)} if "shipping" in params else {}),
    }
    if kinds := _kinds(params):
        given["payment_method_types"] = kinds
    store.change(intent, **given)
    _choose(store, intent, params)


def _choose(store: Store, intent: Obj, params: Params) -> None:
    """Take the payment method that the parameters name, if they name one."""
    data = params.get("payment_method_data")
    if isinstance(data, dict):
        name = methods.create(store, data)["id"]
    else:
        name = forms.text(params, "payment_method") or ""
    if name:
        take(store, intent, name)


def take(store: Store, intent: Obj, name: str) -> None:
    """Put a payment method under an intent. Errors: ApiError for an unknown or wrong kind."""
    card = methods.named(store, name)
    if card.kind not in intent["payment_method_types"]:
        raise errors.ApiError(
            400,
            f"The PaymentMethod provided ({card.kind}) is not allowed for this PaymentIntent. "
            f"Allowed: {', '.join(intent['payment_method_types'])}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )
    method = methods.find(store, name)
    store.hide(intent, source=name, authenticated=False)
    store.change(
        intent, payment_method=method["id"], status="requires_confirmation", next_action=None
    )


def update(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, SETTABLE)
    late = {"amount", "currency", "capture_method"} & set(params)
    method = {"payment_method", "payment_method_data"} & set(params)
    if (late or method) and intent["status"] not in AMOUNT_FROM:
        name = sorted(late or method)[0]
        raise errors.unexpected_state(
            f"This PaymentIntent's {name} could not be updated because it has a status of "
            f"{intent['status']}. You may only update the {name} of a PaymentIntent with one of "
            f"the following statuses: {', '.join(AMOUNT_FROM)}.",
            store.copy(intent),
        )
    if "currency" in params:
        store.change(intent, currency=forms.currency(params))
    if "amount" in params:
        minimum = store.minimum if intent["currency"] == "vnd" else 1
        store.change(intent, amount=forms.amount(params, "amount", minimum=minimum))
    _set(store, intent, params)
    return intent


def confirm(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, CONFIRM)
    if intent["status"] not in CONFIRM_FROM:
        raise errors.unexpected_state(
            "You cannot confirm this PaymentIntent because it has already "
            f"{'succeeded' if intent['status'] == 'succeeded' else 'moved on'}: its status is "
            f"{intent['status']}.",
            store.copy(intent),
        )
    _set(store, intent, {name: params[name] for name in SETTABLE & set(params)})
    name = store.private[intent["id"]].get("source")
    if not name:
        raise errors.unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            store.copy(intent),
        )
    off_session = params.get("off_session", "false") not in {"false", ""}
    return attempt(
        store,
        intent,
        name,
        return_url=forms.text(params, "return_url"),
        refuse_action=off_session or forms.flag(params, "error_on_requires_action"),
    )


def attempt(
    store: Store,
    intent: Obj,
    name: str,
    *,
    return_url: str | None = None,
    refuse_action: bool = False,
) -> Obj:
    """Try to take the money. Errors: ApiError 402 for a declined card."""
    again = store.private[intent["id"]].get("authenticated")
    if scripts.is_script(name) and not again:
        card = scripts.use(store, name)
        store.hide(intent, card=card.number)
    elif scripts.is_script(name):
        card = cards.by_number(store.private[intent["id"]]["card"]) or cards.CARDS[0]
    else:
        card = methods.named(store, name)
    if card.needs_action and not again:
        if refuse_action:
            raise charges.decline(store, intent, UNAUTHENTICATED)
        store.change(
            intent,
            status="requires_action",
            next_action={
                "redirect_to_url": {
                    "return_url": return_url,
                    "url": f"{store.base_url}/c/3ds/{intent['id']}",
                },
                "type": "redirect_to_url",
            },
        )
        store.emit("payment_intent.requires_action", intent)
        return intent
    if card.delayed:
        charges.wait(store, intent, card)
    elif card.code:
        raise charges.decline(store, intent, card)
    else:
        charges.succeed(store, intent, card)
    return intent


UNAUTHENTICATED = Card(
    "4000002760003184",
    "authenticationRequired",
    code="authentication_required",
    decline_code="authentication_required",
)


def authenticate(store: Store, intent: Obj, *, agreed: bool) -> Obj:
    """Do what the payer told the bank. Errors: ApiError 400 when the bank did not ask."""
    if intent["status"] != "requires_action":
        raise errors.unexpected_state("The bank did not ask.", store.copy(intent))
    if not agreed:
        message = (
            "The provided PaymentMethod has failed authentication. You can provide "
            "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent "
            "again."
        )
        store.change(
            intent,
            status="requires_payment_method",
            last_payment_error={
                "code": "payment_intent_authentication_failure",
                "doc_url": errors.doc_url("payment_intent_authentication_failure"),
                "message": message,
                "payment_method": store.copy(store.objects[intent["payment_method"]]),
                "type": "invalid_request_error",
            },
            payment_method=None,
            next_action=None,
        )
        store.hide(intent, source=None)
        store.emit("payment_intent.payment_failed", intent)
        return intent
    store.hide(intent, authenticated=True)
    if intent["confirmation_method"] == "manual":  # the shop's server takes the next step
        store.change(intent, status="requires_confirmation", next_action=None)
        return intent
    return attempt(store, intent, store.private[intent["id"]]["source"])


def capture(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(
        params,
        {*("amount_to_capture", "final_capture", "metadata"), "statement_descriptor"},
    )
    if intent["status"] not in CAPTURE_FROM:
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
    if not forms.flag(params, "final_capture", default=True):
        raise errors.ApiError(
            400, "This payment does not allow several captures.", param="final_capture"
        )
    charge = store.objects[intent["latest_charge"]]
    store.change(charge, captured=True, amount_captured=wanted)
    store.change(intent, metadata=forms.metadata(params, intent["metadata"]))
    card = cards.by_number(store.private[charge["id"]]["card"]) or cards.CARDS[0]
    charges.received(store, intent, charge, card, kind="charge.captured")
    return intent


def cancel(store: Store, intent: Obj, params: Params) -> Obj:
    forms.only(params, {"cancellation_reason"})
    reason = forms.choice(params, "cancellation_reason", CANCEL_REASONS)
    session = store.objects.get(store.private[intent["id"]].get("session") or "")
    if session and session["status"] == "open":
        raise errors.unexpected_state(
            "You cannot cancel the PaymentIntent of a Checkout Session. Expire the Checkout "
            "Session instead.",
            store.copy(intent),
        )
    if intent["status"] not in CANCEL_FROM:
        raise errors.unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(CANCEL_FROM)}.",
            store.copy(intent),
        )
    return end(store, intent, reason)


def end(store: Store, intent: Obj, reason: str | None) -> Obj:
    """Cancel an intent that may be; money that was held is let go."""
    if intent["status"] == "requires_capture":
        charges.let_go(store, intent)
    store.change(
        intent,
        status="canceled",
        canceled_at=store.now(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    store.hide(intent, due=None)
    store.emit("payment_intent.canceled", intent)
    return intent
