"""The main job of the desk, in a browser: taken in at the counter, proposed, signed, handed over.

Each page is looked at as on an office's screen and as on a phone; nothing scrolls sideways.
"""

from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.e2e import signed

SCREENS = {"screen": 1366, "phone": 390}
SERVICE = "1.004837"  # free, no form: received at once
FORMED = "1.000894"  # a form of many inputs
NAME = "Phạm Văn Quầy"


def walk(walk: Any) -> None:
    """Do the whole job as three officers."""
    walk.browser.get_log("browser")  # what other pages said before is not the desk's
    enter(walk, "tiep-nhan")
    code = counter(walk)
    form(walk)
    click(walk, "#logout-form button")
    enter(walk, "thu-ly")
    propose(walk, code)
    click(walk, "#logout-form button")
    enter(walk, "lanh-dao")
    sign(walk, code)
    click(walk, "#logout-form button")
    enter(walk, "tiep-nhan")
    hand_over(walk, code)
    bulk(walk)
    walk.browser.delete_all_cookies()
    wide(walk, None)


def enter(walk: Any, who: str) -> None:
    """Sign in with the three proofs; a code that was used waits for the next one."""
    walk.browser.delete_all_cookies()
    wide(walk, 1366)

    spent: set[str] = set()

    def tried(_: object) -> bool:
        walk.browser.get(f"{walk.base}/admin/")
        if inside(walk):
            return True
        code = signed.second_factor()
        if code in spent:
            return False  # each code once: wrong ones are counted, and lock the account
        spent.add(code)
        fields = (
            ("username", f"{who}@demo.invalid"),
            ("password", signed.PASSWORD),
            ("code", code),
        )
        for name, value in fields:
            walk.browser.find_element(By.NAME, name).send_keys(value)
        click(walk, "#login-form input[type=submit]")
        return inside(walk)

    walk.patiently(f"{who} signs in", tried)


def inside(walk: Any) -> bool:
    return bool(walk.browser.find_elements(By.ID, "logout-form"))


def counter(walk: Any) -> str:
    """Take a walk-in in: search, person, papers, a scan, filed, the slip; return the code."""
    link(walk, "Tiếp nhận tại quầy")
    walk.browser.find_element(By.NAME, "q").send_keys("giám hộ")
    click(walk, "#search input[type=submit]")
    walk.holds("the counter finds a service by its words", SERVICE in walk.text())
    look(walk, "desk-counter-search")
    click(walk, f'#found a[href$="/{SERVICE}/"]')
    person(walk)
    walk.until("a file is begun", lambda b: "Giấy tờ đã nhận" in walk.text())
    walk.browser.find_element(By.NAME, "original-0").send_keys("1")
    click(walk, "#stay")
    scan = walk.browser.find_element(By.NAME, "file")
    scan.send_keys(str(paper().resolve()))
    click(walk, "#scan input[type=submit]")
    walk.until("a scan is added", lambda b: "Đã thêm 1 tệp" in walk.text())
    look(walk, "desk-counter-papers")
    click(walk, "#next")
    look(walk, "desk-counter-delivery")
    click(walk, "#next")
    look(walk, "desk-counter-filing")
    click(walk, "#filing input[type=submit]")
    walk.until("a walk-in is filed and received at once", lambda b: "Được tiếp nhận" in walk.text())
    code = walk.browser.find_element(By.CSS_SELECTOR, "#content h1").text
    look(walk, "desk-filed")
    slip = walk.browser.find_element(By.PARTIAL_LINK_TEXT, "Giấy tiếp nhận").get_attribute("href")
    cookies = {one["name"]: one["value"] for one in walk.browser.get_cookies()}
    printed = walk.http.get(slip, cookies=cookies, timeout=30)
    walk.holds("the slip can be printed", printed.content.startswith(b"%PDF"))
    click(walk, "#move-forward input[type=submit]")
    walk.until("one button forwards it", lambda b: "Đang xử lý" in walk.text())
    return str(code)


