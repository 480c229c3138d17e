"""A taking that was wrong is undone by new postings, on its day, once; refunds are paid out."""

from typing import Any

import pytest

from citizens.models import Message
from payments.models import CounterReversal, LedgerEntry, Payment, Receipt, Refund, RefundPayout
from payments.reports import books
from tests.conftest import Cast
from tests.payments import tills
from tests.payments.factories import AGENCY, World
from tests.payments.tills import VND, Counter, again, close, code, desk, reverse, take, taken

pytestmark = pytest.mark.django_db
__all__ = ["desk"]


def payout(api: Any, refund: Refund, amount: int | None = None, **more: Any) -> Any:
    key = more.pop("key", "")
    body = {"amount": refund.amount_vnd if amount is None else amount, **more}
    return api.post(f"{tills.DESK}/refunds/{refund.id}/cash-payout", body, key=key)


def test_a_reversal_books_the_other_way_and_the_due_is_owed_again(
    world: World, desk: Counter
) -> None:
    payment = world.owe(16_000)
    row = taken(desk.cashier, payment)
    answer = reverse(desk.cashier, row["attempt_id"])
    new = Payment.objects.get(replaces=payment)
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "attempt_id": row["attempt_id"],
            "payment_id": payment.id,
            "owed_again": new.id,
            "amount": {"amount": 16_000, **VND},
        },
    )
    assert (again(payment).state, payment.captured_vnd) == ("cancelled", 0)
    assert (new.state, new.amount_vnd, new.lines) == ("owed", 16_000, payment.lines)
    assert list(
        LedgerEntry.objects.order_by("id").values_list("key", "debit_account", "credit_account")
    ) == [
        (f"capture:till:{row['attempt_id']}", f"till:{AGENCY}", f"fee_revenue:{AGENCY}"),
        (f"reversal:till:{row['attempt_id']}", f"fee_revenue:{AGENCY}", f"till:{AGENCY}"),
    ]
    papers = Receipt.objects.order_by("number").values_list("kind", "number", "change_vnd")
    assert list(papers) == [("original", 1, 16_000), ("adjustment", 2, -16_000)]
    assert Receipt.objects.get(number=2).reason == (
        "Hủy ghi nhận thu tại quầy: Ghi nhận nhầm hồ sơ"
    )
    told = Message.objects.get(user_id=payment.citizen_id, kind="payment_reversed")
    assert "Ghi nhận nhầm hồ sơ" in told.body_vi
    assert list(books.check()) == []
    # The right money for it, on the same day, by the same cashier.
    taken(desk.cashier, new)
    assert desk.cashier.get(f"{tills.DESK}/till").json()["till"]["cash"] == {
        "count": 2,
        "taken": {"amount": 32_000, **VND},
        "reversed": {"amount": 16_000, **VND},
        "paid_out": {"amount": 0, **VND},
        "left": {"amount": 16_000, **VND},
    }
    world.drain()
    assert list(books.check()) == []


def test_who_reverses_and_when(world: World, desk: Counter, cast: Cast) -> None:
    row = taken(desk.cashier, world.owe(16_000))["attempt_id"]
    for api, told in (
        (cast.anonymous, (401, "not_signed_in")),
        (cast.owner, (403, "forbidden")),
        (desk.handler, (403, "not_your_role")),
        (desk.auditor, (403, "not_your_role")),
        (desk.second, (403, "not_your_taking")),
        (desk.elsewhere, (404, "not_found")),
    ):
        assert code(reverse(api, row)) == told
    assert code(reverse(desk.cashier, "att_x")) == (404, "not_found")
    stale = reverse(desk.cashier, row, 15_000)
    assert (code(stale), stale.json()["refundable_vnd"]) == (
        (412, "refundable_amount_stale"),
        16_000,
    )
    assert reverse(desk.cashier, row).status_code == 201
    assert code(reverse(desk.cashier, row)) == (409, "already_reversed")
    assert CounterReversal.objects.count() == 1


@pytest.mark.parametrize("how", ["closed", "tomorrow"])
def test_after_its_day_only_a_refund_is_left(world: World, desk: Counter, how: str) -> None:
    payment = world.owe(16_000)
    row = taken(desk.cashier, payment)["attempt_id"]
    if how == "closed":
        assert close(desk.cashier, 16_000).status_code == 201
    else:
        world.traveller.move_to("2026-11-25T00:00:00+07:00")
    assert code(reverse(desk.cashier, row)) == (409, "taking_day_closed")
    assert again(payment).state == "paid"


