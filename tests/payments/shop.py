"""A world in which citizens pay through VNPay."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from payments import queries
from payments.models import Attempt, LedgerEntry, Payment
from payments.providers import registry, vnpay
from payments.rules.money import HCM
from tests.fakes import Provider
from tests.fakes_vnpay import Vnpay
from tests.payments.factories import World

TAKEN = {"00", "04", "07"}


class Shop(World):
    """The words of the scenarios, for VNPay."""

    def __init__(
        self, provider: Provider, gateway: Vnpay, traveller: Any, drain: Callable[[], int]
    ) -> None:
        super().__init__(provider, traveller, drain)
        self.vnpay = gateway

    def go(self, payment: Payment, **given: Any) -> Attempt:
        """Start a try at VNPay and open its page."""
        attempt = self.start(payment, method="vnpay", **given)
        assert "CỔNG MÔ PHỎNG" in self.vnpay.visit(attempt.checkout_url).text
        return attempt

    def say(self, query: str, client: Client | None = None) -> str:
        """Deliver an IPN; return the code that VNPay reads."""
        answer = (client or self.client).get(f"/webhooks/payments/vnpay?{query}")
        assert answer.status_code == 200, answer.content
        assert set(answer.json()) == {"RspCode", "Message"}
        return str(answer.json()["RspCode"])

    def deliver(self, kind: str = "", *, drain: bool = True) -> int:
        """Deliver the IPNs that were not delivered yet; return how many."""
        fresh = [query for query in self.vnpay.ipns() if query not in self.sent]
        for query in fresh:
            self.sent.add(query)
            assert self.say(query) in {"00", "02"}
        if drain:
            self.drain()
        return len(fresh)

    def pay(self, payment: Payment) -> Attempt:
        attempt = self.go(payment)
        self.vnpay.end(attempt.session_id)
        self.deliver()
        payment.refresh_from_db()
        attempt.refresh_from_db()
        assert payment.state == "paid"
        return attempt

    def told(self, payment: Payment) -> str:
        """Return what the app is told."""
        fresh = queries.payments_of(payment.citizen_id).get(id=payment.id)
        return queries.shown(fresh).value

    def check_told(self) -> None:
        """I12: nobody is told that it failed while their money is taken."""
        for tx in self.vnpay.all():
            attempt = Attempt.objects.filter(id=vnpay.attempt_of(tx["ref"])).first()
            if attempt is not None and tx["status"] in TAKEN:
                assert self.told(attempt.payment) not in {"declined", "expired", "owed"}

    def check_lines(self) -> None:
        """I9: one local line for each line of VNPay's statement, and back."""
        port = registry.get("vnpay")
        days = {entry.posted_at.astimezone(HCM).date() for entry in LedgerEntry.objects.all()}
        lines = [line for day in sorted(days) for line in port.list_settlement(day)]
        theirs = Counter((line.line_id, abs(line.amount_vnd)) for line in lines)
        rows = LedgerEntry.objects.exclude(settlement_id="").filter(attempt__provider="vnpay")
        ours = Counter(rows.order_by("id").values_list("settlement_id", "amount_vnd"))
        assert ours == theirs


def params_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
