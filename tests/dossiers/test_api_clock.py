"""The promise at the desk: extended once with an apology, visible for good, never mended."""

import io

import pypdf
import pytest
from django.core.management import call_command

from dossiers.models import Dossier, TimelineEvent
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, settle

DUE = "2026-10-12T17:00:00+07:00"
WARD = "Ủy ban nhân dân phường Ninh Kiều"


def at(cast, clock, text):
    """Move the clock; everybody signs in anew, since a token lives for minutes."""
    clock.move_to(f"{text}+07:00")
    cast._known.clear()


def processed(cast, clock, value=5, unit="working_day"):
    """Return a dossier with a longer limit, received on Monday 05/10/2026 and forwarded."""
    at(cast, clock, "2026-10-05T09:00")
    dossier = stories.submitted(cast.owner)
    limit = {"value": value, "unit": unit, "same_day": False}
    Dossier.objects.filter(id=dossier["id"]).update(time_limit=limit)
    settle(dossier)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    return dossier


def extend(api, dossier, on="2026-10-19", due=DUE, reason="Cần xác minh thêm", **kwargs):
    return api.post(
        f"/api/v1/officer/dossiers/{dossier['id']}/extension",
        {"expected_due_at": due, "new_due_on": on, "reason": reason},
        **kwargs,
    )


def seen(cast, dossier):
    return cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()


def at_desk(api, dossier):
    return api.get(f"/api/v1/officer/dossiers/{dossier['id']}").json()


def test_the_handler_extends_once_with_an_apology_that_the_citizen_gets(cast, clock, drain):
    dossier = processed(cast, clock)
    before = at_desk(cast.handler, dossier)
    assert (before["due_at"], before["may_extend"]) == (DUE, True)
    assert before["may_extend_until"] == "2026-10-09T17:00:00+07:00"
    answer = extend(cast.handler, dossier)
    assert answer.status_code == 201, answer.content
    one = answer.json()
    assert (one["due_at"], one["state"]["code"]) == ("2026-10-19T17:00:00+07:00", 4)
    assert (one["may_extend"], one["may_extend_until"]) == (False, None)
    assert [(item["kind"], item["promised_due_at"]) for item in one["promises"]] == [
        ("first", DUE),
        ("extension", "2026-10-19T17:00:00+07:00"),
    ]
    mine = seen(cast, dossier)
    assert mine["promises"] == one["promises"]
    event = mine["timeline"][-1]
    assert (event["kind"], event["move"], event["due_at"]) == ("extension", "extend", one["due_at"])
    assert event["reason"] == "Cần xác minh thêm"
    assert event["text"] == (
        f"{WARD} xin lỗi vì chưa thể trả kết quả đúng hẹn. Hẹn trả mới: 17:00 19/10/2026. "
        "Lý do có trong văn bản xin lỗi."
    )
    told = {one["kind"]: one["body"] for one in cast.owner.get("/api/v1/me/inbox").json()["items"]}
    assert told["dossier_extend"] == event["text"]
    looks = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [one["what"] for one in looks].count("dossier:extend") == 1
    drain()
    letter = seen(cast, dossier)["documents"][-1]
    assert (letter["kind"], letter["ready"]) == ("apology_letter", True)
    pdf = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/documents/{letter['id']}/content")
    text = " ".join(pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text().split())
    for words in (
        "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN",
        "Mẫu số 04",
        "Thời gian hẹn trả kết quả trên giấy hẹn: 17 giờ 00, ngày 12/10/2026",
        "17 giờ 00, ngày 19/10/2026",
        "Cần xác minh thêm",
    ):
        assert words in text, (words, text)


def test_a_second_extension_is_refused_whoever_asks(cast, clock):
    dossier = processed(cast, clock)
    assert extend(cast.approver, dossier).status_code == 201
    for api in (cast.handler, cast.approver):
        again = extend(api, dossier, on="2026-10-26", due="2026-10-19T17:00:00+07:00")
        assert (again.status_code, again.json()["code"]) == (409, "already_extended")
    assert TimelineEvent.objects.filter(kind="extension").count() == 1


