"""Who may act for the citizen on a dossier that was filed: the citizen, or their representative."""

import dataclasses
from datetime import datetime

from common import db
from common.errors import NotFound
from dossiers.actions import representing
from dossiers.actions import who as people
from dossiers.actions.who import Who
from dossiers.models import Dossier, Representation


@dataclasses.dataclass(frozen=True)
class Hand:
    """A dossier in somebody's hand. `representation` is None when it is the citizen's own."""

    dossier: Dossier
    who: Who
    representation: Representation | None


def find(*, user_id: str, dossier_id: str, now: datetime, locked: bool) -> Hand:
    """Return a dossier for its citizen, or for a representative whose right lasts.

    Shape: locked holds the dossier and the right to act until the caller's commit, so that nobody
    acts under a right that is being taken back. Errors: NotFound for everybody else.
    """
    rows = Dossier.objects.filter(id=dossier_id)
    dossier = (db.lock(rows) if locked else rows).first()
    if dossier is None:
        raise NotFound
    if dossier.citizen_id == user_id:
        return Hand(dossier, people.citizen(user_id), None)
    rights = Representation.objects.filter(
        dossier=dossier,
        representative_id=user_id,
        state=Representation.State.ACTIVE,
        valid_until__gt=now,
    ).select_related("draft")
    right = (db.lock(rights) if locked else rights).first()
    if right is None:
        raise NotFound
    return Hand(dossier, people.representative(user_id), right)


@db.transaction_required
def looked(hand: Hand, *, now: datetime) -> None:
    """Leave a row for the citizen when a representative looked."""
    if hand.representation is not None:
        representing.dossier_shown(hand.representation, now=now)


@db.transaction_required
def acted(hand: Hand, kind: str, *, now: datetime, fields: tuple[str, ...] = ()) -> None:
    """Write down what a representative did with the dossier, and tell its citizen at once."""
    row = hand.representation
    if row is None:
        return
    looked(hand, now=now)
    row.version += 1
    row.save(update_fields=["version"])
    representing.record(
        row, kind, by="representative", actor_id=hand.who.id, now=now, fields=fields
    )
    representing.tell(row, f"represented_{kind}", to=row.principal_id, now=now)
