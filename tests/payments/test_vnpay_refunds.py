"""Refunds through VNPay, where a request number that lives for a day is the only idempotency."""

import datetime
from typing import Any

import pytest

from common.errors import OutsideError
from payments import queries
from payments.models import Payment, Refund
from payments.providers import vnpay
from tests.payments import invariants
from tests.payments.factories import AGENCY
from tests.payments.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(shop: Shop) -> Payment:
    payment = shop.owe(16_000)
    shop.pay(payment)
    return payment


def _arrive(shop: Shop) -> None:
    for _ in range(3):
        shop.later(minutes=3)
        shop.sweep()


def test_the_whole_sum_goes_back(shop: Shop, paid: Payment) -> None:
    refund = shop.refund(paid, 16_000)
    shop.drain()
    refund.refresh_from_db()
    assert (refund.state, refund.provider_refund_id) == ("pending", "14000002")
    call = shop.vnpay.calls("refund")[0]
    attempt = refund.attempt
    assert call == {
        "vnp_Version": "2.1.0",
        "vnp_Command": "refund",
        "vnp_TmnCode": "TESTTMN1",
        "vnp_RequestId": refund.provider_key.replace("_", ""),
        "vnp_TransactionType": "02",
        "vnp_TxnRef": attempt.session_id,
        "vnp_Amount": "1600000",
        "vnp_TransactionNo": attempt.intent_id,
        "vnp_TransactionDate": "20261124100000",
        "vnp_CreateBy": "canthosmart",
        "vnp_CreateDate": "20261124100000",
        "vnp_IpAddr": "127.0.0.1",
        "vnp_OrderInfo": f"Hoan tien {refund.id.replace('_', '')}",
    }
    _arrive(shop)
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.state, paid.state, paid.refunded_vnd) == ("succeeded", "refunded", 16_000)
    assert queries.balances() == {
        "provider_clearing:vnpay": 0,
        f"fee_revenue:{AGENCY}": 0,
        f"refund_payable:{AGENCY}": 0,
    }
    shop.check_lines()
    invariants.check_quiet(shop)


def test_parts_go_back_as_parts(shop: Shop, paid: Payment) -> None:
    for amount in (6_000, 10_000):
        shop.refund(paid, amount)
        shop.drain()
    _arrive(shop)
    paid.refresh_from_db()
    assert (paid.state, paid.refunded_vnd) == ("refunded", 16_000)
    assert [refund["type"] for refund in shop.vnpay.refunds()] == ["03", "03"]
    shop.check_lines()


@pytest.mark.parametrize("action", ["drop_after", "error_after", "bad_hash", "truncate", "html"])
def test_s17_s18_a_refund_whose_answer_is_worth_nothing_is_made_once(
    shop: Shop, paid: Payment, action: str
) -> None:
    refund = shop.refund(paid, 16_000)
    shop.vnpay.fault(action, "refund")
    with pytest.raises(OutsideError):
        shop.drain()
    refund.refresh_from_db()
    assert refund.state == "unknown"
    _arrive(shop)
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert (len(shop.vnpay.refunds()), len(shop.vnpay.calls("refund"))) == (1, 1)
    shop.check_lines()


def test_s10_a_refund_that_is_executed_after_everybody_gave_up(shop: Shop, paid: Payment) -> None:
    shop.refund(paid, 6_000)
    shop.vnpay.fault("hold", "refund")
    with pytest.raises(OutsideError):
        shop.drain()
    shop.later(minutes=3)
    shop.sweep()  # VNPay shows none: the same request is sent again, on the same day
    shop.vnpay.release()  # now the first one comes through as well, and is refused
    _arrive(shop)
    calls = shop.vnpay.calls("refund")
    assert len({call["vnp_RequestId"] for call in calls}) == 1
    assert len(shop.vnpay.refunds()) == 1
    assert Refund.objects.get().state == "succeeded"
    shop.check_lines()


def test_s13_a_middlebox_that_sends_it_twice(shop: Shop, paid: Payment) -> None:
    shop.refund(paid, 6_000)
    shop.vnpay.fault("twice", "refund")
    with pytest.raises(OutsideError):
        shop.drain()  # the second answer says: known already
    _arrive(shop)
    assert len(shop.vnpay.refunds()) == 1
    assert Refund.objects.get().state == "succeeded"


