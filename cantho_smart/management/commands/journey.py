"""`journey`: the main job over HTTP against a running server, on the real catalogue.

Prints each step with real codes and ends with 0 when every one held. With `--kill`, the web
processes are killed (-9) while the dossier is being submitted and the payment started; the same
keys repeated must give one dossier and one payment.
"""

import datetime
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from cantho_smart.management.commands.dev import ROOT
from cantho_smart.management.phone import PATIENCE, Killer, Phone, picture
from citizens.vneid_mock.client import id_token

EXTRACT, MARRIAGE = "2.000635", "1.000894"
IDENTITY_PAPER = "000.00.00.G15-KQ004946"
OFFICE = "ttpvhcc-31135"
OFFICERS = ("tiep-nhan", "thu-ly", "lanh-dao")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--base", default=f"http://127.0.0.1:{port}")
        parser.add_argument("--kill", action="store_true", help="kill -9 the web on the way")

    def handle(self, *args: Any, base: str, kill: bool, **options: Any) -> None:
        server = self._server(base)
        try:
            Journey(base, kill, self.stdout.write).walk()
        finally:
            if server is not None:
                server.send_signal(signal.SIGTERM)
                server.wait(30)

    def _server(self, base: str) -> subprocess.Popen[bytes] | None:
        """Return a server that was started for this walk; None when one runs already."""
        if self._is_ready(base):
            return None
        port = base.rsplit(":", 1)[-1]
        server = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "manage.py", "dev", "--port", port],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while not self._is_ready(base):
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise CommandError("the server did not start; run `make run` to see why")
            time.sleep(0.3)
        return server

    def _is_ready(self, base: str) -> bool:
        try:
            return requests.get(f"{base}/readyz", timeout=3).status_code == 200
        except requests.RequestException:
            return False


