"""Each provider behind the port, with the words of the contract: a third one adds a bench."""

import dataclasses
import datetime
import uuid
from typing import Any, Protocol

from common import clock
from payments.providers import base, registry
from payments.providers.bank_mock import notices
from payments.rules import vietqr
from tests import fakes, fakes_vnpay
from tests.payments import bank

NOW = datetime.datetime(2026, 11, 24, 3, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


def new_order(**given: Any) -> base.Order:
    values: dict[str, Any] = {
        "attempt_id": f"att_{uuid.uuid4().hex}",
        "payment_id": "pay_1",
        "reference": "dos_1",
        "key": uuid.uuid4().hex,
        "key_made_at": NOW,
        "amount_vnd": 50_000,
        "title": "H13.020-261124-0001 Lệ phí trích lục",
        "return_url": "canthosmart://back",
        "expires_at": NOW + HOUR,
        **given,
    }
    return base.Order(**values)


def new_refund(order: base.Order, amount_vnd: int = 50_000, **given: Any) -> base.RefundOrder:
    values: dict[str, Any] = {
        "refund_id": f"rfd_{uuid.uuid4().hex}",
        "payment_id": "pay_1",
        "key": uuid.uuid4().hex,
        "key_made_at": NOW,
        "amount_vnd": amount_vnd,
        "intent_id": order.intent_id,
        "attempt_id": order.attempt_id,
        "attempt_made_at": order.key_made_at,
        "received_vnd": order.amount_vnd,
        "called_at": NOW,
        **given,
    }
    return base.RefundOrder(**values)


class Bench(Protocol):
    """What the contract does to a provider from the outside."""

    port: base.Provider

    def open(self, order: base.Order) -> base.Order:
        """Start, and let the payer look at the page; return the order with its session."""

    def press(self, order: base.Order) -> None:
        """The payer pays on the page."""

    def turn_away(self, order: base.Order) -> str:
        """The payer has too little; return the code that this must be told as."""

    def paid_count(self) -> int:
        """How many payments the provider took."""

    def say_amount(self, order: base.Order, amount: Any) -> None:
        """Make the provider say that it received something else, in its own units for đồng."""

    def lose(self, what: str, *, times: int = 1) -> None:
        """It does it, the answer never arrives: fetch or refund."""

    def go_down(self) -> None:
        """Nothing gets through."""

    def come_back(self) -> None:
        """Everything gets through."""

    def theirs(self, order: base.Order) -> base.Order:
        """Return an order for which the provider will speak of another one's payment."""

    def refund_count(self) -> int:
        """How many refunds the provider took in."""

    def settle_refunds(self, *, good: bool) -> None:
        """The payer's bank takes the refunds, or turns them away."""

    def told(self, order: base.Order) -> base.RawRequest:
        """The notification of the payment, as it was sent."""

    def forgeries(self, order: base.Order) -> list[base.RawRequest]:
        """Notifications that nobody at the provider signed."""


def paid(bench: Bench, **given: Any) -> base.Order:
    """Return an order that was paid, with what the provider calls it."""
    order = bench.open(new_order(**given))
    bench.press(order)
    fact = bench.port.fetch(order, now=NOW)
    return dataclasses.replace(order, intent_id=fact.intent_id)


class StripeBench:
    """Stripe, played by its mock."""

    def __init__(self, provider: fakes.Provider) -> None:
        self.provider = provider
        self.port = registry.get("stripe")

    def open(self, order: base.Order) -> base.Order:
        return dataclasses.replace(order, session_id=self.port.start(order).session_id)

    def press(self, order: base.Order) -> None:
        assert self.provider.press(order.session_id) == ""

    def turn_away(self, order: base.Order) -> str:
        return self.provider.press(order.session_id, "4000000000009995")

    def paid_count(self) -> int:
        intents = self.provider.all("payment_intent")
        return sum(intent["status"] == "succeeded" for intent in intents)

    def say_amount(self, order: base.Order, amount: Any) -> None:
        self.provider.change(order.intent_id, amount_received=amount)

    def lose(self, what: str, *, times: int = 1) -> None:
        method, path = {"fetch": ("GET", fakes.SESSIONS), "refund": ("POST", fakes.REFUNDS)}[what]
        self.provider.lose_answer(path, times=times * 3, method=method)  # its wire tries thrice

    def go_down(self) -> None:
        self.provider.go_down()

    def come_back(self) -> None:
        self.provider.come_back()

    def theirs(self, order: base.Order) -> base.Order:
        return dataclasses.replace(new_order(), session_id=order.session_id)

    def refund_count(self) -> int:
        return len(self.provider.all("refund"))

    def settle_refunds(self, *, good: bool) -> None:
        for refund in self.provider.all("refund"):
            if not good:
                self.provider.fail_refund(refund["id"])

    def told(self, order: base.Order) -> base.RawRequest:
        events = self.provider.events("checkout.session.completed")
        mine = [e for e in events if e["data"]["object"]["id"] == order.session_id]
        return _post(*self.provider.envelope(mine[0]))

    def forgeries(self, order: base.Order) -> list[base.RawRequest]:
        raw = self.told(order).body
        other = self.provider.sign(raw, secrets=["whsec_of_a_thief"])
        good = self.provider.sign(raw)
        return [_post(raw, other), _post(raw, ""), _post(raw + b" ", good), _post(b"{}", good)]


def _post(raw: bytes, header: str) -> base.RawRequest:
    return base.RawRequest("POST", "", raw, {"Stripe-Signature": header})


class VnpayBench:
    """VNPay, played by its stub."""

    def __init__(self, provider: fakes_vnpay.Vnpay) -> None:
        self.provider = provider
        self.port = registry.get("vnpay")

    def open(self, order: base.Order) -> base.Order:
        fact = self.port.start(order)
        assert "Hủy giao dịch" in self.provider.visit(fact.checkout_url).text
        return dataclasses.replace(order, session_id=fact.session_id)

    def press(self, order: base.Order) -> None:
        self.provider.end(order.session_id)

    def turn_away(self, order: base.Order) -> str:
        self.provider.end(order.session_id, "51")
        return ""  # querydr tells that, the IPN tells why

    def paid_count(self) -> int:
        return sum(tx["status"] == "00" for tx in self.provider.all())

    def say_amount(self, order: base.Order, amount: Any) -> None:
        self.provider.change(
            order.session_id, amount=amount * 100 if isinstance(amount, int) else amount
        )

    def lose(self, what: str, *, times: int = 1) -> None:
        command = {"fetch": "querydr", "refund": "refund"}[what]
        self.provider.fault("drop_after", command, times=times)

    def go_down(self) -> None:
        self.provider.go_down()

    def come_back(self) -> None:
        self.provider.come_back()

    def theirs(self, order: base.Order) -> base.Order:
        self.provider.fault("alter", "querydr", change={"vnp_TxnRef": "attofanotherone"})
        return order

    def refund_count(self) -> int:
        return len(self.provider.refunds())

    def settle_refunds(self, *, good: bool) -> None:
        self.provider.settle_refunds("00" if good else "09")

    def told(self, order: base.Order) -> base.RawRequest:
        mine = [query for query in self.provider.ipns() if order.session_id in query]
        return _get(mine[0])

    def forgeries(self, order: base.Order) -> list[base.RawRequest]:
        query = self.told(order).query
        return [
            _get(query.replace("5000000", "6000000")),
            _get(query[:-1] + ("0" if query[-1] != "0" else "1")),
            _get(query.partition("&vnp_SecureHash=")[0]),
            _get(query + "&vnp_Amount=100"),
            _get(query + "&vnp_New=1"),
            _get(fakes_vnpay.signed("secret-of-a-thief", vnp_TxnRef=order.session_id)),
            _get(fakes_vnpay.signed(vnp_TmnCode="OTHERTMN", vnp_TxnRef=order.session_id)),
            _get(""),
            _get("vnp_SecureHash=%ff"),
            _get("a=1&" * 5000),
        ]


def _get(query: str) -> base.RawRequest:
    return base.RawRequest("GET", query, b"", {})


class BankBench:
    """A bank behind transfers by VietQR, played by its mock: a code is scanned, no page opened."""

    def __init__(self, process: bank.Bank) -> None:
        self.mock = process.mock
        self.mock.reset()
        self.mock.bank.now = lambda: clock.now().timestamp()
        self.mock.bank.next_outcomes = ["pending"] * 10
        self.port = registry.get("vietqr")

    def open(self, order: base.Order) -> base.Order:
        return dataclasses.replace(order, session_id=self.port.start(order).session_id)

    def press(self, order: base.Order) -> None:
        text = f"MBVCB.77.{vietqr.purpose(order.session_id).lower()}.CT tu 0011"
        self.mock.bank.credit(bank.ACCOUNT, order.amount_vnd, text)

    def turn_away(self, order: base.Order) -> str:
        raise NotImplementedError  # nobody is in front of a page

    def paid_count(self) -> int:
        return sum(line["kind"] == "credit" for line in self.mock.bank.lines)

    def say_amount(self, order: base.Order, amount: Any) -> None:
        self._line(order)["amount"] = amount

    def lose(self, what: str, *, times: int = 1) -> None:
        method, path = {"fetch": ("GET", "/v1/transactions"), "refund": ("POST", "/v1/transfers")}[
            what
        ]
        self._fault("drop_after", method=method, path=path, times=times)

    def go_down(self) -> None:
        self._fault("drop_before", method="*", path="/v1/", times=1000)

    def come_back(self) -> None:
        self.mock.faults.clear()

    def theirs(self, order: base.Order) -> base.Order:
        raise NotImplementedError  # a line is found by the reference in it, never by an id

    def refund_count(self) -> int:
        return len(self.mock.bank.transfers)

    def settle_refunds(self, *, good: bool) -> None:
        for reference, made in list(self.mock.bank.transfers.items()):
            if made["status"] == "pending":
                self.mock.bank.settle(reference, "done" if good else "failed")

    def told(self, order: base.Order) -> base.RawRequest:
        return self._sent(notices.body(self._line(order)))

    def forgeries(self, order: base.Order) -> list[base.RawRequest]:
        raw = self.told(order).body
        good = self._sent(raw).headers
        late = int(NOW.timestamp()) - 3600
        return [
            self._sent(raw, secret="notices_of_a_thief"),
            self._sent(raw, stamp=late),
            base.RawRequest("POST", "", raw, {}),
            base.RawRequest("POST", "", raw + b" ", good),
        ]

    def _line(self, order: base.Order) -> dict[str, Any]:
        wanted = vietqr.purpose(order.session_id).lower()
        return next(line for line in self.mock.bank.lines if wanted in line["text"])

    def _fault(self, action: str, **given: Any) -> None:
        self.mock.faults.append({"action": action, **given})

    def _sent(self, raw: bytes, *, secret: str = bank.SECRET, stamp: int = 0) -> base.RawRequest:
        headers = notices.signed(raw, secret, stamp or int(NOW.timestamp()))
        return base.RawRequest("POST", "", raw, headers)
