"""Which address does what."""

import re
from collections.abc import Callable

from payments.providers.stripe_mock import (
    charges,
    checkout,
    disputes,
    errors,
    expand,
    forms,
    intents,
    lists,
    methods,
    payouts,
    refunds,
    simple,
)
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import EVENT_LIFE_SECONDS, Obj, Store

Call = Callable[[Store, Params], Obj]
Act = Callable[[Store, Params, str], Obj]

LISTS = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "checkout/sessions": "checkout.session",
    "balance_transactions": "balance_transaction",
    "events": "event",
    "customers": "customer",
    "payment_methods": "payment_method",
    "payouts": "payout",
    "webhook_endpoints": "webhook_endpoint",
    "products": "product",
    "prices": "price",
    "disputes": "dispute",
}
DELETABLE = {"webhook_endpoint", "customer", "product"}
_NAME = r"([A-Za-z0-9_\-.]{1,255})"


def find(method: str, path: str) -> Call:
    """Return what a request does. Errors: ApiError 404 for an unknown address."""
    parts = path.removeprefix("/v1/").strip("/")
    for wanted, shape, act in _TABLE:
        match = shape.fullmatch(parts) if wanted == method else None
        if match:
            name = match.group(1) if match.groups() else ""
            return lambda store, params: act(store, params, name)
    if method == "GET" and parts in LISTS:
        kind = LISTS[parts]
        return lambda store, params: lists.page(store, kind, params, f"/v1/{parts}")
    head, _, name = parts.rpartition("/")
    if head in LISTS and name and method == "GET":
        return lambda store, params: _read(store, params, LISTS[head], name)
    if head in LISTS and LISTS[head] in DELETABLE and name and method == "DELETE":
        return lambda store, params: simple.delete(store, one(store, LISTS[head], name))
    raise unrecognized(method, path)


def unrecognized(method: str, path: str) -> errors.ApiError:
    return errors.ApiError(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
    )


def one(store: Store, kind: str, name: str) -> Obj:
    """Return an object that is there. Errors: ApiError 404."""
    found = store.get(name, kind)
    if found is None:
        raise errors.no_such(kind, name)
    return found


def _read(store: Store, params: Params, kind: str, name: str) -> Obj:
    forms.only(params, set())
    if kind == "customer" and store.get(name, "deleted_customer"):
        return {"id": name, "object": "customer", "deleted": True}
    found = one(store, kind, name)
    if kind == "event" and found["created"] < store.now() - EVENT_LIFE_SECONDS:
        raise errors.no_such("event", name)
    return found


def _on(kind: str, act: Callable[[Store, Obj, Params], Obj], param: str = "id") -> Act:
    def call(store: Store, params: Params, name: str) -> Obj:
        found = store.get(name, kind)
        if found is None:
            raise errors.no_such(kind, name, param)
        return act(store, found, params)

    return call


def _intent(act: Callable[[Store, Obj, Params], Obj]) -> Act:
    return _on("payment_intent", act, "intent")


def _session(act: Callable[[Store, Obj, Params], Obj]) -> Act:
    return _on("checkout.session", act, "session")


def _capture_charge(store: Store, charge: Obj, params: Params) -> Obj:
    given = {"amount_to_capture": params["amount"]} if "amount" in params else {}
    forms.only(params, {"amount"})
    intents.capture(store, store.objects[charge["payment_intent"]], given)
    return charge


def _refunds_of_charge(store: Store, charge: Obj, params: Params) -> Obj:
    return expand.refunds_of(store, charge["id"])


_ACTS: dict[str, Act] = {
    "POST payment_intents": lambda s, p, _: intents.create(s, p),
    "POST payment_intents/*": _intent(intents.update),
    "POST payment_intents/*/confirm": _intent(intents.confirm),
    "POST payment_intents/*/capture": _intent(intents.capture),
    "POST payment_intents/*/cancel": _intent(intents.cancel),
    "GET payment_intents/*": _intent(lambda s, intent, p: intent),
    "POST charges/*": _on("charge", charges.update),
    "POST charges/*/capture": _on("charge", _capture_charge),
    "GET charges/*/refunds": _on("charge", _refunds_of_charge),
    "POST checkout/sessions": lambda s, p, _: checkout.create(s, p),
    "POST checkout/sessions/*": _session(checkout.update),
    "POST checkout/sessions/*/expire": _session(checkout.expire),
    "GET checkout/sessions/*/line_items": _session(lambda s, o, p: expand.line_items(s, o["id"])),
    "GET checkout/sessions/*": _session(lambda s, session, p: session),
    "GET payment_pages/*": _session(lambda s, session, p: checkout.page(s, session)),
    "POST payment_pages/*/confirm": _session(checkout.confirm_page),
    "POST refunds": lambda s, p, _: refunds.create(s, p),
    "POST refunds/*": _on("refund", refunds.update),
    "POST refunds/*/cancel": _on("refund", refunds.cancel),
    "POST disputes/*": _on("dispute", disputes.update),
    "POST disputes/*/close": _on("dispute", disputes.close),
    "POST payouts": lambda s, p, _: payouts.create(s, p),
    "POST payouts/*": _on("payout", payouts.update),
    "POST payouts/*/cancel": _on("payout", payouts.cancel),
    "POST customers": lambda s, p, _: simple.customer(s, p),
    "POST customers/*": _on("customer", simple.change_customer),
    "POST payment_methods": lambda s, p, _: methods.create(s, p),
    "GET payment_methods/*": lambda s, p, name: methods.known(s, name),
    "POST payment_methods/*": lambda s, p, name: methods.update(s, name, p),
    "POST payment_methods/*/attach": lambda s, p, name: methods.attach(s, name, p),
    "POST payment_methods/*/detach": lambda s, p, name: methods.detach(s, name, p),
    "POST products": lambda s, p, _: simple.product(s, p),
    "POST products/*": _on("product", simple.change_product),
    "POST prices": lambda s, p, _: simple.price(s, p),
    "POST prices/*": _on("price", simple.change_price),
    "POST webhook_endpoints": lambda s, p, _: simple.endpoint(s, p),
    "POST webhook_endpoints/*": _on("webhook_endpoint", simple.change_endpoint),
    "GET balance": lambda s, p, _: payouts.balance(s, p),
}
_TABLE = [
    (pattern.split(" ")[0], re.compile(pattern.split(" ")[1].replace("*", _NAME)), act)
    for pattern, act in _ACTS.items()
]
