"""What merchants ask: querydr, refund, the statement. Every answer is signed."""

import json
import re
import uuid
from typing import Any

from payments.providers.vnpay_stub import wire
from payments.providers.vnpay_stub.ledger import Book, Obj

MESSAGES = {
    "00": "Yeu cau thanh cong",
    "02": "Ma dinh danh ket noi khong hop le",
    "03": "Du lieu gui sang khong dung dinh dang",
    "91": "Khong tim thay giao dich yeu cau",
    "93": "So tien hoan tra khong hop le",
    "94": "Yeu cau trung lap hoac dang duoc xu ly",
    "95": "Giao dich nay khong thanh cong ben VNPAY",
    "97": "Checksum khong hop le",
    "99": "Loi khac",
}
_AMOUNT = re.compile(r"[0-9]{1,12}")


class Desk:
    """One terminal's API."""

    def __init__(self, book: Book, tmn_code: str, secret: str) -> None:
        self.book = book
        self.tmn_code = tmn_code
        self.secret = secret

    def answer(self, given: Obj) -> Obj:
        """Return the answer to one call, without its hash; under the book's lock."""
        command = given.get("vnp_Command")
        names = {"querydr": wire.QUERYDR, "refund": wire.REFUND}.get(str(command))
        if names is None or not all(isinstance(value, (str, int)) for value in given.values()):
            return self._say(given, "03")
        if not wire.holds(
            wire.mark(self.secret, wire.piped(given, names)), given.get("vnp_SecureHash")
        ):
            return self._say(given, "97")
        if given.get("vnp_TmnCode") != self.tmn_code:
            return self._say(given, "02")
        if not all(str(given.get(name, "")) for name in names if name != "vnp_TransactionNo"):
            return self._say(given, "03")
        if not re.fullmatch(r"[0-9A-Za-z]{1,32}", str(given["vnp_RequestId"])):
            return self._say(given, "03")
        today = wire.local(self.book.now())[:8]
        if self.book.requests.get(str(given["vnp_RequestId"])) == today:
            return self._say(given, "94")
        self.book.tick()
        tx = self.book.transactions.get(str(given["vnp_TxnRef"]))
        if tx is None or tx["params"]["vnp_CreateDate"] != str(given["vnp_TransactionDate"]):
            return self._say(given, "91")
        self.book.requests[str(given["vnp_RequestId"])] = today
        return self._querydr(given, tx) if command == "querydr" else self._refund(given, tx)

    def signed(self, answer: Obj) -> Obj:
        """Return an answer with its hash."""
        promoted = wire.PROMOTION if answer["vnp_Command"] == "querydr" else []
        text = wire.piped(answer, [*wire.ANSWER, *promoted])
        return {**answer, "vnp_SecureHash": wire.mark(self.secret, text)}

    def statement(self, params: dict[str, str]) -> Obj | None:
        """Return the signed lines of a day, or None for an unsigned request."""
        expected = wire.mark(self.secret, wire.form(params))
        if not wire.holds(expected, params.get("vnp_SecureHash")):
            return None
        self.book.tick()
        text = json.dumps(self.book.lines(params.get("vnp_Date", "")))
        return {"statement": text, "vnp_SecureHash": wire.mark(self.secret, text)}

    def _querydr(self, given: Obj, tx: Obj) -> Obj:
        wanted = str(given.get("vnp_TransactionNo") or "")
        if wanted in {"", "0"}:  # without a number: the last thing that happened
            return self._tell(given, tx, tx["refunds"][-1] if tx["refunds"] else None)
        if wanted == tx["number"]:
            return self._tell(given, tx, None)
        for refund in tx["refunds"]:
            if refund["number"] == wanted:
                return self._tell(given, tx, refund)
        return self._say(given, "91")

    def _refund(self, given: Obj, tx: Obj) -> Obj:
        amount, kind = str(given["vnp_Amount"]), str(given["vnp_TransactionType"])
        if not _AMOUNT.fullmatch(amount) or int(amount) < 100 or kind not in {"02", "03"}:
            return self._say(given, "03")
        if tx["status"] not in {"00", "07"}:
            return self._say(given, "95")
        gone = sum(one["amount"] for one in tx["refunds"] if one["status"] != "09")
        fits = int(amount) == tx["amount"] if kind == "02" else True
        if gone + int(amount) > tx["amount"] or not fits:
            return self._say(given, "93")
        refund = {
            "number": self.book.next_number(),
            "request": str(given["vnp_RequestId"]),
            "type": kind,
            "amount": int(amount),
            "status": "05",
            "info": str(given["vnp_OrderInfo"]),
            "at": self.book.now(),
            "paid_at": wire.local(self.book.now()),
        }
        tx["refunds"].append(refund)
        return self._tell(given, tx, refund)

    def _tell(self, given: Obj, tx: Obj, refund: Obj | None) -> Obj:
        what: Any = refund or {
            "number": tx["number"],
            "type": "01",
            "amount": tx["amount"],
            "status": tx["status"],
            "info": tx["params"]["vnp_OrderInfo"],
            "paid_at": tx["paid_at"],
        }
        return {
            **self._say(given, "00"),
            "vnp_Amount": str(what["amount"]),
            "vnp_BankCode": tx["bank"],
            "vnp_PayDate": what["paid_at"],
            "vnp_TransactionNo": what["number"],
            "vnp_TransactionType": what["type"],
            "vnp_TransactionStatus": what["status"],
            "vnp_OrderInfo": what["info"],
        }

    def _say(self, given: Obj, code: str) -> Obj:
        return {
            "vnp_ResponseId": uuid.uuid4().hex,
            "vnp_Command": str(given.get("vnp_Command", "")),
            "vnp_ResponseCode": code,
            "vnp_Message": MESSAGES[code],
            "vnp_TmnCode": self.tmn_code,
            "vnp_TxnRef": str(given.get("vnp_TxnRef", "")),
        }
