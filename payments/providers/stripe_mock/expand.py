"""`expand[]`: ids in an answer become objects, as far as Stripe lets them."""

from typing import Any

from payments.providers.stripe_mock import errors
from payments.providers.stripe_mock.store import Obj, Store

MAX_DEPTH = 4
# The members that become objects; each is one that Stripe's own document calls expandable.
EXPANDABLE: dict[str, set[str]] = {
    "balance_transaction": {"source"},
    "charge": {
        *("balance_transaction", "customer", "failure_balance_transaction", "payment_intent"),
        "refunds",
    },
    "checkout.session": {"customer", "line_items", "payment_intent"},
    "customer": set(),
    "dispute": {"charge", "payment_intent"},
    "payment_intent": {"customer", "latest_charge", "payment_method"},
    "payment_method": {"customer"},
    "payout": {"balance_transaction", "failure_balance_transaction"},
    "price": {"product"},
    "product": {"default_price"},
    "refund": {"balance_transaction", "charge", "failure_balance_transaction", "payment_intent"},
}


def expanded(store: Store, thing: Obj, paths: list[str]) -> Obj:
    """Return a copy of `thing` with the members at `paths` as objects. Errors: ApiError 400."""
    copied = store.copy(thing)
    for path in paths:
        names = path.split(".")
        if len(names) > MAX_DEPTH:
            raise errors.ApiError(
                400,
                f"You cannot expand more than {MAX_DEPTH} levels of a property.",
                param="expand",
            )
        _expand(store, copied, names, path)
    return copied


def _expand(store: Store, thing: Any, names: list[str], path: str) -> None:
    if isinstance(thing, list):
        for item in thing:
            _expand(store, item, names, path)
        return
    if not isinstance(thing, dict):
        return
    name, rest = names[0], names[1:]
    kind = thing.get("object", "")
    if kind == "list" and name == "data":
        _expand(store, thing["data"], rest, path)
        return
    if name not in EXPANDABLE.get(kind, set()):
        raise errors.ApiError(
            400,
            f"This property cannot be expanded ({name}). You may want to try expanding "
            f"'{path}' on another object.",
            param="expand",
        )
    value = thing.get(name)
    if name == "line_items" and value is None:
        thing[name] = line_items(store, thing["id"])
    elif name == "refunds":
        thing[name] = refunds_of(store, thing["id"])
    elif isinstance(value, str) and value in store.objects:
        thing[name] = store.copy(store.objects[value])
    if rest:
        _expand(store, thing.get(name), rest, path)


def line_items(store: Store, session: str) -> Obj:
    return {
        "object": "list",
        "data": store.private[session]["line_items"],
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session}/line_items",
    }


def refunds_of(store: Store, charge: str) -> Obj:
    rows = [store.copy(row) for row in store.all("refund") if row["charge"] == charge]
    return {
        "object": "list",
        "data": rows[:10],
        "has_more": len(rows) > 10,
        "url": f"/v1/charges/{charge}/refunds",
    }
