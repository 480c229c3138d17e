"""Two phones write one draft: nobody is overruled, and everybody is told."""

import datetime

import pytest

from dossiers.actions import autosave, sweep
from dossiers.models import DraftVersion
from tests.dossiers import stories


def begun(api):
    """Return the address of a draft at version 2 with two copies and a phone."""
    draft = stories.start(api).json()
    address = f"/api/v1/drafts/{draft['id']}"
    first = {"so_ban_sao": 2, "nyc_dien_thoai": "+84900000001"}
    assert api.patch(address, {"answers": first}, version=1).status_code == 200
    return address


def test_a_conflict_names_base_yours_and_theirs_and_what_overrules_nobody(cast):
    address = begun(cast.owner)
    one = cast.owner.patch(
        address, {"answers": {"so_ban_sao": 3, "doi_tuong": "khai_sinh"}}, version=2
    )
    assert one.status_code == 200
    other = cast.owner.patch(
        address,
        {
            "answers": {"so_ban_sao": 5, "nyc_dien_thoai": None},
            "receiving_agency": stories.OFFICE,
        },
        version=2,
    )
    body = other.json()
    assert (other.status_code, body["code"]) == (412, "stale_version")
    assert (body["version"], body["etag"], body["base_unknown"]) == (3, '"3"', False)
    assert body["conflicts"] == [
        {
            "field": "so_ban_sao",
            "pointer": "/answers/so_ban_sao",
            "base": {"kind": "typed", "value": 2},
            "yours": {"kind": "typed", "value": 5},
            "theirs": {"kind": "typed", "value": 3},
        }
    ]
    assert body["clean"] == {
        "answers": {"nyc_dien_thoai": None},
        "reset": [],
        "receiving_agency": stories.OFFICE,
    }
    assert body["changed_elsewhere"] == ["doi_tuong", "so_ban_sao"]
    now = cast.owner.get(address).json()
    assert (now["version"], now["answers"]["so_ban_sao"]) == (3, 3)
    solved = cast.owner.patch(address, {"answers": {"so_ban_sao": 5}}, **{"If-Match": body["etag"]})
    assert (solved.status_code, solved.json()["answers"]["so_ban_sao"]) == (200, 5)


def test_merge_saves_over_an_unseen_version_when_nobody_is_overruled(cast):
    address = begun(cast.owner)
    cast.owner.patch(address, {"answers": {"so_ban_sao": 3}}, version=2)
    plain = cast.owner.patch(address, {"answers": {"doi_tuong": "khac"}}, version=2)
    assert (plain.status_code, plain.json()["conflicts"]) == (412, [])
    merged = cast.owner.patch(
        address,
        {"answers": {"doi_tuong": "khac"}, "reset": ["nyc_dien_thoai"], "merge": True},
        version=2,
    )
    assert (merged.status_code, merged.json()["version"]) == (200, 4)
    assert merged.json()["answers"] == {"so_ban_sao": 3, "doi_tuong": "khac"}


def test_merge_saves_nothing_when_one_field_would_be_overruled(cast):
    address = begun(cast.owner)
    cast.owner.patch(address, {"answers": {"so_ban_sao": 3}}, version=2)
    body = {"answers": {"so_ban_sao": 4, "doi_tuong": "khac"}, "merge": True}
    refused = cast.owner.patch(address, body, version=2)
    assert [one["field"] for one in refused.json()["conflicts"]] == ["so_ban_sao"]
    now = cast.owner.get(address).json()
    assert (now["version"], "doi_tuong" in now["answers"]) == (3, False)


def test_emptied_reset_and_untouched_are_told_apart(cast):
    address = begun(cast.owner)
    change = {"answers": {"nyc_dien_thoai": None}, "reset": ["so_ban_sao"]}
    assert cast.owner.patch(address, change, version=2).status_code == 200
    late = {"answers": {"nyc_dien_thoai": "+84900000009", "so_ban_sao": 7}}
    theirs = {
        one["field"]: (one["base"]["kind"], one["theirs"])
        for one in cast.owner.patch(address, late, version=2).json()["conflicts"]
    }
    assert theirs == {
        "nyc_dien_thoai": ("typed", {"kind": "emptied", "value": None}),
        "so_ban_sao": ("typed", {"kind": "untouched", "value": None}),
    }


