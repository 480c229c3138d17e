"""Refunds, disputes, payouts and their lines in the balance; cards and scripted methods."""

import datetime
from typing import Any

import pytest

from tests.fakes import Provider
from tests.payments.caller import Caller, error_of, new_intent, new_paid
from tests.payments.test_mock_states import admin


def lines_of(stripe: Caller, **given: Any) -> list[tuple[str, int]]:
    found = stripe.get("/v1/balance_transactions", limit=100, **given).json()["data"]
    return [(line["type"], line["net"]) for line in found]


# --- the cards of the table ---------------------------------------------------------------------

DECLINES = [
    ("chargeDeclined", "card_declined", "generic_decline"),
    ("chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("chargeDeclinedExpiredCard", "expired_card", None),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("chargeDeclinedProcessingError", "processing_error", None),
    ("chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("chargeCustomerFail", "card_declined", "generic_decline"),
    ("radarBlock", "card_declined", "fraudulent"),
]


@pytest.mark.parametrize("prefix", ["pm_card_", "pm_card_visa_"])
@pytest.mark.parametrize(("name", "code", "decline"), DECLINES)
def test_every_card_that_declines(
    stripe: Caller, prefix: str, name: str, code: str, decline: str | None
) -> None:
    answer = new_intent(stripe, payment_method=f"{prefix}{name}", confirm="true")
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["code"], error.get("decline_code")) == (
        402,
        "card_error",
        code,
        decline,
    )
    charge = stripe.get(f"/v1/charges/{error['charge']}").json()
    assert (charge["status"], charge["paid"], charge["failure_code"]) == ("failed", False, code)
    assert charge["outcome"]["type"] == ("blocked" if name == "radarBlock" else "issuer_declined")
    assert lines_of(stripe) == []
    assert error["doc_url"].startswith("https://stripe.com/docs/")
    assert error["request_log_url"].endswith(answer.headers["Request-Id"])
    assert error["payment_intent"]["last_payment_error"]["message"] == error["message"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4242424242424241", "incorrect_number"),
        ("1234", "incorrect_number"),
        ("", "incorrect_number"),
    ],
)
def test_a_wrong_number_makes_no_method(stripe: Caller, number: str, code: str) -> None:
    answer = stripe.post("/v1/payment_methods", type="card", **{"card[number]": number})
    assert (answer.status_code, error_of(answer)["code"]) == (402, code)


def test_a_card_that_fails_later_can_be_attached_and_one_that_fails_cannot(stripe: Caller) -> None:
    owner = stripe.post("/v1/customers", name="Nguyễn Thị Thử").json()["id"]
    for name, status in (
        ("pm_card_visa", 200),
        ("pm_card_chargeCustomerFail", 200),
        ("pm_card_chargeDeclined", 402),
    ):
        answer = stripe.post(f"/v1/payment_methods/{name}/attach", customer=owner)
        assert answer.status_code == status
    kept = stripe.get("/v1/payment_methods", customer=owner).json()["data"]
    assert len(kept) == 2
    off = stripe.post(f"/v1/payment_methods/{kept[0]['id']}/detach")
    assert off.json()["customer"] is None
    assert stripe.post(f"/v1/payment_methods/{kept[0]['id']}/detach").status_code == 400


def test_money_that_is_there_at_once_and_money_that_comes(stripe: Caller, clock: Any) -> None:
    new_paid(stripe, "pm_card_bypassPending")
    new_paid(stripe)
    balance = stripe.get("/v1/balance").json()
    assert [balance[name][0]["amount"] for name in ("available", "pending")] == [50_000, 50_000]
    clock.shift(datetime.timedelta(days=8))
    balance = stripe.get("/v1/balance").json()
    assert [balance[name][0]["amount"] for name in ("available", "pending")] == [100_000, 0]


def test_a_script_plays_its_steps(stripe: Caller, provider: Provider) -> None:
    name = "pm_mock_500_then_429_then_insufficient_funds_then_3ds_then_ok__a"

    def pay(**given: Any) -> Any:
        return new_intent(stripe, payment_method=name, confirm="true", **given)

    first = pay(key="key-1")
    assert (first.status_code, error_of(first)["type"]) == (500, "api_error")
    assert pay(key="key-1").headers["Idempotent-Replayed"] == "true"  # the 500 is kept
    limited = pay(key="key-2")
    assert (limited.status_code, error_of(limited)["code"]) == (429, "rate_limit")
    declined = pay(key="key-2")  # the 429 is not
    assert error_of(declined)["decline_code"] == "insufficient_funds"
    assert pay().json()["status"] == "requires_action"
    assert [pay().json()["status"] for _ in range(2)] == ["succeeded", "succeeded"]
    other = new_intent(stripe, payment_method=f"{name}b", confirm="true")
    assert other.status_code == 500  # a script of its own
    assert new_intent(stripe, payment_method="pm_mock_dance").status_code == 404


