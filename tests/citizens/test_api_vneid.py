"""Linking the national identity: by a checked token, and by nothing else.

The provider is played by what its addresses would answer: its document and its public key lie
where the product keeps such answers for minutes; the tokens are really signed.
"""

import json
import time
import uuid

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache

from citizens.adapters import _place
from citizens.models import Identity, User
from tests.citizens.test_api_sign_in import AUTH, signed_up
from tests.conftest import Api

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NUMBER = "092195009876"


@pytest.fixture
def provider(settings):
    issuer = settings.VNEID_ISSUER
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    keys = {"keys": [jwk | {"kid": "one", "alg": "RS256", "use": "sig"}]}
    about = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
    cache.set(_place(f"{issuer}/.well-known/openid-configuration"), json.dumps(about).encode())
    cache.set(_place(f"{issuer}/jwks"), json.dumps(keys).encode())
    return issuer


def token(issuer, *, key=KEY, headers=None, algorithm="RS256", **claims):
    now = int(time.time())
    payload = {
        "iss": issuer,
        "aud": "cantho-app",
        "sub": "person-1",
        "iat": now,
        "exp": now + 300,
        "jti": uuid.uuid4().hex,
        "cccd": NUMBER,
        "name": "Phạm Thị Mẫu",
        "birthdate": "1995-05-06",
        "acr": "loa2",
    } | claims
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers or {"kid": "one"})


def link(api, id_token, process="connect"):
    return api.client.post(
        f"{AUTH}/auth/provider/token",
        {
            "provider": "vneid",
            "process": process,
            "token": {"client_id": "cantho-app", "id_token": id_token},
        },
        content_type="application/json",
        headers=api._headers(),
    )


@pytest.fixture
def citizen(anonymous):
    anonymous.token = signed_up(anonymous)["access_token"]
    return anonymous


def test_a_checked_token_lifts_the_account_to_level_2(citizen, provider):
    assert link(citizen, token(provider)).status_code == 200
    me = citizen.get("/api/v1/me").json()
    assert (me["assurance_level"], me["full_name"]) == (2, "Phạm Thị Mẫu")
    assert me["id_number_masked"] == "092•••••9876"
    facts = {item["key"]: item["value"] for item in citizen.get("/api/v1/me/vault").json()["items"]}
    assert (facts["person.sex"], facts["person.birth_date"]) == ("female", "1995-05-06")


def test_a_lower_level_later_lowers_the_account_and_both_proofs_are_kept(citizen, provider):
    link(citizen, token(provider))
    assert link(citizen, token(provider, acr="loa1")).status_code == 200
    assert citizen.get("/api/v1/me").json()["assurance_level"] == 1
    assert list(Identity.objects.order_by("id").values_list("level", flat=True)) == [2, 1]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another-app"}, "invalid_token"),
        ({"iss": "https://evil.example"}, "invalid_token"),
        ({"exp": 1_700_000_000}, "invalid_token"),
        ({"key": OTHER_KEY}, "invalid_token"),
        ({"algorithm": "RS512"}, "invalid_token"),
        ({"headers": {"kid": "unknown"}}, "invalid_token"),
        ({"headers": {"typ": "JWT"}}, "invalid_token"),
        ({"acr": "loa0"}, "assurance_too_low"),
        ({"acr": None}, "assurance_too_low"),
        ({"cccd": "12345"}, "assurance_too_low"),
        ({"cccd": "٠٩٢١٩٥٠٠٩٨٧٦"}, "assurance_too_low"),
        ({"name": " "}, "assurance_too_low"),
    ],
)
def test_any_other_token_proves_nothing(citizen, provider, claims, code):
    answer = link(citizen, token(provider, **claims))
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["code"] == code
    assert citizen.get("/api/v1/me").json()["assurance_level"] == 0
    assert not Identity.objects.exists()


def test_a_token_is_used_once(citizen, provider):
    once = token(provider)
    assert link(citizen, once).status_code == 200
    assert link(citizen, once).status_code == 400


def test_the_number_of_somebody_else_is_refused(citizen, provider, people):
    taken = User.objects.get(email="minh@demo.invalid").id_number
    answer = link(citizen, token(provider, cccd=taken))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "cccd_taken"
    assert citizen.get("/api/v1/me").json()["assurance_level"] == 0


def test_an_account_keeps_the_person_it_was_linked_to(citizen, provider):
    link(citizen, token(provider))
    answer = link(citizen, token(provider, cccd="092195001111"))
    assert answer.json()["errors"][0]["code"] == "cccd_taken"


def test_a_first_sign_in_with_the_identity_makes_an_account(anonymous, provider):
    answer = link(anonymous, token(provider), process="login")
    assert answer.status_code == 200, answer.content
    anonymous.token = answer.json()["meta"]["access_token"]
    assert anonymous.get("/api/v1/me").json()["assurance_level"] == 2
    again = link(anonymous, token(provider), process="login")
    assert again.status_code in {200, 409}
    assert User.objects.count() == 1


def answers(monkeypatch, *, failing=(), **pages):
    """Play the provider at its addresses; return the list of those that were asked."""
    asked = []

    def get(self, url, **kwargs):
        asked.append(url.rsplit("/", 1)[-1])
        if asked[-1] in failing:
            raise requests.ConnectionError
        response = requests.Response()
        response.status_code, response._content = pages[asked[-1].replace("-", "_")]
        return response

    monkeypatch.setattr(requests.Session, "get", get)
    return asked


