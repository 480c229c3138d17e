"""Telling the biller: lost answers, refusals, crashes; nothing is ever called failed in between."""

from typing import Any

import pytest

from citizens.models import Message
from common.errors import OutsideError
from payments import queries
from payments.actions import bill_notices, bills, refund
from payments.billers.mock.server import Mock
from payments.models import BillPayment, Payment, Refund
from tests.conftest import Cast
from tests.payments import invariants
from tests.payments.factories import World
from tests.payments.test_bills import AMOUNT, OF_NOVEMBER, november, pay, told

pytestmark = pytest.mark.django_db
PAYMENTS = f"/v1/billers/dien-mau/bills/{OF_NOVEMBER}/payments"


@pytest.fixture
def paid(cast: Cast, hub: Mock, world: World) -> Payment:
    """A bill whose money is there, and whose biller was not told yet."""
    payment = pay(cast.owner, world)
    world.deliver(drain=False)
    return payment


def notice(payment: Payment) -> BillPayment:
    return BillPayment.objects.get(payment=payment)


def settle(world: World) -> None:
    """Work the queue off; a biller that does not answer fails its job, as it would."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    while ProcrastinateJob.objects.filter(status="todo").exists():
        try:
            world.drain()
        except OutsideError:
            continue


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("drop_before", False),
        ("error_before", False),
        ("drop_after", True),
        ("error_after", True),
        ("truncate", True),
        ("html", True),
        ("alter", True),
    ],
)
def test_a_lost_answer_leaves_it_due_and_the_sweep_ends_it(
    cast: Cast, hub: Mock, world: World, paid: Payment, fault: str, done: bool
) -> None:
    hub.fault(fault, method="POST", change={"amount_vnd": 1} if fault == "alter" else {})
    settle(world)
    hold = notice(paid)
    assert (hold.notice, hold.checks) == ("due", 1)
    assert (OF_NOVEMBER in hub.book.payments) == done
    assert cast.owner.get(f"/api/v1/payments/{paid.id}").json()["state"] == "paid"
    assert not Refund.objects.exists()
    assert not Message.objects.filter(kind__startswith="bill_").exists()
    world.later(minutes=2)
    world.sweep()
    hold.refresh_from_db()
    assert (hold.notice, hold.next_check_at) == ("acknowledged", None)
    assert len(hub.book.payments) == 1
    assert {call["key"] for call in told(hub)} == {hold.notice_key}
    assert Message.objects.filter(kind="bill_paid").count() == 1


def test_a_biller_that_is_down_all_night_is_told_in_the_morning(
    hub: Mock, world: World, paid: Payment
) -> None:
    hub.fault("drop_before", times=1000)
    settle(world)
    for _ in range(12):
        world.later(hours=1)
        world.sweep()
    assert notice(paid).notice == "due"
    assert notice(paid).checks == 13
    hub.faults.clear()
    world.later(minutes=10)
    world.sweep()
    assert notice(paid).notice == "acknowledged"


@pytest.mark.parametrize(("status", "code"), [(401, "key_unknown"), (422, "what"), (404, "")])
def test_a_no_that_is_not_about_the_bill_ends_nothing(
    hub: Mock, world: World, paid: Payment, caplog: Any, status: int, code: str
) -> None:
    if status == 401:
        hub.api_key = "another_key"
    else:
        hub.fault("error_before", method="POST", status=status)
    try:
        settle(world)
        assert notice(paid).notice == "due"
        assert "does not take a payment" in caplog.text
        assert not Refund.objects.exists()
    finally:
        hub.api_key = "biller_key_of_the_tests"
    world.later(minutes=2)
    world.sweep()
    assert notice(paid).notice == "acknowledged"


@pytest.mark.parametrize("reason", ["already_paid", "amount_changed", "bill_withdrawn"])
def test_a_final_no_sends_the_money_back_and_says_why(
    cast: Cast, hub: Mock, world: World, paid: Payment, reason: str
) -> None:
    match reason:
        case "already_paid":
            hub.book.pay_elsewhere(OF_NOVEMBER)
        case "amount_changed":
            hub.book.raise_amount("dien-mau", OF_NOVEMBER, 1_000)
        case _:
            hub.book.change(OF_NOVEMBER, status="withdrawn")
    settle(world)
    row = Refund.objects.get()
    assert (row.amount_vnd, row.kind, row.requested_by) == (AMOUNT, "fee", f"rule:{reason}")
    [message] = Message.objects.filter(kind="bill_refused")
    assert "đơn vị phát hành báo" in message.body_vi
    assert "167.000 đồng" in message.body_vi
    assert message.user_id == paid.citizen_id
    world.deliver()
    seen = cast.owner.get(f"/api/v1/payments/{paid.id}").json()
    assert (seen["state"], seen["refunded"]["amount"]) == ("refunded", AMOUNT)
    world.heal()
    hold = notice(paid)
    assert (hold.notice, hold.reason, hold.next_check_at) == ("returned", reason, None)
    assert Message.objects.filter(kind="bill_refunded").count() == 1
    assert {name: sum_ for name, sum_ in queries.balances().items() if sum_} == {}
    assert Refund.objects.count() == 1
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_after_all_money_went_back_the_bill_may_be_paid_anew(
    cast: Cast, hub: Mock, world: World, paid: Payment
) -> None:
    hub.book.raise_amount("dien-mau", OF_NOVEMBER, 1_000)
    settle(world)
    world.deliver()
    world.heal()
    bill = november(cast.stranger)
    assert bill["status"] == "open"
    answer = cast.stranger.post(
        f"/api/v1/bills/{bill['id']}/payments", {"expected_amount_vnd": AMOUNT + 1_000}
    )
    assert answer.status_code == 201, answer.content
    second = Payment.objects.get(id=answer.json()["id"])
    assert (second.purpose, second.reference) == ("bill-2", paid.reference)


def test_s28_a_crash_between_the_refusal_and_the_refund_is_found_again(
    hub: Mock, world: World, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.book.pay_elsewhere(OF_NOVEMBER)

    def killed(**given: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(refund, "request", killed)
        with pytest.raises(KeyboardInterrupt):
            world.drain()
    assert notice(paid).notice == "refused"
    assert not Refund.objects.exists()
    world.later(minutes=2)
    world.sweep()
    world.heal()
    assert Refund.objects.get().amount_vnd == AMOUNT
    assert notice(paid).notice == "returned"
    assert Message.objects.filter(kind="bill_refused").count() == 1


def test_s30_every_step_may_run_twice(hub: Mock, world: World, paid: Payment) -> None:
    settle(world)
    for _ in range(3):
        bills.note_settled(payment_id=paid.id, now=world.now)
        bill_notices.tell(payment_id=paid.id, now=world.now)
    world.drain()
    assert len(told(hub)) == 1
    assert notice(paid).notice == "acknowledged"
    assert Message.objects.filter(kind="bill_paid").count() == 1


def test_a_fact_that_was_not_heard_is_announced_again(
    hub: Mock, world: World, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(**given: Any) -> None:
        raise RuntimeError("deaf")

    with monkeypatch.context() as broken:
        broken.setattr(bills, "note_settled", deaf)
        with pytest.raises(RuntimeError):
            world.drain()
    assert notice(paid).notice == "open"
    paid.refresh_from_db()
    assert paid.announced_at is None
    world.later(minutes=1)
    world.sweep()
    assert notice(paid).notice == "acknowledged"
