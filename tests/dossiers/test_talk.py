"""Messages on a dossier, from both sides, and the rating."""

import pytest
from django.db import Error, connection

from dossiers.actions import talk
from dossiers.models import Dossier, MessageFile, Rating
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received


def say(api, dossier, text="Khi nào có kết quả?", **more):
    return api.post(f"/api/v1/dossiers/{dossier['id']}/messages", {"text": text, **more})


def reply(api, dossier, text="Ngày mai.", **more):
    return api.post(f"/api/v1/officer/dossiers/{dossier['id']}/messages", {"text": text, **more})


def send_file(api, dossier, officer=False, **kwargs):
    door = "officer/dossiers" if officer else "dossiers"
    return api.upload(
        f"/api/v1/{door}/{dossier['id']}/message-files", file=stories.picture(), **kwargs
    )


@pytest.fixture
def dossier(cast):
    return stories.submitted(cast.owner)


def test_a_question_and_its_answer_are_read_by_both_sides_in_one_order(cast, clock, dossier):
    asked = say(cast.owner, dossier)
    assert asked.status_code == 201, asked.content
    answered = reply(cast.reception, dossier)
    assert answered.status_code == 201, answered.content
    page = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/messages").json()
    shown = [(one["seq"], one["side"], one["author"], one["text"]) for one in page["items"]]
    assert [one[:2] for one in shown] == [(2, "office"), (1, "citizen")]
    assert shown[0][2].startswith("Bộ phận tiếp nhận, Trung tâm")
    assert shown[1][2:] == ("Người nộp hồ sơ", "Khi nào có kết quả?")
    theirs = cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}/messages").json()
    assert theirs["items"] == page["items"]


def test_an_answer_is_told_in_the_inbox_without_what_was_written(cast, dossier):
    reply(cast.reception, dossier, text="Bí mật")
    inbox = cast.owner.get("/api/v1/me/inbox").json()["items"]
    told = next(one for one in inbox if one["kind"] == "dossier_message")
    assert dossier["code"] in told["title"]
    assert "Bí mật" not in str(inbox)


def test_an_officers_look_at_the_messages_is_seen_by_the_citizen(cast, dossier):
    say(cast.owner, dossier)
    cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}/messages")
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert log[0]["what"] == "dossier:messages"


def test_a_citizen_who_waits_is_on_the_agencys_list_until_answered(cast, dossier):
    listing = "/api/v1/officer/waiting-talks"
    assert cast.reception.get(listing).json()["items"] == []
    say(cast.owner, dossier)
    say(cast.owner, dossier, text="Xin cho biết")
    (one,) = cast.reception.get(listing).json()["items"]
    assert (one["dossier_code"], one["unanswered"]) == (dossier["code"], 2)
    assert cast.foreign_officer.get(listing).json()["items"] == []
    reply(cast.reception, dossier)
    assert cast.reception.get(listing).json()["items"] == []


def test_the_list_of_who_waits_costs_the_same_for_many(cast, count_queries):
    counts = []
    for _ in range(2):
        for _ in range(2):
            say(cast.owner, stories.submitted(cast.owner))
        cast.reception.get("/api/v1/officer/waiting-talks")
        with count_queries() as queries:
            cast.reception.get("/api/v1/officer/waiting-talks")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_read_mark_goes_forward_only(cast, dossier):
    mark = f"/api/v1/dossiers/{dossier['id']}/read-mark"
    say(cast.owner, dossier)
    shown = f"/api/v1/dossiers/{dossier['id']}"
    before = cast.owner.get(shown)
    assert before.json()["unread_messages"] is False
    reply(cast.reception, dossier)
    after = cast.owner.get(shown, **{"If-None-Match": before["ETag"]})
    assert after.json()["unread_messages"] is True
    assert cast.owner.post(mark, {"seq": 1}).json() == {"read_seq": 1, "unread": True}
    assert cast.owner.post(mark, {"seq": 99}).json() == {"read_seq": 2, "unread": False}
    assert cast.owner.post(mark, {"seq": 1}).json() == {"read_seq": 2, "unread": False}


def test_after_twenty_unanswered_messages_one_waits_for_the_office(cast, dossier):
    for number in range(talk.MAX_UNANSWERED):
        assert say(cast.owner, dossier, text=f"Tin {number}").status_code == 201
    refused = say(cast.owner, dossier)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_unanswered_messages")
    assert refused.json()["limit"] == 20
    reply(cast.reception, dossier)
    assert say(cast.owner, dossier).status_code == 201


def test_a_message_over_the_limit_is_refused_with_the_limit(cast, dossier):
    refused = say(cast.owner, dossier, text="x" * (talk.MAX_TEXT + 1))
    assert refused.status_code == 400
    assert "4000" in refused.json()["errors"][0]["message"]


