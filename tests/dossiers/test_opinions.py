"""Opinions of other agencies: asked at the same time, answered once, seen as far as shared."""

import json

import pytest

from dossiers.actions import sweep
from dossiers.models import Opinion, Seat, TimelineEvent
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.desks import QUEUE, TEXT, in_process
from tests.dossiers.test_api_dossiers import move, received, settle
from tests.dossiers.test_api_drafts import attach
from tests.dossiers.test_races import together

LIST = "/api/v1/officer/opinions"
QUESTION = "Đề nghị xác minh nơi đã đăng ký của người này"
LAW = "Điều 5 khoản 2 (giả định để thử nghiệm)"


def ask(api, dossier, agencies=("so-tu-phap",), state=4, **more):
    body = {
        "agencies": list(agencies),
        "question": QUESTION,
        "working_days": 2,
        "expected_state": state,
    }
    return api.post(f"{QUEUE}/{dossier['id']}/opinions", body | more)


def asked(cast, dossier, **more):
    answer = ask(cast.handler, dossier, **more)
    assert answer.status_code == 201, answer.content
    return answer.json()["opinions"][0]


def answer(api, opinion, stance="agree", text="Thông tin khớp"):
    return api.post(f"{LIST}/{opinion['id']}/answer", {"stance": stance, "text": text})


def withdraw(api, opinion, reason="Hỏi nhầm"):
    return api.post(f"{LIST}/{opinion['id']}/withdrawal", {"reason": reason})


@pytest.fixture
def justice(sign_in):
    """An officer of the department that is asked: handler, approver and auditor."""
    return sign_in("tu-phap")


@pytest.fixture
def police(sign_in):
    """Another asked agency's officer."""
    api = sign_in("thanh-pho")
    Seat.objects.filter(user__email="thanh-pho@demo.invalid").update(
        agency="cong-an-31135", roles=["handler"], title="Cán bộ công an"
    )
    return api


def with_paper(cast):
    """Return a dossier in process with a file attached to it."""
    draft = stories.filled(cast.owner)
    assert attach(cast.owner, draft).status_code == 201
    dossier = stories.submit(cast.owner, draft).json()
    settle(dossier)
    for name, state in (("receive", 1), ("forward", 2)):
        assert move(cast.reception, dossier, name, state).status_code == 201
    return dossier


def test_two_agencies_are_asked_at_once_and_answer_on_their_own(cast, clock, justice, police):
    dossier = in_process(cast)
    made = ask(cast.handler, dossier, ["so-tu-phap", "cong-an-31135"])
    assert made.status_code == 201, made.content
    first, second = made.json()["opinions"]
    assert (first["state"], first["stance"], first["question"]) == ("open", None, QUESTION)
    # Asked on a holiday (24 November) it counts from the 25th: two working days, at the close.
    assert first["due_at"] == second["due_at"] == "2026-11-27T17:00:00+07:00"
    assert [one["id"] for one in justice.get(LIST).json()["items"]] == [first["id"]]
    assert [one["id"] for one in police.get(LIST).json()["items"]] == [second["id"]]
    given = answer(police, second, "disagree", "Chưa khớp ngày sinh")
    assert given.status_code == 201, given.content
    assert (given.json()["state"], given.json()["stance"]) == ("answered", "disagree")
    shown = cast.approver.get(f"{QUEUE}/{dossier['id']}/opinions").json()["items"]
    assert {one["asked_agency"]["key"]: (one["state"], one["answer"]) for one in shown} == {
        "so-tu-phap": ("open", ""),
        "cong-an-31135": ("answered", "Chưa khớp ngày sinh"),
    }
    assert cast.handler.get(f"{QUEUE}/{dossier['id']}").json()["opinions"] == shown


def test_the_citizen_sees_who_was_asked_and_that_they_answered_and_not_what(cast, justice):
    dossier = in_process(cast)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    opinion = asked(cast, dossier)
    assert answer(justice, opinion, "disagree", "Chưa khớp").status_code == 201
    after = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    rows = after["timeline"][len(before["timeline"]) :]
    assert [(one["kind"], one["move"], one["state"]["code"]) for one in rows] == [
        ("opinion", "ask_opinion", 4),
        ("opinion", "answer_opinion", 4),
    ]
    assert [one["text"] for one in rows] == [
        "Cơ quan giải quyết đã lấy ý kiến Sở Tư pháp. Thời hạn không thay đổi.",
        "Sở Tư pháp đã trả lời cơ quan giải quyết.",
    ]
    assert rows[1]["office"].endswith("Sở Tư pháp")
    assert after["due_at"] == before["due_at"]
    told = json.dumps([after, cast.owner.get("/api/v1/me/inbox").json()], ensure_ascii=False)
    for private in (QUESTION, "Chưa khớp", "disagree"):
        assert private not in told


