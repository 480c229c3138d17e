"""The objects around a payment: customers, payment methods, products, prices, endpoints."""

from payments.providers.stripe_mock import cards, errors, forms, shapes
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CUSTOMER = {"address", "description", "email", "metadata", "name", "phone", "shipping", "source"}
PRODUCT = {"active", "default_price_data", "description", "id", "images", "metadata", "name", "url"}
PRICE = {
    "active",
    "currency",
    "metadata",
    "nickname",
    "product",
    "product_data",
    "recurring",
    "unit_amount",
}
ENDPOINT = {
    "api_version",
    "connect",
    "description",
    "disabled",
    "enabled_events",
    "metadata",
    "url",
}
METHOD = {"allow_redisplay", "billing_details", "card", "metadata", "type"}


def customer(store: Store, params: Params, old: Obj | None = None) -> Obj:
    forms.only(params, CUSTOMER)
    thing = old or store.add(
        {
            "id": store.new_id("cus", 14),
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": store.now(),
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": None,
            "invoice_prefix": "MOCK0001",
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": {},
            "name": None,
            "phone": None,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )
    for name in ("description", "email", "name", "phone"):
        if name in params:
            thing[name] = forms.text(params, name)
    thing["metadata"] = forms.metadata(params, thing["metadata"])
    store.emit("customer.updated" if old else "customer.created", thing)
    return thing


def payment_method(store: Store, params: Params) -> Obj:
    forms.only(params, METHOD)
    if forms.needed(params, "type") != "card":
        raise errors.ApiError(400, "This mock knows cards only.", param="type")
    given = params.get("card")
    given = given if isinstance(given, dict) else {}
    card = cards.by_number(str(given.get("number", "")))
    if card is None or card.code == "incorrect_number":
        raise errors.ApiError(
            402,
            "Your card number is incorrect.",
            kind="card_error",
            code="incorrect_number",
            param="card[number]",
            stored=True,
        )
    return store.add(shapes.payment_method(store, card), card=card.number)


def known_method(store: Store, name: str) -> Obj:
    card = cards.by_method(name)
    if card is not None:
        return shapes.payment_method(store, card, name=name)
    method = store.get(name, "payment_method")
    if method is None:
        raise errors.no_such("PaymentMethod", name, "payment_method")
    return method


def attach(store: Store, name: str, params: Params) -> Obj:
    forms.only(params, {"customer"})
    owner = forms.needed(params, "customer")
    if store.get(owner, "customer") is None:
        raise errors.no_such("customer", owner, "customer")
    method = known_method(store, name)
    if method["id"] not in store.objects:
        card = cards.by_method(name) or cards.CARDS[0]
        method = store.add(shapes.payment_method(store, card), card=card.number)
    method["customer"] = owner
    store.emit("payment_method.attached", method)
    return method


def product(store: Store, params: Params) -> Obj:
    forms.only(params, PRODUCT)
    return store.add(
        {
            "id": forms.text(params, "id") or store.new_id("prod", 14),
            "object": "product",
            "active": True,
            "created": store.now(),
            "default_price": None,
            "description": forms.text(params, "description"),
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": forms.metadata(params),
            "name": forms.needed(params, "name"),
            "package_dimensions": None,
            "shippable": None,
            "statement_descriptor": None,
            "tax_code": None,
            "unit_label": None,
            "updated": store.now(),
            "url": None,
        }
    )


def price(store: Store, params: Params) -> Obj:
    forms.only(params, PRICE)
    inner = params.get("product_data")
    name = forms.text(params, "product")
    if isinstance(inner, dict):
        name = product(store, {"name": str(inner.get("name", ""))})["id"]
    if not name:
        raise errors.missing("product")
    unit = forms.amount(params, "unit_amount")
    return store.add(
        {
            "id": store.new_id("price"),
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "created": store.now(),
            "currency": forms.currency(params),
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": forms.metadata(params),
            "nickname": forms.text(params, "nickname"),
            "product": name,
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        }
    )


def endpoint(store: Store, params: Params, *, secret: str = "") -> Obj:
    forms.only(params, ENDPOINT)
    events = params.get("enabled_events")
    if not isinstance(events, list) or not events:
        raise errors.missing("enabled_events")
    address = forms.needed(params, "url")
    if not address.startswith(("http://", "https://")):
        raise errors.ApiError(400, "Invalid URL", code="url_invalid", param="url")
    secret = secret or store.new_id("whsec", 32)
    thing = store.add(
        {
            "id": store.new_id("we"),
            "object": "webhook_endpoint",
            "api_version": forms.text(params, "api_version"),
            "application": None,
            "created": store.now(),
            "description": forms.text(params, "description"),
            "enabled_events": events,
            "livemode": False,
            "metadata": forms.metadata(params),
            "status": "enabled",
            "url": address,
        },
        secrets=[secret],
    )
    return {**thing, "secret": secret}


def delete(store: Store, thing: Obj) -> Obj:
    del store.objects[thing["id"]]
    store.private.pop(thing["id"], None)
    return {"id": thing["id"], "object": thing["object"], "deleted": True}


def balance(store: Store) -> Obj:
    sums = {"available": 0, "pending": 0}
    for line in store.all("balance_transaction"):
        if line["currency"] == "vnd":
            sums[line["status"]] += line["net"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            name: [{"amount": total, "currency": "vnd", "source_types": {"card": total}}]
            for name, total in sums.items()
        },
    }
