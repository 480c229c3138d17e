"""One move on many dossiers: queued, worked off one by one, each with its own outcome."""

import pytest
from django.db import connection

from dossiers.actions import bulk_moves, sweep
from dossiers.models import BulkItem, BulkJob, Dossier, TimelineEvent
from tests.dossiers import stories
from tests.dossiers.desks import lease, proposed
from tests.dossiers.test_api_dossiers import move, settle
from tests.dossiers.test_races import together

BULK = "/api/v1/officer/bulk-moves"


def start(api, name, items, **more):
    body = {
        "move": name,
        "items": [{"dossier_id": one, "expected_state": state} for one, state in items],
    }
    return api.post(BULK, body | more)


def paid(cast, count):
    made = [stories.submitted(cast.owner) for _ in range(count)]
    for dossier in made:
        settle(dossier)
    return made


def outcomes(api, job):
    items = api.get(f"{BULK}/{job['id']}/items?page_size=100").json()["items"]
    return [(one["outcome"], one["code"]) for one in items]


def test_many_are_received_in_the_background_and_each_says_what_became_of_it(cast, drain):
    done, unpaid, moved = paid(cast, 1)[0], stories.submitted(cast.owner), paid(cast, 1)[0]
    assert move(cast.reception, moved, "receive", 1).status_code == 201
    answer = start(
        cast.reception,
        "receive",
        [(done["id"], 1), (unpaid["id"], 1), (moved["id"], 1), ("dos_khong_co", 1)],
    )
    assert answer.status_code == 201, answer.content
    job = answer.json()
    assert (job["state"], job["counts"]) == ("running", {"pending": 4, "done": 0, "refused": 0})
    assert outcomes(cast.reception, job) == [("pending", None)] * 4
    assert Dossier.objects.get(id=done["id"]).state == 1
    drain()
    after = cast.reception.get(f"{BULK}/{job['id']}").json()
    assert (after["state"], after["counts"]) == ("done", {"pending": 0, "done": 1, "refused": 3})
    assert after["finished_at"]
    assert outcomes(cast.reception, job) == [
        ("done", None),
        ("refused", "fee_unpaid"),
        ("refused", "state_changed"),
        ("refused", "not_found"),
    ]
    items = cast.reception.get(f"{BULK}/{job['id']}/items").json()["items"]
    assert items[1]["title"] == "Khoản phải nộp chưa được thanh toán"
    in_english = cast.reception.get(f"{BULK}/{job['id']}/items", **{"Accept-Language": "en"})
    assert in_english.json()["items"][3]["title"] == "Not found"
    kinds = [
        one["kind"] for one in cast.owner.get(f"/api/v1/dossiers/{done['id']}").json()["documents"]
    ]
    assert "reception_slip" in kinds
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert "dossier:receive" in {item["what"] for item in log}


def test_a_leader_signs_many_at_once_and_what_is_in_the_way_of_one_stops_no_other(cast, drain):
    first, second, third = (proposed(cast) for _ in range(3))
    assert lease(cast.handler, second).status_code == 201
    job = start(cast.approver, "sign", [(one["id"], 4) for one in (first, second, third)]).json()
    drain()
    assert outcomes(cast.approver, job) == [
        ("done", None),
        ("refused", "locked_by_another"),
        ("done", None),
    ]
    states = [Dossier.objects.get(id=one["id"]).state for one in (first, second, third)]
    assert states == [9, 4, 9]


def test_a_job_run_again_and_again_gives_each_item_one_effect(cast, drain):
    made = paid(cast, 3)
    job = start(cast.reception, "receive", [(one["id"], 1) for one in made]).json()
    drain()
    before = TimelineEvent.objects.count()
    from dossiers import tasks

    for _ in range(2):
        tasks.work_off_bulk_moves(job["id"])
    assert TimelineEvent.objects.count() == before
    assert outcomes(cast.reception, job) == [("done", None)] * 3


