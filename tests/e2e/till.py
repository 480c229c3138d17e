"""The counter's till and money held apart at the desk, in a browser; a cashier is signed in.

Nothing is closed: the till takes money again when the walk is repeated on the same day.
"""

from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.e2e.desk import click, look, press

ACCOUNT = "DEMOH13022"  # of the agency at which the walk's cashier sits, as the seeds make it
BANK = 4  # the mock bank's port lies so far from the server's, as `make run` lays them out


def walk(walk: Any) -> None:
    """Take two dues, undo one, look at the day and its slip; keep a stray transfer for later."""
    counter(walk)
    suspense(walk)


def counter(walk: Any) -> None:
    first, second = walk.dossier(), walk.dossier()
    for number, dossier in enumerate((first, second)):
        walk.browser.get(f"{walk.base}/admin/money/till/?code={dossier['code']}")
        if not number:
            look(walk, "desk-till-search")
        click(walk, "#owed a")
        if number:
            Select(walk.browser.find_element(By.NAME, "method")).select_by_value("transfer")
            walk.browser.find_element(By.NAME, "reference").send_keys("FT26328000001")
        look(walk, "desk-take")
        click(walk, "#take input[type=submit]")
        walk.until("a due is taken", lambda b: "Đã thu 16.000 đồng; biên lai" in walk.text())
    look(walk, "desk-taken")
    walk.browser.get(f"{walk.base}/admin/money/till/")
    press(walk, "#takings details summary")
    look(walk, "desk-till")
    field = walk.browser.find_element(By.CSS_SELECTOR, "#takings [name=reason]")
    field.send_keys("Ghi nhận nhầm hồ sơ")
    click(walk, "#takings form input[type=submit]")
    walk.until("a taking is undone", lambda b: "Khoản này lại phải nộp" in walk.text())
    address = walk.browser.find_element(By.ID, "slip").get_attribute("href")
    cookies = {one["name"]: one["value"] for one in walk.browser.get_cookies()}
    slip = walk.http.get(address, cookies=cookies, timeout=30)
    walk.holds("the slip of the day can be opened", slip.content.startswith(b"%PDF"))
    walk.browser.get(f"{walk.base}/admin/money/till/days/")
    look(walk, "desk-till-days")
    click(walk, "#days a")
    look(walk, "desk-till-day")


def suspense(walk: Any) -> None:
    base = urlsplit(walk.base)
    bank = f"http://{base.hostname}:{(base.port or 80) + BANK}/_mock/credits"
    line = {"account": ACCOUNT, "amount": 16_000, "text": "nop le phi"}
    walk.http.post(bank, json=line, timeout=30).raise_for_status()

    def came(_: object) -> bool:
        walk.browser.get(f"{walk.base}/admin/money/suspense/?state=open&source=bank")
        return bool(walk.browser.find_elements(By.CSS_SELECTOR, "#suspense a"))

    walk.until("a stray transfer is held apart", came)
    look(walk, "desk-suspense")
    click(walk, "#suspense a")
    look(walk, "desk-suspense-item")
    field = walk.browser.find_element(By.CSS_SELECTOR, "#keep [name=reason]")
    field.send_keys("Đang hỏi lại người chuyển")
    click(walk, "#keep input[type=submit]")
    walk.until("it is kept with a note", lambda b: "Đã xem, chờ xử lý" in walk.text())
    look(walk, "desk-suspense-kept")
