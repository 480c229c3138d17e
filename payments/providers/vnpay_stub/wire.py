"""Signatures, written apart from the product's own so that each checks the other."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

QUERYDR = [
    *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef"),
    *("vnp_TransactionDate", "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
]
REFUND = [
    *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType"),
    *("vnp_TxnRef", "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy"),
    *("vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
]
ANSWER = [
    *("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode"),
    *("vnp_TxnRef", "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo"),
    *("vnp_TransactionType", "vnp_TransactionStatus", "vnp_OrderInfo"),
]
PROMOTION = ["vnp_PromotionCode", "vnp_PromotionAmount"]
SEVEN_HOURS = 7 * 3600


def mark(secret: str, text: str) -> str:
    """Return HMAC-SHA512 in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), "sha512").hexdigest()


def form(params: Mapping[str, Any]) -> str:
    """Return what is signed of a query: sorted, without empty values and without signatures."""
    kept = {k: str(v) for k, v in params.items() if str(v) and not k.startswith("vnp_SecureHash")}
    return urlencode(sorted(kept.items()))


def signed_query(secret: str, params: Mapping[str, Any]) -> str:
    text = form(params)
    return f"{text}&vnp_SecureHash={mark(secret, text)}"


def piped(params: Mapping[str, Any], names: list[str]) -> str:
    return "|".join(str(params.get(name, "")) for name in names)


def holds(expected: str, given: Any) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        hashlib.sha512(expected.encode()).digest(), hashlib.sha512(given.lower().encode()).digest()
    )


def local(epoch: float) -> str:
    """Return seconds since 1970 as yyyyMMddHHmmss in GMT+7."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(epoch + SEVEN_HOURS))
