"""What every call has in common: keys, parameters, errors, lists, expansion, scripted faults."""

import datetime
import json
from typing import Any

import pytest
import requests

from tests.fakes import Provider
from tests.payments.caller import KEY, Caller, error_of, new_intent, new_paid
from tests.payments.test_mock_states import admin

# --- idempotency --------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400)])
def test_how_long_a_key_may_be(stripe: Caller, length: int, status: int) -> None:
    answer = new_intent(stripe, key="k" * length)
    assert answer.status_code == status
    assert answer.headers["Idempotency-Key"] == "k" * length


def test_a_conflict_is_not_kept_and_a_refusal_of_state_is(stripe: Caller) -> None:
    """An answer after execution began is kept; what was refused before it began is not."""
    paid = new_paid(stripe)
    url = f"/v1/payment_intents/{paid['id']}/cancel"
    first, second = (stripe.post(url, key="key-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (400, 400)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    for wrong in ({"colour": "red"}, {"cancellation_reason": "boredom"}):
        assert stripe.post(url, key="key-2", **wrong).status_code == 400
    missing = "/v1/payment_intents/pi_nothing/cancel"
    assert stripe.post(missing, key="key-2").status_code == 404
    assert stripe.post("/v1/customers", key="key-2").status_code == 200


def test_a_refusal_says_the_same_thing_again_word_for_word(stripe: Caller) -> None:
    declined = {"confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    first, second = (new_intent(stripe, key="key-1", **declined) for _ in range(2))
    assert first.content == second.content
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert second.headers["Original-Request"] == first.headers["Request-Id"]


def test_the_order_of_parameters_is_no_difference(stripe: Caller) -> None:
    def send(text: str) -> Any:
        return stripe.session.post(
            f"{stripe.url}/v1/payment_intents",
            data=text,
            auth=(KEY, ""),
            headers={
                "Idempotency-Key": "key-1",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            timeout=10,
        )

    first = send("amount=1&currency=vnd&expand[]=latest_charge")
    second = send("currency=vnd&expand[0]=latest_charge&amount=1")
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"


def test_reads_take_no_key(stripe: Caller) -> None:
    for _ in range(2):
        answer = stripe.session.get(
            f"{stripe.url}/v1/balance",
            auth=(KEY, ""),
            headers={"Idempotency-Key": "key-1"},
            timeout=10,
        )
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)
    assert new_intent(stripe, key="key-1").status_code == 200


def test_old_keys_are_pruned(stripe: Caller, provider: Provider, clock: Any) -> None:
    for n in range(5):
        new_intent(stripe, key=f"key-{n}")
    clock.shift(datetime.timedelta(hours=24))
    new_intent(stripe, key="key-new")
    assert list(provider.mock.store.keys) == ["key-new"]


# --- the wire -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_answered_in_json(stripe: Caller, method: str) -> None:
    answer = stripe.session.request(
        method, f"{stripe.url}/v1/payment_intents/pi_1", auth=(KEY, ""), timeout=10
    )
    assert (answer.status_code, error_of(answer)["type"]) == (404, "invalid_request_error")


def test_a_body_without_a_type_and_an_empty_one(stripe: Caller) -> None:
    url = f"{stripe.url}/v1/customers"
    assert stripe.session.post(url, auth=(KEY, ""), timeout=10).status_code == 200
    raw = stripe.session.post(url, data=b"name=x", auth=(KEY, ""), timeout=10)
    assert raw.status_code == 400
    bad = stripe.session.post(
        url,
        data=b"name=\xff",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=(KEY, ""),
        timeout=10,
    )
    assert (bad.status_code, error_of(bad)["message"]) == (400, "Invalid UTF-8")


def test_the_version_that_was_asked_for_is_told(stripe: Caller) -> None:
    asked = stripe.session.get(
        f"{stripe.url}/v1/balance",
        auth=(KEY, ""),
        headers={"Stripe-Version": "2024-06-20"},
        timeout=10,
    )
    assert asked.headers["Stripe-Version"] == "2024-06-20"
    assert stripe.get("/v1/balance").headers["Stripe-Version"] == "2026-05-27.dahlia"


def test_without_a_key_the_refusal_says_how(stripe: Caller) -> None:
    answer = stripe.session.get(f"{stripe.url}/v1/balance", timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'
    assert "You did not provide an API key" in error_of(answer)["message"]
    live = stripe.session.get(f"{stripe.url}/v1/balance", auth=("sk_live_1234567", ""), timeout=10)
    assert "1234567" not in live.text


# --- parameters ---------------------------------------------------------------------------------


def test_metadata_has_limits(stripe: Caller) -> None:
    fifty = {f"metadata[k{n}]": "x" for n in range(50)}
    intent = new_intent(stripe, **fifty).json()
    assert len(intent["metadata"]) == 50
    url = f"/v1/payment_intents/{intent['id']}"
    assert error_of(stripe.post(url, **{"metadata[more]": "x"}))["param"] == "metadata"
    assert stripe.post(url, **{"metadata[k0]": "", "metadata[more]": "x"}).status_code == 200
    for name, value, status in (
        ("k" * 40, "v" * 500, 200),
        ("k" * 41, "v", 400),
        ("k", "v" * 501, 400),
        ("1", "a number for a name", 200),
    ):
        assert new_intent(stripe, **{f"metadata[{name}]": value}).status_code == status
    assert stripe.post(url, metadata="").json()["metadata"] == {}


@pytest.mark.parametrize(("amount", "status"), [(1, 200), (99_999_999, 200), (100_000_000, 400)])
def test_the_bounds_of_an_amount(stripe: Caller, amount: int, status: int) -> None:
    assert new_intent(stripe, amount=amount).status_code == status


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"shipping[name]": "x"}, "shipping[address]"),
        ({"shipping[colour]": "red"}, "shipping[colour]"),
        ({"return_url": "https://x.invalid"}, "return_url"),
        ({"payment_method_types[]": "cash"}, "payment_method_types"),
        ({"confirm": "yes"}, "confirm"),
        ({"capture_method": "later"}, "capture_method"),
        ({"description": "x" * 1001}, "description"),
        ({"metadata": "x"}, "metadata"),
        ({"amount[a]": "1"}, "amount"),
    ],
)
def test_more_parameters_are_checked(stripe: Caller, given: dict[str, Any], param: str) -> None:
    answer = new_intent(stripe, **given)
    assert (answer.status_code, error_of(answer)["param"]) == (400, param)
    assert stripe.get("/v1/payment_intents").json()["data"] == []
    assert stripe.get("/v1/events").json()["data"] == []


