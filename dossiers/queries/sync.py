"""The part of drafts and dossiers in what a phone keeps: those named that are still there."""

import dataclasses
from collections.abc import Collection

from dossiers.models import Draft
from dossiers.queries import mine
from dossiers.queries.mine import Listed


@dataclasses.dataclass(frozen=True)
class Part:
    drafts: tuple[Draft, ...]
    dossiers: tuple[Listed, ...]


def part_of(citizen_id: str, *, draft_ids: Collection[str], dossier_ids: Collection[str]) -> Part:
    """Return those of these drafts and dossiers that the citizen has: four reads at most."""
    drafts = (
        list(mine.drafts(citizen_id).filter(client_id__in=draft_ids).order_by("id"))
        if draft_ids
        else []
    )
    rows = (
        list(mine.dossiers(citizen_id).filter(id__in=dossier_ids).order_by("id"))
        if dossier_ids
        else []
    )
    return Part(tuple(drafts), tuple(mine.listed(rows)))
