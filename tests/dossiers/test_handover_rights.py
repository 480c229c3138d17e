"""What a representative is shown of somebody else, who can see it, and who is kept out."""

import pytest
from django.db import Error, connection

from dossiers.models import Representation, RepresentationEvent
from tests.dossiers import handing, stories
from tests.dossiers.test_api_drafts import attach

SHARED = {"phone": handing.MINH, "shares_prefill": True, "share_text_version": "2026-1"}
JUDICIAL = "3.000333"


def looked(api):
    return [
        (item["what"], item["purpose"]) for item in api.get("/api/v1/me/access-log").json()["items"]
    ]


# --- a third person's data: only by right or consent --------------------------------------------


def test_without_consent_a_representative_sees_only_what_was_typed(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    assert draft["answers"]["nyc_ho_ten"] == "Nguyễn Thị Lan"
    _, row = handing.handed(cast, draft)
    seen = cast.stranger.get(f"/api/v1/drafts/{draft['id']}").json()
    assert (seen["answers"], seen["prefilled"], row["shares_prefill"]) == ({}, [], False)
    # As oneself, too: that the principal agreed says nothing of others.
    named = handing.fill(cast, draft, {"nyc_quan_he": "ban_than"})
    assert (named["answers"], named["prefilled"]) == ({"nyc_quan_he": "ban_than"}, [])


def test_under_consent_a_representative_sees_it_until_that_is_withdrawn(cast):
    stories.agree(cast.owner)
    draft, row = handing.handed(cast, **SHARED)
    address = f"/api/v1/drafts/{draft['id']}"
    seen = handing.fill(cast, draft, {"nyc_quan_he": "ban_than"})
    assert seen["answers"]["nyc_so_dinh_danh"] == "092195000001"
    assert seen["answers"]["sj_ngay_sinh"] == "1995-03-14"
    version = cast.owner.get(f"/api/v1/representations/{row['id']}").json()["version"]
    changed = cast.owner.patch(
        f"/api/v1/representations/{row['id']}", {"shares_prefill": False}, version=version
    )
    assert (changed.status_code, changed.json()["shares_prefill"]) == (200, False)
    after = cast.stranger.get(address).json()
    assert (after["answers"], after["prefilled"]) == ({"nyc_quan_he": "ban_than"}, [])


def test_the_principals_own_consent_to_prefill_is_needed_as_well(cast):
    draft, _ = handing.handed(cast, **SHARED)
    seen = handing.fill(cast, draft, {"nyc_quan_he": "ban_than"})
    assert seen["prefilled"] == []
    stories.agree(cast.owner)
    address = f"/api/v1/drafts/{draft['id']}"
    assert "nyc_ho_ten" in cast.stranger.get(address).json()["answers"]
    stories.agree(cast.owner, decision="withdraw")
    assert cast.stranger.get(address).json()["prefilled"] == []


def test_ethnicity_is_never_shown_to_a_representative(cast):
    from citizens.actions import vault
    from citizens.models import User
    from common import clock, db

    stories.agree(cast.owner)
    stories.agree(cast.owner, "prefill_ethnicity")
    with db.transaction():
        vault.learn(
            citizen_id=User.objects.get(email="lan@demo.invalid").id,
            facts={"person.ethnicity": "Kinh"},
            source="typed",
            source_ref="",
            verified=False,
            now=clock.now(),
        )
    draft = stories.start(cast.owner, stories.MARRIAGE).json()
    assert draft["answers"]["vo_dan_toc"] == "Kinh"
    handing.handed(cast, draft, **SHARED)
    seen = cast.stranger.get(f"/api/v1/drafts/{draft['id']}").json()["answers"]
    assert (seen["vo_ho_ten"], "vo_dan_toc" in seen) == ("Nguyễn Thị Lan", False)


def test_the_text_that_was_agreed_to_is_named(cast):
    draft = stories.start(cast.owner).json()
    old = handing.invite(cast.owner, draft, **SHARED | {"share_text_version": "2020-1"})
    assert (old.status_code, old.json()["code"]) == (409, "consent_text_old")
    _, row = handing.invited(cast, draft, **SHARED)
    assert (row["shares_prefill"], row["share_text_version"]) == (True, "2026-1")
    assert "người được ủy quyền" in row["share_text"]
    again = cast.owner.patch(
        f"/api/v1/representations/{row['id']}",
        {"shares_prefill": True},
        version=row["version"],
    )
    assert (again.status_code, again.json()["code"]) == (409, "consent_text_old")


def test_the_representatives_own_facts_fill_the_fields_of_the_applicant(cast):
    stories.agree(cast.owner)
    stories.agree(cast.stranger)
    draft, _ = handing.handed(cast, **SHARED)
    seen = handing.fill(cast, draft, {"nyc_quan_he": "nguoi_duoc_uy_quyen"})
    assert seen["answers"]["nyc_ho_ten"] == "Trần Văn Minh"
    assert seen["answers"]["nyc_so_dinh_danh"] == handing.MINH_NUMBER
    assert "sj_ho_ten" not in seen["answers"]
    locked = {item["field"] for item in seen["prefilled"] if item["locked"]}
    assert locked == {"nyc_ho_ten", "nyc_so_dinh_danh"}
    # The principal is not shown the representative's personal number.
    mine = cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()
    assert mine["answers"] == {"nyc_quan_he": "nguoi_duoc_uy_quyen"}


def test_a_form_with_fields_for_a_representative_is_filled_from_their_identity(cast):
    stories.agree(cast.stranger)
    draft = stories.start(cast.owner, JUDICIAL)
    assert draft.status_code == 201, draft.content
    assert "uq_ho_ten" not in draft.json()["answers"]
    handing.handed(cast, draft.json())
    seen = cast.stranger.get(f"/api/v1/drafts/{draft.json()['id']}").json()["answers"]
    assert seen == {"uq_ho_ten": "Trần Văn Minh", "uq_so_dinh_danh": handing.MINH_NUMBER}


def test_values_come_back_to_the_principal_when_it_is_taken_back(cast):
    stories.agree(cast.owner)
    stories.agree(cast.stranger)
    draft, row = handing.handed(cast)
    handing.fill(cast, draft, {**stories.ANSWERS, "nyc_quan_he": "nguoi_duoc_uy_quyen"})
    handing.end(cast.owner, row)
    address = f"/api/v1/drafts/{draft['id']}"
    mine = cast.owner.get(address).json()
    assert mine["answers"]["nyc_ho_ten"] == "Nguyễn Thị Lan"
    saved = cast.owner.patch(
        address, {"answers": {"nyc_quan_he": "ban_than"}}, version=mine["version"]
    ).json()
    assert stories.submit(cast.owner, saved).status_code == 201


def test_what_was_shared_and_changed_since_is_flagged_to_the_representative(cast):
    stories.agree(cast.stranger)
    draft, row = handing.handed(cast)
    handing.prove(cast.stranger, row)
    saved = handing.fill(
        cast,
        draft,
        {k: v for k, v in handing.ANSWERS.items() if k not in {"nyc_ho_ten", "nyc_so_dinh_danh"}},
    )
    stories.agree(cast.stranger, decision="withdraw")
    refused = stories.submit(cast.stranger, saved)
    assert (refused.status_code, refused.json()["code"]) == (409, "prefill_changed")


def test_accepted_papers_of_either_side_are_not_reused_by_a_representative(cast):
    draft, _ = handing.handed(cast)
    address = f"/api/v1/drafts/{draft['id']}"
    refused = cast.stranger.post(
        f"{address}/reused-papers", {"paper_key": stories.PAPER, "paper_id": "pap_x"}
    )
    assert refused.status_code == 404
    assert all(paper["reusable"] == [] for paper in cast.stranger.get(address).json()["papers"])


# --- the principal can see it all ---------------------------------------------------------------


def test_every_read_by_a_representative_leaves_a_row(cast):
    stories.agree(cast.owner)
    draft, row = handing.handed(cast, **SHARED)
    address = f"/api/v1/drafts/{draft['id']}"
    made = attach(cast.stranger, draft).json()
    known = len(looked(cast.owner))
    cast.stranger.get(address)
    cast.stranger.get(f"{address}/attachments/{made['id']}/content")
    cast.stranger.get("/api/v1/drafts")
    rows = looked(cast.owner)
    assert rows[: len(rows) - known] == [
        ("draft:list", "represent"),
        ("draft:file", "represent"),
        ("draft:read", "represent"),
        ("person.birth_date, person.full_name, person.id_number, person.sex", "prefill"),
    ]
    known = len(rows)
    stale = cast.stranger.patch(address, {"answers": {"so_ban_sao": 3}}, version=1)
    assert (stale.status_code, stale.json()["version"]) == (412, 3)
    rows = looked(cast.owner)
    assert rows[: len(rows) - known] == [("draft:read", "represent")]
    assert looked(cast.stranger) == []
    cast.owner.get(address)
    cast.owner.get("/api/v1/drafts")
    assert len(looked(cast.owner)) == len(rows)


def test_every_version_that_was_saved_is_named_with_its_fields_and_no_value(cast):
    draft, row = handing.handed(cast)
    saved = handing.fill(cast, draft, {"so_ban_sao": 3, "nyc_quan_he": "ban_than"})
    address = f"/api/v1/representations/{row['id']}/events"
    newest = cast.owner.get(address).json()["items"][0]
    assert (newest["kind"], newest["by"], newest["draft_version"], newest["fields"]) == (
        "saved",
        "representative",
        saved["version"],
        ["nyc_quan_he", "so_ban_sao"],
    )
    assert cast.stranger.get(address).status_code == 200


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dossiers_representationevent SET kind = 'saved'",
        "DELETE FROM dossiers_representationevent",
    ],
)
def test_what_was_done_cannot_be_rewritten(cast, sql):
    handing.handed(cast)
    assert RepresentationEvent.objects.count() == 2
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_address_of_the_one_invited_is_unreadable_at_rest(cast):
    handing.invited(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM dossiers_representation t")
        row = cursor.fetchone()[0]
    assert "900000002" not in row
    assert "•••" not in row


# --- everybody else -----------------------------------------------------------------------------


def doors(draft, row, attachment, paper):
    one, rep = f"/api/v1/drafts/{draft['id']}", f"/api/v1/representations/{row['id']}"
    return [
        ("get", one, None),
        ("patch", one, {"answers": {"so_ban_sao": 9}}),
        ("delete", one, None),
        ("post", f"{one}/submit", {}),
        ("post", f"{one}/representation", {"phone": "+84911111199"}),
        ("post", f"{one}/reused-papers", {"paper_key": stories.PAPER, "paper_id": "pap_x"}),
        ("upload", f"{one}/attachments", {"paper_key": stories.PAPER}),
        ("get", f"{one}/attachments/{attachment}/content", None),
        ("delete", f"{one}/attachments/{attachment}", None),
        ("get", rep, None),
        ("patch", rep, {"shares_prefill": True, "share_text_version": "2026-1"}),
        ("post", f"{rep}/answer", {"accept": True}),
        ("post", f"{rep}/end", {}),
        ("upload", f"{rep}/proof", {}),
        ("get", f"{rep}/events", None),
        ("get", f"{rep}/dossier", None),
        ("get", f"{rep}/documents/{paper}/content", None),
    ]


def knock(api, method, address, body):
    if method == "upload":
        return api.upload(address, file=stories.picture(), **body).status_code
    if method == "post":
        return api.post(address, body).status_code
    if method == "get":
        return api.get(address).status_code
    if method == "delete":
        return api.delete(address, version=1).status_code
    return api.patch(address, body, version=1).status_code


@pytest.mark.parametrize("when", ["invited", "active", "filed"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("weak", 404), ("anonymous", 401), ("reception", 403), ("foreign_officer", 403)],
)
def test_nobody_else_reaches_anything_of_it(cast, when, who, status):
    if when == "filed":
        row, dossier = handing.filed(cast)
        draft = {"id": row["draft_id"]}
        attachment, paper = dossier["attachments"][0]["id"], dossier["documents"][0]["id"]
    else:
        draft, row = (handing.handed if when == "active" else handing.invited)(cast)
        api = cast.stranger if when == "active" else cast.owner
        attachment, paper = attach(api, draft).json()["id"], "doc_x"
    other = getattr(cast, who)
    events = RepresentationEvent.objects.count()
    for method, address, body in doors(draft, row, attachment, paper):
        seen = knock(other, method, address, body)
        # An identity that is too low is told so before anything is looked up.
        low = who == "weak" and address.endswith(("/submit", "/representation", "/answer"))
        assert seen == (403 if low else status), (method, address)
    assert other.get("/api/v1/representations").json().get("items", []) == []
    assert RepresentationEvent.objects.count() == events


@pytest.mark.parametrize("when", ["active", "filed"])
@pytest.mark.parametrize("by", ["owner", "stranger"])
def test_a_representative_whose_right_ended_is_a_stranger_again(cast, when, by):
    if when == "filed":
        row, dossier = handing.filed(cast)
        draft = {"id": row["draft_id"]}
        attachment, paper = dossier["attachments"][0]["id"], dossier["documents"][0]["id"]
    else:
        draft, row = handing.handed(cast)
        attachment, paper = attach(cast.stranger, draft).json()["id"], "doc_x"
    handing.end(getattr(cast, by), row)
    kept = RepresentationEvent.objects.count()
    seen = {
        (method, address): knock(cast.stranger, method, address, body)
        for method, address, body in doors(draft, row, attachment, paper)
    }
    rep = f"/api/v1/representations/{row['id']}"
    allowed = {
        ("get", rep): 200,  # that it was is remembered, on both sides
        ("post", f"{rep}/end"): 201,  # a repeat, without an effect
        ("post", f"{rep}/answer"): 409,
    }
    assert seen == {door: allowed.get(door, 404) for door in seen}
    assert RepresentationEvent.objects.count() == kept
    assert Representation.objects.get().state == "ended"


def test_the_invited_person_may_only_read_and_answer(cast):
    draft, row = handing.invited(cast)
    rep = f"/api/v1/representations/{row['id']}"
    seen = {
        address.removeprefix(rep): knock(cast.stranger, method, address, body)
        for method, address, body in doors(draft, row, "att_x", "doc_x")
        if address.startswith(rep) and method != "patch"
    }
    assert seen == {
        "": 200,
        "/answer": 201,
        "/end": 201,  # by then it was accepted
        "/proof": 404,
        "/events": 404,
        "/dossier": 404,
        "/documents/doc_x/content": 404,
    }


def test_a_representative_decides_nothing_that_is_the_principals(cast):
    draft, row = handing.handed(cast)
    rep, one = f"/api/v1/representations/{row['id']}", f"/api/v1/drafts/{draft['id']}"
    change = {"shares_prefill": True, "share_text_version": "2026-1"}
    assert cast.stranger.patch(rep, change, version=row["version"]).status_code == 404
    assert handing.invite(cast.stranger, draft, phone="+84911111199").status_code == 404
    version = cast.stranger.get(one).json()["version"]
    assert cast.stranger.delete(one, version=version).status_code == 404
    assert cast.owner.get(one).status_code == 200


# --- lists --------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_representations(cast, count_queries):
    counts = []
    for _ in range(3):
        handing.handed(cast)
        for api, address in (
            (cast.owner, "/api/v1/representations"),
            (cast.stranger, "/api/v1/drafts"),
        ):
            api.get(address)
            with count_queries() as queries:
                assert api.get(address).status_code == 200
            counts.append(len(queries))
    assert counts == counts[:2] * 3
