"""The parts of an agency (phòng, bộ phận), kept by its admin."""

from datetime import datetime

from common import db
from common.errors import NotFound, Refusal, check_version
from dossiers.actions import seats
from dossiers.models import Seat, SeatEvent, Unit

MAX_UNITS = 100


class UnitNameTaken(Refusal):
    code = "unit_name_taken"
    status = 409
    title_vi = "Cơ quan đã có bộ phận với tên này"
    title_en = "The agency has a unit of this name"


class UnitInUse(Refusal):
    code = "unit_in_use"
    status = 409
    title_vi = "Bộ phận còn cán bộ đang làm việc"
    title_en = "Officers still sit in this unit"


class TooManyUnits(Refusal):
    code = "too_many_units"
    status = 409
    title_vi = "Cơ quan đã có quá nhiều bộ phận"
    title_en = "The agency has too many units"
    detail_vi = "Tối đa {limit} bộ phận."
    detail_en = "At most {limit} units."
    members = ("limit",)


@db.transaction()
def make(*, actor_id: str, name: str, now: datetime) -> Unit:
    """Make a unit of the admin's agency.

    Errors: NotYourRole; UnitNameTaken; TooManyUnits, those no longer active included.
    """
    admin = seats.as_admin(actor_id)
    _free(admin.agency_id, name)
    if Unit.objects.filter(agency_id=admin.agency_id).count() >= MAX_UNITS:
        raise TooManyUnits(limit=MAX_UNITS)
    unit = Unit.objects.create(agency_id=admin.agency_id, name=name)
    _record(admin, unit, SeatEvent.What.UNIT_MADE, now)
    return unit


@db.transaction()
def change(
    *,
    actor_id: str,
    unit_id: str,
    expected_version: int,
    name: str | None,
    active: bool | None,
    now: datetime,
) -> Unit:
    """Rename a unit, close it or open it again; None leaves as it is.

    Errors: NotYourRole; NotFound; StaleVersion; UnitNameTaken; UnitInUse.
    """
    admin = seats.as_admin(actor_id)
    unit = db.lock(Unit.objects.filter(id=unit_id, agency_id=admin.agency_id)).first()
    if unit is None:
        raise NotFound
    check_version(unit.version, expected_version)
    if name is not None and name != unit.name:
        _free(admin.agency_id, name)
        unit.name = name
    if active is not None:
        if not active and Seat.objects.filter(unit=unit, active=True).exists():
            raise UnitInUse
        unit.active = active
    unit.version += 1
    unit.save(update_fields=["name", "active", "version"])
    _record(admin, unit, SeatEvent.What.UNIT_CHANGED, now)
    return unit


@db.transaction()
def demo(*, agency_key: str, name: str) -> Unit:
    """Return a synthetic unit for demonstration, made if it does not exist."""
    unit, _ = Unit.objects.get_or_create(
        agency_id=agency_key, name=name, defaults={"is_demo": True}
    )
    return unit


def _free(agency_key: str, name: str) -> None:
    # No race: every maker of units holds the locks of the agency's admins.
    if Unit.objects.filter(agency_id=agency_key, name=name).exists():
        raise UnitNameTaken


def _record(admin: Seat, unit: Unit, what: str, now: datetime) -> None:
    seats.record(
        agency_key=admin.agency_id,
        seat=None,
        actor=admin,
        what=what,
        data={"unit_id": unit.id, "name": unit.name, "active": unit.active},
        now=now,
    )
