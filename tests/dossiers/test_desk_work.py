"""The desk's pages at work: filters, whose work it is, notes, messages."""

import pytest

from dossiers.models import Assignment, DossierMessage, Note
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_desk import enter
from tests.dossiers.test_talk import say

LIST = "/admin/dossiers/dossier/"


def page(browser, dossier):
    answer = browser.get(f"{LIST}{dossier['id'].replace('_', '_5F')}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def act(browser, dossier, name, **data):
    return browser.post(f"{LIST}{dossier['id']}/act/{name}/", data, follow=True).content.decode()


@pytest.fixture
def desk(cast):
    browser, _ = enter()
    return browser


def test_the_list_shows_open_ones_due_first_and_filters_narrow_it(cast, desk):
    fresh, running = stories.submitted(cast.owner), received(cast)
    refused = stories.submitted(cast.owner)
    move(cast.reception, refused, "refuse", 1, reason="Không thuộc")
    shown = desk.get(LIST).content.decode()
    assert shown.index(running["code"]) < shown.index(fresh["code"])
    assert refused["code"] not in shown
    assert refused["code"] in desk.get(f"{LIST}?state=all").content.decode()
    only = desk.get(f"{LIST}?state=3").content.decode()
    assert refused["code"] in only
    assert running["code"] not in only
    unpromised = desk.get(f"{LIST}?due=none").content.decode()
    assert fresh["code"] in unpromised
    assert running["code"] not in unpromised


def test_the_list_costs_the_same_for_one_and_for_many(cast, desk, count_queries):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            received(cast)
        desk.get(LIST)
        with count_queries() as queries:
            desk.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_officer_takes_a_dossier_and_gives_it_back(cast, desk):
    dossier = received(cast)
    assert "Chưa giao" in page(desk, dossier)
    done = act(desk, dossier, "take", expected_state=2, expected_assignee="")
    assert "Đã nhận phụ trách" in done
    held = Assignment.objects.get()
    mine = desk.get(f"{LIST}?hand=me").content.decode()
    assert dossier["code"] in mine
    assert dossier["code"] not in desk.get(f"{LIST}?hand=nobody").content.decode()
    stale = act(desk, dossier, "release", expected_state=2, expected_assignee="")
    assert "Đã trả hồ sơ" not in stale
    done = act(desk, dossier, "release", expected_state=2, expected_assignee=held.seat_id)
    assert "Đã trả hồ sơ" in done
    assert not Assignment.objects.exists()


def test_notes_and_messages_are_written_and_shown_and_only_messages_reach_the_citizen(cast, desk):
    dossier = received(cast)
    say(cast.owner, dossier, text="Bao giờ có kết quả?")
    assert "Bao giờ có kết quả?" in page(desk, dossier)
    assert "Đã gửi tin" in act(desk, dossier, "reply", text="Ngày mai.")
    assert "Đã ghi chú" in act(desk, dossier, "note", expected_state=2, text="Xem lại địa chỉ")
    shown = page(desk, dossier)
    assert "Ngày mai." in shown
    assert "Xem lại địa chỉ" in shown
    mine = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/messages").content.decode()
    assert "Ngày mai." in mine
    assert "Xem lại địa chỉ" not in mine
    assert (DossierMessage.objects.count(), Note.objects.count()) == (2, 1)


def test_what_is_wrong_is_said_and_does_nothing(cast, desk):
    dossier = received(cast)
    for name, data in (
        ("reply", {"text": ""}),
        ("note", {"text": "x"}),
        ("burn", {}),
    ):
        assert "Yêu cầu không hợp lệ" in act(desk, dossier, name, **data)
    stranger, _ = enter("cai-khe")
    assert "Đã gửi tin" not in act(stranger, dossier, "reply", text="x")
    assert not DossierMessage.objects.exists()


def test_answers_are_read_as_a_person_would_write_them(cast, desk):
    dossier = stories.submitted(cast.owner)
    shown = page(desk, dossier)
    assert "Bản thân" in shown
    assert "ban_than" not in shown
    assert "14/03/1995" in shown
