"""Promises that run out: offices are warned, the citizen is told honestly, silence counts."""

import copy
import datetime

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction

from citizens.models import User
from common import clock as real
from dossiers.actions import warnings
from dossiers.models import Dossier, DueNotice, Seat, TimelineEvent
from seeds import catalogue
from services import queries
from services.actions import imports
from services.models import ProcedureVersion
from tests.dossiers import stories
from tests.dossiers.test_api_clock import WARD, at, extend, processed, seen
from tests.dossiers.test_api_dossiers import move

RULE = {"means": "agreed", "source": "luật thử nghiệm, Điều 1"}


def swept(cast, clock, moment):
    at(cast, clock, moment)
    return warnings.sweep(now=real.now())


def inbox(api):
    answer = api.get("/api/v1/me/inbox")
    assert answer.status_code == 200, answer.content
    return [item for item in answer.json()["items"] if item["kind"].startswith("promise_")]


def admin_api(cast):
    return cast._one("quan-tri")


def test_who_is_told_what_from_the_day_before_to_three_days_after(cast, clock):
    dossier = processed(cast, clock)  # promised for Monday 12/10 17:00
    assert swept(cast, clock, "2026-10-08T17:30") == 0
    assert swept(cast, clock, "2026-10-09T06:59") == 0
    assert swept(cast, clock, "2026-10-09T07:00") == 1
    assert swept(cast, clock, "2026-10-11T12:00") == 0  # once
    assert swept(cast, clock, "2026-10-12T07:00") == 1
    assert swept(cast, clock, "2026-10-12T17:00") == 0  # on time is on time
    assert swept(cast, clock, "2026-10-12T17:01") == 1
    assert swept(cast, clock, "2026-10-13T07:00") == 1
    assert swept(cast, clock, "2026-10-15T07:00") == 1
    assert swept(cast, clock, "2026-10-30T07:00") == 0
    told = {
        who: [item["kind"] for item in reversed(inbox(api))]
        for who, api in {
            "handler": cast.handler,
            "approver": cast.approver,
            "admin": admin_api(cast),
            "reception": cast.reception,
            "foreign": cast.foreign_officer,
            "owner": cast.owner,
        }.items()
    }
    assert told == {
        "handler": ["promise_due_tomorrow", "promise_due_today", "promise_missed"],
        "approver": [
            *("promise_due_today", "promise_missed", "promise_overdue_1", "promise_overdue_3")
        ],
        "admin": ["promise_overdue_3"],
        "reception": [],
        "foreign": [],
        "owner": ["promise_missed"],
    }
    notices = DueNotice.objects.order_by("id").values_list("step", "told")
    assert list(notices) == [
        *(("due_tomorrow", 1), ("due_today", 2), ("missed", 2), ("overdue_1", 1), ("overdue_3", 2))
    ]
    assert seen(cast, dossier)["missed_at"] == "2026-10-12T17:00:00+07:00"
    call_command("recompute_deadlines")


def test_what_is_said_names_the_dossier_and_no_person(cast, clock):
    dossier = processed(cast, clock)
    swept(cast, clock, "2026-10-09T07:00")
    [message] = inbox(cast.handler)
    assert message["title"] == f"Hồ sơ {dossier['code']} đến hạn vào ngày làm việc tới"
    assert message["body"] == (
        "Hẹn trả: 17:00 12/10/2026. Hôm nay là ngày cuối có thể gửi văn bản xin lỗi và gia hạn."
    )
    assert message["reference"] == dossier["id"]
    swept(cast, clock, "2026-10-12T17:01")
    [message] = inbox(cast.owner)
    assert message["body"] == (
        f"{WARD} chưa trả kết quả vào 17:00 12/10/2026 như đã hẹn. Chúng tôi xin lỗi; việc này đã "
        "được báo cho người có trách nhiệm."
    )


def test_an_officer_reads_and_marks_only_their_own_messages(cast, clock):
    processed(cast, clock)
    swept(cast, clock, "2026-10-09T07:00")
    [message] = inbox(cast.handler)
    address = f"/api/v1/me/inbox/{message['id']}/read"
    assert cast.approver.post(address).status_code == 404
    read = cast.handler.post(address)
    assert (read.status_code, read.json()["read_at"] is not None) == (200, True)


def test_nobody_is_warned_while_the_clock_stands_still_or_after_the_work_is_done(cast, clock):
    waiting, signed = processed(cast, clock), processed(cast, clock)
    move(cast.handler, waiting, "request_supplement", 4, reason="Bổ sung giấy tờ")
    move(cast.handler, signed, "propose", 4, result_text="Cấp bản sao")
    assert move(cast.approver, signed, "sign", 4).status_code == 201
    for moment in ("2026-10-09T07:00", "2026-10-12T07:00", "2026-10-12T17:01", "2026-10-30T09:00"):
        assert swept(cast, clock, moment) == 0