def test_the_asked_agency_sees_the_shared_parts_and_nothing_else(cast, justice):
    dossier = with_paper(cast)
    opinion = asked(cast, dossier, fields=["noi_da_dang_ky"], papers=[stories.PAPER])
    seen = justice.get(f"{LIST}/{opinion['id']}").json()
    assert seen["question"] == QUESTION
    assert seen["applicant_name"] is None
    assert [(one["field"], one["value"]["name"]) for one in seen["answers"]] == [
        ("noi_da_dang_ky", "Phường Ninh Kiều")
    ]
    assert seen["answers"][0]["label_vi"]
    [file] = seen["files"]
    content = justice.get(f"{LIST}/{opinion['id']}/attachments/{file['id']}/content")
    assert (content.status_code, content["Content-Type"]) == (200, "image/jpeg")
    told = json.dumps(
        [seen, justice.get(LIST).json(), justice.get(QUEUE).json()], ensure_ascii=False
    )
    for private in ("Nguyễn Thị Lan", "092195000001", "Nguyễn Trãi", "+84900000001"):
        assert private not in told
    assert justice.get(QUEUE).json()["items"] == []
    assert justice.get(f"{QUEUE}/{dossier['id']}").status_code == 404
    assert move(justice, dossier, "reject", 4, reason="x").status_code == 404
    log = [
        item["what"]
        for item in cast.owner.get("/api/v1/me/access-log").json()["items"]
        if item["reader"].endswith("Sở Tư pháp")
    ]
    assert log == ["opinion:list", f"file:{stories.PAPER}", "opinion:read"]


def test_a_file_that_is_not_shared_is_not_there(cast, justice):
    dossier = with_paper(cast)
    attachment = cast.handler.get(f"{QUEUE}/{dossier['id']}").json()["attachments"][0]
    opinion = asked(cast, dossier, applicant=True)
    seen = justice.get(f"{LIST}/{opinion['id']}").json()
    assert (seen["applicant_name"], seen["answers"], seen["files"]) == ("Nguyễn Thị Lan", [], [])
    path = f"{LIST}/{opinion['id']}/attachments/{attachment['id']}/content"
    assert justice.get(path).status_code == 404


def test_an_opinion_is_given_once_and_disagreeing_needs_words(cast, justice):
    opinion = asked(cast, in_process(cast))
    bare = answer(justice, opinion, "comment", " ")
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (400, "/text")
    assert answer(justice, opinion, "agree", "").status_code == 201
    again = answer(justice, opinion, "disagree", "Đổi ý")
    assert (again.status_code, again.json()["code"]) == (409, "opinion_closed")
    assert again.json()["state"] == "answered"
    late = withdraw(cast.handler, opinion)
    assert (late.status_code, late.json()["code"]) == (409, "opinion_closed")


def test_a_file_goes_with_the_answer_and_the_asker_gets_it_when_it_is_given(cast, justice):
    opinion = asked(cast, in_process(cast))
    file = f"{LIST}/{opinion['id']}/file"
    sent = justice.upload(file, file=stories.picture())
    assert (sent.status_code, sent.json()["file_name"]) == (201, "căn cước.jpg")
    assert justice.get(f"{file}/content").status_code == 200
    assert cast.handler.get(f"{file}/content").status_code == 404
    assert cast.handler.get(f"{LIST}/{opinion['id']}").json()["file_name"] is None
    assert answer(justice, opinion).status_code == 201
    got = cast.handler.get(f"{file}/content")
    assert (got.status_code, got["Content-Type"]) == (200, "image/jpeg")
    closed = justice.upload(file, file=stories.picture("black"))
    assert (closed.status_code, closed.json()["code"]) == (409, "opinion_closed")
    mine = cast.handler.upload(file, file=stories.picture())
    assert (mine.status_code, mine.json()["code"]) == (403, "not_your_role")