def test_a_lost_refund_is_not_sent_again_on_another_day(
    shop: Shop, paid: Payment, clock: Any
) -> None:
    clock.move_to("2026-11-24T23:50:00+07:00")
    refund = shop.refund(paid, 16_000)
    shop.vnpay.fault("hold", "refund")
    with pytest.raises(OutsideError):
        shop.drain()
    for _ in range(6):
        shop.later(minutes=10)
        shop.sweep()
    assert len(shop.vnpay.calls("refund")) == 1  # its number would be a new one on the new day
    refund.refresh_from_db()
    assert refund.state == "unknown"
    shop.vnpay.release()
    _arrive(shop)
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    shop.check_lines()


def test_a_refund_that_vnpay_never_got_is_set_free_after_a_day(
    shop: Shop, paid: Payment, clock: Any
) -> None:
    clock.move_to("2026-11-24T23:50:00+07:00")
    refund = shop.refund(paid, 16_000)
    shop.vnpay.fault("drop_before", "refund")
    with pytest.raises(OutsideError):
        shop.drain()
    shop.later(hours=23)
    shop.sweep()
    refund.refresh_from_db()
    assert refund.state == "unknown"
    shop.later(hours=2)
    shop.sweep()
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.state, refund.failure_code) == ("failed", "not_executed")
    assert (paid.state, paid.refunding_vnd) == ("paid", 0)
    shop.refund(paid, 16_000)
    shop.drain()
    _arrive(shop)
    assert len(shop.vnpay.refunds()) == 1


def test_a_hidden_refund_stays_unknown_where_no_statement_is_offered(
    shop: Shop, paid: Payment, settings: Any
) -> None:
    settings.VNPAY_STATEMENT_URL = ""
    shop.refund(paid, 6_000)
    shop.vnpay.fault("drop_after", "refund")
    with pytest.raises(OutsideError):
        shop.drain()
    shop.refund(paid, 5_000)
    shop.drain()
    _arrive(shop)
    states = dict(Refund.objects.values_list("amount_vnd", "state"))
    assert states == {6_000: "unknown", 5_000: "succeeded"}
    assert len(shop.vnpay.refunds()) == 2
    settings.VNPAY_STATEMENT_URL = f"{shop.vnpay.url}/_mock/statement"
    shop.heal()
    assert set(Refund.objects.values_list("state", flat=True)) == {"succeeded"}
    shop.check_lines()


def test_a_refund_that_the_bank_turns_away_frees_the_money(shop: Shop, paid: Payment) -> None:
    refund = shop.refund(paid, 16_000)
    shop.drain()
    shop.vnpay.settle_refunds("09")
    shop.later(minutes=3)
    shop.sweep()
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.state, refund.failure_code) == ("failed", "vnpay_09")
    assert (paid.state, paid.refunding_vnd, paid.refunded_vnd) == ("paid", 0, 0)


def test_a_refund_that_vnpay_refuses_has_failed(shop: Shop, paid: Payment) -> None:
    shop.vnpay.change(_reference(paid), status="02")
    refund = shop.refund(paid, 16_000)
    shop.drain()
    refund.refresh_from_db()
    assert (refund.state, refund.failure_code) == ("failed", "vnpay_95")
    shop.vnpay.change(_reference(paid), status="00")


def test_a_wrong_secret_fails_nobodys_refund(shop: Shop, paid: Payment, settings: Any) -> None:
    refund = shop.refund(paid, 16_000)
    settings.VNPAY_HASH_SECRET = "another-secret"
    with pytest.raises(OutsideError):
        shop.drain()
    refund.refresh_from_db()
    assert refund.state == "unknown"
    settings.VNPAY_HASH_SECRET = shop.vnpay.stub.desk.secret
    _arrive(shop)
    refund.refresh_from_db()
    assert refund.state == "succeeded"


def _reference(payment: Payment) -> str:
    return str(payment.attempts.get(state="paid").session_id)


@pytest.mark.parametrize(
    ("made", "now", "same"),
    [
        ("2026-11-24T10:00:00+07:00", "2026-11-24T20:00:00+07:00", True),
        ("2026-11-24T10:00:00+07:00", "2026-11-24T23:44:59+07:00", True),
        ("2026-11-24T10:00:00+07:00", "2026-11-24T23:45:00+07:00", False),
        ("2026-11-24T23:50:00+07:00", "2026-11-25T00:01:00+07:00", False),
        ("2026-11-24T00:14:59+07:00", "2026-11-24T00:20:00+07:00", False),
        ("2026-11-24T00:15:00+07:00", "2026-11-24T00:20:00+07:00", True),
        ("2026-11-24T10:00:00+07:00", "2026-11-25T10:00:00+07:00", False),
    ],
)
def test_a_day_of_vnpays_clock_is_meant_with_room_for_its_skew(
    made: str, now: str, same: bool
) -> None:
    moments = [datetime.datetime.fromisoformat(text) for text in (made, now)]
    assert vnpay._same_day(*moments) == same
