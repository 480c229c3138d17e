"""Stripe's dialect behind the port: Checkout Sessions, refunds, events, balance lines.

Ids are opaque; nothing is read from their prefix. What the provider received is read from the
payment intent, never from what was ordered.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from payments.providers import base, stripe_signature, stripe_wire
from payments.rules import disputes
from payments.rules.money import HCM
from payments.rules.settling import Fact, Outcome, RefundFact, RefundOutcome

logger = logging.getLogger(__name__)

# Stripe forgets keys after 24 hours and would then act again; an hour is kept as a margin.
KEY_LIFE = timedelta(hours=23)
SEARCH_WINDOW = timedelta(minutes=10)
PAGE = 100
MAX_PAGES = 50
EXPAND = [
    "payment_intent",
    "payment_intent.latest_charge",
    "payment_intent.latest_charge.balance_transaction",
]
_ID = re.compile(r"[A-Za-z0-9_\-]{1,255}")


class Stripe:
    """An account at Stripe, or at anything that speaks its wire."""

    name = "stripe"
    notification_method = "POST"
    closes_pages = True

    def __init__(self, wire: stripe_wire.Wire, secrets: Sequence[str], *, livemode: bool) -> None:
        self._wire = wire
        self._secrets = tuple(secrets)
        self.livemode = livemode

    # --- one try --------------------------------------------------------------------------------

    def start(self, order: base.Order) -> Fact:
        """Open the page for one try, under the stored key. Errors: Unanswered, Refused."""
        marks = {"fee_id": order.payment_id, "attempt_id": order.attempt_id}
        answer = self._wire.post(
            "/v1/checkout/sessions",
            {
                "mode": "payment",
                "locale": "vi",
                "client_reference_id": order.attempt_id,
                "success_url": order.return_url,
                "cancel_url": order.return_url,
                "expires_at": int(order.expires_at.timestamp()),
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "vnd",
                            "unit_amount": order.amount_vnd,
                            "product_data": {"name": order.title[:250]},
                        },
                    }
                ],
                "metadata": marks,
                "payment_intent_data": {"description": order.title[:250], "metadata": marks},
                "expand": EXPAND,
            },
            key=order.key,
        )
        return _fact(answer, order)

    def fetch(self, order: base.Order, *, now: datetime) -> Fact:
        """Return what is true of one try. Errors: Unanswered, Refused, NotOurs.

        Without the session's id the sessions of that time are searched for ours; when there is
        none, the create call is repeated under its key while that can still make a difference.
        """
        if order.session_id:
            return self._read(order, order.session_id)
        found = self._found(order)
        if found is not None:
            return found
        if now >= order.expires_at or now - order.key_made_at >= KEY_LIFE:
            return Fact(Outcome.ABSENT)
        try:
            return self.start(order)
        except base.Refused as refusal:
            if refusal.status in {401, 403}:
                raise
            request_id = refusal.request_id
        except base.Unanswered as failure:
            if not failure.replayed:
                raise
            request_id = failure.request_id
        # The call under this key ended in an error: perhaps only now, after it made a page.
        return self._found(order) or Fact(Outcome.ABSENT, request_id=request_id)

    def _found(self, order: base.Order) -> Fact | None:
        """Return what is true of a session whose id was never heard; None when there is none."""
        made = order.key_made_at
        window = {
            "gte": int((made - SEARCH_WINDOW).timestamp()),
            "lte": int((made + timedelta(days=2)).timestamp()),
        }
        for session in self._all("/v1/checkout/sessions", {"created": window}):
            if session.get("client_reference_id") == order.attempt_id:
                return self._read(order, _id(session.get("id")))
        return None

    def _read(self, order: base.Order, session_id: str) -> Fact:
        try:
            answer = self._wire.get(f"/v1/checkout/sessions/{session_id}", {"expand": EXPAND})
        except base.Refused as refusal:
            if refusal.status != 404:
                raise
            # It made this session and does not know it: another account, or lost data.
            logger.error("stripe does not know the session of %s", order.attempt_id)
            return Fact(Outcome.ABSENT, request_id=refusal.request_id)
        return _fact(answer, order)

    def close(self, order: base.Order, *, now: datetime) -> Fact:
        """Close the page if it is open, and return what is true then."""
        fact = self.fetch(order, now=now)
        if fact.outcome != Outcome.OPEN:
            return fact
        try:
            answer = self._wire.post(
                f"/v1/checkout/sessions/{fact.session_id}/expire",
                {"expand": EXPAND},
                key=f"{order.key}-close",
            )
        except base.Refused:
            # It closed in between: somebody paid, or its time came. The page says which.
            return self._read(order, fact.session_id)
        return _fact(answer, order)

    # --- refunds --------------------------------------------------------------------------------

    def refund(self, order: base.RefundOrder) -> RefundFact:
        """Give money back, under the stored key. Errors: Unanswered, Refused."""
        answer = self._wire.post(
            "/v1/refunds",
            {
                "payment_intent": order.intent_id,
                "amount": order.amount_vnd,
                "reason": "requested_by_customer",
                "metadata": {"fee_id": order.payment_id, "refund_id": order.refund_id},
                "expand": ["balance_transaction"],
            },
            key=order.key,
        )
        return _refund_fact(answer.body, answer.request_id)

    def fetch_refund(self, order: base.RefundOrder, *, now: datetime) -> RefundFact:
        """Return what is true of one refund. Errors: Unanswered, Refused."""
        if order.provider_refund_id:
            answer = self._wire.get(f"/v1/refunds/{order.provider_refund_id}")
            return _refund_fact(answer.body, answer.request_id)
        found = self._found_refund(order)
        if found is not None:
            return found
        if now - order.key_made_at >= KEY_LIFE:
            return RefundFact(RefundOutcome.ABSENT)
        try:
            return self.refund(order)
        except base.Unanswered as failure:
            if not failure.replayed:
                raise
            request_id = failure.request_id
        # The call under this key ended in an error: perhaps only now, after it gave money back.
        absent = RefundFact(RefundOutcome.ABSENT, request_id=request_id)
        return self._found_refund(order) or absent

    def _found_refund(self, order: base.RefundOrder) -> RefundFact | None:
        for item in self._all("/v1/refunds", {"payment_intent": order.intent_id}):
            if (item.get("metadata") or {}).get("refund_id") == order.refund_id:
                return _refund_fact(item, "")
        return None

    # --- disputes -------------------------------------------------------------------------------

    def fetch_dispute(self, dispute_id: str) -> disputes.Fact:
        """Return what is true of one dispute. Errors: Unanswered, Refused."""
        answer = self._wire.get(f"/v1/disputes/{dispute_id}", {"expand": ["charge"]})
        if answer.body.get("id") != dispute_id:
            raise base.NotOurs(f"the dispute answered for {dispute_id} is another one")
        return _dispute_fact(answer.body)

    # --- what comes in --------------------------------------------------------------------------

    def parse_notification(self, request: base.RawRequest, *, now: datetime) -> base.Notification:
        """Return what a signed event is about. Errors: Forged, Unreadable."""
        try:
            stripe_signature.verify(
                request.body,
                request.headers.get("Stripe-Signature", ""),
                secrets=self._secrets,
                now=int(now.timestamp()),
            )
        except stripe_signature.SignatureInvalid as failure:
            raise base.Forged(str(failure)) from failure
        try:
            event = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError) as failure:
            raise base.Unreadable("signed, but not JSON") from failure
        return notification(event, request.body)

    def reply(self, verdict: base.Verdict, *, fresh: bool = False) -> base.Reply:
        """Return 200 for all that was kept, whatever it is about: Stripe would only repeat it."""
        if verdict in {base.Verdict.FORGED, base.Verdict.UNREADABLE}:
            return base.Reply(400, None)
        return base.Reply(200, {"received": True, "duplicate": not fresh})

    def missed(self, since: datetime) -> Sequence[base.Notification]:
        """Return the events since then that this side did not take, oldest first."""
        params = {"delivery_success": False, "created": {"gte": int(since.timestamp())}}
        found = [
            notification(event, json.dumps(event, ensure_ascii=False).encode())
            for event in self._all("/v1/events", params)
        ]
        return found[::-1]

    def list_settlement(self, day: date) -> Sequence[base.SettlementLine]:
        """Return the balance lines of one day in Cần Thơ, oldest first."""
        start = datetime.combine(day, time(), tzinfo=HCM)
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=HCM)
        window = {"gte": int(start.timestamp()), "lt": int(end.timestamp())}
        lines = [
            base.SettlementLine(
                line_id=item["id"],
                kind=item["type"],
                source_id=_id(item.get("source")),
                amount_vnd=item["amount"],
                fee_vnd=item["fee"],
                net_vnd=item["net"],
                currency=str(item["currency"]).upper(),
                made_at=datetime.fromtimestamp(item["created"], tz=UTC),
            )
            for item in self._all("/v1/balance_transactions", {"created": window})
        ]
        return lines[::-1]

    def _all(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._wire.get(path, {**params, "limit": PAGE, "starting_after": after}).body
            items = page.get("data")
            if not isinstance(items, list):
                raise base.Unanswered(f"GET {path}: a list without data")
            yield from (item for item in items if isinstance(item, dict))
            if not page.get("has_more") or not items:
                return
            after = items[-1]["id"]
        raise base.Unanswered(f"GET {path}: more than {MAX_PAGES} pages")


# --- reading Stripe's objects -------------------------------------------------------------------


def _fact(answer: stripe_wire.Answer, order: base.Order) -> Fact:
    """Return what a Checkout Session says. Errors: NotOurs, Unanswered for what makes no sense."""
    session = answer.body
    if session.get("client_reference_id") != order.attempt_id or not _id(session.get("id")):
        raise base.NotOurs(f"the session answered for {order.attempt_id} is another one")
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, dict) else {"id": intent}
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {"id": charge}
    line = charge.get("balance_transaction")
    line = line if isinstance(line, dict) else {"id": line}
    problem = intent.get("last_payment_error") or {}
    outcome = _outcome(session, intent)
    return Fact(
        outcome=outcome,
        amount_vnd=_whole(intent.get("amount_received")) if outcome == Outcome.PAID else 0,
        currency=str(intent.get("currency") or session.get("currency") or "").upper()[:3],
        session_id=_id(session["id"]),
        intent_id=_id(intent.get("id")),
        charge_id=_id(charge.get("id")),
        settlement_id=_id(line.get("id")),
        fee_vnd=_whole(line.get("fee") or 0),
        checkout_url=str(session.get("url") or "")[:2000],
        decline_code=str(problem.get("decline_code") or problem.get("code") or "")[:100],
        request_id=answer.request_id,
    )


def _outcome(session: Mapping[str, Any], intent: Mapping[str, Any]) -> Outcome:
    """Return the outcome. The intent speaks first: a session may be stale, money is not."""
    match intent.get("status"):
        case "succeeded":
            return Outcome.PAID
        case "processing" | "requires_capture":
            return Outcome.PROCESSING
    match session.get("status"):
        case "open":
            return Outcome.OPEN
        case "expired":
            return Outcome.EXPIRED
        case "complete":
            if session.get("payment_status") == "paid":
                raise base.Unanswered("the session is paid and its intent is not told")
            if intent.get("status") in {"requires_payment_method", "canceled"}:
                return Outcome.DECLINED
            return Outcome.PROCESSING
    raise base.Unanswered(f"a session in the state {session.get('status')!r}")


_REFUNDS = {
    "pending": RefundOutcome.PENDING,
    "requires_action": RefundOutcome.PENDING,
    "succeeded": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}


def _refund_fact(refund: Mapping[str, Any], request_id: str) -> RefundFact:
    outcome = _REFUNDS.get(str(refund.get("status")))
    if outcome is None:
        raise base.Unanswered(f"a refund in the state {refund.get('status')!r}")
    failed = outcome == RefundOutcome.FAILED
    line = refund.get("failure_balance_transaction" if failed else "balance_transaction")
    return RefundFact(
        outcome=outcome,
        refund_id=_id(refund.get("id")),
        amount_vnd=_whole(refund.get("amount")),
        currency=str(refund.get("currency") or "").upper()[:3],
        failure_code=str(refund.get("failure_reason") or "")[:100],
        settlement_id=_id(line.get("id") if isinstance(line, dict) else line),
        request_id=request_id,
    )


_DISPUTES = {
    "warning_needs_response": disputes.State.INQUIRY,
    "warning_under_review": disputes.State.INQUIRY,
    "warning_closed": disputes.State.CLOSED,
    "prevented": disputes.State.CLOSED,
    "needs_response": disputes.State.OPEN,
    "under_review": disputes.State.OPEN,
    "won": disputes.State.WON,
    "lost": disputes.State.LOST,
}


def _dispute_fact(dispute: Mapping[str, Any]) -> disputes.Fact:
    state = _DISPUTES.get(str(dispute.get("status")))
    if state is None:
        raise base.Unanswered(f"a dispute in the state {dispute.get('status')!r}")
    charge = dispute.get("charge")
    marks = charge.get("metadata") if isinstance(charge, dict) else None
    lines = dispute.get("balance_transactions")
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return disputes.Fact(
        dispute_id=_id(dispute.get("id")),
        state=state,
        amount_vnd=_whole(dispute.get("amount")),
        currency=str(dispute.get("currency") or "").upper()[:3],
        reason=str(dispute.get("reason") or "")[:100],
        intent_id=_id(dispute.get("payment_intent")),
        charge_id=_id(charge),
        attempt_id=_id((marks or {}).get("attempt_id")),
        answer_by=datetime.fromtimestamp(due, tz=UTC) if isinstance(due, int) and due else None,
        lines=tuple(_dispute_line(line) for line in lines or [] if isinstance(line, dict)),
    )


def _dispute_line(line: Mapping[str, Any]) -> disputes.Line:
    name, amount, fee = _id(line.get("id")), line.get("amount"), line.get("fee")
    if not name or not isinstance(amount, int) or not isinstance(fee, int):
        raise base.Unanswered("a line of a dispute that makes no sense")
    return disputes.Line(name, amount, fee, str(line.get("currency") or "").upper()[:3])


def notification(event: Any, raw: bytes) -> base.Notification:
    """Return what an event is about. Errors: Unreadable for what is not an event."""
    if not isinstance(event, dict) or not _id(event.get("id")):
        raise base.Unreadable("signed, but not an event")
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    thing = thing if isinstance(thing, dict) else {}
    marks = thing.get("metadata")
    marks = marks if isinstance(marks, dict) else {}
    made = event.get("created")
    moment = made if isinstance(made, int) and 0 <= made < 2**37 else 0
    own, shape = _id(thing.get("id")), thing.get("object")
    return base.Notification(
        event_id=_id(event["id"]),
        kind="".join(c for c in str(event.get("type"))[:100] if c.isascii() and c.isprintable()),
        livemode=event.get("livemode") is True,
        made_at=datetime.fromtimestamp(moment, tz=UTC),
        attempt_id=_id(marks.get("attempt_id")),
        refund_id=_id(marks.get("refund_id")),
        session_id=own if shape == "checkout.session" else "",
        intent_id=own if shape == "payment_intent" else _id(thing.get("payment_intent")),
        provider_refund_id=own if shape == "refund" else "",
        dispute_id=own if shape == "dispute" else "",
        raw=raw,
    )


def _id(value: Any) -> str:
    """Return an id, or nothing: ids go into the database and into paths."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _whole(value: Any) -> int:
    """Return a whole number. Errors: Unanswered for anything else, a fraction above all."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**15:
        raise base.Unanswered("an amount that is not a whole number")
    return value