def test_the_same_upload_twice_is_one_and_no_program_gets_in(cast, justice):
    opinion = asked(cast, in_process(cast))
    file = f"{LIST}/{opinion['id']}/file"
    for _ in range(2):
        assert (
            justice.upload(file, key="mot-tep-hai-lan", file=stories.picture()).status_code == 201
        )
    assert Opinion.objects.get().file_key == "mot-tep-hai-lan"
    text = stories.picture()
    text.seek(0)
    text.truncate()
    text.write(b"#!/bin/sh")
    text.seek(0)
    assert justice.upload(file, file=text).status_code == 415


def test_a_request_is_withdrawn_by_who_asked_with_a_reason(cast, justice):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    assert withdraw(cast.handler, opinion, " ").status_code == 400
    not_mine = withdraw(justice, opinion)
    assert (not_mine.status_code, not_mine.json()["code"]) == (403, "not_your_role")
    gone = withdraw(cast.handler, opinion)
    assert (gone.status_code, gone.json()["state"]) == (201, "withdrawn")
    assert answer(justice, opinion).json()["code"] == "opinion_closed"
    assert asked(cast, dossier)["state"] == "open"  # and may be asked anew


def test_nobody_decides_while_somebody_has_not_answered_unless_they_say_why(cast):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    held = move(cast.handler, dossier, "propose", 4, result_text=TEXT)
    assert (held.status_code, held.json()["code"], held.json()["waiting"]) == (
        *(409, "opinions_open", 1),
    )
    assert move(cast.approver, dossier, "reject", 4, reason="x").json()["code"] == "opinions_open"
    bare = move(cast.handler, dossier, "propose", 4, result_text=TEXT, without_opinions=True)
    assert (bare.status_code, bare.json()["errors"][0]["param"]) == (400, "reason")
    decided = move(
        cast.handler,
        dossier,
        "propose",
        4,
        result_text=TEXT,
        without_opinions=True,
        reason="Đã tra cứu được trong cơ sở dữ liệu",
    )
    assert decided.status_code == 201, decided.content
    assert Opinion.objects.get().state == "overtaken"
    event = TimelineEvent.objects.order_by("-seq").first()
    assert event.data == {"without_opinions": [opinion["id"]]}
    assert move(cast.approver, dossier, "sign", 4).status_code == 201


def test_other_moves_wait_for_nobody_and_a_closed_dossier_asks_nobody(cast, justice):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    assert Opinion.objects.get().state == "open"
    assert move(cast.reception, dossier, "accept_withdrawal", 7).status_code == 201
    assert Opinion.objects.get().state == "overtaken"
    assert answer(justice, opinion).json()["code"] == "opinion_closed"


def test_an_agency_that_no_longer_has_the_dossier_asks_nobody(cast):
    dossier = in_process(cast)
    asked(cast, dossier)
    sent = move(cast.handler, dossier, "reroute", 4, competent_agency="ubnd-31120", reason="x")
    assert sent.status_code == 201
    assert Opinion.objects.get().state == "overtaken"


def test_silence_is_no_agreement_and_the_late_are_seen(cast, clock, sign_in):
    opinion = asked(cast, in_process(cast))
    clock.move_to("2026-11-27T17:00:01+07:00")
    from common import clock as wall

    assert sweep.sweep(now=wall.now())["silent_opinions"] == 0
    justice = sign_in("tu-phap")
    [late] = justice.get(f"{LIST}?late=true").json()["items"]
    assert (late["id"], late["state"], late["late"]) == (opinion["id"], "open", True)
    assert answer(justice, opinion).status_code == 201
    assert justice.get(f"{LIST}?late=true").json()["items"] == []


