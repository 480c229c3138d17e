"""An officer's passkey: added after the first sign-in, then a second factor like the other."""

import json

import pytest
from django.conf import settings

from citizens import passkeys
from seeds.people import PASSWORD
from tests.citizens.test_officers import DESK, EMAIL, code
from tests.citizens.test_sign_in_attacks import AUTH, post
from tests.conftest import Api
from tests.softauthn import SoftKey

KEYS = f"{AUTH}/account/authenticators/webauthn"
PENDING = f"{AUTH}/auth/webauthn/authenticate"


def call(method, path, body=None, token=""):
    client = Api().client
    headers = {"X-Session-Token": token} if token else {}
    return client.generic(
        method.upper(),
        path,
        data=b"" if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def first_proof():
    pending = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert pending.status_code == 401
    return pending.json()["meta"]["session_token"]


def signed_in_by_totp():
    done = post("/auth/2fa/authenticate", {"code": code()}, **{"X-Session-Token": first_proof()})
    assert done.status_code == 200, done.content
    return done.json()["meta"]["session_token"]


def added(origin=settings.PUBLIC_URL):
    """Add a passkey after signing in with TOTP; return it and the answer."""
    token = signed_in_by_totp()
    again = post("/auth/reauthenticate", {"password": PASSWORD}, **{"X-Session-Token": token})
    assert again.status_code == 200, again.content
    options = call("get", KEYS, token=token).json()["data"]["creation_options"]
    assert options["publicKey"]["rp"]["id"] == settings.PASSKEY_DOMAIN
    key = SoftKey(settings.PASSKEY_DOMAIN, origin)
    answer = call("post", KEYS, {"name": "máy bàn", "credential": key.register(options)}, token)
    return key, answer


def test_a_passkey_opens_the_desk_in_the_place_of_the_code(people):
    key, answer = added()
    assert answer.status_code == 200, answer.content
    token = first_proof()
    options = call("get", PENDING, token=token).json()["data"]["request_options"]
    done = call("post", PENDING, {"credential": key.sign(options)}, token)
    assert done.status_code == 200, done.content
    assert Api(done.json()["meta"]["access_token"]).get(DESK).status_code == 200


def test_a_passkey_needs_the_password_before_it(people):
    added()
    assert call("get", PENDING).status_code == 401
    assert call("get", f"{AUTH}/auth/webauthn/login").status_code == 404


def test_anothers_passkey_and_a_replayed_answer_open_nothing(people):
    key, _ = added()
    token = first_proof()
    options = call("get", PENDING, token=token).json()["data"]["request_options"]
    stranger = SoftKey(settings.PASSKEY_DOMAIN, settings.PUBLIC_URL)
    assert call("post", PENDING, {"credential": stranger.sign(options)}, token).status_code == 400
    answer = key.sign(options)
    assert call("post", PENDING, {"credential": answer}, token).status_code == 200
    token = first_proof()
    call("get", PENDING, token=token)
    assert call("post", PENDING, {"credential": answer}, token).status_code == 400


@pytest.mark.parametrize("credential", [{}, {"id": 1}, [], "x", {"response": None, "id": "x"}])
def test_what_is_no_passkey_is_refused_and_not_a_failure(people, credential):
    added()
    token = first_proof()
    call("get", PENDING, token=token)
    assert call("post", PENDING, {"credential": credential}, token).status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://dichvucong.example.vn", True),
        ("https://canbo.dichvucong.example.vn", True),
        ("http://dichvucong.example.vn", False),
        ("https://dichvucong.example.vn.evil.example", False),
        ("android:apk-key-hash:good", True),
        ("android:apk-key-hash:evil", False),
        ("", False),
    ],
)
def test_which_pages_and_apps_may_use_a_passkey(settings, origin, allowed):
    settings.PASSKEY_DOMAIN = "dichvucong.example.vn"
    settings.PASSKEY_ORIGINS = ["android:apk-key-hash:good"]
    assert passkeys.is_allowed(origin) is allowed


def test_a_passkey_made_on_another_page_is_refused(people):
    _, answer = added(origin="https://evil.example")
    assert answer.status_code == 400
