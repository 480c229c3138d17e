"""What the stub remembers: each transaction, its refunds, its clock, its file."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from payments.providers.vnpay_stub import wire

Obj = dict[str, Any]
# What a payer's try can end with: VNPay's response code -> words. 00 and 07 took the money.
RESULTS = {
    "00": "Giao dịch thành công",
    "07": "Trừ tiền thành công, giao dịch bị nghi ngờ gian lận",
    "09": "Thẻ/tài khoản chưa đăng ký Internet Banking",
    "10": "Xác thực thông tin thẻ sai quá 3 lần",
    "11": "Đã hết hạn chờ thanh toán",
    "12": "Thẻ/tài khoản bị khóa",
    "13": "Nhập sai mật khẩu xác thực (OTP)",
    "24": "Khách hàng hủy giao dịch",
    "51": "Tài khoản không đủ số dư",
    "65": "Vượt quá hạn mức giao dịch trong ngày",
    "75": "Ngân hàng thanh toán đang bảo trì",
    "79": "Nhập sai mật khẩu thanh toán quá số lần",
    "99": "Lỗi khác",
}
BANKS = {
    "NCB": ("ATM", "Ngân hàng NCB (thẻ nội địa)"),
    "VIETCOMBANK": ("ATM", "Vietcombank (thẻ nội địa)"),
    "VNPAYQR": ("QRCODE", "Ứng dụng hỗ trợ VNPAY-QR"),
    "VISA": ("VISA", "Thẻ quốc tế Visa"),
}
FIRST_NUMBER = 14_000_000


class Book:
    """One merchant's transactions by vnp_TxnRef. Every change happens under `lock`."""

    def __init__(self, *, path: Path | None = None, refund_seconds: int = 5) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.refund_seconds = refund_seconds
        self.fee_basis_points = 0
        self.offset = 0
        self.on_end: Callable[[Obj], None] = lambda tx: None
        self.transactions: dict[str, Obj] = {}  # by vnp_TxnRef; insertion order is time order
        self.requests: dict[str, str] = {}  # RequestId -> the day it was used
        self.calls: list[Obj] = []
        self.number = FIRST_NUMBER
        if path is not None and path.exists():
            data = json.loads(path.read_text(encoding="utf-8"))
            self.transactions, self.requests = data["transactions"], data["requests"]
            self.number, self.offset = data["number"], data["offset"]

    def clear(self) -> None:
        """Forget everything."""
        self.transactions, self.requests, self.calls = {}, {}, []
        self.number, self.offset = FIRST_NUMBER, 0

    def now(self) -> int:
        return int(time.time()) + self.offset

    def next_number(self) -> str:
        self.number += 1
        return str(self.number)

    def save(self) -> None:
        """Write everything to the file, if there is one, so that a restart keeps it."""
        if self.path is None:
            return
        with self.lock:
            kept = {
                name: getattr(self, name)
                for name in ("transactions", "requests", "number", "offset")
            }
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(kept), encoding="utf-8")
            os.replace(fresh, self.path)

    # --- what happens -----------------------------------------------------------------------------

    def open(self, params: dict[str, str]) -> Obj:
        """Return the transaction of a signed order, a new one on the first visit.

        Errors: ValueError with VNPay's code when another order had that number today.
        """
        ref = params["vnp_TxnRef"]
        known = self.transactions.get(ref)
        if known is not None:
            if known["params"] != params:
                raise ValueError("01")
            return known
        tx = {
            "params": params,
            "ref": ref,
            "amount": int(params["vnp_Amount"]),
            "status": "01",
            "response": "",
            "number": "0",
            "bank": "",
            "bank_number": "",
            "card_type": "",
            "paid_at": "",
            "refunds": [],
        }
        self.transactions[ref] = tx
        return tx

    def end(self, tx: Obj, response: str, bank: str = "NCB") -> None:
        """End a payer's try with a response code, and tell the merchant."""
        if response not in RESULTS or bank not in BANKS:
            raise ValueError("no such result")
        taken = response in {"00", "07"}
        tx["response"] = response
        tx["status"] = response if taken else "02"
        tx["bank"], tx["card_type"] = bank, BANKS[bank][0]
        tx["paid_at"] = wire.local(self.now())
        if taken:
            tx["number"] = self.next_number()
            tx["bank_number"] = f"VNP{tx['number']}"
        self.on_end(tx)

    def is_late(self, tx: Obj) -> bool:
        return bool(wire.local(self.now()) >= tx["params"]["vnp_ExpireDate"])

    def tick(self) -> None:
        """Let time do what it does: pages close, refunds arrive."""
        for tx in self.transactions.values():
            if tx["status"] == "01" and not tx.get("stuck") and self.is_late(tx):
                self.end(tx, "11")
            for refund in tx["refunds"]:
                age = self.now() - refund["at"]
                if refund["status"] == "05" and age >= self.refund_seconds:
                    refund["status"] = "06"
                if refund["status"] == "06" and age >= 2 * self.refund_seconds:
                    self.settle(refund)

    def settle(self, refund: Obj, status: str = "00") -> None:
        """Let the bank take a refund (00) or turn it away (09)."""
        refund["status"] = status
        refund["paid_at"] = wire.local(self.now())

    def lines(self, day: str) -> list[Obj]:
        """Return the statement of a day, yyyyMMdd, oldest first. Amounts times 100."""
        found = []
        for tx in self.transactions.values():
            if tx["status"] in {"00", "07"} and tx["paid_at"].startswith(day):
                fee = tx["amount"] * self.fee_basis_points // 10_000 // 100 * 100
                found.append(_line(tx, tx["number"], "01", tx["amount"], fee, tx["paid_at"], ""))
            for refund in tx["refunds"]:
                if refund["status"] == "00" and refund["paid_at"].startswith(day):
                    number, kind = refund["number"], refund["type"]
                    paid_at, info = refund["paid_at"], refund["info"]
                    found.append(_line(tx, number, kind, refund["amount"], 0, paid_at, info))
        return sorted(found, key=lambda line: (line["paid_at"], line["transaction_no"]))


def _line(tx: Obj, number: str, kind: str, amount: int, fee: int, paid_at: str, info: str) -> Obj:
    return {
        "txn_ref": tx["ref"],
        "transaction_no": number,
        "type": kind,
        "amount": str(amount),
        "fee": str(fee),
        "paid_at": paid_at,
        "info": info or tx["params"].get("vnp_OrderInfo", ""),
    }
