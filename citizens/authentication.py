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
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from common import clock

SEEN_EVERY = 300


@dataclasses.dataclass(frozen=True)
class Auth:
    """One signed-in session. `mfa`: it passed a second factor.

    Shape: ways maps how it was signed in ("password", "code", "socialaccount", "mfa") to when,
    in seconds since the epoch; the latest time of each.
    """

    session_key: str
    mfa: bool
    auth_time: float
    ways: Mapping[str, float]


class BearerAuthentication(TokenAuthentication):
    """Check an access token against its session: two reads, so that revoking holds at once."""

    keyword = "Bearer"
    _seen: dict[str, float] = {}  # noqa: RUF012 - per process on purpose: only spares writes

    def authenticate_credentials(self, key: str) -> tuple[Any, Auth]:
        claims = internal.decode_token(key, "access")
        session = internal.get_token_session(claims) if claims else None
        if claims is None or session is None:
            raise AuthenticationFailed("Invalid token.")
        user = internal.validate_token_user(claims, session)
        if user is None or not user.is_active:
            raise AuthenticationFailed("Invalid token.")
        # Only what this very user passed: the library binds the records to whom they are about.
        records = get_authentication_records(types.SimpleNamespace(session=session), user)
        self._touch(session.session_key)
        ways = {str(record.get("method")): float(record.get("at", 0)) for record in records}
        return user, Auth(
            session_key=session.session_key,
            mfa="mfa" in ways,
            auth_time=max(ways.values(), default=0.0),
            ways=ways,
        )

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
