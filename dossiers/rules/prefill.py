"""Which known facts fill which fields, and what the citizen may still change. Pure.

The values come from the citizen's vault under consent; which field means which fact is the
catalogue's. A value of another person is only offered by right of representation or consent: the
caller names such facts as `granted`, and nothing else about a third person is ever offered.
"""

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from common import facts
from common.errors import FieldError

ETHNICITY_SUFFIX = ".ethnicity"
REPRESENTATIVE_PREFIX = "representative."
AUTHORISED = "nguoi_duoc_uy_quyen"
"""How the official forms say that the applicant acts for the person concerned."""


class Rule(Protocol):
    """One field of a form and the fact that it names; see `services.queries.PrefillRule`."""

    @property
    def field(self) -> str: ...
    @property
    def fact(self) -> str: ...
    @property
    def when_fact(self) -> tuple[str, str] | None: ...
    @property
    def when_field(self) -> tuple[str, Any] | None: ...
    @property
    def third_party(self) -> bool: ...
    @property
    def never(self) -> bool: ...


class Known(Protocol):
    """A value the vault let out; see `citizens.actions.vault.Released`."""

    @property
    def value(self) -> Any: ...
    @property
    def source(self) -> str: ...
    @property
    def source_ref(self) -> str: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def verified(self) -> bool: ...


@dataclasses.dataclass(frozen=True)
class Offer:
    """A prefilled value with its provenance. `locked` means: only the identity can change it."""

    field: str
    fact: str
    value: Any
    source: str
    source_ref: str
    recorded_at: datetime
    verified: bool
    locked: bool
    aged: bool


def wanted(rules: Collection[Rule]) -> frozenset[str]:
    """Return the facts a form could use, with those its conditions look at."""
    keys = {rule.fact for rule in rules if rule.fact and not rule.never and not rule.third_party}
    keys |= {rule.when_fact[0] for rule in rules if rule.when_fact and not rule.never}
    return frozenset(keys)


def ethnicity(keys: Collection[str]) -> frozenset[str]:
    """Return the facts that need a consent of their own."""
    return frozenset(key for key in keys if key.endswith(ETHNICITY_SUFFIX))


def offers(
    rules: Collection[Rule],
    known: Mapping[str, Known],
    answers: Mapping[str, Any],
    *,
    now: datetime,
    granted: Collection[str] = (),
) -> dict[str, Offer]:
    """Return what may be filled in, by field.

    Shape: answers is what the citizen typed; a condition on a field looks there first and at an
    offered value second; granted are the facts about a third person that may be used.
    """
    result: dict[str, Offer] = {}
    conditional = sorted(rules, key=lambda rule: rule.when_field is not None)
    for rule in conditional:
        if rule.never or rule.fact not in known:
            continue
        if rule.third_party and rule.fact not in granted:
            continue
        if rule.when_fact is not None:
            key, value = rule.when_fact
            if key not in known or known[key].value != value:
                continue
        if rule.when_field is not None:
            name, value = rule.when_field
            seen = answers.get(name, result[name].value if name in result else None)
            if seen != value:
                continue
        found = known[rule.fact]
        result[rule.field] = Offer(
            field=rule.field,
            fact=rule.fact,
            value=found.value,
            source=found.source,
            source_ref=found.source_ref,
            recorded_at=found.recorded_at,
            verified=found.verified,
            locked=found.source == "identity",
            aged=_is_aged(rule.fact, found, now),
        )
    return result


def compose(answers: Mapping[str, Any], offered: Mapping[str, Offer]) -> dict[str, Any]:
    """Return the form as it stands: offered values under what the citizen typed.

    A field the citizen emptied on purpose (null) stays empty; a locked value always shows.
    """
    result = {name: offer.value for name, offer in offered.items()}
    for name, value in answers.items():
        if name in offered and offered[name].locked:
            continue
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def locked_failures(changes: Mapping[str, Any], offered: Mapping[str, Offer]) -> list[FieldError]:
    """Return a failure for every identity-backed value that a client tries to change."""
    return [
        FieldError(
            "identity_value_locked",
            name,
            "Giá trị này lấy từ danh tính đã xác thực, không sửa được ở đây",
            "This value comes from the proved identity and cannot be changed here",
            pointer=f"/answers/{name}",
        )
        for name, value in changes.items()
        if name in offered
        and offered[name].locked
        and not facts.same(offered[name].fact, value, offered[name].value)
    ]


