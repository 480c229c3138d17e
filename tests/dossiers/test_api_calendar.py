"""The offices' calendar: read by everybody, edited by a few, remembered whole."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction

from common import clock as real
from common import db
from dossiers.actions import calendar
from dossiers.models import CalendarChange, CalendarDay, CalendarYear, Dossier, TimelineEvent
from dossiers.queries import calendar as reading
from seeds import holidays
from tests.dossiers import stories
from tests.dossiers.test_api_clock import at, processed, seen
from tests.dossiers.test_api_dossiers import move
from tests.dossiers.test_desk import enter

DAYS = "/admin/dossiers/calendarday/"


def put(day, kind, source="Quyết định thử nghiệm"):
    with db.transaction():
        return calendar.put_day(
            day=datetime.date.fromisoformat(day),
            kind=kind,
            name_vi="Ngày thử nghiệm",
            source=source,
            officer_id="usr_a",
            now=real.now(),
        )


def clear(day):
    with db.transaction():
        return calendar.clear_day(
            day=datetime.date.fromisoformat(day), officer_id="usr_a", now=real.now()
        )


def recount(drain, since=0):
    edits = CalendarChange.objects.filter(id__gt=since).values_list("id", flat=True)
    calendar.ask_recount(change_ids=list(edits))
    drain()


def test_a_phone_reads_the_closed_and_the_worked_days_of_a_year(anonymous):
    answer = anonymous.get("/api/v1/calendar?year=2026")
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("public")
    year = answer.json()
    assert (year["year"], year["provisional"], year["source"]) == (
        *(2026, False),
        "PyPI holidays, VN",
    )
    assert year["office_hours"] == [
        {"opens": "07:00", "closes": "11:00"},
        {"opens": "13:00", "closes": "17:00"},
    ]
    days = {one["day"]: one for one in year["days"]}
    assert [one for one in days if days[one]["kind"] == "off"] == [
        *("2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20"),
        *("2026-04-27", "2026-04-30", "2026-05-01", "2026-08-31", "2026-09-01", "2026-09-02"),
        "2026-11-24",
    ]
    assert days["2026-08-22"]["kind"] == "worked"
    assert days["2026-08-22"]["hours"] == year["office_hours"]
    assert days["2026-11-24"]["hours"] == []
    again = anonymous.get("/api/v1/calendar?year=2026", **{"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_year_without_published_swaps_says_that_it_is_provisional(anonymous, clock):
    assert anonymous.get("/api/v1/calendar").json()["year"] == 2026
    assert anonymous.get("/api/v1/calendar?year=2027").json()["provisional"] is True


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?year=2099", 404, "calendar_year_unknown"),
        ("?year=mai", 400, "invalid"),
        ("?year=1900", 400, "invalid"),
        ("?nam=2026", 400, "invalid"),
    ],
)
def test_a_year_that_is_not_there_is_refused(anonymous, query, status, code):
    answer = anonymous.get(f"/api/v1/calendar{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_reading_a_year_costs_the_same_however_many_days_it_has(anonymous, count_queries):
    with count_queries() as few:
        anonymous.get("/api/v1/calendar?year=2027")
    put("2027-03-04", "morning")
    put("2027-03-05", "off")
    with count_queries() as many:
        anonymous.get("/api/v1/calendar?year=2027")
    assert len(few) == len(many) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "kind", "source", "code"),
    [
        ("2026-10-10", "off", "x", "changes_nothing"),  # a Saturday is closed anyway
        ("2026-10-08", "worked", "x", "changes_nothing"),  # a Thursday is worked anyway
        ("2099-10-08", "off", "x", "year_unknown"),
        ("2026-10-08", "off", "  ", "required"),
    ],
)
def test_an_edit_that_says_nothing_or_has_no_basis_is_refused(day, kind, source, code):
    from common.errors import Invalid

    with pytest.raises(Invalid) as refused:
        put(day, kind, source)
    assert [error.code for error in refused.value.errors] == [code]
    assert not CalendarChange.objects.exists()


@pytest.mark.django_db
def test_every_edit_is_remembered_and_no_memory_can_be_changed():
    put("2026-10-08", "off")
    put("2026-10-08", "morning")
    clear("2026-10-08")
    edits = CalendarChange.objects.order_by("id").values_list("before", "after", "edited_by")
    assert list(edits) == [
        *(("", "off", "usr_a"), ("off", "morning", "usr_a"), ("morning", "", "usr_a"))
    ]
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        CalendarChange.objects.all().delete()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        CalendarChange.objects.update(after="off")


def test_an_edit_leaves_promises_given_alone_until_they_are_counted_anew(cast, clock, drain):
    dossier = processed(cast, clock)  # Monday 05/10, five working days
    assert put("2026-10-08", "off") == 1
    assert seen(cast, dossier)["due_at"] == "2026-10-12T17:00:00+07:00"
    call_command("recompute_deadlines")
    before = TimelineEvent.objects.count()
    recount(drain)
    one = seen(cast, dossier)
    assert one["due_at"] == "2026-10-13T17:00:00+07:00"
    assert [(item["kind"], item["promised_due_at"]) for item in one["promises"]][-1] == (
        "calendar",
        "2026-10-13T17:00:00+07:00",
    )
    assert one["timeline"][-1]["text"] == (
        "Lịch làm việc của các cơ quan đã thay đổi. Hẹn trả kết quả mới: 17:00 13/10/2026."
    )
    recount(drain)  # twice moves nothing twice
    assert TimelineEvent.objects.count() == before + 1
    call_command("recompute_deadlines")


def test_what_is_received_after_the_edit_follows_it_and_the_old_one_still_replays(cast, clock):
    put("2026-10-12", "morning")
    first = processed(cast, clock)
    assert seen(cast, first)["due_at"] == "2026-10-12T11:00:00+07:00"
    clear("2026-10-12")
    move(cast.handler, first, "request_supplement", 4, reason="Bổ sung")
    resumed = move(cast.handler, first, "accept_supplement", 5)
    assert resumed.json()["due_at"] == "2026-10-12T17:00:00+07:00"
    call_command("recompute_deadlines")


def test_a_day_worked_after_all_never_brings_a_promise_into_the_past(cast, clock, drain):
    put("2026-10-08", "off")
    dossier = processed(cast, clock)
    assert seen(cast, dossier)["due_at"] == "2026-10-13T17:00:00+07:00"
    at(cast, clock, "2026-10-13T09:00")
    clear("2026-10-08")
    recount(drain)
    assert seen(cast, dossier)["due_at"] == "2026-10-13T17:00:00+07:00"


def test_other_dossiers_are_not_touched_by_a_recount(cast, clock, drain):
    dossier = processed(cast, clock)
    put("2026-12-08", "off")
    recount(drain)
    assert len(seen(cast, dossier)["promises"]) == 1


def test_a_promise_that_was_tampered_with_is_found_and_the_command_fails(cast, clock, capsys):
    dossier = processed(cast, clock)
    call_command("recompute_deadlines")
    assert "1 dossiers: every promise is as recomputed" in capsys.readouterr().out
    Dossier.objects.filter(id=dossier["id"]).update(due_at="2026-10-13T17:00:00+07:00")
    with pytest.raises(CommandError, match="1 promises differ"):
        call_command("recompute_deadlines")
    assert capsys.readouterr().out.strip() == (
        f"{dossier['code']} dossier: stored 2026-10-13T17:00+07:00, found 2026-10-12T17:00+07:00"
    )


@pytest.mark.django_db
def test_loading_again_adds_only_what_is_new_and_keeps_the_edits_of_offices(clock):
    put("2027-03-08", "off")
    clear("2026-11-24")
    with db.transaction():
        calendar.settle_year(year=2027, provisional=False, source="Công văn thử nghiệm")
    list(holidays.load(now=real.now()))
    assert CalendarDay.objects.get(day="2027-03-08").source == "Quyết định thử nghiệm"
    assert not CalendarDay.objects.filter(day="2026-11-24").exists()
    assert CalendarYear.objects.get(year=2027).provisional is False
    edits = CalendarChange.objects.count()
    CalendarDay.objects.filter(day="2027-04-30").delete()  # as if the package learned of it now
    list(holidays.load(now=real.now()))
    assert CalendarDay.objects.filter(day="2027-04-30").exists()
    assert CalendarChange.objects.count() == edits + 1
    assert reading.almanac().revision == CalendarChange.objects.latest("id").id


# --- the desk -----------------------------------------------------------------------------------


def test_the_keeper_of_the_catalogue_edits_the_calendar_at_the_desk(cast, clock, drain):
    dossier = processed(cast, clock)
    browser, _ = enter("thu-ly")
    body = {"day": "2026-10-08", "kind": "off", "name_vi": "Bão", "source": "Công điện 1"}
    shown = browser.post(f"{DAYS}add/", body, follow=True).content.decode()
    assert "1 hẹn trả đang chạy có thể liên quan" in shown
    assert CalendarDay.objects.get(day="2026-10-08").kind == "off"
    page = f"{DAYS}2026-10-08/change/"
    changed = browser.post(page, {**body, "kind": "morning"}, follow=True)
    assert changed.status_code == 200
    assert CalendarDay.objects.get(day="2026-10-08").kind == "morning"
    nonsense = browser.post(page, {**body, "kind": "worked"}, follow=True).content.decode()
    assert "vốn đã như vậy theo tuần làm việc" in nonsense
    browser.post(page, body)
    edits = CalendarChange.objects.order_by("id")
    assert [(one.before, one.after) for one in edits] == [
        *(("", "off"), ("off", "morning"), ("morning", "off"))
    ]
    assert {one.edited_by for one in edits} == {cast.handler.get("/api/v1/me").json()["id"]}
    asked = browser.post(
        "/admin/dossiers/calendarchange/",
        {"action": "recount", "_selected_action": [edits[2].pk]},
        follow=True,
    )
    assert "người nộp sẽ được báo" in asked.content.decode()
    drain()
    assert seen(cast, dossier)["due_at"] == "2026-10-13T17:00:00+07:00"
    browser.post(f"{DAYS}2026-10-08/delete/", {"post": "yes"})
    assert not CalendarDay.objects.filter(day="2026-10-08").exists()
    assert CalendarChange.objects.count() == 4


def test_a_year_is_declared_final_at_the_desk(cast, anonymous):
    browser, _ = enter("lanh-dao")
    page = "/admin/dossiers/calendaryear/2027/change/"
    browser.post(page, {"source": "Công văn thử nghiệm"})
    year = anonymous.get("/api/v1/calendar?year=2027").json()
    assert (year["provisional"], year["source"]) == (False, "Công văn thử nghiệm")


@pytest.mark.parametrize("who", ["tiep-nhan", "quan-tri", "cai-khe"])
def test_who_does_not_keep_the_catalogue_reads_the_calendar_only(cast, people, who):
    browser, _ = enter(who)
    assert "2026" in browser.get(DAYS).content.decode()
    body = {"day": "2026-10-08", "kind": "off", "name_vi": "Bão", "source": "x"}
    assert browser.post(f"{DAYS}add/", body).status_code == 403
    browser.post(f"{DAYS}2026-11-24/change/", body)
    browser.post(f"{DAYS}2026-11-24/delete/", {"post": "yes"})
    browser.post(
        "/admin/dossiers/calendarchange/", {"action": "recount", "_selected_action": ["1"]}
    )
    assert CalendarDay.objects.get(day="2026-11-24").kind == "off"
    assert not CalendarChange.objects.exists()


def test_the_calendar_has_no_page_for_those_who_are_not_at_the_desk(cast):
    stories.submitted(cast.owner)
    assert cast.owner.client.get(DAYS).status_code == 302
