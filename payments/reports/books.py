"""The books against themselves: every sum that is kept is built anew from the transfers.

Reads only. What it finds is a bug or somebody's tampering, never a state of affairs.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, F, Max, Min, Q, Sum

from payments import queries
from payments.models import (
    Attempt,
    BankCredit,
    BankReturn,
    BankTransfer,
    Dispute,
    LedgerEntry,
    Payment,
    Receipt,
    ReceiptSeries,
    Refund,
    SuspenseItem,
)
from payments.rules import money, states

OPEN = [state.value for state in states.OPEN_REFUNDS]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One sum that does not hold: about what, what is kept, what the transfers say."""

    what: str
    about: str
    kept: int
    booked: int

    def __str__(self) -> str:
        return f"{self.what} {self.about}: kept {self.kept}, booked {self.booked}"


def check() -> Iterator[Finding]:
    """Yield everything that does not hold. Read it in one transaction to see one moment."""
    yield from _balance()
    yield from _payments()
    yield from _attempts()
    yield from _transfers()
    yield from _held()
    yield from _set_aside()
    yield from _sent_back()
    yield from _disputes()
    yield from _receipts()


def _sums(prefix: str, owner: str) -> dict[str, int]:
    """Return the transfers whose key begins so, summed by what they belong to."""
    rows = (
        LedgerEntry.objects.filter(key__startswith=prefix)
        .order_by(owner)
        .values_list(owner)
        .annotate(Sum("amount_vnd"))
    )
    return {name: total for name, total in rows if name is not None}


def _differ(what: str, kept: dict[str, int], booked: dict[str, int]) -> Iterator[Finding]:
    for name in sorted({*kept, *booked}):
        if kept.get(name, 0) != booked.get(name, 0):
            yield Finding(what, name, kept.get(name, 0), booked.get(name, 0))


def _balance() -> Iterator[Finding]:
    total = sum(queries.balances().values())
    if total:
        yield Finding("balance", "all accounts", 0, total)


def _payments() -> Iterator[Finding]:
    rows = Payment.objects.exclude(captured_vnd=0, refunded_vnd=0, refunding_vnd=0).order_by("id")
    captured, refunded, refunding = {}, {}, {}
    for name, one, two, three in rows.values_list(
        "id", "captured_vnd", "refunded_vnd", "refunding_vnd"
    ):
        captured[name], refunded[name], refunding[name] = one, two, three
    booked = _sums("capture:", "payment_id")
    for name, total in _sums("reversal:", "payment_id").items():
        booked[name] -= total
    yield from _differ("captured", captured, booked)
    fees = Refund.objects.filter(kind=Refund.Kind.FEE)
    for what, kept, wanted in (
        ("refunded", refunded, Q(state=states.Refund.SUCCEEDED.value)),
        ("refunding", refunding, Q(state__in=OPEN)),
    ):
        moved = fees.filter(wanted).order_by("payment_id").values_list("payment_id")
        yield from _differ(
            what,
            {name: total for name, total in kept.items() if total},
            dict(moved.annotate(Sum("amount_vnd"))),
        )


def _attempts() -> Iterator[Finding]:
    """What a gateway took. Several transfers may name one try: see `_transfers`."""
    rows = Attempt.objects.filter(received_vnd__gt=0, account="").order_by("id")
    transferred = set(Attempt.objects.exclude(account="").values_list("id", flat=True))
    # Money that was held apart and then captured came in once.
    booked = _sums("suspense:", "attempt_id")
    for name, total in _sums("capture:", "attempt_id").items():
        booked[name] = max(total, booked.get(name, 0))
    booked = {name: total for name, total in booked.items() if name not in transferred}
    yield from _differ("received", dict(rows.values_list("id", "received_vnd")), booked)


def _transfers() -> Iterator[Finding]:
    """Every line of a bank's statement that was taken is booked once, and under its try."""
    rows = LedgerEntry.objects.filter(debit_account__startswith=money.bank(""))
    lines = rows.order_by("settlement_id").values_list("settlement_id")
    credits = BankCredit.objects.order_by("transaction_id")
    yield from _differ(
        "transfer",
        dict(credits.values_list("transaction_id", "amount_vnd")),
        dict(lines.annotate(Sum("amount_vnd"))),
    )
    arrived = BankTransfer.objects.filter(arrived_vnd__gt=0).order_by("attempt_id")
    named = rows.filter(attempt__isnull=False).order_by("attempt_id").values_list("attempt_id")
    yield from _differ(
        "arrived",
        dict(arrived.values_list("attempt_id", "arrived_vnd")),
        dict(named.annotate(Sum("amount_vnd"))),
    )


