"""Appointment hours of a centre: opened and closed, never changed."""

import datetime

from common import db
from common.errors import NotFound, check_version
from dossiers.models import SlotPlan
from dossiers.queries import visits as queries
from dossiers.rules.calendar import HCM


@db.transaction()
def plan(
    *,
    officer_id: str,
    weekday: int,
    opens: datetime.time,
    closes: datetime.time,
    minutes: int,
    places: int,
    valid_from: datetime.date,
) -> SlotPlan:
    """Open appointment hours at one's own agency. Errors: Forbidden."""
    seat = queries.plan_seat(officer_id)
    return SlotPlan.objects.create(
        agency_id=seat.agency_id,
        weekday=weekday,
        opens=opens,
        closes=closes,
        minutes=minutes,
        places=places,
        valid_from=valid_from,
    )


@db.transaction()
def end_plan(
    *,
    officer_id: str,
    plan_id: str,
    expected_version: int,
    valid_to: datetime.date,
) -> SlotPlan:
    """End a plan from a day on; what is booked stays. Errors: Forbidden; NotFound; StaleVersion."""
    seat = queries.plan_seat(officer_id)
    row = db.lock(SlotPlan.objects.filter(agency_id=seat.agency_id, id=plan_id)).first()
    if row is None:
        raise NotFound
    check_version(row.version, expected_version)
    row.valid_to = valid_to
    row.version += 1
    row.save(update_fields=["valid_to", "version"])
    return row


@db.transaction()
def load_plans(*, agency_keys: list[str], now: datetime.datetime) -> int:
    """Give synthetic hours to centres that have none: mornings and afternoons, Monday to Friday."""
    known = set(
        SlotPlan.objects.filter(agency_id__in=agency_keys)
        .order_by("id")
        .values_list("agency_id", flat=True)
    )
    halves = ((datetime.time(7, 30), datetime.time(11)), (datetime.time(13, 30), datetime.time(16)))
    fresh = [
        SlotPlan(
            agency_id=key,
            weekday=weekday,
            opens=opens,
            closes=closes,
            minutes=15,
            places=2,
            valid_from=now.astimezone(HCM).date(),
            synthetic=True,
        )
        for key in agency_keys
        if key not in known
        for weekday in range(5)
        for opens, closes in halves
    ]
    SlotPlan.objects.bulk_create(fresh)
    return len(fresh)
