"""The objects around a payment: customers, products, prices, webhook endpoints."""

import re

from payments.providers.stripe_mock import cards, errors, forms, shapes
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CUSTOMER = {
    *("address", "description", "email", "metadata", "name", "payment_method", "phone"),
    *("preferred_locales", "shipping", "source"),
}
PRODUCT = {
    *("active", "default_price", "default_price_data", "description", "id", "images", "metadata"),
    *("name", "statement_descriptor", "unit_label", "url"),
}
PRICE = {
    *("active", "currency", "metadata", "nickname", "product", "product_data", "recurring"),
    *("tax_behavior", "unit_amount"),
}
ENDPOINT = {"api_version", "description", "disabled", "enabled_events", "metadata", "url"}


def customer(store: Store, params: Params) -> Obj:
    forms.only(params, CUSTOMER)
    thing = store.add(
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
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )
    _fill(store, thing, params)
    store.emit("customer.created", thing)
    return thing


def change_customer(store: Store, thing: Obj, params: Params) -> Obj:
    forms.only(params, CUSTOMER - {"payment_method"})
    _fill(store, thing, params)
    store.emit("customer.updated", thing)
    return thing


def _fill(store: Store, thing: Obj, params: Params) -> None:
    for name, limit in (("description", 5000), ("email", 512), ("name", 256), ("phone", 20)):
        if name in params:
            store.change(thing, **{name: forms.text(params, name, limit=limit)})
    if "address" in params:
        store.change(thing, address=forms.address(params) if params["address"] else None)
    if "shipping" in params:
        store.change(thing, shipping=forms.shipping(params))
    if "preferred_locales" in params:
        locales = forms.texts(params["preferred_locales"], "preferred_locales")
        store.change(thing, preferred_locales=locales)
    for name, known in (("payment_method", cards.by_method), ("source", cards.by_token)):
        if name in params:
            card = known(forms.needed(params, name))
            if card is None:
                raise errors.no_such(name, str(params[name]), name)
            method = shapes.payment_method(store, card)
            method["customer"] = thing["id"]
            store.add(method, card=card.number)
    store.change(thing, metadata=forms.metadata(params, thing["metadata"]))


