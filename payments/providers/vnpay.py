"""VNPay's dialect behind the port: a signed address, IPN by GET, querydr, refunds by RequestId.

A page is an address that this side signs: nothing is called to open it, and VNPay knows a try only
once its payer opens it. What became of it is read by querydr; notifications are hints.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from payments.providers import base, vnpay_wire
from payments.rules.money import CURRENCY, HCM
from payments.rules.settling import Fact, Outcome, RefundFact, RefundOutcome

# Amounts that VNPay takes: [1,12] digits of hundredths, from 5,000 đồng to below a milliard
# (practice: told by its pages, not by its specification).
SMALLEST_VND = 5_000
LARGEST_VND = 999_999_999
MAX_RETURN_URL = 255
# A payer may stand before the bank's page when the time is over.
BANK_LASTS = timedelta(minutes=15)
# Money that the bank took and VNPay did not get comes back or arrives within days; after one, a
# person looks.
REVERSAL_LASTS = timedelta(days=1)
# A RequestId is refused within one day of VNPay's clock, which is not ours.
SKEW = timedelta(minutes=15)
# As long as a refund call may still be executed somewhere, none is called absent.
REFUND_LASTS = timedelta(hours=24)

PAYMENT = "01"
FULL_REFUND, PART_REFUND = "02", "03"
DECLINES = {
    "24": "cancelled_by_payer",
    "09": "internet_banking_not_registered",
    "10": "verification_failed",
    "13": "verification_failed",
    "79": "verification_failed",
    "11": "page_expired",
    "12": "account_locked",
    "51": "insufficient_funds",
    "65": "limit_exceeded",
    "75": "bank_unavailable",
}
REPLIES = {
    base.Verdict.KEPT: ("00", "Confirm Success"),
    base.Verdict.KNOWN: ("02", "Order already confirmed"),
    base.Verdict.SETTLED: ("02", "Order already confirmed"),
    base.Verdict.UNKNOWN_ORDER: ("01", "Order not found"),
    base.Verdict.WRONG_AMOUNT: ("04", "Invalid amount"),
    base.Verdict.FORGED: ("97", "Invalid signature"),
    base.Verdict.UNREADABLE: ("99", "Unknown error"),
}
_REF = re.compile(r"att[0-9a-z]{1,60}")
_NUMBER = re.compile(r"[0-9A-Za-z]{1,20}")
_CODE = re.compile(r"[0-9]{2}")


class Vnpay:
    """A terminal at VNPay, or at anything that speaks its wire."""

    name = "vnpay"
    notification_method = "GET"
    closes_pages = False

    def __init__(
        self, wire: vnpay_wire.Wire, pay_url: str, *, ip_addr: str, livemode: bool
    ) -> None:
        self._wire = wire
        self._pay_url = pay_url
        self._ip_addr = ip_addr
        self.livemode = livemode

    # --- one try --------------------------------------------------------------------------------

    def start(self, order: base.Order) -> Fact:
        """Return the signed address of the page. Nothing is called: the same order, the same page.

        Errors: Refused for a sum or an address that VNPay would not take.
        """
        if not SMALLEST_VND <= order.amount_vnd <= LARGEST_VND:
            small = order.amount_vnd < SMALLEST_VND
            code = "amount_too_small" if small else "amount_too_large"
            raise base.Refused("vnpay does not take this sum", code=code, status=400)
        return self._open(order)

    def _open(self, order: base.Order) -> Fact:
        back = vnpay_wire.address(order.return_url)
        if not 10 <= len(back) <= MAX_RETURN_URL:
            raise base.Refused("the return address", code="return_url_too_long", status=400)
        query = self._wire.sign(
            {
                "vnp_Version": vnpay_wire.VERSION,
                "vnp_Command": "pay",
                "vnp_TmnCode": self._wire.tmn_code,
                "vnp_Amount": vnpay_wire.hundredths(order.amount_vnd),
                "vnp_CreateDate": vnpay_wire.stamp(order.key_made_at),
                "vnp_CurrCode": CURRENCY,
                "vnp_IpAddr": self._ip_addr,
                "vnp_Locale": "vn",
                "vnp_OrderInfo": vnpay_wire.plain(order.title) or reference(order.attempt_id),
                "vnp_OrderType": "other",
                "vnp_ReturnUrl": back,
                "vnp_ExpireDate": vnpay_wire.stamp(order.expires_at),
                "vnp_TxnRef": reference(order.attempt_id),
            }
        )
        return Fact(
            Outcome.OPEN,
            session_id=reference(order.attempt_id),
            checkout_url=f"{self._pay_url}?{query}",
        )

    def fetch(self, order: base.Order, *, now: datetime) -> Fact:
        """Return what is true of one try. Errors: Unanswered, Refused, NotOurs.

        VNPay does not know a page that nobody opened: until its time is over it may still be.
        """
        number = order.intent_id
        answer = self._query(order.attempt_id, order.key_made_at, number, now)
        if answer is None:
            return self._open(order) if now < order.expires_at else Fact(Outcome.ABSENT)
        return self._fact(answer, order, now)

    def close(self, order: base.Order, *, now: datetime) -> Fact:
        """Return what is true. VNPay cannot close a page: it stays payable until its own end."""
        fact = self.fetch(order, now=now)
        if fact.outcome != Outcome.OPEN:
            return fact
        return Fact(Outcome.OPEN, session_id=fact.session_id, request_id=fact.request_id)

    def _query(
        self, attempt_id: str, made_at: datetime, number: str, now: datetime
    ) -> dict[str, Any] | None:
        """Return VNPay's word on one transaction, or None when it knows none."""
        ref = reference(attempt_id)
        asked = {
            "vnp_TxnRef": ref,
            "vnp_OrderInfo": f"Truy van {ref}",
            "vnp_TransactionDate": vnpay_wire.stamp(made_at),
            "vnp_CreateDate": vnpay_wire.stamp(now),
            "vnp_IpAddr": self._ip_addr,
            **({"vnp_TransactionNo": number} if number else {}),
        }
        answer = self._wire.querydr(asked)
        code = answer.get("vnp_ResponseCode")
        if code == "91":
            return None
        if code != "00":
            raise _failure("querydr", code)
        if answer.get("vnp_TxnRef") != ref:
            raise base.NotOurs(f"the transaction answered for {attempt_id} is another one")
        return answer

    def _fact(self, answer: Mapping[str, Any], order: base.Order, now: datetime) -> Fact:
        if answer.get("vnp_TransactionType") != PAYMENT:
            # Somebody sent the money back at VNPay's own desk before it was booked here.
            raise base.Unanswered(f"the last transaction of {order.attempt_id} is a refund")
        outcome, doubt = _outcome(str(answer.get("vnp_TransactionStatus")), order, now)
        taken = outcome == Outcome.PAID or doubt == "suspected_fraud"
        number = _number(answer.get("vnp_TransactionNo"))
        if taken and not number:
            raise base.Unanswered("paid, and no number of the transaction is told")
        opened = outcome == Outcome.OPEN
        return Fact(
            outcome=outcome,
            amount_vnd=vnpay_wire.dong(answer.get("vnp_Amount")) if taken else 0,
            currency=CURRENCY,
            session_id=reference(order.attempt_id),
            intent_id=number if taken else "",
            charge_id=_number(answer.get("vnp_BankTranNo")) if taken else "",
            settlement_id=number if taken else "",
            checkout_url=self._open(order).checkout_url if opened else "",
            decline_code=doubt,
            request_id=_id(answer.get("vnp_ResponseId")),
        )

    # --- refunds --------------------------------------------------------------------------------

    def refund(self, order: base.RefundOrder) -> RefundFact:
        """Ask for money to be sent back. Errors: Unanswered, Refused.

        The RequestId follows from the stored key, but VNPay holds to it for a day only: whoever
        repeats this must have asked `fetch_refund`.
        """
        whole = order.amount_vnd == order.received_vnd
        answer = self._wire.refund(
            {
                "vnp_RequestId": request_id(order.key),
                "vnp_TransactionType": FULL_REFUND if whole else PART_REFUND,
                "vnp_TxnRef": reference(order.attempt_id),
                "vnp_Amount": vnpay_wire.hundredths(order.amount_vnd),
                "vnp_TransactionNo": order.intent_id,
                "vnp_TransactionDate": vnpay_wire.stamp(order.attempt_made_at),
                "vnp_CreateBy": "canthosmart",
                "vnp_CreateDate": vnpay_wire.stamp(order.key_made_at),
                "vnp_IpAddr": self._ip_addr,
                "vnp_OrderInfo": _mark(order),
            }
        )
        code = answer.get("vnp_ResponseCode")
        if code != "00":
            raise _failure("refund", code)
        return _refund_fact(answer)

    def fetch_refund(self, order: base.RefundOrder, *, now: datetime) -> RefundFact:
        """Return what is true of one refund. Errors: Unanswered, Refused.

        With the refund's number VNPay is asked about just that. When the answer to the refund was
        lost, the try's last transaction tells whether it is ours; a later one may hide it, then the
        statement is read. The call is repeated only where the same RequestId is still refused.
        """
        made = order.attempt_made_at
        answer = self._query(order.attempt_id, made, order.provider_refund_id, now)
        if answer is None:
            raise base.Unanswered(f"vnpay does not know the payment of refund {order.refund_id}")
        is_refund = answer.get("vnp_TransactionType") in {FULL_REFUND, PART_REFUND}
        if order.provider_refund_id:
            if not is_refund:
                raise base.NotOurs(f"the transaction answered for {order.refund_id} is no refund")
            return _refund_fact(answer)
        if is_refund and answer.get("vnp_OrderInfo") == _mark(order):
            return _refund_fact(answer)
        if is_refund:
            return self._look_in_statements(order, now)
        return self._not_seen(order, now)

    def _look_in_statements(self, order: base.RefundOrder, now: datetime) -> RefundFact:
        """Find a refund that a later one hides. Errors: Unanswered, Refused without a statement."""
        day = order.key_made_at.astimezone(HCM).date()
        while day <= now.astimezone(HCM).date():
            for line in self._lines(day):
                if line.get("info") == _mark(order):
                    number = _number(line.get("transaction_no"))
                    answer = self._query(order.attempt_id, order.attempt_made_at, number, now)
                    if answer is not None:
                        return _refund_fact(answer)
            day += timedelta(days=1)
        return self._not_seen(order, now)

    def _not_seen(self, order: base.RefundOrder, now: datetime) -> RefundFact:
        if _same_day(order.key_made_at, now):
            # VNPay refuses this RequestId if the lost call came through after all.
            return self.refund(order)
        if now - (order.called_at or order.key_made_at) < REFUND_LASTS:
            raise base.Unanswered(f"vnpay shows no refund {order.refund_id} yet")
        return RefundFact(RefundOutcome.ABSENT)

    # --- what comes in --------------------------------------------------------------------------

    def parse_notification(self, request: base.RawRequest, *, now: datetime) -> base.Notification:
        """Return what a signed IPN is about. Errors: Forged, Unreadable.

        It carries neither an id nor a time. The id is made from what it says, so that the same
        word counts once; an old one said again changes nothing, because VNPay is asked.
        """
        params = vnpay_wire.read_query(request.query)
        if params is None or not self._wire.is_signed(params):
            raise base.Forged("no signature matches")
        if params.get("vnp_TmnCode") != self._wire.tmn_code:
            raise base.Forged("signed for another terminal")
        ref, number = params.get("vnp_TxnRef", ""), params.get("vnp_TransactionNo", "0")
        codes = params.get("vnp_ResponseCode", ""), params.get("vnp_TransactionStatus", "")
        shaped = all(_CODE.fullmatch(code) for code in codes) and _NUMBER.fullmatch(number)
        if not shaped or not _id(ref):
            raise base.Unreadable("signed, but not an IPN")
        response, status = codes
        paid = response == status == "00"
        amount_vnd = _told(params.get("vnp_Amount"))
        return base.Notification(
            event_id=f"{ref}-{number}-{response}-{status}-{amount_vnd}",
            kind="vnpay.ipn",
            livemode=self.livemode,
            made_at=_moment(params.get("vnp_PayDate", "")) or now,
            attempt_id=attempt_of(ref),
            session_id=ref,
            intent_id=_number(number),
            raw=request.query.encode(),
            amount_vnd=amount_vnd,
            decline_code="" if paid else DECLINES.get(response, "bank_declined"),
        )

    def reply(self, verdict: base.Verdict, *, fresh: bool = False) -> base.Reply:
        """Return HTTP 200 and the code: VNPay comes again until it reads 00 or 02."""
        code, message = REPLIES[verdict]
        return base.Reply(200, {"RspCode": code, "Message": message})

    def missed(self, since: datetime) -> Sequence[base.Notification]:
        """Return nothing: VNPay keeps no list of IPNs. The sweep asks about each open try."""
        return []

    def list_settlement(self, day: date) -> Sequence[base.SettlementLine]:
        """Return the statement's lines of one day. Errors: Unanswered, Refused without one."""
        return [_line(line) for line in self._lines(day)]

    def _lines(self, day: date) -> list[dict[str, Any]]:
        lines = self._wire.statement(f"{day:%Y%m%d}")
        return [line for line in lines if isinstance(line, dict)]


