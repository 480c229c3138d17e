"""The judge itself: Stripe's document is there, it refuses what it must, and our calls pass it."""

import copy
from typing import Any

import pytest

from payments.providers.stripe_mock import expand, lists, routes
from payments.providers.stripe_mock.reply import Exchange
from tests.payments.caller import Caller, new_paid
from tests.payments.factories import World
from tests.payments.witnesses import judge, stripe_document
from tests.payments.witnesses.stripe_document import Wrong

WHY_NOT = stripe_document.why_absent()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it is there")


def _answer(stripe: Caller, **given: Any) -> Any:
    return new_paid(stripe, **given)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"amount": "50000"},
        {"amount": 50_000.5},
        {"status": "paid"},
        {"object": "intent"},
        {"metadata": {"a": 1}},
        {"latest_charge": 5},
        {"last_payment_error": {"type": "oops"}},
        {"shipping": {"colour": "red"}},
    ],
)
def test_an_answer_that_is_not_stripes_is_refused(stripe: Caller, change: dict[str, Any]) -> None:
    good = _answer(stripe)
    stripe_document.check_answer("POST", "/v1/payment_intents", 200, good)
    with pytest.raises(Wrong):
        stripe_document.check_answer("POST", "/v1/payment_intents", 200, {**good, **change})


def test_a_member_that_is_missing_is_refused(stripe: Caller) -> None:
    good = copy.deepcopy(_answer(stripe))
    del good["livemode"]
    with pytest.raises(Wrong):
        stripe_document.check_answer("POST", "/v1/payment_intents", 200, good)


@pytest.mark.parametrize(
    "params",
    [
        {"amount": "1", "currency": "vnd", "colour": "red"},
        {"amount": "much", "currency": "vnd"},
        {"currency": "vnd"},
        {"amount": "1", "currency": "vnd", "confirm": "yes"},
        {"amount": "1", "currency": "vnd", "capture_method": "later"},
        {"amount": "1", "currency": "vnd", "shipping": {"colour": "red"}},
        {"amount": "1", "currency": "vnd", "payment_method_types": "card"},
    ],
)
def test_a_request_that_stripe_would_refuse_is_refused(params: dict[str, Any]) -> None:
    stripe_document.check_request(
        "POST", "/v1/payment_intents", {"amount": "1", "currency": "vnd", "confirm": "true"}
    )
    with pytest.raises(Wrong):
        stripe_document.check_request("POST", "/v1/payment_intents", params)


def test_an_event_is_what_it_says_inside_too(stripe: Caller) -> None:
    _answer(stripe)
    event = stripe.get("/v1/events").json()["data"][0]
    stripe_document.check_object(event)
    event["data"]["object"]["colour"] = "red"
    with pytest.raises(Wrong):
        stripe_document.check_object(event)


def test_every_address_of_the_mock_is_stripes() -> None:
    for pattern in routes._ACTS:
        method, _, path = pattern.partition(" ")
        path = f"/v1/{path.replace('*', 'x_1')}"
        if not stripe_document.UNPUBLISHED.match(path):
            stripe_document.operation(method, path)
    for path, kind in routes.LISTS.items():
        stripe_document.operation("GET", f"/v1/{path}")
        known = {
            one["name"] for one in stripe_document.operation("GET", f"/v1/{path}")["parameters"]
        }
        assert lists.CURSOR | lists.FILTERS[kind] <= known
        if kind in routes.DELETABLE:
            stripe_document.operation("DELETE", f"/v1/{path}/x_1")


def test_what_expands_is_what_stripe_expands() -> None:
    for kind, names in expand.EXPANDABLE.items():
        assert names <= stripe_document.expandable(kind), kind


def test_our_own_calls_pass_the_document(world: World) -> None:
    """The whole suite is judged like this when each test ends; here it is seen to happen."""
    heard: list[Exchange] = []
    world.provider.mock.heard = heard.append
    payment = world.owe(16000)
    world.pay(payment)
    world.refund(payment, 16000)
    world.drain()
    world.sweep()
    asked = {(one.method, one.path.split("/")[2]) for one in heard}
    assert {("POST", "checkout"), ("GET", "checkout"), ("POST", "refunds")} <= asked
    for exchange in heard:
        judge.weigh(exchange)
    spoiled = next(one for one in heard if one.method == "POST")
    with pytest.raises(Wrong):
        judge.weigh(
            Exchange(
                spoiled.method,
                spoiled.path,
                {**spoiled.params, "colour": "red"},
                spoiled.status,
                spoiled.body,
            )
        )
