"""Stripe's API, spoken plainly: no client of ours in between."""

from typing import Any

import requests

KEY = "sk_test_of_the_tests"


class Caller:
    """Stripe's API, spoken plainly."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path: str, *, key: str = "", **params: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.post(
            self.url + path,
            data=params,
            auth=(KEY, ""),
            headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
            timeout=10,
        )

    def get(self, path: str, **params: Any) -> Any:
        return self.session.get(self.url + path, params=params, auth=(KEY, ""), timeout=10)


def new_intent(stripe: Caller, **given: Any) -> Any:
    return stripe.post(
        "/v1/payment_intents",
        **{"amount": 50_000, "currency": "vnd", **given},
    )


def new_paid(stripe: Caller, method: str = "pm_card_visa", **given: Any) -> Any:
    answer = new_intent(stripe, confirm="true", payment_method=method, **given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def error_of(answer: Any) -> dict[str, Any]:
    return answer.json()["error"]  # type: ignore[no-any-return]
