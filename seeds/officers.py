"""Seats for the synthetic officers."""

from collections.abc import Iterator
from datetime import datetime

from citizens.actions import demo
from dossiers.actions import seats
from seeds.people import OFFICERS


def load(*, now: datetime) -> Iterator[str]:
    """Seat the synthetic officers at their agencies."""
    for officer in OFFICERS:
        seats.take(
            user_id=demo.user_id_of(officer.who),
            agency_key=officer.agency,
            title=officer.title,
            roles=list(officer.roles),
        )
    yield f"officers seated: {len(OFFICERS)}"
