"""The desk's list: whom it greets, its filters, its figures, and one move on many dossiers."""

import pytest

from dossiers.models import BulkJob, Dossier
from tests.dossiers import stories
from tests.dossiers.desks import assign, colleague, in_process, proposed, seat_of
from tests.dossiers.test_api_dossiers import received, settle
from tests.dossiers.test_desk import enter
from tests.dossiers.test_desk_moves import browser_of
from tests.dossiers.test_desk_work import LIST, act, page


def shown(browser, query=""):
    answer = browser.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def chosen(browser, name, seen):
    """Select dossiers as the list showed them, (id, state), and ask for one move on all."""
    body = {"action": name, "_selected_action": [one for one, _ in seen], "index": 0}
    body |= {f"seen-{one}": state for one, state in seen}
    return browser.post(LIST, body, follow=True)


def test_the_header_greets_with_name_and_office_and_never_with_an_id(cast):
    browser = browser_of("tiep-nhan")
    head = shown(browser).split('id="content-start"')[0]
    assert "Cán bộ mẫu A" in head
    assert "Bộ phận tiếp nhận, Trung tâm Phục vụ hành chính công phường Ninh Kiều" in head
    assert seat_of("tiep-nhan").user_id not in head
    for words in ("Hồ sơ", "Tiếp nhận tại quầy", "Hàng loạt"):
        assert f">{words}</a>" in head
    assert "Ý kiến phối hợp" not in head
    handler = shown(browser_of("thu-ly")).split('id="content-start"')[0]
    assert "Ý kiến phối hợp" in handler
    assert "Tiếp nhận tại quầy" not in handler


def test_the_list_shows_the_applicant_and_leaves_one_row_for_each_person_shown(cast):
    received(cast)
    browser = browser_of("tiep-nhan")
    assert "Nguyễn Thị Lan" in shown(browser)
    log = [one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"]]
    assert log.count("dossier:list") == 1


def test_what_an_agencys_part_does_not_show_stands_nowhere_in_its_list(cast):
    dossier = stories.submitted(cast.owner)
    text = shown(browser_of("thu-ly"))
    assert dossier["code"] in text
    assert "Nguyễn Thị Lan" not in text


def test_filters_by_unit_by_hand_and_by_whom_it_waits_for(cast, sign_in):
    mine, theirs, nobodys = in_process(cast), in_process(cast), in_process(cast)
    handler, mate = seat_of("thu-ly"), colleague(sign_in, cast)
    other = seat_of("cai-khe")
    assert assign(cast.handler, mine, handler.pk).status_code == 201
    assert assign(mate, theirs, other.pk).status_code == 201
    browser = browser_of("thu-ly")
    text = shown(browser)
    assert "Công chức khác" in text
    assert handler.unit.name in text
    for query, wanted in (
        (f"?unit={handler.unit_id}", {mine["code"]}),
        ("?hand=me", {mine["code"]}),
        (f"?hand={other.pk}", {theirs["code"]}),
        ("?hand=nobody", {nobodys["code"]}),
        ("?waiting_for=us", {mine["code"], theirs["code"], nobodys["code"]}),
        ("?waiting_for=payment", set()),
        (f"?q={mine['code'].lower()}", {mine["code"]}),
    ):
        text = shown(browser, query)
        found = {one["code"] for one in (mine, theirs, nobodys) if one["code"] in text}
        assert found == wanted, query
    assert "<strong>1</strong> Của tôi" in shown(browser)


@pytest.mark.parametrize("query", ["?hand=x%27", "?due=blue", "?waiting_for=god", "?unit=x"])
def test_a_filter_that_is_not_offered_is_no_failure_of_ours(cast, query):
    assert browser_of("tiep-nhan").get(f"{LIST}{query}").status_code in {200, 302}


def test_a_leader_gives_work_to_a_colleague_by_title(cast):
    dossier = in_process(cast)
    signer = browser_of("lanh-dao")
    handler = seat_of("thu-ly")
    assert "Công chức thụ lý · Bộ phận Tư pháp - Hộ tịch (mẫu)" in page(signer, dossier)
    told = act(signer, dossier, "give", expected_state=4, assignee=handler.pk)
    assert "Đã giao hồ sơ" in told
    worker = browser_of("thu-ly")
    assert dossier["code"] in shown(worker, "?hand=me")
    stale = act(signer, dossier, "give", expected_state=4, assignee=seat_of("lanh-dao").pk)
    assert "Việc phân công đã thay đổi" in stale or "đang giữ hồ sơ" in stale
    assert "Giao cho" not in page(worker, dossier)


def test_many_are_moved_from_the_list_and_the_page_says_what_became_of_each(cast, drain):
    paid, unpaid = stories.submitted(cast.owner), stories.submitted(cast.owner)
    settle(paid)
    browser = browser_of("tiep-nhan")
    assert "Tiếp nhận (hàng loạt)" in shown(browser)
    assert "Ký kết quả (hàng loạt)" not in shown(browser)
    answer = chosen(browser, "receive", [(paid["id"], 1), (unpaid["id"], 1)])
    text = answer.content.decode()
    assert 'http-equiv="refresh"' in text
    assert "0 xong, 0 không thực hiện, 2 đang chờ" in text
    drain()
    address = answer.redirect_chain[-1][0]
    text = browser.get(address).content.decode()
    assert 'http-equiv="refresh"' not in text
    assert "1 xong, 1 không thực hiện, 0 đang chờ" in text
    assert "Khoản phải nộp chưa được thanh toán" in text
    assert {one.id: one.state for one in Dossier.objects.all()} == {paid["id"]: 2, unpaid["id"]: 1}
    assert "1 xong, 1 không thực hiện" in browser.get("/admin/bulk/").content.decode()
    # The job is its officer's own: nobody else reads it.
    stranger = browser_of("thu-ly")
    assert stranger.get(address).status_code == 404
    assert "không thực hiện, 0 đang chờ" not in stranger.get("/admin/bulk/").content.decode()


def test_a_bulk_move_goes_by_the_state_that_the_list_showed(cast, drain):
    dossier = received(cast)
    browser = browser_of("tiep-nhan")
    assert f'name="seen-{dossier["id"]}" value="2"' in shown(browser)
    answer = chosen(browser, "forward", [(dossier["id"], 1)])
    drain()
    text = browser.get(answer.redirect_chain[-1][0]).content.decode()
    assert "0 xong, 1 không thực hiện" in text
    assert Dossier.objects.get().state == 2


def test_a_bulk_move_that_is_no_role_of_mine_or_says_no_state_is_not_begun(cast):
    dossier = proposed(cast)
    browser = browser_of("tiep-nhan")
    chosen(browser, "sign", [(dossier["id"], 4)])
    browser.post(LIST, {"action": "receive", "_selected_action": [dossier["id"]], "index": 0})
    assert not BulkJob.objects.exists()
    assert Dossier.objects.get().state == 4


def test_the_list_costs_the_same_for_one_and_for_many_with_all_its_columns(cast, count_queries):
    browser, _ = enter()
    counts = []
    for many in (1, 4):
        for _ in range(many):
            received(cast)
        browser.get(LIST)
        with count_queries() as queries:
            browser.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
