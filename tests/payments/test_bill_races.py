"""One bill and many people at once: real threads, real commits."""

from typing import Any

import pytest

from payments import queries
from payments.actions import bill_notices, bills, charge, saved_bills, stalls
from payments.billers.mock.server import Mock
from payments.models import (
    Attempt,
    Bill,
    BillPayment,
    Payment,
    SavedBill,
    Stall,
    StallSale,
)
from tests.payments.factories import World, citizen, together
from tests.payments.test_bills import AMOUNT, OF_NOVEMBER, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bill(hub: Mock, world: World, monkeypatch: pytest.MonkeyPatch) -> Bill:
    from payments.actions import billers

    monkeypatch.setattr(billers, "WAIT_FOR_A_TURN_SECONDS", 30.0)
    bills.look_up(biller_code="dien-mau", customer_code="MPD0000001", now=world.now)
    return Bill.objects.get(number=OF_NOVEMBER)


def open_for(bill: Bill, citizen_id: str, world: World) -> str:
    return bills.open_payment(
        bill_id=bill.id,
        citizen_id=citizen_id,
        payer_name="Nguyễn Thị Thử",
        expected_amount_vnd=AMOUNT,
        now=world.now,
    )


def test_one_person_with_many_phones_opens_one_payment(bill: Bill, world: World) -> None:
    me = citizen().id
    results = together(8, lambda _: open_for(bill, me, world))
    assert results == [Payment.objects.get().id] * 8
    assert BillPayment.objects.count() == 1


def test_two_people_race_to_pay_and_one_page_opens(
    bill: Bill, world: World, hub: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge, "WAIT_FOR_A_TURN_SECONDS", 30.0)
    people = [citizen().id for _ in range(6)]

    def race(index: int) -> Attempt:
        payment_id = open_for(bill, people[index], world)
        attempt_id = charge.start_attempt(
            payment_id=payment_id,
            citizen_id=people[index],
            client_key=f"key-of-{index}",
            now=world.now,
        )
        return Attempt.objects.get(id=attempt_id)

    results = together(6, race)
    pages = [one for one in results if isinstance(one, Attempt)]
    others = [one for one in results if not isinstance(one, Attempt)]
    assert len(pages) == 1, results
    # Told that it is being paid, or that another took the place they had not paid for.
    assert {type(one) for one in others} <= {bills.BillBeingPaid, charge.PaymentNotOwed}
    assert BillPayment.objects.holding().count() == 1
    assert Payment.objects.filter(state="owed").count() == 1
    world.provider.press(pages[0].session_id)
    world.deliver()
    assert Payment.objects.filter(state="paid").count() == 1
    assert len(told(hub)) == 1
    assert queries.balances()["biller_payable:dien-mau"] == AMOUNT


def test_the_database_itself_refuses_a_second_hold(bill: Bill, world: World) -> None:
    from django.db import IntegrityError

    from common import db

    open_for(bill, citizen().id, world)
    other = world.owe(AMOUNT)
    with pytest.raises(IntegrityError, match="payments_billpayment_one_holds"), db.transaction():
        BillPayment.objects.create(
            payment=other, bill=bill, notice="open", notice_key="k", opened_at=world.now
        )
    assert BillPayment.objects.count() == 1


def test_giving_way_and_starting_to_pay_at_once(
    bill: Bill, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge, "WAIT_FOR_A_TURN_SECONDS", 30.0)
    first, second = citizen().id, citizen().id
    payment_id = open_for(bill, first, world)

    def act(index: int) -> Any:
        if index % 2:
            return open_for(bill, second, world)
        return charge.start_attempt(
            payment_id=payment_id, citizen_id=first, client_key="one-tap-0001", now=world.now
        )

    together(4, act)
    owed = Payment.objects.get(state="owed")
    assert Attempt.objects.exclude(payment=owed).active().count() == 0
    assert BillPayment.objects.holding().get().payment_id == owed.id


def test_many_workers_tell_the_biller_and_it_books_once(
    bill: Bill, world: World, hub: Mock
) -> None:
    me = citizen().id
    payment = Payment.objects.get(id=open_for(bill, me, world))
    world.provider.press(world.start(payment).session_id)
    world.deliver(drain=False)
    world.drain()
    hub.book.clear()
    BillPayment.objects.update(notice="due", next_check_at=world.now, biller_reference="")
    results = together(6, lambda _: bill_notices.tell(payment_id=payment.id, now=world.now))
    assert results == [None] * 6
    assert len(hub.book.payments) == 1
    assert {call["key"] for call in told(hub)} == {BillPayment.objects.get().notice_key}
    assert BillPayment.objects.get().notice == "acknowledged"


def test_the_limit_of_saved_codes_holds_for_many_phones(hub: Mock, world: World) -> None:
    me = citizen().id

    def save(index: int) -> SavedBill:
        return saved_bills.save(
            citizen_id=me,
            biller_code="dien-mau",
            customer_code=f"MPD{index:07d}",
            label="Nhà",
            now=world.now,
        )

    for index in range(18):
        save(index)
    results = together(6, lambda index: save(100 + index))
    assert sum(isinstance(one, SavedBill) for one in results) == 2
    assert {type(one) for one in results} == {SavedBill, saved_bills.TooManySavedBills}
    assert SavedBill.objects.count() == 20


def test_an_invitation_works_once(hub: Mock, world: World) -> None:
    people = [citizen().id for _ in range(6)]
    results = together(
        6,
        lambda index: stalls.enrol(
            citizen_id=people[index],
            market="cho-mau-1",
            stall_code="A01",
            invitation_code="MOPHONG-A01-2026",
            now=world.now,
        ),
    )
    [mine] = [one for one in results if isinstance(one, Stall)]
    assert {type(one) for one in results} == {Stall, stalls.InvitationUnknown}
    assert Stall.objects.get(code="cho-mau-1-a01").seller_id == mine.seller_id


def test_the_limit_of_unpaid_sales_holds_for_many_phones(hub: Mock, world: World) -> None:
    stalls.enrol(
        citizen_id=citizen().id,
        market="cho-mau-1",
        stall_code="A01",
        invitation_code="MOPHONG-A01-2026",
        now=world.now,
    )
    me = citizen().id
    results = together(
        14,
        lambda _: stalls.open_payment(
            code="cho-mau-1-a01",
            citizen_id=me,
            payer_name="Nguyễn Thị Thử",
            amount_vnd=10_000,
            note="",
            now=world.now,
        ),
    )
    assert sum(isinstance(one, str) for one in results) == 10
    assert sum(isinstance(one, stalls.TooManyUnpaidSales) for one in results) == 4
    assert StallSale.objects.count() == 10
