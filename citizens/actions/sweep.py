"""What is due in this room and not done."""

from datetime import datetime, timedelta

from citizens.actions import codes, identity, inbox, officers
from common import db

ABANDONED = timedelta(days=1)


@db.durable
def sweep(*, now: datetime) -> dict[str, int]:
    """Deliver late messages and invitations, forget old counts and unfinished sign-ups."""
    return {
        "messages": inbox.sweep(now=now),
        "code_counts": codes.sweep(now=now),
        "invitations": officers.sweep(now=now),
        "abandoned_sign_ups": identity.forget_abandoned(before=now - ABANDONED),
    }
