"""Questions and feedback on the desk's pages: due first, the thread, the office's moves."""

import pytest

from dossiers.models import Feedback, FeedbackEvent
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import received
from tests.dossiers.test_desk_moves import browser_of
from tests.dossiers.test_feedback import QUESTION, send
from tests.dossiers.test_talk import say

PAGES = "/admin/feedback/"


def shown(browser, path=""):
    answer = browser.get(f"{PAGES}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def sent(browser, row, name, state, **data):
    path = f"{PAGES}one/{row['id']}/{name}/"
    answer = browser.post(path, {"expected_state": state, **data}, follow=True)
    return answer.status_code, answer.content.decode()


def log(cast):
    return [one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"]]


@pytest.fixture
def question(cast):
    answer = send(cast.owner)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def desk(cast):
    return browser_of("tiep-nhan")


def test_what_is_owed_stands_with_its_limit_and_leaves_rows(cast, clock, question):
    desk = browser_of("tiep-nhan")
    text = shown(desk)
    assert QUESTION["subject"] in text
    assert "hạn 17:00 16/12/2026" in text
    assert "quá hạn" not in text
    assert log(cast).count("feedback:list") == 1
    clock.move_to("2026-12-16T17:01:00+07:00")
    cast._known.clear()
    assert "quá hạn" in shown(browser_of("tiep-nhan"))


def test_asked_answered_and_published_with_what_each_step_has_to_keep(cast, desk, question):
    text = shown(desk, f"one/{question['id']}/")
    assert QUESTION["text"] in text
    assert log(cast).count("feedback:read") == 1
    for name in ("refuse", "ask", "answer"):
        assert f'id="{name}"' in text
    assert 'id="publish"' not in text
    assert "tạm dừng. Hạn: " in text
    assert sent(desk, question, "answer", "received", text="")[0] == 400
    told = sent(desk, question, "ask", "received", text="Ở phường nào?")[1]
    assert "Đã thực hiện: Yêu cầu bổ sung" in told
    assert "Chờ bổ sung thông tin" in told
    body = {"move": "add", "expected_state": "waiting", "text": "Ninh Kiều"}
    cast.owner.post(f"/api/v1/feedback/{question['id']}/steps", body)
    told = sent(desk, question, "answer", "received", text="Có, cả sáng thứ Bảy.")[1]
    assert "Đã thực hiện: Trả lời" in told
    # Its publication is owed next, within two working days.
    assert QUESTION["subject"] in shown(desk)
    half = {"public_question": "Giờ làm việc?", "public_answer": ""}
    assert sent(desk, question, "publish", "answered", **half)[0] == 400
    whole = {"public_question": "Giờ làm việc?", "public_answer": "Cả sáng thứ Bảy."}
    assert "Đã công khai" in sent(desk, question, "publish", "answered", **whole)[1]
    row = Feedback.objects.get()
    assert (row.state, row.public_answer) == ("published", "Cả sáng thứ Bảy.")
    moves = FeedbackEvent.objects.order_by("seq").values_list("move", flat=True)
    assert list(moves) == ["send", "ask", "add", "answer", "publish"]
    assert QUESTION["subject"] not in shown(desk)
    assert QUESTION["subject"] in shown(desk, "?state=published")
    assert QUESTION["subject"] in shown(desk, "?state=all")
    assert "Không có mục nào" in shown(desk, "?state=%00x")
    assert {"feedback:ask", "feedback:answer", "feedback:publish"} <= set(log(cast))


def test_a_refusal_needs_words_and_a_stale_state_moves_nothing(cast, desk, question):
    stale = sent(desk, question, "refuse", "answered", text="Không thuộc thẩm quyền")
    assert (stale[0], "đã chuyển sang" in stale[1] or "Trạng thái hiện tại" in stale[1]) == (
        409,
        True,
    )
    assert "Không thuộc thẩm quyền" in stale[1]
    assert 'name="expected_state" value="received"' in stale[1]
    assert sent(desk, question, "praise", "received", text="x")[0] == 400
    assert sent(desk, question, "publish", "received", public_question="a", public_answer="b")[
        0
    ] == (409)
    assert Feedback.objects.get().state == "received"
    told = sent(desk, question, "refuse", "received", text="Không thuộc thẩm quyền")[1]
    assert "Đã thực hiện: Từ chối" in told
    assert Feedback.objects.get().state == "refused"
    assert 'id="answer"' not in told


def test_another_agency_finds_nothing_and_those_who_only_read_do_not_answer(cast, question):
    stranger = browser_of("cai-khe")
    assert QUESTION["subject"] not in shown(stranger, "?state=all")
    assert stranger.get(f"{PAGES}one/{question['id']}/").status_code == 404
    assert sent(stranger, question, "answer", "received", text="Có")[0] == 404
    cashier = browser_of("thu-ngan")
    assert cashier.get(PAGES).status_code == 403
    assert cashier.get(f"{PAGES}one/{question['id']}/").status_code == 403
    assert "Hỏi đáp, phản ánh" not in cashier.get("/admin/staff/").content.decode()
    Feedback.objects.update(agency="ubnd-31135")
    auditor = browser_of("kiem-tra")
    text = shown(auditor, f"one/{question['id']}/")
    assert QUESTION["text"] in text
    assert 'id="answer"' not in text
    assert sent(auditor, question, "answer", "received", text="Có")[0] == 403
    assert Feedback.objects.get().state == "received"


def test_messages_that_wait_lead_to_their_dossier(cast, desk):
    dossier = received(cast)
    assert dossier["code"] not in shown(desk, "talks/")
    assert say(cast.owner, dossier).status_code == 201
    text = shown(desk, "talks/")
    assert dossier["code"] in text
    assert "1 tin chưa trả lời" in text
    assert dossier["code"] not in shown(browser_of("cai-khe"), "talks/")
    assert browser_of("thu-ngan").get(f"{PAGES}talks/").status_code == 403


def test_a_petition_names_its_dossier_only_to_whoever_may_open_it(cast, desk):
    dossier = received(cast)
    body = {key: value for key, value in QUESTION.items() if key != "agency"}
    answer = cast.owner.post("/api/v1/feedback", {**body, "dossier_id": dossier["id"]})
    assert answer.status_code == 201, answer.content
    path = f"one/{answer.json()['id']}/"
    assert f"{dossier['code']}</a>" in shown(desk, path)
    assert f"{dossier['code']}" in shown(desk)


def test_the_lists_cost_the_same_for_one_and_for_many(cast, desk, count_queries):
    counts = []
    for _ in range(3):
        assert send(cast.owner).status_code == 201
        assert say(cast.owner, received(cast)).status_code == 201
        found = []
        for path in ("", "talks/"):
            shown(desk, path)
            with count_queries() as queries:
                shown(desk, path)
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1] == counts[2]
    assert Feedback.objects.first().agency_id == stories.OFFICE
