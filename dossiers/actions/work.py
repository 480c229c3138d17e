"""Whose work a dossier is, and who is in it now.

# Note [Two hands]
An assignment answers whose work it is: it lasts for days and belongs to one agency. A lease answers
who is in it at this moment: it lasts minutes, ends by itself and holds for everybody. A handler's
move is refused while the work is assigned to another handler; the counter's and the approver's
moves are not, since handing over and signing are theirs whoever prepared it. Any officer's move is
refused while somebody else has the dossier open. Citizens and the system are never held up.
"""

from datetime import datetime, timedelta

from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal
from dossiers.actions import moves
from dossiers.actions.who import NotYourRole
from dossiers.models import Assignment, AssignmentEvent, Dossier, Lease, Seat
from dossiers.queries import desk, offices
from dossiers.rules import states
from dossiers.rules.calendar import HCM
from dossiers.rules.states import Actor, State

LEASE = timedelta(minutes=10)
WORKERS = frozenset({"reception", "handler", "approver"})
GIVERS = frozenset({"approver", "admin"})

Act = AssignmentEvent.Act


class AssignedToAnother(Refusal):
    code = "assigned_to_another"
    status = 409
    title_vi = "Hồ sơ đang được giao cho người khác"
    title_en = "The dossier is somebody else's work"
    detail_vi = "Người đang giữ: {holder}. Hãy nhận hồ sơ trước khi thao tác."
    detail_en = "It is with {holder}. Take it first."
    members = ("holder", "seat_id")


class AssignmentChanged(Refusal):
    code = "assignment_changed"
    status = 409
    title_vi = "Việc phân công đã thay đổi"
    title_en = "Whose work it is has changed"
    detail_vi = "Hãy tải lại để xem ai đang giữ hồ sơ."
    detail_en = "Load it again to see whose work it is now."
    members = ("holder", "seat_id")


class LockedByAnother(Refusal):
    code = "locked_by_another"
    status = 409
    title_vi = "Có người đang mở hồ sơ này"
    title_en = "Somebody has this dossier open"
    detail_vi = "{holder} đang mở đến {hour}."
    detail_en = "{holder} has it open until {hour}."
    members = ("holder", "until")


# --- whose work ---------------------------------------------------------------------------------


@db.transaction()
def assign(
    *,
    officer_id: str,
    dossier_id: str,
    assignee: int | None,
    expected_assignee: int | None,
    expected_state: int,
    now: datetime,
) -> Dossier:
    """Make a dossier somebody's work in the officer's own agency; None makes it nobody's.

    Whoever works takes for themselves, also from a colleague whom they name as the present holder;
    approvers and administrators give to others; the holder and they release.
    Errors: NotFound; StateChanged; AssignmentChanged with the present holder; NotYourRole; Invalid
    when the assignee has no working seat here.
    """
    seat = offices.seat(officer_id, now=now)
    dossier = locked(seat, dossier_id, expected_state)
    current = _current(dossier, seat.agency_id)
    holder = current.seat if current else None
    if (holder.pk if holder else None) != expected_assignee:
        raise AssignmentChanged(holder=_title(holder), seat_id=_id(holder))
    if assignee == expected_assignee:
        return dossier
    if assignee is None:
        _refuse_unless(holder == seat or bool(GIVERS & offices.roles(seat)), "approver")
        _hand(dossier, seat, Act.RELEASE, holder, None, now)
        return dossier
    if assignee == seat.pk:
        _refuse_unless(bool(WORKERS & offices.roles(seat)), "handler")
        _hand(dossier, seat, Act.TAKE, holder, seat, now)
        return dossier
    _refuse_unless(bool(GIVERS & offices.roles(seat)), "approver")
    _hand(dossier, seat, Act.GIVE, holder, _colleague(seat, assignee, dossier), now)
    return dossier


def _colleague(seat: Seat, seat_id: int, dossier: Dossier) -> Seat:
    """Return a working seat of the same agency, not the person whose dossier it is."""
    found = Seat.objects.filter(pk=seat_id, agency=seat.agency_id, active=True).first()
    if found is None or not WORKERS & set(found.roles) or found.user_id == dossier.citizen_id:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_seat",
                    "assignee",
                    "Không phải vị trí thụ lý đang hoạt động của cơ quan này",
                    "Not a working seat of this agency",
                    pointer="/assignee",
                )
            ]
        )
    return found


@db.transaction_required
def _hand(
    dossier: Dossier,
    by: Seat,
    act: AssignmentEvent.Act,
    holder: Seat | None,
    to: Seat | None,
    now: datetime,
) -> None:
    Assignment.objects.filter(dossier=dossier, agency=by.agency_id).delete()
    if to is not None:
        Assignment.objects.create(dossier=dossier, agency_id=by.agency_id, seat=to, since=now)
    _log(dossier, by.agency_id, act, by=by, before=holder, after=to, now=now)


@db.transaction_required
def leave(*, dossier: Dossier, agency_key: str, by: Seat, now: datetime) -> None:
    """End the assignment in an agency that the locked dossier leaves."""
    if agency_key in {
        dossier.receiving_agency_id,
        dossier.competent_agency_id,
        dossier.helping_agency_id,
    }:
        return
    current = _current(dossier, agency_key)
    if current is not None:
        Assignment.objects.filter(pk=current.pk).delete()
        _log(dossier, agency_key, Act.LEFT, by=by, before=current.seat, after=None, now=now)