def test_a_script_may_lose_the_answer(stripe: Caller, provider: Provider) -> None:
    import requests

    with pytest.raises(requests.ConnectionError):
        new_intent(stripe, key="key-1", payment_method="pm_mock_lost_then_ok", confirm="true")
    again = new_intent(stripe, key="key-1", payment_method="pm_mock_lost_then_ok", confirm="true")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(provider.all("charge")) == 1


# --- refunds ------------------------------------------------------------------------------------


def test_refunds_that_wait_that_fail_and_that_are_taken_back(
    stripe: Caller, provider: Provider, clock: Any
) -> None:
    waits, fails, asks = (
        stripe.post("/v1/refunds", payment_intent=new_paid(stripe, method)["id"]).json()
        for method in ("pm_card_pendingRefund", "pm_card_refundFail", "pm_mock_refund_needs_action")
    )
    assert [one["status"] for one in (waits, fails, asks)] == [
        "pending",
        "succeeded",
        "requires_action",
    ]
    for one, status in ((waits, 400), (fails, 400), (asks, 200)):
        assert stripe.post(f"/v1/refunds/{one['id']}/cancel").status_code == status
    clock.shift(datetime.timedelta(minutes=2))
    after = [stripe.get(f"/v1/refunds/{one['id']}").json() for one in (waits, fails, asks)]
    assert [one["status"] for one in after] == ["succeeded", "failed", "canceled"]
    assert after[1]["failure_reason"] == "lost_or_stolen_card"
    for one in after[1:]:
        line = stripe.get(f"/v1/balance_transactions/{one['failure_balance_transaction']}").json()
        assert (line["type"], line["net"], line["source"]) == ("refund_failure", 50_000, one["id"])
        charge = stripe.get(f"/v1/charges/{one['charge']}").json()
        assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    again = stripe.post("/v1/refunds", charge=after[1]["charge"])
    assert again.status_code == 200  # what came back can be given again
    kinds = {event["type"] for event in provider.events()}
    assert {"refund.created", "refund.updated", "refund.failed", "charge.refunded"} <= kinds


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"amount": 50_001}, "amount"),
        ({"amount": "x"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"reason": "mood"}, "reason"),
        ({"charge": "ch_nothing"}, "charge"),
        ({"payment_intent": "pi_nothing"}, "payment_intent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_refunds_are_checked(stripe: Caller, given: dict[str, Any], param: str) -> None:
    paid = new_paid(stripe)
    answer = stripe.post("/v1/refunds", **{"payment_intent": paid["id"], **given})
    assert answer.status_code in {400, 404}
    assert error_of(answer)["param"] == param
    assert stripe.get("/v1/refunds").json()["data"] == []


def test_what_was_not_taken_is_not_given_back(stripe: Caller) -> None:
    held = new_paid(stripe, capture_method="manual")
    assert stripe.post("/v1/refunds", payment_intent=held["id"]).status_code == 400
    assert stripe.post("/v1/refunds", charge=held["latest_charge"]).status_code == 400
    assert stripe.post("/v1/refunds").status_code == 400


# --- disputes -----------------------------------------------------------------------------------


def disputed(stripe: Caller, method: str = "pm_card_createDispute") -> dict[str, Any]:
    paid = new_paid(stripe, method)
    found = stripe.get("/v1/disputes", payment_intent=paid["id"]).json()["data"]
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "status", "total"),
    [
        ("winning_evidence", "won", 50_000),
        ("losing_evidence", "lost", 0),
        ("so", "under_review", 0),
    ],
)
def test_a_dispute_takes_the_money_and_evidence_decides(
    stripe: Caller, provider: Provider, text: str, status: str, total: int
) -> None:
    dispute = disputed(stripe)
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("needs_response", False)
    assert lines_of(stripe) == [("adjustment", -50_000), ("charge", 50_000)]
    refused = stripe.post("/v1/refunds", charge=dispute["charge"])
    assert error_of(refused)["code"] == "charge_disputed"
    url = f"/v1/disputes/{dispute['id']}"
    stored = stripe.post(url, submit="false", **{"evidence[product_description]": "Lệ phí"}).json()
    assert stored["status"] == "needs_response"
    after = stripe.post(url, **{"evidence[uncategorized_text]": text}).json()
    assert (after["status"], after["evidence"]["product_description"]) == (status, "Lệ phí")
    assert sum(net for _, net in lines_of(stripe)) == total
    kinds = {event["type"] for event in provider.events("charge.dispute")}
    assert {"charge.dispute.created", "charge.dispute.funds_withdrawn"} <= kinds
    assert ("charge.dispute.funds_reinstated" in kinds) == (status == "won")
    assert ("charge.dispute.closed" in kinds) == (status != "under_review")
    if status != "under_review":
        late = stripe.post(f"{url}/close")
        assert error_of(late)["code"] == "dispute_closed"


