"""What did not fit between statement and ledger: rows, their history, what they turned out to be.

A row follows what the comparisons find; an officer says what it was. No ledger line is written.
"""

import enum
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from common import db
from common.errors import NotFound, Refusal
from payments.models import (
    Attempt,
    Discrepancy,
    DiscrepancyEvent,
    Dispute,
    LedgerEntry,
    ReconciliationRun,
    Refund,
)
from payments.rules import reconcile

logger = logging.getLogger(__name__)

RULE = "rule:reconcile"
MAX_EVENTS = 200


class Resolution(enum.StrEnum):
    """What an officer found a discrepancy to be."""

    NOTE = "note"  # looked at, still open
    CORRECTED_HERE = "corrected_here"  # the books were put right by a posting of their own
    CORRECTED_THERE = "corrected_there"  # the provider put its statement right
    EXPLAINED = "explained"  # both are right: an order of things explains it
    ACCEPTED = "accepted"  # the difference stays, by somebody's decision named in the note


class DiscrepancyClosed(Refusal):
    code = "discrepancy_closed"
    status = 409
    title_vi = "Chênh lệch này đã được xử lý"
    title_en = "This discrepancy is closed"
    detail_vi = "Trạng thái hiện tại: {state}."
    detail_en = "Its state now: {state}."
    members = ("state",)


class HistoryFull(Refusal):
    code = "discrepancy_history_full"
    status = 409
    title_vi = "Lịch sử xử lý đã đầy, hãy kết luận"
    title_en = "The history is full: resolve it"
    detail_vi = "Tối đa {limit} dòng."
    detail_en = "At most {limit} rows."
    members = ("limit",)


@db.transaction_required
def write_down(
    run_row: ReconciliationRun, found: Sequence[reconcile.Difference], now: datetime
) -> int:
    """Open, change, reopen and close the rows of one day; return how many vanished."""
    rows = {
        (row.kind, row.line_id): row
        for row in db.lock(Discrepancy.objects.filter(run=run_row).order_by("id"))
    }
    owners = _owners(run_row.provider, found)
    for one in found:
        row = rows.pop((one.kind.value, one.line_id), None)
        if row is None:
            _open(run_row, one, owners.get(one.line_id), now)
        else:
            _seen_again(row, one, now)
    gone = [row for row in rows.values() if row.state == Discrepancy.State.OPEN]
    for row in gone:
        row.state = Discrepancy.State.GONE
        row.closed_at = now
        row.version += 1
        row.save(update_fields=["state", "closed_at", "version"])
        _event(row, DiscrepancyEvent.What.GONE, now)
    return len(gone)


def _open(
    run_row: ReconciliationRun,
    one: reconcile.Difference,
    owner: tuple[str, str] | None,
    now: datetime,
) -> None:
    payment_id, agency_code = owner or (None, "")
    row = Discrepancy.objects.create(
        run=run_row,
        provider=run_row.provider,
        day_on=run_row.day_on,
        kind=one.kind.value,
        line_id=one.line_id,
        line_kind=one.line_kind[:60],
        source_id=one.source_id,
        agency_code=agency_code,
        payment_id=payment_id,
        currency=one.currency[:3],
        their_amount_vnd=one.their_amount_vnd,
        their_fee_vnd=one.their_fee_vnd,
        our_amount_vnd=one.our_amount_vnd,
        our_fee_vnd=one.our_fee_vnd,
        differs=list(one.differs),
        state=Discrepancy.State.OPEN,
        found_at=now,
    )
    logger.warning("%s: %s of %s on %s", row.id, row.kind, row.provider, row.day_on)
    _event(row, DiscrepancyEvent.What.FOUND, now)


def _seen_again(row: Discrepancy, one: reconcile.Difference, now: datetime) -> None:
    """Follow the figures. What an officer resolved stays so while they are the ones they saw."""
    fresh = {
        "their_amount_vnd": one.their_amount_vnd,
        "their_fee_vnd": one.their_fee_vnd,
        "our_amount_vnd": one.our_amount_vnd,
        "our_fee_vnd": one.our_fee_vnd,
        "differs": list(one.differs),
    }
    changed = any(getattr(row, name) != value for name, value in fresh.items())
    was_open = row.state == Discrepancy.State.OPEN
    if not changed and row.state != Discrepancy.State.GONE:
        return
    for name, value in fresh.items():
        setattr(row, name, value)
    row.state = Discrepancy.State.OPEN
    row.closed_at = None
    if not was_open:
        row.resolution, row.alarmed_at, row.found_at = "", None, now
    row.version += 1
    row.save()
    what = DiscrepancyEvent.What.CHANGED if was_open else DiscrepancyEvent.What.FOUND_AGAIN
    _event(row, what, now)