# --- lists and expansion ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"created": "yesterday"}, "created"),
        ({"created[since]": 1}, "created[since]"),
        ({"created[gte]": "x"}, "created[gte]"),
        ({"starting_after": "evt_nothing"}, "starting_after"),
        ({"delivery_success": "maybe"}, "delivery_success"),
        ({"type": "a", "types[]": "b"}, "types"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_lists_are_checked(stripe: Caller, params: dict[str, Any], param: str) -> None:
    answer = stripe.get("/v1/events", **params)
    assert answer.status_code in {400, 404}
    assert error_of(answer)["param"] == param


def test_every_edge_of_a_window(stripe: Caller, clock: Any) -> None:
    moments = []
    for _ in range(3):
        moments.append(stripe.post("/v1/customers").json()["created"])
        clock.shift(datetime.timedelta(seconds=10))
    early, middle, late = moments
    for edge, found in (
        ("gt", [late]),
        ("gte", [late, middle]),
        ("lt", [early]),
        ("lte", [middle, early]),
    ):
        rows = stripe.get("/v1/customers", **{f"created[{edge}]": middle}).json()["data"]
        assert [row["created"] for row in rows] == found
    assert len(stripe.get("/v1/customers", created=middle).json()["data"]) == 1


def test_what_cannot_be_expanded_is_refused(stripe: Caller) -> None:
    paid = new_paid(stripe)
    url = f"/v1/payment_intents/{paid['id']}"
    for path in ("amount", "latest_charge.amount", "colour", "latest_charge.a.b.c.d"):
        answer = stripe.get(url, **{"expand[]": path})
        assert (answer.status_code, error_of(answer)["type"]) == (400, "invalid_request_error")
    assert stripe.get(url, expand="latest_charge").status_code == 400
    refused = new_intent(stripe, **{"expand[]": "colour"})
    assert refused.status_code == 400
    assert len(stripe.get("/v1/payment_intents").json()["data"]) == 1  # and nothing was made


def test_lists_expand_their_rows(stripe: Caller) -> None:
    paid = new_paid(stripe)
    rows = stripe.get("/v1/charges", **{"expand[]": "data.payment_intent"}).json()["data"]
    assert rows[0]["payment_intent"]["id"] == paid["id"]
    line = stripe.get("/v1/balance_transactions", **{"expand[]": "data.source"}).json()["data"][0]
    assert line["source"]["object"] == "charge"


def test_customers_come_change_and_go(stripe: Caller) -> None:
    made = stripe.post(
        "/v1/customers",
        name="Nguyễn Thị Thử",
        **{"address[city]": "Cần Thơ", "address[country]": "VN", "metadata[a]": "1"},
    ).json()
    url = f"/v1/customers/{made['id']}"
    changed = stripe.post(url, email="thu@example.invalid", **{"metadata[a]": ""}).json()
    assert (changed["email"], changed["address"]["city"], changed["metadata"]) == (
        "thu@example.invalid",
        "Cần Thơ",
        {},
    )
    gone = stripe.session.delete(stripe.url + url, auth=(KEY, ""), timeout=10).json()
    assert gone == {"id": made["id"], "object": "customer", "deleted": True}
    assert stripe.get(url).json() == gone
    assert stripe.get("/v1/customers").json()["data"] == []
    assert stripe.post(url, name="x").status_code == 404


def test_products_and_prices(stripe: Caller) -> None:
    made = stripe.post(
        "/v1/products",
        name="Lệ phí",
        **{"default_price_data[currency]": "vnd", "default_price_data[unit_amount]": 8000},
    ).json()
    price = stripe.get(f"/v1/prices/{made['default_price']}", **{"expand[]": "product"}).json()
    assert (price["unit_amount"], price["product"]["name"]) == (8000, "Lệ phí")
    url = f"/v1/products/{made['id']}"
    assert stripe.post(url, name="Phí").json()["name"] == "Phí"
    refused = stripe.session.delete(stripe.url + url, auth=(KEY, ""), timeout=10)
    assert "prices" in error_of(refused)["message"]
    off = stripe.post(f"/v1/prices/{price['id']}", active="false").json()
    assert off["active"] is False
    assert stripe.get("/v1/prices", active="true").json()["data"] == []


# --- faults by admin call -----------------------------------------------------------------------


def _pay(stripe: Caller, key: str = "key-1") -> Any:
    return new_intent(stripe, key=key, confirm="true", payment_method="pm_card_visa")


@pytest.mark.parametrize(
    ("action", "done"),
    [("drop_before", 0), ("drop_after", 1), ("truncate", 1), ("hold", 0)],
)
def test_an_answer_that_never_comes_whole(
    stripe: Caller, provider: Provider, action: str, done: int
) -> None:
    admin(provider, "faults", action=action, path="/v1/payment_intents")
    with pytest.raises(requests.RequestException):
        _pay(stripe)
    assert len(provider.all("charge")) == done
    if action == "hold":
        assert admin(provider, "release") == {"released": 1}
    answer = _pay(stripe)
    replayed = done or action == "hold"
    assert answer.headers.get("Idempotent-Replayed") == ("true" if replayed else None)
    assert len(provider.all("charge")) == 1


@pytest.mark.parametrize(
    ("action", "given", "status", "done"),
    [
        ("error_before", {"status": 500}, 500, 0),
        ("error_after", {"status": 500}, 500, 1),
        ("error_before", {"status": 429, "headers": {"Retry-After": "7"}}, 429, 0),
        (
            "error_after",
            {"status": 503, "headers": {"Stripe-Should-Retry": "false"}},
            503,
            1,
        ),
        ("error_before", {"status": 409}, 409, 0),
        ("html", {"status": 502}, 502, 1),
        ("delay", {"seconds": 0.01}, 200, 1),
        ("twice", {}, 200, 1),
    ],
)
def test_an_answer_that_says_something_else(
    stripe: Caller,
    provider: Provider,
    action: str,
    given: dict[str, Any],
    status: int,
    done: int,
) -> None:
    admin(provider, "faults", action=action, path="/v1/payment_intents", **given)
    answer = _pay(stripe)
    assert answer.status_code == status
    for name, value in given.get("headers", {}).items():
        assert answer.headers[name] == value
    if action == "html":
        assert answer.headers["Content-Type"].startswith("text/html")
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.content)
    assert len(provider.all("charge")) == done
    after = _pay(stripe)
    kept = 200 if action != "error_after" else 500 if given["status"] == 500 else 503
    assert after.status_code == kept
    assert len(provider.all("charge")) == max(done, 1)


def test_a_script_that_does_not_exist(provider: Provider) -> None:
    for name, given, status in (
        ("dance", {}, 404),
        ("faults", {"action": "dance"}, 400),
        ("clock", {}, 400),
        ("refunds", {"refund": "re_nothing", "to": "failed"}, 404),
        ("pay", {"session": "cs_nothing"}, 404),
    ):
        answer = requests.post(f"{provider.url}/_mock/{name}", json=given, timeout=10)
        assert answer.status_code == status
