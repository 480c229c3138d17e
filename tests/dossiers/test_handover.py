"""A draft handed to a representative, from the invitation to the filed dossier."""

import datetime
import uuid

import pytest

from dossiers.actions import sweep
from dossiers.models import Dossier, Representation
from tests.conftest import Api
from tests.dossiers import handing, stories
from tests.dossiers.test_api_dossiers import move, settle

DAY = datetime.timedelta(days=1)


def kinds(api, row):
    items = api.get(f"/api/v1/representations/{row['id']}/events").json()["items"]
    return [(item["kind"], item["by"]) for item in items][::-1]


def inbox(api):
    return [item["kind"] for item in api.get("/api/v1/me/inbox").json()["items"]]


# --- inviting ---------------------------------------------------------------------------------


def test_an_invitation_shows_what_it_is_about_and_nothing_of_the_draft(cast):
    draft = stories.filled(cast.owner)
    _, row = handing.invited(cast, draft)
    assert (row["state"], row["role"], row["invited"]) == ("invited", "principal", "+84•••••002")
    assert row["representative_name"] is None
    [seen] = cast.stranger.get("/api/v1/representations?role=invited").json()["items"]
    assert (seen["role"], seen["principal_name"], seen["invited"]) == (
        "invited",
        "Nguyễn Thị Lan",
        None,
    )
    assert seen["service_code"] == stories.EXTRACT
    assert cast.stranger.get(f"/api/v1/drafts/{draft['id']}").status_code == 404
    assert cast.stranger.get("/api/v1/drafts").json()["items"] == []
    assert inbox(cast.stranger) == ["represented_invited"]


def test_the_principal_writes_on_until_somebody_accepts(cast):
    draft, row = handing.invited(cast)
    address = f"/api/v1/drafts/{draft['id']}"
    saved = cast.owner.patch(address, {"answers": {"so_ban_sao": 2}}, version=1)
    assert (saved.status_code, saved.json()["held_by"]) == (200, None)
    assert stories.submit(cast.owner, draft).status_code == 400


def test_an_invitation_by_personal_number_finds_the_same_person(cast):
    _, row = handing.invited(cast, id_number=handing.MINH_NUMBER, basis="guardian")
    assert row["invited"] == "092•••••0002"
    assert handing.accept(cast.stranger, row).json()["state"] == "active"


def test_the_answer_does_not_tell_whether_anybody_has_that_number(cast):
    _, known = handing.invited(cast)
    draft = stories.start(cast.owner).json()
    unknown = handing.invite(cast.owner, draft, phone="+84911111199").json()
    assert set(known) == set(unknown)
    assert (known["state"], unknown["state"]) == ("invited", "invited")
    assert (known["representative_name"], unknown["representative_name"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "required", "/phone"),
        ({"phone": handing.MINH, "id_number": handing.MINH_NUMBER}, "required", "/phone"),
        ({"phone": "0900000002"}, "invalid", "/phone"),
        ({"phone": "+84900000001"}, "oneself", "/phone"),
        ({"id_number": "092195000001"}, "oneself", "/id_number"),
        (
            {"phone": handing.MINH, "valid_until": "2029-01-01T00:00:00+07:00"},
            "out_of_range",
            "/valid_until",
        ),
        (
            {"phone": handing.MINH, "valid_until": "2020-01-01T00:00:00+07:00"},
            "out_of_range",
            "/valid_until",
        ),
    ],
)
def test_an_invitation_that_means_nobody_or_never_is_refused(cast, clock, body, code, pointer):
    draft = stories.start(cast.owner).json()
    answer = cast.owner.post(f"/api/v1/drafts/{draft['id']}/representation", body)
    assert answer.status_code == 400, answer.content
    assert [(one["code"], one["pointer"]) for one in answer.json()["errors"]] == [(code, pointer)]
    assert Representation.objects.count() == 0


def test_a_draft_is_offered_to_one_person_at_a_time(cast):
    draft, row = handing.invited(cast)
    again = handing.invite(cast.owner, draft, phone="+84911111199")
    assert (again.status_code, again.json()["code"]) == (409, "handover_open")
    assert handing.end(cast.owner, row).status_code == 201
    assert handing.invite(cast.owner, draft).status_code == 201


