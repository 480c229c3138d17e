"""Appointments and the hall on the desk's pages: the day, numbers, calls, hours; rows left."""

import datetime

import pytest

from citizens.models import Message
from common import clock as real
from dossiers.actions import slot_plans
from dossiers.models import Appointment, SlotPlan, Ticket
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.desks import seat_of
from tests.dossiers.test_desk_moves import browser_of

PAGES = "/admin/hall/"
HOURS = "/admin/hours/"
DAY = "2026-11-25"
PLAN = {
    "weekday": "5",
    "opens": "07:30",
    "closes": "11:00",
    "minutes": "15",
    "places": "3",
    "valid_from": "2026-12-01",
}


def shown(browser, path=""):
    answer = browser.get(f"{PAGES}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def sent(browser, path, **data):
    answer = browser.post(f"{PAGES}{path}", data, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.fixture
def booked(cast, clock):
    """Return the appointment of a citizen at eight, and move to a quarter to that day's eight."""
    slot_plans.load_plans(agency_keys=[stories.OFFICE], now=real.now())
    made = book(cast.owner)
    clock.move_to(f"{DAY}T07:45:00+07:00")
    cast._known.clear()
    return Appointment.objects.get(id=made["id"])


def book(api, at="08:00"):
    body = {
        "agency": stories.OFFICE,
        "service_code": stories.MARRIAGE,
        "starts_at": f"{DAY}T{at}:00+07:00",
    }
    answer = api.post("/api/v1/appointments", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def log(cast):
    return [one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"]]


def test_the_day_shows_who_is_expected_and_leaves_a_row_for_each(cast, booked):
    browser = browser_of("tiep-nhan")
    text = shown(browser)
    assert "Nguyễn Thị Lan" in text
    assert "<strong>08:00</strong>" in text
    assert log(cast).count("appointments:list") == 1
    assert "Nguyễn Thị Lan" not in shown(browser, "?day=2026-11-26")
    assert log(cast).count("appointments:list") == 1
    for odd in ("?day=x", "?day=2026-13-45", "?day=0001-01-01"):
        assert "Hôm nay, 25/11/2026" in shown(browser, odd)


def test_a_number_is_given_called_and_served(cast, booked):
    browser = browser_of("tiep-nhan")
    assert "Đã phát số 1." in sent(browser, "numbers/", service_code="")[1]
    told = sent(browser, f"appointments/{booked.id}/number/")[1]
    assert "Đã phát số 2." in told
    assert "đã đến, có số · số 2" in told
    assert "Đang chờ: 2" in told
    # By number: the appointment's time has not come.
    assert "Mời số 1 đến Quầy 3." in sent(browser, "calls/", desk="Quầy 3")[1]
    text = shown(browser)
    assert 'value="Quầy 3"' in text
    assert "<strong>Số 1</strong> · Quầy 3" in text
    first, second = Ticket.objects.order_by("number")
    assert (first.state, first.desk, second.state) == ("called", "Quầy 3", "waiting")
    assert "đã phục vụ" in sent(browser, f"numbers/{first.id}/served/")[1]
    sent(browser, "calls/", desk="Quầy 3")
    assert "không có người đến" in sent(browser, f"numbers/{second.id}/gone/")[1]
    booked.refresh_from_db()
    assert booked.state == "missed"
    assert [one.state for one in Ticket.objects.order_by("number")] == ["done", "gone"]
    nobody = sent(browser, "calls/", desk="Quầy 3")
    assert (nobody[0], "Không còn ai chờ" in nobody[1]) == (409, True)
    again = sent(browser, f"numbers/{first.id}/served/")
    assert (again[0], "không ở trạng thái đang gọi" in again[1]) == (409, True)
    assert sent(browser, "calls/", desk="")[0] == 400


def test_two_presses_call_one_number(cast, booked):
    browser = browser_of("tiep-nhan")
    for _ in range(2):
        sent(browser, "numbers/", service_code="", once="cap-so")
    assert Ticket.objects.count() == 1
    sent(browser, "numbers/", service_code="")
    for _ in range(2):
        told = sent(browser, "calls/", desk="Quầy 1", once="goi-so")[1]
    assert "đã được gửi trước đó" in told
    assert [one.state for one in Ticket.objects.order_by("number")] == ["called", "waiting"]


def test_an_appointment_is_called_off_with_a_reason_that_the_citizen_reads(cast, booked):
    browser = browser_of("tiep-nhan")
    assert sent(browser, f"appointments/{booked.id}/off/", reason="")[0] == 400
    told = sent(browser, f"appointments/{booked.id}/off/", reason="Mất điện")[1]
    assert "Đã báo hủy lịch hẹn" in told
    assert "Lý do hủy: Mất điện" in told
    booked.refresh_from_db()
    assert (booked.state, booked.cancelled_by) == ("cancelled", "office")
    assert "Mất điện" in Message.objects.get(kind="appointment_called_off").body_vi
    again = sent(browser, f"appointments/{booked.id}/off/", reason="Mất điện")
    assert (again[0], "không còn thay đổi được" in again[1]) == (409, True)


def test_other_agencies_and_other_roles_find_nothing(cast, booked):
    browser = browser_of("tiep-nhan")
    sent(browser, "numbers/", service_code="")
    sent(browser, "calls/", desk="Quầy 1")
    ticket = Ticket.objects.get()
    stranger, handler = browser_of("cai-khe"), browser_of("thu-ly")
    text = shown(stranger)
    assert "Nguyễn Thị Lan" not in text
    assert "Số 1" not in text
    for path, data in (
        (f"appointments/{booked.id}/number/", {}),
        (f"appointments/{booked.id}/off/", {"reason": "Thử"}),
        (f"numbers/{ticket.id}/served/", {}),
        (f"numbers/{ticket.id}/gone/", {}),
    ):
        assert sent(stranger, path, **data)[0] == 404
        assert sent(handler, path, **data)[0] == 403
    booked.refresh_from_db()
    ticket.refresh_from_db()
    assert (booked.state, ticket.state) == ("booked", "called")
    assert handler.get(PAGES).status_code == 403
    assert ">Lịch hẹn</a>" not in handler.get("/admin/dossiers/dossier/").content.decode()
    assert ">Lịch hẹn</a>" in shown(browser)
    assert ">Giờ hẹn</a>" not in shown(browser)
    assert Api().client.get(PAGES).status_code == 302


def test_the_day_costs_the_same_for_one_and_for_many(cast, clock, booked, count_queries):
    counts = []
    clock.move_to("2026-11-24T10:00:00+07:00")
    browser = browser_of("tiep-nhan")
    for number, who in enumerate(("lan", "minh", "lan")):
        if number:
            book(cast._one(who), f"09:{15 * number:02}")
        sent(browser, "numbers/", service_code="")
        shown(browser, f"?day={DAY}")
        with count_queries() as queries:
            shown(browser, f"?day={DAY}")
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]


# --- hours --------------------------------------------------------------------------------------


def test_the_admin_opens_hours_and_closes_them_from_tomorrow(cast, clock):
    admin = browser_of("quan-tri")
    told = admin.post(f"{HOURS}add/", PLAN, follow=True).content.decode()
    assert "Đã mở giờ nhận lịch hẹn" in told
    assert "Thứ Bảy 07:30–11:00" in told
    row = SlotPlan.objects.get()
    assert (row.agency_id, row.weekday, row.places) == ("ubnd-31135", 5, 3)
    stale = admin.post(f"{HOURS}{row.id}/end/", {"version": 2})
    assert stale.status_code == 409
    told = admin.post(f"{HOURS}{row.id}/end/", {"version": 1}, follow=True).content.decode()
    assert "lịch đã hẹn giữ nguyên" in told
    row.refresh_from_db()
    assert (row.valid_to, row.version) == (datetime.date(2026, 11, 25), 2)


@pytest.mark.parametrize(
    "change", [{"closes": "07:00"}, {"minutes": "4"}, {"places": "51"}, {"weekday": "7"}]
)
def test_hours_that_make_no_sense_are_not_opened(cast, clock, change):
    admin = browser_of("quan-tri")
    assert admin.post(f"{HOURS}add/", {**PLAN, **change}).status_code == 400
    assert not SlotPlan.objects.exists()


def test_only_the_agencys_own_admin_plans_its_hours(cast, clock):
    admin = browser_of("quan-tri")
    slot_plans.load_plans(agency_keys=[stories.OFFICE], now=real.now())
    row = SlotPlan.objects.first()
    assert "Thứ" not in admin.get(HOURS).content.decode().split('id="plans"')[1].split("</ul>")[0]
    assert admin.post(f"{HOURS}{row.id}/end/", {"version": 1}).status_code == 404
    reception = browser_of("tiep-nhan")
    assert seat_of("tiep-nhan").agency_id == stories.OFFICE
    assert reception.get(HOURS).status_code == 403
    assert reception.post(f"{HOURS}{row.id}/end/", {"version": 1}).status_code == 403
    row.refresh_from_db()
    assert row.valid_to is None
