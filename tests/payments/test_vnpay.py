"""Paying through VNPay: its page, its IPNs, and what must hold when they go wrong."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from common.errors import OutsideError
from payments import queries
from payments.actions import charge
from payments.models import Attempt, EventOutcome, LedgerEntry, ProviderEvent, Receipt, Refund
from tests import fakes_vnpay
from tests.payments import invariants
from tests.payments.factories import AGENCY
from tests.payments.shop import Shop, params_of

pytestmark = pytest.mark.django_db


def test_the_whole_path_from_due_to_receipt(shop: Shop) -> None:
    payment = shop.owe(16_000)
    attempt = shop.go(payment, return_url="canthosmart://paid")
    assert (attempt.state, attempt.provider) == ("open", "vnpay")
    assert shop.vnpay.calls("querydr") == []  # a page is opened without a call
    sent = params_of(attempt.checkout_url)
    assert sent == {
        "vnp_Version": "2.1.0",
        "vnp_Command": "pay",
        "vnp_TmnCode": fakes_vnpay.TMN_CODE,
        "vnp_Amount": "1600000",
        "vnp_CreateDate": "20261124100000",
        "vnp_ExpireDate": "20261124110000",
        "vnp_CurrCode": "VND",
        "vnp_IpAddr": "127.0.0.1",
        "vnp_Locale": "vn",
        "vnp_OrderInfo": "H13 020 261124 0001 Cap ban sao trich luc ho tich",
        "vnp_OrderType": "other",
        "vnp_ReturnUrl": "canthosmart://paid",
        "vnp_TxnRef": attempt.id.replace("_", ""),
        "vnp_SecureHash": sent["vnp_SecureHash"],
    }
    shop.vnpay.end(attempt.session_id)
    payment.refresh_from_db()
    assert payment.state == "owed"  # the page alone proves nothing
    assert shop.deliver() == 1
    payment.refresh_from_db()
    assert (payment.state, payment.captured_vnd) == ("paid", 16_000)
    assert payment.announced_at is not None
    assert queries.balances() == {
        "provider_clearing:vnpay": -16_000,
        f"fee_revenue:{AGENCY}": 16_000,
    }
    receipt = Receipt.objects.get(payment=payment)
    assert receipt.provider_reference == shop.vnpay.all()[0]["number"]
    shop.check_lines()


def test_the_return_address_changes_nothing(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    sent_back = shop.vnpay.press(attempt.session_id).headers["Location"]
    assert params_of(sent_back)["vnp_ResponseCode"] == "00"
    target = urlsplit(sent_back)
    page = shop.client.get(f"{target.path}?{target.query}")
    assert "Hãy quay lại ứng dụng" in page.content.decode()
    assert shop.drain() == 0
    payment.refresh_from_db()
    assert (payment.state, ProviderEvent.objects.count()) == ("owed", 0)
    shop.deliver()


# --- what an IPN is answered --------------------------------------------------------------------


def test_each_ipn_gets_the_code_that_vnpay_reads(shop: Shop) -> None:
    attempt = shop.go(shop.owe(16_000))
    ref = attempt.session_id
    shop.vnpay.end(ref)
    good = shop.vnpay.ipns()[0]
    assert shop.say(good.replace("1600000", "1700000")) == "97"
    assert shop.say(good[:-1]) == "97"
    assert shop.say("") == "97"
    assert shop.say(fakes_vnpay.signed("secret-of-a-thief", vnp_TxnRef=ref)) == "97"
    assert ProviderEvent.objects.count() == 0  # a forged one leaves no trace
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef=ref, vnp_ResponseCode="0")) == "99"
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef="")) == "99"
    assert shop.say(fakes_vnpay.signed(vnp_TransactionNo="1 OR 1")) == "99"
    assert ProviderEvent.objects.count() == 0
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef="attnobodys")) == "01"
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef="order17")) == "01"
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef=ref, vnp_Amount="1600001")) == "04"
    assert ProviderEvent.objects.count() == 3  # kept, and nothing believed
    assert shop.say(good) == "00"
    assert ProviderEvent.objects.filter(event_id=f"{ref}-14000001-00-00-16000").count() == 1
    assert shop.say(good) == "02"  # kept before
    shop.drain()
    attempt.refresh_from_db()
    assert attempt.state == "paid"
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef=ref, vnp_TransactionNo="99")) == "02"
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef=ref, vnp_Amount="100")) == "04"  # sum, then state
    shop.drain()
    notes = EventOutcome.objects.order_by("event_id").values_list("state", "note")
    assert set(notes) == {
        ("ignored", "unknown_object"),
        ("applied", ""),
        ("applied", "already_settled"),
    }
    assert LedgerEntry.objects.count() == 1


def test_only_a_get_is_an_ipn(shop: Shop) -> None:
    answer = shop.client.post("/webhooks/payments/vnpay", data=b"x", content_type="text/plain")
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert shop.client.get("/webhooks/payments/nobody").status_code == 404


def test_an_ipn_is_not_believed_but_asked_about(shop: Shop) -> None:
    payment = shop.owe(16_000)
    attempt = shop.go(payment)
    assert shop.say(fakes_vnpay.signed(vnp_TxnRef=attempt.session_id)) == "00"
    shop.drain()
    payment.refresh_from_db()
    assert (payment.state, shop.told(payment)) == ("owed", "pending")


def test_an_ipn_with_a_wrong_amount_while_vnpay_says_the_right_one(shop: Shop) -> None:
    payment = shop.owe(16_000)
    attempt = shop.go(payment)
    shop.vnpay.stub.ipn.plan.append("wrong_amount")
    shop.vnpay.end(attempt.session_id)
    assert shop.say(shop.vnpay.ipns()[0]) == "04"
    shop.drain()
    payment.refresh_from_db()
    assert (payment.state, payment.captured_vnd) == ("paid", 16_000)


def test_s15_another_sum_was_taken(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    payment = shop.owe(16_000)
    attempt = shop.go(payment)
    shop.vnpay.change(attempt.session_id, amount=1_500_000)
    shop.vnpay.end(attempt.session_id)
    assert shop.say(shop.vnpay.ipns()[0]) == "04"
    shop.drain()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("review", "amount_differs")
    assert shop.told(payment) == "review"
    assert queries.balances() == {
        "provider_clearing:vnpay": -15_000,
        f"suspense:{AGENCY}": 15_000,
    }
    assert [review.reason for review in queries.reviews(AGENCY)] == ["amount_differs"]
    assert "names another sum" in caplog.text
    shop.check_lines()


def test_money_that_vnpay_suspects_waits_for_a_person(shop: Shop) -> None:
    payment = shop.owe(16_000)
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id, "07")
    assert shop.deliver() == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("review", "suspected_fraud")
    assert shop.told(payment) == "review"
    with pytest.raises(charge.PaymentUnderReview):
        shop.start(payment)
    assert queries.balances()[f"suspense:{AGENCY}"] == 16_000
    assert Receipt.objects.count() == 0
    shop.check_lines()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("24", "cancelled_by_payer"),
        ("51", "insufficient_funds"),
        ("09", "internet_banking_not_registered"),
        ("65", "limit_exceeded"),
        ("75", "bank_unavailable"),
        ("12", "account_locked"),
        ("13", "verification_failed"),
        ("99", "bank_declined"),
    ],
)
def test_a_payer_who_is_turned_away_reads_why_and_may_try_again(
    shop: Shop, code: str, reason: str
) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id, code)
    assert shop.deliver() == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("declined", reason)
    assert shop.told(payment) == "declined"
    again = shop.pay(payment)
    assert again.session_id != attempt.session_id
    shop.check_lines()


def test_a_stale_ipn_takes_nothing_back(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.pay(payment)
    stale = fakes_vnpay.signed(
        vnp_TxnRef=attempt.session_id,
        vnp_ResponseCode="24",
        vnp_TransactionStatus="02",
        vnp_TransactionNo="0",
    )
    assert shop.say(stale) == "02"
    shop.drain()
    payment.refresh_from_db()
    assert payment.state == "paid"


# --- what VNPay does not say --------------------------------------------------------------------


def test_s20_the_ipn_is_lost_and_the_sweep_finds_the_payment(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id)
    shop.later(minutes=1)
    shop.sweep()
    payment.refresh_from_db()
    assert payment.state == "paid"
    shop.check_lines()
    assert shop.deliver() == 1  # it comes after all, and changes nothing
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize(
    "action", ["bad_hash", "drop_after", "truncate", "html", "error_after", "error_before"]
)
def test_an_answer_that_cannot_be_trusted_is_none(shop: Shop, action: str) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id)
    shop.vnpay.fault(action, "querydr", times=3)
    shop.say(shop.vnpay.ipns()[0])
    with pytest.raises(OutsideError):
        shop.drain()
    payment.refresh_from_db()
    assert (payment.state, shop.told(payment)) == ("owed", "pending")
    shop.vnpay.come_back()
    shop.heal()
    payment.refresh_from_db()
    assert payment.state == "paid"
    invariants.check_quiet(shop)


def test_money_that_the_bank_took_and_vnpay_did_not_get(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.change(attempt.session_id, status="04")
    shop.later(hours=2)
    shop.sweep()
    assert shop.told(payment) == "pending"
    shop.later(hours=23)
    shop.sweep()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("review", "bank_reversal")
    assert LedgerEntry.objects.count() == 0


def test_a_payer_at_the_banks_page_when_the_time_is_over(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.change(attempt.session_id, status="01")  # and it stays so
    shop.later(minutes=61)
    shop.sweep()
    assert shop.told(payment) == "pending"
    shop.vnpay.end(attempt.session_id, late=True)
    shop.later(minutes=5)
    shop.sweep()
    payment.refresh_from_db()
    assert payment.state == "paid"


def test_a_page_that_nobody_opened_is_over_with_its_time(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.start(payment, method="vnpay")
    shop.later(minutes=59)
    shop.sweep()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.checkout_url[:4]) == ("open", "http")
    shop.later(minutes=3)
    shop.sweep()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.next_check_at) == ("cancelled", None)
    assert shop.told(payment) == "owed"
    shop.pay(payment)


# --- money that comes too late ------------------------------------------------------------------


def test_s35_money_after_expiry_is_taken_while_it_is_owed(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.later(minutes=90)
    shop.sweep()
    attempt.refresh_from_db()
    assert attempt.state == "declined"
    shop.vnpay.end(attempt.session_id, late=True)
    shop.deliver()
    payment.refresh_from_db()
    assert payment.state == "paid"
    shop.check_lines()


def test_s35_money_after_expiry_that_is_owed_no_more_goes_back(shop: Shop) -> None:
    payment = shop.owe()
    late = shop.go(payment)
    shop.later(minutes=90)
    shop.sweep()
    shop.pay(payment)
    shop.vnpay.end(late.session_id, late=True)
    shop.deliver()
    late.refresh_from_db()
    assert (late.state, late.reason) == ("review", "paid_twice")
    _arrive(shop)
    refund = Refund.objects.get(attempt=late)
    assert (refund.kind, refund.state) == ("suspense", "succeeded")
    assert queries.balances()[f"suspense:{AGENCY}"] == 0
    assert shop.vnpay.refunds()[0]["type"] == "02"
    shop.check_lines()


def test_s36_a_page_that_cannot_be_closed_and_is_paid_after_all(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    from common import db

    with db.transaction():
        charge.cancel(reference=payment.reference, now=shop.now)
    shop.drain()
    attempt.refresh_from_db()
    # VNPay cannot close it: it is waited for, and its address is shown no more.
    assert (attempt.state, attempt.closing, attempt.checkout_url) == ("open", True, "")
    assert attempt.next_check_at is not None
    shop.vnpay.end(attempt.session_id)
    shop.deliver()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("review", "paid_after_cancel")
    _arrive(shop)
    assert Refund.objects.get(attempt=attempt).state == "succeeded"
    shop.check_lines()


def test_s36_a_page_that_cannot_be_closed_and_is_not_paid(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.start(payment, method="vnpay")
    from common import db

    with db.transaction():
        charge.cancel(reference=payment.reference, now=shop.now)
    shop.drain()
    shop.later(minutes=62)
    shop.sweep()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.next_check_at) == ("cancelled", None)


def _arrive(shop: Shop) -> None:
    """Let refunds reach the payer's bank, and the sweep hear of it."""
    for _ in range(3):
        shop.later(minutes=3)
        shop.sweep()


