"""Officers made for a test: any agency, any roles; and the way from invitation to sign-in."""

import time

from allauth.mfa.totp.internal import auth as totp

from citizens.actions import demo
from citizens.models import DevMessage
from common import clock
from dossiers.actions import seats
from seeds.people import PASSWORD, TOTP_SECRET
from tests.citizens.test_sign_in_attacks import post
from tests.conftest import Api

STAFF = "/api/v1/officer/staff"
NINH_KIEU = "ubnd-31135"
NEW = {
    "email": "moi@cantho.invalid",
    "full_name": "Cán bộ mẫu Mới",
    "id_number": "092080000099",
    "title": "Công chức Tư pháp",
    "roles": ["handler"],
}
OWN_PASSWORD = "mat-khau-rieng-cua-toi"


def seat(sign_in, who, roles, *, agency=NINH_KIEU, number="092080000071", title=None):
    """Return an officer of an agency with these roles, signed in with both proofs."""
    demo.make_officer(
        who=who,
        full_name="Cán bộ mẫu",
        id_number=number,
        password=PASSWORD,
        totp_secret=TOTP_SECRET,
    )
    seats.take(
        user_id=demo.user_id_of(who),
        agency_key=agency,
        title=title or f"Chức danh {who}",
        roles=roles,
        now=clock.now(),
    )
    return sign_in(who)


def totp_code(secret=TOTP_SECRET, at=None):
    return totp.format_hotp_value(totp.hotp_value(secret, int(at or time.time()) // 30))


def mailed(email=NEW["email"]):
    """Return the code of the newest invitation that was mailed."""
    text = DevMessage.objects.filter(to=email).order_by("-id").first().text
    return text.split(": ")[1].split(" ")[0]


def opened(code):
    return Api().post("/api/v1/officer/invitations/open", {"code": code})


def accept(code, secret, *, password=OWN_PASSWORD, totp_of=None, key=""):
    body = {"code": code, "password": password, "totp_code": totp_of or totp_code(secret)}
    return Api().post("/api/v1/officer/invitations/accept", body, key=key)


def signed_in(email, password, secret):
    """Sign in as a phone does, with password and second factor; return the tokens."""
    pending = post("/auth/login", {"email": email, "password": password})
    assert pending.status_code == 401, pending.content
    done = post(
        "/auth/2fa/authenticate",
        {"code": totp_code(secret, at=time.time() + 30)},  # the next one: this one was used
        **{"X-Session-Token": pending.json()["meta"]["session_token"]},
    )
    assert done.status_code == 200, done.content
    return done.json()["meta"]


def invited(admin, drain, **more):
    """Return the answer of an invitation and the code that was mailed."""
    body = NEW | more
    answer = admin.post(STAFF, body)
    assert answer.status_code == 201, answer.content
    drain()
    return answer.json(), mailed(body["email"])


def joined(admin, drain, **more):
    """Return a new officer: seat, signed-in phone and tokens."""
    made, code = invited(admin, drain, **more)
    secret = opened(code).json()["totp_secret"]
    done = accept(code, secret)
    assert done.status_code == 201, done.content
    tokens = signed_in(made["email"], OWN_PASSWORD, secret)
    return made, Api(tokens["access_token"]), tokens
