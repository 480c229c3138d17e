"""A tripwire: one citizen's whole story, and nothing personal in any log line or job."""

import json
import logging

import pytest
from django.db import connection

from tests.citizens.test_api_sign_in import PHONE, code_sent_to, refresh, signed_up
from tests.citizens.test_api_vneid import NUMBER, link, provider, token  # noqa: F401 - a fixture
from tests.citizens.test_sign_in_attacks import post
from tests.citizens.test_vault import decide, learn, notify, release


@pytest.fixture
def lines(caplog):
    """Return every line as it was written, before any mask."""
    caplog.set_level(logging.DEBUG)
    return lambda: [
        f"{record.name} {record.getMessage()} {record.exc_text or ''}" for record in caplog.records
    ]


def test_nothing_personal_is_written_anywhere(anonymous, provider, lines, drain):  # noqa: F811
    from citizens.models import User

    password = "mat-khau-rat-dai-2026"
    meta = signed_up(anonymous)
    anonymous.token = meta["access_token"]
    id_token = token(provider)
    assert link(anonymous, id_token).status_code == 200
    post("/auth/login", {"phone": PHONE, "password": "khong-dung-dau"})
    post("/auth/login", {"phone": PHONE, "password": password})
    post("/auth/code/request", {"phone": PHONE})
    refresh(anonymous, meta["refresh_token"])
    refresh(anonymous, "rubbish")
    link(anonymous, id_token)
    anonymous.get("/api/v1/me")
    anonymous.get(f"/api/v1/dev/outbox?to={PHONE.replace('+', '%2B')}")
    anonymous.get("/api/v1/nothing-here")
    user = User.objects.get()
    decide(user, "grant")
    learn(user, person__residence={"line": "12 Nguyễn Trãi", "ward_code": "31135"})
    release(user, ["person.residence"], purpose="show_officer", reader_id="usr_officer")
    notify(user, "dos_1:2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        jobs = [row[0] for row in cursor.fetchall()]
    drain()
    secrets = [
        *(NUMBER, PHONE, PHONE.removeprefix("+84"), "Phạm Thị Mẫu", "12 Nguyễn Trãi"),
        *(password, "khong-dung-dau", code_sent_to(), id_token),
        *(meta["access_token"], meta["refresh_token"], meta["session_token"]),
    ]
    written = lines()
    assert any("a code was sent" in line for line in written)
    for secret in secrets:
        for line in [*written, *jobs]:
            assert secret not in line, line
    assert jobs
    for job in jobs:
        assert set(json.loads(job)) <= {"message_id"}


def test_a_number_that_says_another_year_is_noted_without_the_number(
    anonymous,
    provider,  # noqa: F811
    lines,
):
    anonymous.token = signed_up(anonymous)["access_token"]
    assert link(anonymous, token(provider, birthdate="1970-01-01")).status_code == 200
    [note] = [line for line in lines() if "another year" in line]
    assert "usr_" in note
    assert NUMBER not in note
    assert "1970" not in note
