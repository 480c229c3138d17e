"""Whose work a dossier is, and who is in it now."""

import pytest

from dossiers.models import Assignment, AssignmentEvent, Lease, Seat
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.desks import (
    QUEUE,
    TEXT,
    assign,
    colleague,
    in_process,
    lease,
    proposed,
    seat_of,
)
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_races import together


def holder(api, dossier):
    found = api.get(f"{QUEUE}/{dossier['id']}").json()["assignment"]
    return found and (found["seat_id"], found["mine"])


def history(api, dossier):
    items = api.get(f"{QUEUE}/{dossier['id']}/assignments").json()["items"]
    return [
        (one["act"], (one["from"] or {}).get("seat_id"), (one["to"] or {}).get("seat_id"))
        for one in items
    ]


def test_a_handler_takes_releases_and_all_of_it_is_kept(cast):
    dossier, me = in_process(cast), str(seat_of("thu-ly").pk)
    taken = assign(cast.handler, dossier, me)
    assert taken.status_code == 201, taken.content
    assert taken.json()["assignment"]["title"] == "Công chức thụ lý"
    assert holder(cast.handler, dossier) == (me, True)
    assert holder(cast.approver, dossier) == (me, False)
    assert holder(cast.reception, dossier) is None  # the counter has an assignment of its own
    again = assign(cast.handler, dossier, me, expected=me)
    assert again.status_code == 201
    assert assign(cast.handler, dossier, None, expected=me).json()["assignment"] is None
    assert history(cast.handler, dossier) == [("release", me, None), ("take", None, me)]
    assert history(cast.reception, dossier) == []


def test_it_is_no_part_of_the_citizens_timeline(cast):
    dossier = in_process(cast)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert assign(cast.handler, dossier, seat_of("thu-ly").pk).status_code == 201
    assert lease(cast.handler, dossier).status_code == 201
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json() == before


def test_a_leader_gives_and_takes_back_and_a_handler_may_not_give(cast, sign_in):
    dossier, me = in_process(cast), str(seat_of("thu-ly").pk)
    other = colleague(sign_in, cast)
    theirs = str(seat_of("cai-khe").pk)
    refused = assign(cast.handler, dossier, theirs)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert assign(cast.approver, dossier, theirs).status_code == 201
    assert holder(other, dossier) == (theirs, True)
    not_mine = assign(cast.handler, dossier, None, expected=theirs)
    assert (not_mine.status_code, not_mine.json()["code"]) == (403, "not_your_role")
    assert assign(cast.approver, dossier, me, expected=theirs).status_code == 201
    keeper = assign(sign_in("quan-tri"), dossier, None, expected=me)  # accounts, no dossiers
    assert (keeper.status_code, keeper.json()["code"]) == (403, "no_dossier_role")
    assert assign(cast.approver, dossier, None, expected=me).status_code == 201
    assert [act for act, _, _ in history(other, dossier)] == ["release", "give", "give"]


@pytest.mark.parametrize("who", ["tiep-nhan", "tu-phap", "quan-tri"])
def test_work_is_given_only_to_a_working_seat_of_the_agency(cast, people, who):
    dossier = in_process(cast)
    refused = assign(cast.approver, dossier, seat_of(who).pk)
    assert refused.status_code == 400
    assert [(e["code"], e["pointer"]) for e in refused.json()["errors"]] == [
        ("unknown_seat", "/assignee")
    ]
    assert not Assignment.objects.exists()


def test_nobody_gets_work_who_left(cast, sign_in):
    dossier = in_process(cast)
    colleague(sign_in, cast)
    Seat.objects.filter(user__email="cai-khe@demo.invalid").update(active=False)
    assert assign(cast.approver, dossier, seat_of("cai-khe").pk).status_code == 400


def test_a_stale_belief_about_holder_or_state_is_told_the_present_one(cast, sign_in):
    dossier, me = in_process(cast), str(seat_of("thu-ly").pk)
    other = colleague(sign_in, cast)
    assert assign(cast.handler, dossier, me).status_code == 201
    stale = assign(other, dossier, seat_of("cai-khe").pk)
    assert (stale.status_code, stale.json()["code"]) == (409, "assignment_changed")
    assert (stale.json()["holder"], stale.json()["seat_id"]) == ("Công chức thụ lý", me)
    moved_on = assign(other, dossier, seat_of("cai-khe").pk, expected=me, state=2)
    assert (moved_on.status_code, moved_on.json()["code"]) == (409, "state_changed")
    for missing in ("assignee", "expected_assignee", "expected_state"):
        body = {"assignee": None, "expected_assignee": me, "expected_state": 4}
        del body[missing]
        bare = cast.handler.post(f"{QUEUE}/{dossier['id']}/assignment", body)
        assert (bare.status_code, bare.json()["errors"][0]["param"]) == (400, missing)


