"""The payer's page in a browser: on a phone, by day and by night, by keyboard, clicked twice.

`python -m tests.e2e.payment_page` walks it against a mock of its own, without the product.
"""

import os
from typing import Any

import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PHONE = (412, 915)
KEY = "sk_test_of_the_pages"


class Shop:
    """A shop of its own, at a mock of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False

    def call(self, path: str, **params: Any) -> dict:
        answer = self.http.post(
            self.url + path,
            data=params,
            auth=(KEY, ""),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=30,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def read(self, path: str) -> dict:
        answer = self.http.get(self.url + path, auth=(KEY, ""), timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def session(self) -> dict:
        return self.call(
            "/v1/checkout/sessions",
            **{
                "mode": "payment",
                "success_url": f"{self.url}/healthz?paid={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{self.url}/healthz?left",
                "line_items[0][quantity]": 2,
                "line_items[0][price_data][currency]": "vnd",
                "line_items[0][price_data][unit_amount]": 8000,
                "line_items[0][price_data][product_data][name]": (
                    "H13.020-261124-0001 Cấp bản sao trích lục hộ tịch"
                ),
                "metadata[fee_id]": "pay_01J0000000000000000000",
            },
        )

    def charges(self) -> int:
        return len(self.read("/v1/charges?limit=100")["data"])


def fill(walk: Any, name: str, text: str) -> None:
    field = walk.browser.find_element(By.ID, name)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)


def press(walk: Any, name: str) -> None:
    walk.browser.find_element(By.ID, name).click()


def value(walk: Any, name: str) -> str:
    return str(walk.browser.find_element(By.ID, name).get_property("value"))


def fits(walk: Any, what: str) -> None:
    width = walk.browser.execute_script("return document.documentElement.scrollWidth")
    walk.holds(f"{what} fits a phone", width <= PHONE[0])


def by_night(walk: Any, night: bool) -> None:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if night else "light"}]
    walk.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


def everything(walk: Any, shop: Shop) -> None:
    """Walk the page's whole life."""
    typing(walk, shop)
    declined(walk, shop)
    bank(walk, shop)
    twice(walk, shop)
    keyboard(walk, shop)
    ended(walk, shop)


def typing(walk: Any, shop: Shop) -> None:
    walk.open(shop.session()["url"], PHONE)
    walk.holds(
        "the page says on its face that it is a mock", "CỔNG THANH TOÁN MÔ PHỎNG" in walk.text()
    )
    walk.holds("the page shows the sum", "16.000 đồng" in walk.text())
    fits(walk, "the payment page")
    walk.picture("pay-day")
    by_night(walk, True)
    walk.picture("pay-night")
    by_night(walk, False)
    fill(walk, "card", "4000000000009995")
    walk.holds("digits come in groups", value(walk, "card") == "4000 0000 0000 9995")
    fill(walk, "expiry", "1234")
    walk.holds("a date gets its stroke", value(walk, "expiry") == "12/34")
    before = shop.charges()
    for name, wrong, words in (
        ("card", "4242424242424241", "Số thẻ không đúng"),
        ("card", "4242", "từ 12 đến 19"),
        ("expiry", "0120", "Thẻ đã hết hạn"),
        ("expiry", "1334", "tháng/năm"),
        ("cvc", "12", "3 hoặc 4"),
    ):
        press_example(walk)
        fill(walk, name, wrong)
        press(walk, "pay")
        field = walk.browser.find_element(By.ID, name)
        told = walk.browser.find_element(By.ID, f"{name}-why").text
        walk.holds(f"{name} {wrong} is refused in words", words in told)
        walk.holds(
            f"{name} {wrong} is marked and has the focus",
            field.get_attribute("aria-invalid") == "true"
            and walk.browser.switch_to.active_element == field,
        )
    walk.picture("pay-wrong")
    walk.holds("nothing wrong was sent", shop.charges() == before)


def press_example(walk: Any) -> None:
    """Fill the form from the list of test cards."""
    details = walk.browser.find_element(By.TAG_NAME, "details")
    if not details.get_property("open"):
        details.find_element(By.TAG_NAME, "summary").click()
    card = walk.browser.find_element(By.CSS_SELECTOR, '[data-card="4242 4242 4242 4242"]')
    card.click()


def declined(walk: Any, shop: Shop) -> None:
    for number, words in (
        ("4000 0000 0000 9995", "không đủ số dư"),
        ("4000 0000 0000 0069", "hết hạn"),
        ("4000 0000 0000 0127", "CVC"),
        ("4000 0000 0000 0002", "từ chối"),
    ):
        walk.open(shop.session()["url"], PHONE)
        fill(walk, "card", number)
        press(walk, "pay")
        walk.until(
            f"{number} is declined in words",
            lambda b, words=words: (
                words in b.find_element(By.ID, "problem").text
                and "Chưa có khoản tiền nào bị trừ" in b.find_element(By.ID, "problem").text
            ),
        )
        walk.holds(
            "the reason has the focus, for who does not see",
            walk.browser.switch_to.active_element.get_attribute("id") == "problem",
        )
    walk.picture("pay-declined")
    by_night(walk, True)
    walk.picture("pay-declined-night")
    by_night(walk, False)


