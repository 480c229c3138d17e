"""Links for a viewer: short-lived, for one person and one file, each use logged."""

import json
import logging

import pytest
from django.core import signing

from citizens.models import User, VaultAccess
from dossiers.models import Seat
from tests.conftest import Api
from tests.dossiers import stories
from tests.files import samples


@pytest.fixture
def dossier(cast):
    """A submitted dossier with one file."""
    draft = stories.filled(cast.owner)
    made = cast.owner.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=stories.PAPER,
        file=samples.file(samples.pdf(), "căn cước.pdf"),
    )
    assert made.status_code == 201, made.content
    return stories.submit(cast.owner, draft).json() | {"draft": draft["id"]}


def addresses(dossier):
    file, paper = dossier["attachments"][0]["id"], dossier["documents"][0]["id"]
    return {
        "draft": f"/api/v1/drafts/{dossier['draft']}/attachments/{file}/links",
        "dossier": f"/api/v1/dossiers/{dossier['id']}/attachments/{file}/links",
        "document": f"/api/v1/dossiers/{dossier['id']}/documents/{paper}/links",
        "officer": f"/api/v1/officer/dossiers/{dossier['id']}/attachments/{file}/links",
    }


def link(api, dossier, way):
    answer = api.post(addresses(dossier)[way])
    assert answer.status_code == 201, answer.content
    return answer.json()


def follow(made):
    address = made["url"]
    return Api().get(address[address.index("/files/") :])


@pytest.mark.parametrize("way", ["draft", "dossier", "document", "officer"])
def test_a_link_opens_without_a_token_and_only_for_five_minutes(cast, clock, dossier, way):
    who = cast.reception if way == "officer" else cast.owner
    made = link(who, dossier, way)
    assert made["expires_at"] == "2026-11-24T10:05:00+07:00"
    clock.move_to("2026-11-24T10:04:59+07:00")
    answer = follow(made)
    assert answer.status_code == 200, answer.content
    assert answer.content.startswith(b"%PDF-")
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Referrer-Policy": "no-referrer",
        "Content-Type": "application/pdf",
    }
    assert {name: answer[name] for name in headers} == headers
    assert answer["Content-Disposition"].startswith("attachment;")
    clock.move_to("2026-11-24T10:05:00+07:00")
    late = follow(made)
    assert (late.status_code, late.json()["code"]) == (410, "link_expired")


def test_a_forged_or_changed_link_leads_nowhere(cast, dossier):
    made = link(cast.owner, dossier, "draft")
    token = made["url"].rsplit("/", 1)[1]
    other = signing.dumps(["usr_x", "draft", "x", "y", 9999999999], salt="something.else")
    for forged in (token[:-1], token[1:], token + "x", "x", other, token.replace(":", ".", 1)):
        answer = Api().get(f"/files/{forged}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("way", "who", "status"),
    [
        *((way, "stranger", 404) for way in ("draft", "dossier", "document")),
        *((way, "anonymous", 401) for way in ("draft", "dossier", "document", "officer")),
        *((way, "reception", 403) for way in ("draft", "dossier", "document")),
        ("officer", "owner", 403),
        ("officer", "foreign_officer", 404),
    ],
)
def test_nobody_gets_a_link_to_anothers_file(cast, dossier, way, who, status):
    answer = getattr(cast, who).post(addresses(dossier)[way])
    assert answer.status_code == status


def test_what_is_withdrawn_meanwhile_stays_closed(cast, dossier):
    desk, mine = link(cast.reception, dossier, "officer"), link(cast.owner, dossier, "dossier")
    Seat.objects.filter(user__email__startswith="tiep-nhan@").update(active=False)
    assert follow(desk).status_code == 404
    assert follow(mine).status_code == 200
    me = cast.owner.get("/api/v1/me").json()["id"]
    User.objects.filter(id=me).update(is_active=False)
    assert follow(mine).status_code == 404


def test_each_use_by_an_officer_is_seen_by_the_citizen(cast, dossier):
    made = link(cast.reception, dossier, "officer")
    seen = VaultAccess.objects.filter(what=f"file:{stories.PAPER}")
    assert seen.count() == 0  # getting a link shows nothing
    follow(made)
    follow(made)
    assert seen.count() == 2
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [one["what"] for one in log[:2]] == [f"file:{stories.PAPER}"] * 2


def test_each_use_leaves_a_line_that_names_nobody(cast, dossier, caplog):
    made = link(cast.owner, dossier, "dossier")
    with caplog.at_level(logging.INFO):
        follow(made)
    lines = [one.getMessage() for one in caplog.records if one.name == "dossiers.actions.links"]
    me = cast.owner.get("/api/v1/me").json()["id"]
    assert lines == [f"link followed: dossier {dossier['attachments'][0]['id']} by {me}"]


def test_a_link_in_a_log_line_is_masked():
    from common import logs

    token = signing.dumps(["usr_1", "draft", "a", "att_1", 1], salt="dossiers.links")
    assert logs.mask(f"GET /files/{token} 200") == "GET /files/[link] 200"


def test_an_address_says_nothing_personal(cast, dossier):
    made = link(cast.owner, dossier, "draft")
    token = made["url"].rsplit("/", 1)[1]
    facts = signing.loads(token, salt="dossiers.links")
    assert "092195000001" not in json.dumps(facts)
    assert [facts[1], facts[3]] == ["draft", dossier["attachments"][0]["id"]]


def test_the_same_key_gives_the_same_link(cast, dossier):
    address = addresses(dossier)["document"]
    first, again = (cast.owner.post(address, key="mo-tep-mot-lan") for _ in range(2))
    assert first.json() == again.json()
