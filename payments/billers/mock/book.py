"""What the simulated billers know: customers, a bill for each month, and who paid.

Nothing is taken from real bills: prices are round, names are of nobody. The customers with the
serials 1 to 8 exist at every biller; the last one owes nothing.
"""

import datetime
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

Obj = dict[str, Any]

# biller -> prefix of its customer codes, what a bill is for, and the lines with unit prices.
BILLERS: dict[str, tuple[str, tuple[tuple[str, int, int], ...]]] = {
    "dien-mau": ("MPD", (("Điện sinh hoạt (kWh)", 70, 2_000), ("Phí dịch vụ (mẫu)", 1, 5_000))),
    "nuoc-mau": ("MPN", (("Nước sinh hoạt (m3)", 12, 8_000), ("Thoát nước (mẫu)", 12, 1_000))),
    "truong-mau": ("MPH", (("Học phí tháng", 1, 300_000), ("Bán trú (ngày)", 20, 30_000))),
    "benh-vien-mau": ("MPV", (("Khám bệnh", 1, 40_000), ("Xét nghiệm (mẫu)", 2, 60_000))),
}
NAMES = (
    *("Nguyễn Thị Mẫu", "Trần Văn Mẫu", "Lê Thị Mẫu", "Phạm Văn Mẫu"),
    *("Võ Thị Mẫu", "Đặng Văn Mẫu", "Bùi Thị Mẫu", "Hồ Văn Mẫu"),
)
MONTHS = 2  # bills of this month and of the one before


class Refusal(Exception):
    """The hub says no."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Book:
    """Everything that may change is kept by the number of the bill. Guarded by `lock`."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.changes: dict[str, Obj] = {}  # members of a bill that a script set
        self.payments: dict[str, Obj] = {}  # number -> key, payment_id, amount_vnd, reference
        if path is not None and path.exists():
            data = json.loads(path.read_text(encoding="utf-8"))
            self.changes, self.payments = data["changes"], data["payments"]

    def clear(self) -> None:
        self.changes.clear()
        self.payments.clear()

    def save(self) -> None:
        if self.path is None:
            return
        fresh = self.path.with_suffix(".new")
        text = json.dumps({"changes": self.changes, "payments": self.payments})
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, self.path)

    def open_bills(self, biller: str, customer: str) -> list[Obj]:
        """Return what a customer owes, oldest first. Errors: Refusal."""
        serial = _serial(biller, customer)
        months = [_month(back) for back in reversed(range(MONTHS))]
        found = [self.find(biller, f"{customer}-{month:%Y%m}") for month in months]
        owes = serial < len(NAMES)
        return [bill for bill in found if owes and bill["status"] == "open"]

    def find(self, biller: str, number: str) -> Obj:
        """Return one bill. Errors: Refusal."""
        customer, _, period = number.rpartition("-")
        try:
            serial = _serial(biller, customer)
            month = datetime.datetime.strptime(f"{period}01 +0000", "%Y%m%d %z").date()
        except (Refusal, ValueError) as failure:
            raise Refusal(404, "bill_unknown") from failure
        lines: list[Obj] = [
            {
                "label": label,
                "quantity": quantity + (serial * month.month if quantity > 1 else 0),
                "unit_vnd": unit,
            }
            for label, quantity, unit in BILLERS[biller][1]
        ]
        for line in lines:
            line["amount_vnd"] = line["quantity"] * line["unit_vnd"]
        bill: Obj = {
            "number": number,
            "customer_code": customer,
            "customer_name": NAMES[serial - 1],
            "period": f"kỳ {month:%m/%Y}",
            "lines": lines,
            "due_on": month.replace(day=28).isoformat(),
            "status": "paid" if number in self.payments else "open",
        }
        bill.update(self.changes.get(number, {}))
        bill["amount_vnd"] = sum(line["amount_vnd"] for line in bill["lines"])
        return bill

    def change(self, number: str, **members: Any) -> None:
        """Let a script change a bill: its status, its lines."""
        self.changes.setdefault(number, {}).update(members)

    def raise_amount(self, biller: str, number: str, more_vnd: int) -> None:
        """Let a script add a line to a bill."""
        lines = self.find(biller, number)["lines"]
        extra = {"label": "Điều chỉnh", "quantity": 1, "unit_vnd": more_vnd, "amount_vnd": more_vnd}
        self.change(number, lines=[*lines, extra])

    def pay(self, biller: str, number: str, key: str, given: Obj) -> Obj:
        """Book a payment; the same key books nothing more. Errors: Refusal."""
        if not key:
            raise Refusal(400, "key_missing")
        bill = self.find(biller, number)
        known = self.payments.get(number)
        if known is not None and known["key"] == key:
            if known["amount_vnd"] != given["amount_vnd"]:
                raise Refusal(422, "key_reused")
            return known
        if bill["status"] == "withdrawn":
            raise Refusal(409, "bill_withdrawn")
        if known is not None or bill["status"] == "paid":
            raise Refusal(409, "already_paid")
        if given["amount_vnd"] != bill["amount_vnd"]:
            raise Refusal(409, "amount_changed")
        self.payments[number] = {
            "key": key,
            "payment_id": given["payment_id"],
            "amount_vnd": given["amount_vnd"],
            "paid_at": given["paid_at"],
            "reference": f"GACHNO-{len(self.payments) + 1:06d}",
        }
        return self.payments[number]

    def pay_elsewhere(self, number: str) -> None:
        """Let somebody pay at the biller's own counter."""
        self.payments[number] = {
            **{"key": "counter", "payment_id": "", "amount_vnd": 0, "paid_at": ""},
            "reference": "QUAY-000001",
        }


def _serial(biller: str, customer: str) -> int:
    """Return the serial in a customer code. Errors: Refusal."""
    if biller not in BILLERS:
        raise Refusal(404, "biller_unknown")
    prefix, digits = customer[:3], customer[3:]
    known = prefix == BILLERS[biller][0] and len(digits) == 7 and digits.isascii()
    if not known or not digits.isdigit() or not 1 <= int(digits) <= len(NAMES):
        raise Refusal(404, "customer_unknown")
    return int(digits)


def _month(back: int) -> datetime.date:
    """Return the first day of a month, in Cần Thơ."""
    here = datetime.timezone(datetime.timedelta(hours=7))
    today = datetime.datetime.fromtimestamp(time.time(), here).date()
    number = today.year * 12 + today.month - 1 - back
    return datetime.date(number // 12, number % 12 + 1, 1)