# --- names and words ----------------------------------------------------------------------------


def reference(attempt_id: str) -> str:
    """Return vnp_TxnRef: the try's own id without its one underscore, unique for ever."""
    return attempt_id.replace("_", "", 1)


def attempt_of(ref: str) -> str:
    """Return the try that a vnp_TxnRef names, or nothing."""
    return f"{ref[:3]}_{ref[3:]}" if _REF.fullmatch(ref) else ""


def request_id(key: str) -> str:
    """Return vnp_RequestId: the stored key without its one underscore, at most 32 characters."""
    return key.replace("_", "", 1)[:32]


def _mark(order: base.RefundOrder) -> str:
    return f"Hoan tien {order.refund_id.replace('_', '', 1)}"


def _outcome(status: str, order: base.Order, now: datetime) -> tuple[Outcome, str]:
    """Return what a vnp_TransactionStatus means, and the doubt that a person must look into."""
    match status:
        case "00":
            return Outcome.PAID, ""
        case "01" if now < order.expires_at:
            return Outcome.OPEN, ""
        case "01" if now < order.expires_at + BANK_LASTS:
            return Outcome.PROCESSING, ""
        case "01":
            return Outcome.EXPIRED, ""
        case "02":
            return Outcome.DECLINED, ""
        case "04" if now < order.key_made_at + REVERSAL_LASTS:
            return Outcome.PROCESSING, ""
        case "04":
            return Outcome.SUSPECT, "bank_reversal"
        case "07":
            return Outcome.SUSPECT, "suspected_fraud"
    raise base.Unanswered(f"a transaction in the status {status!r}")


