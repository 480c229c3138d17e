"""The promises about money, asserted together after every scenario."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Sum

from payments import queries
from payments.models import (
    Attempt,
    LedgerEntry,
    Payment,
    Receipt,
    ReceiptSeries,
    Refund,
    SuspenseItem,
    TillDay,
    TillHandIn,
)
from payments.queries import till as reads
from tests.payments.factories import World

SECRETS = ("whsec_", "sk_test", "4242424242424242", "4000000000", "vnpay-secret")


def check(world: World, *, logs: str = "", unheard: Collection[str] = ()) -> None:
    """I1 to I8 and I10 to I12. I10 is also held at every call, by the fixture.

    Shape: unheard are intents about which this side had heard a true word that became stale.
    """
    for payment in Payment.objects.order_by("id"):
        attempts = list(Attempt.objects.filter(payment=payment).order_by("number"))
        undone = LedgerEntry.objects.filter(payment=payment, key__startswith="reversal:")
        back = list(undone.values_list("amount_vnd", "currency"))
        settled = [one for one in attempts if one.state == "paid" and one.reason != "reversed"]
        paid = payment.state in {"paid", "refunded"}
        # I1
        assert len(settled) == (1 if paid else 0)
        assert payment.captured_vnd - payment.refunded_vnd <= payment.amount_vnd
        # I2
        captures = LedgerEntry.objects.filter(payment=payment, key__startswith="capture:")
        booked = list(captures.values_list("amount_vnd", "currency"))
        assert booked == ([(payment.amount_vnd, "VND")] if paid or back else [])
        assert back in ([], booked)
        assert not back or payment.state == "cancelled"
        # I6, first half
        receipts = Receipt.objects.filter(payment=payment)
        assert receipts.filter(kind="original").count() == len(booked)
        # What was receipted, with every adjustment, is what is kept.
        receipted = receipts.aggregate(sum=Sum("change_vnd"))["sum"] or 0
        assert receipted == payment.captured_vnd - payment.refunded_vnd
        # I7
        _refunds(payment)
    # I3
    assert sum(queries.balances().values()) == 0
    # I4: what was seen before is still there, unchanged
    present = {row[0]: row for row in LedgerEntry.objects.order_by("id").values_list()}
    assert world.ledger_seen.items() <= present.items()
    world.remember_ledger()
    # I6, second half
    numbers = Counter(Receipt.objects.order_by("series").values_list("series", flat=True))
    for series, count in numbers.items():
        given = Receipt.objects.filter(series=series).order_by("number")
        assert list(given.values_list("number", flat=True)) == list(range(1, count + 1))
        assert ReceiptSeries.objects.get(series=series).last_number == count
    _pages()
    _tills()
    # I11
    assert not [secret for secret in SECRETS if secret in logs]
    # I12
    for intent in world.provider.all("payment_intent"):
        if intent["status"] == "succeeded" and intent["id"] not in unheard:
            _never_failed(intent)


def _refunds(payment: Payment) -> None:
    live = Refund.objects.filter(payment=payment, kind="fee").exclude(state="failed")
    moving = live.exclude(state="succeeded").aggregate(sum=Sum("amount_vnd"))["sum"] or 0
    gone = live.filter(state="succeeded").aggregate(sum=Sum("amount_vnd"))["sum"] or 0
    assert (payment.refunding_vnd, payment.refunded_vnd) == (moving, gone)
    assert moving + gone <= payment.captured_vnd


def _pages() -> None:
    """The dues of one page begin together, move together and part only when money came."""
    openers = Attempt.objects.filter(dues__gt=1, paid_with__isnull=True)
    for opener in openers.order_by("id"):
        page = [opener, *Attempt.objects.filter(paid_with=opener).order_by("id")]
        assert len(page) == opener.dues
        ends = {one.state for one in page}
        assert len(ends) == 1 or ends <= {"paid", "review", "resolved"}
        assert len({(one.provider, one.payer_id, one.client_key) for one in page}) == 1
        fees = LedgerEntry.objects.filter(attempt__in=page, key__startswith="provider_fee:")
        assert fees.count() <= 1


def _tills() -> None:
    """What lies in an agency's tills is what its days say; every difference is on the books."""
    lies: Counter[str] = Counter()
    differs: Counter[str] = Counter()
    days = list(TillDay.objects.order_by("id"))
    sums = reads.totals(days)
    for day in days:
        if day.counted_vnd is None:
            lies[f"till:{day.agency_code}"] += sums[day.id].cash.left_vnd
            continue
        assert day.expected_vnd == sums[day.id].cash.left_vnd
        if not TillHandIn.objects.filter(day=day).exists():
            lies[f"till:{day.agency_code}"] += day.counted_vnd
        differs[f"till_difference:{day.agency_code}"] += day.counted_vnd - day.expected_vnd
    for account, balance in queries.balances().items():
        if account.startswith("till:"):
            assert -balance == lies.pop(account, 0)
        if account.startswith("till_difference:"):
            assert balance == differs.pop(account, 0)
    assert not any(lies.values())
    assert not any(differs.values())


def _never_failed(intent: dict[str, Any]) -> None:
    attempt_id = intent["metadata"].get("attempt_id")
    for attempt in Attempt.objects.of_page(attempt_id).order_by("id"):
        if attempt.state == "resolved":
            # An officer, or the rule, sent it back: nothing of it may be held any more.
            assert not SuspenseItem.objects.filter(attempt=attempt, closed_at=None).exists()
            continue
        payment = queries.payments_of(attempt.payment.citizen_id).get(id=attempt.payment_id)
        told = queries.shown(payment).value
        assert told not in {"declined", "expired", "owed"}, told


def check_lines(world: World) -> None:
    """I9: for each line of the provider's statement local ones that add up to it, and back.

    A page for several dues is one line there and one transfer for each due here.
    """
    theirs = {line["id"]: abs(line["amount"]) for line in world.provider.all("balance_transaction")}
    rows = LedgerEntry.objects.exclude(settlement_id="").exclude(key__startswith="provider_fee:")
    ours: Counter[str] = Counter()
    for line_id, amount_vnd in rows.order_by("id").values_list("settlement_id", "amount_vnd"):
        ours[line_id] += amount_vnd
    assert ours == theirs


def check_quiet(world: World) -> None:
    """After healing and sweeping nothing is unknown any more."""
    assert not Attempt.objects.filter(state__in=["created", "calling", "unknown"]).exists()
    assert not Refund.objects.filter(state__in=["requested", "calling", "unknown"]).exists()
    assert not Payment.objects.unannounced().exists()
