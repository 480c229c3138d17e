"""Who acts for whom: what both sides, and the one invited, may see of it."""

from datetime import datetime

from django.db.models import Q, QuerySet

from citizens import queries as citizens
from common.errors import NotFound
from dossiers.models import Representation, RepresentationEvent

State = Representation.State
LIVE = (State.INVITED, State.ACTIVE)


def reachable(citizen_id: str) -> Q:
    """Return the drafts that a person owns or holds."""
    return Q(citizen_id=citizen_id) | Q(holder_id=citizen_id)


def _invited(citizen_id: str) -> Q:
    return Q(state=State.INVITED, invited_index__in=citizens.contact_indexes(citizen_id))


def mine(citizen_id: str, role: str | None) -> QuerySet[Representation]:
    """Return the representations of a person, as `principal`, `representative` or `invited`."""
    wanted = {
        "principal": lambda: Q(principal_id=citizen_id),
        "representative": lambda: Q(representative_id=citizen_id),
        "invited": lambda: _invited(citizen_id),
    }
    condition = Q()
    for name, clause in wanted.items():
        if role in {None, name}:
            condition |= clause()
    return _shown(Representation.objects.filter(condition))


def one(citizen_id: str, representation_id: str) -> Representation:
    """Return one representation for either side or the one invited. Errors: NotFound."""
    row = mine(citizen_id, None).filter(id=representation_id).first()
    if row is None:
        raise NotFound
    return row


def party(citizen_id: str, representation_id: str) -> Representation:
    """Return one for its principal or its present representative. Errors: NotFound."""
    row = _shown(
        Representation.objects.filter(
            Q(principal_id=citizen_id) | Q(representative_id=citizen_id, state=State.ACTIVE),
            id=representation_id,
        )
    ).first()
    if row is None:
        raise NotFound
    return row


def acting(citizen_id: str, representation_id: str, *, now: datetime) -> Representation:
    """Return one with a dossier for the representative whose right lasts. Errors: NotFound."""
    row = Representation.objects.filter(
        id=representation_id,
        representative_id=citizen_id,
        state=State.ACTIVE,
        dossier__isnull=False,
        valid_until__gt=now,
    ).first()
    if row is None:
        raise NotFound
    return row


def events(citizen_id: str, representation_id: str) -> QuerySet[RepresentationEvent]:
    """Return what was done under a representation, for its two sides. Errors: NotFound."""
    party(citizen_id, representation_id)
    return RepresentationEvent.objects.filter(representation_id=representation_id)


def due(now: datetime) -> QuerySet[Representation]:
    """Return what should have ended by now."""
    return Representation.objects.filter(
        Q(state=State.INVITED, answer_until__lte=now) | Q(state__in=LIVE, valid_until__lte=now)
    )


def _shown(rows: QuerySet[Representation]) -> QuerySet[Representation]:
    return rows.select_related(
        "draft", "draft__service_version", "principal", "representative"
    ).defer("draft__answers", "draft__offers", "draft__carried")