def test_inviting_strangers_all_day_is_limited(cast, clock):
    draft = stories.start(cast.owner).json()
    for _ in range(10):
        answer = handing.invite(cast.owner, draft)
        assert answer.status_code == 201
        handing.end(cast.owner, answer.json())
    over = handing.invite(cast.owner, draft)
    assert (over.status_code, over.json()["code"]) == (429, "too_many_invitations")
    assert over["Retry-After"] == "86400"


def test_both_sides_need_a_proved_identity(cast):
    weak = stories.start(cast.weak).json()
    refused = handing.invite(cast.weak, weak)
    assert (refused.status_code, refused.json()["code"]) == (403, "assurance_too_low")
    _, row = handing.invited(cast, phone="+84900000003")
    seen = cast.weak.get(f"/api/v1/representations/{row['id']}")
    assert (seen.status_code, seen.json()["role"]) == (200, "invited")
    answer = handing.accept(cast.weak, row)
    assert (answer.status_code, answer.json()["code"]) == (403, "assurance_too_low")


# --- answering --------------------------------------------------------------------------------


def test_whoever_accepts_writes_and_the_principal_reads(cast):
    draft, row = handing.handed(cast)
    address = f"/api/v1/drafts/{draft['id']}"
    assert (row["role"], row["representative_name"]) == ("representative", "Trần Văn Minh")
    [mine] = cast.stranger.get("/api/v1/drafts?role=representative").json()["items"]
    assert (mine["id"], mine["role"], mine["on_behalf_of"], mine["held_by"]) == (
        draft["id"],
        "representative",
        "Nguyễn Thị Lan",
        None,
    )
    saved = handing.fill(cast, draft)
    assert (saved["role"], saved["on_behalf_of"]) == ("representative", "Nguyễn Thị Lan")
    seen = cast.owner.get(address).json()
    assert (seen["role"], seen["held_by"], seen["on_behalf_of"]) == ("own", "Trần Văn Minh", None)
    assert seen["representation_id"] == row["id"]
    assert seen["answers"]["sj_ho_ten"] == "Nguyễn Thị Lan"
    version = seen["version"]
    for refused in (
        cast.owner.patch(address, {"answers": {"so_ban_sao": 9}}, version=version),
        cast.owner.delete(address, version=version),
        cast.owner.post(f"{address}/submit", {}),
        cast.owner.upload(
            f"{address}/attachments", paper_key=stories.PAPER, file=stories.picture()
        ),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "draft_handed_over")
    assert cast.owner.get(address).json()["version"] == version
    assert inbox(cast.owner)[0] == "represented_accepted"


def test_whoever_refuses_gets_nothing_and_the_principal_is_told(cast):
    draft, row = handing.invited(cast)
    assert handing.accept(cast.stranger, row, yes=False).json()["state"] == "refused"
    late = handing.accept(cast.stranger, row)
    assert (late.status_code, late.json()["code"]) == (409, "representation_over")
    assert cast.stranger.get(f"/api/v1/drafts/{draft['id']}").status_code == 404
    assert inbox(cast.owner)[0] == "represented_refused"
    assert kinds(cast.owner, row) == [("invited", "principal"), ("refused", "representative")]


def test_accepting_twice_is_accepting_once(cast):
    draft, row = handing.handed(cast)
    version = cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()["version"]
    assert handing.accept(cast.stranger, row).json() == row
    assert cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()["version"] == version


def test_a_draft_id_that_the_representative_uses_already_is_refused(cast):
    draft_id = str(uuid.uuid4())
    stories.start(cast.stranger, draft_id=draft_id)
    _, row = handing.invited(cast, stories.start(cast.owner, draft_id=draft_id).json())
    answer = handing.accept(cast.stranger, row)
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_id_taken")
    draft, _ = handing.handed(cast)
    mine = stories.start(cast.stranger, draft_id=draft["id"])
    assert (mine.status_code, mine.json()["code"]) == (409, "draft_id_taken")


def test_an_invitation_that_nobody_answers_runs_out(cast, sign_in, clock):
    from common import clock as real

    draft, row = handing.invited(cast)
    assert row["answer_until"] == "2026-12-01T10:00:00+07:00"
    clock.shift(7 * DAY)
    late = handing.accept(sign_in("minh"), row)
    assert (late.status_code, late.json()["code"]) == (409, "representation_over")
    assert sweep.sweep(now=real.now())["representations"] == 1
    assert sweep.sweep(now=real.now())["representations"] == 0
    lan = sign_in("lan")
    assert lan.get(f"/api/v1/representations/{row['id']}").json()["state"] == "ended"
    assert inbox(lan)[0] == "represented_lapsed"


