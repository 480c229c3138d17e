"""A supplement: asked for once, filled in as a draft, sent once and whole."""

import pytest

from dossiers.actions import sweep
from dossiers.models import SupplementDraft, SupplementRequest
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received

FIELD = "nyc_dien_thoai"
NEW = "+84987654321"


def ask(api, dossier, state=2, **more):
    body = {"reason": "Sửa số điện thoại, chụp lại căn cước"} | more
    answer = move(api, dossier, "request_supplement", state, **body)
    assert answer.status_code == 201, answer.content
    return f"/api/v1/dossiers/{dossier['id']}"


def asked(cast, **more):
    """Return the address of a dossier with a request for one field and one paper."""
    body = {"fields": [FIELD], "papers": [stories.PAPER]} | more
    return ask(cast.reception, received(cast), **body)


def attach(api, address, paper=stories.PAPER, **kwargs):
    return api.upload(f"{address}/attachments", paper_key=paper, file=stories.picture(), **kwargs)


def failures(answer):
    body = answer.json()
    return [(one["code"], one["param"]) for one in body.get("failures", body.get("errors"))]


def test_the_form_is_cut_to_what_was_asked_for(cast):
    address = asked(cast)
    found = cast.owner.get(f"{address}/supplement").json()
    assert set(found["schema"]["properties"]) == {FIELD}
    assert found["schema"]["required"] == [FIELD]
    assert found["schema"]["additionalProperties"] is False
    assert found["answers"] == {FIELD: "+84900000001"}
    assert (found["given"], found["round"], found["complete"]) == ([], 1, False)
    assert found["message"] == "Sửa số điện thoại, chụp lại căn cước"
    assert [(paper["key"], paper["complete"]) for paper in found["papers"]] == [
        (stories.PAPER, False)
    ]
    assert [(one["code"], one["param"]) for one in found["failures"]] == [
        ("not_answered", FIELD),
        ("paper_missing", stories.PAPER),
    ]


def test_it_is_saved_as_one_goes_and_sent_whole(cast):
    address = asked(cast)
    saved = cast.owner.patch(
        f"{address}/supplement", {"answers": {FIELD: NEW}, "message": "Đã sửa"}, version=1
    )
    assert (saved.status_code, saved.json()["version"]) == (200, 2)
    # Nothing of it has reached the dossier, and nothing is lost when the app dies here.
    assert cast.owner.get(address).json()["answers"][FIELD] == "+84900000001"
    again = cast.owner.get(f"{address}/supplement").json()
    assert (again["answers"], again["given"], again["reply"]) == ({FIELD: NEW}, [FIELD], "Đã sửa")
    early = cast.owner.post(f"{address}/supplements", {})
    assert (early.status_code, early.json()["code"]) == (400, "supplement_incomplete")
    assert failures(early) == [("paper_missing", stories.PAPER)]
    assert attach(cast.owner, address).status_code == 201
    ready = cast.owner.get(f"{address}/supplement").json()
    assert (ready["complete"], ready["failures"]) == (True, [])
    sent = cast.owner.post(f"{address}/supplements", {}, key="gui-bo-sung")
    assert sent.status_code == 201, sent.content
    body = sent.json()
    assert (body["state"]["code"], body["answers"][FIELD]) == (5, NEW)
    assert body["supplements"][0]["state"] == "answered"
    assert body["timeline"][-1]["reason"] == "Đã sửa"
    assert SupplementDraft.objects.count() == 0
    assert cast.owner.post(f"{address}/supplements", {}, key="gui-bo-sung").json() == body
    over = cast.owner.get(f"{address}/supplement")
    assert (over.status_code, over.json()["code"]) == (409, "no_open_supplement")


