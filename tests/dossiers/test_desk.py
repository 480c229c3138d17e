"""The desk's pages: who gets in, what is seen, and that a button is a move."""

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.utils import quote
from django.test import Client

from dossiers.models import Dossier
from seeds.people import PASSWORD, TOTP_SECRET
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import settle


def code():
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30))


def enter(who="tiep-nhan", password=PASSWORD, second=None):
    browser = Client()
    answer = browser.post(
        "/admin/login/",
        {
            "username": f"{who}@demo.invalid",
            "password": password,
            "code": code() if second is None else second,
        },
    )
    return browser, answer


def test_an_officer_enters_with_all_three_and_sees_the_agencys_dossiers(cast):
    dossier = stories.submitted(cast.owner)
    browser, answer = enter()
    assert answer.status_code == 302
    page = browser.get("/admin/dossiers/dossier/")
    assert dossier["code"] in page.content.decode()
    assert "Mới đăng ký" in page.content.decode()


@pytest.mark.parametrize(
    ("who", "password", "second"),
    [
        ("tiep-nhan", "sai-mat-khau", None),
        ("tiep-nhan", PASSWORD, "000000"),
        ("lan", PASSWORD, None),
        ("nobody", PASSWORD, None),
    ],
)
def test_nobody_enters_without_all_three(cast, who, password, second):
    stories.submitted(cast.owner)
    browser, answer = enter(who, password, second)
    assert answer.status_code == 200
    assert "không đúng" in answer.content.decode()
    assert browser.get("/admin/dossiers/dossier/").status_code == 302


def test_wrong_tries_are_limited(cast, people):
    for _ in range(5):
        enter(password="sai")
    _, answer = enter()
    assert "quá nhiều lần" in answer.content.decode()


def test_a_button_is_the_same_move_as_the_apis_and_the_look_is_logged(cast):
    dossier = stories.submitted(cast.owner)
    browser, _ = enter()
    page = f"/admin/dossiers/dossier/{quote(dossier['id'])}/change/"
    shown = browser.get(page).content.decode()
    assert "Nguyễn Thị Lan" in shown
    assert "chưa nộp phí" in shown
    move = {"move": "receive", "expected_state": 1}
    address = f"/admin/dossiers/dossier/{dossier['id']}/move/"
    refused = browser.post(address, move, follow=True)
    assert "chưa được thanh toán" in refused.content.decode()
    assert Dossier.objects.get().state == 1
    settle(dossier)
    done = browser.post(address, move, follow=True)
    assert "Đã thực hiện: Tiếp nhận" in done.content.decode()
    assert Dossier.objects.get().state == 2
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert "dossier:read at the desk" in {item["what"] for item in log}


def test_an_officer_of_another_ward_sees_and_moves_nothing(cast):
    dossier = stories.submitted(cast.owner)
    browser, _ = enter("cai-khe")
    assert dossier["code"] not in browser.get("/admin/dossiers/dossier/").content.decode()
    page = f"/admin/dossiers/dossier/{dossier['id']}"
    shown = f"/admin/dossiers/dossier/{quote(dossier['id'])}/change/"
    assert browser.get(shown).status_code == 302
    browser.post(
        f"{page}/move/", {"move": "refuse", "expected_state": 1, "reason": "x"}, follow=True
    )
    assert Dossier.objects.get().state == 1


def test_nothing_can_be_edited_added_or_deleted_past_the_moves(cast):
    dossier = stories.submitted(cast.owner)
    browser, _ = enter()
    page = f"/admin/dossiers/dossier/{dossier['id']}"
    assert browser.get("/admin/dossiers/dossier/add/").status_code == 403
    assert browser.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    browser.post(f"{page}/change/", {"state": 10})
    assert Dossier.objects.get().state == 1
