"""Every operation of the document, tried by somebody who has no business there.

Generated from the document: a new operation is tried without anybody remembering to. Nothing that
belongs to the owner may change, whatever is sent.
"""

import json
import pathlib

import pytest
import yaml
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection

from tests.dossiers import stories
from tests.dossiers.test_api_drafts import attach

DOCUMENT = yaml.safe_load(
    (pathlib.Path(settings.BASE_DIR) / "cantho_smart" / "openapi.yaml").read_text("utf-8")
)
METHODS = ("get", "post", "patch", "delete")
OWNED = ("{draft_id}", "{dossier_id}", "{payment_id}", "{message_id}", "{session_id}")
OPERATIONS = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item and any(mark in path for mark in OWNED)
]
TABLES = (
    "dossiers_draft",
    "dossiers_dossier",
    "dossiers_timelineevent",
    "dossiers_attachment",
    "dossiers_document",
    "payments_payment",
    "payments_attempt",
    "payments_refund",
    "citizens_message",
    "citizens_vaultaccess",
)


@pytest.fixture
def owned(cast):
    """What the owner has, by the names that paths use."""
    dossier = stories.submitted(cast.owner)
    draft = stories.filled(cast.owner)
    attachment = attach(cast.owner, draft).json()
    session = UserSession.objects.create(
        user_id=cast.owner.get("/api/v1/me").json()["id"],
        ip="127.0.0.1",
        session_key="s" * 32,
        user_agent="phone",
    )
    return {
        "draft_id": draft["id"],
        "dossier_id": dossier["id"],
        "document_id": dossier["documents"][0]["id"],
        "attachment_id": attachment["id"],
        "payment_id": dossier["payment_ids"][0],
        "attempt_id": "att_x",
        "message_id": cast.owner.get("/api/v1/me/inbox").json()["items"][0]["id"],
        "session_id": session.pk,
    }


def rows():
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            found[table] = cursor.fetchall()
    return found


def call(api, method, path, owned):
    for name, value in owned.items():
        path = path.replace("{" + name + "}", str(value))
    assert "{" not in path, path
    multipart = path.endswith("/attachments") and method == "post"
    if multipart:
        return api.upload(path, paper_key=stories.PAPER, file=stories.picture())
    headers = api._headers(**{"Idempotency-Key": "nguoi-la-thu-mot-lan", "If-Match": '"1"'})
    body = (
        {
            "move": "refuse",
            "expected_state": 1,
            "reason": "x",
        }
        if path.endswith("/moves")
        else {
            "expected_due_at": "2026-10-12T17:00:00+07:00",
            "new_due_on": "2026-10-19",
            "reason": "x",
        }
        if path.endswith("/extension")
        else (
            {"paper_key": stories.PAPER, "paper_id": "pap_x"}
            if path.endswith("/reused-papers")
            else {}
        )
    )
    return api.client.generic(
        method.upper(),
        path,
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def test_there_are_operations_to_try():
    assert len(OPERATIONS) >= 25


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_stranger_gets_nothing_and_changes_nothing(cast, owned, method, path):
    others = {"stranger": cast.stranger, "foreign_officer": cast.foreign_officer}
    colleague = cast.handler  # an officer of the competent agency, at a citizen's door
    before = rows()
    for who, api in others.items():
        answer = call(api, method, path, owned)
        officers_door = "/officer/" in path
        mine = who == "stranger" if not officers_door else who == "foreign_officer"
        anybodys = "/me/sessions/" in path or "/me/inbox/" in path  # officers have theirs too
        expected = {404} if mine or anybodys else {403}
        assert answer.status_code in expected, (who, answer.content)
        assert answer.json()["code"] in {"not_found", "forbidden"}
    if "/officer/" not in path and "/me/" not in path:
        assert call(colleague, method, path, owned).status_code == 403
    assert call(cast.anonymous, method, path, owned).status_code == 401
    assert rows() == before
