"""Every measure of QĐ 766 counted from facts that the real moves left behind."""

import pytest

from dossiers.models import Dossier
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received

ADDRESS = "/api/v1/reports/service-index?start=2026-11-01&end=2027-01-01"


def index(api, more=""):
    answer = api.get(ADDRESS + more)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return {one["number"]: (one["numerator"], one["denominator"]) for one in body["measures"]}


@pytest.fixture
def later(cast, clock):
    def _later(moment):
        clock.move_to(moment)
        cast._known.clear()

    return _later


def test_every_measure_of_the_note_is_there_and_none_is_invented(cast, clock):
    body = cast.anonymous.get(ADDRESS).json()
    numbers = [one["number"] for one in body["measures"]]
    assert numbers == [
        *("1.1", "1.2", "1.3", "1.4", "2.1", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6"),
        *("4.1", "4.2", "4.3", "4.4", "4.5", "5.1a", "5.1b", "5.2", "5.3", "5.4"),
    ]
    for one in body["measures"]:
        if one["numerator"] is None:
            assert one["note_vi"], one
        if not one["denominator"]:
            assert one["percent"] is None
    assert body["handling_times"] == []


def test_the_catalogue_gives_its_own_measures(cast, clock):
    found = index(cast.anonymous)
    assert found["3.1"] == (68 + 110, 201)
    assert found["3.5"][0] == 0
    assert found["3.5"][1] > 0


def test_a_dossier_on_time_counts_in_every_measure_it_touches(cast, clock):
    dossier = received(cast)
    assert index(cast.anonymous)["2.1"] == (1, 1)
    move(cast.reception, dossier, "forward", 2)
    move(cast.handler, dossier, "propose", 4, result_text="Cấp")
    move(cast.approver, dossier, "sign", 4)
    found = index(cast.anonymous)
    assert (found["3.2"][0], found["3.3"]) == (1, (0, 1))  # its result has no file yet
    cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/documents/{_result(cast, dossier)}/content")
    found = index(cast.anonymous)
    assert found["2.1"] == (1, 1)
    assert found["3.3"] == (1, 1)
    assert found["3.5"][0] == 1
    assert found["3.6"] == (1, 1)
    assert found["4.1"] == (1, 1)
    assert found["4.2"] == (0, 1)  # no component was digitised
    assert (found["4.3"], found["4.4"], found["4.5"]) == ((0, 1), (1, 1), (1, 1))
    assert found["5.4"] == (1, 1)
    times = cast.anonymous.get(ADDRESS).json()["handling_times"]
    assert times == [
        {"service_code": "2.000635", "unit": "working_day", "dossiers": 1, "mean": 0.0}
    ]


def _result(cast, dossier):
    papers = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["documents"]
    return next(one["id"] for one in papers if one["kind"] == "result")


def test_past_its_promise_it_is_late_also_unfinished(cast, later):
    received(cast)
    later("2026-11-30T10:00:00+07:00")
    found = index(cast.anonymous)
    assert (found["2.1"], found["5.4"]) == ((0, 1), (0, 1))


def test_waiting_for_the_citizen_stops_the_count_and_a_second_request_is_late(cast, later):
    dossier = received(cast)
    move(cast.reception, dossier, "forward", 2)
    ask = {"reason": "Thiếu ảnh", "papers": [stories.PAPER]}
    asked = move(cast.handler, dossier, "request_supplement", 4, **ask)
    assert asked.status_code == 201, asked.content
    later("2026-12-10T10:00:00+07:00")
    assert index(cast.anonymous)["2.1"] == (1, 1)
    move(cast.handler, dossier, "accept_supplement", 5)
    assert index(cast.anonymous)["2.1"] == (1, 1)
    again = move(cast.handler, dossier, "request_supplement", 4, reason="Còn thiếu")
    assert again.status_code == 201, again.content
    later("2026-12-11T10:00:00+07:00")
    assert index(cast.anonymous)["2.1"] == (0, 1)


def test_the_mean_leaves_out_the_wait(cast, later):
    dossier = received(cast)
    move(cast.reception, dossier, "forward", 2)
    move(cast.handler, dossier, "request_supplement", 4, reason="Thiếu ảnh")
    later("2026-12-01T10:00:00+07:00")
    move(cast.handler, dossier, "accept_supplement", 5)
    later("2026-12-02T10:00:00+07:00")
    move(cast.handler, dossier, "propose", 4, result_text="Cấp")
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    (time,) = cast.anonymous.get(ADDRESS).json()["handling_times"]
    assert time["mean"] == 1.0  # six working days, five of them the citizen's


def test_voices_count_for_their_agency_and_period(cast, later):
    question = {"kind": "about_conduct", "subject": "Hỏi", "text": "Hỏi", "agency": stories.OFFICE}
    sent = cast.owner.post("/api/v1/feedback", question).json()
    found = index(cast.anonymous, f"&agency={stories.OFFICE}")
    assert (found["5.1a"], found["5.1b"], found["5.2"], found["5.3"]) == (
        (0, 1),
        (1, 1),
        (1, 1),
        (0, 0),
    )
    assert index(cast.anonymous, "&agency=ttpvhcc-31120")["5.2"] == (0, 0)
    later("2026-12-30T10:00:00+07:00")
    assert index(cast.anonymous)["5.2"] == (0, 1)
    answer = {"move": "answer", "expected_state": "received", "text": "Có"}
    cast.reception.post(f"/api/v1/officer/feedback/{sent['id']}/moves", answer)
    assert (index(cast.anonymous)["5.2"], index(cast.anonymous)["5.3"]) == ((0, 1), (0, 1))


def test_it_costs_the_same_for_one_and_for_many_dossiers(cast, clock, count_queries):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            received(cast)
        with count_queries() as queries:
            cast.anonymous.get(ADDRESS)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Dossier.objects.count() == 4


def test_an_unknown_agency_and_a_wrong_period_are_refused(cast):
    assert cast.anonymous.get(f"{ADDRESS}&agency=x").json()["code"] == "unknown_agency"
    backwards = cast.anonymous.get("/api/v1/reports/service-index?start=2026-02-01&end=2026-01-01")
    assert backwards.status_code == 400
