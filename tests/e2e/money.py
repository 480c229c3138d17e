"""Money on its way back at the desk, in a browser: given back, decided, found in the lists.

Each page is looked at as on an office's screen and as on a phone.
"""

from typing import Any

from selenium.webdriver.common.by import By

from tests.e2e.desk import click, look, press

WHY = "Thu nhầm, hoàn lại cho người nộp"


def back(walk: Any) -> None:
    """Give a part back, and let the fee of a refused dossier stay; the cashier is signed in."""
    first, second = paid(walk), paid(walk)
    token = walk.api("POST", "/api/v1/dev/sign-in", {"who": "tiep-nhan"})["access_token"]
    body = {"move": "refuse", "expected_state": 1, "reason": "Không thuộc thẩm quyền"}
    walk.api("POST", f"/api/v1/officer/dossiers/{second['id']}/moves", body, token)
    given_back(walk, first)
    decided(walk, second)


def paid(walk: Any, card: str = "") -> dict[str, Any]:
    """Return a dossier whose fee was paid by card."""
    dossier: dict[str, Any] = walk.dossier()
    address = f"/api/v1/payments/{dossier['payment_ids'][0]}"
    attempt = walk.api("POST", f"{address}/attempts", {}, dossier["token"])
    walk.browser.get(attempt["checkout_url"])
    if card:
        field = walk.browser.find_element(By.ID, "card")
        field.clear()
        field.send_keys(card)
    press(walk, 'button[value="pay"]')

    def settled(_: object) -> bool:
        return bool(walk.api("GET", address, None, dossier["token"])["state"] == "paid")

    walk.until("a fee is paid", settled)
    return dossier


def type_in(walk: Any, form: str, **values: str) -> None:
    for name, value in values.items():
        field = walk.browser.find_element(By.CSS_SELECTOR, f"#{form} [name={name}]")
        field.clear()
        field.send_keys(value)


def given_back(walk: Any, dossier: dict[str, Any]) -> None:
    """Find the payment by its dossier, and give a part of it back."""
    walk.browser.get(f"{walk.base}/admin/money/payments/")
    look(walk, "desk-payments")
    type_in(walk, "filter", code=dossier["code"])
    click(walk, "#filter input[type=submit]")
    click(walk, "#payments a")
    look(walk, "desk-payment")
    type_in(walk, "give-back", amount_vnd="6000", reason=WHY)
    click(walk, "#give-back input[type=submit]")
    walk.until("a part is given back", lambda b: "Đã cho hoàn 6.000 đồng" in walk.text())
    walk.browser.get(f"{walk.base}/admin/money/refunds/?code={dossier['code']}")

    def arrived(browser: Any) -> bool:
        browser.refresh()
        return "đã về tới người nộp" in browser.find_element(By.ID, "refunds").text

    walk.until("and arrives", arrived)
    look(walk, "desk-refunds")
    click(walk, "#refunds a")
    look(walk, "desk-refund")


def decided(walk: Any, dossier: dict[str, Any]) -> None:
    """Decide that the fee of a refused dossier stays."""
    walk.browser.get(f"{walk.base}/admin/money/decisions/")
    look(walk, "desk-decisions")
    walk.browser.find_element(By.LINK_TEXT, dossier["code"]).click()
    look(walk, "desk-decision")
    type_in(walk, "decline", reason="Việc thẩm định đã thực hiện xong")
    click(walk, "#decline input[type=submit]")
    walk.until("a fee stays", lambda b: "Đã ghi: không hoàn." in walk.text())
    look(walk, "desk-decided")
