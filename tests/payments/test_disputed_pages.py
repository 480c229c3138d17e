"""A bank disputes a whole page: no due that was paid on it is given back as well, over HTTP."""

from typing import Any

import pytest
from django.test import Client

from payments.models import Attempt, Dispute, LedgerEntry, Payment, Refund
from payments.reports import books
from tests.conftest import Cast
from tests.dossiers import stories
from tests.dossiers.test_desk_moves import browser_of
from tests.payments import desk, disputing, invariants
from tests.payments.desk import FEE, REFUNDS, WHY
from tests.payments.factories import World
from tests.payments.test_desk_refunds import back

pytestmark = pytest.mark.django_db


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


def paid_together(cast: Cast, world: World) -> tuple[Attempt, Payment, Payment]:
    """Return the try that opened a page, its due, and the due that was paid on it as well."""
    dossiers = [stories.submitted(cast.owner) for _ in range(2)]
    body = {
        "payment_ids": [one["payment_ids"][0] for one in dossiers],
        "return_url": "canthosmart://paid",
    }
    started = cast.owner.post("/api/v1/payments/checkouts", body)
    assert started.status_code == 201, started.content
    opener = Attempt.objects.get(id=started.json()["id"])
    world.provider.press(opener.session_id)
    world.deliver()
    opener.refresh_from_db()
    companion = Attempt.objects.get(paid_with=opener)
    assert (opener.state, companion.state) == ("paid", "paid")
    return opener, opener.payment, companion.payment


def test_no_due_of_a_disputed_page_is_given_back(world: World, cast: Cast, cashier: Any) -> None:
    opener, first, sibling = paid_together(cast, world)
    _, alone = desk.paid(cast, world)  # on a page of its own
    disputing.open_dispute(world, opener)
    world.deliver()
    row = Dispute.objects.get()
    # The bank took the whole page; whoever opened it carries that.
    assert (row.payment_id, row.amount_vnd, row.withdrawn_vnd) == (first.id, 2 * FEE, 2 * FEE)
    before = LedgerEntry.objects.count()
    for payment in (sibling, first):
        answer = desk.give_back(cashier, payment, 1_000)
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_disputed")
        assert answer.json()["dispute_id"] == row.id
        payment.refresh_from_db()
        assert (payment.state, payment.refunding_vnd) == ("paid", 0)
    browser: Client = browser_of("thu-ngan")
    status, text = back(browser, sibling, 1_000)
    assert (status, "bị ngân hàng của người nộp khiếu nại" in text) == (409, True)
    assert (Refund.objects.count(), LedgerEntry.objects.count()) == (0, before)
    assert desk.give_back(cashier, alone, 1_000).status_code == 201
    world.drain()
    assert Refund.objects.get().state == "succeeded"
    invariants.check_lines(world)
    assert list(books.check()) == []


@pytest.mark.parametrize(("end", "expected"), [("won", 201), ("lost", 409)])
def test_a_sibling_is_given_back_again_only_once_the_money_is_back(
    world: World, cast: Cast, cashier: Any, end: str, expected: int
) -> None:
    opener, _, sibling = paid_together(cast, world)
    name = disputing.open_dispute(world, opener)
    world.deliver()
    disputing.decide(world, name, end)
    world.deliver()
    assert Dispute.objects.get().state == end
    assert desk.give_back(cashier, sibling, FEE).status_code == expected
    world.drain()
    sibling.refresh_from_db()
    assert sibling.refunded_vnd == (FEE if end == "won" else 0)
    invariants.check_lines(world)
    assert list(books.check()) == []


def test_an_inquiry_about_a_page_hinders_no_refund_of_its_dues(
    world: World, cast: Cast, cashier: Any
) -> None:
    opener, _, sibling = paid_together(cast, world)
    disputing.open_dispute(world, opener, status="warning_needs_response")
    world.deliver()
    assert Dispute.objects.get().state == "inquiry"
    assert desk.give_back(cashier, sibling, FEE).status_code == 201
    world.drain()
    sibling.refresh_from_db()
    assert sibling.state == "refunded"
    invariants.check_lines(world)


def test_a_siblings_failed_refund_is_not_sent_again_nor_paid_out_while_the_bank_has_the_money(
    world: World, cast: Cast, cashier: Any
) -> None:
    opener, _, sibling = paid_together(cast, world)
    assert desk.give_back(cashier, sibling, FEE).status_code == 201
    world.drain()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)
    disputing.open_dispute(world, opener)
    world.deliver()
    before = LedgerEntry.objects.count()
    for tail, more in (("retry", {}), ("pay-out", {"way": "counter", "reference": "PC-0001"})):
        answer = cashier.post(f"{REFUNDS}/{refund.id}/{tail}", {"reason": WHY, **more})
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_disputed"), tail
        assert answer.json()["dispute_id"] == Dispute.objects.get().id
    assert (Refund.objects.count(), LedgerEntry.objects.count()) == (1, before)
    invariants.check_lines(world)
