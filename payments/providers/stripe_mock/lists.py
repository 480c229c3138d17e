"""Lists as Stripe gives them: newest first, cut by a cursor, narrowed by filters."""

from collections.abc import Iterable
from typing import Any

from payments.providers.stripe_mock import errors, forms
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CURSOR = {"limit", "starting_after", "ending_before"}
FILTERS: dict[str, set[str]] = {
    "payment_intent": {"created", "customer"},
    "charge": {"created", "customer", "payment_intent"},
    "refund": {"created", "charge", "payment_intent"},
    "checkout.session": {"created", "customer", "payment_intent", "status"},
    "balance_transaction": {"created", "currency", "payout", "source", "type"},
    "event": {"created", "type", "types", "delivery_success"},
    "customer": {"created", "email"},
    "webhook_endpoint": set(),
    "product": {"active", "created"},
    "price": {"active", "created", "product"},
    "dispute": {"charge", "created", "payment_intent"},
}


def page(store: Store, kind: str, params: Params, url: str) -> Obj:
    forms.only(params, CURSOR | FILTERS[kind])
    limit = forms.whole(params, "limit", 10) or 0
    if not 1 <= limit <= 100:
        raise errors.ApiError(
            400,
            "Invalid integer: must be between 1 and 100",
            code="parameter_invalid_integer",
            param="limit",
        )
    rows = [row for row in store.all(kind) if _fits(store, row, params)]
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
        if name == "created":
            if not _in_window(row["created"], wanted):
                return False
        elif name == "types":
            if row["type"] not in _strings(wanted):
                return False
        elif name == "delivery_success":
            delivered = store.private[row["id"]].get("delivered", True)
            if delivered != (wanted == "true"):
                return False
        elif row.get(name) != wanted:
            return False
    return True


def _strings(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [str(value)]


def _in_window(created: int, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return created == int(wanted)
    for name, text in wanted.items():
        if name not in {"gt", "gte", "lt", "lte"} or not str(text).isdigit():
            raise errors.ApiError(400, f"Invalid created[{name}]", param="created")
        edge = int(text)
        if not {
            "gt": created > edge,
            "gte": created >= edge,
            "lt": created < edge,
            "lte": created <= edge,
        }[name]:
            return False
    return True