def person(walk: Any) -> None:
    """Enter what the identity paper shows."""
    look(walk, "desk-counter-person")
    for name, value in (("id_number", "092080000009"), ("full_name", NAME)):
        walk.browser.find_element(By.NAME, name).send_keys(value)
    click(walk, "#begin input[type=submit]")


def form(walk: Any) -> None:
    """Begin a service with a form of many inputs, save a part of it, and throw it away."""
    walk.browser.get(f"{walk.base}/admin/counter/new/{FORMED}/")
    person(walk)
    walk.until("a form is shown as inputs", lambda b: "Bên nữ" in walk.text())
    look(walk, "desk-counter-form")
    walk.browser.find_element(By.NAME, "answers.vo_ho_ten").send_keys("Trần Thị Mẫu")
    click(walk, "#next")
    walk.browser.find_element(By.NAME, "original-0").send_keys("1")
    click(walk, "#next")
    address = walk.browser.current_url.replace("/delivery/", "/filing/")
    walk.browser.get(address)
    walk.holds("what was typed is kept", "Trần Thị Mẫu" in walk.text())
    click(walk, "#filing input[type=submit]")
    walk.until("what is missing is said", lambda b: "Bắt buộc phải có" in walk.text())
    look(walk, "desk-counter-form-wrong")
    walk.browser.get(address)
    press(walk, "details summary")
    click(walk, "#discard input[type=submit]")
    walk.until("a file is thrown away", lambda b: "Đã hủy hồ sơ giấy" in walk.text())
    look(walk, "desk-counter")


def propose(walk: Any, code: str) -> None:
    """Ask another agency, take that back, and put a decision by a template to sign."""
    look(walk, "desk-queue")
    link(walk, code)
    look(walk, "desk-at-handler")
    click(walk, "#ask")
    look(walk, "desk-ask")
    Select(walk.browser.find_element(By.NAME, "agencies")).select_by_value("so-tu-phap")
    walk.browser.find_element(By.NAME, "question").send_keys("Đề nghị xác minh")
    click(walk, "#ask-form input[type=submit]")
    walk.until("another agency is asked", lambda b: "Đã hỏi ý kiến 1 cơ quan" in walk.text())
    press(walk, "#opinions details summary")
    walk.browser.find_element(By.CSS_SELECTOR, "#opinions input[name=reason]").send_keys("Hỏi nhầm")
    click(walk, "#opinions input[type=submit]")
    walk.until("and need not answer any more", lambda b: "đã rút" in walk.text())
    look(walk, "desk-opinion-withdrawn")
    click(walk, "#propose")
    Select(walk.browser.find_element(By.NAME, "template")).select_by_value("chung-dong-y")
    click(walk, "#templates input[type=submit]")
    walk.browser.find_element(By.NAME, "value-noi_dung").send_keys("Cho đăng ký giám hộ")
    click(walk, "#look")
    walk.until("the composed text is read first", lambda b: NAME in composed(walk))
    look(walk, "desk-propose")
    click(walk, "#put")
    walk.until("a decision is put to sign", lambda b: "Đã trình dự thảo" in walk.text())


def composed(walk: Any) -> str:
    return str(walk.browser.find_element(By.ID, "composed").text)


def sign(walk: Any, code: str) -> None:
    """Read the decision and its PDF, and sign it."""
    link(walk, code)
    look(walk, "desk-at-signer")
    walk.holds("the signer reads the decision", "Cho đăng ký giám hộ" in walk.text())
    address = walk.browser.find_element(By.CSS_SELECTOR, "#proposal a").get_attribute("href")
    cookies = {one["name"]: one["value"] for one in walk.browser.get_cookies()}
    draft = walk.http.get(address, cookies=cookies, timeout=30)
    walk.holds("the signer reads its PDF", draft.content.startswith(b"%PDF"))
    click(walk, "#move-sign input[type=submit]")
    walk.until("one button signs it", lambda b: "Đã xử lý xong" in walk.text())