def _refund_fact(answer: Mapping[str, Any]) -> RefundFact:
    status = str(answer.get("vnp_TransactionStatus"))
    match status:
        case "00":
            outcome = RefundOutcome.SUCCEEDED
        case "01" | "05" | "06":  # taken in, being worked on, sent to the bank
            outcome = RefundOutcome.PENDING
        case "02" | "09":
            outcome = RefundOutcome.FAILED
        case _:
            raise base.Unanswered(f"a refund in the status {status!r}")
    number = _number(answer.get("vnp_TransactionNo"))
    return RefundFact(
        outcome=outcome,
        refund_id=number,
        amount_vnd=vnpay_wire.dong(answer.get("vnp_Amount")),
        currency=CURRENCY,
        failure_code=f"vnpay_{status}" if outcome == RefundOutcome.FAILED else "",
        settlement_id=number if outcome == RefundOutcome.SUCCEEDED else "",
        request_id=_id(answer.get("vnp_ResponseId")),
    )


def _failure(command: str, code: Any) -> Exception:
    """Return what an answer without success means: only some say that nothing was done."""
    text = code if isinstance(code, str) and _CODE.fullmatch(code) else "none"
    if text in {"02", "97"}:
        # The terminal or the secret is wrong: nobody's payment is refused for that.
        return base.Refused(f"{command}: {text}", code=f"vnpay_{text}", status=401)
    definite = {"refund": {"03", "91", "93", "95"}, "querydr": {"03"}}
    if text in definite[command]:
        return base.Refused(f"{command}: {text}", code=f"vnpay_{text}", status=400)
    # 94: asked too often, or a refund is under way already; 98, 99: anything may have happened.
    return base.Unanswered(f"{command}: {text}", retry_after=300 if text == "94" else None)


