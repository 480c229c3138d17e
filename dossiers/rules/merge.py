"""Three-way merge of a draft: what one phone changed, what was saved elsewhere meanwhile. Pure.

A field is the unit, also where its value is an object or a list: an address merged from two halves
would be an address that nobody wrote.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Final


class Untouched:
    """Nobody typed anything into the field: it shows what is known, or nothing."""

    def __repr__(self) -> str:
        return "UNTOUCHED"


UNTOUCHED: Final = Untouched()
"""The value of a field that is not among the answers; `None` is one emptied on purpose."""


@dataclasses.dataclass(frozen=True)
class Conflict:
    """A field that both sides changed, to different values. `base` is UNTOUCHED if unknown."""

    field: str
    base: Any
    yours: Any
    theirs: Any


@dataclasses.dataclass(frozen=True)
class Merge:
    """What becomes of a change.

    `clean` holds, of the change, what applies without anybody being overruled, as value, None or
    UNTOUCHED (a reset); `elsewhere` names the fields that only the other side changed.
    """

    clean: dict[str, Any]
    conflicts: tuple[Conflict, ...]
    elsewhere: tuple[str, ...]


def changes(answers: Mapping[str, Any], reset: Collection[str]) -> dict[str, Any]:
    """Return a change as one mapping: a reset makes a field untouched unless it is answered too."""
    return {**dict.fromkeys(reset, UNTOUCHED), **answers}


def merge(
    base: Mapping[str, Any] | None, yours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Merge:
    """Return how the change `yours`, made to `base`, meets what the form says by now.

    Shape: base and theirs are whole answers, yours only what changed (see `changes`). Without a
    base nobody knows who changed what: every difference is a conflict, and `elsewhere` is empty.
    """
    clean: dict[str, Any] = {}
    conflicts = []
    for field in sorted(yours):
        mine, now = yours[field], theirs.get(field, UNTOUCHED)
        before = UNTOUCHED if base is None else base.get(field, UNTOUCHED)
        if same(mine, now):
            continue
        if base is not None and same(now, before):
            clean[field] = mine
        elif base is None or not same(mine, before):
            conflicts.append(Conflict(field, before, mine, now))
    elsewhere = (
        ()
        if base is None
        else tuple(
            field
            for field in sorted({*base, *theirs})
            if not same(base.get(field, UNTOUCHED), theirs.get(field, UNTOUCHED))
        )
    )
    return Merge(clean, tuple(conflicts), elsewhere)


def apply(answers: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers with a change made to them."""
    result = {**answers, **change}
    return {field: value for field, value in result.items() if value is not UNTOUCHED}


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; `true` is not 1, and `1.0` is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