def changed(
    shown: Mapping[str, Any], current: Mapping[str, Offer], answers: Mapping[str, Any]
) -> list[str]:
    """Return the fields whose prefilled value is no longer the one last shown.

    A field that the citizen filled in is not concerned, except where the identity decides.
    """
    result = []
    for name in sorted(set(shown) | set(current)):
        offer = current.get(name)
        if name in answers and not (offer is not None and offer.locked):
            continue
        if offer is None or name not in shown or shown[name] != offer.value:
            result.append(name)
    return result


def aged(
    current: Mapping[str, Offer], answers: Mapping[str, Any], confirmed: Collection[str]
) -> list[str]:
    """Return the fields with an old value that the citizen has not looked at again."""
    return sorted(
        name
        for name, offer in current.items()
        if offer.aged and name not in answers and name not in confirmed
    )


def provenance(
    composed: Mapping[str, Any], offered: Mapping[str, Offer], *, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return where each value of the form came from, as it is frozen at submission."""
    result = {}
    for name, value in composed.items():
        offer = offered.get(name)
        if offer is not None and offer.value == value:
            result[name] = {
                "source": offer.source,
                "source_ref": offer.source_ref,
                "recorded_at": offer.recorded_at.isoformat(),
                "verified": offer.verified,
            }
        else:
            result[name] = {
                "source": "typed",
                "source_ref": "",
                "recorded_at": now.isoformat(),
                "verified": False,
            }
    return result


def by_representative(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Return whether the form says that its applicant is an authorised person.

    Such a form asks for the authorised person where others ask for the citizen.
    """
    return any(
        answers.get(name) == AUTHORISED and AUTHORISED in field.get("enum", ())
        for name, field in schema.get("properties", {}).items()
    )


def about_representative(
    rules: Collection[Rule], composed: Mapping[str, Any]
) -> list[tuple[str, str, Any]]:
    """Return what a form says about a representative: (field, fact of a person, value)."""
    return [
        (rule.field, _own_fact(rule.fact), composed[rule.field])
        for rule in rules
        if rule.fact.startswith(REPRESENTATIVE_PREFIX) and rule.field in composed
    ]


def of_representative(rules: Collection[Rule]) -> dict[str, str]:
    """Return the facts about a representative that a form could use, by the person's own fact."""
    return {
        _own_fact(rule.fact): rule.fact
        for rule in rules
        if rule.fact.startswith(REPRESENTATIVE_PREFIX) and not rule.never
    }


def _own_fact(fact: str) -> str:
    return f"person.{fact.removeprefix(REPRESENTATIVE_PREFIX)}"


def about_citizen(
    rules: Collection[Rule], composed: Mapping[str, Any], sex: str | None
) -> list[tuple[str, str, Any]]:
    """Return what a form says about the citizen: (field, fact, value), in the form's order.

    Shape: sex decides which block of a form for two is the citizen's own.
    """
    result = []
    for rule in rules:
        if rule.never or rule.third_party or not rule.fact or rule.field not in composed:
            continue
        if rule.when_fact is not None and rule.when_fact != ("person.sex", sex):
            continue
        if rule.when_field is not None and composed.get(rule.when_field[0]) != rule.when_field[1]:
            continue
        result.append((rule.field, rule.fact, composed[rule.field]))
    return result


def learnable(
    rules: Collection[Rule], composed: Mapping[str, Any], sex: str | None
) -> dict[str, Any]:
    """Return the facts about the citizen that an accepted form teaches; the first field wins."""
    result: dict[str, Any] = {}
    for _, fact, value in about_citizen(rules, composed, sex):
        result.setdefault(fact, value)
    return result


def _is_aged(key: str, found: Known, now: datetime) -> bool:
    if found.source == "identity":
        return False
    limit = facts.max_age_days(key)
    return limit is not None and now - found.recorded_at > timedelta(days=limit)
