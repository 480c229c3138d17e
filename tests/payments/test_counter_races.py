"""Cash under real threads and real commits: one due is settled once, whatever meets."""

from typing import Any

import pytest

from common import db
from payments.actions import charge, counter, settle, till
from payments.models import (
    Attempt,
    CounterPayment,
    CounterReversal,
    LedgerEntry,
    Payment,
    Receipt,
    Refund,
    RefundPayout,
    TillDay,
)
from payments.reports import books
from tests.payments import invariants, tills
from tests.payments.factories import World, together
from tests.payments.tills import Counter, desk

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["desk"]


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(one).__name__ if isinstance(one, Exception) else "done" for one in results)


def test_cash_and_the_providers_word_at_the_same_moment(world: World, desk: Counter) -> None:
    """Exactly one settles the due; what came the other way goes back, or was never taken."""
    who = tills.cashier_of("cashier")
    for number in range(4):
        payment = world.owe(16_000)
        page = world.start(payment)
        world.provider.press(page.session_id)
        what = tills.asked(payment, f"khoa-{number:04d}")

        def act(
            index: int, payment: Payment = payment, page: Attempt = page, what: Any = what
        ) -> Any:
            if index == 0:
                return counter.take(cashier=who, asked=what, now=world.now)
            return settle.ask(attempt_id=page.id, now=world.now)

        results = together(3, act)
        assert kinds(results)[0] in {"AlreadyPaid", "done"}, results
        payment.refresh_from_db()
        assert payment.state == "paid"
    world.drain()
    world.heal()
    taken = CounterPayment.objects.count()
    assert Refund.objects.filter(kind="suspense", state="succeeded").count() == taken
    assert Receipt.objects.count() == 4
    invariants.check_lines(world)
    invariants.check_quiet(world)
    assert list(books.check()) == []