def test_the_same_key_extends_once_and_answers_alike(cast, clock):
    dossier = processed(cast, clock)
    first = extend(cast.handler, dossier, key="gia-han-mot-lan")
    again = extend(cast.handler, dossier, key="gia-han-mot-lan")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert TimelineEvent.objects.filter(kind="extension").count() == 1


@pytest.mark.parametrize(
    ("moment", "status"),
    [("2026-10-09T17:00:00", 201), ("2026-10-09T17:00:01", 409), ("2026-10-12T09:00:00", 409)],
)
def test_the_apology_comes_a_working_day_before_the_limit_or_not_at_all(
    cast, clock, moment, status
):
    dossier = processed(cast, clock)
    at(cast, clock, moment)
    assert at_desk(cast.handler, dossier)["may_extend"] is (status == 201)
    answer = extend(cast.handler, dossier)
    assert answer.status_code == status, answer.content
    if status == 409:
        assert answer.json()["code"] == "extension_too_late"
        assert answer.json()["until"] == "2026-10-09T17:00:00+07:00"


def test_a_promise_that_changed_meanwhile_is_told_with_the_present_one(cast, clock):
    dossier = processed(cast, clock)
    stale = extend(cast.handler, dossier, due="2026-10-13T17:00:00+07:00")
    assert (stale.status_code, stale.json()["code"]) == (409, "promise_changed")
    assert stale.json()["current_due_at"] == DUE


@pytest.mark.parametrize(
    ("on", "reason", "found"),
    [
        ("2026-10-18", "x", [("not_a_working_day", "/new_due_on")]),  # a Sunday
        ("2026-11-24", "x", [("not_a_working_day", "/new_due_on")]),  # Culture Day
        ("2036-10-15", "x", [("not_a_working_day", "/new_due_on")]),  # a year nobody knows
        ("2026-10-12", "x", [("not_later", "/new_due_on")]),
        ("2026-10-09", " x ", [("not_later", "/new_due_on")]),
        ("2026-10-18", "   ", [("blank", "/reason")]),
    ],
)
def test_a_new_day_is_a_later_working_day_and_has_a_reason(cast, clock, on, reason, found):
    dossier = processed(cast, clock)
    answer = extend(cast.handler, dossier, on=on, reason=reason)
    assert answer.status_code == 400
    assert [(one["code"], one["pointer"]) for one in answer.json()["errors"]] == found
    assert seen(cast, dossier)["due_at"] == DUE


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("reception", 403, "not_your_role"),
        ("foreign_officer", 404, "not_found"),
        ("owner", 403, "forbidden"),
        ("stranger", 403, "forbidden"),
        ("anonymous", 401, "not_signed_in"),
    ],
)
def test_only_the_unit_that_handles_the_dossier_extends(cast, clock, who, status, code):
    dossier = processed(cast, clock)
    answer = extend(getattr(cast, who), dossier)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert seen(cast, dossier)["due_at"] == DUE
    assert at_desk(cast.reception, dossier)["may_extend"] is False


def test_what_is_not_running_is_not_extended(cast, clock):
    dossier = processed(cast, clock)
    asked = move(cast.handler, dossier, "request_supplement", 4, reason="Bổ sung giấy tờ")
    assert asked.json()["may_extend_until"] is None
    waiting = extend(cast.handler, dossier)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "promise_changed")
    assert waiting.json()["current_due_at"] is None


def test_a_signed_dossier_is_not_extended(cast, clock):
    dossier = processed(cast, clock)
    move(cast.handler, dossier, "propose", 4, result_text="Cấp bản sao")
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    answer = extend(cast.handler, dossier)
    assert (answer.status_code, answer.json()["code"]) == (409, "extension_not_possible")


