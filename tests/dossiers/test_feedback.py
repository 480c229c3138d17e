"""Questions, feedback and petitions over HTTP."""

import pytest

from dossiers.actions import feedback as actions
from dossiers.models import FeedbackEvent
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received

QUESTION = {
    "kind": "question",
    "subject": "Giờ làm việc",
    "text": "Có làm việc sáng thứ Bảy không?",
    "agency": stories.OFFICE,
}


def send(api, **more):
    return api.post("/api/v1/feedback", {**QUESTION, **more})


def act(api, row, name, state, **more):
    body = {"move": name, "expected_state": state, **more}
    return api.post(f"/api/v1/officer/feedback/{row['id']}/moves", body)


def more(api, row, name, state, text="Thêm"):
    body = {"move": name, "expected_state": state, "text": text}
    return api.post(f"/api/v1/feedback/{row['id']}/steps", body)


@pytest.fixture
def sent(cast, clock):
    answer = send(cast.owner)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def later(cast, clock):
    """Return a function that moves the clock; everybody signs in anew, sessions run out."""

    def _later(moment):
        clock.move_to(moment)
        cast._known.clear()

    return _later


def test_a_question_is_sent_with_the_time_by_which_it_is_answered(sent):
    assert (sent["state"], sent["state_name"]) == ("received", "Đang xem xét")
    # Sent on a holiday (24/11): that counts as the next opening, and 15 working days from there.
    assert sent["sent_at"] == "2026-11-24T10:00:00+07:00"
    assert sent["answer_due_at"] == "2026-12-16T17:00:00+07:00"
    assert [one["move"] for one in sent["steps"]] == ["send"]
    assert sent["can"] == []


def test_the_whole_way_with_a_request_for_more_an_answer_and_its_publication(cast, later, sent):
    later("2026-11-26T09:00:00+07:00")
    asked = act(cast.reception, sent, "ask", "received", text="Ở phường nào?")
    assert asked.status_code == 201, asked.content
    assert asked.json()["answer_due_at"] is None
    assert asked.json()["steps"][-1]["on_time"] is True
    later("2026-11-30T09:00:00+07:00")
    added = more(cast.owner, sent, "add", "waiting", "Ninh Kiều")
    # 14 of 15 working days were left on the 26th, and are left on the 30th.
    assert added.json()["answer_due_at"] == "2026-12-18T17:00:00+07:00"
    later("2026-12-18T16:59:00+07:00")
    answered = act(cast.reception, sent, "answer", "received", text="Có.")
    assert answered.json()["steps"][-1]["on_time"] is True
    assert answered.json()["answer_due_at"] == "2026-12-22T17:00:00+07:00"
    public = {"public_question": "Có làm thứ Bảy?", "public_answer": "Có, buổi sáng."}
    later("2026-12-23T09:00:00+07:00")
    published = act(cast.reception, sent, "publish", "answered", **public)
    assert published.json()["steps"][-1]["on_time"] is False
    shown = cast.anonymous.get("/api/v1/published-answers").json()["items"]
    assert [(one["question"], one["answer"]) for one in shown] == [
        ("Có làm thứ Bảy?", "Có, buổi sáng.")
    ]
    assert "Giờ làm việc" not in str(shown)
    kinds = {one["kind"] for one in cast.owner.get("/api/v1/me/inbox").json()["items"]}
    assert {"feedback_ask", "feedback_answer", "feedback_publish"} <= kinds


def test_a_refusal_after_two_working_days_is_late_and_says_so(cast, later, sent):
    later("2026-11-30T09:00:00+07:00")
    refused = act(cast.reception, sent, "refuse", "received", text="Không thuộc thẩm quyền")
    last = refused.json()["steps"][-1]
    assert (last["due_at"], last["on_time"]) == ("2026-11-27T17:00:00+07:00", False)
    assert cast.owner.get(f"/api/v1/feedback/{sent['id']}").json()["state"] == "refused"


def test_an_answer_is_judged_and_raised_again_three_times(cast, sent):
    opinion = f"/api/v1/feedback/{sent['id']}/opinion"
    early = cast.owner.post(opinion, {"liked": True})
    assert (early.status_code, early.json()["code"]) == (409, "no_answer_yet")
    for _ in range(actions.MAX_RAISED):
        assert act(cast.reception, sent, "answer", "received", text="Có").status_code == 201
        assert cast.owner.post(opinion, {"liked": False}).json()["liked"] is False
        again = more(cast.owner, sent, "raise_again", "answered")
        assert (again.json()["state"], again.json()["liked"]) == ("received", None)
    act(cast.reception, sent, "answer", "received", text="Có")
    refused = more(cast.owner, sent, "raise_again", "answered")
    assert (refused.status_code, refused.json()["code"]) == (409, "raised_too_often")
    assert refused.json()["limit"] == 3


