"""Refreshing tokens on a bad network.

The stock rotation forgets the old refresh token at once, so an answer lost on the way would sign
the phone out. Here the old one works for another `GRACE_SECONDS`; used after that, somebody has
stolen one of the two, and the session ends.
"""

import time
from datetime import UTC, datetime
from typing import Any

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.models import Session

from citizens.actions import sessions
from common import db

GRACE_SECONDS = 60


class CitizenTokenStrategy(JWTTokenStrategy):
    """JWT with a row per session behind it: signing out a device holds at once."""

    def create_access_token_payload(self, request: Any) -> dict[str, Any] | None:
        if request.user.is_authenticated and request.user.is_officer:
            request.session.set_expiry(int(sessions.IDLE.total_seconds()))
        payload = super().create_access_token_payload(request)
        if payload is not None:
            # The refresh token's mark lives in the session, which the middleware saves only
            # after the answer was built; a crash in between would hand out a dead token.
            request.session.save()
        return payload

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        claims = internal.decode_token(refresh_token, "refresh")
        if claims is None:
            return None
        key = internal.session_key_from_sid(claims["sid"])
        # Two refreshes at the same moment would each save the session without the other's mark.
        with db.transaction():
            locked = db.lock(Session.objects.filter(session_key=key or "")).first()
            if locked is None:
                return None
            session = internal.get_token_session(claims)
            if session is None:
                sessions.refuse_idle(key, now=datetime.fromtimestamp(time.time(), UTC))
                return None
            user = internal.validate_token_user(claims, session)
            if user is None or not user.is_active:
                return None
            marks = internal.get_refresh_token_state(session)
            now = time.time()
            if marks.get(claims["jti"], 0) <= now:
                moment = datetime.fromtimestamp(now, UTC)
                sessions.end_stolen(user=user, session_key=session.session_key, now=moment)
                return None
            for jti in [jti for jti, until in marks.items() if until <= now]:
                del marks[jti]
            marks[claims["jti"]] = min(marks[claims["jti"]], int(now) + GRACE_SECONDS)
            access = internal.create_access_token(user, session, self.get_claims(user))
            fresh = internal.create_refresh_token(user, session)
            session.save()
            if user.is_officer:  # see Note [Idle end]: a refresh is no use
                Session.objects.filter(session_key=key).update(expire_date=locked.expire_date)
            return access, fresh