def test_a_pause_after_an_extension_keeps_what_was_left_of_it(cast, clock):
    dossier = processed(cast, clock)
    extend(cast.handler, dossier)
    at(cast, clock, "2026-10-13T09:00")
    move(cast.handler, dossier, "request_supplement", 4, reason="Bổ sung giấy tờ")
    at(cast, clock, "2026-10-15T10:00")
    resumed = move(cast.handler, dossier, "accept_supplement", 5)
    assert resumed.status_code == 201, resumed.content
    # Four working days were left on Tuesday 13/10: 14, 15, 16 and 19; now 16, 19, 20 and 21.
    assert resumed.json()["due_at"] == "2026-10-21T17:00:00+07:00"
    assert [one["kind"] for one in resumed.json()["promises"]] == [
        *("first", "extension", "pause", "resume")
    ]
    assert resumed.json()["may_extend_until"] is None  # once is once
    call_command("recompute_deadlines")


def test_a_broken_promise_stays_broken_whatever_is_promised_after_it(cast, clock):
    dossier = processed(cast, clock, value=1)
    at(cast, clock, "2026-10-07T09:00")
    returned = move(cast.handler, dossier, "return_at_appraisal", 4, reason="Thiếu giấy tờ")
    assert returned.status_code == 201, returned.content
    at(cast, clock, "2026-10-09T09:00")
    accepted = move(cast.handler, dossier, "accept_supplement", 5).json()
    assert accepted["due_at"] == "2026-10-12T17:00:00+07:00"
    assert (accepted["missed_at"], accepted["late"]) == ("2026-10-06T17:00:00+07:00", True)
    move(cast.handler, dossier, "propose", 4, result_text="Cấp bản sao")
    signed = move(cast.approver, dossier, "sign", 4).json()
    assert signed["late"] is True
    report = cast.anonymous.get("/api/v1/reports/kpi?start=2026-10-01&end=2026-11-01").json()
    on_time = next(one for one in report["ratios"] if one["key"] == "on_time")
    assert (on_time["numerator"], on_time["denominator"]) == (0, 1)
    call_command("recompute_deadlines")


def test_the_slip_promises_the_day_and_the_hour_at_which_the_office_closes(cast, clock):
    dossier = processed(cast, clock)
    slip = Dossier.objects.get(id=dossier["id"]).documents.get(kind="reception_slip")
    assert slip.content["due_at"] == "17 giờ 00, ngày 12/10/2026"


def test_the_desk_extends_by_the_same_action(cast, clock):
    from tests.dossiers.test_desk import enter

    dossier = processed(cast, clock)
    browser, _ = enter("thu-ly")
    page = f"/admin/dossiers/dossier/{dossier['id'].replace('_', '_5F')}/change/"
    assert "Xin lỗi và gia hạn" in browser.get(page).content.decode()
    address = f"/admin/dossiers/dossier/{dossier['id']}/extend/"
    body = {"expected_due_at": DUE, "new_due_on": "2026-10-18", "reason": "Cần xác minh"}
    refused = browser.post(address, body, follow=True).content.decode()
    assert "Cơ quan không làm việc ngày này" in refused
    done = browser.post(address, {**body, "new_due_on": "2026-10-19"}, follow=True)
    shown = done.content.decode()
    assert "Đã gia hạn" in shown
    assert "Xin lỗi và gia hạn" not in shown
    assert seen(cast, dossier)["due_at"] == "2026-10-19T17:00:00+07:00"


def test_a_request_still_open_when_a_withdrawal_is_refused_is_closed_and_a_new_one_fits(
    cast, clock
):
    dossier = processed(cast, clock)
    move(cast.handler, dossier, "request_supplement", 4, reason="Bổ sung giấy tờ")
    cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    refused = move(cast.reception, dossier, "refuse_withdrawal", 7, reason="Đã có kết quả")
    assert refused.json()["state"]["code"] == 4
    assert refused.json()["due_at"] == DUE
    again = move(cast.handler, dossier, "request_supplement", 4, reason="Bổ sung lần nữa")
    assert again.status_code == 201, again.content
    assert [one["state"] for one in again.json()["supplements"]] == ["closed", "open"]