# --- who is in it -------------------------------------------------------------------------------


@db.transaction()
def open_lease(
    *, officer_id: str, dossier_id: str, expected_state: int, take_over: bool, now: datetime
) -> Dossier:
    """Have a dossier open for `LEASE`, or longer: the holder renews it by the same call.

    Errors: NotFound; StateChanged; NotYourRole without a working role; LockedByAnother unless it is
    taken over, which is logged.
    """
    seat = offices.seat(officer_id, now=now)
    dossier = locked(seat, dossier_id, expected_state)
    _refuse_unless(bool(WORKERS & offices.roles(seat)), "handler")
    other = _other(dossier, seat, now)
    if other is not None:
        if not take_over:
            raise _locked_by(other)
        _log(
            dossier,
            seat.agency_id,
            Act.TAKE_OVER,
            by=seat,
            before=other.seat,
            after=seat,
            now=now,
        )
    Lease.objects.update_or_create(dossier=dossier, defaults={"seat": seat, "until": now + LEASE})
    return dossier


@db.transaction()
def close_lease(*, officer_id: str, dossier_id: str, expected_state: int, now: datetime) -> Dossier:
    """Let others in before the lease ends by itself. Errors: NotFound; StateChanged."""
    seat = offices.seat(officer_id, now=now)
    dossier = locked(seat, dossier_id, expected_state)
    Lease.objects.filter(dossier=dossier, seat=seat).delete()
    return dossier


@db.transaction_required
def prolong(dossier: Dossier, seat: Seat, *, now: datetime) -> None:
    """Lengthen one's own running lease by looking or writing; without one nothing happens."""
    Lease.objects.filter(dossier=dossier, seat=seat, until__gt=now).update(until=now + LEASE)


# --- what a move asks ---------------------------------------------------------------------------


@db.transaction_required
def admit(dossier: Dossier, seat: Seat, move: str, *, now: datetime) -> None:
    """Let a move that an officer may make now pass, and end the officer's own lease by it.

    Errors: AssignedToAnother; LockedByAnother. See Note [Two hands].
    """
    admit_as(dossier, seat, _actor(dossier, seat, move), now=now)


@db.transaction_required
def admit_as(dossier: Dossier, seat: Seat, actor: Actor, *, now: datetime) -> None:
    """Let an officer act in a role who may, and end their own lease by it. Errors: as `admit`."""
    if actor == Actor.HANDLER:
        current = _current(dossier, seat.agency_id)
        if current is not None and current.seat_id != seat.pk:
            raise AssignedToAnother(holder=_title(current.seat), seat_id=_id(current.seat))
    other = _other(dossier, seat, now)
    if other is not None:
        raise _locked_by(other)
    Lease.objects.filter(dossier=dossier).delete()


def _actor(dossier: Dossier, seat: Seat, move: str) -> Actor:
    """Return the role in which an officer makes a move."""
    if move in desk.STAYING:
        _, whose = desk.STAYING[move]
        in_turn = (Actor.APPROVER, Actor.RECEPTION, Actor.HANDLER)
        return next(one for one in in_turn if one in whose and one in offices.actors(seat))
    came_from = State(dossier.came_from) if dossier.came_from is not None else None
    return states.edge(move, State(dossier.state), came_from=came_from).actor


@db.transaction_required
def locked(seat: Seat, dossier_id: str, expected_state: int) -> Dossier:
    """Return a dossier of the seat's agency with its row locked, in the state that was seen.

    Errors: NotFound; StateChanged.
    """
    dossier = moves.locked(dossier_id)
    if not offices.visible(seat).filter(id=dossier_id).exists():
        raise NotFound
    if dossier.state != expected_state:
        raise moves.StateChanged(current_state=dossier.state)
    return dossier


def _current(dossier: Dossier, agency_key: str) -> Assignment | None:
    return (
        Assignment.objects.filter(dossier=dossier, agency=agency_key)
        .select_related("seat")
        .order_by("id")
        .first()
    )


def _other(dossier: Dossier, seat: Seat, now: datetime) -> Lease | None:
    running = Lease.objects.filter(dossier=dossier, until__gt=now).exclude(seat=seat)
    return running.select_related("seat").order_by("dossier").first()


def _locked_by(lease: Lease) -> LockedByAnother:
    return LockedByAnother(
        holder=lease.seat.title, until=lease.until, hour=f"{lease.until.astimezone(HCM):%H:%M}"
    )


def _title(holder: Seat | None) -> str | None:
    return holder.title if holder else None


def _id(holder: Seat | None) -> str | None:
    return str(holder.pk) if holder else None


def _refuse_unless(allowed: bool, needed: str) -> None:
    if not allowed:
        raise NotYourRole(needed=needed)


@db.transaction_required
def _log(
    dossier: Dossier,
    agency_key: str,
    act: AssignmentEvent.Act,
    *,
    by: Seat,
    before: Seat | None,
    after: Seat | None,
    now: datetime,
) -> None:
    AssignmentEvent.objects.create(
        dossier=dossier,
        agency_id=agency_key,
        act=act,
        from_seat=before,
        to_seat=after,
        by_seat=by,
        at=now,
    )
