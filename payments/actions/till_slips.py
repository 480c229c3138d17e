"""The slip of a till day as a paper: sums in figures and words, the receipts given; no payer."""

from pathlib import Path
from typing import Any

from common import documents
from payments.models import TillDay
from payments.queries import till as reads
from payments.rules import money, words

PAPER = Path(__file__).resolve().parent.parent / "templates_typst" / "till_day.typ"
MAX_LINES = 1000
METHODS = {reads.CASH: "Tiền mặt", reads.TRANSFER: "Chuyển khoản"}


def slip(day: TillDay) -> bytes:
    """Return the slip of a day; of an open day it says that it is provisional."""
    return documents.pdf(PAPER, content(day), at=day.closed_at or day.opened_at)


def content(day: TillDay) -> dict[str, Any]:
    """Return what stands on the slip."""
    sums = reads.totals([day])[day.id]
    expected = sums.cash.left_vnd if day.expected_vnd is None else day.expected_vnd
    difference = None if day.counted_vnd is None else day.counted_vnd - expected
    rows = list(
        reads.takings(day)
        .filter(attempt__payment__receipts__kind="original")
        .order_by("taken_at", "attempt_id")
        .values_list(
            "taken_at",
            "attempt__payment__receipts__series",
            "attempt__payment__receipts__number",
            "method",
            "amount_vnd",
            "reversal__amount_vnd",
        )[: MAX_LINES + 1]
    )
    paid_in = getattr(day, "hand_in", None)
    return {
        "closed": day.closed_at is not None,
        "day": f"{day.day_on:%d/%m/%Y}",
        "cashier": day.cashier_label,
        "opened": _moment(day.opened_at),
        "closed_at": _moment(day.closed_at) if day.closed_at else "",
        "ways": [
            {
                "name": METHODS[name],
                "count": one.count,
                "taken": words.dong(one.taken_vnd),
                "reversed": words.dong(one.reversed_vnd),
                "paid_out": words.dong(one.paid_out_vnd),
                "left": words.dong(one.left_vnd),
            }
            for name, one in ((reads.CASH, sums.cash), (reads.TRANSFER, sums.transfer))
        ],
        "expected": words.dong(expected),
        "expected_words": words.amount(max(expected, 0)),
        "counted": "" if day.counted_vnd is None else words.dong(day.counted_vnd),
        "counted_words": "" if day.counted_vnd is None else words.amount(day.counted_vnd),
        "difference": "" if not difference else words.dong(difference),
        "note": day.note,
        "handed_in": words.dong(paid_in.amount_vnd) if paid_in else "",
        "hand_in_reference": paid_in.reference if paid_in else "",
        "lines": [
            {
                "at": f"{at.astimezone(money.HCM):%H:%M:%S}",
                "receipt": f"{series} {number:07d}",
                "method": METHODS[method],
                "amount": words.dong(amount),
                "reversed": "đã hủy" if undone else "",
            }
            for at, series, number, method, amount, undone in rows[:MAX_LINES]
        ],
        "more": len(rows) > MAX_LINES,
    }


def _moment(at: Any) -> str:
    return f"{at.astimezone(money.HCM):%H:%M ngày %d/%m/%Y}"
