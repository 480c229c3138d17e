"""Officers' accounts: made for them, opened by two proofs, never a citizen's."""

import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp

from citizens.actions import identity
from citizens.models import User
from seeds.people import PASSWORD, TOTP_SECRET
from tests.citizens.test_api_sign_in import AUTH, signed_up
from tests.citizens.test_sign_in_attacks import error, post, sent
from tests.conftest import Api

DESK = "/api/v1/officer/dossiers"
EMAIL = "tiep-nhan@demo.invalid"


def code():
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30))


def test_a_password_alone_opens_no_desk(people):
    pending = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert pending.status_code == 401
    assert "access_token" not in pending.content.decode()


def test_a_code_by_mail_does_not_replace_the_second_factor(people):
    asked = post("/auth/code/request", {"email": EMAIL})
    confirmed = post(
        "/auth/code/confirm",
        {"code": sent()[-1]},
        **{"X-Session-Token": asked.json()["meta"]["session_token"]},
    )
    assert confirmed.status_code == 401
    pending = [f["id"] for f in confirmed.json()["data"]["flows"] if f.get("is_pending")]
    assert pending == ["mfa_authenticate"]
    assert "access_token" not in confirmed.content.decode()


def test_the_second_factor_counts_once(people, clock):
    def sign_in():
        pending = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
        return post(
            "/auth/2fa/authenticate",
            {"code": code()},
            **{"X-Session-Token": pending.json()["meta"]["session_token"]},
        )

    assert sign_in().status_code == 200
    assert sign_in().status_code == 400


def test_an_officer_without_a_second_factor_sees_nothing_until_it_is_enrolled(people):
    Authenticator.objects.all().delete()
    done = post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    api = Api(done.json()["meta"]["access_token"])
    for address in (DESK, "/api/v1/me/inbox"):
        answer = api.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "mfa_required")


def test_a_citizen_with_a_second_factor_is_no_officer(anonymous):
    anonymous.token = signed_up(anonymous)["access_token"]
    assert anonymous.get(DESK).json()["code"] == "forbidden"


def test_a_citizens_second_factor_of_another_account_does_not_carry_over(people):
    """The proofs of a session count for the user they were given by."""
    from types import SimpleNamespace

    from allauth.account.internal.flows.login import get_authentication_records

    session = {
        "account_authentication_methods": [{"method": "mfa", "at": time.time()}],
        "account_authentication_methods_user": "usr_other",
    }
    officer = User.objects.get(email=EMAIL)
    assert get_authentication_records(SimpleNamespace(session=session), officer) == []


def test_nobody_signs_up_as_an_officer(anonymous):
    body = {"phone": "+84912345670", "password": "mat-khau-rat-dai-2026"}
    post("/auth/signup", body | {"kind": "officer", "is_staff": True, "assurance_level": 2})
    [user] = User.objects.order_by("id")
    assert (user.kind, user.is_staff, user.assurance_level) == ("citizen", False, 0)


def make(email="moi@cantho.invalid"):
    return identity.create_officer(
        email=email, full_name="Cán bộ mẫu", password=PASSWORD, is_demo=True
    )


def test_an_officers_account_is_made_once_and_can_sign_in(db):
    assert make().id == make().id
    assert EmailAddress.objects.filter(verified=True).count() == 1
    done = post("/auth/login", {"email": "moi@cantho.invalid", "password": PASSWORD})
    assert done.status_code == 200


def test_an_address_of_a_citizen_is_not_made_an_officers(people):
    with pytest.raises(identity.EmailTaken):
        make("lan@demo.invalid")


def test_who_only_typed_the_address_of_an_officer_gives_way(db):
    post("/auth/signup", {"email": "moi@cantho.invalid", "password": "mat-khau-cua-ke-gian"})
    officer = make()
    done = post("/auth/login", {"email": "moi@cantho.invalid", "password": PASSWORD})
    assert done.json()["data"]["user"]["id"] == officer.id
    wrong = post("/auth/login", {"email": "moi@cantho.invalid", "password": "mat-khau-cua-ke-gian"})
    assert wrong.status_code == 400


def test_the_second_factor_rests_encrypted_and_can_be_checked(people):
    [row] = Authenticator.objects.filter(user__email=EMAIL)
    assert row.data["secret"] != TOTP_SECRET
    assert row.wrap().validate_code(code())


def test_a_disabled_officer_is_out_at_once(cast):
    assert cast.reception.get(DESK).status_code == 200
    User.objects.filter(email=EMAIL).update(is_active=False)
    assert cast.reception.get(DESK).status_code == 401


def test_demonstration_people_are_refused_in_production(settings, db):
    from common import clock
    from seeds import people

    settings.DEVELOPMENT = False
    with pytest.raises(RuntimeError):
        list(people.load(now=clock.now()))
    assert not User.objects.exists()


def test_loading_the_demonstration_people_twice_adds_nobody(people):
    from common import clock
    from seeds import people as synthetic

    before = User.objects.count()
    assert list(synthetic.load(now=clock.now())) == ["demonstration people: 0 new"]
    assert User.objects.count() == before
    assert User.objects.filter(is_demo=False).count() == 0


def test_a_wrong_password_of_an_officer_is_limited(people, clock):
    body = {"email": EMAIL, "password": "khong-dung"}
    assert [post("/auth/login", body).status_code for _ in range(6)] == [400] * 5 + [429]
    assert error(post("/auth/login", {"email": EMAIL, "password": PASSWORD}))[0] == 429
    assert AUTH.startswith("/api/auth/")
