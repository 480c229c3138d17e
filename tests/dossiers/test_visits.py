"""Appointments and the queue over HTTP, and the races about them."""

import datetime

import pytest

from citizens.models import Message
from common import clock as real
from dossiers.actions import slot_plans, visits
from dossiers.models import Appointment, Ticket
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.test_races import together

DAY = "2026-11-25"
AT = f"{DAY}T08:00:00+07:00"
BODY = {"agency": stories.OFFICE, "service_code": stories.MARRIAGE, "starts_at": AT}


def book(api, **more):
    return api.post("/api/v1/appointments", {**BODY, **more})


@pytest.fixture
def hours(people):
    slot_plans.load_plans(agency_keys=[stories.OFFICE], now=real.now())


@pytest.fixture
def later(cast, clock):
    def _later(moment):
        clock.move_to(moment)
        cast._known.clear()

    return _later


@pytest.fixture
def booked(cast, clock, hours):
    answer = book(cast.owner)
    assert answer.status_code == 201, answer.content
    return answer.json()


def slots(api, day=DAY):
    return api.get(f"/api/v1/agencies/{stories.OFFICE}/slots?day={day}")


def test_anybody_sees_the_free_times_and_a_booking_takes_one(cast, clock, hours):
    free = slots(cast.anonymous).json()["slots"]
    assert len(free) == 14 + 10
    assert free[0] == {
        "starts_at": f"{DAY}T07:30:00+07:00",
        "ends_at": f"{DAY}T07:45:00+07:00",
        "free": 2,
    }
    assert slots(cast.anonymous, "2026-11-24").json()["slots"] == []  # a holiday
    assert slots(cast.anonymous, "2026-12-25").json()["slots"] == []  # too far ahead
    assert slots(cast.anonymous, "2036-12-25").status_code == 400
    made = book(cast.owner).json()
    assert (made["starts_at"], made["ends_at"]) == (AT, f"{DAY}T08:15:00+07:00")
    assert (made["state"], made["queue_number"]) == ("booked", None)
    left = {one["starts_at"]: one["free"] for one in slots(cast.anonymous).json()["slots"]}
    assert left[AT] == 1


