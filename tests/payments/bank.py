"""The mock bank in a thread, with the words that tests use, and its promises."""

import uuid
from collections import Counter
from typing import Any

from django.db.models import Sum

from payments import queries
from payments.models import (
    Attempt,
    BankCredit,
    BankReturn,
    LedgerEntry,
    Payment,
    SuspenseItem,
    SuspenseMove,
)
from payments.providers import bank_signature
from payments.providers.bank_mock import notices
from payments.providers.bank_mock.server import Mock
from payments.reports import books
from payments.rules import vietqr
from tests.payments.factories import World

TOKEN = "token_of_the_tests"
SECRET = "notices_of_the_tests"
ACCOUNT = "DEMOH13020"  # of tests.payments.factories.AGENCY, as the seeds make it


class Bank:
    """Everything that happens at the bank, and how its notices reach us."""

    def __init__(self) -> None:
        self.mock = Mock(token=TOKEN, secret=SECRET).start()
        self.world: World

    def reset(self, world: World) -> None:
        self.mock.reset()
        self.world = world
        self.mock.bank.now = lambda: world.now.timestamp()

    def settle_in(self, settings: Any) -> None:
        settings.BANK_BASE_URL = self.mock.url
        settings.BANK_TOKEN = TOKEN
        settings.BANK_NOTICE_SECRETS = [SECRET]
        settings.BANK_READ_TIMEOUT_SECONDS = 2.0

    # --- our side -------------------------------------------------------------------------------

    def owe_and_start(self, amount_vnd: int = 16_000, **given: Any) -> tuple[Payment, Attempt]:
        payment = self.world.owe(amount_vnd, **given)
        return payment, self.world.start(payment, method="bank_transfer")

    # --- money comes ----------------------------------------------------------------------------

    def scan(self, attempt: Attempt, **given: Any) -> dict[str, Any]:
        """The payer's app reads the code and sends money: the sum and the text as they stand."""
        asked = vietqr.parse(attempt.transfer.payload)
        values: dict[str, Any] = {
            "account": asked.account,
            "amount": asked.amount_vnd,
            "text": f"MBVCB.5512.{asked.purpose.lower()}.CT tu 0011",
            **given,
        }
        return self.come(**values)

    def come(self, **values: Any) -> dict[str, Any]:
        """Let money come in; its notice is kept for `deliver`."""
        with self.mock.bank.lock:
            return self.mock.bank.credit(**values)

    def post(self, line: dict[str, Any], **given: Any) -> Any:
        """Send one notice as the bank does, or with other bytes, stamp or secret."""
        raw = given.get("raw", notices.body(line))
        stamp = given.get("stamp", int(self.world.now.timestamp()))
        headers = notices.signed(raw, given.get("secret", SECRET), stamp)
        headers |= given.get("headers", {})
        return self.world.client.post(
            "/webhooks/payments/vietqr",
            data=raw,
            content_type="application/json",
            headers=headers,
        )

    def deliver(self, line: dict[str, Any]) -> None:
        answer = self.post(line)
        assert answer.status_code == 200, answer.content
        self.world.drain()

    def paid(self, attempt: Attempt, **given: Any) -> dict[str, Any]:
        """Money comes, the notice too, and it is worked off."""
        line = self.scan(attempt, **given)
        self.deliver(line)
        attempt.refresh_from_db()
        return line

    def fault(self, action: str, path: str = "/v1/", **given: Any) -> None:
        self.mock.faults.append(
            {"action": action, "path": path, "method": "*", "times": 1, **given}
        )

    def calls(self, path: str, method: str = "POST") -> int:
        return sum((c["path"], c["method"]) == (path, method) for c in self.mock.calls)

    @property
    def debits(self) -> list[tuple[str, int]]:
        """What left: to which account of a payer, how much."""
        return [
            (line["counterparty"]["account"], line["amount"])
            for line in self.mock.bank.lines
            if line["kind"] == "debit"
        ]

    # --- promises -------------------------------------------------------------------------------

    def check(self) -> None:
        """I9 for the bank, sums of every item, and what the ledger holds apart."""
        theirs = Counter((one["id"], one["amount"]) for one in self.mock.bank.lines)
        rows = LedgerEntry.objects.exclude(settlement_id="").order_by("id")
        ours = Counter(rows.filter(_of_bank()).values_list("settlement_id", "amount_vnd"))
        assert ours == theirs
        assert list(books.check()) == []
        held: Counter[str] = Counter()
        payable: Counter[str] = Counter()
        for item in SuspenseItem.objects.order_by("id"):
            held[item.agency_code] += item.left_vnd
            payable[item.agency_code] += item.returning_vnd
            moves = SuspenseMove.objects.filter(item=item).order_by("id")
            allotted = moves.filter(kind="allot").aggregate(sum=Sum("amount_vnd"))["sum"] or 0
            assert allotted == item.allotted_vnd
            if item.credit is not None:
                orders = BankReturn.objects.filter(item=item).exclude(state="failed")
                gone = orders.aggregate(sum=Sum("amount_vnd"))["sum"] or 0
                assert gone == item.returning_vnd + item.returned_vnd
        balances = queries.balances()
        suspense = {k[9:]: v for k, v in balances.items() if k.startswith("suspense:") and v}
        assert suspense == {k: v for k, v in held.items() if v}
        bank = {k[5:]: -v for k, v in balances.items() if k.startswith("bank:") and v}
        assert bank == self._balances()
        assert BankCredit.objects.count() == sum(
            one["kind"] == "credit" for one in self.mock.bank.lines
        )

    def _balances(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for line in self.mock.bank.lines:
            sign = 1 if line["kind"] == "credit" else -1
            found[line["account"]] += sign * line["amount"]
        return {account: amount for account, amount in found.items() if amount}


def _of_bank() -> Any:
    from django.db.models import Q

    return Q(debit_account__startswith="bank:") | Q(credit_account__startswith="bank:")


def signature(raw: bytes, stamp: int, secret: str = SECRET) -> str:
    return f"v1={bank_signature.sign(raw, secret=secret, stamp=stamp)}"


def key() -> str:
    return uuid.uuid4().hex