def _same_day(made: datetime, now: datetime) -> bool:
    """Return whether both moments lie in one day of VNPay's clock, whatever its skew."""
    first = vnpay_wire.local_day(made, shifted=-SKEW)
    return first == vnpay_wire.local_day(now, shifted=SKEW)


def _number(value: Any) -> str:
    """Return a transaction number; VNPay says 0 where there is none."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text if _NUMBER.fullmatch(text) and text.strip("0") else ""


def _id(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z]{1,100}", value) else ""


def _told(value: str | None) -> int:
    """Return the whole đồng that an IPN names, -1 for a fraction or nonsense."""
    try:
        return vnpay_wire.dong(value)
    except base.Unanswered:
        return -1


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=HCM).astimezone(UTC)
    except ValueError:
        return None


def _line(line: Mapping[str, Any]) -> base.SettlementLine:
    made, number = _moment(str(line.get("paid_at"))), _number(line.get("transaction_no"))
    refund = line.get("type") in {FULL_REFUND, PART_REFUND}
    if made is None or not number:
        raise base.Unanswered("statement: a line without a number or a time")
    amount, fee = vnpay_wire.dong(line.get("amount")), vnpay_wire.dong(line.get("fee"))
    signed = -amount if refund else amount
    return base.SettlementLine(
        line_id=number,
        kind="refund" if refund else "charge",
        source_id=_id(line.get("txn_ref")),
        amount_vnd=signed,
        fee_vnd=fee,
        net_vnd=signed - fee,
        currency=CURRENCY,
        made_at=made,
    )
