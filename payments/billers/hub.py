"""The dialect of the collection hub: JSON over HTTP, one address for all billers behind it.

No biller of the city publishes an interface, so this dialect is this project's own; a real hub
takes one more file like this one. Names are masked here, so that nothing above ever holds one.
"""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from urllib.parse import quote

from payments.billers.base import CustomerUnknown, Report
from payments.providers.base import Refused, Unanswered
from payments.providers.json_wire import JsonWire
from payments.rules import bills


class Hub:
    """One biller behind the hub."""

    def __init__(self, wire: JsonWire, code: str) -> None:
        self._wire = wire
        self._root = f"/v1/billers/{quote(code, safe='')}"

    def open_bills(self, customer_code: str) -> Sequence[bills.Stated]:
        try:
            told = self._wire.get(f"{self._root}/customers/{quote(customer_code, safe='')}/bills")
        except Refused as refusal:
            if (refusal.status, refusal.code) == (404, "customer_unknown"):
                raise CustomerUnknown from refusal
            raise
        rows = told.get("bills")
        if not isinstance(rows, list) or len(rows) > bills.MAX_BILLS:
            raise Unanswered("bills: not a list of them")
        return [_stated(row) for row in rows]

    def bill(self, number: str) -> bills.Stated | None:
        try:
            return _stated(self._wire.get(f"{self._root}/bills/{quote(number, safe='')}"))
        except Refused as refusal:
            if (refusal.status, refusal.code) == (404, "bill_unknown"):
                return None
            raise

    def report(self, report: Report) -> str:
        told = self._wire.post(
            f"{self._root}/bills/{quote(report.bill_number, safe='')}/payments",
            {
                "payment_id": report.payment_id,
                "amount_vnd": report.amount_vnd,
                "paid_at": report.paid_at.astimezone(UTC).isoformat(),
            },
            key=report.key,
        )
        reference = told.get("reference")
        same = told.get("amount_vnd") == report.amount_vnd
        if not isinstance(reference, str) or not 0 < len(reference) <= 100 or not same:
            raise Unanswered("payments: no acknowledgement of this sum")
        return reference


def _stated(row: Any) -> bills.Stated:
    """Return a bill from its JSON. Errors: Unanswered for what makes no sense."""
    try:
        lines = tuple(
            bills.Line(
                label=_text(one["label"], 150),
                quantity=_whole(one["quantity"]),
                unit_vnd=_whole(one["unit_vnd"]),
                amount_vnd=_whole(one["amount_vnd"]),
            )
            for one in row["lines"]
        )
        due_on = row["due_on"]
        return bills.Stated(
            number=_text(row["number"], 60),
            customer_name=bills.mask_name(_text(row["customer_name"], 200)),
            period=_text(row["period"], 60),
            lines=lines,
            amount_vnd=_whole(row["amount_vnd"]),
            due_on=None if due_on is None else date.fromisoformat(due_on),
            status=bills.Status(row["status"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        raise Unanswered(f"a bill that makes no sense: {type(failure).__name__}") from failure


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit or "\x00" in value:
        raise ValueError("not a text")
    return value


def _whole(value: Any) -> int:
    """Return whole đồng or pieces: money has no fractions, and true is not one."""
    if type(value) is not int or value < 0:
        raise ValueError("not a whole number")
    return value