def bank(walk: Any, shop: Shop) -> None:
    session = shop.session()
    for answer in ("decline", "pay"):
        walk.open(session["url"], PHONE)
        fill(walk, "card", "4000000000003220")
        press(walk, "pay")
        walk.until("the bank asks", lambda b: "Bước 2/2" in walk.text())
        walk.picture("pay-bank")
        fits(walk, "the bank's page")
        press(walk, answer)
        if answer == "decline":
            walk.until("a no is told", lambda b: "không xác nhận" in walk.text())
    walk.until("a yes leads on", lambda b: f"paid={session['id']}" in b.current_url)
    after = shop.read(f"/v1/checkout/sessions/{session['id']}")
    walk.holds("the bank's yes paid it", after["payment_status"] == "paid")


def twice(walk: Any, shop: Shop) -> None:
    before = shop.charges()
    session = shop.session()
    walk.open(session["url"], PHONE)
    state = walk.browser.execute_script(
        "var b = document.getElementById('pay'); b.click(); b.click(); b.click();"
        "return [b.disabled, b.textContent];"
    )
    walk.holds("the button is shut once pressed", state == [True, "Đang xử lý, xin chờ..."])
    walk.until("it leads on", lambda b: "paid=" in b.current_url)
    walk.holds("three clicks make one charge", shop.charges() == before + 1)
    one = shop.http.post(
        session["url"], data={"action": "pay", "card": "4242424242424242"}, timeout=30
    )
    walk.holds("a second form makes none either", one.ok and shop.charges() == before + 1)
    walk.browser.back()
    walk.until("going back shows that it is paid", lambda b: "không cần trả lần nữa" in walk.text())
    walk.picture("pay-paid")


def keyboard(walk: Any, shop: Shop) -> None:
    walk.open(shop.session()["url"], PHONE)
    names = []
    active = walk.browser.switch_to.active_element
    for _ in range(4):
        active.send_keys(Keys.TAB)
        active = walk.browser.switch_to.active_element
        names.append(active.get_attribute("id"))
    walk.holds("the keyboard goes field by field", names == ["card", "expiry", "cvc", "pay"])
    labels = walk.browser.execute_script(
        "return [...document.querySelectorAll('input:not([type=hidden])')]"
        ".every(i => i.labels.length === 1 && i.getAttribute('aria-describedby').split(' ')"
        ".every(id => document.getElementById(id)))"
    )
    walk.holds("every field has its label and its explanation", labels)
    walk.holds(
        "the page says its language and its title",
        walk.browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "vi"
        and "16.000 đồng" in walk.browser.title,
    )
    small = walk.browser.execute_script(
        "return [...document.querySelectorAll('input,button,summary')].filter(e =>"
        " e.offsetParent && e.getBoundingClientRect().height < 40).length"
    )
    walk.holds("everything one taps is large enough", small == 0)
    for night in (False, True):
        by_night(walk, night)
        walk.holds(f"words stand out {'by night' if night else 'by day'}", contrast(walk) >= 4.5)
    by_night(walk, False)
    active.send_keys(Keys.ENTER)
    walk.until("Enter pays", lambda b: "paid=" in b.current_url)


def contrast(walk: Any) -> float:
    """Return the smallest contrast of words on their ground (WCAG's formula)."""
    return float(
        walk.browser.execute_script(
            """
            const rgb = c => c.match(/[0-9.]+/g).map(Number);
            const lum = c => { const [r, g, b] = rgb(c).slice(0, 3).map(v => { v /= 255;
              return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); });
              return .2126 * r + .7152 * g + .0722 * b; };
            const ground = e => { for (; e; e = e.parentElement) {
              const c = getComputedStyle(e).backgroundColor, p = rgb(c);
              if (p.length < 4 || p[3] > 0) { return c; } } return 'rgb(255, 255, 255)'; };
            return Math.min(...[...document.querySelectorAll(
              'p,dt,dd,label,button,summary,a,h1,h2,input,strong')]
              .filter(e => e.offsetParent).map(e => { const a = lum(getComputedStyle(e).color),
              b = lum(ground(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); }));
            """
        )
    )


def ended(walk: Any, shop: Shop) -> None:
    session = shop.session()
    shop.call(f"/v1/checkout/sessions/{session['id']}/expire")
    walk.open(session["url"], PHONE)
    walk.holds("an expired session says so", "hết hạn" in walk.text())
    walk.holds("and leads back", "Về ứng dụng" in walk.text())
    walk.picture("pay-expired")
    walk.open(f"{shop.url}/c/pay/cs_nothing", PHONE)
    walk.holds("an unknown session says so", "Không tìm thấy" in walk.text())


def walk_alone(walk: Any) -> None:
    """Walk against a mock of its own."""
    from payments.providers.stripe_mock.server import Mock

    mock = Mock().start()
    try:
        everything(walk, Shop(mock.url))
    finally:
        mock.stop()


if __name__ == "__main__":
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    from tests.e2e.__main__ import Walk

    alone = Walk("http://127.0.0.1")
    try:
        walk_alone(alone)
    finally:
        alone.browser.quit()
    print(f"{alone.passed} passed, 0 failed")