def _owners(provider: str, found: Sequence[reconcile.Difference]) -> dict[str, tuple[str, str]]:
    """Return the payment and agency of each line, as far as anything here names it."""
    lines = [one.line_id for one in found]
    sources = {one.source_id: one.line_id for one in found if one.source_id}
    owners: dict[str, tuple[str, str]] = {}
    by_source: list[tuple[Any, str]] = [
        (Attempt.objects.filter(provider=provider), "charge_id"),
        (Attempt.objects.filter(provider=provider), "intent_id"),
        (Refund.objects.filter(attempt__provider=provider), "provider_refund_id"),
        (Dispute.objects.filter(provider=provider), "provider_dispute_id"),
    ]
    for rows, name in by_source if sources else []:
        named = rows.filter(**{f"{name}__in": list(sources)}).order_by("id")
        for source, payment_id, agency in named.values_list(
            name, "payment_id", "payment__agency_code"
        ):
            owners[sources[source]] = (payment_id, agency)
    booked = LedgerEntry.objects.filter(settlement_id__in=lines, payment__isnull=False)
    for line_id, payment_id, agency in booked.order_by("-id").values_list(
        "settlement_id", "payment_id", "payment__agency_code"
    ):
        owners[line_id] = (payment_id, agency)
    return owners


def _event(
    row: Discrepancy,
    what: DiscrepancyEvent.What,
    now: datetime,
    *,
    by: str = RULE,
    by_label: str = "",
    resolution: str = "",
    note: str = "",
) -> None:
    DiscrepancyEvent.objects.create(
        discrepancy=row,
        what=what,
        by=by,
        by_label=by_label,
        resolution=resolution,
        note=note,
        figures={
            "their_amount_vnd": row.their_amount_vnd,
            "their_fee_vnd": row.their_fee_vnd,
            "our_amount_vnd": row.our_amount_vnd,
            "our_fee_vnd": row.our_fee_vnd,
        },
        at=now,
    )


@db.transaction_required
def resolve(
    *,
    discrepancy_id: str,
    resolution: Resolution,
    note: str,
    by: str,
    by_label: str,
    now: datetime,
) -> None:
    """Write down what an officer found; all but a note closes it. The first of two wins.

    Errors: NotFound, DiscrepancyClosed, HistoryFull for one more note.
    """
    row = db.lock(Discrepancy.objects.filter(id=discrepancy_id)).first()
    if row is None:
        raise NotFound
    if row.state != Discrepancy.State.OPEN:
        raise DiscrepancyClosed(state=row.state)
    if resolution == Resolution.NOTE:
        if row.events.count() >= MAX_EVENTS:
            raise HistoryFull(limit=MAX_EVENTS)
        what = DiscrepancyEvent.What.NOTED
    else:
        what = DiscrepancyEvent.What.RESOLVED
        row.state = Discrepancy.State.RESOLVED
        row.resolution = resolution.value
        row.closed_at = now
    row.version += 1
    row.save(update_fields=["state", "resolution", "closed_at", "version"])
    _event(row, what, now, by=by, by_label=by_label, resolution=resolution.value, note=note)


@db.transaction()
def alarm(*, found_before: datetime, now: datetime) -> list[str]:
    """Mark what has lain open since before a moment, and say so once in the log; return the ids."""
    rows = db.lock(
        Discrepancy.objects.filter(
            state=Discrepancy.State.OPEN, alarmed_at=None, found_at__lt=found_before
        ).order_by("id"),
        skip_locked=True,
    )[:1000]
    ids = []
    for row in rows:
        row.alarmed_at = now
        row.version += 1
        row.save(update_fields=["alarmed_at", "version"])
        _event(row, DiscrepancyEvent.What.ALARMED, now)
        logger.error("discrepancy %s of %s has been open for too long", row.id, row.day_on)
        ids.append(row.id)
    return ids
