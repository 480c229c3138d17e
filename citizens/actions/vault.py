"""The vault of personal facts: `release()` is the one gate out, `learn()` the one way in."""

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from citizens import queries, rules
from citizens.models import User, VaultAccess, VaultField
from common import db, facts
from common.errors import NotFound, Refusal, check_version

CONSENT_PURPOSES = frozenset({"prefill", "prefill_ethnicity"})
LEGAL_PURPOSES = frozenset({"show_officer"})


class FactLocked(Refusal):
    code = "fact_locked"
    status = 409
    title_vi = "Thông tin từ danh tính đã xác thực không xóa riêng được"
    title_en = "What comes from the proved identity cannot be removed by itself"


@dataclasses.dataclass(frozen=True)
class Released:
    """A value that left the vault, with its provenance."""

    value: Any
    source: str
    source_ref: str
    recorded_at: datetime
    verified: bool


@db.transaction_required
def release(
    *,
    citizen_id: str,
    keys: Collection[str],
    purpose: str,
    reader_id: str | None,
    reader_label: str,
    reference: str,
    now: datetime,
) -> dict[str, Released]:
    """Let facts about a person out for one purpose.

    Nothing leaves for prefilling without a live consent read in this very transaction; ethnicity
    only under its own; a third person's data under neither. A release to anybody but the person
    leaves a row. Errors: ValueError for a purpose that nobody was ever told of.
    """
    if purpose not in CONSENT_PURPOSES | LEGAL_PURPOSES:
        raise ValueError(f"unknown purpose {purpose!r}")
    if purpose in CONSENT_PURPOSES:
        if not queries.live_consent(citizen_id, purpose):
            return {}
        keys = {key for key in keys if rules.purpose_of(key) == purpose}
    rows = VaultField.objects.filter(user_id=citizen_id, key__in=list(keys), current=True)
    released = {
        row.key: Released(row.value, row.source, row.source_ref, row.recorded_at, row.verified)
        for row in rows.order_by("key")
    }
    if released and reader_id != citizen_id:
        record_access(
            citizen_ids=[citizen_id],
            reader_id=reader_id or "",
            reader_label=reader_label,
            what=", ".join(sorted(released))[:200],
            purpose=purpose,
            reference=reference,
            now=now,
        )
    return released


@db.transaction_required
def learn(
    *,
    citizen_id: str,
    facts: Mapping[str, Any],
    source: str,
    source_ref: str,
    verified: bool,
    now: datetime,
) -> None:
    """Remember facts about a person; the newest holds, identity-backed ones are never replaced."""
    user = db.lock(User.objects.filter(id=citizen_id)).get()
    store(user=user, facts=facts, source=source, source_ref=source_ref, verified=verified, now=now)


@db.transaction_required
def store(
    *,
    user: User,
    facts: Mapping[str, Any],
    source: str,
    source_ref: str,
    verified: bool,
    now: datetime,
) -> None:
    """Store facts of a locked user; older values stay as history."""
    known = {row.key: row for row in VaultField.objects.filter(user=user, current=True)}
    for key in sorted(facts):
        if key not in dictionary:
            continue
        value = _normalise(key, facts[key])
        row = known.get(key)
        if row is not None:
            if row.source == VaultField.Source.IDENTITY and source != "identity":
                continue
            if row.value == value and row.source == source and (row.verified or not verified):
                continue
            # What an agency accepted is not pushed aside by the same value merely typed again.
            if row.value == value and row.verified and not verified:
                continue
            row.current = False
            row.save(update_fields=["current"])
        VaultField.objects.create(
            user=user,
            key=key,
            value=value,
            source=source,
            source_ref=source_ref,
            verified=verified,
            recorded_at=now,
            version=1 if row is None else row.version + 1,
        )


dictionary = facts.FACTS
_normalise = facts.normalise


@db.transaction()
def forget(*, citizen_id: str, key: str, expected_version: int) -> None:
    """Remove one fact and its history.

    Errors: NotFound; StaleVersion; FactLocked for identity-backed ones.
    """
    db.lock(User.objects.filter(id=citizen_id)).get()
    rows = VaultField.objects.filter(user_id=citizen_id, key=key)
    current = rows.filter(current=True).first()
    if current is None:
        raise NotFound
    check_version(current.version, expected_version)
    if current.source == VaultField.Source.IDENTITY:
        raise FactLocked
    rows.delete()


@db.transaction_required
def record_access(
    *,
    citizen_ids: Collection[str],
    reader_id: str,
    reader_label: str,
    what: str,
    purpose: str,
    reference: str,
    now: datetime,
) -> None:
    """Leave one row for each person shown, in one statement."""
    VaultAccess.objects.bulk_create(
        [
            VaultAccess(
                user_id=citizen_id,
                reader_id=reader_id,
                reader_label=reader_label,
                what=what,
                purpose=purpose,
                reference=reference,
                at=now,
            )
            for citizen_id in sorted(set(citizen_ids))
        ]
    )