def test_silence_is_agreement_where_a_law_that_was_named_says_so(cast, clock):
    dossier = in_process(cast)
    opinion = asked(cast, dossier, silence_basis=LAW)
    assert opinion["silence_basis"] == LAW
    from common import clock as wall

    clock.move_to("2026-11-27T16:59:59+07:00")
    assert sweep.sweep(now=wall.now())["silent_opinions"] == 0
    clock.move_to("2026-11-27T17:00:01+07:00")
    assert sweep.sweep(now=wall.now())["silent_opinions"] == 1
    assert sweep.sweep(now=wall.now())["silent_opinions"] == 0
    row = Opinion.objects.get()
    assert (row.state, row.stance) == ("silent", "")
    event = TimelineEvent.objects.order_by("-seq").first()
    assert (event.move, event.actor_kind) == ("silent_opinion", "system")


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"agencies": ["khong-co"]}, "unknown_agency", "/agencies"),
        ({"agencies": ["ubnd-31135"]}, "unknown_agency", "/agencies"),
        ({"agencies": []}, "min_length", "/agencies"),
        ({"agencies": [f"a{n}" for n in range(11)]}, "max_length", "/agencies"),
        ({"fields": ["khong_co"]}, "unknown_field", "/fields"),
        ({"papers": ["khong-co"]}, "unknown_paper", "/papers"),
        ({"working_days": 61}, "max_value", "/working_days"),
        ({"question": "x" * 4001}, "max_length", "/question"),
        ({"expected_state": None}, "null", "/expected_state"),
    ],
)
def test_what_cannot_be_asked(cast, more, code, pointer):
    refused = ask(cast.handler, in_process(cast), **more)
    assert refused.status_code == 400, refused.content
    found = refused.json()["errors"][0]
    assert (found["code"], found["pointer"]) == (code, pointer)
    assert not Opinion.objects.exists()


def test_who_is_being_asked_is_not_asked_twice_and_nobody_is_asked_then(cast):
    dossier = in_process(cast)
    asked(cast, dossier)
    again = ask(cast.handler, dossier, ["cong-an-31135", "so-tu-phap"])
    assert (again.status_code, again.json()["code"]) == (409, "opinion_already_asked")
    assert again.json()["agency"] == "Sở Tư pháp"
    assert Opinion.objects.count() == 1


def test_only_the_deciding_agency_asks_and_only_in_process(cast):
    dossier = in_process(cast)
    refused = ask(cast.reception, dossier)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    stale = ask(cast.handler, dossier, state=2)
    assert (stale.status_code, stale.json()["code"]) == (409, "state_changed")
    early = ask(cast.handler, received(cast), state=2)
    assert (early.status_code, early.json()["code"]) == (409, "move_not_allowed")
    for who, status in (("foreign_officer", 404), ("owner", 403), ("anonymous", 401)):
        assert ask(getattr(cast, who), dossier).status_code == status


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_officer", 404), ("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_nobody_else_reads_answers_or_withdraws(cast, justice, who, status):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    api, one = getattr(cast, who), f"{LIST}/{opinion['id']}"
    answers = [
        api.get(one),
        api.get(f"{one}/file/content"),
        api.get(f"{one}/attachments/x/content"),
        api.get(f"{QUEUE}/{dossier['id']}/opinions"),
        answer(api, opinion),
        withdraw(api, opinion),
        api.upload(f"{one}/file", file=stories.picture()),
    ]
    assert [one.status_code for one in answers] == [status] * len(answers)
    listed = api.get(LIST)
    assert (
        listed.json()["items"] == [] if who == "foreign_officer" else listed.status_code == status
    )
    assert Opinion.objects.get().state == "open"


def test_the_counter_of_the_asked_agency_answers_nothing(cast, justice):
    opinion = asked(cast, in_process(cast))
    Seat.objects.filter(user__email="tu-phap@demo.invalid").update(roles=["reception"])
    refused = answer(justice, opinion)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")


def test_the_lists_take_as_many_queries_for_many_as_for_one(cast, justice, count_queries):
    dossier, counts = in_process(cast), []
    asked(cast, dossier)
    for agencies in ([], ["cong-an-31135", "thue", "bhxh", "so-y-te"]):
        if agencies:
            assert ask(cast.handler, dossier, agencies).status_code == 201
            for _ in range(3):
                asked(cast, in_process(cast))
        found = []
        for api, path in ((cast.handler, f"{QUEUE}/{dossier['id']}/opinions"), (justice, LIST)):
            api.get(path)
            with count_queries() as queries:
                assert len(api.get(path).json()["items"]) > len(agencies) - 1
            found.append(len(queries))
        counts.append(tuple(found))
    assert counts == [(11, 10), (11, 10)]


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_withdrawal_race_and_one_wins(cast, justice):
    opinion = asked(cast, in_process(cast))
    tokens = [justice.token, cast.handler.token]
    acts = [lambda: answer(Api(tokens[0]), opinion), lambda: withdraw(Api(tokens[1]), opinion)]
    answers = together(2, lambda n: acts[n]())
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert Opinion.objects.get().state in {"answered", "withdrawn"}
    told = TimelineEvent.objects.filter(move__in=["answer_opinion", "withdraw_opinion"])
    assert told.count() == 1
