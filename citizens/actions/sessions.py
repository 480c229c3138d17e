"""Ending sign-ins, and letting go of a password that was forgotten."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from citizens.actions import inbox
from citizens.models import Device, User
from common import crypto, db
from common.errors import NotFound, Refusal, SessionIdle, check_version

logger = logging.getLogger(__name__)

FRESH_SECONDS = 300
# Note [Idle end]
# An officer's session ends 30 minutes after its last use. The end is the `expire_date` of its
# row, so it holds at every door that reads the session: our own, the sign-in's, the desk's pages.
# Use moves it, at most once a minute; refreshing a token is no use. The dead row stays, so that
# the answer can say why.
IDLE = timedelta(minutes=30)
IDLE_STEP = timedelta(minutes=1)
# Ways in that prove more than knowing the password.
STRONGER_WAYS = frozenset({"code", "socialaccount", "mfa"})


class SignInNotFresh(Refusal):
    code = "sign_in_not_fresh"
    status = 403
    title_vi = "Cần đăng nhập lại bằng mã hoặc VNeID"
    title_en = "Sign in again by a code or VNeID first"
    detail_vi = "Việc này cần một lần đăng nhập bằng mã hoặc VNeID trong 5 phút gần đây."
    detail_en = "This needs a sign-in by a code or VNeID within the last 5 minutes."


@db.transaction()
def end(*, user_id: str, session_id: str, expected_version: int) -> None:
    """End one sign-in of a person at once. Errors: NotFound; StaleVersion."""
    if not (session_id.isascii() and session_id.isdigit() and len(session_id) < 15):
        raise NotFound
    row = db.lock(UserSession.objects.filter(user_id=user_id, pk=int(session_id))).first()
    if row is None:
        raise NotFound
    check_version(1, expected_version)  # a sign-in never changes, it only ends
    _end(user_id, [row.session_key])


@db.transaction_required
def end_all(*, user_id: str) -> None:
    """End every sign-in of a person at once."""
    rows = UserSession.objects.filter(user_id=user_id)
    _end(user_id, list(rows.order_by("pk").values_list("session_key", flat=True)))


def refuse_idle(session_key: str | None, *, now: datetime) -> None:
    """Say so when that session is an officer's that was left idle. Errors: SessionIdle."""
    row = Session.objects.filter(session_key=session_key or "", expire_date__lte=now).first()
    if row is None:
        return
    user_id = row.get_decoded().get(SESSION_KEY, "")
    if User.objects.filter(id=user_id, kind=User.Kind.OFFICER).exists():
        raise SessionIdle


@db.transaction_required
def end_stolen(*, user: User, session_key: str, now: datetime) -> None:
    """End a sign-in whose refresh token was used twice, and say so to the person."""
    _end(user.id, [session_key])
    logger.warning("a refresh token of %s was used again: its sign-in ended", user.id)
    if user.is_citizen:
        inbox.notify(
            citizen_id=user.id,
            kind="sign_in_ended",
            title_vi="Một phiên đăng nhập đã bị kết thúc",
            body_vi="Mã làm mới của phiên này được dùng hai lần, có thể đã bị sao chép. Nếu không "
            "phải bạn, hãy xem các phiên đăng nhập và đổi mật khẩu.",
            title_en="A sign-in was ended",
            body_en="Its refresh token was used twice and may have been copied. If that was not "
            "you, look at your sign-ins and change your password.",
            reference="",
            dedupe_key=f"stolen:{crypto.blind_index(session_key, 'session')}",
            now=now,
        )


def _end(user_id: str, keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user_id=user_id, session_key__in=keys).delete()
    # A phone that was signed out is not woken for its last owner.
    Device.objects.filter(user_id=user_id, session_key__in=keys).delete()


@db.transaction()
def drop_password(
    *,
    user_id: str,
    expected_version: int,
    session_key: str,
    ways: Mapping[str, float],
    now: datetime,
) -> None:
    """Take the password off an account, so that a new one can be set without the forgotten one.

    Shape:  ways maps how this session was signed in to when, in seconds since the epoch.
    All other sign-ins end: whoever knew the old password is out.
    Errors: SignInNotFresh; StaleVersion.
    """
    user = db.lock(User.objects.filter(id=user_id)).get()
    check_version(user.version, expected_version)
    proved_at = max((at for way, at in ways.items() if way in STRONGER_WAYS), default=0.0)
    if now.timestamp() - proved_at > FRESH_SECONDS:
        raise SignInNotFresh
    user.set_unusable_password()
    user.version += 1
    user.save(update_fields=["password", "version"])
    rows = UserSession.objects.filter(user_id=user_id).exclude(session_key=session_key)
    _end(user_id, list(rows.order_by("pk").values_list("session_key", flat=True)))
    mine = SessionStore(session_key=session_key)
    mine[HASH_SESSION_KEY] = user.get_session_auth_hash()
    mine.save()
