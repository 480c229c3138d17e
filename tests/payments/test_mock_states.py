"""Every state of a payment intent and a session against every operation, allowed or refused."""

import datetime
from typing import Any

import pytest

from tests.fakes import Provider
from tests.payments.caller import Caller, error_of, new_intent, new_paid

INTENTS = "/v1/payment_intents"


def state_of(stripe: Caller, state: str) -> dict[str, Any]:
    """Return an intent in that state, by the calls that lead there."""
    given: dict[str, dict[str, Any]] = {
        "requires_payment_method": {},
        "requires_confirmation": {"payment_method": "pm_card_visa"},
        "requires_action": {"payment_method": "pm_card_authenticationRequired", "confirm": "true"},
        "processing": {"payment_method": "pm_mock_processing", "confirm": "true"},
        "requires_capture": {
            "payment_method": "pm_card_visa",
            "confirm": "true",
            "capture_method": "manual",
        },
        "succeeded": {"payment_method": "pm_card_visa", "confirm": "true"},
        "canceled": {},
    }
    made = new_intent(stripe, **given[state]).json()
    if state == "canceled":
        made = stripe.post(f"{INTENTS}/{made['id']}/cancel").json()
    assert made["status"] == state
    return made  # type: ignore[no-any-return]


OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "amount": ("", {"amount": 60_000}),
    "method": ("", {"payment_method": "pm_card_visa"}),
    "metadata": ("", {"metadata[a]": "1"}),
    "confirm": ("/confirm", {}),
    "confirm_with": ("/confirm", {"payment_method": "pm_card_visa"}),
    "capture": ("/capture", {}),
    "cancel": ("/cancel", {}),
}
# From each state: where an operation leads; what is not named is refused and changes nothing.
EDGES: dict[str, dict[str, str]] = {
    "requires_payment_method": {
        "amount": "requires_payment_method",
        "method": "requires_confirmation",
        "metadata": "requires_payment_method",
        "confirm_with": "succeeded",
        "cancel": "canceled",
    },
    "requires_confirmation": {
        "amount": "requires_confirmation",
        "method": "requires_confirmation",
        "metadata": "requires_confirmation",
        "confirm": "succeeded",
        "confirm_with": "succeeded",
        "cancel": "canceled",
    },
    "requires_action": {
        "amount": "requires_action",
        "method": "requires_confirmation",
        "metadata": "requires_action",
        "confirm": "requires_action",
        "confirm_with": "succeeded",
        "cancel": "canceled",
    },
    "processing": {"metadata": "processing"},
    "requires_capture": {
        "metadata": "requires_capture",
        "capture": "succeeded",
        "cancel": "canceled",
    },
    "succeeded": {"metadata": "succeeded"},
    "canceled": {"metadata": "canceled"},
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("state", EDGES)
def test_every_operation_in_every_state(stripe: Caller, state: str, operation: str) -> None:
    intent = state_of(stripe, state)
    path, params = OPERATIONS[operation]
    answer = stripe.post(f"{INTENTS}/{intent['id']}{path}", **params)
    after = stripe.get(f"{INTENTS}/{intent['id']}").json()
    if operation in EDGES[state]:
        assert answer.status_code == 200, answer.text
        assert after["status"] == answer.json()["status"] == EDGES[state][operation]
        if operation == "amount":
            assert after["amount"] == 60_000
        return
    error = error_of(answer)
    assert answer.status_code == 400
    assert (error["type"], error["code"]) == (
        "invalid_request_error",
        "payment_intent_unexpected_state",
    )
    assert error["payment_intent"]["status"] == state
    assert after == intent


def test_time_and_the_bank_move_what_no_call_may(stripe: Caller, clock: Any) -> None:
    arrives = state_of(stripe, "processing")
    fails = new_intent(stripe, payment_method="pm_mock_processing_fails", confirm="true").json()
    held = state_of(stripe, "requires_capture")
    charge = stripe.get(f"/v1/charges/{arrives['latest_charge']}").json()
    assert (charge["status"], charge["paid"]) == ("pending", False)
    clock.shift(datetime.timedelta(minutes=2))
    assert stripe.get(f"{INTENTS}/{arrives['id']}").json()["status"] == "succeeded"
    gone = stripe.get(f"{INTENTS}/{fails['id']}").json()
    assert (gone["status"], gone["amount_received"]) == ("requires_payment_method", 0)
    assert gone["last_payment_error"]["code"] == "card_declined"
    clock.shift(datetime.timedelta(days=7))
    lapsed = stripe.get(f"{INTENTS}/{held['id']}").json()
    assert (lapsed["status"], lapsed["cancellation_reason"]) == ("canceled", "automatic")
    charge = stripe.get(f"/v1/charges/{held['latest_charge']}").json()
    assert (charge["captured"], charge["refunded"], charge["amount_refunded"]) == (
        False,
        True,
        50_000,
    )
    kinds = [event["type"] for event in stripe.get("/v1/events", limit=100).json()["data"]]
    assert {"payment_intent.processing", "charge.expired", "charge.failed"} <= set(kinds)


@pytest.mark.parametrize(
    "reason", ["abandoned", "duplicate", "fraudulent", "requested_by_customer"]
)
def test_each_reason_to_cancel(stripe: Caller, reason: str) -> None:
    intent = new_intent(stripe).json()
    gone = stripe.post(f"{INTENTS}/{intent['id']}/cancel", cancellation_reason=reason).json()
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", reason)
    assert gone["canceled_at"] >= gone["created"]


@pytest.mark.parametrize(
    ("wanted", "status"),
    [(None, 200), (1, 200), (30_000, 200), (50_000, 200), (0, 400), (50_001, 400), ("x", 400)],
)
def test_captures_in_full_in_part_and_beyond(stripe: Caller, wanted: Any, status: int) -> None:
    held = state_of(stripe, "requires_capture")
    assert (held["amount_capturable"], held["amount_received"]) == (50_000, 0)
    assert stripe.get("/v1/balance_transactions").json()["data"] == []
    given = {} if wanted is None else {"amount_to_capture": wanted}
    answer = stripe.post(f"{INTENTS}/{held['id']}/capture", **given)
    assert answer.status_code == status
    lines = stripe.get("/v1/balance_transactions").json()["data"]
    if status == 200:
        taken = wanted or 50_000
        assert answer.json()["amount_received"] == taken
        assert [line["amount"] for line in lines] == [taken]
        more = stripe.post("/v1/refunds", payment_intent=held["id"], amount=taken + 1)
        assert more.status_code == 400  # only what was captured can be given back
    else:
        assert lines == []


def test_the_bank_is_asked_and_answers(stripe: Caller, provider: Provider) -> None:
    asked = state_of(stripe, "requires_action")
    url = asked["next_action"]["redirect_to_url"]["url"]
    assert url == f"{provider.url}/c/3ds/{asked['id']}"
    refused = stripe.session.post(url, data={"action": "decline"}, timeout=10)
    assert "Chưa xác thực được" in refused.text
    after = stripe.get(f"{INTENTS}/{asked['id']}").json()
    assert after["status"] == "requires_payment_method"
    assert after["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    again = stripe.post(
        f"{INTENTS}/{asked['id']}/confirm",
        payment_method="pm_card_threeDSecure2Required",
        return_url="https://shop.invalid/back?x=1",
    ).json()
    went = stripe.session.post(
        again["next_action"]["redirect_to_url"]["url"],
        data={"action": "pay"},
        timeout=10,
        allow_redirects=False,
    )
    assert went.headers["Location"].startswith("https://shop.invalid/back?x=1&payment_intent=")
    assert "redirect_status=succeeded" in went.headers["Location"]
    assert stripe.get(f"{INTENTS}/{asked['id']}").json()["status"] == "succeeded"


def test_a_shop_that_confirms_by_hand_confirms_after_the_bank(stripe: Caller) -> None:
    asked = new_paid(stripe, "pm_card_authenticationRequired", confirmation_method="manual")
    stripe.session.post(
        asked["next_action"]["redirect_to_url"]["url"], data={"action": "pay"}, timeout=10
    )
    assert stripe.get(f"{INTENTS}/{asked['id']}").json()["status"] == "requires_confirmation"
    assert stripe.post(f"{INTENTS}/{asked['id']}/confirm").json()["status"] == "succeeded"


@pytest.mark.parametrize("how", ["off_session", "error_on_requires_action"])
def test_nobody_is_there_to_ask(stripe: Caller, how: str) -> None:
    answer = new_intent(
        stripe, payment_method="pm_card_authenticationRequired", confirm="true", **{how: "true"}
    )
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (402, "authentication_required")
    assert error["payment_intent"]["status"] == "requires_payment_method"


def test_a_refused_update_changes_nothing(stripe: Caller) -> None:
    intent = new_intent(stripe, **{"metadata[a]": "1"}).json()
    answer = stripe.post(
        f"{INTENTS}/{intent['id']}",
        amount=60_000,
        description="x",
        **{"metadata[b]": "2", "payment_method": "pm_nothing"},
    )
    assert answer.status_code == 404
    assert stripe.get(f"{INTENTS}/{intent['id']}").json() == intent


# --- sessions -----------------------------------------------------------------------------------


def new_session(stripe: Caller, **given: Any) -> Any:
    return stripe.post(
        "/v1/checkout/sessions",
        **{
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/back",
            "line_items[0][quantity]": 1,
            "line_items[0][price_data][currency]": "vnd",
            "line_items[0][price_data][unit_amount]": 16_000,
            "line_items[0][price_data][product_data][name]": "Lệ phí",
            **given,
        },
    )


def admin(provider: Provider, name: str, **given: Any) -> Any:
    import requests

    answer = requests.post(f"{provider.url}/_mock/{name}", json=given, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("method", "later", "status", "told"),
    [
        ("pm_mock_processing", "succeeded", "paid", "async_payment_succeeded"),
        ("pm_mock_processing_fails", "failed", "unpaid", "async_payment_failed"),
    ],
)
def test_complete_and_unpaid_until_the_bank_knows(
    stripe: Caller, provider: Provider, method: str, later: str, status: str, told: str
) -> None:
    session = new_session(stripe).json()
    admin(provider, "pay", session=session["id"], payment_method=method)
    url = f"/v1/checkout/sessions/{session['id']}"
    waiting = stripe.get(url).json()
    assert (waiting["status"], waiting["payment_status"], waiting["url"]) == (
        "complete",
        "unpaid",
        None,
    )
    assert stripe.get(f"{INTENTS}/{waiting['payment_intent']}").json()["status"] == "processing"
    assert stripe.post(f"{url}/expire").status_code == 400
    admin(provider, "intents", intent=waiting["payment_intent"], to=later)
    assert stripe.get(url).json()["payment_status"] == status
    kinds = [event["type"] for event in provider.events("checkout.session")]
    assert kinds == ["checkout.session.completed", f"checkout.session.{told}"]


def test_an_open_sessions_intent_is_cancelled_by_expiring_it(
    stripe: Caller, provider: Provider
) -> None:
    session = new_session(stripe).json()
    assert provider.press(session["id"], "4000000000000002") == "generic_decline"
    name = stripe.get(f"/v1/checkout/sessions/{session['id']}").json()["payment_intent"]
    refused = stripe.post(f"{INTENTS}/{name}/cancel")
    assert "Expire the Checkout Session" in error_of(refused)["message"]
    assert stripe.post(f"/v1/checkout/sessions/{session['id']}/expire").status_code == 200
    assert stripe.get(f"{INTENTS}/{name}").json()["status"] == "canceled"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"mode": "subscription"}, "mode"),
        ({"success_url": ""}, "success_url"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"line_items[0][colour]": "red"}, "line_items[0][colour]"),
        (
            {"line_items[0][price_data][colour]": "red"},
            "line_items[0][price_data][colour]",
        ),
        ({"line_items[1][price]": "price_nothing"}, "line_items[1][price]"),
        ({"payment_intent_data[colour]": "red"}, "payment_intent_data[colour]"),
        ({"payment_method_types[0]": "cash"}, "payment_method_types"),
    ],
)
def test_sessions_are_checked(stripe: Caller, given: dict[str, Any], param: str) -> None:
    answer = new_session(stripe, **given)
    assert answer.status_code in {400, 404}
    assert error_of(answer)["param"] == param
    assert stripe.get("/v1/checkout/sessions").json()["data"] == []


def test_the_bounds_of_a_session(stripe: Caller, clock: Any) -> None:
    import time

    assert new_session(stripe, client_reference_id="x" * 200).status_code == 200
    for seconds, status in ((1800, 200), (86_400, 200), (1700, 400), (86_500, 400)):
        answer = new_session(stripe, expires_at=int(time.time()) + seconds)
        assert answer.status_code == status, seconds
    default = new_session(stripe).json()
    assert default["expires_at"] - default["created"] == 86_400
