"""VNPay's wire, PAY 2.1.0: signatures over sorted or piped text, amounts times 100, local times.

Source: sandbox.vnpayment.vn/apis/docs (pay, querydr and refund). The order of fields in the hash of
answers is practice: public integrations agree on it, the page was not read to the letter.
"""

import dataclasses
import hashlib
import hmac
import json
import logging
import re
import threading
import time
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import requests
import urllib3

from payments.providers import bounded
from payments.providers.base import Refused, Unanswered
from payments.rules.money import HCM

logger = logging.getLogger(__name__)

VERSION = "2.1.0"
HASH = "vnp_SecureHash"
UNSIGNED = frozenset({HASH, "vnp_SecureHashType"})
MAX_QUERY = 4000
MAX_ORDER_INFO = 255
QUERYDR = (
    *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef"),
    *("vnp_TransactionDate", "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
)
REFUND = (
    *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType"),
    *("vnp_TxnRef", "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy"),
    *("vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
)
REFUND_ANSWER = (
    *("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode"),
    *("vnp_TxnRef", "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo"),
    *("vnp_TransactionType", "vnp_TransactionStatus", "vnp_OrderInfo"),
)
QUERYDR_ANSWER = (*REFUND_ANSWER, "vnp_PromotionCode", "vnp_PromotionAmount")
_DIGITS = re.compile(r"[0-9]{1,17}")


@dataclasses.dataclass(frozen=True)
class Limits:
    """Units: seconds; total bounds one call, however it drips."""

    connect: float = 3.05
    read: float = 15.0
    total: float = 20.0


# --- what is signed and how ---------------------------------------------------------------------


def signed_text(params: Mapping[str, str]) -> str:
    """Return the text under a signature: sorted names, empty values dropped, form encoding."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(params[name])}"
        for name in sorted(params)
        if params[name] != "" and name not in UNSIGNED
    )


def piped_text(params: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the text under the hash of an API call: values in a fixed order, absent ones empty."""
    return "|".join("" if params.get(name) is None else str(params[name]) for name in names)


def digest(secret: str, text: str) -> str:
    """Return the HMAC-SHA512 of a text, in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def same(mine: str, theirs: Any) -> bool:
    """Return whether two digests are equal, in constant time; case does not matter."""
    if not isinstance(theirs, str) or not theirs.isascii():
        return False
    return hmac.compare_digest(mine, theirs.lower())


def read_query(query: str) -> dict[str, str] | None:
    """Return VNPay's parameters of a query string, or None when it is not one.

    A name that comes twice is refused: who signs one and acts on the other could be fooled.
    """
    if len(query) > MAX_QUERY or not query.isascii():
        return None
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, max_num_fields=50, errors="strict", encoding="utf-8"
        )
    except (ValueError, UnicodeDecodeError):
        return None
    ours = [(name, value) for name, value in pairs if name.startswith("vnp_")]
    found = dict(ours)
    return found if len(found) == len(ours) else None


# --- values -------------------------------------------------------------------------------------


def stamp(moment: datetime) -> str:
    """Return a time as VNPay writes it: yyyyMMddHHmmss, GMT+7."""
    return f"{moment.astimezone(HCM):%Y%m%d%H%M%S}"


def hundredths(amount_vnd: int) -> str:
    """Return a sum as VNPay writes it: đồng times 100."""
    return str(amount_vnd * 100)


def dong(value: Any) -> int:
    """Return whole đồng. Errors: Unanswered for anything else, a fraction above all."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not _DIGITS.fullmatch(text) or int(text) % 100:
        raise Unanswered("an amount that is not a whole number of đồng")
    return int(text) // 100


def plain(text: str) -> str:
    """Return a text without diacritics and special characters, as vnp_OrderInfo must be."""
    spread = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in spread if _stays(c))
    return " ".join(kept.split())[:MAX_ORDER_INFO].rstrip()


def _stays(character: str) -> bool:
    return not unicodedata.combining(character)


def address(url: str) -> str:
    """Return the same address in characters that all form encoders agree on.

    PHP, Java, .NET and browsers differ on these few; written out they cannot.
    """
    return "".join(f"%{ord(c):02X}" if c in "~*!()'" else c for c in url)


# --- the API ------------------------------------------------------------------------------------


class Wire:
    """One terminal (TmnCode) at one address."""

    def __init__(
        self, api_url: str, statement_url: str, tmn_code: str, secret: str, *, limits: Limits
    ) -> None:
        self.api_url = api_url
        self.statement_url = statement_url
        self.tmn_code = tmn_code
        self._secret = secret
        self._limits = limits
        self._local = threading.local()  # a session of `requests` is not made for many threads

    def sign(self, params: Mapping[str, str]) -> str:
        """Return the query string of signed parameters, its signature last."""
        text = signed_text(params)
        return f"{text}&{HASH}={digest(self._secret, text)}"

    def is_signed(self, params: Mapping[str, str]) -> bool:
        """Return whether VNPay, or this side, signed these parameters."""
        return same(digest(self._secret, signed_text(params)), params.get(HASH))

    def querydr(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Ask what is true of one transaction. Errors: Unanswered."""
        # Each question has an id of its own: VNPay refuses one that it saw on the same day.
        whole = {"vnp_RequestId": uuid.uuid4().hex, "vnp_Command": "querydr", **params}
        return self._ask(whole, QUERYDR, QUERYDR_ANSWER)

    def refund(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Ask for money to be sent back, once: nothing here repeats it. Errors: Unanswered."""
        return self._ask({"vnp_Command": "refund", **params}, REFUND, REFUND_ANSWER)

    def _ask(
        self, params: dict[str, str], order: Sequence[str], answer_order: Sequence[str]
    ) -> dict[str, Any]:
        whole = {"vnp_Version": VERSION, "vnp_TmnCode": self.tmn_code, **params}
        whole[HASH] = digest(self._secret, piped_text(whole, order))
        command = whole["vnp_Command"]
        raw = self._exchange("POST", self.api_url, json.dumps(whole).encode())
        body = _object(raw, command)
        if not same(digest(self._secret, piped_text(body, answer_order)), body.get(HASH)):
            # Whoever stands in between may say what they like: it is no answer.
            logger.error("vnpay %s: the answer's signature does not hold", command)
            raise Unanswered(f"{command}: the answer's signature does not hold")
        if body.get("vnp_TmnCode") not in {self.tmn_code, None, ""}:
            raise Unanswered(f"{command}: an answer to another terminal")
        return body

    def statement(self, day: str) -> list[Any]:
        """Return the lines of the statement of a day, yyyyMMdd. Errors: Unanswered, Refused.

        VNPay hands its statement over as a file whose form is no public document; this reads the
        mock's, and a deployment without one says so.
        """
        if not self.statement_url:
            raise Refused("no statement is offered", code="statement_not_offered", status=404)
        query = self.sign({"vnp_TmnCode": self.tmn_code, "vnp_Date": day})
        body = _object(self._exchange("GET", f"{self.statement_url}?{query}", None), "statement")
        text, lines = body.get("statement"), None
        if isinstance(text, str) and same(digest(self._secret, text), body.get(HASH)):
            lines = json.loads(text)
        if not isinstance(lines, list):
            raise Unanswered("statement: the answer's signature does not hold")
        return lines

    def _exchange(self, method: str, url: str, data: bytes | None) -> bytes:
        deadline = time.monotonic() + self._limits.total
        where = url.partition("?")[0]
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            with self._session().request(
                method,
                url,
                data=data,
                headers=headers if data is not None else {"Accept": "application/json"},
                timeout=(self._limits.connect, self._limits.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                raw = bounded.read(response, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            raise Unanswered(f"{method} {where}: {type(failure).__name__}") from failure
        if response.status_code != 200 or raw is None:
            raise Unanswered(f"{method} {where}: {response.status_code}")
        return raw

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
        return session


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as failure:
        raise Unanswered(f"{what}: not JSON") from failure
    if not isinstance(body, dict):
        raise Unanswered(f"{what}: not an object")
    return body


def local_day(moment: datetime, *, shifted: timedelta = timedelta()) -> str:
    """Return the day of a moment in Việt Nam, yyyyMMdd, perhaps a little earlier or later."""
    return stamp(moment + shifted)[:8]