# --- what the app sees --------------------------------------------------------------------------


def test_the_app_asks_for_vnpay_by_name(shop: Shop, cast: Any) -> None:
    me = cast.owner.get("/api/v1/me").json()["id"]
    payment = shop.owe(16_000, citizen_id=me)
    address = f"/api/v1/payments/{payment.id}/attempts"
    first = cast.owner.post(address, {"method": "vnpay"}, key="one-tap-0001")
    second = cast.owner.post(address, {"method": "vnpay"}, key="one-tap-0001")
    assert (first.status_code, first.json()) == (201, second.json())
    assert first.json()["provider"] == "vnpay"
    page = shop.vnpay.visit(first.json()["checkout_url"])
    for words in ("CỔNG MÔ PHỎNG", "16.000 đồng", "Chọn ngân hàng", "11:00 ngày 24/11/2026"):
        assert words in page.text
    ref = params_of(first.json()["checkout_url"])["vnp_TxnRef"]
    shop.vnpay.press(ref, result="51")
    shop.deliver()
    seen = cast.owner.get(f"/api/v1/payments/{payment.id}").json()
    assert seen["state"] == "declined"
    assert seen["declined"] == {
        "reason": "insufficient_funds",
        "message": "Tài khoản không đủ số dư. Hãy dùng thẻ khác hoặc nạp thêm tiền.",
        "can_retry": True,
    }
    unknown = cast.owner.post(address, {"method": "momo"})
    assert (unknown.status_code, unknown.json()["methods"]) == (422, ["card", "vnpay"])
    assert cast.stranger.post(address, {"method": "vnpay"}).status_code == 404
    assert cast.anonymous.post(address, {"method": "vnpay"}).status_code == 401


