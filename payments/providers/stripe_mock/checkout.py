"""Checkout Sessions: the page that the payer sees, and what its buttons do."""

from typing import Any

from payments.providers.stripe_mock import (
    charges,
    errors,
    forms,
    intents,
    shapes,
    simple,
)
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CREATE = {
    *("billing_address_collection", "cancel_url", "client_reference_id", "currency", "customer"),
    *("customer_creation", "customer_email", "expires_at", "line_items", "locale", "metadata"),
    *("mode", "payment_intent_data", "payment_method_options", "payment_method_types"),
    *("submit_type", "success_url", "ui_mode"),
}
INTENT_DATA = {
    *("capture_method", "description", "metadata", "receipt_email", "setup_future_usage"),
    *("shipping", "statement_descriptor", "statement_descriptor_suffix"),
}
PRODUCT_DATA = {"description", "images", "metadata", "name", "tax_code"}
PRICE_DATA = {"currency", "product", "product_data", "tax_behavior", "unit_amount"}
UPDATE = {"metadata"}
SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600


def find(store: Store, name: str) -> Obj:
    session = store.get(name, "checkout.session")
    if session is None:
        raise errors.no_such("checkout.session", name, "session")
    return session


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    if forms.needed(params, "mode") != "payment":
        raise errors.ApiError(400, "This mock knows the mode payment only.", param="mode")
    lines = _lines(store, params)
    currency = lines[0]["currency"]
    total = sum(line["amount_total"] for line in lines)
    if currency == "vnd" and total < store.minimum:
        raise errors.ApiError(
            400,
            "The Checkout Session's total amount must convert to at least 50 cents.",
            code="amount_too_small",
        )
    if total > forms.MAX_AMOUNT:
        raise errors.ApiError(400, "The total is too large.", code="amount_too_large")
    reference = forms.text(params, "client_reference_id", limit=200)
    expires_at = forms.whole(params, "expires_at", store.now() + LONGEST_SECONDS) or 0
    # Stripe counts from the creation; a minute is granted for the way there.
    if not SHORTEST_SECONDS - 60 <= expires_at - store.now() <= LONGEST_SECONDS + 60:
        raise errors.ApiError(
            400,
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )
    data = forms.inner(params, "payment_intent_data", INTENT_DATA)
    forms.choice(data, "capture_method", intents.CAPTURES)
    owner = forms.text(params, "customer")
    if owner and store.get(owner, "customer") is None:
        raise errors.no_such("customer", owner, "customer")
    session = shapes.session(
        store,
        amount_subtotal=total,
        amount_total=total,
        currency=currency,
        client_reference_id=reference,
        expires_at=expires_at,
        success_url=forms.needed(params, "success_url"),
        cancel_url=forms.text(params, "cancel_url"),
        locale=forms.text(params, "locale"),
        customer=owner,
        payment_method_types=intents._kinds(params) or ["card"],
        customer_email=forms.text(params, "customer_email"),
        metadata=forms.metadata(params),
    )
    session["url"] = f"{store.base_url}/c/pay/{session['id']}"
    kept = {**data, "metadata": forms.metadata(data), "shipping": forms.shipping(data)}
    return store.add(session, line_items=lines, intent_data=kept, due=expires_at)


def update(store: Store, session: Obj, params: Params) -> Obj:
    forms.only(params, UPDATE)
    return store.change(session, metadata=forms.metadata(params, session["metadata"]))


def _lines(store: Store, params: Params) -> list[Obj]:
    items = params.get("line_items")
    if not isinstance(items, list) or not items:
        raise errors.missing("line_items")
    lines = [_line(store, item, f"line_items[{i}]") for i, item in enumerate(items)]
    if len({line["currency"] for line in lines}) != 1:
        raise errors.ApiError(400, "All prices must have the same currency.", param="line_items")
    return lines


def _line(store: Store, item: Any, where: str) -> Obj:
    if not isinstance(item, dict):
        raise errors.ApiError(400, "Invalid object", param=where)
    for name in item:
        if name not in {"price", "price_data", "quantity"}:
            raise errors.unknown(f"{where}[{name}]")
    quantity = forms.whole(item, "quantity", 1) or 1
    price = _price(store, item, where)
    product = store.objects.get(price["product"], {"name": price["product"]})
    unit = price["unit_amount"]
    return {
        "id": store.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": {},
        "price": store.copy(price),
        "quantity": quantity,
    }


