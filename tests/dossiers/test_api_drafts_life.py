"""How a draft begins, changes with its form, is limited, and runs out."""

import copy
import datetime
import json
import pathlib
import uuid

import pytest

import seeds
from dossiers.actions import expiry, sweep
from dossiers.models import Attachment, Draft
from services.actions import imports
from tests.dossiers import stories
from tests.dossiers.test_api_drafts import attach

DAY = datetime.timedelta(days=1)


def plain_start(api, service=stories.EXTRACT, **more):
    return api.post("/api/v1/drafts", {"id": str(uuid.uuid4()), "service_code": service, **more})


# --- you already have a draft of this ---------------------------------------------------------


def test_a_second_draft_of_a_service_must_be_asked_for(cast):
    first = plain_start(cast.owner).json()
    again = plain_start(cast.owner)
    assert (again.status_code, again.json()["code"]) == (409, "draft_exists")
    assert again.json()["draft_id"] == first["id"]
    assert again.json()["updated_at"] == first["updated_at"]
    assert plain_start(cast.owner, another=True).status_code == 201
    assert plain_start(cast.owner, stories.MARRIAGE).status_code == 201
    assert plain_start(cast.stranger).status_code == 201


def test_a_draft_that_is_over_stands_in_nobodys_way(cast):
    first = plain_start(cast.owner).json()
    cast.owner.delete(f"/api/v1/drafts/{first['id']}", version=1)
    stories.submitted(cast.owner)
    assert plain_start(cast.owner).status_code == 201


def test_the_draft_that_is_named_is_the_one_last_written(cast, clock):
    first = plain_start(cast.owner).json()
    plain_start(cast.owner, another=True)
    clock.shift(datetime.timedelta(minutes=1))
    cast.owner.patch(f"/api/v1/drafts/{first['id']}", {}, version=1)
    assert plain_start(cast.owner).json()["draft_id"] == first["id"]


# --- limits of autosave -----------------------------------------------------------------------


def test_the_whole_draft_is_limited_and_the_limit_is_told(cast):
    draft = stories.start(cast.owner).json()
    address = f"/api/v1/drafts/{draft['id']}"
    wide = {"line": "a", "province_code": "92", "ward_name": ["x" * 1000] * 140}
    answer = cast.owner.patch(address, {"answers": {"nyc_noi_cu_tru": wide}}, version=1)
    assert (answer.status_code, answer.json()["code"]) == (413, "draft_too_large")
    assert answer.json()["limit_bytes"] == 128 * 1024
    assert cast.owner.get(address).json()["version"] == 1