@pytest.mark.parametrize(
    ("amount_vnd", "given", "reason"),
    [
        (4_999, {}, "amount_too_small"),
        (1_000_000_000, {}, "amount_too_large"),
        (16_000, {"return_url": "canthosmart://" + "a" * 250}, "return_url_too_long"),
    ],
)
def test_what_vnpay_would_not_take_is_refused_before_a_page_exists(
    shop: Shop, cast: Any, amount_vnd: int, given: dict[str, str], reason: str
) -> None:
    me = cast.owner.get("/api/v1/me").json()["id"]
    payment = shop.owe(amount_vnd, citizen_id=me)
    address = f"/api/v1/payments/{payment.id}/attempts"
    answer = cast.owner.post(address, {"method": "vnpay", **given})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_possible")
    assert answer.json()["reason"] == reason
    assert Attempt.objects.get().state == "cancelled"
    assert cast.owner.get(f"/api/v1/payments/{payment.id}").json()["can_pay"] is True


def test_an_ipn_needs_no_cookie_and_no_session(shop: Shop) -> None:
    attempt = shop.go(shop.owe())
    shop.vnpay.end(attempt.session_id)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.get(f"/webhooks/payments/vnpay?{shop.vnpay.ipns()[0]}")
    assert answer.json() == {"RspCode": "00", "Message": "Confirm Success"}
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "application/json")
    assert not answer.cookies
    shop.drain()
