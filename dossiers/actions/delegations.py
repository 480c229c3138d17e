"""Lending the roles of a seat during leave (ủy quyền), and ending that early."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from dossiers.actions import seats
from dossiers.actions.seats import OwnSeat, RolesDoNotFit
from dossiers.models import Delegation, Seat, SeatEvent
from dossiers.queries import offices
from dossiers.queries.offices import NotYourRole
from dossiers.rules import seats as rules
from dossiers.rules.seats import Role

LONGEST = timedelta(days=180)
BACKDATED = timedelta(minutes=10)
MAX_OPEN = 20


class RolesNotLendable(Refusal):
    code = "roles_not_lendable"
    status = 400
    title_vi = "Chỉ ủy quyền được vai trò nghiệp vụ mà người ủy quyền đang giữ"
    title_en = "Only working roles that the giver holds may be lent"


class TooManyDelegations(Refusal):
    code = "too_many_delegations"
    status = 409
    title_vi = "Cán bộ này đang có quá nhiều ủy quyền"
    title_en = "This officer has too many delegations"
    detail_vi = "Tối đa {limit} ủy quyền chưa kết thúc."
    detail_en = "At most {limit} that have not ended."
    members = ("limit",)


class DelegationOver(Refusal):
    code = "delegation_over"
    status = 409
    title_vi = "Ủy quyền đã kết thúc"
    title_en = "The delegation is over"


@db.transaction()
def make(
    *,
    actor_id: str,
    giver_id: str,
    receiver_id: str,
    roles: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> Delegation:
    """Lend roles of one seat to another of the same agency, from `starts_at` until `ends_at`.

    The officers themselves lend what is theirs; the agency's admin lends for others, never to
    themselves. Errors: Forbidden; NotYourRole; NotFound; OwnSeat; Invalid; RolesNotLendable;
    RolesDoNotFit for an auditor; TooManyDelegations.
    """
    actor = offices.seat(actor_id)
    if giver_id != actor_id:
        actor = seats.as_admin(actor_id)
        if receiver_id == actor_id:
            raise OwnSeat
    wanted = Seat.objects.filter(
        agency_id=actor.agency_id, active=True, user_id__in=[giver_id, receiver_id]
    )
    found = {seat.user_id: seat for seat in db.lock(wanted).order_by("id")}
    if {giver_id, receiver_id} - set(found):
        raise NotFound
    giver, receiver = found[giver_id], found[receiver_id]
    _check_times(starts_at, ends_at, now)
    if giver == receiver:
        raise _bad("receiver_id", "Không ủy quyền cho chính mình", "Not to oneself")
    if not roles or not set(roles) <= set(giver.roles) & rules.LENDABLE:
        raise RolesNotLendable
    if Role.AUDITOR in receiver.roles:
        raise RolesDoNotFit
    if Delegation.objects.filter(giver=giver, ended_at=None, ends_at__gt=now).count() >= MAX_OPEN:
        raise TooManyDelegations(limit=MAX_OPEN)
    row = Delegation.objects.create(
        agency_id=actor.agency_id,
        giver=giver,
        receiver=receiver,
        roles=sorted(set(roles)),
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
    )
    _record(actor, row, SeatEvent.What.DELEGATED, now)
    return row


@db.transaction()
def end(*, actor_id: str, delegation_id: str, expected_version: int, now: datetime) -> None:
    """End a lending before its time; the receiver's very next request goes without it.

    By who lent, or the agency's admin. Errors: NotFound; NotYourRole for the receiver;
    StaleVersion; DelegationOver.
    """
    actor = offices.seat(actor_id)
    row = (
        db.lock(Delegation.objects.filter(id=delegation_id, agency_id=actor.agency_id))
        .select_related("giver", "receiver")
        .first()
    )
    is_admin = Role.ADMIN in actor.roles
    if row is None or not (is_admin or actor.id in {row.giver_id, row.receiver_id}):
        raise NotFound
    if not (is_admin or actor.id == row.giver_id):
        raise NotYourRole(needed=str(Role.ADMIN))
    check_version(row.version, expected_version)
    if row.ended_at is not None or row.ends_at <= now:
        raise DelegationOver
    row.ended_at = now
    row.version += 1
    row.save(update_fields=["ended_at", "version"])
    _record(actor, row, SeatEvent.What.DELEGATION_ENDED, now)


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at or ends_at <= now:
        raise _bad("ends_at", "Phải sau lúc bắt đầu và sau bây giờ", "Must be later")
    if starts_at < now - BACKDATED:
        raise _bad("starts_at", "Không ủy quyền lùi ngày", "Not in the past")
    if ends_at - starts_at > LONGEST:
        raise _bad("ends_at", "Tối đa 180 ngày", "At most 180 days")


def _bad(name: str, vi: str, en: str) -> Invalid:
    return Invalid(errors=[FieldError("invalid", name, vi, en, f"/{name}")])


def _record(actor: Seat, row: Delegation, what: str, now: datetime) -> None:
    seats.record(
        agency_key=row.agency_id,
        seat=row.giver,
        actor=actor,
        what=what,
        data={
            "delegation_id": row.id,
            "receiver_id": row.receiver.user_id,
            "roles": row.roles,
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
        },
        now=now,
    )
