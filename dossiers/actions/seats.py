"""Giving officers a seat, and taking it away."""

from collections.abc import Sequence

from common import db
from dossiers.models import Seat


@db.transaction()
def take(*, user_id: str, agency_key: str, title: str, roles: Sequence[str]) -> Seat:
    """Seat an officer at an agency, or move them there."""
    seat, _ = Seat.objects.update_or_create(
        user_id=user_id,
        defaults={"agency_id": agency_key, "title": title, "roles": list(roles), "active": True},
    )
    return seat


@db.transaction()
def leave(*, user_id: str) -> None:
    """Take an officer's seat away; the next request is refused."""
    Seat.objects.filter(user_id=user_id).update(active=False)
