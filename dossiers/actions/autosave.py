"""Earlier contents of a draft, and the answer to a phone that saves over one it did not see."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from common import db
from common.errors import StaleVersion
from dossiers.models import Draft, DraftVersion
from dossiers.rules import merge
from dossiers.rules.merge import UNTOUCHED, Conflict, Merge

KEPT_VERSIONS = 20
KEPT_FOR = timedelta(days=7)
BATCH = 1000
AGENCY = "receiving_agency"


@db.transaction_required
def remember(draft: Draft, *, now: datetime) -> None:
    """Keep what a locked draft holds before it is replaced by the next version."""
    DraftVersion.objects.create(
        draft=draft,
        first_version=draft.content_since,
        last_version=draft.version,
        answers=draft.answers,
        receiving_agency_id=draft.receiving_agency_id,
        replaced_at=now,
    )
    draft.content_since = draft.version + 1
    rows = DraftVersion.objects.filter(draft=draft).order_by("-last_version")
    over = list(rows.values_list("id", flat=True)[KEPT_VERSIONS:])
    if over:
        DraftVersion.objects.filter(id__in=over).delete()


def to_apply(
    draft: Draft,
    expected_version: int,
    *,
    change: Mapping[str, Any],
    receiving_agency: str | None,
    may_merge: bool,
) -> tuple[dict[str, Any], list[str], str | None]:
    """Return the answers, resets and agency that a change means for the draft as it is now.

    Shape: change maps fields to values, None or UNTOUCHED. Errors: StaleVersion when the draft
    moved on, unless the phone asked to merge and nobody is overruled.
    """
    wanted = dict(change)
    if receiving_agency is not None:
        wanted[AGENCY] = receiving_agency
    if draft.version != expected_version:
        met, base_known = meet(draft, expected_version, wanted)
        if not may_merge or not base_known or met.conflicts:
            raise stale(draft.version, met, base_known=base_known)
        wanted = dict(met.clean)
    agency = wanted.pop(AGENCY, None)
    answers = {name: value for name, value in wanted.items() if value is not UNTOUCHED}
    return answers, sorted(set(wanted) - set(answers)), agency


def meet(draft: Draft, expected_version: int, change: Mapping[str, Any]) -> tuple[Merge, bool]:
    """Return how a change made to an earlier version meets the draft, and whether that is kept.

    Shape: change maps fields to values, None or UNTOUCHED, the receiving agency among them.
    """
    base = _base(draft, expected_version)
    theirs = {**draft.answers, AGENCY: draft.receiving_agency_id}
    return merge.merge(base, change, theirs), base is not None


def _base(draft: Draft, version: int) -> dict[str, Any] | None:
    if draft.content_since <= version <= draft.version:
        return {**draft.answers, AGENCY: draft.receiving_agency_id}
    row = DraftVersion.objects.filter(
        draft=draft, first_version__lte=version, last_version__gte=version
    ).first()
    return None if row is None else {**row.answers, AGENCY: row.receiving_agency_id}


def stale(version: int, met: Merge, *, base_known: bool) -> StaleVersion:
    """Return the refusal that says what both sides changed and what may be sent again as it is."""
    clean = {name: value for name, value in met.clean.items() if name != AGENCY}
    return StaleVersion(
        version=version,
        more={
            "etag": f'"{version}"',
            "base_unknown": not base_known,
            "conflicts": [_conflict(one, base_known=base_known) for one in met.conflicts],
            "clean": {
                "answers": {k: v for k, v in clean.items() if v is not UNTOUCHED},
                "reset": [k for k, v in clean.items() if v is UNTOUCHED],
                AGENCY: met.clean.get(AGENCY),
            },
            "changed_elsewhere": list(met.elsewhere),
        },
    )


def _conflict(one: Conflict, *, base_known: bool) -> dict[str, Any]:
    pointer = f"/{AGENCY}" if one.field == AGENCY else f"/answers/{one.field}"
    return {
        "field": one.field,
        "pointer": pointer,
        "base": _side(one.base) if base_known else None,
        "yours": _side(one.yours),
        "theirs": _side(one.theirs),
    }


def _side(value: Any) -> dict[str, Any]:
    if value is UNTOUCHED:
        return {"kind": "untouched", "value": None}
    return {"kind": "emptied" if value is None else "typed", "value": value}


@db.transaction()
def forget(*, now: datetime) -> int:
    """Forget what was replaced too long ago; return how many versions went."""
    old = DraftVersion.objects.filter(replaced_at__lt=now - KEPT_FOR).order_by("id")
    return DraftVersion.objects.filter(id__in=old.values("id")[:BATCH]).delete()[0]