def test_a_new_promise_is_warned_of_anew(cast, clock):
    dossier = processed(cast, clock)
    assert swept(cast, clock, "2026-10-09T07:00") == 1
    assert extend(cast.handler, dossier, on="2026-10-14").status_code == 201
    assert swept(cast, clock, "2026-10-12T09:00") == 0
    assert swept(cast, clock, "2026-10-13T09:00") == 1
    steps = DueNotice.objects.order_by("id").values_list("step", flat=True)
    assert list(steps) == ["due_tomorrow", "due_tomorrow"]


def test_whoever_received_it_today_is_not_told_that_it_is_due_tomorrow(cast, clock):
    processed(cast, clock, value=1)
    assert swept(cast, clock, "2026-10-05T10:00") == 0
    assert swept(cast, clock, "2026-10-06T07:00") == 1
    assert DueNotice.objects.get().step == "due_today"


def test_an_officer_is_not_told_of_a_dossier_of_their_own(cast, clock):
    dossier = processed(cast, clock)
    handler = User.objects.get(email="thu-ly@demo.invalid")
    Dossier.objects.filter(id=dossier["id"]).update(citizen=handler)
    assert swept(cast, clock, "2026-10-09T07:00") == 1
    assert DueNotice.objects.get().told == 0
    assert inbox(cast.handler) == []


def test_whoever_left_is_told_nothing(cast, clock):
    processed(cast, clock)
    Seat.objects.filter(user__email="thu-ly@demo.invalid").update(active=False)
    swept(cast, clock, "2026-10-09T07:00")
    assert DueNotice.objects.get().told == 0


def test_a_batch_at_a_time_until_all_are_told(cast, clock, monkeypatch):
    for _ in range(3):
        processed(cast, clock)
    monkeypatch.setattr(warnings, "BATCH", 2)
    assert swept(cast, clock, "2026-10-09T07:00") == 2
    assert swept(cast, clock, "2026-10-09T07:01") == 1
    assert swept(cast, clock, "2026-10-09T07:02") == 0
    assert len(inbox(cast.handler)) == 3


def test_the_sweep_looks_for_a_step_in_one_query_and_finds_nothing_twice(
    cast, clock, count_queries
):
    processed(cast, clock)
    at(cast, clock, "2026-10-06T09:00")
    with count_queries() as quiet:
        assert warnings.sweep(now=real.now()) == 0
    selects = [one["sql"] for one in quiet if "dossiers_duenotice" in one["sql"]]
    assert len(selects) == 5


def test_notices_are_kept_for_good(cast, clock):
    processed(cast, clock)
    swept(cast, clock, "2026-10-09T07:00")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        DueNotice.objects.all().delete()


# --- silence ------------------------------------------------------------------------------------


def with_silence(rule):
    """Import the procedure of the stories with a rule; no real one has a source for any."""
    entry = copy.deepcopy(
        next(one for one in catalogue.read("procedures.json") if one["code"] == stories.EXTRACT)
    )
    entry["silence"] = rule
    first = datetime.date(2026, 10, 1)
    assert imports.import_procedures(entries=[entry], today=first) == (0, 1)


def test_silence_is_recorded_as_an_answer_where_the_procedure_says_so(cast, clock):
    with_silence(RULE)
    dossier = processed(cast, clock)
    swept(cast, clock, "2026-10-12T17:00")
    assert seen(cast, dossier)["timeline"][-1]["kind"] == "move"
    swept(cast, clock, "2026-10-12T17:01")
    warnings.sweep(now=real.now())
    one = seen(cast, dossier)
    assert [event["move"] for event in one["timeline"]][-1] == "silence_agreed"
    event = one["timeline"][-1]
    assert (event["kind"], event["state"]["code"], event["office"]) == ("silence", 4, "Hệ thống")
    assert event["text"] == (
        f"{WARD} không trả lời trong thời hạn. Theo quy định của thủ tục này, như vậy được coi là "
        "đồng ý."
    )
    assert TimelineEvent.objects.get(kind="silence").data == {"source": RULE["source"]}
    assert inbox(cast.owner) == []  # the event itself was told
    told = cast.owner.get("/api/v1/me/inbox").json()["items"]
    assert [item["kind"] for item in told].count("dossier_silence_agreed") == 1
    assert one["missed_at"] == "2026-10-12T17:00:00+07:00"
    call_command("recompute_deadlines")


@pytest.mark.parametrize("rule", [None, {"means": "agreed", "source": ""}])
def test_silence_says_nothing_where_no_law_says_so(cast, clock, rule):
    if rule is not None:
        with_silence(rule)
    dossier = processed(cast, clock)
    swept(cast, clock, "2026-10-30T09:00")
    assert [event["kind"] for event in seen(cast, dossier)["timeline"]] == ["move"] * 3
    assert [item["kind"] for item in inbox(cast.owner)] == ["promise_missed"]


def test_no_real_procedure_has_a_rule_of_silence(people):
    versions = list(ProcedureVersion.objects.order_by("id").values_list("id", flat=True))
    assert len(versions) >= 201
    assert set(queries.silence_of(versions).values()) == {None}
