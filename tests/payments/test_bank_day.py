"""Bank transfers beside gateways and reports: whole days, several dues, another way of paying."""

import datetime
from typing import Any

import pytest

from common import db
from payments import queries
from payments.actions import charge, reconcile, refund, refund_repairs
from payments.models import (
    Attempt,
    Discrepancy,
    LedgerEntry,
    Payment,
    Receipt,
    Refund,
    SuspenseItem,
)
from payments.reports import books, settlement
from tests.conftest import Cast
from tests.fakes_vnpay import Vnpay
from tests.payments import invariants
from tests.payments.bank import Bank
from tests.payments.factories import AGENCY, World
from tests.payments.test_suspense import OURS, Desk, _shown

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)
OTHER = "so-tu-phap"


@pytest.fixture
def desk(bank: Bank, world: World, cast: Cast, sign_in: Any) -> Desk:
    return Desk(bank, world, cast, sign_in)


def _compare(world: World, provider: str) -> reconcile.Done:
    done = reconcile.run(provider=provider, day=TODAY, now=world.now)
    assert done is not None
    return done


def test_a_day_of_transfers_and_cards_fits_its_statements_and_the_report(desk: Desk) -> None:
    world = desk.world
    paid, code = desk.due()
    desk.bank.paid(code)
    world.pay(world.owe(20_000, citizen_id=desk.me.id, agency_code=OURS))
    short, less = desk.due()
    first = desk.came(less, amount=10_000)
    second = desk.came(less, amount=6_000)
    together = desk.move(
        first, "allot", payment_id=short.id, together_with=[second["id"]], amount_believed=16_000
    )
    assert together.status_code == 201, together.content
    stray = desk.stray(5_000)
    assert desk.move(stray, "give_back").status_code == 201
    desk.stray(7_000)  # nobody decides on it today
    world.refund(paid, 4_000)
    world.drain()
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    bank, cards = _compare(world, "vietqr"), _compare(world, "stripe")
    assert (bank.their_lines, bank.found) == (7, ())  # five came, two went back
    assert (cards.their_lines, cards.found) == (1, ())
    assert not Discrepancy.objects.exists()
    assert list(books.check()) == []
    report = settlement.settlement(OURS, TODAY, TODAY)
    methods = {line.method: (line.count, line.collected_vnd) for line in report.methods}
    assert methods == {"online": (1, 20_000), "bank": (2, 32_000), "cash": (0, 0)}
    assert (report.collected_vnd, report.refunded_vnd) == (52_000, 4_000)
    assert (report.suspense_vnd, report.net_vnd) == (7_000, 48_000)
    receipts = Receipt.objects.filter(payment__in=[paid, short]).order_by("issued_at", "number")
    assert [(one.kind, one.change_vnd, one.method) for one in receipts] == [
        ("original", 16_000, "Chuyển khoản ngân hàng (mô phỏng)"),
        ("original", 16_000, "Chuyển khoản ngân hàng (mô phỏng)"),
        ("adjustment", -4_000, "Chuyển khoản ngân hàng (mô phỏng)"),
    ]


def test_a_line_that_the_ledger_lacks_is_found_in_the_banks_day(bank: Bank, world: World) -> None:
    _, code = bank.owe_and_start()
    line = bank.scan(code)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    [found] = _compare(world, "vietqr").found
    assert (found.kind, found.line_id, found.their_amount_vnd) == (
        "missing_here",
        line["id"],
        16_000,
    )
    world.sweep()
    done = _compare(world, "vietqr")
    assert (done.found, done.gone) == ((), 1)


def test_a_transfer_pays_one_due(bank: Bank, world: World, cast: Cast) -> None:
    mine = cast.owner.get("/api/v1/me").json()["id"]
    dues = world.owe_to([AGENCY, OTHER], mine)
    body = {"payment_ids": [due.id for due in dues], "method": "bank_transfer"}
    refused = cast.owner.post("/api/v1/payments/checkouts", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "transfer_of_one_due")
    assert not Attempt.objects.exists()
    card = cast.owner.post("/api/v1/payments/checkouts", {**body, "method": "card"})
    assert card.status_code == 201, card.content
    one = cast.owner.post(f"/api/v1/payments/{dues[0].id}/attempts", {"method": "bank_transfer"})
    assert (one.status_code, one.json()["code"]) == (409, "due_being_paid")
    assert set(Attempt.objects.values_list("state", "closing")) == {("open", False)}


def test_another_way_does_not_close_what_another_payer_opened(bank: Bank, world: World) -> None:
    payment, code = bank.owe_and_start()
    Attempt.objects.filter(id=code.id).update(payer=None)
    with pytest.raises(charge.DueBeingPaid, match="due_being_paid"):
        world.start(payment, method="card")
    code.refresh_from_db()
    assert (code.state, code.closing) == ("open", False)