def hand_over(walk: Any, code: str) -> None:
    """Give the result at the counter: who took it, what was seen, signed for."""
    link(walk, code)
    look(walk, "desk-hand-over")
    form_ = walk.browser.find_element(By.ID, "move-hand_over")
    Select(form_.find_element(By.NAME, "way")).select_by_value("counter")
    Select(form_.find_element(By.NAME, "taken_by")).select_by_value("applicant")
    form_.find_element(By.NAME, "taker_name").send_keys(NAME)
    Select(form_.find_element(By.NAME, "proof")).select_by_value("identity_card")
    form_.find_element(By.NAME, "signed").click()
    click(walk, "#move-hand_over input[type=submit]")
    walk.until("the result is handed over", lambda b: "Đã trả kết quả" in walk.text())
    look(walk, "desk-handed-over")


def bulk(walk: Any) -> None:
    """Ask for one move on a dossier from the list, and see the page that follows it."""
    dossier = walk.dossier()
    walk.browser.get(f"{walk.base}/admin/dossiers/dossier/?state=1&q={dossier['code']}")
    press(walk, "#result_list input.action-select")
    Select(walk.browser.find_element(By.NAME, "action")).select_by_value("receive")
    click(walk, ".actions button")
    walk.until(
        "a bulk move says what became of it, without a script",
        lambda b: "Khoản phải nộp chưa được thanh toán" in walk.text(),
    )
    look(walk, "desk-bulk")
    for name in ("bulk", "dossiers/calendarday", "services/procedureversion", ""):
        walk.browser.get(f"{walk.base}/admin/{name}{'/' if name else ''}")
        look(walk, f"desk-{name.replace('/', '-') or 'index'}")


def look(walk: Any, name: str) -> None:
    """Keep a picture at each width, and hold the page to its frame and its policy."""
    for screen, width in SCREENS.items():
        wide(walk, width)
        found = walk.browser.execute_script("return document.documentElement.scrollWidth")
        walk.holds(f"{name} fits a {screen}", found <= width)
        tall = walk.browser.execute_script("return document.documentElement.scrollHeight")
        wide(walk, width, min(max(tall, 740), 4000))
        walk.picture(f"{name}-{screen}")
    wide(walk, SCREENS["screen"])
    told = [one["message"] for one in walk.browser.get_log("browser")]
    # A page that says no has a status that says so, and the browser logs that as well.
    walk.holds(f"{name} breaks no policy", not [one for one in told if "Policy" in one])


def wide(walk: Any, width: int | None, height: int = 900) -> None:
    """Give the page that width; None gives it the window's own again."""
    if width is None:
        walk.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        return
    walk.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


def click(walk: Any, selector: str) -> None:
    """Press what leads to another page, and wait until that page is there."""
    walk.browser.execute_script("window.before = true")
    press(walk, selector)
    wait = WebDriverWait(walk.browser, 20, ignored_exceptions=[WebDriverException])
    wait.until(
        lambda b: b.execute_script("return !window.before && document.readyState === 'complete'")
    )


def press(walk: Any, selector: str) -> None:
    """Press what a selector names, wherever on the page it is."""
    found = walk.browser.find_element(By.CSS_SELECTOR, selector)
    walk.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    found.click()


def link(walk: Any, words: str) -> None:
    """Open the queue and follow a link of it."""
    walk.browser.get(f"{walk.base}/admin/dossiers/dossier/")
    walk.browser.find_element(By.LINK_TEXT, words).click()


def paper() -> Any:
    """Return a picture that stands for a scanned paper."""
    from PIL import Image

    from tests.e2e.__main__ import PICTURES

    PICTURES.mkdir(exist_ok=True)
    file = PICTURES / "scan.jpg"
    Image.new("RGB", (600, 800), "white").save(file, "JPEG")
    return file