def test_an_inquiry_takes_nothing_until_it_grows(stripe: Caller, provider: Provider) -> None:
    asked = disputed(stripe, "pm_card_createDisputeInquiry")
    assert (asked["status"], lines_of(stripe)) == ("warning_needs_response", [("charge", 50_000)])
    part = stripe.post("/v1/refunds", charge=asked["charge"], amount=1000)
    assert part.status_code == 200  # one may still give in by oneself
    grown = stripe.post(
        f"/v1/disputes/{asked['id']}",
        **{"evidence[uncategorized_text]": "escalate_inquiry_evidence"},
    ).json()
    assert grown["status"] == "needs_response"
    assert lines_of(stripe)[0] == ("adjustment", -50_000)
    closed = disputed(stripe, "pm_card_createDisputeInquiry")
    ended = stripe.post(f"/v1/disputes/{closed['id']}/close").json()
    assert ended["status"] == "warning_closed"


def test_a_dispute_by_script(stripe: Caller, provider: Provider) -> None:
    paid = new_paid(stripe)
    made = admin(provider, "disputes", charge=paid["latest_charge"])
    assert made["status"] == "needs_response"
    lost = admin(provider, "disputes", dispute=made["id"], to="lost")
    assert lost["status"] == "lost"
    assert sum(net for _, net in lines_of(stripe)) == 0


# --- payouts ------------------------------------------------------------------------------------


def test_a_days_payout_names_its_lines(stripe: Caller, provider: Provider, clock: Any) -> None:
    provider.mock.store.fee_basis_points = 100
    paid = new_paid(stripe, "pm_card_bypassPending")
    new_paid(stripe)  # not there yet
    payout = admin(provider, "payouts")
    assert (payout["amount"], payout["automatic"]) == (49_500, True)
    named = stripe.get("/v1/balance_transactions", payout=payout["id"]).json()["data"]
    assert [(line["type"], line["net"]) for line in named] == [
        ("payout", -49_500),
        ("charge", 49_500),
    ]
    assert named[1]["source"] == paid["latest_charge"]
    assert (named[1]["fee"], named[1]["fee_details"][0]["amount"]) == (500, 500)
    assert admin(provider, "payouts") == {}
    clock.shift(datetime.timedelta(minutes=2))
    there = stripe.get(f"/v1/payouts/{payout['id']}").json()
    assert (there["status"], there["reconciliation_status"]) == ("paid", "completed")
    admin(provider, "payouts", payout=payout["id"], to="failed")
    back = stripe.get(f"/v1/payouts/{payout['id']}").json()
    assert (back["status"], back["failure_code"]) == ("failed", "account_closed")
    assert stripe.get("/v1/balance").json()["available"][0]["amount"] == 49_500


def test_a_payout_by_hand(stripe: Caller, provider: Provider) -> None:
    new_paid(stripe, "pm_card_bypassPending")
    short = stripe.post("/v1/payouts", amount=50_001, currency="vnd")
    assert error_of(short)["code"] == "balance_insufficient"
    made = stripe.post("/v1/payouts", amount=20_000, currency="vnd").json()
    assert stripe.get("/v1/balance").json()["available"][0]["amount"] == 30_000
    gone = stripe.post(f"/v1/payouts/{made['id']}/cancel").json()
    assert gone["status"] == "canceled"
    assert stripe.get("/v1/balance").json()["available"][0]["amount"] == 50_000
    assert stripe.post(f"/v1/payouts/{made['id']}/cancel").status_code == 400