def test_answers_given_while_sending_go_over_what_was_saved(cast):
    address = asked(cast, papers=[], fields=[FIELD, "nyc_email"])
    before = cast.owner.get(address).json()["answers_hash"]
    cast.owner.patch(
        f"{address}/supplement",
        {"answers": {FIELD: "+84911111111", "nyc_email": "lan@example.vn"}},
        version=1,
    )
    sent = cast.owner.post(f"{address}/supplements", {"answers": {FIELD: NEW}})
    assert sent.status_code == 201, sent.content
    answers = sent.json()["answers"]
    assert (answers[FIELD], answers["nyc_email"]) == (NEW, "lan@example.vn")
    assert sent.json()["provenance"]["nyc_email"]["source"] == "typed"
    assert sent.json()["answers_hash"] != before


def test_everything_that_is_missing_is_said_at_once(cast):
    address = asked(cast, fields=[FIELD, "so_ban_sao", "nyc_email"])
    sent = cast.owner.post(
        f"{address}/supplements", {"answers": {FIELD: "0900", "so_ban_sao": None}}
    )
    assert sent.json()["code"] == "supplement_incomplete"
    assert sorted(failures(sent)) == [
        ("not_answered", "nyc_email"),
        ("paper_missing", stories.PAPER),
        ("pattern", FIELD),
        ("required", "so_ban_sao"),
    ]
    assert cast.owner.get(address).json()["answers"][FIELD] == "+84900000001"


def test_only_what_was_asked_for_is_open(cast):
    address = asked(cast)
    refused = cast.owner.patch(f"{address}/supplement", {"answers": {"so_ban_sao": 5}}, version=1)
    assert (refused.status_code, failures(refused)) == (400, [("not_asked_for", "so_ban_sao")])
    reset = cast.owner.patch(f"{address}/supplement", {"reset": ["so_ban_sao"]}, version=1)
    assert failures(reset) == [("not_asked_for", "so_ban_sao")]
    assert attach(cast.owner, address, paper="khac").json()["errors"][0]["code"] == "not_asked_for"
    assert SupplementDraft.objects.count() == 0


def test_half_a_supplement_may_be_wrong_but_not_name_somebody_else(cast):
    address = asked(cast, fields=[FIELD, "nyc_ho_ten"], papers=[])
    half = cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: "09"}}, version=1)
    assert (half.status_code, half.json()["complete"]) == (200, False)
    other = cast.owner.patch(
        f"{address}/supplement", {"answers": {"nyc_ho_ten": "Người Khác"}}, version=2
    )
    assert failures(other) == [("differs_from_identity", "nyc_ho_ten")]
    same = cast.owner.patch(
        f"{address}/supplement",
        {"answers": {"nyc_ho_ten": "Nguyễn Thị Lan", FIELD: NEW}},
        version=2,
    )
    assert (same.status_code, same.json()["complete"]) == (200, True)


def test_a_stale_save_is_told_both_sides(cast):
    address = asked(cast)
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    late = cast.owner.patch(
        f"{address}/supplement", {"answers": {FIELD: "+84911111111"}}, version=1
    )
    body = late.json()
    assert (late.status_code, body["version"], body["base_unknown"]) == (412, 2, True)
    assert body["conflicts"][0]["theirs"] == {"kind": "typed", "value": NEW}
    assert cast.owner.patch(f"{address}/supplement", {"answers": {}}).status_code == 428


def test_a_reset_takes_an_answer_back(cast):
    address = asked(cast)
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    back = cast.owner.patch(f"{address}/supplement", {"reset": [FIELD]}, version=2).json()
    assert (back["answers"], back["given"]) == ({FIELD: "+84900000001"}, [])


def test_a_request_without_a_list_is_answered_by_words(cast):
    address = ask(cast.reception, received(cast))
    assert cast.owner.post(f"{address}/supplements", {}).json()["code"] == "supplement_empty"
    sent = cast.owner.post(f"{address}/supplements", {"message": "Tôi xác nhận thông tin"})
    assert sent.status_code == 201


def answered(cast, address):
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    assert cast.owner.post(f"{address}/supplements", {}).status_code == 201


