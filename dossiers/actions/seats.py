"""Giving officers a seat, changing it, and taking it away. Every act leaves a row.

Source: accounts of an agency are made by the agency (practice of the one-stop systems); that nobody
changes the roles of their own is the second pair of eyes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from citizens.actions import officers
from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from dossiers.models import Delegation, Seat, SeatEvent, Unit
from dossiers.queries import offices
from dossiers.queries.offices import NotYourRole
from dossiers.rules import seats as rules
from dossiers.rules.seats import Role
from services import queries as services

OPERATOR = "Vận hành hệ thống"
What = SeatEvent.What


class OwnSeat(Refusal):
    code = "own_seat"
    status = 403
    title_vi = "Không được tự thay đổi vị trí của chính mình; hãy nhờ quản trị viên khác"
    title_en = "Nobody changes their own seat: another agency admin does"


class RolesDoNotFit(Refusal):
    code = "roles_do_not_fit"
    status = 400
    title_vi = "Các vai trò này không được giao cho cùng một người"
    title_en = "One person may not hold these roles together"
    detail_vi = "Người kiểm tra không giữ vai trò nào khác."
    detail_en = "Whoever audits has no other role."


@db.transaction()
def take(
    *,
    user_id: str,
    agency_key: str,
    title: str,
    roles: Sequence[str],
    now: datetime,
    unit_id: str | None = None,
) -> Seat:
    """Seat an account that was made elsewhere, or move it there: demonstration data only."""
    seat, made = Seat.objects.update_or_create(
        user_id=user_id,
        defaults={
            "agency_id": agency_key,
            "title": title,
            "roles": list(roles),
            "unit_id": unit_id,
            "active": True,
        },
    )
    if made:
        note(seat=seat, actor=None, what=What.SEATED, data={"roles": list(roles)}, now=now)
    return seat


@db.transaction()
def invite(
    *,
    actor_id: str,
    email: str,
    full_name: str,
    id_number: str,
    title: str,
    roles: Sequence[str],
    unit_id: str | None,
    now: datetime,
) -> Seat:
    """Make an officer's account and seat at the admin's own agency, and mail the invitation.

    Errors: NotYourRole; Forbidden; Invalid; RolesDoNotFit; EmailTaken; OfficerExists; CodesSpent.
    """
    admin = as_admin(actor_id)
    return _invite(
        admin.agency_id,
        admin,
        email=email,
        full_name=full_name,
        id_number=id_number,
        title=title,
        roles=roles,
        unit_id=unit_id,
        now=now,
    )


@db.transaction()
def invite_first(
    *, agency_key: str, email: str, full_name: str, id_number: str, title: str, now: datetime
) -> Seat:
    """Make an agency's first admin, by whoever operates the server.

    Errors: UnknownAgency; Invalid; EmailTaken; OfficerExists.
    """
    return _invite(
        services.agency(agency_key).key,
        None,
        email=email,
        full_name=full_name,
        id_number=id_number,
        title=title,
        roles=[Role.ADMIN],
        unit_id=None,
        now=now,
    )


def _invite(
    agency_key: str,
    actor: Seat | None,
    *,
    email: str,
    full_name: str,
    id_number: str,
    title: str,
    roles: Sequence[str],
    unit_id: str | None,
    now: datetime,
) -> Seat:
    _check(roles)
    user = officers.invite(
        email=email, full_name=full_name, id_number=id_number, is_demo=False, now=now
    )
    seat = Seat.objects.create(
        user_id=user.id,
        agency_id=agency_key,
        title=title,
        roles=sorted(set(roles)),
        unit=_unit(agency_key, unit_id),
    )
    note(seat=seat, actor=actor, what=What.INVITED, data=_facts(seat), now=now)
    return seat


@db.transaction()
def invite_again(*, actor_id: str, officer_id: str, now: datetime) -> Seat:
    """Mail a new invitation; the old one is void. Errors: NotFound; AlreadyAccepted; CodesSpent."""
    admin = as_admin(actor_id)
    seat = _colleague(admin, officer_id)
    officers.invite_again(user_id=seat.user_id, now=now)
    note(seat=seat, actor=admin, what=What.INVITED_AGAIN, data={}, now=now)
    return seat


@db.transaction()
def accept(*, code: str, password: str, totp_code: str, now: datetime) -> Seat:
    """Open an account by its invitation. Errors: those of `officers.accept`."""
    user_id = officers.accept(code=code, password=password, totp_code=totp_code, now=now)
    seat = offices.seat(user_id)
    note(seat=seat, actor=seat, what=What.ACCEPTED, data={}, now=now)
    return seat


@db.transaction()
def change(
    *,
    actor_id: str,
    officer_id: str,
    expected_version: int,
    changes: dict[str, Any],
    now: datetime,
) -> Seat:
    """Change title, unit or roles of a colleague's seat; it holds from the next request on.

    Shape: changes maps `title`, `roles` and `unit_id` to new values; what is missing stays.
    Errors: NotYourRole; NotFound; OwnSeat; StaleVersion; RolesDoNotFit; Invalid.
    """
    admin = as_admin(actor_id)
    seat = _colleague(admin, officer_id)
    check_version(seat.version, expected_version)
    before = _facts(seat)
    seat.title = changes.get("title", seat.title)
    if "roles" in changes:
        _check(changes["roles"])
        seat.roles = sorted(set(changes["roles"]))
    if "unit_id" in changes:
        seat.unit = _unit(seat.agency_id, changes["unit_id"])
    seat.version += 1
    seat.save(update_fields=["title", "roles", "unit", "version"])
    data = {"before": before, "after": _facts(seat)}
    note(seat=seat, actor=admin, what=What.CHANGED, data=data, now=now)
    return seat


@db.transaction()
def reset_factor(*, actor_id: str, officer_id: str, now: datetime) -> Seat:
    """Take a lost second factor away, and the password with it; the officer is invited anew.

    Every sign-in of the officer ends at once. Errors: NotYourRole; NotFound; OwnSeat; CodesSpent.
    """
    admin = as_admin(actor_id)
    seat = _colleague(admin, officer_id)
    officers.reset(user_id=seat.user_id, now=now)
    note(seat=seat, actor=admin, what=What.FACTOR_RESET, data={}, now=now)
    return seat


@db.transaction()
def leave(*, actor_id: str, officer_id: str, expected_version: int, now: datetime) -> None:
    """End a seat and the account behind it; the very next request with any token is refused.

    Errors: NotYourRole; NotFound; OwnSeat, so that an agency keeps its last admin; StaleVersion.
    """
    admin = as_admin(actor_id)
    seat = _colleague(admin, officer_id)
    check_version(seat.version, expected_version)
    seat.active, seat.ended_at = False, now
    seat.version += 1
    seat.save(update_fields=["active", "ended_at", "version"])
    Delegation.objects.filter(giver=seat, ends_at__gt=now, ended_at=None).update(ended_at=now)
    Delegation.objects.filter(receiver=seat, ends_at__gt=now, ended_at=None).update(ended_at=now)
    officers.close(user_id=seat.user_id, now=now)
    note(seat=seat, actor=admin, what=What.ENDED, data=_facts(seat), now=now)


@db.transaction_required
def as_admin(actor_id: str) -> Seat:
    """Return the seat of an agency's admin, with every admin seat of that agency locked.

    So two admins who end each other at the same moment leave one of them. Errors: Forbidden;
    NotYourRole.
    """
    agency_key = offices.seat(actor_id).agency_id
    admins = db.lock(
        Seat.objects.filter(agency_id=agency_key, active=True, roles__contains=[Role.ADMIN])
    ).order_by("id")
    found = next((seat for seat in admins if seat.user_id == actor_id), None)
    if found is None:
        raise NotYourRole(needed=str(Role.ADMIN))
    return found


@db.transaction_required
def note(*, seat: Seat, actor: Seat | None, what: str, data: dict[str, Any], now: datetime) -> None:
    """Keep what was done to a seat. `actor` None is whoever operates the server."""
    record(agency_key=seat.agency_id, seat=seat, actor=actor, what=what, data=data, now=now)


@db.transaction_required
def record(
    *,
    agency_key: str,
    seat: Seat | None,
    actor: Seat | None,
    what: str,
    data: dict[str, Any],
    now: datetime,
) -> None:
    """Keep what was done at an agency: append-only, read by its admins and auditors."""
    SeatEvent.objects.create(
        agency_id=agency_key,
        seat=seat,
        what=what,
        actor_id=actor.user_id if actor else "",
        actor_label=actor.title if actor else OPERATOR,
        data=data,
        at=now,
    )


def _colleague(admin: Seat, officer_id: str) -> Seat:
    if officer_id == admin.user_id:
        raise OwnSeat
    found = db.lock(
        Seat.objects.filter(user_id=officer_id, agency_id=admin.agency_id, active=True)
    ).first()
    if found is None:
        raise NotFound
    return found


def _check(roles: Sequence[str]) -> None:
    if not rules.fit_together(roles):
        raise RolesDoNotFit


def _unit(agency_key: str, unit_id: str | None) -> Unit | None:
    if unit_id is None:
        return None
    found = db.lock(Unit.objects.filter(id=unit_id, agency_id=agency_key, active=True)).first()
    if found is None:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_unit",
                    "unit_id",
                    "Không có bộ phận này ở cơ quan",
                    "The agency has no such unit",
                    "/unit_id",
                )
            ]
        )
    return found


def _facts(seat: Seat) -> dict[str, Any]:
    return {"title": seat.title, "roles": list(seat.roles), "unit_id": seat.unit_id}
