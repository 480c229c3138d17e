"""An officer's sign-in ends 30 minutes after its last use, and cannot be kept up by refreshing."""

import datetime

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.sessions.models import Session

from citizens.models import User
from common import clock as wall
from seeds.people import PASSWORD
from tests.citizens.test_api_sign_in import AUTH, refresh
from tests.citizens.test_api_vneid import link, provider, token
from tests.citizens.test_officers import DESK, EMAIL, code
from tests.citizens.test_sign_in_attacks import post
from tests.conftest import Api

__all__ = ["provider"]  # a fixture
MINUTES = lambda number: datetime.timedelta(minutes=number)  # noqa: E731
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def long_tokens(settings):
    """Let the access token outlive the idle end, so that only the session decides."""
    settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 7200


def tokens(who="tiep-nhan"):
    answer = Api().post("/api/v1/dev/sign-in", {"who": who}, key=None)
    return answer.json()


def refused(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("idle", "expected"),
    [(MINUTES(30) - SECOND, 200), (MINUTES(30), 401)],
)
def test_the_idle_end_is_exact(long_tokens, people, clock, idle, expected):
    api = Api(tokens()["access_token"])
    clock.move_to(wall.now() + idle)
    answer = api.get(DESK)
    assert answer.status_code == expected
    if expected == 401:
        assert answer.json()["code"] == "session_idle"
        assert refused(api.get(DESK)) == (401, "session_idle")  # and again: it is told each time


def test_use_puts_the_end_off(long_tokens, people, clock):
    api = Api(tokens()["access_token"])
    for _ in range(3):
        clock.shift(MINUTES(29))
        assert api.get(DESK).status_code == 200
    clock.shift(MINUTES(30))
    assert refused(api.get(DESK)) == (401, "session_idle")


def test_it_is_written_at_most_once_a_minute_and_never_late(long_tokens, people, clock):
    api = Api(tokens()["access_token"])
    ends = []
    for _ in range(4):
        api.get(DESK)
        ends.append(Session.objects.get().expire_date)
        clock.shift(datetime.timedelta(seconds=20))
    assert [end - ends[0] for end in ends] == [datetime.timedelta()] * 3 + [MINUTES(1)]


def test_refreshing_is_no_use_and_an_idle_officer_cannot_refresh(people, clock):
    found = tokens()
    token = found["refresh_token"]
    for _ in range(5):
        clock.shift(MINUTES(5))
        answer = refresh(Api(), token)
        assert answer.status_code == 200, answer.content
        token = answer.json()["data"]["refresh_token"]
    clock.shift(MINUTES(5))
    late = refresh(Api(), token)
    assert late.status_code == 401
    assert late.json()["errors"][0]["code"] == "session_idle"


def test_the_sign_ins_own_doors_close_too(people, clock):
    pending = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    done = post(
        "/auth/2fa/authenticate",
        {"code": code()},
        **{"X-Session-Token": pending.json()["meta"]["session_token"]},
    )
    token = done.json()["meta"]["session_token"]

    def look():
        return Api().client.get(f"{AUTH}/auth/session", headers={"X-Session-Token": token})

    clock.shift(MINUTES(29))
    assert look().status_code == 200
    clock.shift(MINUTES(31))
    assert look().status_code == 410


def test_a_citizens_phone_stays_signed_in(long_tokens, people, clock):
    api = Api(tokens("lan")["access_token"])
    clock.shift(MINUTES(119))
    assert api.get("/api/v1/me").status_code == 200


def test_the_desks_pages_end_alike(people, clock):
    from tests.dossiers.test_desk import enter

    browser, _ = enter()
    clock.shift(MINUTES(30) - SECOND)
    assert browser.get("/admin/dossiers/dossier/").status_code == 200
    clock.shift(MINUTES(30))
    assert browser.get("/admin/dossiers/dossier/").status_code == 302


# --- two proofs ---------------------------------------------------------------------------------


def session_of(path, body, token):
    return post(path, body, **{"X-Session-Token": token})


