"""When saying nothing is an answer (im lặng là đồng ý). Pure.

Silence counts only where a law of the procedure says so; without such a rule it says nothing,
however long it lasts. None of the procedures shipped has a source for one, so none carries one.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from dossiers.rules import deadlines
from dossiers.rules.calendar import Calendar
from dossiers.rules.deadlines import Limit

MEANINGS = frozenset({"agreed", "refused"})


@dataclasses.dataclass(frozen=True)
class Silence:
    """What silence means, and the law that says so. `limit` is set for a body that is asked for
    its opinion; for the dossier itself the promise is the limit.
    """

    means: str
    source: str
    limit: Limit | None = None


def rule(data: Mapping[str, Any] | None) -> Silence | None:
    """Return the rule that a procedure carries as `{means, source, limit?}`; None without one.

    A rule that names no law, or means nothing known, is no rule.
    """
    if not data or data.get("means") not in MEANINGS or not str(data.get("source", "")).strip():
        return None
    limit = data.get("limit")
    return Silence(data["means"], data["source"], Limit(**limit) if limit else None)


def speaks_at(
    silence: Silence | None, asked_at: datetime.datetime, calendar: Calendar
) -> datetime.datetime | None:
    """Return the moment from which a consulted body's silence is its answer; None when never.

    Errors: CalendarMissing.
    """
    if silence is None or silence.limit is None:
        return None
    return deadlines.due_at(asked_at, silence.limit, calendar)


def answer(
    silence: Silence | None,
    *,
    asked_at: datetime.datetime,
    answered_at: datetime.datetime | None,
    now: datetime.datetime,
    calendar: Calendar,
) -> str | None:
    """Return what a body's silence means at `now`: "agreed", "refused", or None for nothing.

    An answer in time speaks for itself; one that comes after the moment comes too late.
    """
    moment = speaks_at(silence, asked_at, calendar)
    if silence is None or moment is None or (answered_at or now) <= moment:
        return None
    return silence.means
