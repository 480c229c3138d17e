"""The payer's form, judged by the server: the script in the page only says it sooner."""

import base64
import hashlib
import re
import threading
from typing import Any

import pytest
import requests

from payments.providers.stripe_mock import page
from tests.fakes import Provider
from tests.payments.caller import Caller
from tests.payments.test_mock_states import admin, new_session

GOOD = {"action": "pay", "card": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


def press(session: dict[str, Any], **form: str) -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.post(
            session["url"], data={**GOOD, **form}, allow_redirects=False, timeout=10
        )


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("card", "", page.CARD_SHORT),
        ("card", "4242", page.CARD_SHORT),
        ("card", "4242 4242 4242 4241", page.CARD_WRONG),
        ("card", "4242-4242-4242-4242", page.CARD_WRONG),
        ("card", "4111 1111 1111 1111", page.NOT_A_TEST_CARD),
        ("expiry", "", page.EXPIRY_SHAPE),
        ("expiry", "13/34", page.EXPIRY_SHAPE),
        ("expiry", "10/26", page.EXPIRY_OVER),
        ("cvc", "", page.CVC_SHAPE),
        ("cvc", "12", page.CVC_SHAPE),
        ("cvc", "12a", page.CVC_SHAPE),
    ],
)
def test_a_wrong_field_is_told_beside_it(
    stripe: Caller, clock: Any, field: str, text: str, words: str
) -> None:
    session = new_session(stripe).json()
    answer = press(session, **{field: text})
    assert answer.status_code == 200
    assert f'id="{field}-why" aria-live="polite">{words}<' in answer.text
    marked = re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', answer.text)
    assert marked == [field]
    assert stripe.get("/v1/payment_intents").json()["data"] == []


def test_the_month_that_runs_is_still_good(stripe: Caller, clock: Any) -> None:
    assert press(new_session(stripe).json(), expiry="11/26").status_code == 303


def test_luhn() -> None:
    numbers = ["4242424242424242", "378282246310005", "9704000000000018", "4000002760003184"]
    assert all(page.luhn(number) for number in numbers)
    assert not any(page.luhn(number[:-1] + str((int(number[-1]) + 1) % 10)) for number in numbers)


@pytest.mark.parametrize("code", sorted(page.REASONS))
def test_every_decline_has_words(code: str) -> None:
    session = {
        "id": "cs_1",
        "amount_total": 16_000,
        "currency": "vnd",
        "expires_at": 1_795_000_000,
        "metadata": {},
        "cancel_url": None,
        "success_url": "https://x.invalid",
    }
    shown = page.pay(session, [], declined=code).decode()
    assert page.REASONS[code] in shown
    assert 'role="alert"' in shown
    assert "Chưa có khoản tiền nào bị trừ" in shown


def test_ten_clicks_at_once_make_one_charge(stripe: Caller) -> None:
    session = new_session(stripe).json()
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(press(session).status_code))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [303] * 10
    assert len(stripe.get("/v1/charges").json()["data"]) == 1


def test_the_policy_allows_the_pages_own_script_and_nothing_else(stripe: Caller) -> None:
    answer = requests.get(new_session(stripe).json()["url"], timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    mark = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{mark}'" in policy
    assert "default-src 'none'" in policy
    assert "http" not in script
    assert not re.findall(r'\son\w+="', answer.text)  # no script in attributes
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_a_shop_writes_is_text(stripe: Caller) -> None:
    evil = '"><script>alert(1)</script>'
    session = new_session(
        stripe,
        **{
            "metadata[fee_id]": evil,
            "cancel_url": f"https://x.invalid/{evil}",
            "line_items[0][price_data][product_data][name]": evil,
        },
    ).json()
    for shown in (
        requests.get(session["url"], timeout=10).text,
        press(session, card=evil, expiry=evil, cvc=evil).text,
    ):
        assert "<script>alert" not in shown
        assert shown.count("<script>") == 1


def test_a_page_on_its_way_says_that_it_waits(stripe: Caller, provider: Provider) -> None:
    session = new_session(stripe).json()
    admin(provider, "pay", session=session["id"], payment_method="pm_mock_processing")
    shown = requests.get(session["url"], timeout=10).text
    assert "đang chờ ngân hàng" in shown
    assert press(session).status_code == 303  # and is not paid twice


def test_other_methods_and_addresses_are_pages_too(provider: Provider) -> None:
    for method, path in (("PUT", "/c/pay/x"), ("GET", "/c/3ds/pi_x"), ("GET", "/x/y/z")):
        answer = requests.request(method, f"{provider.url}{path}", timeout=10)
        assert (answer.status_code, "Không tìm thấy" in answer.text) == (404, True)