def test_what_was_given_back_in_part_is_not_reversed(world: World, desk: Counter) -> None:
    payment = world.owe(16_000)
    row = taken(desk.cashier, payment)["attempt_id"]
    world.refund(payment, 6_000)
    assert code(reverse(desk.cashier, row)) == (412, "refundable_amount_stale")
    assert code(reverse(desk.cashier, row, 10_000)) == (409, "taking_given_back")


def test_a_refund_waits_until_a_cashier_paid_it_out(world: World, desk: Counter) -> None:
    payment = world.owe(16_000)
    taken(desk.cashier, payment)
    refund = world.refund(payment, 6_000)
    world.drain()
    refund.refresh_from_db()
    assert (refund.state, again(payment).refunding_vnd) == ("pending", 6_000)
    assert code(payout(desk.cashier, refund, 5_999)) == (412, "refundable_amount_stale")
    assert code(payout(desk.elsewhere, refund)) == (404, "not_found")
    assert code(payout(desk.auditor, refund)) == (403, "not_your_role")
    assert code(payout(desk.second, refund)) == (409, "till_too_empty")
    answer = payout(desk.cashier, refund, key="khoa-mot-1")
    assert answer.json() == {
        "refund_id": refund.id,
        "payment_id": payment.id,
        "state": "succeeded",
        "amount": {"amount": 6_000, **VND},
    }
    assert (again(payment).refunded_vnd, payment.state) == (6_000, "paid")
    paid = LedgerEntry.objects.get(key=f"refund_paid:{refund.id}")
    assert (paid.debit_account, paid.credit_account) == (
        f"refund_payable:{AGENCY}",
        f"till:{AGENCY}",
    )
    assert code(payout(desk.cashier, refund)) == (409, "paid_out_before")
    world.drain()
    world.heal()
    assert RefundPayout.objects.count() == 1
    assert close(desk.cashier, 10_000).json()["difference"] == {"amount": 0, **VND}
    assert list(books.check()) == []


def test_a_transfer_goes_back_by_a_transfer(world: World, desk: Counter) -> None:
    payment = world.owe(16_000)
    taken(desk.cashier, payment, method="transfer", reference="FT26328000001")
    refund = world.refund(payment, 16_000)
    world.drain()
    assert code(payout(desk.cashier, refund)) == (422, "transfer_reference_missing")
    assert payout(desk.cashier, refund, reference="FT26328000009").status_code == 201
    assert again(payment).state == "refunded"
    entry = LedgerEntry.objects.get(key=f"refund_paid:{refund.id}")
    assert entry.credit_account == f"bank_counter:{AGENCY}"
    assert list(books.check()) == []


def test_a_payout_killed_before_its_posting_is_finished_by_the_queue(
    world: World, desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payments.actions import counter
    from payments.actions import refund as refunds

    payment = world.owe(16_000)
    taken(desk.cashier, payment)
    refund = world.refund(payment, 16_000)
    world.drain()

    def killed(**more: Any) -> None:
        raise KeyboardInterrupt

    who = tills.cashier_of("cashier")
    with monkeypatch.context() as broken:
        broken.setattr(refunds, "apply", killed)
        with pytest.raises(KeyboardInterrupt):
            counter.pay_out(
                cashier=who,
                refund_id=refund.id,
                believed_vnd=16_000,
                reference="",
                client_key="khoa-mot-1",
                now=world.now,
            )
    refund.refresh_from_db()
    assert refund.state == "pending"
    assert payout(desk.cashier, refund, key="khoa-mot-1").json()["state"] == "succeeded"
    world.drain()
    assert (again(payment).state, RefundPayout.objects.count()) == ("refunded", 1)


def test_nobody_reverses_or_pays_out_their_own(world: World, desk: Counter) -> None:
    payment = world.owe(16_000)
    row = taken(desk.cashier, payment)["attempt_id"]
    tills.make_own(payment)  # proved meanwhile
    assert code(reverse(desk.cashier, row)) == (403, "not_your_own_money")
    refund = world.refund(payment, 1_000)
    assert code(payout(desk.cashier, refund)) == (403, "not_your_own_money")
    assert code(take(desk.cashier, payment)) == (403, "not_your_own_money")