# --- taking back ------------------------------------------------------------------------------


def test_the_principal_takes_it_back_and_nothing_is_lost(cast):
    draft, row = handing.handed(cast)
    saved = handing.fill(cast, draft)
    ended = handing.end(cast.owner, row)
    assert (ended.status_code, ended.json()["state"]) == (201, "ended")
    address = f"/api/v1/drafts/{draft['id']}"
    assert cast.stranger.get(address).status_code == 404
    assert cast.stranger.get("/api/v1/drafts").json()["items"] == []
    mine = cast.owner.get(address).json()
    assert (mine["held_by"], mine["representation_id"]) == (None, None)
    assert mine["answers"]["so_ban_sao"] == saved["answers"]["so_ban_sao"] == 2
    changed = cast.owner.patch(address, {"answers": {"so_ban_sao": 1}}, version=mine["version"])
    assert changed.status_code == 200
    assert inbox(cast.stranger)[0] == "representing_taken_back"


def test_the_representative_gives_it_back(cast):
    draft, row = handing.handed(cast)
    assert handing.end(cast.stranger, row).json()["role"] == "representative"
    assert cast.stranger.get(f"/api/v1/drafts/{draft['id']}").status_code == 404
    assert inbox(cast.owner)[0] == "represented_given_back"
    assert kinds(cast.owner, row)[-1] == ("given_back", "representative")


def test_a_save_that_was_under_way_when_it_was_taken_back_changes_nothing(cast):
    draft, row = handing.handed(cast)
    saved = handing.fill(cast, draft)
    handing.end(cast.owner, row)
    address = f"/api/v1/drafts/{draft['id']}"
    late = cast.stranger.patch(address, {"answers": {"so_ban_sao": 9}}, version=saved["version"])
    assert late.status_code == 404
    assert cast.owner.get(address).json()["answers"]["so_ban_sao"] == 2


def test_the_right_ends_with_its_time_also_before_anybody_sweeps(cast, sign_in, clock):
    from common import clock as real

    draft, row = handing.handed(cast, phone=handing.MINH, valid_until="2026-12-10T10:00:00+07:00")
    assert handing.prove(cast.owner, row).status_code == 201
    address = f"/api/v1/drafts/{draft['id']}"
    clock.move_to(datetime.datetime.fromisoformat("2026-12-10T10:00:00+07:00"))
    minh = sign_in("minh")
    assert minh.get(address).status_code == 404
    assert minh.patch(address, {"answers": {"so_ban_sao": 9}}, version=2).status_code == 404
    assert minh.post(f"{address}/submit", {}).status_code == 404
    assert sweep.sweep(now=real.now())["representations"] == 1
    assert sign_in("lan").get(address).json()["held_by"] is None


def test_a_draft_that_runs_out_ends_the_representation_and_both_are_told(cast, sign_in, clock):
    from common import clock as real

    _, row = handing.handed(cast, phone=handing.MINH, valid_until="2027-10-01T00:00:00+07:00")
    clock.shift(91 * DAY)
    assert sweep.sweep(now=real.now())["drafts"] == 1
    lan, minh = sign_in("lan"), sign_in("minh")
    assert lan.get(f"/api/v1/representations/{row['id']}").json()["state"] == "ended"
    assert {"draft_expired", "represented_lapsed"} <= set(inbox(lan))
    assert {"draft_expired", "representing_lapsed"} <= set(inbox(minh))


# --- filing -----------------------------------------------------------------------------------


def test_nothing_is_filed_without_a_proof_of_the_right(cast):
    draft, row = handing.handed(cast)
    saved = handing.fill(cast, draft)
    refused = stories.submit(cast.stranger, saved)
    assert (refused.status_code, refused.json()["code"]) == (409, "authorisation_missing")
    made = handing.prove(cast.stranger, row, key="giay-uy-quyen")
    assert (made.status_code, made.json()["paper_key"]) == (201, "authorisation")
    assert handing.prove(cast.stranger, row, key="giay-uy-quyen").json() == made.json()
    assert stories.submit(cast.stranger, saved).status_code == 201