def test_the_same_key_books_once_and_the_same_time_twice_is_refused(cast, clock, hours):
    first = cast.owner.post("/api/v1/appointments", BODY, key="dat-mot-lan")
    again = cast.owner.post("/api/v1/appointments", BODY, key="dat-mot-lan")
    assert first.json() == again.json()
    other = book(cast.owner)
    assert (other.status_code, other.json()["code"]) == (409, "already_booked_then")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"starts_at": f"{DAY}T08:01:00+07:00"}, 409, "no_such_slot"),
        ({"starts_at": "2026-11-24T14:00:00+07:00"}, 409, "no_such_slot"),
        ({"starts_at": "2027-11-24T14:00:00+07:00"}, 409, "no_such_slot"),
        ({"service_code": "1.008004"}, 409, "no_visit_needed"),
        ({"service_code": "9.999999"}, 404, "unknown_service"),
        ({"agency": "ttpvhcc-99999"}, 404, "unknown_agency"),
        ({"dossier_id": "dos_x"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_its_reason(cast, clock, hours, change, status, code):
    refused = book(cast.owner, **change)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert not Appointment.objects.exists()


def test_more_than_three_at_a_time_are_refused_with_the_limit(cast, clock, hours):
    for minute in ("00", "15", "30"):
        assert book(cast.owner, starts_at=f"{DAY}T08:{minute}:00+07:00").status_code == 201
    refused = book(cast.owner, starts_at=f"{DAY}T09:00:00+07:00")
    assert (refused.status_code, refused.json()["limit"]) == (409, 3)


def test_it_is_moved_under_its_version_and_the_old_place_is_free_again(cast, booked):
    address = f"/api/v1/appointments/{booked['id']}"
    to = {"starts_at": f"{DAY}T09:00:00+07:00"}
    assert cast.owner.patch(address, to, version=7).status_code == 412
    moved = cast.owner.patch(address, to, version=booked["version"])
    assert moved.status_code == 200, moved.content
    assert moved.json()["starts_at"] == to["starts_at"]
    left = {one["starts_at"]: one["free"] for one in slots(cast.anonymous).json()["slots"]}
    assert (left[AT], left[to["starts_at"]]) == (2, 1)


def test_it_is_given_back_once(cast, booked):
    address = f"/api/v1/appointments/{booked['id']}"
    assert cast.owner.delete(address, version=booked["version"]).status_code == 204
    gone = cast.owner.get(address).json()
    assert (gone["state"], gone["cancelled_by"]) == ("cancelled", "citizen")
    again = cast.owner.delete(address, version=gone["version"])
    assert (again.status_code, again.json()["code"]) == (409, "appointment_over")


def test_nobody_else_sees_or_changes_it(cast, booked):
    address = f"/api/v1/appointments/{booked['id']}"
    for api, status in ((cast.stranger, 404), (cast.anonymous, 401), (cast.reception, 403)):
        assert api.get(address).status_code == status
        assert api.delete(address, version=1).status_code == status
        assert api.post(f"{address}/check-in", {}).status_code == status
    away = f"/api/v1/officer/appointments/{booked['id']}/cancellation"
    assert cast.foreign_officer.post(away, {"reason": "x"}).status_code == 404
    assert cast.owner.post(away, {"reason": "x"}).status_code == 403
    assert cast.handler.post(away, {"reason": "x"}).status_code == 403
    assert Appointment.objects.get().state == "booked"


def test_the_counter_sees_the_day_and_the_citizen_sees_that(cast, booked):
    listing = f"/api/v1/officer/appointments?day={DAY}"
    (one,) = cast.reception.get(listing).json()["items"]
    assert (one["id"], one["visitor"]) == (booked["id"], "Nguyễn Thị Lan")
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert log[0]["what"] == "appointments:list"
    assert cast.foreign_officer.get(listing).json()["items"] == []
    assert cast.reception.get("/api/v1/officer/appointments").json()["items"] == []


def test_the_centre_calls_it_off_and_tells_the_citizen(cast, booked):
    away = f"/api/v1/officer/appointments/{booked['id']}/cancellation"
    assert cast.reception.post(away, {"reason": "Mất điện"}).status_code == 201
    seen = cast.owner.get(f"/api/v1/appointments/{booked['id']}").json()
    assert (seen["state"], seen["cancelled_by"], seen["reason"]) == (
        "cancelled",
        "office",
        "Mất điện",
    )
    told = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    assert told["kind"] == "appointment_called_off"
    assert "08:00 25/11/2026" in told["body"]


def test_a_reminder_comes_once_within_a_day_and_again_after_a_move(cast, booked):
    assert visits.sweep(now=real.now()) == 1
    assert visits.sweep(now=real.now()) == 0
    told = Message.objects.filter(kind="appointment_reminder")
    assert "08:00 25/11/2026" in told.get().body_vi
    cast.owner.patch(
        f"/api/v1/appointments/{booked['id']}",
        {"starts_at": f"{DAY}T09:00:00+07:00"},
        version=booked["version"],
    )
    assert visits.sweep(now=real.now()) == 1
    assert told.count() == 2


def test_an_appointment_on_a_day_that_became_a_holiday_is_called_off(cast, booked):
    from dossiers.models import CalendarDay

    CalendarDay.objects.create(day=DAY, kind="off", name_vi="Nghỉ đột xuất", source="test")
    assert visits.sweep(now=real.now()) == 1
    assert Appointment.objects.get().cancelled_by == "office"


def test_who_did_not_come_is_marked_after_an_hour(cast, later, booked):
    later(f"{DAY}T09:14:00+07:00")
    assert visits.sweep(now=real.now()) == 0
    later(f"{DAY}T09:16:00+07:00")
    assert visits.sweep(now=real.now()) == 1
    assert cast.owner.get(f"/api/v1/appointments/{booked['id']}").json()["state"] == "missed"


def give(api, **body):
    return api.post("/api/v1/officer/queue/tickets", body)


def call(api, desk="Quầy 1"):
    return api.post("/api/v1/officer/queue/calls", {"desk": desk})


def test_a_day_in_the_hall(cast, later, booked):
    check_in = f"/api/v1/appointments/{booked['id']}/check-in"
    early = cast.owner.post(check_in, {})
    assert (early.status_code, early.json()["code"]) == (409, "not_check_in_time")
    later(f"{DAY}T07:50:00+07:00")
    assert give(cast.reception).json()["number"] == 1
    mine = cast.owner.post(check_in, {}).json()
    assert (mine["number"], mine["appointment_id"]) == (2, booked["id"])
    assert cast.owner.post(check_in, {}).json() == mine
    assert cast.owner.get(f"/api/v1/appointments/{booked['id']}").json()["queue_number"] == 2
    later(f"{DAY}T08:00:00+07:00")
    first = call(cast.reception)
    assert (first.status_code, first.json()["number"], first.json()["desk"]) == (201, 2, "Quầy 1")
    board = cast.anonymous.get(f"/api/v1/agencies/{stories.OFFICE}/queue").json()
    assert (board["waiting"], board["called"]) == (1, [{"number": 2, "desk": "Quầy 1"}])
    closing = f"/api/v1/officer/queue/tickets/{mine['id']}/closing"
    assert cast.foreign_officer.post(closing, {"came": True}).status_code == 404
    assert cast.reception.post(closing, {"came": True}).json()["state"] == "done"
    twice = cast.reception.post(closing, {"came": True})
    assert (twice.status_code, twice.json()["code"]) == (409, "ticket_not_called")
    assert cast.owner.get(f"/api/v1/appointments/{booked['id']}").json()["state"] == "done"
    assert call(cast.reception).json()["number"] == 1
    nobody = call(cast.reception)
    assert (nobody.status_code, nobody.json()["code"]) == (409, "nobody_waits")
    assert cast.handler.post("/api/v1/officer/queue/calls", {"desk": "1"}).status_code == 403


def test_hours_are_opened_and_closed_by_who_administers_the_agency(cast, clock, hours):
    admin, plans = cast._one("quan-tri"), "/api/v1/officer/slot-plans"
    body = {
        "weekday": 5,
        "opens": "07:30",
        "closes": "11:00",
        "minutes": 30,
        "places": 1,
        "valid_from": DAY,
    }
    assert cast.reception.post(plans, body).status_code == 403
    wrong = admin.post(plans, {**body, "closes": "07:00"})
    assert wrong.json()["errors"][0]["pointer"] == "/closes"
    made = admin.post(plans, body)
    assert made.status_code == 201, made.content
    assert made.json()["demo"] is False
    assert admin.get(plans).json()["items"] == [made.json()]  # not those of other agencies
    one = f"{plans}/{made.json()['id']}"
    assert cast.foreign_officer.delete(one, version=1).status_code in {403, 404}
    assert admin.delete(one, version=9).status_code == 412
    assert admin.delete(one, version=1).status_code == 204
    ended = {
        one["id"]: one["valid_to"] for one in admin.get(f"{plans}?page_size=100").json()["items"]
    }
    assert ended[made.json()["id"]] == DAY


def test_lists_cost_the_same_for_one_and_for_many(cast, clock, hours, count_queries):
    addresses = {
        "/api/v1/appointments": cast.owner,
        f"/api/v1/officer/appointments?day={DAY}": cast.reception,
        f"/api/v1/agencies/{stories.OFFICE}/slots?day={DAY}": cast.anonymous,
    }
    counts = []
    for minutes in (("00",), ("15", "30")):
        for minute in minutes:
            assert book(cast.owner, starts_at=f"{DAY}T08:{minute}:00+07:00").status_code == 201
        for address, api in addresses.items():
            api.get(address)
            with count_queries() as queries:
                api.get(address)
            counts.append((address, len(queries)))
    assert counts[:3] == counts[3:]


@pytest.mark.django_db(transaction=True)
def test_ten_people_at_two_places_two_are_booked(cast, clock, hours):
    tokens = [cast.owner.token, cast.stranger.token, cast.weak.token]
    answers = together(9, lambda n: book(Api(tokens[n % 3])))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 2 + [409] * 7
    assert {one.json()["code"] for one in answers if one.status_code == 409} <= {
        "slot_full",
        "already_booked_then",
    }
    places = Appointment.objects.filter(state="booked").order_by("place")
    assert list(places.values_list("place", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_numbers_are_dense_and_two_desks_never_call_the_same(cast, clock, hours):
    token = cast.reception.token
    together(8, lambda n: give(Api(token)))
    numbers = Ticket.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 9))
    called = together(8, lambda n: call(Api(token), desk=f"Quầy {n}"))
    assert sorted(one.json()["number"] for one in called) == list(range(1, 9))


def test_a_part_of_the_sweep_that_fails_keeps_no_other_from_its_work(cast, booked):
    from dossiers.actions import sweep
    from dossiers.models import CalendarYear, CounterFile
    from dossiers.rules.calendar import CalendarMissing
    from tests.dossiers.test_counter import opened

    assert opened(cast.reception).status_code == 201
    CounterFile.objects.update(expires_at=real.now())
    CalendarYear.objects.all().delete()  # no reminder can be told a working day now
    with pytest.raises(CalendarMissing):
        sweep.sweep(now=real.now() + datetime.timedelta(minutes=1))
    assert not CounterFile.objects.filter(state="open").exists()