def test_both_chose_another_office(cast):
    address = begun(cast.owner)
    cast.owner.patch(address, {"receiving_agency": stories.OFFICE}, version=2)
    late = cast.owner.patch(address, {"receiving_agency": "ttpvhcc"}, version=2).json()
    [conflict] = late["conflicts"]
    assert (conflict["pointer"], conflict["theirs"]["value"]) == (
        "/receiving_agency",
        stories.OFFICE,
    )


def test_a_file_that_was_added_meanwhile_is_no_conflict(cast):
    from tests.dossiers.test_api_drafts import attach

    address = begun(cast.owner)
    attach(cast.owner, {"id": address.rsplit("/", 1)[1]})
    late = cast.owner.patch(address, {"answers": {"so_ban_sao": 9}, "merge": True}, version=2)
    assert (late.status_code, late.json()["answers"]["so_ban_sao"]) == (200, 9)


def test_the_base_is_told_unknown_once_it_is_no_longer_kept(cast):
    address = begun(cast.owner)
    for version in range(2, autosave.KEPT_VERSIONS + 4):
        cast.owner.patch(address, {"answers": {"so_ban_sao": version}}, version=version)
    assert DraftVersion.objects.count() == autosave.KEPT_VERSIONS
    newest = autosave.KEPT_VERSIONS + 4
    late = cast.owner.patch(address, {"answers": {"so_ban_sao": 1}, "merge": True}, version=2)
    body = late.json()
    assert (late.status_code, body["version"], body["base_unknown"]) == (412, newest, True)
    assert [(one["base"], one["theirs"]["value"]) for one in body["conflicts"]] == [
        (None, newest - 1)
    ]
    kept = newest - autosave.KEPT_VERSIONS
    assert not cast.owner.patch(address, {"answers": {"so_ban_sao": 1}}, version=kept).json()[
        "base_unknown"
    ]
    assert cast.owner.patch(address, {"answers": {"so_ban_sao": 1}}, version=kept - 1).json()[
        "base_unknown"
    ]


def test_a_version_nobody_ever_saw_has_no_base(cast):
    address = begun(cast.owner)
    future = cast.owner.patch(address, {"answers": {"so_ban_sao": 9}}, version=99)
    assert (future.status_code, future.json()["base_unknown"]) == (412, True)


def test_earlier_contents_are_unreadable_at_rest_and_go_with_time_and_with_the_draft(cast):
    from django.db import connection

    from common import clock

    address = begun(cast.owner)
    cast.owner.patch(address, {"answers": {"nyc_dien_thoai": "+84900000002"}}, version=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM dossiers_draftversion ORDER BY id")
        rest = " ".join(row[0] for row in cursor.fetchall())
    assert "84900000001" not in rest
    assert DraftVersion.objects.count() == 2
    sweep.sweep(now=clock.now() + autosave.KEPT_FOR - datetime.timedelta(minutes=1))
    assert DraftVersion.objects.count() == 2
    sweep.sweep(now=clock.now() + autosave.KEPT_FOR + datetime.timedelta(minutes=1))
    assert DraftVersion.objects.count() == 0
    cast.owner.patch(address, {"answers": {"so_ban_sao": 4}}, version=3)
    assert DraftVersion.objects.count() == 1
    assert cast.owner.delete(address, version=4).status_code == 204
    assert DraftVersion.objects.count() == 0


def test_submission_leaves_no_earlier_content(cast):
    stories.submitted(cast.owner)
    assert DraftVersion.objects.count() == 0


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("anonymous", 401)])
def test_nobody_else_learns_from_a_conflict(cast, who, status):
    address = begun(cast.owner)
    answer = getattr(cast, who).patch(address, {"answers": {"so_ban_sao": 9}}, version=1)
    assert answer.status_code == status
    assert "conflicts" not in answer.json()
