"""The mock keeps Stripe's promises: a test that passes against a forgiving mock proves nothing."""

import threading
from typing import Any

import pytest

from tests.fakes import Provider
from tests.payments.caller import KEY, Caller, error_of, new_intent, new_paid

# --- who asks, and how --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer sk_live_real"}, 401),
        ({"Authorization": f"Bearer {KEY}"}, 200),
        ({"Authorization": "Basic !!!"}, 401),
    ],
)
def test_a_test_key_is_needed(stripe: Caller, auth: dict[str, str], status: int) -> None:
    answer = stripe.session.get(f"{stripe.url}/v1/balance", headers=auth, timeout=10)
    assert answer.status_code == status


def test_json_bodies_are_refused(stripe: Caller) -> None:
    answer = stripe.session.post(
        f"{stripe.url}/v1/payment_intents", json={"amount": 1}, auth=(KEY, ""), timeout=10
    )
    assert answer.status_code == 400


def test_every_answer_has_an_id_and_a_version(stripe: Caller) -> None:
    answers = [stripe.get("/v1/balance") for _ in range(2)]
    assert len({answer.headers["Request-Id"] for answer in answers}) == 2
    assert answers[0].headers["Stripe-Version"]
    unknown = stripe.get("/v1/nothing")
    assert (unknown.status_code, error_of(unknown)["type"]) == (404, "invalid_request_error")


# --- parameters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"currency": ""}, "parameter_missing", "currency"),
        ({"amount": "abc"}, "parameter_invalid_integer", "amount"),
        ({"amount": "50000.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "-5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nothing"}, "resource_missing", "payment_method"),
    ],
)
def test_parameters_are_checked(
    stripe: Caller, params: dict[str, str], code: str | None, param: str
) -> None:
    answer = new_intent(stripe, **params)
    error = error_of(answer)
    assert answer.status_code in {400, 404}
    assert (error["type"], error.get("code"), error["param"]) == (
        "invalid_request_error",
        code,
        param,
    )
    assert stripe.get("/v1/payment_intents").json()["data"] == []


def test_the_smallest_sum_can_be_set(stripe: Caller, provider: Provider) -> None:
    provider.mock.store.minimum = 13_000
    try:
        assert error_of(new_intent(stripe, amount=8000))["code"] == "amount_too_small"
    finally:
        provider.mock.store.minimum = 1


def test_metadata_is_merged_and_unset(stripe: Caller) -> None:
    intent = new_intent(stripe, **{"metadata[a]": "1", "metadata[b]": "2"}).json()
    changed = stripe.post(
        f"/v1/payment_intents/{intent['id']}", **{"metadata[a]": "", "metadata[c]": "3"}
    ).json()
    assert changed["metadata"] == {"b": "2", "c": "3"}


# --- idempotency --------------------------------------------------------------------------------


def test_a_key_gives_the_same_answer_and_says_so(stripe: Caller) -> None:
    first, second = (new_intent(stripe, key="key-1") for _ in range(2))
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]


def test_a_key_with_other_parameters_or_another_path_is_anerror_of(stripe: Caller) -> None:
    new_intent(stripe, key="key-1")
    for answer in (
        new_intent(stripe, key="key-1", amount=1),
        stripe.post("/v1/customers", key="key-1"),
    ):
        assert (answer.status_code, error_of(answer)["type"]) == (400, "idempotency_error")


def test_twenty_at_once_with_one_key_make_oneintent(stripe: Caller) -> None:
    from tests.payments.factories import together

    answers = together(20, lambda _: new_intent(Caller(stripe.url), key="key-1"))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(stripe.get("/v1/payment_intents").json()["data"]) == 1


def test_a_key_in_use_is_409(stripe: Caller, provider: Provider) -> None:
    provider.fault("slow", "/v1/payment_intents", seconds=5)
    slow = threading.Thread(target=lambda: new_intent(Caller(stripe.url), key="key-1"))
    slow.start()
    while "key-1" not in provider.mock.store.keys:
        slow.join(0.01)
    answer = new_intent(stripe, key="key-1")
    assert (answer.status_code, error_of(answer)["code"]) == (409, "idempotency_key_in_use")
    provider.mock.stopping.set()  # lets the slow one go on
    slow.join()
    provider.mock.stopping.clear()
    assert new_intent(stripe, key="key-1").headers["Idempotent-Replayed"] == "true"