def test_a_recovery_code_is_no_second_factor_of_an_officer(people):
    officer = User.objects.get(email=EMAIL)
    [spare, *_] = RecoveryCodes.activate(officer).get_unused_codes()
    pending = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    done = session_of(
        "/auth/2fa/authenticate", {"code": spare}, pending.json()["meta"]["session_token"]
    )
    assert done.status_code == 200
    api = Api(done.json()["meta"]["access_token"])
    for path in (DESK, "/api/v1/officer/staff", "/api/v1/me", "/api/v1/me/sessions"):
        assert refused(api.get(path)) == (403, "mfa_required")


def test_a_code_by_mail_is_not_the_password(people):
    from tests.citizens.test_sign_in_attacks import sent

    asked = post("/auth/code/request", {"email": EMAIL})
    token = asked.json()["meta"]["session_token"]
    half = session_of("/auth/code/confirm", {"code": sent()[-1]}, token)
    token = half.json().get("meta", {}).get("session_token", token)
    done = session_of("/auth/2fa/authenticate", {"code": code()}, token)
    assert done.status_code == 200, done.content
    api = Api(done.json()["meta"]["access_token"])
    assert refused(api.get(DESK)) == (403, "mfa_required")


def test_an_officer_without_a_second_factor_reads_not_even_the_account(people):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.all().delete()
    done = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    api = Api(done.json()["meta"]["access_token"])
    for path in ("/api/v1/me", "/api/v1/me/sessions", "/api/v1/officer/seat", DESK):
        assert refused(api.get(path)) == (403, "mfa_required")
    assert refused(api.get("/api/v1/dossiers")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("delete", "/account/authenticators/totp", "{}"),
        ("post", "/account/email", '{"email": "khac@cantho.invalid"}'),
        ("patch", "/account/email", '{"email": "tiep-nhan@demo.invalid", "primary": true}'),
        ("delete", "/account/email", '{"email": "tiep-nhan@demo.invalid"}'),
        ("post", "/account/phone", '{"phone": "+84912345678"}'),
    ],
)
def test_what_the_agency_gave_only_the_agency_changes(cast, method, path, body):
    for api, expected in ((cast.reception, {403}), (cast.owner, {200, 202, 400, 401, 409})):
        answer = api.client.generic(
            method.upper(),
            f"{AUTH}{path}",
            body,
            content_type="application/json",
            headers=api._headers(),
        )
        assert answer.status_code in expected, answer.content


def test_an_officers_password_is_long_wherever_it_is_set(cast):
    api = cast.reception
    answer = api.client.post(
        f"{AUTH}/account/password/change",
        {"current_password": PASSWORD, "new_password": "ngan-qua"},
        content_type="application/json",
        headers=api._headers(),
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "new_password"


# --- no door makes an officer -------------------------------------------------------------------


def test_no_sign_up_makes_an_officer(db):
    for body in (
        {"phone": "+84912345671"},
        {"email": "ke-gian@cantho.invalid"},
    ):
        more = {"kind": "officer", "is_staff": True, "roles": ["admin"], "officer_index": "x"}
        post("/auth/signup", body | {"password": "mat-khau-rat-dai-2026"} | more)
    made = {(user.kind, user.is_staff, user.officer_index) for user in User.objects.order_by("id")}
    assert made == {("citizen", False, None)}
    assert User.objects.count() == 2


def test_the_national_identity_makes_no_officer_and_opens_no_officers_account(cast, provider):
    claims = {"email": EMAIL, "email_verified": True, "kind": "officer", "roles": ["admin"]}
    before = User.objects.filter(kind="officer").count()
    answer = link(Api(), token(provider, **claims), process="login")
    assert answer.status_code == 200, answer.content
    user = User.objects.get(id=answer.json()["data"]["user"]["id"])
    assert (user.kind, user.is_staff) == ("citizen", False)
    assert User.objects.filter(kind="officer").count() == before
    joined = link(cast.reception, token(provider, sub="person-2", cccd="092195009877"))
    assert (joined.status_code, joined.json()["errors"][0]["code"]) == (400, "officer_account")
