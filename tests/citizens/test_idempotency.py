"""The answer and its effect commit together, or neither does."""

import pytest

from citizens.models import Consent
from common.models import IdempotencyRecord
from tests.citizens.test_api_consents import consent


def test_an_effect_without_its_stored_answer_is_undone(cast, monkeypatch):
    """A crash between the two is played by a database that refuses the answer's row."""

    def crash(self, *args, **kwargs):
        raise RuntimeError("the process was killed here")

    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyRecord, "save", crash)
        answer = consent(cast.owner, key="khoa-bi-giet")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert Consent.objects.count() == 0
    assert consent(cast.owner, key="khoa-bi-giet").status_code == 201
    assert Consent.objects.count() == 1


def test_a_key_belongs_to_one_person(cast):
    assert consent(cast.owner, key="khoa-chung").status_code == 201
    other = consent(cast.stranger, key="khoa-chung")
    assert other.status_code == 201
    assert not other.has_header("Idempotent-Replayed")
    assert Consent.objects.count() == 2


@pytest.mark.parametrize("key", ["short", "x" * 201, "có dấu tiếng Việt", "a b c d e f g h"])
def test_a_key_of_the_wrong_shape_is_refused(cast, key):
    import urllib.parse

    answer = consent(cast.owner, key=urllib.parse.quote(key) if not key.isascii() else key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '"x"',
        '{"purpose": NaN}',
        '{"purpose": "a", "purpose": "b"}',
        '{"purpose": "\\u0000"}',
        '{"purpose": "\\ud800"}',
        '{"purpose": 99999999999999999999}',
        "[" * 5000,
        '{"a":' * 40 + "1" + "}" * 40,
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_honest_json_is_refused_alike(cast, body):
    answer = cast.owner.client.post(
        "/api/v1/me/consents",
        data=body,
        content_type="application/json",
        headers=cast.owner._headers(**{"Idempotency-Key": "khoa-body-hong"}),
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


def test_a_body_over_the_limit_names_the_limit(cast):
    answer = cast.owner.client.post(
        "/api/v1/me/consents",
        data='{"purpose": "' + "x" * (1024 * 1024) + '"}',
        content_type="application/json",
        headers=cast.owner._headers(**{"Idempotency-Key": "khoa-qua-lon"}),
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.json()["limit_bytes"] == 1024 * 1024
