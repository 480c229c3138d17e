"""`python -m tests.e2e --base URL`: walks the pages of a running server and keeps pictures.

Each check prints a line; the last one counts them. The first failure ends it with 1.
"""

import argparse
import datetime
import pathlib
import subprocess
import sys
import uuid

import requests
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e import desk, lookup, payment_page, vnpay

PICTURES = pathlib.Path("e2e-pictures")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PHONE, DESK = (412, 915), (1280, 900)
WAIT = 20


class Walk:
    def __init__(self, base: str) -> None:
        self.base = base
        self.passed = 0
        options = webdriver.ChromeOptions()
        for flag in FLAGS:
            options.add_argument(flag)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
        service = webdriver.ChromeService(executable_path="/usr/bin/chromedriver")
        self.browser = webdriver.Chrome(options=options, service=service)
        self.http = requests.Session()
        self.http.trust_env = False

    def holds(self, what: str, condition: bool) -> None:
        if not condition:
            raise SystemExit(f"FAILED {what}\n{self.browser.page_source[:2000]}")
        self.passed += 1
        print(f"ok {what}")  # noqa: T201

    def open(self, address: str, size: tuple[int, int]) -> None:
        self.browser.set_window_size(*size)
        self.browser.get(address if address.startswith("http") else self.base + address)

    def until(self, what: str, condition: object) -> None:
        wait = WebDriverWait(self.browser, WAIT, ignored_exceptions=[WebDriverException])
        wait.until(condition)  # type: ignore[arg-type]
        self.holds(what, True)

    def patiently(self, what: str, condition: object) -> None:
        """Wait for what another half minute may bring, as a new code of a second factor."""
        wait = WebDriverWait(
            self.browser, 70, poll_frequency=5, ignored_exceptions=[WebDriverException]
        )
        wait.until(condition)  # type: ignore[arg-type]
        self.holds(what, True)

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.browser.save_screenshot(str(PICTURES / f"{name}.png"))

    def text(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "body").text

    def api(self, method: str, path: str, body: object = None, token: str = "") -> dict:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = self.http.request(method, self.base + path, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    # -- the pages -------------------------------------------------------------------------------

    def documents(self) -> None:
        self.open("/docs", DESK)
        self.until(
            "Swagger shows the sections",
            lambda b: b.find_elements(By.ID, "operations-tag-catalogue"),
        )
        self.browser.find_element(By.ID, "operations-tag-dossiers").click()
        self.until("Swagger shows the dossiers", lambda b: "/api/v1/dossiers" in b.page_source)
        outside = [
            entry
            for entry in self.browser.execute_script(
                "return performance.getEntriesByType('resource').map(e => e.name)"
            )
            if not entry.startswith((self.base, "data:", "blob:"))
        ]
        self.holds("Swagger loads nothing from elsewhere", outside == [])
        self.picture("swagger")
        self.open("/redoc", DESK)
        self.until("Redoc shows the document", lambda b: "Can Tho Smart" in self.text())
        self.picture("redoc")

    def dossier(self) -> dict:
        token = self.api("POST", "/api/v1/dev/sign-in", {"who": "lan"})["access_token"]
        draft_id = str(uuid.uuid4())
        draft = self.api(
            "POST",
            "/api/v1/drafts",
            {"id": draft_id, "service_code": "2.000635", "another": True},
            token,
        )
        answers = {
            "nyc_ho_ten": "Nguyễn Thị Lan",
            "nyc_so_dinh_danh": "092195000001",
            "nyc_noi_cu_tru": {"line": "12 Nguyễn Trãi", "province_code": "92"},
            "nyc_quan_he": "ban_than",
            "nyc_dien_thoai": "+84900000001",
            "doi_tuong": "khai_sinh",
            "sj_ho_ten": "Nguyễn Thị Lan",
            "sj_ngay_sinh": "1995-03-14",
            "noi_da_dang_ky": {"name": "Phường Ninh Kiều"},
            "so_ban_sao": 2,
        }
        locked = {item["field"] for item in draft["prefilled"] if item["locked"]}
        answers = {name: value for name, value in answers.items() if name not in locked}
        saved = self.http.patch(
            f"{self.base}/api/v1/drafts/{draft_id}",
            json={"answers": answers, "receiving_agency": "ttpvhcc-31135"},
            headers={"Authorization": f"Bearer {token}", "If-Match": f'"{draft["version"]}"'},
            timeout=30,
        )
        saved.raise_for_status()
        one = self.api("POST", f"/api/v1/drafts/{draft_id}/submit", {}, token)
        return {**one, "token": token}

    def pay(self, dossier: dict) -> None:
        attempt = self.api(
            "POST", f"/api/v1/payments/{dossier['payment_ids'][0]}/attempts", {}, dossier["token"]
        )
        self.open(attempt["checkout_url"], PHONE)
        text = self.text()
        self.holds("the payment page says that it is a mock", "thử nghiệm" in text.lower())
        self.holds("the payment page shows the sum", "16.000" in text)
        self.picture("payment")
        self.browser.find_element(By.CSS_SELECTOR, 'button[value="decline"]').click()
        self.until(
            "a declined card is told with its reason",
            lambda b: (
                b.find_elements(By.CSS_SELECTOR, 'button[value="pay"]')
                and "từ chối" in self.text().lower()
            ),
        )
        self.picture("payment-declined")
        self.browser.find_element(By.CSS_SELECTOR, 'button[value="pay"]').click()
        self.until(
            "the page leads back after paying",
            lambda b: (
                "127.0.0.1" in b.current_url
                and "/payments/return" in b.current_url
                or "đã" in self.text().lower()
            ),
        )
        self.picture("payment-done")

        def paid(_: object) -> bool:
            one = self.api(
                "GET", f"/api/v1/payments/{dossier['payment_ids'][0]}", None, dossier["token"]
            )
            return bool(one["state"] == "paid")

        self.until("the webhook settles the payment", paid)

    def papers(self, dossier: dict) -> None:
        """Render the acknowledgement, form 01 and the receipt; what cannot be drawn fails."""
        one = self.api("GET", f"/api/v1/dossiers/{dossier['id']}", None, dossier["token"])
        addresses = {
            paper["kind"]: f"/api/v1/dossiers/{one['id']}/documents/{paper['id']}/content"
            for paper in one["documents"]
        }
        addresses["receipt"] = f"/api/v1/payments/{one['payment_ids'][0]}/receipt.pdf"
        for name, address in addresses.items():
            self.keep(name, address, dossier["token"])

    def result(self, dossier: dict) -> None:
        """Bring the dossier to its result and keep the papers of officers on the way."""
        who = {
            name: self.api("POST", "/api/v1/dev/sign-in", {"who": name})["access_token"]
            for name in ("tiep-nhan", "thu-ly", "lanh-dao")
        }
        base = f"/api/v1/officer/dossiers/{dossier['id']}"

        def moved(name: str, move: str, state: int, **more: object) -> None:
            body = {"move": move, "expected_state": state, **more}
            self.api("POST", f"{base}/moves", body, who[name])

        moved("tiep-nhan", "receive", 1)
        moved("tiep-nhan", "forward", 2)
        values = {"so_dang_ky": "Số 12/2020", "ghi_chu": "Dữ liệu tổng hợp"}
        moved("thu-ly", "propose", 4, template="trich-luc-ho-tich", values=values)
        self.keep("proposal", f"{base}/proposal.pdf", who["lanh-dao"])
        moved("lanh-dao", "sign", 4)
        self.keep("control-slip", f"{base}/control-slip", who["tiep-nhan"])
        today = datetime.datetime.now(datetime.UTC).date()  # noqa: TID251 - of the server's own day
        days = [str(today + datetime.timedelta(days=n)) for n in (-1, 1)]
        book = f"/api/v1/officer/dossier-book?from={days[0]}&to={days[1]}"
        self.keep("dossier-book", book, who["tiep-nhan"])

    def keep(self, name: str, address: str, token: str) -> pathlib.Path:
        """Keep a paper and its picture; what cannot be drawn fails."""
        answer = self.http.get(
            self.base + address, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        answer.raise_for_status()
        PICTURES.mkdir(exist_ok=True)
        file = PICTURES / f"{name}.pdf"
        file.write_bytes(answer.content)
        subprocess.run(
            ["pdftoppm", "-png", "-r", "70", "-singlefile", str(file), str(PICTURES / name)],
            check=True,
        )
        self.holds(f"{name} is a paper that can be drawn", True)
        return file

    def signature(self, dossier: dict) -> None:
        """Let independent tools look at the result that was signed, and at a changed one."""
        from tests.e2e import signed

        one = self.api("GET", f"/api/v1/dossiers/{dossier['id']}", None, dossier["token"])
        paper = next(row for row in one["documents"] if row["kind"] == "result")
        address = f"/api/v1/dossiers/{one['id']}/documents/{paper['id']}/content"
        file = self.keep("result", address, dossier["token"])
        told = signed.pdfsig(file)
        self.holds("pdfsig finds the signature of a result valid", "Signature is Valid" in told)
        self.holds("pdfsig finds all of the file signed", "Total document signed" in told)
        self.holds(
            "OpenSSL finds it signed by our authority",
            "Verification successful" in signed.openssl(file),
        )
        broken = bytearray(file.read_bytes())
        broken[len(broken) // 3] ^= 1
        changed = file.with_name("result-broken.pdf")
        changed.write_bytes(bytes(broken))
        self.holds(
            "one changed byte breaks it for pdfsig",
            "Signature is Valid" not in signed.pdfsig(changed),
        )
        self.holds(
            "one changed byte breaks it for OpenSSL",
            "Verification successful" not in signed.openssl(changed),
        )
        for name, pdf, words in (
            ("validate", file, "còn nguyên vẹn"),
            ("validate-changed", changed, "đã bị thay đổi"),
        ):
            self.open("/validate", PHONE)
            self.browser.find_element(By.NAME, "file").send_keys(str(pdf.resolve()))
            self.browser.find_element(By.CSS_SELECTOR, "button").click()
            self.until(f"the page says of it: {words}", lambda b, words=words: words in self.text())
            width = self.browser.execute_script("return document.documentElement.scrollWidth")
            self.holds("the page fits a phone", width <= PHONE[0])
            self.picture(name)

    def desk(self, dossier: dict) -> None:
        """Sign in as an officer with three proofs, open the dossier and receive it."""
        from tests.e2e import signed

        self.open("/admin/", DESK)
        self.holds("the desk asks for the second factor", "hai lớp" in self.text())
        self.picture("desk-login")
        for field, value in (
            ("username", "tiep-nhan@demo.invalid"),
            ("password", signed.PASSWORD),
            ("code", signed.second_factor()),
        ):
            self.browser.find_element(By.NAME, field).send_keys(value)
        self.browser.find_element(By.CSS_SELECTOR, '#login-form input[type="submit"]').click()
        self.until("the desk shows the agency's dossiers", lambda b: dossier["code"] in self.text())
        self.picture("desk-list")
        self.browser.find_element(By.LINK_TEXT, dossier["code"]).click()
        self.until("the desk shows the dossier", lambda b: "Nguyễn Thị Lan" in self.text())
        self.picture("desk-dossier")
        self.browser.find_element(By.CSS_SELECTOR, '#move-receive input[type="submit"]').click()
        self.until("one button receives it", lambda b: "Được tiếp nhận" in self.text())
        self.picture("desk-received")
        self.browser.find_element(By.CSS_SELECTOR, '#act-hand input[type="submit"]').click()
        self.until("one button takes it", lambda b: "Trả về hàng đợi" in b.page_source)
        self.browser.find_element(By.CSS_SELECTOR, "#act-note textarea").send_keys(
            "Xem lại địa chỉ"
        )
        self.browser.find_element(By.CSS_SELECTOR, '#act-note input[type="submit"]').click()
        self.until("a note is kept", lambda b: "Xem lại địa chỉ" in self.text())
        self.browser.set_window_size(1280, 2400)
        self.picture("desk-at-work")

    def walk(self) -> None:
        try:
            self.documents()
            dossier = self.dossier()
            lookup.sent(self, dossier)
            lookup.refused(self)
            lookup.waiting(self)
            self.pay(dossier)
            payment_page.walk_alone(self)
            self.desk(dossier)
            lookup.to_the_end(self, dossier)
            self.papers(dossier)
            decided = self.dossier()
            vnpay.pay(self, decided)
            self.result(decided)
            self.signature(decided)
            desk.walk(self)
        finally:
            self.browser.quit()
        print(f"{self.passed} passed, 0 failed")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True)
    Walk(parser.parse_args().base).walk()
    sys.exit(0)
