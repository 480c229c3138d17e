"""Ending sign-ins."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from common import db
from common.errors import NotFound


@db.transaction()
def end(*, user_id: str, session_id: str) -> None:
    """End one sign-in of a person at once. Errors: NotFound."""
    if not (session_id.isascii() and session_id.isdigit() and len(session_id) < 15):
        raise NotFound
    row = db.lock(UserSession.objects.filter(user_id=user_id, pk=int(session_id))).first()
    if row is None:
        raise NotFound
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
