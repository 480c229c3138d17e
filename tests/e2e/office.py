"""The rest of an agency's work at the desk, in a browser: officers, the hall, questions, money.

Each page is looked at as on an office's screen and as on a phone. A payment was settled before.
"""

import time
from typing import Any

from selenium.webdriver.common.by import By

from tests.e2e import till
from tests.e2e.desk import click, enter, look, press
from tests.e2e.money import back

OFFICE = "ttpvhcc-31135"


def walk(walk: Any) -> None:
    """Work as an agency's admin, at the counter, and at the till."""
    subject = f"Giờ làm việc {int(time.time())}"
    ask(walk, subject)
    enter(walk, "quan-tri")
    admin(walk)
    click(walk, "#logout-form button")
    enter(walk, "tiep-nhan")
    hall(walk)
    questions(walk, subject)
    click(walk, "#logout-form button")
    enter(walk, "thu-ngan")
    money(walk)
    back(walk)
    till.walk(walk)
    click(walk, "#logout-form button")


def ask(walk: Any, subject: str) -> None:
    """Let a citizen ask the office."""
    token = walk.api("POST", "/api/v1/dev/sign-in", {"who": "lan"})["access_token"]
    text = "Trung tâm có làm việc sáng thứ Bảy không?"
    body = {"kind": "question", "subject": subject, "text": text, "agency": OFFICE}
    walk.api("POST", "/api/v1/feedback", body, token)


def fill(walk: Any, form: str, **values: str) -> None:
    for name, value in values.items():
        field = walk.browser.find_element(By.CSS_SELECTOR, f"#{form} [name={name}]")
        field.clear()
        field.send_keys(value)


def admin(walk: Any) -> None:
    """Invite an officer, see the account, make a unit, lend a role, read the record, the hours."""
    number = f"{int(time.time())}"
    walk.browser.get(f"{walk.base}/admin/staff/")
    look(walk, "desk-staff")
    click(walk, "#invite")
    fill(
        walk,
        "invite-form",
        email=f"moi-{number}@demo.invalid",
        full_name="Cán bộ mẫu M",
        id_number=f"09{number[-10:]}",
        title="Công chức Địa chính",
    )
    press(walk, "#invite-form input[value=handler]")
    look(walk, "desk-invite")
    click(walk, "#invite-form input[type=submit]")
    walk.until("an officer is invited", lambda b: "mã mời có hiệu lực 72 giờ" in walk.text())
    walk.browser.find_element(By.LINK_TEXT, "Cán bộ mẫu M").click()
    walk.until("the account is shown", lambda b: "đã mời, chưa nhận" in walk.text())
    look(walk, "desk-officer")
    walk.browser.get(f"{walk.base}/admin/staff/units/")
    fill(walk, "make", name=f"Bộ phận {number}")
    click(walk, "#make input[type=submit]")
    walk.until("a unit is made", lambda b: f"Đã lập Bộ phận {number}" in walk.text())
    press(walk, "#units details summary")
    look(walk, "desk-units")
    walk.browser.get(f"{walk.base}/admin/staff/lendings/")
    look(walk, "desk-lendings")
    for path in ("staff/record", "hours"):
        walk.browser.get(f"{walk.base}/admin/{path}/")
        look(walk, f"desk-{path.replace('/', '-')}")


def hall(walk: Any) -> None:
    """Give a number, call it, serve it."""
    walk.browser.get(f"{walk.base}/admin/hall/")
    click(walk, "#give input[type=submit]")
    walk.until("a number is given", lambda b: "Đã phát số" in walk.text())
    fill(walk, "call", desk="Quầy 3")
    click(walk, "#call input[type=submit]")
    walk.until("the next one is called", lambda b: "đến Quầy 3" in walk.text())
    look(walk, "desk-hall")
    click(walk, '#called form[action$="/served/"] input[type=submit]')
    walk.until("and served", lambda b: "đã phục vụ" in walk.text())


def questions(walk: Any, subject: str) -> None:
    """Answer a question."""
    walk.browser.get(f"{walk.base}/admin/feedback/")
    look(walk, "desk-feedback")
    walk.browser.find_element(By.LINK_TEXT, subject).click()
    look(walk, "desk-question")
    fill(walk, "answer", text="Có, cả sáng thứ Bảy.")
    click(walk, "#answer input[type=submit]")
    walk.until("a question is answered", lambda b: "Đã thực hiện: Trả lời" in walk.text())
    look(walk, "desk-answered")
    walk.browser.get(f"{walk.base}/admin/feedback/talks/")
    look(walk, "desk-talks")


def money(walk: Any) -> None:
    """Open a receipt, take a print of it, and look at the books."""
    walk.browser.get(f"{walk.base}/admin/money/")
    look(walk, "desk-receipts")
    walk.browser.find_element(By.CSS_SELECTOR, "#receipts a").click()
    click(walk, "#print input[type=submit]")
    walk.until("a print is taken", lambda b: "Đã lập bản in số" in walk.text())
    look(walk, "desk-receipt")
    address = walk.browser.find_element(By.ID, "printed").get_attribute("href")
    cookies = {one["name"]: one["value"] for one in walk.browser.get_cookies()}
    printed = walk.http.get(address, cookies=cookies, timeout=30)
    walk.holds("the print can be opened", printed.content.startswith(b"%PDF"))
    for path in ("discrepancies", "runs", "disputes", "report"):
        walk.browser.get(f"{walk.base}/admin/money/{path}/")
        look(walk, f"desk-{path}")