def test_cash_while_the_provider_is_silent_and_its_word_at_once(
    world: World, desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cashier got no answer; while cash is booked the provider's word comes all the same."""
    who = tills.cashier_of("cashier")
    payment = world.owe(16_000)
    page = world.start(payment)
    world.provider.press(page.session_id)
    real = settle.ask

    def silent(*, attempt_id: str, now: Any, decline_hint: str = "") -> Any:
        raise settle.base.Unanswered("silence")

    def act(index: int) -> Any:
        if index == 0:
            return counter.take(cashier=who, asked=tills.asked(payment, "khoa-0001"), now=world.now)
        return real(attempt_id=page.id, now=world.now)

    with monkeypatch.context() as broken:
        broken.setattr(settle, "ask", silent)
        results = together(2, act)
    assert kinds(results) in (["AlreadyPaid", "done"], ["done", "done"])
    world.heal()
    payment.refresh_from_db()
    taken, back = CounterPayment.objects.count(), Refund.objects.filter(state="succeeded").count()
    assert (payment.state, taken) == ("paid", back)
    invariants.check_lines(world)
    assert list(books.check()) == []


def test_two_cashiers_at_once_and_one_of_them_twice(world: World, desk: Counter) -> None:
    both = [tills.cashier_of("cashier"), tills.cashier_of("second")]
    payment = world.owe(16_000)
    results = together(
        8,
        lambda index: counter.take(
            cashier=both[index % 2], asked=tills.asked(payment, f"khoa-{index:04d}"), now=world.now
        ),
    )
    assert kinds(results) == ["AlreadyPaid"] * 7 + ["done"]
    assert (CounterPayment.objects.count(), LedgerEntry.objects.count()) == (1, 1)
    assert TillDay.objects.count() == 1


def test_one_key_in_parallel_takes_once(world: World, desk: Counter) -> None:
    who, payment = tills.cashier_of("cashier"), world.owe(16_000)
    what = tills.asked(payment, "khoa-0001")
    results = together(6, lambda _: counter.take(cashier=who, asked=what, now=world.now))
    assert results == [CounterPayment.objects.get().attempt_id] * 6


def test_the_first_takings_of_a_day_open_one_day(world: World, desk: Counter) -> None:
    who = tills.cashier_of("cashier")
    dues = [world.owe(1_000) for _ in range(6)]
    results = together(
        6,
        lambda index: counter.take(
            cashier=who, asked=tills.asked(dues[index], "khoa-0001"), now=world.now
        ),
    )
    assert kinds(results) == ["done"] * 6
    assert TillDay.objects.count() == 1


def test_a_day_closed_while_money_is_taken_counts_it_or_refuses_it(
    world: World, desk: Counter
) -> None:
    who = tills.cashier_of("cashier")
    dues = [world.owe(1_000) for _ in range(5)]
    counter.take(cashier=who, asked=tills.asked(dues[0], "khoa-0000"), now=world.now)

    def act(index: int) -> Any:
        if index == 0:
            return till.close(
                cashier_id=who.user_id, counted_vnd=9_000, note="đếm thử", now=world.now
            )
        return counter.take(cashier=who, asked=tills.asked(dues[index], "khoa-0001"), now=world.now)

    results = together(5, act)
    assert set(kinds(results)) <= {"done", "TillClosed"}
    day = TillDay.objects.get()
    assert day.expected_vnd == 1_000 * CounterPayment.objects.count()
    assert Payment.objects.filter(state="paid").count() == CounterPayment.objects.count()
    assert list(books.check()) == []


def test_a_taking_is_reversed_once(world: World, desk: Counter) -> None:
    who, payment = tills.cashier_of("cashier"), world.owe(16_000)
    made = counter.take(cashier=who, asked=tills.asked(payment, "khoa-0001"), now=world.now)

    def act(_: int) -> Any:
        with db.transaction():
            return counter.reverse(
                cashier=who,
                attempt_id=made,
                believed_vnd=16_000,
                reason="nhầm hồ sơ",
                owed_again=True,
                now=world.now,
            )

    assert kinds(together(6, act)) == ["AlreadyReversed"] * 5 + ["done"]
    assert CounterReversal.objects.count() == 1
    assert LedgerEntry.objects.filter(key__startswith="reversal:").count() == 1
    assert Payment.objects.filter(state="owed").count() == 1
    assert list(books.check()) == []


def test_reversed_and_refunded_at_once_is_one_of_them(world: World, desk: Counter) -> None:
    who, payment = tills.cashier_of("cashier"), world.owe(16_000)
    made = counter.take(cashier=who, asked=tills.asked(payment, "khoa-0001"), now=world.now)

    def act(index: int) -> Any:
        if index % 2:
            with db.transaction():
                return counter.reverse(
                    cashier=who,
                    attempt_id=made,
                    believed_vnd=16_000,
                    reason="nhầm hồ sơ",
                    owed_again=True,
                    now=world.now,
                )
        return world.refund(payment, 16_000, expected_refundable_vnd=16_000)

    results = together(4, act)
    assert kinds(results).count("done") == 1
    refused = set(kinds(results)) - {"done"}
    assert refused <= {"AlreadyReversed", "RefundableAmountStale"}, results
    world.drain()
    assert list(books.check()) == []


def test_a_refund_is_paid_out_once_by_one_cashier(world: World, desk: Counter) -> None:
    both = [tills.cashier_of("cashier"), tills.cashier_of("second")]
    payment = world.owe(16_000)
    for who, due in zip(both, (payment, world.owe(16_000)), strict=True):
        counter.take(cashier=who, asked=tills.asked(due, "khoa-0001"), now=world.now)
    refund = world.refund(payment, 16_000)
    world.drain()

    def act(index: int) -> None:
        counter.pay_out(
            cashier=both[index % 2],
            refund_id=refund.id,
            believed_vnd=16_000,
            reference="",
            client_key=f"khoa-{index:04d}",
            now=world.now,
        )

    assert kinds(together(6, act)) == ["PaidOutBefore"] * 5 + ["done"]
    world.drain()
    assert RefundPayout.objects.count() == 1
    assert list(books.check()) == []


def test_cash_and_a_new_page_at_the_same_moment(world: World, desk: Counter) -> None:
    who, payment = tills.cashier_of("cashier"), world.owe(16_000)

    def act(index: int) -> Any:
        if index == 0:
            return counter.take(cashier=who, asked=tills.asked(payment, "khoa-0001"), now=world.now)
        return world.start(payment, f"may-{index:04d}")

    results = together(4, act)
    broken = [
        one
        for one in results
        if isinstance(one, Exception)
        and not isinstance(
            one, (charge.PaymentNotOwed, charge.AttemptInProgress, charge.DueBeingPaid)
        )
    ]
    assert broken == []
    for session in world.provider.all("checkout.session"):
        if session["status"] == "open":
            world.provider.press(session["id"])
    world.heal()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert CounterPayment.objects.count() == 1
    invariants.check_lines(world)
    invariants.check_quiet(world)
    assert list(books.check()) == []