class Journey:
    """The ten steps, one method each."""

    def __init__(self, base: str, kill: bool, say: Callable[[str], Any]) -> None:
        self.base, self.kill, self.say = base, kill, say
        self.lan = Phone(base)
        self.number = f"092195{secrets.randbelow(10**4):04d}{secrets.randbelow(90):02d}"
        self.phone = f"+849{secrets.randbelow(10**8):08d}"
        self.desk = {who: Phone(base, self._token(who)) for who in OFFICERS}
        self.dossier: dict[str, Any] = {}
        self.reused = ""

    def _token(self, who: str) -> str:
        answer = Phone(self.base).call(
            "POST", "/api/v1/dev/sign-in", {"who": who}, key="", expect=200
        )
        return str(answer.json()["access_token"])

    def walk(self) -> None:
        before = self._figures()
        self.sign_up()
        self.find()
        self.draft()
        self.attach_and_submit()
        self.acknowledged()
        self.pay()
        self.processed()
        self.received()
        self.second_service()
        self.figures(before)

    def sign_up(self) -> None:
        pending = self.lan.auth(
            "/auth/signup", {"phone": self.phone, "password": secrets.token_urlsafe(16)}, 401
        )
        outbox = self.lan.call("GET", f"/api/v1/dev/outbox?to={self.phone.replace('+', '%2B')}")
        code = outbox.json()["items"][0]["text"]
        session = pending["meta"]["session_token"]
        done = self.lan.auth(
            "/auth/phone/verify", {"code": code}, 200, **{"X-Session-Token": session}
        )
        self.lan.token = done["meta"]["access_token"]
        issuer = self.base.rsplit(":", 1)[0] + f":{int(self.base.rsplit(':', 1)[1]) + 2}"
        token = id_token(issuer, self.number)
        linked = self.lan.auth(
            "/auth/provider/token",
            {
                "provider": "vneid",
                "process": "connect",
                "token": {"client_id": "cantho-app", "id_token": token},
            },
            200,
        )
        self.lan.token = linked.get("meta", {}).get("access_token", self.lan.token)
        me = self.lan.get("/api/v1/me")
        _check(me["assurance_level"] == 2, "the identity was proved to level 2")
        consents = self.lan.get("/api/v1/me/consents")["items"]
        _check(not any(item["granted"] for item in consents), "nothing is ticked beforehand")
        text = consents[0]["text_version"]
        self.lan.post(
            "/api/v1/me/consents",
            {"purpose": "prefill", "decision": "grant", "text_version": text},
        )
        self.me = me
        self.say(
            f" 1. {me['full_name']} (synthetic) signed up by phone, proved the identity "
            f"{me['id_number_masked']} to level 2, agreed to be prefilled"
        )

    def find(self) -> None:
        found = self.lan.get("/api/v1/services?q=dang%20ky%20ket%20hon")["items"][0]
        _check(found["code"] == MARRIAGE, "marriage is found first")
        marriage = self.lan.get(f"/api/v1/services/{MARRIAGE}")
        _check(marriage["fee"]["total"] == {"amount": 0, "currency": "VND"}, "marriage is free")
        found = self.lan.get("/api/v1/services?q=trich%20luc")["items"][0]
        _check(found["code"] == EXTRACT, "the extract is found first")
        quote = self.lan.post(
            f"/api/v1/services/{EXTRACT}/fee-quote", {"answers": {"so_ban_sao": 2}}, expect=200
        )
        _check(quote["total"]["amount"] == 16000, "two copies cost 16,000 dong")
        form = self.lan.get(f"/api/v1/services/{EXTRACT}/form")
        self.say(
            f" 2. {MARRIAGE} is free; {EXTRACT} costs 8,000 a copy; its form has "
            f"{len(form['schema']['properties'])} fields ({form['verified']})"
        )

    def draft(self) -> None:
        self.draft_id = str(uuid.uuid4())
        draft = self.lan.post(
            "/api/v1/drafts", {"id": self.draft_id, "service_code": EXTRACT, "another": True}
        )
        sources = {item["field"]: item["source"] for item in draft["prefilled"]}
        _check(sources.get("nyc_ho_ten") == "identity", "the name comes from the identity")
        missing = [item["pointer"] for item in draft["failures"]]
        saved = self.lan.call(
            "PATCH",
            f"/api/v1/drafts/{self.draft_id}",
            {
                "answers": {
                    "nyc_noi_cu_tru": {
                        "line": "12 Nguyễn Trãi",
                        "ward_code": "31135",
                        "province_code": "92",
                    },
                    "nyc_quan_he": "ban_than",
                    "nyc_dien_thoai": self.phone,
                    "sj_quoc_tich": "VN",
                    "doi_tuong": "khai_sinh",
                    "noi_da_dang_ky": {"name": "Phường Ninh Kiều", "ward_code": "31135"},
                    "so_ban_sao": 2,
                },
                "receiving_agency": OFFICE,
            },
            version=draft["version"],
            expect=200,
        ).json()
        _check(saved["failures"] == [], "nothing is missing any more")
        self.say(
            f" 3. draft of form v{draft['form_number']}: {len(sources)} values prefilled, "
            f"{len(missing)} were missing, autosaved as version {saved['version']}"
        )

    def attach_and_submit(self) -> None:
        path = f"/api/v1/drafts/{self.draft_id}/attachments"
        wrong = self.lan.call(
            "POST",
            path,
            {"paper_key": IDENTITY_PAPER},
            files=lambda: {"file": ("a.exe", b"MZ\x90\x00")},
        )
        _check(wrong.status_code == 415, "a program is refused")
        self.lan.call(
            "POST",
            path,
            {"paper_key": IDENTITY_PAPER},
            files=lambda: {"file": ("căn cước.jpg", picture())},
            expect=201,
        )
        key = uuid.uuid4().hex
        address = f"/api/v1/drafts/{self.draft_id}/submit"
        with self._killing():
            first = self.lan.post(address, {}, key=key)
        again = self.lan.post(address, {}, key=key)
        _check(first["id"] == again["id"], "twice with one key is one dossier")
        mine = self.lan.get("/api/v1/dossiers")["items"]
        _check([item["id"] for item in mine] == [first["id"]], "one dossier exists")
        self.dossier = first
        killed = ", killed -9 on the way" if self.kill else ""
        self.say(f" 4. {first['code']} submitted{killed}; a program was refused, a photo taken")

    def acknowledged(self) -> None:
        one = self.dossier
        _check(one["state"]["code"] == 1, "state 1")
        _check(one["due_at"] is None, "no due time before reception")
        _check(one["owed"]["amount"] == 16000, "16,000 is owed")
        paper = self._paper("acknowledgement")
        self.say(
            f" 5. state 1 {one['state']['name']}; owed {one['owed']['amount']:,} dong "
            f"({one['fee']['reason']}); acknowledgement of {len(paper):,} bytes"
        )

    def pay(self) -> None:
        payment = self.dossier["payment_ids"][0]
        key = uuid.uuid4().hex
        address = f"/api/v1/payments/{payment}/attempts"
        with self._killing():
            attempt = self.lan.post(address, {}, key=key)
        again = self.lan.post(address, {}, key=key)
        _check(attempt["id"] == again["id"], "twice with one key is one attempt")
        self._pay_page(attempt["checkout_url"])
        paid = self._until(
            lambda: self.lan.get(f"/api/v1/payments/{payment}"),
            lambda one: one["state"] == "paid",
            "the payment is settled",
        )
        one = self._until(
            lambda: self.lan.get(f"/api/v1/dossiers/{self.dossier['id']}"),
            lambda one: any(event["kind"] == "payment" for event in one["timeline"]),
            "the timeline shows the payment",
        )
        _check(one["state"]["code"] == 1, "money moves no state")
        _check(one["paid"]["amount"] == 16000, "paid once")
        receipt = self.lan.get(f"/api/v1/payments/{payment}/receipt")
        pdf = self.lan.call("GET", f"/api/v1/payments/{payment}/receipt.pdf", expect=200).content
        _check(pdf.startswith(b"%PDF"), "the receipt is a PDF")
        killed = ", killed -9 on the way" if self.kill else ""
        self.say(
            f" 6. {paid['amount']['amount']:,} dong paid once{killed}; demonstration receipt "
            f"{receipt['series']} {receipt['number']}; the state is still 1"
        )

    def _pay_page(self, address: str) -> None:
        """Do what a person does on the provider's page: choose to pay."""
        browser = requests.Session()
        browser.trust_env = False
        page = browser.get(address, timeout=10)
        _check(page.status_code == 200, "the provider's page opens")
        answer = browser.post(
            address,
            data={"action": "pay", "card": "4242424242424242"},
            allow_redirects=False,
            timeout=15,
        )
        _check(answer.status_code in {200, 302, 303}, "the provider takes the card")

    def processed(self) -> None:
        reception = self.desk["tiep-nhan"]
        received = self._move(reception, "receive", 1)
        self.say(f" 7. received; promised for {received['due_at']}")
        slip = self._paper("reception_slip")
        _check(slip.startswith(b"%PDF"), "form 01 is a PDF")
        self._move(reception, "forward", 2)
        asked = self._move(
            self.desk["thu-ly"],
            "request_supplement",
            4,
            reason="Ảnh căn cước bị mờ, đề nghị chụp lại",
            papers=[IDENTITY_PAPER],
        )
        _check(asked["due_at"] is None, "the clock stands still")
        address = f"/api/v1/dossiers/{self.dossier['id']}"
        self.lan.call(
            "POST",
            f"{address}/attachments",
            {"paper_key": IDENTITY_PAPER},
            files=lambda: {"file": ("căn cước rõ.jpg", picture("navy"))},
            expect=201,
        )
        self.lan.post(f"{address}/supplements", {"message": "Đã chụp lại"})
        resumed = self._move(self.desk["thu-ly"], "accept_supplement", 5)
        self._move(
            self.desk["thu-ly"],
            "propose",
            4,
            result_text="Cấp 02 bản sao trích lục khai sinh",
            result_number="TL-01 (thử nghiệm)",
        )
        self._move(self.desk["lanh-dao"], "sign", 4)
        self._move(reception, "hand_over", 9)
        self.say(
            f"    asked for a supplement, answered, resumed (promised {resumed['due_at']}), "
            "proposed, signed, handed over"
        )

    def received(self) -> None:
        one = self.lan.get(f"/api/v1/dossiers/{self.dossier['id']}")
        _check(one["state"]["code"] == 10, "state 10")
        result = self._paper("result")
        _check(b"/ETSI.CAdES.detached" in result, "the result is signed (PAdES)")
        messages = self.lan.get("/api/v1/me/inbox?page_size=100")["items"]
        _check(len(messages) == len(one["timeline"]), "every step is in the inbox")
        found = Phone(self.base).post("/api/v1/lookup", {"dossier_code": one["code"]}, expect=200)
        text = json.dumps(found, ensure_ascii=False)
        for private in (self.me["full_name"], self.number, self.phone):
            _check(private not in text, "the look-up tells nothing personal")
        log = self.lan.get("/api/v1/me/access-log?page_size=100")["items"]
        self.say(
            f" 8. {len(one['timeline'])} steps in timeline and inbox; signed result of "
            f"{len(result):,} bytes; anyone sees '{found['state']['name']}' for {one['code']}; "
            f"{len(log)} reads by officers in the access log"
        )

    def second_service(self) -> None:
        draft_id = str(uuid.uuid4())
        draft = self.lan.post(
            "/api/v1/drafts", {"id": draft_id, "service_code": MARRIAGE, "another": True}
        )
        from_dossier = [
            item["field"]
            for item in draft["prefilled"]
            if item["source"] == "dossier" and item["source_ref"] == self.dossier["code"]
        ]
        _check("vo_noi_cu_tru" in from_dossier, "the residence comes from the first dossier")
        offered = [
            (paper["key"], one["paper_id"])
            for paper in draft["papers"]
            for one in paper["reusable"]
            if one["source_ref"] == self.dossier["code"]
        ]
        _check(bool(offered), "the accepted paper is offered for reuse")
        paper_key, paper_id = offered[0]
        reused = self.lan.post(
            f"/api/v1/drafts/{draft_id}/reused-papers",
            {"paper_key": paper_key, "paper_id": paper_id},
        )
        _check(reused["reused"], "the paper was not uploaded again")
        self._submit_marriage(draft_id)
        self.lan.post(
            "/api/v1/me/consents",
            {"purpose": "prefill", "decision": "withdraw", "text_version": "2026-1"},
        )
        empty = self.lan.post(
            "/api/v1/drafts",
            {"id": str(uuid.uuid4()), "service_code": MARRIAGE, "another": True},
        )
        _check(empty["answers"] == {}, "without consent nothing is prefilled")
        self.say(
            f" 9. {MARRIAGE} came with {len(draft['prefilled'])} values, {len(from_dossier)} of "
            f"them from {self.dossier['code']}, and reused its paper; consent withdrawn: none"
        )

    def _submit_marriage(self, draft_id: str) -> None:
        draft = self.lan.get(f"/api/v1/drafts/{draft_id}")
        groom = {
            "chong_ho_ten": "Trần Văn Mẫu",
            "chong_ngay_sinh": "1994-08-02",
            "chong_dan_toc": "Kinh",
            "chong_quoc_tich": "VN",
            "chong_loai_cu_tru": "thuong_tru",
            "chong_noi_cu_tru": {"line": "5 Hai Bà Trưng", "province_code": "92"},
            "chong_so_dinh_danh": "092094000002",
            "chong_so_lan_ket_hon": 1,
            "chong_tinh_trang_hon_nhan": "chua_ket_hon",
        }
        bride = {
            "vo_dan_toc": "Kinh",
            "vo_loai_cu_tru": "thuong_tru",
            "vo_so_lan_ket_hon": 1,
            "vo_tinh_trang_hon_nhan": "chua_ket_hon",
        }
        saved = self.lan.call(
            "PATCH",
            f"/api/v1/drafts/{draft_id}",
            {"answers": {**groom, **bride}, "receiving_agency": OFFICE},
            version=draft["version"],
            expect=200,
        ).json()
        _check(saved["failures"] == [], f"nothing is missing: {saved['failures']}")
        self.lan.post(f"/api/v1/drafts/{draft_id}/submit", {})

    def figures(self, before: dict[str, Any]) -> None:
        after = self._figures()
        for key, more in (("online", 2), ("paid_online", 1), ("digitised", 1), ("reused", 1)):
            grown = after[key]["numerator"] - before[key]["numerator"]
            _check(grown >= more, f"the figure {key} grew by {more}")
        told = ", ".join(
            f"{key} {one['numerator']}/{one['denominator']}" for key, one in after.items()
        )
        self.say(f"10. the city's figures: {told}")

    # -- helpers ---------------------------------------------------------------------------------

    def _figures(self) -> dict[str, Any]:
        tomorrow = datetime.date.today() + datetime.timedelta(days=1)  # noqa: DTZ011 - a margin
        answer = Phone(self.base).get(f"/api/v1/reports/kpi?end={tomorrow + datetime.timedelta(1)}")
        return {one["key"]: one for one in answer["ratios"]}

    def _move(self, desk: Phone, move: str, state: int, **more: Any) -> Any:
        return desk.post(
            f"/api/v1/officer/dossiers/{self.dossier['id']}/moves",
            {"move": move, "expected_state": state, **more},
        )

    def _paper(self, kind: str) -> bytes:
        address = f"/api/v1/dossiers/{self.dossier['id']}/documents"
        found = [one for one in self.lan.get(address)["items"] if one["kind"] == kind]
        _check(len(found) == 1, f"one {kind}")
        answer = self.lan.call("GET", f"{address}/{found[0]['id']}/content", expect=200)
        _check(answer.content.startswith(b"%PDF"), f"{kind} is a PDF")
        return bytes(answer.content)

    def _until(self, look: Callable[[], Any], holds: Callable[[Any], bool], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            seen = look()
            if holds(seen):
                return seen
            if time.monotonic() > deadline:
                raise CommandError(f"not in {PATIENCE} s: {what}: {json.dumps(seen)[:1000]}")
            time.sleep(0.2)

    def _killing(self) -> "Killer":
        return Killer(int(self.base.rsplit(":", 1)[1]) if self.kill else None)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise CommandError(f"does not hold: {what}")
