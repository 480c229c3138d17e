"""Pages for several dues under real threads, real commits, on a real socket."""

import threading
from typing import Any

import pytest
from django.db import connection

from common import db
from payments.actions import charge, settle
from payments.models import Attempt, LedgerEntry, Payment, Receipt, Refund
from payments.providers import registry
from payments.rules import settling
from tests.payments import factories, invariants
from tests.payments.benches import new_order
from tests.payments.factories import AGENCY, World, together, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "so-tu-phap"
REFUSED = (charge.AttemptInProgress, charge.DueBeingPaid)


@pytest.fixture
def dues(world: World) -> list[Payment]:
    return world.owe_to([AGENCY, OTHER, AGENCY], factories.citizen().id)


def check(results: list[Any]) -> list[Attempt]:
    """Return the pages; everybody else was refused in so many words, never by a broken lock."""
    broken = [one for one in results if not isinstance(one, (Attempt, *REFUSED))]
    assert broken == []
    return [one for one in results if isinstance(one, Attempt)]


def test_s01_one_key_tapped_by_ten_fingers(world: World, dues: list[Payment]) -> None:
    results = together(10, lambda _: world.start_checkout(dues, "key-of-one-tap"))
    assert len({page.id for page in check(results)}) == 1
    assert Attempt.objects.count() == 3
    assert len(world.provider.all("checkout.session")) == 1


def test_s02_pages_that_overlap_are_opened_at_once_and_one_wins(
    world: World, dues: list[Payment]
) -> None:
    wanted = [dues[:2], dues[1:], dues[::2], dues, dues[::-1][:2]] * 2

    def act(index: int) -> Attempt:
        return world.start_checkout(wanted[index], f"device-{index:04d}")

    assert check(together(10, act))
    live = Attempt.objects.active()
    by_due = [row.payment_id for row in live.order_by("id")]
    assert len(by_due) == len(set(by_due))  # no due on two pages
    sessions = world.provider.all("checkout.session")
    assert len(sessions) == live.filter(paid_with=None).count() == 1


def test_a_page_and_a_try_for_one_of_its_dues_at_once(world: World, dues: list[Payment]) -> None:
    def act(index: int) -> Attempt:
        if index % 2:
            return world.start_checkout(dues, f"device-{index:04d}")
        return world.start(dues[index % 3], f"device-{index:04d}")

    check(together(12, act))
    by_due = [row.payment_id for row in Attempt.objects.active().order_by("id")]
    assert len(by_due) == len(set(by_due))
    for session in world.provider.all("checkout.session"):
        world.provider.press(session["id"])
    world.heal()
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_paid_and_cancelled_at_the_same_moment(world: World, dues: list[Payment]) -> None:
    """Each due ends paid, or cancelled with its part on the way back; nothing hangs."""
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)

    def act(index: int) -> None:
        if index < 3:
            settle.ask(attempt_id=opener.id, now=world.now)
        else:
            with db.transaction():
                charge.cancel(reference=dues[index - 3].reference, now=world.now)

    assert together(5, act) == [None] * 5
    world.heal()
    states = [Payment.objects.get(id=due.id).state for due in dues]
    assert states[2] == "paid"
    assert set(states[:2]) <= {"paid", "cancelled"}
    assert Receipt.objects.count() == states.count("paid")
    invariants.check_lines(world)
    invariants.check_quiet(world)


@pytest.mark.parametrize("cancelled", [0, 1])
def test_money_that_arrives_while_its_due_is_being_cancelled_waits_and_goes_back(
    world: World, dues: list[Payment], cancelled: int
) -> None:
    """The provider's word comes after the due is cancelled and before that is committed."""
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    order = new_order(
        attempt_id=opener.id,
        payment_id=opener.payment_id,
        reference=opener.payment.reference,
        session_id=opener.session_id,
        amount_vnd=sum(due.amount_vnd for due in dues),
    )
    fact = registry.get(opener.provider).fetch(order, now=world.now)
    assert fact.outcome == settling.Outcome.PAID
    failures: list[BaseException] = []

    def settle_it() -> None:
        try:
            settle.apply_fact(attempt_id=opener.id, fact=fact, now=world.now)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    settling_it = threading.Thread(target=settle_it)
    with db.transaction():
        charge.cancel(reference=dues[cancelled].reference, now=world.now)
        settling_it.start()
        until_blocked(settling_it)
        assert settling_it.is_alive()
    settling_it.join(60)
    assert failures == []
    world.heal()
    states = [Payment.objects.get(id=due.id).state for due in dues]
    assert states == ["cancelled" if at == cancelled else "paid" for at in range(3)]
    assert Receipt.objects.count() == 2
    back = Refund.objects.get()
    assert (back.payment_id, back.amount_vnd, back.state) == (
        dues[cancelled].id,
        dues[cancelled].amount_vnd,
        "succeeded",
    )
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_refunds_of_every_due_of_a_page_at_once(world: World, dues: list[Payment]) -> None:
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    world.deliver()
    results = together(3, lambda index: world.refund(dues[index], dues[index].amount_vnd))
    assert not [one for one in results if isinstance(one, Exception)]
    world.drain()
    assert {Payment.objects.get(id=due.id).state for due in dues} == {"refunded"}
    assert LedgerEntry.objects.filter(key__startswith="refund_paid:").count() == 3
    invariants.check_lines(world)


def test_pages_of_several_dues_close_without_waiting_for_each_other(world: World) -> None:
    """Dues of one reference lie on different pages; whoever closes them takes pages in order."""
    citizen = factories.citizen().id
    rows = [
        [world.owe(reference=f"dos_{name}", purpose=f"p{n}", citizen_id=citizen) for n in range(2)]
        for name in "abcd"
    ]
    pages = [
        world.start_checkout([rows[at][n], rows[(at + 1 + n) % 4][n]])
        for n, at in ((0, 0), (0, 2), (1, 0), (1, 1))
    ]

    def act(index: int) -> None:
        with db.transaction():
            charge.cancel(reference=f"dos_{'abcd'[index]}", now=world.now)

    assert together(4, act) == [None] * 4
    world.drain()
    ends = Attempt.objects.filter(id__in=[page.id for page in pages]).order_by("id")
    assert {one.state for one in ends} == {"cancelled"}