def test_a_value_nested_without_end_is_refused(cast):
    draft = stories.start(cast.owner).json()
    deep = "x"
    for _ in range(25):
        deep = {"line": deep}
    answer = cast.owner.patch(
        f"/api/v1/drafts/{draft['id']}", {"answers": {"nyc_noi_cu_tru": deep}}, version=1
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


def test_saves_are_limited_per_minute_and_reading_is_not(cast, clock):
    draft = stories.start(cast.owner).json()
    address = f"/api/v1/drafts/{draft['id']}"
    seen = [cast.owner.patch(address, {}, version=99).status_code for _ in range(120)]
    assert seen == [412] * 120
    over = cast.owner.patch(address, {}, version=99)
    assert (over.status_code, over.json()["code"]) == (429, "too_many_requests")
    assert int(over["Retry-After"]) > 0
    assert cast.owner.get(address).status_code == 200
    other = stories.start(cast.stranger).json()
    assert cast.stranger.patch(f"/api/v1/drafts/{other['id']}", {}, version=1).status_code == 200


# --- the form changes while somebody writes ---------------------------------------------------


def form():
    folder = pathlib.Path(seeds.__file__).parent / "data" / "forms"
    return json.loads((folder / "2.000635-trich-luc-ho-tich.json").read_text("utf-8"))


def publish_changed_form():
    """Publish a form without one field, with fewer copies, a new field and the rest as it was."""
    from common import clock

    changed = copy.deepcopy(form())
    schema = changed["schema"]
    del schema["properties"]["so_dang_ky"]
    schema["properties"]["so_ban_sao"]["maximum"] = 5
    schema["properties"]["ly_do"] = {"title": "Lý do", "type": "string", "maxLength": 200}
    schema["required"].append("ly_do")
    changed["prefill"] = [rule for rule in changed["prefill"] if rule["field"] != "so_dang_ky"] + [
        {"field": "ly_do", "never": True, "reason": "stated anew"}
    ]
    assert imports.import_forms(forms=[changed], today=clock.today()) == (0, 1)


def with_registration(api):
    draft = stories.filled(api, {**stories.ANSWERS, "so_dang_ky": "12/2020", "so_ban_sao": 9})
    assert draft["form_changed"] is None
    return draft


def test_a_draft_is_carried_to_the_form_in_force_and_says_what_changed(cast, clock):
    draft = with_registration(cast.owner)
    publish_changed_form()
    address = f"/api/v1/drafts/{draft['id']}"
    carried = cast.owner.get(address).json()
    assert carried["form_number"] == draft["form_number"] + 1
    assert carried["version"] == draft["version"] + 1
    assert carried["form_changed"] == {
        "from_number": draft["form_number"],
        "to_number": draft["form_number"] + 1,
        "at": "2026-11-24T10:00:00+07:00",
        "dropped": [
            {"field": "so_ban_sao", "value": 9, "reason": "does_not_fit"},
            {"field": "so_dang_ky", "value": "12/2020", "reason": "gone"},
        ],
        "added": ["ly_do"],
        "papers_dropped": [],
    }
    kept = {name: value for name, value in draft["answers"].items()}
    del kept["so_ban_sao"], kept["so_dang_ky"]
    assert carried["answers"] == kept
    again = cast.owner.get(address).json()
    assert again == carried
    saved = cast.owner.patch(
        address, {"answers": {"so_ban_sao": 2, "ly_do": "Đi học"}}, version=carried["version"]
    ).json()
    assert (saved["form_changed"], saved["failures"]) == (None, [])
    assert stories.submit(cast.owner, saved).status_code == 201


def test_a_phone_that_saves_to_the_old_form_is_told_before_anything_is_lost(cast, clock):
    draft = with_registration(cast.owner)
    publish_changed_form()
    address = f"/api/v1/drafts/{draft['id']}"
    late = cast.owner.patch(
        address, {"answers": {"so_dang_ky": "13/2020"}}, version=draft["version"]
    )
    body = late.json()
    assert (late.status_code, body["version"]) == (412, draft["version"] + 1)
    [conflict] = body["conflicts"]
    assert conflict["base"] == {"kind": "typed", "value": "12/2020"}
    assert conflict["theirs"] == {"kind": "untouched", "value": None}


def test_a_draft_is_not_filed_under_a_form_that_its_writer_has_not_seen(cast, clock):
    draft = stories.filled(cast.owner)
    publish_changed_form()
    refused = stories.submit(cast.owner, draft)
    assert (refused.status_code, refused.json()["code"]) == (409, "form_changed")


def test_a_submitted_dossier_keeps_the_form_it_was_filed_under(cast, clock):
    dossier = stories.submitted(cast.owner)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    publish_changed_form()
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json() == before
    from dossiers.models import Dossier

    row = Dossier.objects.select_related("form").get()
    assert (row.form.number, "ly_do" in row.form.schema["properties"]) == (1, False)


# --- running out ------------------------------------------------------------------------------


def messages(api):
    items = api.get("/api/v1/me/inbox").json()["items"]
    return [item["kind"] for item in items if item["kind"].startswith("draft_")]


def test_a_draft_is_told_of_twice_before_it_runs_out_each_time_once(cast, sign_in, clock):
    draft = stories.filled(cast.owner)
    assert draft["expires_at"] == "2027-02-22T10:00:00+07:00"
    told = []
    for days in (82, 84, 84, 88, 89.5, 89.5, 89.9):
        clock.move_to(datetime.datetime.fromisoformat("2026-11-24T10:00:00+07:00") + days * DAY)
        sweep_now()
        told.append(messages(sign_in("lan")))
    assert told == [
        [],
        ["draft_expiring"],
        ["draft_expiring"],
        ["draft_expiring"],
        ["draft_expiring"] * 2,
        ["draft_expiring"] * 2,
        ["draft_expiring"] * 2,
    ]
    texts = [item["body"] for item in sign_in("lan").get("/api/v1/me/inbox").json()["items"]]
    assert [" 1 ngày" in texts[0], " 7 ngày" in texts[1]] == [True, True]
    clock.shift(DAY)
    for _ in range(2):
        sweep_now()
    assert messages(sign_in("lan")) == ["draft_expired", "draft_expiring", "draft_expiring"]
    assert sign_in("lan").get(f"/api/v1/drafts/{draft['id']}").status_code == 404


def sweep_now():
    from common import clock

    return sweep.sweep(now=clock.now())


def test_a_change_prolongs_a_draft_and_arms_its_reminders_anew(cast, sign_in, clock):
    draft = stories.filled(cast.owner)
    address = f"/api/v1/drafts/{draft['id']}"
    clock.shift(85 * DAY)
    sweep_now()
    saved = sign_in("lan").patch(address, {"answers": {"so_ban_sao": 3}}, version=2).json()
    assert saved["expires_at"] == "2027-05-18T10:00:00+07:00"
    clock.shift(10 * DAY)
    assert sweep_now()["drafts"] == 0
    clock.shift(75 * DAY)
    sweep_now()
    assert messages(sign_in("lan")) == ["draft_expiring"] * 2
    attach(sign_in("lan"), draft)
    assert sign_in("lan").get(address).json()["expires_at"] == "2027-08-11T10:00:00+07:00"


def test_a_draft_that_missed_the_first_reminder_is_told_the_time_that_is_left(cast, sign_in, clock):
    stories.filled(cast.owner)
    clock.shift(89.5 * DAY)
    assert sweep_now()["draft_reminders"] == 1
    assert sweep_now()["draft_reminders"] == 0
    assert messages(sign_in("lan")) == ["draft_expiring"]
    assert " 1 ngày" in sign_in("lan").get("/api/v1/me/inbox").json()["items"][0]["body"]


def test_what_ran_out_is_erased_with_its_files(cast, clock):
    draft = stories.filled(cast.owner)
    attach(cast.owner, draft)
    clock.shift(91 * DAY)
    assert sweep_now()["drafts"] == 1
    row = Draft.objects.get()
    assert (row.state, row.answers, row.offers) == ("discarded", {}, {})
    assert Attachment.objects.count() == 0


def test_two_sweeps_at_once_tell_once(cast, sign_in, clock):
    from common import clock as real
    from common import db

    stories.filled(cast.owner)
    clock.shift(84 * DAY)
    Draft.objects.update(reminded=0)
    expiry.remind(now=real.now())
    # As after a crash between the message and the mark: the message itself is unique.
    with db.transaction():
        Draft.objects.update(reminded=0)
    expiry.remind(now=real.now())
    assert messages(sign_in("lan")) == ["draft_expiring"]


@pytest.mark.parametrize("role", ["own", "representative"])
def test_the_list_can_be_narrowed_to_a_role(cast, role):
    draft = stories.start(cast.owner).json()
    items = cast.owner.get(f"/api/v1/drafts?role={role}").json()["items"]
    assert [item["id"] for item in items] == ([draft["id"]] if role == "own" else [])
    refused = cast.owner.get("/api/v1/drafts?role=officer")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def test_the_list_pages_without_skipping_a_draft(cast):
    made = [stories.start(cast.owner).json()["id"] for _ in range(5)]
    seen, address = [], "/api/v1/drafts?page_size=2&role=own"
    while address:
        page = cast.owner.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert seen == made[::-1]
