"""Paying through VNPay's stand-in on a phone, by day and by night: cancelled, then paid."""

from typing import Any

from selenium.webdriver.common.by import By

from tests.e2e import lookup


def pay(walk: Any, dossier: dict[str, Any]) -> None:
    """Pay what the dossier owes through VNPay, after a first try that the payer cancels."""
    payment = f"/api/v1/payments/{dossier['payment_ids'][0]}"

    def state() -> str:
        return str(walk.api("GET", payment, None, dossier["token"])["state"])

    for scheme, button, words, end in (
        ("light", "cancel", "Hủy giao dịch", "declined"),
        ("dark", "pay", "Thanh toán 16.000 đồng", "paid"),
    ):
        attempt = walk.api("POST", f"{payment}/attempts", {"method": "vnpay"}, dossier["token"])
        lookup.as_phone(walk, 360, scheme)
        walk.browser.get(attempt["checkout_url"])
        text = walk.text()
        walk.holds(f"VNPay's page ({scheme}) says that it is a mock", "CỔNG MÔ PHỎNG" in text)
        walk.holds(f"VNPay's page ({scheme}) shows the sum", "16.000 đồng" in text)
        width = walk.browser.execute_script("return document.documentElement.scrollWidth")
        walk.holds(f"VNPay's page ({scheme}) fits a phone", width <= 360)
        tall = walk.browser.execute_script("return document.documentElement.scrollHeight")
        walk.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 360, "height": tall, "deviceScaleFactor": 1, "mobile": True},
        )
        walk.picture(f"vnpay-{scheme}")
        pressed = walk.browser.find_element(By.ID, button)
        walk.holds(f"VNPay's button says {words}", pressed.text == words)
        pressed.click()
        walk.until(
            f"VNPay's page leads back after {button}",
            lambda b: "/payments/return" in b.current_url and "quay lại ứng dụng" in walk.text(),
        )
        walk.until(f"VNPay's call makes it {end}", lambda b, end=end: state() == end)
    walk.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    walk.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
