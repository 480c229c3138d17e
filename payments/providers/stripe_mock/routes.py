"""Which address does what."""

import re
from collections.abc import Callable
from typing import Any

from payments.providers.stripe_mock import checkout, errors, intents, lists, refunds, simple
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

Call = Callable[[Store, Params, str], Obj]

LISTS = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "checkout/sessions": "checkout.session",
    "balance_transactions": "balance_transaction",
    "events": "event",
    "customers": "customer",
    "webhook_endpoints": "webhook_endpoint",
    "products": "product",
    "prices": "price",
    "disputes": "dispute",
}


def find(method: str, path: str, *, base_url: str) -> Call:
    """Return what a request does. Errors: ApiError 404 for an unknown address."""
    parts = path.removeprefix("/v1/").strip("/")
    for pattern, call in _table(base_url).items():
        wanted, shape = pattern.split(" ", 1)
        match = re.fullmatch(shape.replace("*", r"([A-Za-z0-9_\-]{1,255})"), parts)
        if wanted == method and match:
            name = match.group(1) if match.groups() else ""
            return lambda store, params, url: call(store, params, name)
    if method == "GET" and parts in LISTS:
        kind = LISTS[parts]
        return lambda store, params, url: lists.page(store, kind, params, f"/v1/{parts}")
    head, _, name = parts.rpartition("/")
    if method in {"GET", "DELETE"} and head in LISTS:
        return lambda store, params, url: _one(store, method, LISTS[head], name)
    raise errors.ApiError(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
    )


def _one(store: Store, method: str, kind: str, name: str) -> Obj:
    found = store.get(name, kind)
    if found is None:
        raise errors.no_such(kind, name)
    if method == "GET":
        return found
    if kind not in {"webhook_endpoint", "customer", "product"}:
        raise errors.ApiError(404, f"Unrecognized request URL (DELETE: {kind}).")
    return simple.delete(store, found)


def _metadata_of(kind: str) -> Callable[[Store, Params, str], Obj]:
    def change(store: Store, params: Params, name: str) -> Obj:
        from_store = store.get(name, kind)
        if from_store is None:
            raise errors.no_such(kind, name)
        from_store["metadata"] = intents.forms.metadata(params, from_store["metadata"])
        return from_store

    return change


def _table(base_url: str) -> dict[str, Callable[[Store, Params, str], Any]]:
    def intent(
        act: Callable[[Store, Obj, Params], Obj],
    ) -> Callable[[Store, Params, str], Obj]:
        return lambda s, p, name: act(s, intents.find(s, name), p)

    return {
        "POST payment_intents": lambda s, p, _: intents.create(s, p),
        "POST payment_intents/*": intent(intents.update),
        "POST payment_intents/*/confirm": intent(intents.confirm),
        "POST payment_intents/*/capture": intent(intents.capture),
        "POST payment_intents/*/cancel": intent(intents.cancel),
        "GET payment_intents/*": lambda s, p, name: intents.find(s, name),
        "POST checkout/sessions": lambda s, p, _: checkout.create(s, p, base_url=base_url),
        "POST checkout/sessions/*": _metadata_of("checkout.session"),
        "POST checkout/sessions/*/expire": lambda s, p, name: checkout.expire(
            s, checkout.find(s, name), p
        ),
        "GET checkout/sessions/*/line_items": lambda s, p, name: {
            "object": "list",
            "data": s.private[checkout.find(s, name)["id"]]["line_items"],
            "has_more": False,
            "url": f"/v1/checkout/sessions/{name}/line_items",
        },
        "GET checkout/sessions/*": lambda s, p, name: checkout.find(s, name),
        "POST refunds": lambda s, p, _: refunds.create(s, p),
        "POST refunds/*": _metadata_of("refund"),
        "POST customers": lambda s, p, _: simple.customer(s, p),
        "POST customers/*": lambda s, p, name: simple.customer(
            s, p, _one(s, "GET", "customer", name)
        ),
        "POST payment_methods": lambda s, p, _: simple.payment_method(s, p),
        "GET payment_methods/*": lambda s, p, name: simple.known_method(s, name),
        "POST payment_methods/*/attach": lambda s, p, name: simple.attach(s, name, p),
        "POST products": lambda s, p, _: simple.product(s, p),
        "POST prices": lambda s, p, _: simple.price(s, p),
        "POST webhook_endpoints": lambda s, p, _: simple.endpoint(s, p),
        "GET balance": lambda s, p, _: simple.balance(s),
    }