def _price(store: Store, item: Obj, where: str) -> Obj:
    """Return the price of a line: a known one, or one made on the spot."""
    if "price" in item:
        known = store.get(str(item["price"]), "price")
        if known is None:
            raise errors.no_such("price", str(item["price"]), f"{where}[price]")
        if known["type"] != "one_time" or not known["active"]:
            raise errors.ApiError(
                400,
                "You specified `payment` mode but passed a recurring or inactive price.",
                param=f"{where}[price]",
            )
        return known
    given = item.get("price_data")
    if not isinstance(given, dict):
        raise errors.missing(f"{where}[price_data]")
    for name in given:
        if name not in PRICE_DATA:
            raise errors.unknown(f"{where}[price_data][{name}]")
    product = given.get("product_data")
    if "product" not in given and (not isinstance(product, dict) or not product.get("name")):
        raise errors.missing(f"{where}[price_data][product_data][name]")
    for name in product if isinstance(product, dict) else ():
        if name not in PRODUCT_DATA:
            raise errors.unknown(f"{where}[price_data][product_data][{name}]")
    made = simple.price(store, given)
    # Prices and products made for one session are not for sale again.
    store.change(made, active=False)
    return made


def expire(store: Store, session: Obj, params: Params) -> Obj:
    forms.only(params, set())
    if session["status"] != "open":
        raise errors.ApiError(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}.",
            param="session",
            stored=True,
        )
    close(store, session)
    return session


def close(store: Store, session: Obj) -> None:
    """Let a session end unpaid, if it is still open."""
    if session["status"] != "open":
        return
    store.change(session, status="expired", url=None)
    store.hide(session, due=None)
    name = session["payment_intent"]
    if name and store.objects[name]["status"] in intents.CANCEL_FROM:
        intents.end(store, store.objects[name], None)
    store.emit("checkout.session.expired", session)


def pay(store: Store, session: Obj, method: str) -> Obj:
    """Do what the payer's button does. Errors: ApiError 402 for a declined card."""
    if session["status"] != "open":
        raise errors.ApiError(400, "The session is no longer open.", param="session")
    intent = _intent(store, session)
    intents.take(store, intent, method)
    intents.attempt(
        store, intent, store.private[intent["id"]]["source"], return_url=session["success_url"]
    )
    complete(store, session, intent)
    return intent


def by_card(store: Store, card: Card) -> str:
    """Return a payment method made of a card."""
    return str(store.add(shapes.payment_method(store, card), card=card.number)["id"])


def answer_bank(store: Store, session: Obj, *, agreed: bool) -> Obj:
    """Do what the payer told the bank. Errors: ApiError."""
    intent = store.objects[session["payment_intent"]]
    if session["status"] != "open":
        raise errors.ApiError(400, "The session is no longer open.", param="session")
    intents.authenticate(store, intent, agreed=agreed)
    complete(store, session, intent)
    return intent


def force(store: Store, session: Obj, card: Card) -> None:
    """Take the money whatever the session says: a payer who was faster than the expiry."""
    intent = _intent(store, session)
    store.change(intent, status="requires_confirmation", canceled_at=None)
    intents.take(store, intent, by_card(store, card))
    charges.succeed(store, intent, card)
    complete(store, session, intent)


def page(store: Store, session: Obj) -> Obj:
    """Return what the payer's page reads of its session (no part of the published API)."""
    return {**store.copy(session), "session_id": session["id"]}


def confirm_page(store: Store, session: Obj, params: Params) -> Obj:
    """Pay as the payer's page does (no part of the published API)."""
    forms.only(params, {"expected_amount", "payment_method"})
    if forms.whole(params, "expected_amount", session["amount_total"]) != session["amount_total"]:
        raise errors.ApiError(400, "The amount has changed.", param="expected_amount")
    pay(store, session, forms.needed(params, "payment_method"))
    return page(store, session)


def complete(store: Store, session: Obj, intent: Obj) -> None:
    """Close a session whose payer has done all that a payer can do."""
    if intent["status"] not in {"succeeded", "requires_capture", "processing"}:
        return
    paid = intent["status"] == "succeeded"
    store.hide(session, due=None)
    details = {
        "address": {
            "city": None,
            "country": "VN",
            "line1": None,
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "business_name": None,
        "email": session["customer_email"],
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    store.change(
        session,
        status="complete",
        payment_status="paid" if paid else "unpaid",
        url=None,
        customer_details=details,
    )
    store.emit("checkout.session.completed", session)


def _intent(store: Store, session: Obj) -> Obj:
    """Return the intent of a session; like Stripe's it is made when somebody first pays."""
    if session["payment_intent"]:
        return store.objects[session["payment_intent"]]
    data = store.private[session["id"]]["intent_data"]
    intent = shapes.payment_intent(
        store,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        payment_method_types=session["payment_method_types"],
        capture_method=data.get("capture_method", "automatic_async"),
        **{name: data.get(name) for name in intents.TEXTS if name in data},
        shipping=data.get("shipping"),
        setup_future_usage=data.get("setup_future_usage"),
        metadata=data["metadata"],
    )
    store.add(intent, session=session["id"])
    store.change(session, payment_intent=intent["id"])
    store.emit("payment_intent.created", intent)
    return intent