def test_a_file_goes_with_one_message_and_is_read_by_both_sides(cast, dossier):
    sent = send_file(cast.owner, dossier)
    assert sent.status_code == 201, sent.content
    file = sent.json()
    made = say(cast.owner, dossier, files=[file["id"]])
    assert made.json()["files"] == [file]
    mine = f"/api/v1/dossiers/{dossier['id']}/message-files/{file['id']}/content"
    theirs = f"/api/v1/officer/dossiers/{dossier['id']}/message-files/{file['id']}/content"
    assert cast.owner.get(mine).content == cast.reception.get(theirs).content
    assert cast.stranger.get(mine).status_code == 404
    assert cast.foreign_officer.get(theirs).status_code == 404
    again = say(cast.owner, dossier, files=[file["id"]])
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "unknown_file")


def test_a_file_without_its_message_is_its_senders_alone_and_swept_after_a_day(cast, dossier):
    import datetime

    from common import clock as real

    file = send_file(cast.reception, dossier, officer=True).json()
    mine = f"/api/v1/dossiers/{dossier['id']}/message-files/{file['id']}/content"
    assert cast.owner.get(mine).status_code == 404
    assert say(cast.owner, dossier, files=[file["id"]]).status_code == 400
    assert talk.sweep(now=real.now()) == 0
    assert talk.sweep(now=real.now() + datetime.timedelta(hours=25)) == 1
    assert not MessageFile.objects.exists()


def test_the_same_upload_again_is_the_same_file(cast, dossier):
    first = send_file(cast.owner, dossier, key="tep-mot-lan")
    again = send_file(cast.owner, dossier, key="tep-mot-lan")
    assert first.json() == again.json()
    assert MessageFile.objects.count() == 1


def test_more_unsent_files_than_the_limit_are_refused(cast, dossier):
    for _ in range(talk.MAX_UNCLAIMED):
        assert send_file(cast.owner, dossier).status_code == 201
    refused = send_file(cast.owner, dossier)
    assert (refused.status_code, refused.json()["limit"]) == (409, 10)


def test_strangers_and_other_agencies_find_nothing(cast, dossier):
    base = f"/api/v1/dossiers/{dossier['id']}/messages"
    office = f"/api/v1/officer/dossiers/{dossier['id']}/messages"
    assert cast.stranger.get(base).status_code == 404
    assert say(cast.stranger, dossier).status_code == 404
    assert cast.anonymous.get(base).status_code == 401
    assert cast.owner.get(office).status_code == 403
    assert cast.reception.get(base).status_code == 403
    assert cast.foreign_officer.get(office).status_code == 404
    assert reply(cast.foreign_officer, dossier).status_code == 404
    # who only makes accounts does not write to citizens
    assert reply(cast._one("quan-tri"), dossier).status_code == 403


def test_an_agency_that_only_helped_to_file_hears_nothing(cast, dossier):
    say(cast.owner, dossier)
    Dossier.objects.update(helping_agency="ttpvhcc-31120")
    office = f"/api/v1/officer/dossiers/{dossier['id']}"
    assert cast.foreign_officer.get(office).status_code == 200
    assert cast.foreign_officer.get(f"{office}/messages").status_code == 404
    assert reply(cast.foreign_officer, dossier).status_code == 404
    assert send_file(cast.foreign_officer, dossier, officer=True).status_code == 404
    # Before reception the agency that will decide speaks with nobody yet.
    assert cast.handler.get(f"{office}/messages").status_code == 404


def test_what_was_said_cannot_be_changed_and_is_unreadable_where_it_rests(cast, dossier):
    say(cast.owner, dossier, text="Rất riêng tư")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM dossiers_dossiermessage")
        assert "riêng" not in str(cursor.fetchall())
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_dossiermessage SET seq = 9")


def rate(api, dossier, stars=5, comment="Nhanh"):
    return api.post(
        f"/api/v1/dossiers/{dossier['id']}/rating", {"stars": stars, "comment": comment}
    )


def test_a_finished_dossier_is_rated_once_and_the_office_reads_it_without_the_dossier(cast, clock):
    dossier = received(cast)
    early = rate(cast.owner, dossier)
    assert (early.status_code, early.json()["code"]) == (409, "dossier_not_finished")
    move(cast.reception, dossier, "forward", 2)
    move(cast.handler, dossier, "propose", 4, result_text="Cấp")
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    assert rate(cast.stranger, dossier).status_code == 404
    assert rate(cast.owner, dossier, stars=6).status_code == 400
    made = rate(cast.owner, dossier, stars=4)
    assert made.status_code == 201
    assert made.json() == {"stars": 4, "comment": "Nhanh", "at": "2026-11-24T10:00:00+07:00"}
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["rated"] is True
    again = rate(cast.owner, dossier)
    assert (again.status_code, again.json()["code"]) == (409, "already_rated")
    (shown,) = cast.approver.get("/api/v1/officer/ratings").json()["items"]
    assert shown == {**made.json(), "service_code": "2.000635"}
    assert cast.reception.get("/api/v1/officer/ratings").status_code == 403
    assert cast.foreign_officer.get("/api/v1/officer/ratings").json()["items"] == []
    assert Rating.objects.get().dossier_id == Dossier.objects.get().id
