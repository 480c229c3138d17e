"""Whom a dossier waits for, whose work it is by unit, and to whom it may be given."""

import pytest

from common import clock as real
from dossiers.models import Assignment, Delivery, Seat
from dossiers.queries.desk import WAITING
from tests.dossiers import office, stories
from tests.dossiers.desks import QUEUE, assign, colleague, copy_of, in_process, seat_of
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_opinions import ask
from tests.dossiers.test_queue import codes

COLLEAGUES = "/api/v1/officer/colleagues"


def listed(api):
    answer = api.get(COLLEAGUES)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_each_open_dossier_waits_for_exactly_one(cast):
    unpaid, ours, asked = stories.submitted(cast.owner), received(cast), in_process(cast)
    assert ask(cast.handler, asked).status_code == 201
    asking = received(cast)
    assert move(cast.reception, asking, "request_supplement", 2, reason="Thiếu").status_code == 201
    rows = {
        way: copy_of(ours, state=9, finished_at=real.now()) for way in ("counter", "post", "app")
    }
    for way, row in rows.items():
        address = {"line": "x"} if way == "post" else None
        Delivery.objects.create(
            dossier=row, way=way, address=address, state="ready", updated_at=real.now()
        )
    found = {whom: set(codes(cast.reception, f"?waiting_for={whom}")) for whom in WAITING}
    assert found == {
        "citizen": {asking["code"]},
        "payment": {unpaid["code"]},
        "opinion": {asked["code"]},
        "pickup": {rows["counter"].code},
        "us": {ours["code"], rows["post"].code, rows["app"].code},
    }
    assert set().union(*found.values()) == set(codes(cast.reception))


def test_the_work_of_a_unit_is_that_of_its_seats_in_my_agency(cast, sign_in):
    first, second, other = in_process(cast), in_process(cast), in_process(cast)
    handler, mate = seat_of("thu-ly"), colleague(sign_in, cast)
    assert assign(cast.handler, first, handler.pk).status_code == 201
    assert assign(mate, second, seat_of("cai-khe").pk).status_code == 201
    counter = seat_of("tiep-nhan")
    Assignment.objects.create(
        dossier_id=other["id"], agency=counter.agency, seat=counter, since=real.now()
    )
    assert codes(cast.approver, f"?unit={handler.unit_id}") == [first["code"]]
    assert codes(cast.reception, f"?unit={counter.unit_id}") == [other["code"]]
    # Another agency's unit, and none at all, are nobody's work here.
    assert codes(cast.approver, f"?unit={counter.unit_id}") == []
    assert codes(cast.approver, "?unit=unt_khong_co") == []
    assert cast.approver.get(f"{QUEUE}?unit={'x' * 41}").status_code == 400


def test_colleagues_are_the_working_seats_of_my_agency_by_title(cast, sign_in):
    found = listed(cast.handler)
    assert [(one["title"], one["mine"]) for one in found] == [
        ("Công chức thụ lý", True),
        ("Người có thẩm quyền ký", False),
    ]
    handler = seat_of("thu-ly")
    assert found[0] == {
        "seat_id": str(handler.pk),
        "title": "Công chức thụ lý",
        "unit": {"id": handler.unit_id, "name": handler.unit.name},
        "roles": ["catalogue", "handler"],
        "mine": True,
    }
    assert "Cán bộ mẫu" not in cast.handler.get(COLLEAGUES).content.decode()
    Seat.objects.filter(user__email="lanh-dao@demo.invalid").update(active=False)
    assert [one["title"] for one in listed(cast.handler)] == ["Công chức thụ lý"]


@pytest.mark.parametrize(("who", "status"), [("owner", 403), ("stranger", 403), ("anonymous", 401)])
def test_only_officers_have_colleagues(cast, who, status):
    assert getattr(cast, who).get(COLLEAGUES).status_code == status


def test_the_list_of_colleagues_costs_the_same_for_two_and_for_many(cast, sign_in, count_queries):
    counts = []
    for number in (1, 2, 3):
        cast.handler.get(COLLEAGUES)
        with count_queries() as queries:
            assert len(listed(cast.handler)) == number + 1
        counts.append(len(queries))
        office.seat(sign_in, f"moi-{number}", ["handler"], number=f"09208000009{number}")
    assert len(set(counts)) == 1