def test_a_provider_that_is_down_is_a_503_and_not_a_bad_token(citizen, settings, monkeypatch):
    answers(monkeypatch, failing={"openid-configuration"})
    answer = link(citizen, token(settings.VNEID_ISSUER))
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "identity_provider_unavailable"
    assert int(answer["Retry-After"]) > 0


def page(data, status=200):
    return status, json.dumps(data).encode()


def keys(kid, key):
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return page({"keys": [jwk | {"kid": kid, "alg": "RS256", "use": "sig"}]})


def test_the_provider_is_asked_once_for_many_sign_ins(citizen, settings, monkeypatch):
    issuer = settings.VNEID_ISSUER
    about = page({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"})
    asked = answers(monkeypatch, openid_configuration=about, jwks=keys("one", KEY))
    assert link(citizen, token(issuer)).status_code == 200
    assert link(citizen, token(issuer)).status_code == 200
    assert asked == ["openid-configuration", "jwks"]


def test_a_key_that_was_changed_is_fetched_at_once_and_a_forged_one_not_each_time(
    citizen, provider, monkeypatch
):
    asked = answers(monkeypatch, jwks=keys("two", OTHER_KEY))
    fresh = token(provider, key=OTHER_KEY, headers={"kid": "two"})
    assert link(citizen, fresh).status_code == 200
    for _ in range(3):
        assert link(citizen, token(provider, headers={"kid": "forged"})).status_code == 400
    assert asked == ["jwks"]


@pytest.mark.parametrize("status", [200, 500])
def test_an_error_page_of_the_provider_is_a_503_and_is_not_kept(
    citizen, settings, monkeypatch, status
):
    issuer = settings.VNEID_ISSUER
    answers(monkeypatch, openid_configuration=(status, b"<html>"))
    assert link(citizen, token(issuer)).status_code == 503
    about = page({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"})
    answers(monkeypatch, openid_configuration=about, jwks=keys("one", KEY))
    assert link(citizen, token(issuer)).status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "a.b.c",
        jwt.encode({"sub": "x"}, "", algorithm="none", headers={"kid": "one"}),
        jwt.encode({"sub": "x"}, "s" * 32, algorithm="HS256", headers={"kid": "one"}),
        jwt.encode({"sub": "x"}, KEY, algorithm="RS512", headers={"kid": "one"}),
        jwt.encode({"sub": "x"}, KEY, algorithm="RS256", headers={"kid": "one"}),
    ],
    ids=["empty", "word", "dots", "none", "hs256", "rs512", "bare"],
)
def test_what_is_no_token_of_the_provider_is_400_and_never_500(citizen, provider, forged):
    answer = link(citizen, forged)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["param"] == "token"


def test_a_token_without_a_mark_of_its_own_is_also_used_once(citizen, provider):
    now = int(time.time())
    once = jwt.encode(
        {
            **{"iss": provider, "aud": "cantho-app", "sub": "p", "iat": now, "exp": now + 300},
            **{"cccd": NUMBER, "name": "Phạm Thị Mẫu", "acr": "loa2"},
        },
        KEY,
        algorithm="RS256",
        headers={"kid": "one"},
    )
    assert link(citizen, once).status_code == 200
    assert link(citizen, once).status_code == 400


def test_the_same_person_under_a_new_subject_comes_into_the_same_account(citizen, provider):
    link(citizen, token(provider))
    first = citizen.get("/api/v1/me").json()["id"]
    again = link(Api(), token(provider, sub="person-1-renewed"), process="login")
    assert again.status_code == 200, again.content
    assert again.json()["data"]["user"]["id"] == first


def test_a_number_proved_from_afar_opens_nobodys_account(citizen, provider):
    link(citizen, token(provider))
    weak = link(Api(), token(provider, sub="somebody-else", acr="loa1"), process="login")
    assert weak.status_code == 400
    assert weak.json()["errors"][0]["code"] == "cccd_taken"
    assert User.objects.count() == 1


def test_an_officer_links_no_identity(cast, provider):
    answer = link(cast.reception, token(provider))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "officer_account"
    assert User.objects.get(email="tiep-nhan@demo.invalid").assurance_level == 0


def test_what_the_library_keeps_of_a_token_says_nothing_of_the_person(citizen, provider):
    from allauth.socialaccount.models import SocialAccount

    link(citizen, token(provider))
    assert [row.extra_data for row in SocialAccount.objects.order_by("id")] == [{}]


def test_an_email_in_a_token_joins_no_accounts(citizen, provider, people):
    answer = link(
        Api(),
        token(provider, email="minh@demo.invalid", email_verified=True),
        process="login",
    )
    assert answer.status_code == 200, answer.content
    minh = User.objects.get(email="minh@demo.invalid")
    assert answer.json()["data"]["user"]["id"] != minh.id


def test_no_personal_number_or_token_reaches_the_logs(citizen, provider, caplog):
    import logging

    from common.logs import MaskFilter

    caplog.set_level(logging.DEBUG)
    secret = token(provider)
    link(citizen, secret)
    logging.getLogger("x").warning("person %s with %s at %s", NUMBER, secret, "+84912345678")
    mask = MaskFilter()
    for record in caplog.records:
        mask.filter(record)
        line = record.getMessage()
        assert NUMBER not in line
        assert secret not in line
        assert "+84912345678" not in line
    assert caplog.records
