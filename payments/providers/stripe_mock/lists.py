"""Lists as Stripe gives them: newest first, cut by a cursor, narrowed by filters."""

from collections.abc import Iterable
from typing import Any

from payments.providers.stripe_mock import errors, forms
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import EVENT_LIFE_SECONDS, Obj, Store

CURSOR = {"limit", "starting_after", "ending_before"}
FILTERS: dict[str, set[str]] = {
    "payment_intent": {"created", "customer"},
    "charge": {"created", "customer", "payment_intent", "transfer_group"},
    "refund": {"created", "charge", "payment_intent"},
    "checkout.session": {"created", "customer", "payment_intent", "status"},
    "balance_transaction": {"created", "currency", "payout", "source", "type"},
    "event": {"created", "type", "types", "delivery_success"},
    "customer": {"created", "email"},
    "payment_method": {"customer", "type"},
    "payout": {"arrival_date", "created", "status"},
    "webhook_endpoint": set(),
    "product": {"active", "created", "url"},
    "price": {"active", "created", "currency", "product", "type"},
    "dispute": {"charge", "created", "payment_intent"},
}
FLAGS = {"active", "delivery_success"}
WINDOWS = {"arrival_date", "created"}


def page(store: Store, kind: str, params: Params, url: str) -> Obj:
    forms.only(params, CURSOR | FILTERS[kind])
    limit = forms.whole(params, "limit", 10)
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise errors.ApiError(
            400,
            "Invalid integer: must be between 1 and 100",
            code="parameter_invalid_integer",
            param="limit",
        )
    _check(params)
    oldest = store.now() - EVENT_LIFE_SECONDS if kind == "event" else 0
    rows = [
        row
        for row in store.all(kind)
        if row.get("created", oldest) >= oldest and _fits(store, row, params)
    ]
    after, before = forms.text(params, "starting_after"), forms.text(params, "ending_before")
    if after and before:
        raise errors.ApiError(400, "Only one cursor may be given.", param="ending_before")
    if after:
        rows = rows[_position(rows, after, "starting_after") + 1 :]
        more = len(rows) > limit
        rows = rows[:limit]
    elif before:
        rows = rows[: _position(rows, before, "ending_before")]
        more = len(rows) > limit
        rows = rows[-limit:]
    else:
        more = len(rows) > limit
        rows = rows[:limit]
    return {"object": "list", "data": [store.copy(r) for r in rows], "has_more": more, "url": url}


def _position(rows: list[Obj], name: str, param: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == name:
            return index
    raise errors.no_such("object", name, param)


def _fits(store: Store, row: Obj, params: Params) -> bool:
    for name, wanted in params.items():
        if name in CURSOR or name == "expand":
            continue
        if name in WINDOWS:
            if not _in_window(row[name], wanted):
                return False
        elif name == "types":
            if not any(_matches(row["type"], one) for one in _strings(wanted)):
                return False
        elif name == "delivery_success":
            delivered = store.private[row["id"]].get("delivered", True)
            if delivered != (wanted == "true"):
                return False
        elif name == "active":
            if row["active"] != (wanted == "true"):
                return False
        elif name == "payout":
            if store.private[row["id"]].get("payout") != wanted:
                return False
        elif name == "type" and row["object"] == "event":
            if not _matches(row["type"], wanted):
                return False
        elif row.get(name) != wanted:
            return False
    return True


def _matches(kind: str, wanted: str) -> bool:
    """Return whether an event type is one, or of a group such as `charge.*`."""
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1]))


def _strings(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [str(value)]


def _check(params: Params) -> None:
    """Refuse a filter that says nothing. Errors: ApiError."""
    if "type" in params and "types" in params:
        raise errors.ApiError(400, "You may pass type or types, not both.", param="types")
    for name in FLAGS & set(params):
        forms.flag(params, name)
    for name in WINDOWS & set(params):
        wanted = params[name]
        given = wanted if isinstance(wanted, dict) else {"gte": wanted}
        for edge, text in given.items():
            if edge not in {"gt", "gte", "lt", "lte"} or not str(text).isdecimal():
                raise errors.ApiError(
                    400,
                    f"Invalid {name}",
                    code="parameter_invalid_integer",
                    param=f"{name}[{edge}]" if isinstance(wanted, dict) else name,
                )


def _in_window(moment: int, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return moment == int(wanted)
    edges = {
        "gt": lambda edge: moment > edge,
        "gte": lambda edge: moment >= edge,
        "lt": lambda edge: moment < edge,
        "lte": lambda edge: moment <= edge,
    }
    return all(edges[name](int(text)) for name, text in wanted.items())
