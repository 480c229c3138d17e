"""What may go wrong on a page for several dues: every scenario ends with all invariants."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from common import db
from payments import queries
from payments.actions import booking, charge, settle
from payments.models import Attempt, LedgerEntry, Payment, Receipt, Refund
from tests.payments import factories, invariants
from tests.payments.factories import AGENCY, World

pytestmark = pytest.mark.django_db
OTHER = "so-tu-phap"


@pytest.fixture
def dues(world: World) -> list[Payment]:
    return world.owe_to([AGENCY, OTHER, AGENCY], factories.citizen().id)


def states(dues: list[Payment]) -> list[str]:
    return [Payment.objects.get(id=due.id).state for due in dues]


def tries(opener: Attempt) -> list[Attempt]:
    return list(Attempt.objects.of_page(opener.id).order_by("payment_id"))


def fresh(opener: Attempt) -> Attempt:
    opener.refresh_from_db()
    return opener


@pytest.mark.parametrize("received", [16_000, 17_000, 18_000, 50_999, 51_001, 1])
def test_s15_another_sum_pays_nothing_and_is_held_in_one_place(
    world: World, dues: list[Payment], received: int
) -> None:
    """Also a sum that happens to be that of one due: nobody can say which was meant."""
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    intent = world.provider.all("payment_intent")[0]["id"]
    world.provider.change(intent, amount_received=received)
    world.deliver()
    assert states(dues) == ["owed"] * 3
    assert {(one.state, one.reason) for one in tries(opener)} == {("review", "amount_differs")}
    assert sum(one.received_vnd for one in tries(opener)) == received
    [entry] = LedgerEntry.objects.order_by("id")
    assert (entry.amount_vnd, entry.attempt_id) == (received, opener.id)
    assert entry.credit_account == f"suspense:{fresh(opener).payment.agency_code}"
    assert not Receipt.objects.exists()
    with pytest.raises(charge.PaymentUnderReview):
        world.start(dues[1])


def test_s16_another_currency_pays_nothing(world: World, dues: list[Payment]) -> None:
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    world.provider.change(world.provider.all("payment_intent")[0]["id"], currency="usd")
    world.deliver()
    assert states(dues) == ["owed"] * 3
    assert {one.reason for one in tries(opener)} == {"currency_differs"}
    assert not LedgerEntry.objects.exists()


def test_one_due_is_given_back_and_the_others_stay_paid(world: World, dues: list[Payment]) -> None:
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    world.deliver()
    companion = Attempt.objects.filter(paid_with=opener).order_by("id").first()
    assert companion is not None
    due = companion.payment
    first = world.refund(due, 1_000)
    world.drain()
    world.refund(due, due.amount_vnd - 1_000)
    world.drain()
    assert sorted(states(dues)) == ["paid", "paid", "refunded"]
    intent = fresh(opener).intent_id
    assert {one["payment_intent"] for one in world.provider.all("refund")} == {intent}
    assert sum(one["amount"] for one in world.provider.all("refund")) == due.amount_vnd
    companion.refresh_from_db()
    assert (companion.refunded_vnd, fresh(opener).refunded_vnd) == (due.amount_vnd, 0)
    first.refresh_from_db()
    assert first.attempt_id == companion.id
    invariants.check_lines(world)


def test_a_lost_refund_answer_of_a_companion_is_found_by_its_page(
    world: World, dues: list[Payment]
) -> None:
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    world.deliver()
    companion = Attempt.objects.filter(paid_with=opener).order_by("id").first()
    assert companion is not None
    world.provider.lose_answer("/v1/refunds", times=3)
    world.refund(companion.payment, companion.payment.amount_vnd)
    with pytest.raises(Exception, match="refunds"):
        world.drain()
    world.heal()
    assert Refund.objects.get().state == "succeeded"
    assert len(world.provider.all("refund")) == 1
    invariants.check_lines(world)


def test_s36_cancelling_one_due_closes_the_page_and_the_others_are_paid_anew(
    world: World, dues: list[Payment]
) -> None:
    opener = world.start_checkout(dues)
    with db.transaction():
        charge.cancel(reference=dues[1].reference, now=world.now)
    world.drain()
    assert {one.state for one in tries(opener)} == {"cancelled"}
    assert world.provider.get(opener.session_id)["status"] == "expired"
    assert states(dues) == ["owed", "cancelled", "owed"]
    again = world.start_checkout([dues[0], dues[2]])
    world.provider.press(again.session_id)
    world.deliver()
    assert states(dues) == ["paid", "cancelled", "paid"]
    invariants.check_lines(world)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_s36_paid_while_one_due_is_cancelled_only_its_part_goes_back(
    world: World, dues: list[Payment], gone: int
) -> None:
    world.provider.mock.store.fee_basis_points = 110
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    with db.transaction():
        charge.cancel(reference=dues[gone].reference, now=world.now)
    world.deliver()
    expected = ["paid"] * 3
    expected[gone] = "cancelled"
    assert states(dues) == expected
    back = Refund.objects.get()
    assert (back.payment_id, back.kind, back.state) == (dues[gone].id, "suspense", "succeeded")
    assert back.amount_vnd == dues[gone].amount_vnd
    assert Attempt.objects.get(state="resolved").reason == "paid_after_cancel"
    assert queries.balances()[f"suspense:{dues[gone].agency_code}"] == 0
    assert Receipt.objects.count() == 2
    invariants.check_lines(world)


def test_s35_late_money_for_a_page_whose_dues_were_paid_elsewhere(
    world: World, dues: list[Payment]
) -> None:
    late = world.start_checkout(dues)
    world.provider.expire(late.session_id)
    world.deliver()
    world.pay(dues[0])
    second = world.start(dues[1])  # still open when the late money comes
    world.provider.press(late.session_id, force=True)
    world.deliver()
    world.heal()
    assert states(dues) == ["paid"] * 3
    ends = {one.payment_id: (one.state, one.reason) for one in tries(late)}
    assert ends == {
        dues[0].id: ("resolved", "paid_twice"),
        dues[1].id: ("paid", ""),
        dues[2].id: ("paid", ""),
    }
    second.refresh_from_db()
    assert second.state == "cancelled"
    assert [one.amount_vnd for one in Refund.objects.order_by("id")] == [dues[0].amount_vnd]
    invariants.check_lines(world)


def test_s03_the_answer_is_lost_and_only_the_sweep_is_left(
    world: World, dues: list[Payment]
) -> None:
    world.provider.lose_answer(times=3)
    with pytest.raises(charge.ProviderUnreachable):
        world.start_checkout(dues)
    assert set(Attempt.objects.values_list("state", flat=True).order_by("id")) == {"unknown"}
    world.heal()
    assert set(Attempt.objects.values_list("state", flat=True).order_by("id")) == {"open"}
    [session] = world.provider.all("checkout.session")
    world.provider.press(session["id"])
    world.heal()  # S20: no webhook ever comes
    assert states(dues) == ["paid"] * 3
    invariants.check_quiet(world)
    invariants.check_lines(world)


def test_the_provider_says_no_to_the_sum(world: World) -> None:
    citizen = factories.citizen().id
    dues = [world.owe(60_000_000, citizen_id=citizen) for _ in range(2)]
    with pytest.raises(charge.PaymentNotPossible):
        world.start_checkout(dues)
    assert set(Attempt.objects.values_list("state", flat=True).order_by("id")) == {"cancelled"}
    assert world.start(dues[0]).state == "open"


@pytest.mark.parametrize(
    ("part", "where"), [(settle, "_learn"), (booking, "post"), (booking, "settle")]
)
def test_s28_killed_in_the_middle_of_a_page(
    world: World, dues: list[Payment], monkeypatch: pytest.MonkeyPatch, part: Any, where: str
) -> None:
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    real, calls = getattr(part, where), []

    def killed(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        calls.append(where)
        if len(calls) == 2 or where == "_learn":
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(part, where, killed)
        with pytest.raises(KeyboardInterrupt):
            world.deliver("checkout.session.completed")
    assert states(dues) == ["owed"] * 3
    assert not LedgerEntry.objects.exists()
    world.heal()
    assert states(dues) == ["paid"] * 3
    assert Receipt.objects.count() == 3
    invariants.check_quiet(world)


def test_each_due_is_told_upstairs(world: World, dues: list[Payment]) -> None:
    from payments import signals

    heard: list[tuple[str, int]] = []

    def receiver(sender: object, *, reference: str, amount_vnd: int, **kwargs: object) -> None:
        heard.append((reference, amount_vnd))

    signals.payment_settled.connect(receiver)
    try:
        opener = world.start_checkout(dues)
        world.provider.press(opener.session_id)
        world.deliver()
    finally:
        signals.payment_settled.disconnect(receiver)
    assert sorted(heard) == sorted((due.reference, due.amount_vnd) for due in dues)


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_id": "cs_2"},
        {"checkout_url": "https://elsewhere"},
        {"fee_vnd": 1},
        {"closing": True},
        {"next_check_at": "2026-11-24T10:00:00+07:00"},
        {"dues": 1},
    ],
)
def test_the_database_lets_one_attempt_alone_hold_the_page(
    world: World, dues: list[Payment], wrong: dict[str, object]
) -> None:
    opener = world.start_checkout(dues)
    companions = Attempt.objects.filter(paid_with=opener)
    with pytest.raises(IntegrityError), transaction.atomic():
        companions.update(**wrong)
