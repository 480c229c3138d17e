"""The agency's officers on the desk's pages: invited, changed, reset, ended, and the record."""

import pytest
from django.test import Client

from citizens.models import Invitation
from dossiers.models import Seat, SeatEvent
from tests.dossiers import office
from tests.dossiers.desks import seat_of
from tests.dossiers.office import NEW, mailed
from tests.dossiers.test_desk import code
from tests.dossiers.test_desk_moves import browser_of

PAGES = "/admin/staff/"


def shown(browser, path=""):
    answer = browser.get(f"{PAGES}{path}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def sent(browser, path, **data):
    answer = browser.post(f"{PAGES}{path}", data, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.fixture
def admin(cast):
    return browser_of("quan-tri")


def invited(admin):
    status, text = sent(admin, "invite/", unit_id="", **NEW)
    assert (status, f"Đã mời {NEW['full_name']}" in text) == (200, True), text
    return Seat.objects.get(user__email=NEW["email"])


def test_an_officer_is_invited_and_gets_a_code_by_mail(admin, drain):
    seat = invited(admin)
    drain()
    assert office.opened(mailed()).status_code == 201
    assert (seat.agency_id, seat.roles, seat.title) == ("ubnd-31135", ["handler"], NEW["title"])
    assert "đã mời, chưa nhận" in shown(admin)
    text = shown(admin, f"officers/{seat.user_id}/")
    assert NEW["email"] in text
    assert NEW["id_number"] not in text
    assert SeatEvent.objects.filter(seat=seat, what="invited").count() == 1


def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_made(admin):
    for change, words, status in (
        ({"id_number": "123"}, "12 chữ số", 400),
        ({"roles": []}, "Vai trò", 400),
        ({"roles": ["auditor", "handler"]}, "không giữ vai trò nào khác", 400),
        ({"email": "thu-ly@demo.invalid"}, "", 409),
    ):
        answer = sent(admin, "invite/", unit_id="", **{**NEW, **change})
        assert (answer[0], words in answer[1]) == (status, True), change
        assert NEW["title"] in answer[1]
    assert not Seat.objects.filter(user__email=NEW["email"]).exists()


def test_a_form_that_is_sent_twice_is_done_once(admin):
    text = shown(admin, "invite/")
    once = text.split('name="once" value="')[1].split('"')[0]
    for _ in range(2):
        status, told = sent(admin, "invite/", unit_id="", once=once, **NEW)
        assert status == 200
    assert "đã được gửi trước đó" in told
    assert Invitation.objects.filter(user__email=NEW["email"]).count() == 1
    # Refused, the key is free again: what was mended may be sent.
    body = {**NEW, "email": "hai@cantho.invalid", "id_number": "092080000098", "once": "hai"}
    assert sent(admin, "invite/", unit_id="", **{**body, "roles": ["auditor", "admin"]})[0] == 400
    assert "Đã mời" in sent(admin, "invite/", unit_id="", **body)[1]


def test_title_unit_and_roles_change_for_the_version_that_was_seen(admin):
    seat = seat_of("thu-ly")
    path = f"officers/{seat.user_id}/"
    assert f'name="version" value="{seat.version}"' in shown(admin, path)
    body = {"title": "Phó phòng", "unit_id": "", "roles": ["handler", "reception"]}
    status, text = sent(admin, f"{path}change/", version=seat.version, **body)
    assert (status, "Đã thay đổi" in text) == (200, True)
    seat.refresh_from_db()
    assert (seat.title, seat.unit, seat.roles) == ("Phó phòng", None, ["handler", "reception"])
    stale = sent(admin, f"{path}change/", version=seat.version - 1, **{**body, "title": "Khác"})
    assert stale[0] == 409
    assert f'name="version" value="{seat.version}"' in stale[1]
    seat.refresh_from_db()
    assert (seat.title, seat.version) == ("Phó phòng", 2)
    record = shown(admin, "record/")
    assert "Chức danh: Công chức thụ lý → Phó phòng" in record
    assert "bởi Quản trị tài khoản" in record
    assert "Bộ phận: Bộ phận Tư pháp - Hộ tịch (mẫu) → " in record


def test_a_new_invitation_a_reset_and_the_end(admin, drain):
    fresh = invited(admin)
    drain()
    first = mailed()
    path = f"officers/{fresh.user_id}/"
    assert 'id="invite-again"' in shown(admin, path)
    assert "Đã gửi lại thư mời" in sent(admin, f"{path}invite/")[1]
    drain()
    assert office.opened(first).status_code != 201
    assert office.opened(mailed()).status_code == 201
    handler = browser_of("thu-ly")
    seat = seat_of("thu-ly")
    path = f"officers/{seat.user_id}/"
    assert 'id="invite-again"' not in shown(admin, path)
    again = sent(admin, f"{path}invite/")
    assert (again[0], "đã" in again[1]) == (409, True)
    assert "Đã đặt lại mật khẩu" in sent(admin, f"{path}reset/")[1]
    assert handler.get("/admin/dossiers/dossier/").status_code == 302
    assert sent(admin, f"{path}end/", version=seat.version + 1)[0] == 409
    assert "Đã kết thúc" in sent(admin, f"{path}end/", version=seat.version)[1]
    seat.refresh_from_db()
    assert (seat.active, "đã kết thúc" in shown(admin)) == (False, True)
    assert 'id="end"' not in shown(admin, path)
    whats = SeatEvent.objects.filter(seat=seat).order_by("id").values_list("what", flat=True)
    assert list(whats) == ["seated", "factor_reset", "ended"]


def test_nobody_changes_their_own_seat(admin):
    me = seat_of("quan-tri")
    text = shown(admin, f"officers/{me.user_id}/")
    assert 'id="change"' not in text
    for act in ("reset/", "end/"):
        status, told = sent(admin, f"officers/{me.user_id}/{act}", version=me.version)
        assert (status, "Không được tự thay đổi" in told) == (403, True)
    me.refresh_from_db()
    assert me.active


def test_colleagues_read_offices_only_and_change_nothing(cast):
    handler, target = browser_of("thu-ly"), seat_of("lanh-dao")
    text = shown(handler)
    assert "Cán bộ mẫu C" in text
    assert 'id="invite"' not in text
    assert "Nhật ký" not in text
    one = shown(handler, f"officers/{target.user_id}/")
    assert "lanh-dao@demo.invalid" not in one
    assert 'id="change"' not in one
    body = {"title": "Tôi", "unit_id": "", "roles": ["admin"], "version": target.version}
    assert sent(handler, f"officers/{target.user_id}/change/", **body)[0] == 403
    assert sent(handler, f"officers/{target.user_id}/end/", version=target.version)[0] == 403
    assert sent(handler, "invite/", unit_id="", **NEW)[0] == 403
    assert handler.get(f"{PAGES}invite/").status_code == 403
    assert handler.get(f"{PAGES}record/").status_code == 403
    target.refresh_from_db()
    assert (target.active, target.version) == (True, 1)


def test_an_auditor_reads_accounts_and_the_record_and_changes_nothing(cast):
    auditor, target = browser_of("kiem-tra"), seat_of("lanh-dao")
    one = shown(auditor, f"officers/{target.user_id}/")
    assert "lanh-dao@demo.invalid" in one
    assert 'id="change"' not in one
    assert "Bố trí vị trí" in shown(auditor, "record/")
    assert sent(auditor, f"officers/{target.user_id}/reset/")[0] == 403


def test_another_agency_sees_and_changes_nothing(admin, cast):
    theirs = seat_of("tiep-nhan")
    assert "Cán bộ mẫu A" not in shown(admin)
    assert admin.get(f"{PAGES}officers/{theirs.user_id}/").status_code == 404
    body = {"title": "Tôi", "unit_id": "", "roles": ["admin"], "version": theirs.version}
    for act, data in (("change/", body), ("invite/", {}), ("reset/", {}), ("end/", body)):
        assert sent(admin, f"officers/{theirs.user_id}/{act}", **data)[0] == 404
    theirs.refresh_from_db()
    assert (theirs.active, theirs.version) == (True, 1)
    assert "Nhận lời mời" not in shown(admin, "record/")
    assert Client().get(PAGES).status_code == 302


def test_forms_without_their_token_are_refused(cast):
    browser = Client(enforce_csrf_checks=True)
    seat = seat_of("thu-ly")
    page = browser.get("/admin/login/")
    token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    body = {"username": "quan-tri@demo.invalid", "password": office.PASSWORD, "code": code()}
    assert browser.post("/admin/login/", {**body, "csrfmiddlewaretoken": token}).status_code == 302
    path = f"{PAGES}officers/{seat.user_id}/end/"
    assert browser.post(path, {"version": seat.version}).status_code == 403
    seat.refresh_from_db()
    assert seat.active


def test_the_lists_cost_the_same_for_one_and_for_many(admin, count_queries):
    counts = []
    for number in range(3):
        body = {**NEW, "email": f"m{number}@cantho.invalid", "id_number": f"09208000010{number}"}
        sent(admin, "invite/", unit_id="", **body)
        shown(admin)
        found = []
        for path in ("", "record/"):
            with count_queries() as queries:
                shown(admin, path)
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1] == counts[2]


def test_long_lists_go_on_to_a_next_page(admin, monkeypatch):
    monkeypatch.setattr("dossiers.desk_pages.piece.__kwdefaults__", {"size": 2})
    first = shown(admin)
    assert 'href="?page=2" rel="next"' in first
    second = shown(admin, "?page=2")
    assert 'href="?page=1" rel="prev"' in second
    names = [f"Cán bộ mẫu {one}" for one in "BCI"]
    assert [name in first for name in names] != [name in second for name in names]
    assert all((name in first) != (name in second) for name in names)
    assert "Trang" in shown(admin, "?page=0x")
