"""The mock identity provider as its own process, walked as the app walks it, over HTTP."""

import os
import socket
import subprocess
import sys

import pytest
import requests

from citizens.vneid_mock import client, people
from seeds.people import PEOPLE
from tests.citizens.test_api_sign_in import signed_up
from tests.citizens.test_api_vneid import link
from tests.conftest import Api

TRIES = 120


@pytest.fixture(scope="module")
def mock():
    """Start the mock on a free port of this machine; it brings its own database and key."""
    if "DATABASE_URL" in os.environ and "VNEID_DATABASE_URL" not in os.environ:
        pytest.skip("an outside PostgreSQL without VNEID_DATABASE_URL")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "citizens.vneid_mock", "--port", str(port)],
        env={**os.environ, "APP_ENV": "test"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(TRIES):
            assert process.poll() is None, "the mock did not start"
            try:
                if requests.get(f"{address}/healthz", timeout=1).status_code == 200:
                    break
            except requests.RequestException:
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def issuer(mock, settings):
    """Make the product believe this mock."""
    [app] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    settings.VNEID_ISSUER = mock
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [app | {"settings": app["settings"] | {"server_url": mock}}],
        }
    }
    return mock


@pytest.mark.parametrize(("number", "level"), [("092300001234", 2), ("092300001299", 1)])
def test_the_whole_way_lifts_a_phone_account(anonymous, issuer, number, level):
    anonymous.token = signed_up(anonymous)["access_token"]
    answer = link(anonymous, client.id_token(issuer, number))
    assert answer.status_code == 200, answer.content
    me = anonymous.get("/api/v1/me").json()
    assert me["assurance_level"] == level
    assert me["full_name"] == people.claims_of(number)["name"]
    assert me["missing"] == ([] if level == 2 else ["level_2"])


def test_a_number_that_proves_nothing_is_refused(anonymous, issuer):
    answer = link(anonymous, client.id_token(issuer, "092300001298"), process="login")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "assurance_too_low"


def test_a_token_of_the_mock_is_used_once(db, issuer):
    token = client.id_token(issuer, "092300005678")
    assert link(Api(), token, process="login").status_code == 200
    assert link(Api(), token, process="login").status_code == 400


def test_the_demonstration_people_come_into_their_own_accounts(people, issuer):
    answer = link(Api(), client.id_token(issuer, PEOPLE[0].id_number), process="login")
    assert answer.status_code == 200, answer.content
    api = Api(answer.json()["meta"]["access_token"])
    me = api.get("/api/v1/me").json()
    assert (me["full_name"], me["is_demo"]) == (PEOPLE[0].full_name, True)


def test_the_mock_knows_the_demonstration_people_as_the_seeds_do():
    known = {p.id_number: (p.full_name, p.birth_date, f"loa{p.level}") for p in PEOPLE}
    assert known == people.KNOWN


def test_the_page_says_that_it_is_no_vneid_and_takes_only_the_known_password(mock):
    with requests.Session() as browser:
        page = browser.get(f"{mock}/login?next=/", timeout=5)
        assert "giả lập" in page.text
        token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        wrong = browser.post(
            f"{mock}/login?next=/",
            data={"csrfmiddlewaretoken": token, "username": "092300001234", "password": "x"},
            headers={"Referer": page.url},
            timeout=5,
        )
    assert "Sai số định danh hoặc mật khẩu" in wrong.text


def test_the_product_never_loads_the_mock():
    code = "import django; django.setup(); import sys; print('citizens.vneid_mock' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "cantho_smart.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
