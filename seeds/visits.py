"""Synthetic appointment hours for every one-stop centre: no real hours were found."""

from collections.abc import Iterator
from datetime import datetime

from dossiers.actions import slot_plans
from services import queries as services


def load(*, now: datetime) -> Iterator[str]:
    """Give hours to the centres that have none."""
    centres = services.agencies().filter(kind="one_stop").order_by("key")
    fresh = slot_plans.load_plans(agency_keys=list(centres.values_list("key", flat=True)), now=now)
    yield f"appointment hours (synthetic): {fresh} new"