def test_anothers_work_is_left_alone_until_it_is_taken(cast, sign_in):
    dossier, me = in_process(cast), str(seat_of("thu-ly").pk)
    other = colleague(sign_in, cast)
    theirs = str(seat_of("cai-khe").pk)
    assert assign(cast.handler, dossier, me).status_code == 201
    for name, more in (
        ("propose", {"result_text": TEXT}),
        ("request_supplement", {"reason": "Thiếu"}),
        ("reroute", {"reason": "Sai", "competent_agency": "ubnd-31120"}),
    ):
        refused = move(other, dossier, name, 4, **more)
        assert (refused.status_code, refused.json()["code"]) == (409, "assigned_to_another"), name
        assert (refused.json()["holder"], refused.json()["seat_id"]) == ("Công chức thụ lý", me)
    assert assign(other, dossier, theirs, expected=me).status_code == 201
    assert move(other, dossier, "propose", 4, result_text=TEXT).status_code == 201


def test_the_counter_and_the_approver_are_not_held_up_by_a_handlers_work(cast):
    dossier = proposed(cast)
    assert assign(cast.handler, dossier, seat_of("thu-ly").pk).status_code == 201
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    assert move(cast.reception, dossier, "hand_over", 9).status_code == 201


def test_a_dossier_that_leaves_an_agency_is_nobodys_there(cast):
    dossier = in_process(cast)
    assert assign(cast.handler, dossier, seat_of("thu-ly").pk).status_code == 201
    sent = move(
        cast.handler, dossier, "reroute", 4, competent_agency="ubnd-31120", reason="Sổ ở đó"
    )
    assert sent.status_code == 201, sent.content
    assert not Assignment.objects.exists()
    assert AssignmentEvent.objects.order_by("-id").first().act == "left"


# --- who is in it -------------------------------------------------------------------------------


def test_an_open_dossier_refuses_others_moves_and_says_who_and_until_when(cast, clock, sign_in):
    dossier = proposed(cast)
    opened = lease(cast.handler, dossier)
    assert opened.status_code == 201, opened.content
    assert opened.json()["lease"] == {
        "seat_id": str(seat_of("thu-ly").pk),
        "title": "Công chức thụ lý",
        "mine": True,
        "until": "2026-11-24T10:10:00+07:00",
    }
    assert cast.approver.get(f"{QUEUE}/{dossier['id']}").json()["lease"]["mine"] is False
    refused = move(cast.approver, dossier, "sign", 4)
    assert (refused.status_code, refused.json()["code"]) == (409, "locked_by_another")
    assert refused.json()["until"] == "2026-11-24T10:10:00+07:00"
    assert "10:10" in refused.json()["detail"]
    also = lease(cast.approver, dossier)
    assert (also.status_code, also.json()["code"]) == (409, "locked_by_another")
    clock.move_to("2026-11-24T10:10:00+07:00")
    approver = sign_in("lanh-dao")
    assert approver.get(f"{QUEUE}/{dossier['id']}").json()["lease"] is None
    assert move(approver, dossier, "sign", 4).status_code == 201


def test_looking_and_writing_renew_ones_own_lease_and_nobody_elses(cast, clock, sign_in):
    dossier = in_process(cast)
    one = f"{QUEUE}/{dossier['id']}"
    assert lease(cast.handler, dossier).status_code == 201
    seen = []
    for minute, who, write in ((6, "lanh-dao", False), (6, "thu-ly", False), (12, "thu-ly", True)):
        clock.move_to(f"2026-11-24T10:{minute:02d}:00+07:00")
        if write:
            note = {"text": "x", "expected_state": 4}
            assert sign_in(who).post(f"{one}/notes", note).status_code == 201
        else:
            assert sign_in(who).get(one).status_code == 200
        seen.append(f"{Lease.objects.get().until:%H:%M}")
    assert seen == ["03:10", "03:16", "03:22"]
    clock.move_to("2026-11-24T10:30:00+07:00")
    assert sign_in("thu-ly").get(one).json()["lease"] is None
    assert f"{Lease.objects.get().until:%H:%M}" == "03:22"


