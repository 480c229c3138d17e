"""A paper that was issued, printed for somebody at the counter."""

import pytest

from tests.dossiers.desks import QUEUE
from tests.dossiers.ten_states import signed
from tests.dossiers.test_api_dossiers import move, received


def content(api, dossier, paper):
    return api.get(f"{QUEUE}/{dossier['id']}/documents/{paper['id']}/content")


def papers(api, dossier):
    found = api.get(f"{QUEUE}/{dossier['id']}").json()["documents"]
    return {one["kind"]: one for one in found}


def test_reception_prints_the_slip_before_the_worker_made_it_and_its_person_sees_that(cast):
    dossier = received(cast)
    slip = papers(cast.reception, dossier)["reception_slip"]
    answer = content(cast.reception, dossier, slip)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    again = content(cast.reception, dossier, slip)
    assert again["ETag"] == answer["ETag"]
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [one["what"] for one in log].count("paper:reception_slip") == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_officer", 404), ("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_nobody_else_reads_it(cast, who, status):
    dossier = received(cast)
    slip = papers(cast.reception, dossier)["reception_slip"]
    assert content(getattr(cast, who), dossier, slip).status_code == status
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert "paper:reception_slip" not in [one["what"] for one in log]


def test_only_what_an_agencys_part_shows_is_read(cast):
    dossier = received(cast)
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    other = received(cast)
    slip = papers(cast.reception, other)["reception_slip"]
    assert content(cast.reception, dossier, slip).status_code == 404
    done = signed(cast)
    result = papers(cast.handler, done)["result"]
    assert content(cast.reception, done, result).status_code == 200