def test_a_citizen_is_sent_back_twice_at_most(cast):
    dossier = received(cast)
    for _ in range(2):
        address = ask(cast.reception, dossier, fields=[FIELD])
        answered(cast, address)
        assert move(cast.reception, dossier, "accept_supplement", 5).status_code == 201
    third = move(cast.reception, dossier, "request_supplement", 2, reason="Nữa", fields=[FIELD])
    assert (third.status_code, third.json()["code"]) == (409, "supplement_rounds_used")
    assert third.json()["limit"] == 2
    assert cast.owner.get(address).json()["state"]["code"] == 2
    assert SupplementRequest.objects.count() == 2


def test_one_request_is_open_at_a_time(cast):
    dossier = received(cast)
    ask(cast.reception, dossier, fields=[FIELD])
    second = move(cast.reception, dossier, "request_supplement", 2, reason="Thêm")
    assert (second.status_code, second.json()["code"]) == (409, "state_changed")
    other = move(cast.reception, dossier, "request_supplement", 5, reason="Thêm")
    assert (other.status_code, other.json()["code"]) == (409, "move_not_allowed")


def test_a_second_round_has_a_draft_of_its_own_and_wants_its_own_file(cast):
    dossier = received(cast)
    address = ask(cast.reception, dossier, fields=[FIELD], papers=[stories.PAPER])
    attach(cast.owner, address)
    answered(cast, address)
    move(cast.reception, dossier, "accept_supplement", 5)
    ask(cast.reception, dossier, fields=[FIELD], papers=[stories.PAPER])
    found = cast.owner.get(f"{address}/supplement").json()
    assert (found["round"], found["given"], found["version"]) == (2, [], 1)
    assert [paper["complete"] for paper in found["papers"]] == [False]


def test_what_was_half_filled_in_is_erased_when_the_request_is_closed_otherwise(cast):
    from common import clock

    address = asked(cast)
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    assert sweep.sweep(now=clock.now())["supplement_drafts"] == 0
    dossier = {"id": address.rsplit("/", 1)[1]}
    stopped = move(cast.handler, dossier, "stop", 5, reason="Không bổ sung")
    assert stopped.status_code == 201, stopped.content
    assert sweep.sweep(now=clock.now())["supplement_drafts"] == 1
    assert SupplementDraft.objects.count() == 0


def test_half_a_supplement_is_unreadable_at_rest(cast):
    from django.db import connection

    address = asked(cast)
    cast.owner.patch(
        f"{address}/supplement", {"answers": {FIELD: NEW}, "message": "bí mật"}, version=1
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM dossiers_supplementdraft t")
        row = cursor.fetchone()[0]
    assert "987654321" not in row
    assert "bí mật" not in row


@pytest.mark.parametrize(
    ("who", "status"),
    [("stranger", 404), ("anonymous", 401), ("reception", 403), ("foreign_officer", 403)],
)
def test_nobody_else_reaches_a_supplement(cast, who, status):
    address = asked(cast)
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    other = getattr(cast, who)
    seen = [
        other.get(f"{address}/supplement").status_code,
        other.patch(f"{address}/supplement", {"answers": {FIELD: "x"}}, version=2).status_code,
        other.post(f"{address}/supplements", {"answers": {FIELD: NEW}}).status_code,
        attach(other, address).status_code,
    ]
    assert seen == [status] * 4
    assert cast.owner.get(f"{address}/supplement").json()["version"] == 2


def test_an_officer_sees_nothing_of_a_supplement_before_it_is_sent(cast):
    address = asked(cast)
    cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    seen = cast.reception.get(address.replace("/dossiers/", "/officer/dossiers/"))
    assert (seen.status_code, NEW in seen.content.decode()) == (200, False)


def test_the_number_of_queries_does_not_grow_with_what_was_asked_for(cast, count_queries):
    address = asked(cast)
    counts = []
    for number in range(3):
        with count_queries() as queries:
            assert cast.owner.get(f"{address}/supplement").status_code == 200
        counts.append(len(queries))
        cast.owner.upload(
            f"{address}/attachments",
            paper_key=stories.PAPER,
            file=stories.picture(size=(10 + number, 9)),
        )
    assert counts == [counts[0]] * 3