def test_the_dossier_is_the_principals_and_says_who_filed_it(cast):
    row, dossier = handing.filed(cast)
    mine = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert mine["code"] == dossier["code"]
    assert mine["timeline"][0]["move"] == "submit"
    kept = Dossier.objects.get()
    assert kept.filed_by.full_name == "Trần Văn Minh"
    assert (kept.citizen.full_name, kept.applicant_name) == ("Nguyễn Thị Lan", "Nguyễn Thị Lan")
    assert [one["paper_key"] for one in mine["attachments"]] == ["authorisation"]
    assert cast.stranger.get("/api/v1/dossiers").json()["items"] == []
    assert kinds(cast.owner, row) == [
        ("invited", "principal"),
        ("accepted", "representative"),
        ("proof_added", "representative"),
        ("saved", "representative"),
        ("submitted", "representative"),
    ]
    assert "represented_submit" in inbox(cast.owner)


def test_the_officer_sees_the_proof_and_who_acted(cast):
    _, dossier = handing.filed(cast)
    seen = cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}").json()
    [proof] = seen["attachments"]
    assert proof["paper_name"] == "Giấy tờ chứng minh việc đại diện"
    content = cast.reception.get(
        f"/api/v1/officer/dossiers/{dossier['id']}/attachments/{proof['id']}/content"
    )
    assert content.status_code == 200
    assert seen["timeline"][0]["office"] == "Người được ủy quyền"


def test_the_representative_follows_the_dossier_while_the_right_lasts(cast, drain):
    row, dossier = handing.filed(cast)
    address = f"/api/v1/representations/{row['id']}"
    seen = cast.stranger.get(f"{address}/dossier")
    assert (seen.status_code, seen.json()["id"]) == (200, dossier["id"])
    drain()
    paper = dossier["documents"][0]["id"]
    assert cast.stranger.get(f"{address}/documents/{paper}/content").status_code == 200
    handing.end(cast.owner, row)
    assert cast.stranger.get(f"{address}/dossier").status_code == 404
    assert cast.stranger.get(f"{address}/documents/{paper}/content").status_code == 404
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").status_code == 200


def test_submitting_twice_makes_one_dossier_whoever_repeats(cast):
    draft, row = handing.handed(cast)
    handing.prove(cast.owner, row)
    saved = handing.fill(cast, draft)
    first = stories.submit(cast.stranger, saved).json()
    again = stories.submit(cast.stranger, saved).json()
    third = stories.submit(cast.owner, saved).json()
    assert first["id"] == again["id"] == third["id"]
    assert Dossier.objects.count() == 1


def test_an_applicant_who_is_not_the_representative_is_refused(cast):
    draft, row = handing.handed(cast)
    handing.prove(cast.stranger, row)
    wrong = handing.fill(cast, draft, {**handing.ANSWERS, "nyc_ho_ten": "Nguyễn Thị Lan"})
    refused = stories.submit(cast.stranger, wrong)
    assert [(one["code"], one["param"]) for one in refused.json()["errors"]] == [
        ("differs_from_identity", "nyc_ho_ten")
    ]


def test_a_form_that_speaks_of_the_principal_is_held_against_the_principal(cast):
    draft, row = handing.handed(cast)
    handing.prove(cast.stranger, row)
    wrong = handing.fill(cast, draft, {**handing.ANSWERS, "nyc_quan_he": "ban_than"})
    refused = stories.submit(cast.stranger, wrong)
    assert [one["param"] for one in refused.json()["errors"]] == [
        "nyc_ho_ten",
        "nyc_so_dinh_danh",
    ]


def test_nothing_that_a_representative_filed_is_learned_about_anybody(cast, drain):
    stories.agree(cast.owner)
    stories.agree(cast.stranger)
    before = [api.get("/api/v1/me/vault").json() for api in (cast.owner, cast.stranger)]
    _, dossier = handing.filed(cast)
    settle(dossier)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp 02 bản sao"}),
        (cast.approver, "sign", 4, {}),
    ):
        assert move(api, dossier, name, state, **more).status_code == 201
    drain()
    after = [api.get("/api/v1/me/vault").json() for api in (cast.owner, cast.stranger)]
    assert after == before
    assert isinstance(cast.owner, Api)
