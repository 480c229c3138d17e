"""Where an officer sits, with which roles at a moment, and what may be seen from there."""

from datetime import datetime

from django.db.models import Q, QuerySet

from citizens import queries as citizens
from common.errors import Forbidden, Refusal
from dossiers.models import Delegation, Dossier, DossierPerson, Seat
from dossiers.rules import seats, views
from dossiers.rules.seats import Role
from dossiers.rules.states import Actor, State
from dossiers.rules.views import Part, Side, Stage


class NotYourRole(Refusal):
    code = "not_your_role"
    status = 403
    title_vi = "Vai trò của bạn không được thực hiện bước này"
    title_en = "Your role may not make this move"
    detail_vi = "Bước này thuộc vai trò {needed}."
    detail_en = "This move belongs to the role {needed}."
    members = ("needed",)


class NoDossierRole(Refusal):
    code = "no_dossier_role"
    status = 403
    title_vi = "Vai trò của bạn không xem hồ sơ"
    title_en = "Your roles open no dossiers"


def seat(user_id: str, *, now: datetime | None = None) -> Seat:
    """Return the seat of an officer, with the roles lent to it at `now`; without it, none are.

    Errors: Forbidden for somebody who has none or left.
    """
    found = Seat.objects.filter(user_id=user_id, active=True).first()
    if found is None:
        raise Forbidden
    if now is not None:
        found.lent = tuple(lent_to(found, now=now))
    return found


def holds_seat(user_id: str) -> bool:
    """Return whether somebody is in office."""
    return Seat.objects.filter(user_id=user_id, active=True).exists()


def lent_to(seat: Seat, *, now: datetime) -> QuerySet[Delegation]:
    """Return the delegations in force for a seat: by the clock, not ended, the giver in office."""
    return (
        in_force(now=now)
        .filter(receiver=seat, giver__agency_id=seat.agency_id)
        .select_related("giver")
        .order_by("id")
    )


def in_force(*, now: datetime) -> QuerySet[Delegation]:
    """Return the delegations that hold at a moment; the end is exclusive."""
    return Delegation.objects.filter(
        starts_at__lte=now, ends_at__gt=now, ended_at=None, giver__active=True
    )


def lent_roles(seat: Seat, delegation: Delegation) -> frozenset[str]:
    """Return what one delegation adds to the seat's own roles."""
    return seats.lent(seat.roles, delegation.giver.roles, delegation.roles)


def roles(seat: Seat) -> frozenset[str]:
    """Return the seat's own roles and those lent to it."""
    return frozenset(seat.roles).union(*(lent_roles(seat, one) for one in seat.lent))


def actors(seat: Seat) -> frozenset[Actor]:
    """Return as what a seat may move dossiers."""
    return frozenset(Actor(role) for role in roles(seat) if role in seats.WORKING)


def require(seat: Seat, *needed: Role) -> None:
    """Refuse a seat that has none of these roles of its own. Errors: NotYourRole."""
    if not set(needed) & set(seat.roles):
        raise NotYourRole(needed=str(needed[0]))


def visible(seat: Seat) -> QuerySet[Dossier]:
    """Return the dossiers of the agency: as the helping, receiving or competent one.

    Nobody sees a dossier of their own from the desk: not one that they filed with their citizen's
    account, nor one that names their number. Errors: NoDossierRole.
    """
    if not seats.reads_dossiers(roles(seat)):
        raise NoDossierRole
    agency = seat.agency_id
    about_me = DossierPerson.objects.filter(person_index__in=citizens.officer_digest(seat.user_id))
    return (
        Dossier.objects.filter(
            Q(receiving_agency=agency) | Q(competent_agency=agency) | Q(helping_agency=agency)
        )
        .exclude(citizen_id__in=citizens.accounts_of_same_person(seat.user_id).values("id"))
        .exclude(id__in=about_me.values("dossier_id"))
    )


def sides(seat: Seat, row: Dossier) -> frozenset[Side]:
    """Return as what the seat's agency stands on a dossier."""
    return frozenset(
        side
        for side, key in (
            (Side.HELPING, row.helping_agency_id),
            (Side.RECEIVING, row.receiving_agency_id),
            (Side.COMPETENT, row.competent_agency_id),
        )
        if key == seat.agency_id
    )


def stage(row: Dossier) -> Stage:
    """Return how far a dossier is, as far as its agencies are concerned."""
    came_from = State(row.came_from) if row.came_from is not None else None
    return views.stage(State(row.state), came_from=came_from, received=row.received_at is not None)


def parts(seat: Seat, row: Dossier) -> frozenset[Part]:
    """Return which parts of a dossier are shown to a seat."""
    return views.parts(sides(seat, row), stage(row))


def may_act(seat: Seat, row: Dossier) -> frozenset[Actor]:
    """Return as what a seat may move this dossier: its roles, as far as its agency's part goes."""
    return actors(seat) & views.actors(sides(seat, row), stage(row))
