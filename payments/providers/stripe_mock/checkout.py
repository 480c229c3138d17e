"""Checkout Sessions: the page that the payer sees, and what its buttons do."""

from typing import Any

from payments.providers.stripe_mock import errors, forms, intents, shapes
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CREATE = {
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer",
    "customer_creation",
    "customer_email",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_options",
    "payment_method_types",
    "submit_type",
    "success_url",
    "ui_mode",
}
INTENT_DATA = {
    "capture_method",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
}
SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600


def find(store: Store, name: str) -> Obj:
    session = store.get(name, "checkout.session")
    if session is None:
        raise errors.no_such("checkout.session", name, "session")
    return session


def create(store: Store, params: Params, *, base_url: str) -> Obj:
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
    data = params.get("payment_intent_data") or {}
    if not isinstance(data, dict):
        raise errors.ApiError(400, "Invalid object", param="payment_intent_data")
    for name in data:
        if name not in INTENT_DATA:
            raise errors.unknown(f"payment_intent_data[{name}]")
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
        customer=forms.text(params, "customer"),
        customer_email=forms.text(params, "customer_email"),
        metadata=forms.metadata(params),
    )
    session["url"] = f"{base_url}/c/pay/{session['id']}"
    return store.add(session, line_items=lines, intent_data=data)


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
    forms.only(item, {"price", "price_data", "quantity"})
    quantity = forms.whole(item, "quantity", 1) or 1
    price = item.get("price_data")
    if "price" in item:
        known = store.get(item["price"], "price")
        if known is None:
            raise errors.no_such("price", item["price"], f"{where}[price]")
        price = {
            "currency": known["currency"],
            "unit_amount": str(known["unit_amount"]),
            "product_data": {"name": known["product"]},
        }
    if not isinstance(price, dict):
        raise errors.missing(f"{where}[price_data]")
    product = price.get("product_data")
    if not isinstance(product, dict) or not product.get("name"):
        raise errors.missing(f"{where}[price_data][product_data][name]")
    unit = forms.amount(price, "unit_amount")
    return {
        "id": store.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": forms.currency(price),
        "description": product["name"],
        "quantity": quantity,
    }


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
    _close(store, session)
    return session


def _close(store: Store, session: Obj) -> None:
    session.update(status="expired", url=None)
    name = session["payment_intent"]
    if name and store.objects[name]["status"] not in {"succeeded", "canceled", "processing"}:
        intents.cancel(store, store.objects[name], {})
    store.emit("checkout.session.expired", session)


def expire_due(store: Store) -> None:
    """Expire the sessions whose time has come."""
    for session in store.all("checkout.session"):
        if session["status"] == "open" and session["expires_at"] <= store.now():
            _close(store, session)


def pay(store: Store, session: Obj, card: Card) -> Obj:
    """Do what the payer's button does. Errors: ApiError 402 for a declined card."""
    if session["status"] != "open":
        raise errors.ApiError(400, "The session is no longer open.", param="session")
    intent = _intent(store, session)
    if intent["status"] == "requires_action":
        intents.succeed(store, intent, card)
    else:
        intents._take(store, intent, card, {})
        intents.attempt(store, intent, card, return_url=session["success_url"])
    if intent["status"] in {"succeeded", "requires_capture"}:
        complete(store, session, intent)
    return intent


def force(store: Store, session: Obj, card: Card) -> None:
    """Take the money whatever the session says: a payer who was faster than the expiry."""
    intent = _intent(store, session)
    intent.update(status="requires_confirmation", canceled_at=None)
    intents._take(store, intent, card, {})
    intents.succeed(store, intent, card)
    complete(store, session, intent)


def complete(store: Store, session: Obj, intent: Obj) -> None:
    paid = intent["status"] == "succeeded"
    session.update(status="complete", payment_status="paid" if paid else "unpaid", url=None)
    session["customer_details"] = {
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
        capture_method=data.get("capture_method", "automatic_async"),
        description=data.get("description"),
        metadata=forms.metadata(data),
    )
    store.add(intent)
    session["payment_intent"] = intent["id"]
    store.emit("payment_intent.created", intent)
    return intent