def test_a_lease_is_closed_by_its_holder_by_a_move_and_by_nobody_else(cast):
    dossier = in_process(cast)
    assert lease(cast.handler, dossier).status_code == 201
    assert lease(cast.approver, dossier, "close").json()["lease"]["mine"] is False
    assert lease(cast.handler, dossier, "close").json()["lease"] is None
    assert lease(cast.handler, dossier).status_code == 201
    assert move(cast.handler, dossier, "propose", 4, result_text=TEXT).json()["lease"] is None
    assert move(cast.approver, dossier, "sign", 4).status_code == 201


def test_taking_over_is_explicit_and_logged(cast):
    dossier = proposed(cast)
    assert lease(cast.handler, dossier).status_code == 201
    taken = lease(cast.approver, dossier, "take_over")
    assert (taken.status_code, taken.json()["lease"]["mine"]) == (201, True)
    first, second = str(seat_of("thu-ly").pk), str(seat_of("lanh-dao").pk)
    assert history(cast.handler, dossier) == [("take_over", first, second)]
    refused = move(cast.handler, dossier, "request_supplement", 4, reason="Thiếu")
    assert refused.json()["code"] == "locked_by_another"
    assert move(cast.approver, dossier, "sign", 4).status_code == 201


def test_a_citizen_is_never_held_up(cast):
    dossier = received(cast)
    assert lease(cast.reception, dossier, state=2).status_code == 201
    asked = cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    assert asked.status_code == 201


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_officer", 404), ("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_nobody_else_assigns_opens_or_reads_who_had_it(cast, who, status):
    dossier = in_process(cast)
    api = getattr(cast, who)
    one = f"{QUEUE}/{dossier['id']}"
    answers = [
        assign(api, dossier, None),
        lease(api, dossier),
        lease(api, dossier, "take_over"),
        lease(api, dossier, "close"),
        api.get(f"{one}/assignments"),
        api.get(f"{one}/competent-agencies"),
    ]
    assert [answer.status_code for answer in answers] == [status] * len(answers)
    assert not AssignmentEvent.objects.exists()
    assert not Lease.objects.exists()


def test_somebody_who_only_reads_takes_and_opens_nothing(cast, sign_in):
    dossier = in_process(cast)
    auditor = colleague(sign_in, cast, roles=("auditor",))
    answers = [assign(auditor, dossier, seat_of("cai-khe").pk), lease(auditor, dossier)]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "not_your_role")] * 2
    assert auditor.get(f"{QUEUE}/{dossier['id']}").status_code == 200


def test_the_history_takes_as_many_queries_for_many_as_for_one(cast, count_queries):
    dossier, me, counts = in_process(cast), seat_of("thu-ly").pk, []
    for rounds in (1, 3):
        for _ in range(rounds):
            assert assign(cast.handler, dossier, me).status_code == 201
            assert assign(cast.handler, dossier, None, expected=me).status_code == 201
        with count_queries() as queries:
            assert len(history(cast.handler, dossier)) >= 2 * rounds
        counts.append(len(queries))
    assert counts == [7, 7]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_at_once_one_wins_and_the_other_is_told_who(cast, sign_in):
    dossier = in_process(cast)
    other = colleague(sign_in, cast)
    tokens = [cast.handler.token, other.token]
    seats = [seat_of("thu-ly"), seat_of("cai-khe")]
    answers = together(2, lambda n: assign(Api(tokens[n]), dossier, seats[n].pk))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    winner = next(n for n in (0, 1) if answers[n].status_code == 201)
    lost = answers[1 - winner].json()
    assert (lost["code"], lost["seat_id"]) == ("assignment_changed", str(seats[winner].pk))
    assert Assignment.objects.get().seat_id == seats[winner].pk
    assert AssignmentEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_open_at_once_one_has_it(cast):
    dossier = in_process(cast)
    tokens = [cast.handler.token, cast.approver.token]
    answers = together(2, lambda n: lease(Api(tokens[n]), dossier))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Lease.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["dossiers_assignmentevent", "dossiers_note"])
def test_what_was_written_down_cannot_be_rewritten(cast, table):
    from django.db import Error, connection

    dossier = in_process(cast)
    assert assign(cast.handler, dossier, seat_of("thu-ly").pk).status_code == 201
    body = {"text": "x", "expected_state": 4}
    assert cast.handler.post(f"{QUEUE}/{dossier['id']}/notes", body).status_code == 201
    for sql in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}"):
        with pytest.raises(Error), connection.cursor() as cursor:
            cursor.execute(sql)


def test_an_unsubmitted_state_is_no_reason_to_hide_who_works_on_it(cast):
    dossier = stories.submitted(cast.owner)
    taken = assign(cast.reception, dossier, seat_of("tiep-nhan").pk, state=1)
    assert (taken.status_code, taken.json()["assignment"]["mine"]) == (201, True)
