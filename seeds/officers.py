"""Seats and units for the synthetic officers."""

from collections.abc import Iterator
from datetime import datetime

from citizens.actions import demo
from dossiers.actions import seats, units
from seeds.people import OFFICERS, Officer


def load(*, now: datetime) -> Iterator[str]:
    """Seat the synthetic officers at their agencies."""
    for officer in OFFICERS:
        seats.take(
            user_id=demo.user_id_of(officer.who),
            agency_key=officer.agency,
            title=officer.title,
            roles=list(officer.roles),
            unit_id=_unit(officer),
            now=now,
        )
    yield f"officers seated: {len(OFFICERS)}"


def _unit(officer: Officer) -> str | None:
    if not officer.unit:
        return None
    return units.demo(agency_key=officer.agency, name=officer.unit).id
