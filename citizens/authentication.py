"""Who is asking: the Bearer token, its session, and whether a second factor was passed."""

import dataclasses
import time
import types
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.headless.tokens.strategies.jwt import internal
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from citizens.actions import sessions
from common import clock

SEEN_EVERY = 300


@dataclasses.dataclass(frozen=True)
class Auth:
    """One signed-in session. `two_proofs`: it passed a password and a second factor, both.

    Shape: ways maps how it was signed in ("password", "code", "socialaccount", "mfa") to when,
    in seconds since the epoch; the latest time of each.
    """

    session_key: str
    two_proofs: bool
    auth_time: float
    ways: Mapping[str, float]


def _is_second_factor(record: Mapping[str, Any]) -> bool:
    """Return whether a record of the library is a TOTP or a passkey; a recovery code is none."""
    return record.get("method") == "mfa" and record.get("type") in {"totp", "webauthn"}


class BearerAuthentication(TokenAuthentication):
    """Check an access token against its session: two reads, so that revoking holds at once."""

    keyword = "Bearer"
    _seen: dict[str, float] = {}  # noqa: RUF012 - per process on purpose: only spares writes

    def authenticate_credentials(self, key: str) -> tuple[Any, Auth]:
        claims = internal.decode_token(key, "access")
        session = internal.get_token_session(claims) if claims else None
        if claims is not None and session is None:
            sessions.refuse_idle(internal.session_key_from_sid(claims["sid"]), now=clock.now())
        if claims is None or session is None:
            raise AuthenticationFailed("Invalid token.")
        user = internal.validate_token_user(claims, session)
        if user is None or not user.is_active:
            raise AuthenticationFailed("Invalid token.")
        # Only what this very user passed: the library binds the records to whom they are about.
        records = get_authentication_records(types.SimpleNamespace(session=session), user)
        self._touch(session.session_key)
        if user.is_officer:
            self._stay_awake(session.session_key)
        ways = {str(record.get("method")): float(record.get("at", 0)) for record in records}
        return user, Auth(
            session_key=session.session_key,
            two_proofs="password" in ways and any(map(_is_second_factor, records)),
            auth_time=max(ways.values(), default=0.0),
            ways=ways,
        )

    def _stay_awake(self, session_key: str) -> None:
        """Put an officer's idle end 30 minutes off again; written at most once a minute."""
        until = clock.now() + sessions.IDLE
        Session.objects.filter(
            session_key=session_key, expire_date__lte=until - sessions.IDLE_STEP
        ).update(expire_date=until)

    def _touch(self, session_key: str) -> None:
        """Move "last seen" of the device, at most once in five minutes from each process."""
        mark = time.monotonic()
        if mark - self._seen.get(session_key, -SEEN_EVERY) < SEEN_EVERY:
            return
        if len(self._seen) > 50_000:
            self._seen.clear()
        self._seen[session_key] = mark
        now = clock.now()
        UserSession.objects.filter(
            session_key=session_key, last_seen_at__lt=now - timedelta(seconds=SEEN_EVERY)
        ).update(last_seen_at=now)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "citizens.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of a sign-in; it lives for 5 minutes. Refresh it at "
            "`/api/auth/app/v1/tokens/refresh`.",
        }