def _held() -> Iterator[Finding]:
    """What an agency's desk has still to decide on is what its suspense account holds."""
    left = F("received_vnd") - F("allotted_vnd") - F("returning_vnd") - F("returned_vnd")
    rows = SuspenseItem.objects.order_by("agency_code").values_list("agency_code")
    kept = {money.suspense(agency): total for agency, total in rows.annotate(total=Sum(left))}
    balances = {
        account: total
        for account, total in queries.balances().items()
        if account.startswith(money.suspense("")) and total
    }
    yield from _differ("held", {name: total for name, total in kept.items() if total}, balances)


def _set_aside() -> Iterator[Finding]:
    """A refund's transfers say what its state says; what is set aside is what is on its way."""
    set_aside, released = _sums("refund:", "refund_id"), _sums("refund_released:", "refund_id")
    paid, returned = _sums("refund_paid:", "refund_id"), _sums("refund_returned:", "refund_id")
    payable: dict[str, int] = defaultdict(int)
    left: dict[str, int] = {}
    rows = Refund.objects.order_by("id").values_list(
        "id", "state", "amount_vnd", "payment__agency_code"
    )
    for name, state, amount, agency in rows:
        waiting = state in OPEN
        arrived = state == states.Refund.SUCCEEDED
        left[name] = amount if waiting else 0
        if waiting:
            payable[money.refund_payable(agency)] += amount
        booked = set_aside.get(name, 0) - released.get(name, 0)
        if booked != (amount if waiting or arrived else 0):
            yield Finding("refund set aside", name, amount, booked)
        sent = paid.get(name, 0) - returned.get(name, 0)
        if sent != (amount if arrived else 0):
            yield Finding("refund paid", name, amount if arrived else 0, sent)
    balances: dict[str, int] = defaultdict(int)
    for side, sign in (("credit_account", 1), ("debit_account", -1)):
        moved = LedgerEntry.objects.filter(
            **{f"{side}__startswith": "refund_payable:"}, refund__isnull=False
        )
        for account, total in moved.order_by(side).values_list(side).annotate(Sum("amount_vnd")):
            balances[account] += sign * total
    yield from _differ("set aside", dict(payable), balances)


def _sent_back() -> Iterator[Finding]:
    """What was ordered from the bank, and what it sent, is what the ledger says of each order."""
    wanted: dict[str, dict[str, int]] = {"refund": {}, "refund_paid": {}}
    for name, state, amount in BankReturn.objects.order_by("id").values_list(
        "id", "state", "amount_vnd"
    ):
        arrived = state == states.Refund.SUCCEEDED
        wanted["refund"][name] = amount if arrived or state in OPEN else 0
        wanted["refund_paid"][name] = amount if arrived else 0
    for what, kept in wanted.items():
        booked = {name: total for name, total in _by_key(f"{what}:brt_").items() if total}
        if what == "refund":
            for name, total in _by_key("refund_released:brt_").items():
                booked[name] = booked.get(name, 0) - total
        yield from _differ(f"return, {what}", kept, booked)


def _by_key(prefix: str) -> dict[str, int]:
    rows = LedgerEntry.objects.filter(key__startswith=prefix).order_by("key")
    return {key.partition(":")[2]: amount for key, amount in rows.values_list("key", "amount_vnd")}


def _disputes() -> Iterator[Finding]:
    rows = (
        Dispute.objects.order_by("payment__agency_code")
        .values_list("payment__agency_code")
        .annotate(Sum("withdrawn_vnd"), Sum("returned_vnd"))
    )
    kept = {
        money.disputed(agency): returned - withdrawn
        for agency, withdrawn, returned in rows
        if returned != withdrawn
    }
    balances = {
        account: total
        for account, total in queries.balances().items()
        if account.startswith("disputed:") and total
    }
    yield from _differ("disputed", kept, balances)


def _receipts() -> Iterator[Finding]:
    """What was receipted, with every adjustment, is what is kept; no gap in any series."""
    kept = F("captured_vnd") - F("refunded_vnd")
    settled = dict(
        Payment.objects.filter(captured_vnd__gt=0).order_by("id").values_list("id", kept)
    )
    issued = dict(
        Receipt.objects.order_by("payment_id").values_list("payment_id").annotate(Sum("change_vnd"))
    )
    yield from _differ("receipt", issued, settled)
    numbers = {
        series: (first, last, count)
        for series, first, last, count in Receipt.objects.order_by("series")
        .values_list("series")
        .annotate(Min("number"), Max("number"), Count("id"))
    }
    last = dict(ReceiptSeries.objects.order_by("series").values_list("series", "last_number"))
    for series in sorted({*numbers, *last}):
        first, highest, count = numbers.get(series, (1, 0, 0))
        given = last.get(series, 0)
        if (first, highest, count) != (1, given, given):
            yield Finding("series", series, given, count)


def totals() -> dict[str, int]:
    """Return the balance of every account, rebuilt from the transfers. Credits positive."""
    return dict(sorted(queries.balances().items()))