def test_a_page_that_cannot_be_closed_stays_the_one(
    bank: Bank, vnpay: Vnpay, world: World, settings: Any
) -> None:
    settings.PAYMENT_METHODS = {"card": "stripe", "vnpay": "vnpay", "bank_transfer": "vietqr"}
    payment = world.owe(16_000)
    page = world.start(payment, method="vnpay")
    with pytest.raises(charge.DueBeingPaid, match="due_being_paid"):
        world.start(payment, method="bank_transfer")
    page.refresh_from_db()
    assert (page.state, page.closing) == ("open", False)
    assert world.start(payment).id == page.id


def test_a_shared_page_with_a_wrong_sum_is_worked_off_in_one_place(desk: Desk) -> None:
    world = desk.world
    # The due with the first id opens the page; whichever it is, the sum lies at this desk.
    dues = world.owe_to([OURS, OURS], desk.me.id)
    opener = world.start_checkout(dues)
    world.provider.press(opener.session_id)
    session = world.provider.get(opener.session_id)
    world.provider.change(session["payment_intent"], amount_received=5_000)
    world.deliver()
    assert set(Attempt.objects.values_list("state", flat=True)) == {"review"}
    item = SuspenseItem.objects.get()
    assert (item.attempt_id, item.received_vnd) == (opener.id, 5_000)
    assert world.sweep().suspense == 0
    assert item.agency_code == OURS
    assert desk.move(desk.items()[0], "give_back").status_code == 201
    world.drain()
    world.heal()
    assert set(Attempt.objects.values_list("state", flat=True)) == {"resolved"}
    assert set(Payment.objects.values_list("state", flat=True)) == {"owed"}
    assert Refund.objects.get().state == "succeeded"
    assert world.start_checkout(dues, key="a-new-try-of-both").state == "open"
    assert list(books.check()) == []


def test_a_failed_give_back_is_sent_anew_or_allotted_never_both(desk: Desk) -> None:
    world = desk.world
    payment = world.owe(16_000, citizen_id=desk.me.id, agency_code=OURS)
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    session = world.provider.get(attempt.session_id)
    intent = world.provider.get(session["payment_intent"])
    world.provider.change(intent["id"], amount_received=20_000)
    world.provider.change(intent["latest_charge"], amount=20_000, amount_captured=20_000)
    world.deliver()
    [item] = desk.items()
    assert desk.move(item, "give_back").status_code == 201
    world.drain()
    world.provider.fail_refund(world.provider.all("refund")[0]["id"])
    world.deliver()
    failed = Refund.objects.get()
    [again] = desk.items()
    assert (failed.state, again["state"], again["left"]["amount"]) == ("failed", "open", 20_000)
    assert desk.move(again, "allot", payment_id=payment.id).status_code == 201
    with pytest.raises(refund.RefundTooLarge), db.transaction():
        refund_repairs.retry(
            refund_id=failed.id, requested_by="usr_cashier", reason="gửi lại", now=world.now
        )
    assert queries.balances()[f"suspense:{OURS}"] == 4_000
    assert LedgerEntry.objects.filter(key__startswith="refund:").count() == 1
    assert list(books.check()) == []
    world.drain()
    invariants.check_quiet(world)


def test_money_of_two_senders_does_not_pay_one_due(desk: Desk) -> None:
    """What goes back for a due goes to one account: nobody gets what another one sent."""
    payment, attempt = desk.due()
    first = desk.came(attempt, amount=10_000)
    second = desk.came(attempt, amount=6_000, sender="0000999988887777")
    both = {"payment_id": payment.id, "together_with": [second["id"]], "amount_believed": 16_000}
    answer = desk.move(first, "allot", **both)
    assert (answer.status_code, answer.json()["code"]) == (409, "suspense_of_several")
    payment.refresh_from_db()
    assert payment.state == "owed"
    for item in (first, second):
        assert desk.move(item, "give_back").status_code == 201
    desk.world.drain()
    assert sorted(desk.bank.debits) == [("0000111122223333", 10_000), ("0000999988887777", 6_000)]


def test_a_due_paid_by_two_transfers_of_one_sender_goes_back_to_them(desk: Desk) -> None:
    payment, attempt = desk.due()
    first = desk.came(attempt, amount=10_000)
    second = desk.came(attempt, amount=6_000)
    both = {"payment_id": payment.id, "together_with": [second["id"]], "amount_believed": 16_000}
    assert desk.move(first, "allot", **both).status_code == 201
    desk.world.refund(payment, 16_000)
    desk.world.drain()
    assert desk.bank.debits == [("0000111122223333", 16_000)]
    payment.refresh_from_db()
    assert payment.state == "refunded"


def test_more_money_under_a_reference_that_was_worked_off_is_looked_at_again(desk: Desk) -> None:
    payment, attempt = desk.due()
    first = desk.came(attempt, amount=10_000)
    assert desk.move(first, "give_back").status_code == 201
    desk.world.drain()
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("resolved", "owed")
    more = desk.came(attempt, amount=16_000)
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("review", "review")
    assert desk.move(more, "allot", payment_id=payment.id).status_code == 201
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("paid", "paid")