def product(store: Store, params: Params) -> Obj:
    forms.only(params, PRODUCT)
    wanted = forms.text(params, "id")
    if wanted and wanted in store.objects:
        raise errors.ApiError(
            400, "Product already exists.", code="resource_already_exists", param="id"
        )
    thing = store.add(
        {
            "id": wanted or store.new_id("prod", 14),
            "object": "product",
            "active": forms.flag(params, "active", default=True),
            "created": store.now(),
            "default_price": None,
            "description": None,
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": {},
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
    _describe(store, thing, params)
    if given := forms.inner(params, "default_price_data", PRICE - {"product", "product_data"}):
        made = price(store, {**given, "product": thing["id"]})
        store.change(thing, default_price=made["id"])
    store.emit("product.created", thing)
    return thing


def change_product(store: Store, thing: Obj, params: Params) -> Obj:
    forms.only(params, PRODUCT - {"default_price_data", "id"})
    if "active" in params:
        store.change(thing, active=forms.flag(params, "active"))
    if "default_price" in params:
        name = forms.text(params, "default_price")
        if name and store.get(name, "price") is None:
            raise errors.no_such("price", name, "default_price")
        store.change(thing, default_price=name)
    _describe(store, thing, params)
    store.change(thing, updated=store.now())
    store.emit("product.updated", thing)
    return thing


def _describe(store: Store, thing: Obj, params: Params) -> None:
    for name in ("description", "statement_descriptor", "unit_label", "url"):
        if name in params:
            store.change(thing, **{name: forms.text(params, name)})
    if params.get("name"):
        store.change(thing, name=forms.needed(params, "name"))
    if "images" in params:
        images = forms.texts(params["images"], "images") if params["images"] else []
        store.change(thing, images=images)
    store.change(thing, metadata=forms.metadata(params, thing["metadata"]))


def price(store: Store, params: Params) -> Obj:
    forms.only(params, PRICE)
    inner = params.get("product_data")
    name = forms.text(params, "product")
    if isinstance(inner, dict):
        told = {key: value for key, value in inner.items() if key != "tax_code"}
        name = product(store, told)["id"]
    if not name:
        raise errors.missing("product")
    if store.get(name, "product") is None:
        raise errors.no_such("product", name, "product")
    unit = forms.amount(params, "unit_amount")
    recurring = _recurring(params)
    thing = store.add(
        {
            "id": store.new_id("price"),
            "object": "price",
            "active": forms.flag(params, "active", default=True),
            "billing_scheme": "per_unit",
            "created": store.now(),
            "currency": forms.currency(params),
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": forms.metadata(params),
            "nickname": forms.text(params, "nickname"),
            "product": name,
            "recurring": recurring,
            "tax_behavior": forms.text(params, "tax_behavior") or "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "recurring" if recurring else "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        }
    )
    store.emit("price.created", thing)
    return thing


def _recurring(params: Params) -> Obj | None:
    given = forms.inner(params, "recurring", {"interval", "interval_count"})
    if not given:
        return None
    forms.needed(given, "interval")
    return {
        "interval": forms.choice(given, "interval", ("day", "month", "week", "year")),
        "interval_count": forms.whole(given, "interval_count", 1),
        "meter": None,
        "usage_type": "licensed",
    }


def change_price(store: Store, thing: Obj, params: Params) -> Obj:
    forms.only(params, {"active", "metadata", "nickname", "tax_behavior"})
    if "active" in params:
        store.change(thing, active=forms.flag(params, "active"))
    if "nickname" in params:
        store.change(thing, nickname=forms.text(params, "nickname"))
    store.change(thing, metadata=forms.metadata(params, thing["metadata"]))
    store.emit("price.updated", thing)
    return thing


def endpoint(store: Store, params: Params, *, secret: str = "") -> Obj:
    """Register an address. Only this answer shows the secret that signs what is sent there."""
    forms.only(params, ENDPOINT - {"disabled"})
    secret = secret or store.new_id("whsec", 32)
    thing = store.add(
        {
            "id": store.new_id("we"),
            "object": "webhook_endpoint",
            "api_version": forms.text(params, "api_version"),
            "application": None,
            "created": store.now(),
            "description": forms.text(params, "description"),
            "enabled_events": _events(params),
            "livemode": False,
            "metadata": forms.metadata(params),
            "status": "enabled",
            "url": _address(params),
        },
        secrets=[secret],
    )
    return {**thing, "secret": secret}


def change_endpoint(store: Store, thing: Obj, params: Params) -> Obj:
    forms.only(params, ENDPOINT - {"api_version"})
    given: Obj = {"metadata": forms.metadata(params, thing["metadata"])}
    if "url" in params:
        given["url"] = _address(params)
    if "enabled_events" in params:
        given["enabled_events"] = _events(params)
    if "description" in params:
        given["description"] = forms.text(params, "description")
    if "disabled" in params:
        given["status"] = "disabled" if forms.flag(params, "disabled") else "enabled"
    return store.change(thing, **given)


def _events(params: Params) -> list[str]:
    if not params.get("enabled_events"):
        raise errors.missing("enabled_events")
    events = forms.texts(params["enabled_events"], "enabled_events")
    if not all(re.fullmatch(r"\*|[a-z_.0-9]+", event) for event in events):
        raise errors.ApiError(400, "Invalid event name", param="enabled_events")
    return events


def _address(params: Params) -> str:
    address = forms.needed(params, "url")
    if not address.startswith(("http://", "https://")):
        raise errors.ApiError(400, "Invalid URL", code="url_invalid", param="url")
    return address


def delete(store: Store, thing: Obj) -> Obj:
    """Delete; a customer stays known as deleted, and a product with prices cannot go."""
    kind = thing["object"]
    if kind == "product" and any(p["product"] == thing["id"] for p in store.all("price")):
        raise errors.ApiError(
            400,
            "This product cannot be deleted because it has one or more user-created prices.",
            stored=True,
        )
    if kind != "webhook_endpoint":
        store.emit(f"{kind}.deleted", thing)
    store.remove(thing["id"])
    gone = {"id": thing["id"], "object": kind, "deleted": True}
    if kind == "customer":
        store.add({**gone, "object": "deleted_customer"})
    return gone
