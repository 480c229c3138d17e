"""What officers note for each other, and that no citizen ever reads it."""

import json

import pytest
from django.db import connection

from dossiers.models import Note
from tests.dossiers.desks import QUEUE, colleague, in_process
from tests.dossiers.test_api_dossiers import move

SECRET = "Đã gọi điện, người nộp hẹn chiều nay"


def write(api, dossier, text=SECRET, state=4, **more):
    return api.post(
        f"{QUEUE}/{dossier['id']}/notes", {"text": text, "expected_state": state, **more}
    )


def read(api, dossier):
    items = api.get(f"{QUEUE}/{dossier['id']}/notes").json()["items"]
    assert items == api.get(f"{QUEUE}/{dossier['id']}").json()["notes"]
    return [one["text"] for one in items]


def test_colleagues_read_it_newest_first_and_other_agencies_only_what_is_meant_for_them(cast):
    dossier = in_process(cast)
    made = write(cast.handler, dossier)
    assert made.status_code == 201, made.content
    assert made.json()["writer"] == "Công chức thụ lý"
    assert made.json()["agency"]["key"] == "ubnd-31135"
    assert write(cast.handler, dossier, "Cho cả hai", audience="dossier").status_code == 201
    assert write(cast.reception, dossier, "Của quầy").status_code == 201
    assert read(cast.approver, dossier) == ["Cho cả hai", SECRET]
    assert read(cast.reception, dossier) == ["Của quầy", "Cho cả hai"]


def test_no_citizen_reads_it_anywhere_and_it_rests_encrypted(cast):
    dossier = in_process(cast)
    assert write(cast.handler, dossier, audience="dossier").status_code == 201
    one = f"/api/v1/dossiers/{dossier['id']}"
    for path in (
        one,
        f"{one}/timeline",
        "/api/v1/me/inbox",
        "/api/v1/me/home",
        "/api/v1/me/export",
    ):
        assert SECRET not in cast.owner.get(path).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT n::text FROM dossiers_note n")
        assert SECRET not in json.dumps(cursor.fetchall(), ensure_ascii=False)
    assert Note.objects.get().text == SECRET


def test_reading_notes_leaves_a_row_for_the_citizen(cast):
    dossier = in_process(cast)
    cast.approver.get(f"{QUEUE}/{dossier['id']}/notes")
    seen = cast.owner.get("/api/v1/me/access-log").json()["items"][0]
    assert (seen["what"], seen["reference"]) == ("dossier:notes", dossier["id"])


def test_limits_states_and_roles(cast, sign_in):
    dossier = in_process(cast)
    long = write(cast.handler, dossier, "x" * 2001)
    assert (long.status_code, long.json()["errors"][0]["code"]) == (400, "max_length")
    assert write(cast.handler, dossier, " ").status_code == 400
    stale = write(cast.handler, dossier, state=2)
    assert (stale.status_code, stale.json()["code"]) == (409, "state_changed")
    auditor = colleague(sign_in, cast, roles=("auditor",))
    refused = write(auditor, dossier)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert read(auditor, dossier) == []
    assert not Note.objects.exists()


def test_two_hundred_notes_of_an_agency_are_enough(cast):
    dossier = in_process(cast)
    assert write(cast.handler, dossier).status_code == 201
    first = Note.objects.get()
    Note.objects.bulk_create(
        Note(
            dossier_id=first.dossier_id,
            agency_id=first.agency_id,
            seat_id=first.seat_id,
            audience="agency",
            text="x",
            at=first.at,
        )
        for _ in range(199)
    )
    refused = write(cast.handler, dossier)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_notes")
    assert refused.json()["limit"] == 200
    assert write(cast.reception, dossier).status_code == 201


def test_who_loses_the_dossier_loses_its_notes(cast):
    dossier = in_process(cast)
    assert write(cast.handler, dossier).status_code == 201
    sent = move(cast.handler, dossier, "reroute", 4, competent_agency="ubnd-31120", reason="x")
    assert sent.status_code == 201
    assert cast.handler.get(f"{QUEUE}/{dossier['id']}/notes").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_officer", 404), ("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_nobody_else_reads_or_writes(cast, who, status):
    dossier = in_process(cast)
    api = getattr(cast, who)
    assert api.get(f"{QUEUE}/{dossier['id']}/notes").status_code == status
    assert write(api, dossier).status_code == status
    assert not Note.objects.exists()


def test_notes_take_as_many_queries_for_many_as_for_one(cast, count_queries):
    dossier, counts = in_process(cast), []
    for more in (1, 4):
        for _ in range(more):
            assert write(cast.handler, dossier).status_code == 201
        with count_queries() as queries:
            assert cast.handler.get(f"{QUEUE}/{dossier['id']}/notes").status_code == 200
        first = len(queries)
        with count_queries() as queries:
            assert cast.handler.get(f"{QUEUE}/{dossier['id']}").status_code == 200
        counts.append((first, len(queries)))
    assert counts[0] == counts[1]
    assert counts[0] == (13, 23)