def test_the_same_key_starts_one_job(cast):
    made = paid(cast, 1)
    body = {"move": "receive", "items": [{"dossier_id": made[0]["id"], "expected_state": 1}]}
    answers = [cast.reception.post(BULK, body, key="mot-lan-nhieu-ho-so") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert BulkJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_killed_between_two_items_the_sweep_finishes_the_rest(cast, drain):
    from datetime import timedelta

    from common import clock

    made = paid(cast, 3)
    job = start(cast.reception, "receive", [(one["id"], 1) for one in made]).json()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # the worker took the job and died
    assert bulk_moves.step(job_id=job["id"], now=clock.now()) is True
    assert outcomes(cast.reception, job) == [("done", None), ("pending", None), ("pending", None)]
    assert sweep.sweep(now=clock.now())["bulk_moves"] == 0  # somebody may still be at it
    later = clock.now() + timedelta(minutes=3)
    assert sweep.sweep(now=later)["bulk_moves"] == 1
    assert sweep.sweep(now=later)["bulk_moves"] == 0  # queued once, not at every sweep
    drain()
    assert outcomes(cast.reception, job) == [("done", None)] * 3
    assert TimelineEvent.objects.filter(move="receive").count() == 3


@pytest.mark.django_db(transaction=True)
def test_killed_within_an_item_its_move_is_undone_and_then_made_once(cast, drain):
    """The outcome commits with the move: what cannot be written down did not happen."""
    import psycopg
    from django.conf import settings

    dossier = paid(cast, 1)[0]
    job = start(cast.reception, "receive", [(dossier["id"], 1)]).json()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    place = connection.settings_dict
    owner = psycopg.connect(
        dbname=place["NAME"], user=settings.DATABASE_OWNER, host=place["HOST"], autocommit=True
    )
    owner.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'killed' USING ERRCODE = 'admin_shutdown'; END $$"
    )
    owner.execute(
        "CREATE TRIGGER die BEFORE UPDATE ON dossiers_bulkitem FOR EACH ROW EXECUTE FUNCTION die()"
    )
    try:
        from django.db import OperationalError

        from common import clock

        with pytest.raises(OperationalError):
            bulk_moves.step(job_id=job["id"], now=clock.now())
        assert Dossier.objects.get(id=dossier["id"]).state == 1
        assert BulkItem.objects.get().outcome == "pending"
    finally:
        owner.execute("DROP TRIGGER die ON dossiers_bulkitem")
        owner.execute("DROP FUNCTION die")
        owner.close()
    while bulk_moves.step(job_id=job["id"], now=clock.now()):
        pass
    assert outcomes(cast.reception, job) == [("done", None)]
    assert TimelineEvent.objects.filter(move="receive").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_ours_on_one_dossier_is_given_up_at_last_and_stops_no_other(cast):
    from common import clock

    broken, sound = paid(cast, 2)
    Dossier.objects.filter(id=broken["id"]).update(time_limit={"value": 1, "unit": "fortnight"})
    job = start(cast.reception, "receive", [(broken["id"], 1), (sound["id"], 1)]).json()
    while bulk_moves.step(job_id=job["id"], now=clock.now()):
        pass
    assert outcomes(cast.reception, job) == [("refused", "server_error"), ("done", None)]
    assert BulkItem.objects.get(position=0).tries == bulk_moves.MAX_TRIES
    assert Dossier.objects.get(id=broken["id"]).state == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_on_one_job_share_it(cast):
    from common import clock

    made = paid(cast, 8)
    job = start(cast.reception, "receive", [(one["id"], 1) for one in made]).json()

    def work(number):
        while bulk_moves.step(job_id=job["id"], now=clock.now()):
            pass

    together(4, work)
    bulk_moves.step(job_id=job["id"], now=clock.now())
    assert outcomes(cast.reception, job) == [("done", None)] * 8
    assert TimelineEvent.objects.filter(move="receive").count() == 8
    assert BulkJob.objects.get().state == "done"


@pytest.mark.parametrize(
    "name", ["refuse", "reject", "stop", "request_supplement", "propose", "reroute", "x"]
)
def test_what_needs_a_reason_of_its_own_is_made_one_by_one(cast, name):
    refused = start(cast.reception, name, [("dos_x", 1)])
    assert (refused.status_code, refused.json()["errors"][0]["param"]) == (400, "move")


def test_limits_are_told(cast):
    many = start(cast.reception, "receive", [(f"dos_{n}", 1) for n in range(201)])
    assert (many.status_code, many.json()["code"]) == (400, "too_many_items")
    assert many.json()["limit"] == 200
    twice = start(cast.reception, "receive", [("dos_x", 1), ("dos_y", 1), ("dos_x", 1)])
    assert [(e["code"], e["pointer"]) for e in twice.json()["errors"]] == [
        ("repeated", "/items/2/dossier_id")
    ]
    assert start(cast.reception, "receive", []).status_code == 400
    unseen = cast.reception.post(BULK, {"move": "receive", "items": [{"dossier_id": "dos_x"}]})
    assert unseen.json()["errors"][0]["pointer"] == "/items/0/expected_state"
    assert not BulkJob.objects.exists()


def test_a_move_of_another_role_is_refused_at_once(cast):
    refused = start(cast.handler, "sign", [("dos_x", 4)])
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert refused.json()["needed"] == "approver"


def test_a_job_is_its_officers_own(cast, sign_in):
    job = start(cast.reception, "receive", [("dos_x", 1)]).json()
    for who, status in (
        ("handler", 404),
        ("foreign_officer", 404),
        ("owner", 403),
        ("stranger", 403),
        ("anonymous", 401),
    ):
        api = getattr(cast, who)
        paths = (f"{BULK}/{job['id']}", f"{BULK}/{job['id']}/items")
        assert [api.get(path).status_code for path in paths] == [status] * 2
    assert cast.handler.get(BULK).json()["items"] == []
    assert [one["id"] for one in cast.reception.get(BULK).json()["items"]] == [job["id"]]
    assert start(cast.owner, "receive", [("dos_x", 1)]).status_code == 403
    assert start(cast.anonymous, "receive", [("dos_x", 1)]).status_code == 401


def test_anothers_dossiers_are_not_moved_and_look_like_none(cast, drain):
    dossier = paid(cast, 1)[0]
    job = start(cast.foreign_officer, "receive", [(dossier["id"], 1), ("dos_x", 1)]).json()
    drain()
    assert outcomes(cast.foreign_officer, job) == [("refused", "not_found")] * 2
    assert Dossier.objects.get(id=dossier["id"]).state == 1


def test_an_officer_who_left_meanwhile_moves_nothing_more(cast, drain):
    from dossiers.models import Seat

    dossier = paid(cast, 1)[0]
    start(cast.reception, "receive", [(dossier["id"], 1)])
    Seat.objects.filter(user__email="tiep-nhan@demo.invalid").update(active=False)
    drain()
    assert BulkItem.objects.get().code == "forbidden"
    assert Dossier.objects.get(id=dossier["id"]).state == 1


def test_the_lists_take_as_many_queries_for_many_as_for_one(cast, count_queries):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            job = start(cast.reception, "receive", [(f"dos_{n}", 1) for n in range(more)]).json()
        with count_queries() as queries:
            assert cast.reception.get(BULK).status_code == 200
        first = len(queries)
        with count_queries() as queries:
            assert cast.reception.get(f"{BULK}/{job['id']}/items").status_code == 200
        counts.append((first, len(queries)))
    assert counts == [(4, 5), (4, 5)]