def test_a_stale_or_impossible_step_changes_nothing(cast, sent):
    stale = act(cast.reception, sent, "answer", "waiting", text="x")
    assert (stale.status_code, stale.json()["code"]) == (409, "feedback_state_changed")
    assert stale.json()["current_state"] == "received"
    wrong = act(cast.reception, sent, "publish", "received", public_question="a", public_answer="b")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "feedback_move_not_allowed")
    empty = act(cast.reception, sent, "answer", "received")
    assert empty.json()["errors"][0]["pointer"] == "/text"
    assert FeedbackEvent.objects.count() == 1


def test_a_petition_names_a_finished_dossier_and_goes_to_who_decided(cast):
    petition = {"kind": "appeal", "agency": None}
    body = {k: v for k, v in {**QUESTION, **petition}.items() if v is not None}
    bare = cast.owner.post("/api/v1/feedback", body)
    assert bare.json()["errors"][0]["pointer"] == "/dossier_id"
    dossier = received(cast)
    early = cast.owner.post("/api/v1/feedback", {**body, "dossier_id": dossier["id"]})
    assert (early.status_code, early.json()["code"]) == (409, "dossier_not_finished")
    move(cast.reception, dossier, "forward", 2)
    move(cast.handler, dossier, "propose", 4, result_text="Từ chối")
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    foreign = cast.stranger.post("/api/v1/feedback", {**body, "dossier_id": dossier["id"]})
    assert foreign.status_code == 404
    made = cast.owner.post("/api/v1/feedback", {**body, "dossier_id": dossier["id"]})
    assert made.status_code == 201, made.content
    assert made.json()["dossier_code"] == dossier["code"]
    assert made.json()["agency"]["key"] == dossier["competent_agency"]["key"]


def test_only_the_sender_and_the_agency_see_it_and_each_look_leaves_a_row(cast, sent):
    mine, office = f"/api/v1/feedback/{sent['id']}", f"/api/v1/officer/feedback/{sent['id']}"
    assert cast.stranger.get(mine).status_code == 404
    assert more(cast.stranger, sent, "add", "waiting").status_code == 404
    assert cast.anonymous.get(mine).status_code == 401
    assert cast.owner.get(office).status_code == 403
    assert cast.reception.get(mine).status_code == 403
    assert cast.foreign_officer.get(office).status_code == 404
    assert act(cast.foreign_officer, sent, "refuse", "received", text="x").status_code == 404
    assert act(cast._one("quan-tri"), sent, "refuse", "received", text="x").status_code == 403
    read = cast.reception.get(office)
    assert read.json()["can"] == ["refuse", "ask", "answer"]
    listed = cast.reception.get("/api/v1/officer/feedback?state=received").json()["items"]
    assert [one["id"] for one in listed] == [sent["id"]]
    log = [one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"][:2]]
    assert log == ["feedback:list", "feedback:read"]
    assert cast.foreign_officer.get("/api/v1/officer/feedback").json()["items"] == []


def test_lists_cost_the_same_for_one_and_for_many(cast, count_queries):
    addresses = {
        "/api/v1/feedback": cast.owner,
        "/api/v1/officer/feedback": cast.reception,
        "/api/v1/published-answers": cast.anonymous,
    }
    counts = []
    for many in (1, 4):
        for _ in range(many):
            row = send(cast.owner).json()
            act(cast.reception, row, "answer", "received", text="Có")
            public = {"public_question": "Hỏi", "public_answer": "Đáp"}
            act(cast.reception, row, "publish", "answered", **public)
        for address, api in addresses.items():
            api.get(address)
            with count_queries() as queries:
                assert len(api.get(address).json()["items"]) >= many
            counts.append((address, len(queries)))
    assert counts[:3] == counts[3:]


def test_too_much_open_feedback_is_refused_with_the_limit(cast, clock):
    for number in range(actions.MAX_OPEN):
        assert send(cast.owner, subject=f"Câu {number}").status_code == 201
    refused = send(cast.owner)
    assert (refused.status_code, refused.json()["limit"]) == (409, 20)
