"""Bank transfer by VietQR behind the port: a code to scan, a bank whose statement says the rest.

The code itself is confirmed by nobody. Money is what stands on the statement; a notice only says
that it is worth reading. The bank's API here is the mock's: no public one is known to be common.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from payments.providers import bank_signature, bank_wire, base
from payments.rules import vietqr
from payments.rules.money import HCM
from payments.rules.settling import Fact, Outcome, RefundFact, RefundOutcome, of_credit
from payments.rules.suspense import Credit

PAGE = 100
MAX_PAGES = 200
MAX_TEXT = 1000
# Clocks differ, and a line may be dated a little before the code was shown.
CLOCKS_DIFFER = timedelta(minutes=15)
# Banks enter lines late, with the time at which they should have stood there.
ENTERED_LATE = timedelta(days=1)
_ID = re.compile(r"[A-Za-z0-9_\-]{1,100}")


class VietQR:
    """The city's accounts at one bank."""

    name = "vietqr"
    livemode = False  # a bank has no test mode: the address is another one
    notification_method = "POST"
    closes_pages = True  # it is shown no more; one that was seen can still be paid

    def __init__(self, wire: bank_wire.Wire, secrets: Sequence[str]) -> None:
        self._wire = wire
        self._secrets = tuple(secrets)

    # --- one try --------------------------------------------------------------------------------

    def start(self, order: base.Order) -> Fact:
        """Return the open code of one try: nothing is called, the same order is the same code."""
        return Fact(Outcome.OPEN, session_id=_reference(order))

    def fetch(self, order: base.Order, *, now: datetime) -> Fact:
        """Return what the statement says of one try: its first transfer, else open or expired."""
        came = self._first(order)
        if came is not None:
            return of_credit(came)
        over = now >= order.expires_at
        return Fact(Outcome.EXPIRED if over else Outcome.OPEN, session_id=_reference(order))

    def close(self, order: base.Order, *, now: datetime) -> Fact:
        """Stop waiting for a transfer. A code that was seen can still be paid: that comes late."""
        came = self._first(order)
        if came is not None:
            return of_credit(came)
        return Fact(Outcome.CANCELLED, session_id=_reference(order))

    def _first(self, order: base.Order) -> Credit | None:
        wanted = _reference(order)
        since = order.key_made_at - CLOCKS_DIFFER
        for line in self._lines({"from": since.isoformat(), "account": order.account}):
            if line.get("kind") == "credit" and wanted in vietqr.references_in(_text(line)):
                return _credit(line)
        return None

    def credit(self, transaction_id: str) -> Credit | None:
        """Return one line of the statement; None when it has no such credit.

        Errors: Unanswered, Refused.
        """
        if not _ID.fullmatch(transaction_id):
            return None
        try:
            line = self._wire.get(f"/v1/transactions/{transaction_id}")
        except base.Refused as refusal:
            if refusal.status != 404:
                raise
            return None
        if line.get("id") != transaction_id:
            raise base.NotOurs(f"the line answered for {transaction_id} is another one")
        return _credit(line) if line.get("kind") == "credit" else None

    # --- sending back ---------------------------------------------------------------------------

    def refund(self, order: base.RefundOrder) -> RefundFact:
        """Order a transfer back to whoever sent one, under the stored reference.

        Shape: intent_id is the transaction that is answered; an allotment adds its own name to it.
        Errors: Unanswered, Refused.
        """
        answer = self._wire.post(
            "/v1/transfers",
            {
                "reference": order.key,
                "return_of": order.intent_id.partition("/")[0],
                "amount": order.amount_vnd,
                "currency": "VND",
                "text": vietqr.plain(f"HOAN TIEN {order.refund_id.replace('_', ' ')}", 60),
            },
        )
        return _refund_fact(answer, order)

    def fetch_refund(self, order: base.RefundOrder, *, now: datetime) -> RefundFact:
        """Return what is true of one transfer back; one the bank never heard of is ordered again.

        The reference keeps that from being a second one. Errors: Unanswered, Refused.
        """
        try:
            answer = self._wire.get(f"/v1/transfers/{order.key}")
        except base.Refused as refusal:
            if refusal.status != 404:
                raise
            return self.refund(order)
        return _refund_fact(answer, order)

    # --- what comes in --------------------------------------------------------------------------

    def parse_notification(self, request: base.RawRequest, *, now: datetime) -> base.Notification:
        """Return what a signed notice is about. Errors: Forged, Unreadable."""
        try:
            bank_signature.verify(
                request.body,
                request.headers.get(bank_signature.STAMP_HEADER, ""),
                request.headers.get(bank_signature.SIGNATURE_HEADER, ""),
                secrets=self._secrets,
                now=int(now.timestamp()),
            )
        except bank_signature.SignatureInvalid as failure:
            raise base.Forged(str(failure)) from failure
        try:
            return notification(json.loads(request.body.decode("utf-8")), raw=request.body)
        except (ValueError, RecursionError, base.Unanswered) as failure:
            raise base.Unreadable("signed, but no line of a statement") from failure

    def reply(self, verdict: base.Verdict, *, fresh: bool = False) -> base.Reply:
        """Return what the bank wants to hear: 200 ends its tries, anything else repeats them."""
        if verdict in {base.Verdict.FORGED, base.Verdict.UNREADABLE}:
            return base.Reply(400, None)
        return base.Reply(200, {"received": True, "duplicate": not fresh})

    def missed(self, since: datetime) -> Sequence[base.Notification]:
        """Return the lines of the statement since then, oldest first: every notice may be lost."""
        lines = self._lines({"from": (since - ENTERED_LATE).isoformat()})
        return [
            notification(line, raw=json.dumps(line, ensure_ascii=False).encode()) for line in lines
        ]

    def list_settlement(self, day: date) -> Sequence[base.SettlementLine]:
        """Return the statement of one day in Cần Thơ, oldest first. Money that left is negative."""
        start = datetime.combine(day, time(), tzinfo=HCM)
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=HCM)
        found = []
        for line in self._lines({"from": start.isoformat(), "to": end.isoformat()}):
            amount = _whole(line.get("amount"))
            credit = line.get("kind") == "credit"
            signed = amount if credit else -amount
            ordered = "refund" if line.get("transfer") else "debit"
            found.append(
                base.SettlementLine(
                    line_id=_id(line.get("id")),
                    kind="charge" if credit else ordered,
                    source_id=_id(line.get("transfer") or line.get("id")),
                    amount_vnd=signed,
                    fee_vnd=0,
                    net_vnd=signed,
                    currency=str(line.get("currency"))[:3],
                    made_at=_moment(line.get("made_at")),
                )
            )
        return found

    def _lines(self, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        after = ""
        for _ in range(MAX_PAGES):
            asked = {**params, "limit": str(PAGE), **({"after": after} if after else {})}
            page = self._wire.get("/v1/transactions", asked)
            items = page.get("transactions")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise base.Unanswered("a statement without lines")
            yield from items
            if not page.get("more") or not items:
                return
            after = _id(items[-1].get("id"))
        raise base.Unanswered(f"a statement of more than {MAX_PAGES} pages")


def notification(line: Any, *, raw: bytes) -> base.Notification:
    """Return what a line of the statement is about. Errors: Unanswered for what is none."""
    if not isinstance(line, dict) or line.get("kind") not in {"credit", "debit"}:
        raise base.Unanswered("not a line of a statement")
    return base.Notification(
        event_id=_id(line.get("id")),
        kind=f"bank.{line['kind']}",
        livemode=VietQR.livemode,
        made_at=_moment(line.get("made_at")),
        intent_id=_id(line.get("id")),
        raw=raw,
    )


def _reference(order: base.Order) -> str:
    return order.session_id or vietqr.reference(order.key)


def _credit(line: Mapping[str, Any]) -> Credit:
    """Return a line as it is booked. Errors: Unanswered for one that makes no sense."""
    other = line.get("counterparty")
    other = other if isinstance(other, dict) else {}
    amount = _whole(line.get("amount"))
    if amount == 0:
        raise base.Unanswered("a credit of nothing")
    return Credit(
        transaction_id=_id(line.get("id")),
        account=_id(line.get("account"))[:19],
        amount_vnd=amount,
        currency=str(line.get("currency"))[:3],
        text=_text(line),
        sender_name=_clean(other.get("name"), 200),
        sender_account=_clean(other.get("account"), 50),
        made_at=_moment(line.get("made_at")),
    )


_STATES = {
    "pending": RefundOutcome.PENDING,
    "done": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
}


def _refund_fact(answer: Mapping[str, Any], order: base.RefundOrder) -> RefundFact:
    outcome = _STATES.get(str(answer.get("status")))
    if outcome is None:
        raise base.Unanswered(f"a transfer in the state {answer.get('status')!r}")
    if answer.get("reference") != order.key:
        raise base.NotOurs(f"the transfer answered for {order.refund_id} is another one")
    line = answer.get("return_transaction" if outcome == RefundOutcome.FAILED else "transaction")
    return RefundFact(
        outcome=outcome,
        refund_id=_id(answer.get("id")),
        amount_vnd=_whole(answer.get("amount")),
        currency=str(answer.get("currency"))[:3],
        failure_code=_clean(answer.get("failure"), 100),
        settlement_id=_id(line) if line else "",
    )


def _text(line: Mapping[str, Any]) -> str:
    return _clean(line.get("text"), MAX_TEXT)


def _clean(value: Any, limit: int) -> str:
    """Return text without NUL and lone surrogates, which no column takes."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")[:limit]


def _id(value: Any) -> str:
    """Return an id. Errors: Unanswered for what is none: ids go into paths and natural keys."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise base.Unanswered("an id that is none")
    return value


def _whole(value: Any) -> int:
    """Return a whole number. Errors: Unanswered for anything else, a fraction above all."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**15:
        raise base.Unanswered("an amount that is not a whole number")
    return value


def _moment(value: Any) -> datetime:
    """Return a moment. Errors: Unanswered for one without an offset."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as failure:
        raise base.Unanswered("a time that is none") from failure
    if found.tzinfo is None:
        raise base.Unanswered("a time without an offset")
    return found.astimezone(UTC)