def test_a_failed_validation_leaves_the_key_usable(stripe: Caller) -> None:
    assert new_intent(stripe, key="key-1", amount="").status_code == 400
    assert new_intent(stripe, key="key-1").status_code == 200


def test_a_decline_and_a_500_are_kept_under_the_key(stripe: Caller, provider: Provider) -> None:
    declined = {"confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    answers = [new_intent(stripe, key="key-1", **declined) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [402, 402]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    provider.fault("error_after", "/v1/payment_intents")
    answers = [new_intent(stripe, key="key-2") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert len(stripe.get("/v1/payment_intents").json()["data"]) == 2


def test_keys_are_forgotten_after_a_day(stripe: Caller, clock: Any) -> None:
    import datetime

    first = new_intent(stripe, key="key-1").json()
    clock.shift(datetime.timedelta(hours=23))
    assert new_intent(stripe, key="key-1").json() == first
    clock.shift(datetime.timedelta(hours=2))
    assert new_intent(stripe, key="key-1").json()["id"] != first["id"]


# --- intents ------------------------------------------------------------------------------------


def test_the_cards_do_what_they_do(stripe: Caller) -> None:
    from payments.providers.stripe_mock import cards

    for card in cards.CARDS:
        if not card.method:
            continue
        for name in (f"pm_card_{card.method}", f"pm_card_visa_{card.method}"):
            answer = new_intent(stripe, confirm="true", payment_method=name)
            if card.code:
                error = error_of(answer)
                assert answer.status_code == 402
                assert (error["type"], error["code"]) == ("card_error", card.code)
                assert error.get("decline_code", "") == card.decline_code
                intent = error["payment_intent"]
                assert intent["status"] == "requires_payment_method"
                assert intent["last_payment_error"]["code"] == card.code
                assert intent["amount_received"] == 0
            elif card.needs_action:
                assert answer.json()["status"] == "requires_action"
            else:
                assert answer.json()["status"] == "succeeded"
                assert answer.json()["amount_received"] == 50_000


def test_a_declined_intent_takes_another_card(stripe: Caller) -> None:
    declined = new_intent(stripe, confirm="true", payment_method="pm_card_chargeDeclined")
    name = error_of(declined)["payment_intent"]["id"]
    paid = stripe.post(f"/v1/payment_intents/{name}/confirm", payment_method="pm_card_visa").json()
    assert (paid["status"], paid["last_payment_error"]) == ("succeeded", None)
    again = stripe.post(f"/v1/payment_intents/{name}/confirm")
    assert error_of(again)["code"] == "payment_intent_unexpected_state"
    assert len(stripe.get("/v1/charges", payment_intent=name).json()["data"]) == 2


def test_manual_capture_and_a_part_of_it(stripe: Caller) -> None:
    held = new_paid(stripe, capture_method="manual")
    assert (held["status"], held["amount_capturable"], held["amount_received"]) == (
        "requires_capture",
        50_000,
        0,
    )
    url = f"/v1/payment_intents/{held['id']}"
    assert stripe.post(f"{url}/capture", amount_to_capture=50_001).status_code == 400
    taken = stripe.post(f"{url}/capture", amount_to_capture=30_000).json()
    assert (taken["status"], taken["amount_received"], taken["amount_capturable"]) == (
        "succeeded",
        30_000,
        0,
    )
    assert stripe.post(f"{url}/capture").status_code == 400
    assert stripe.get("/v1/balance_transactions").json()["data"][0]["amount"] == 30_000


def test_cancelling(stripe: Caller) -> None:
    intent = new_intent(stripe).json()
    url = f"/v1/payment_intents/{intent['id']}/cancel"
    assert stripe.post(url, cancellation_reason="boredom").status_code == 400
    gone = stripe.post(url, cancellation_reason="abandoned").json()
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "abandoned")
    assert error_of(stripe.post(url))["code"] == "payment_intent_unexpected_state"
    paid = new_paid(stripe)
    assert stripe.post(f"/v1/payment_intents/{paid['id']}/cancel").status_code == 400


# --- refunds ------------------------------------------------------------------------------------


def test_no_more_is_given_back_than_was_taken(stripe: Caller) -> None:
    from tests.payments.factories import together

    intent = new_paid(stripe)
    answers = together(
        20,
        lambda _: Caller(stripe.url).post(
            "/v1/refunds", payment_intent=intent["id"], amount=10_000
        ),
    )
    assert sum(answer.status_code == 200 for answer in answers) == 5
    charge = stripe.get("/v1/charges", payment_intent=intent["id"]).json()["data"][0]
    assert (charge["amount_refunded"], charge["refunded"]) == (50_000, True)
    assert stripe.get(f"/v1/payment_intents/{intent['id']}").json()["status"] == "succeeded"
    again = stripe.post("/v1/refunds", payment_intent=intent["id"])
    assert error_of(again)["code"] == "charge_already_refunded"


def test_refunds_settle_with_time(stripe: Caller, clock: Any) -> None:
    import datetime

    for method, before, after in (
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
    ):
        intent = new_paid(stripe, method)
        refund = stripe.post("/v1/refunds", payment_intent=intent["id"]).json()
        assert refund["status"] == before
        clock.shift(datetime.timedelta(minutes=2))
        assert stripe.get(f"/v1/refunds/{refund['id']}").json()["status"] == after


def test_the_balance_is_the_sum_of_its_lines(stripe: Caller) -> None:
    intent = new_paid(stripe)
    new_paid(stripe, "pm_card_bypassPending")
    stripe.post("/v1/refunds", payment_intent=intent["id"], amount=20_000)
    lines = stripe.get("/v1/balance_transactions").json()["data"]
    assert [line["type"] for line in lines] == ["refund", "charge", "charge"]
    assert all(line["net"] == line["amount"] - line["fee"] for line in lines)
    balance = stripe.get("/v1/balance").json()
    total = balance["available"][0]["amount"] + balance["pending"][0]["amount"]
    assert total == sum(line["net"] for line in lines) == 80_000


# --- lists --------------------------------------------------------------------------------------


def test_lists_are_newest_first_and_paged_both_ways(stripe: Caller) -> None:
    made = [new_intent(stripe).json()["id"] for _ in range(5)][::-1]
    first = stripe.get("/v1/payment_intents", limit=2).json()
    assert ([i["id"] for i in first["data"]], first["has_more"]) == (made[:2], True)
    second = stripe.get("/v1/payment_intents", limit=3, starting_after=made[1]).json()
    assert ([i["id"] for i in second["data"]], second["has_more"]) == (made[2:], False)
    back = stripe.get("/v1/payment_intents", limit=2, ending_before=made[3]).json()
    assert ([i["id"] for i in back["data"]], back["has_more"]) == (made[1:3], True)
    for limit in (0, 101, "x"):
        assert stripe.get("/v1/payment_intents", limit=limit).status_code == 400


def test_lists_are_narrowed(stripe: Caller, clock: Any) -> None:
    import datetime

    early = new_paid(stripe)
    clock.shift(datetime.timedelta(hours=1))
    late = new_paid(stripe)
    found = stripe.get("/v1/payment_intents", **{"created[gt]": early["created"]}).json()["data"]
    assert [one["id"] for one in found] == [late["id"]]
    events = stripe.get("/v1/events", type="payment_intent.succeeded").json()["data"]
    assert [e["data"]["object"]["id"] for e in events] == [late["id"], early["id"]]
    assert stripe.get("/v1/events", colour="red").status_code == 400


def test_ids_expand_into_objects(stripe: Caller) -> None:
    intent = new_paid(stripe)
    assert isinstance(intent["latest_charge"], str)
    wide = stripe.get(
        f"/v1/payment_intents/{intent['id']}",
        **{"expand[]": ["latest_charge", "latest_charge.balance_transaction"]},
    ).json()
    assert wide["latest_charge"]["balance_transaction"]["amount"] == 50_000
