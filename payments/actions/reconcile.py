"""Daily reconciliation: a provider's statement against the ledger, differences as rows.

A comparison may run again at any time and finds the same rows. It mends nothing: payouts alone are
booked from the statement, because nothing else ever tells of them.
"""

import dataclasses
import enum
import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from common import db, jobs
from common.errors import NotFound, OutsideError, Refusal
from payments import ledger
from payments.models import (
    Attempt,
    Discrepancy,
    DiscrepancyEvent,
    Dispute,
    LedgerEntry,
    ReconciliationRun,
    Refund,
    StatementLine,
)
from payments.providers import base, registry
from payments.rules import money, reconcile

logger = logging.getLogger(__name__)

RULE = "rule:reconcile"
LEASE = timedelta(minutes=15)
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=2)
MAX_EVENTS = 200


class Resolution(enum.StrEnum):
    """What an officer found a discrepancy to be."""

    NOTE = "note"  # looked at, still open
    CORRECTED_HERE = "corrected_here"  # the books were put right by a posting of their own
    CORRECTED_THERE = "corrected_there"  # the provider put its statement right
    EXPLAINED = "explained"  # both are right: an order of things explains it
    ACCEPTED = "accepted"  # the difference stays, by somebody's decision named in the note


class DayNotOver(Refusal):
    code = "day_not_over"
    status = 409
    title_vi = "Ngày này chưa kết thúc"
    title_en = "That day is not over"
    detail_vi = "Chỉ đối soát được ngày đã qua."
    detail_en = "Only days that are over can be reconciled."


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


@dataclasses.dataclass(frozen=True)
class Done:
    """What one comparison found."""

    run_id: str
    their_lines: int
    found: tuple[reconcile.Difference, ...]
    gone: int


def providers() -> list[str]:
    """Return the names of the providers whose statements are compared."""
    return registry.in_use()


# --- which days ---------------------------------------------------------------------------------


@db.transaction()
def plan(*, now: datetime) -> int:
    """Enqueue the days that are due; return how many.

    Due is every closed day since the first that was compared, days whose provider gave no answer,
    and once a day those on which something is still open: a late line makes it vanish.
    """
    return sum(_plan(name, now) for name in registry.in_use())


def _plan(provider: str, now: datetime) -> int:
    last = reconcile.last_closed(now)
    still_open = Discrepancy.objects.filter(run=OuterRef("pk"), state=Discrepancy.State.OPEN)
    known: dict[date, ReconciliationRun] = {
        row.day_on: row
        for row in ReconciliationRun.objects.filter(
            provider=provider, day_on__gte=last - reconcile.LOOK_BACK, day_on__lte=last
        )
        .annotate(has_open=Exists(still_open))
        .order_by("day_on")
    }
    day = min(known, default=last)
    planned = 0
    while day <= last:
        row = known.get(day)
        if row is None:
            row = _run_row(provider, day, now)
        if _is_due(row, now):
            row.next_try_at = now + LEASE
            row.save(update_fields=["next_try_at"])
            jobs.enqueue("payments.reconcile", provider=provider, day=day.isoformat())
            planned += 1
        day += timedelta(days=1)
    return planned


def _is_due(row: ReconciliationRun, now: datetime) -> bool:
    if row.next_try_at is not None and row.next_try_at > now:
        return False
    if row.state != ReconciliationRun.State.DONE:
        return True
    opened = datetime.combine(
        reconcile.last_closed(now) + timedelta(days=1), reconcile.CLOSES_AT, money.HCM
    )
    return (
        bool(getattr(row, "has_open", False)) and row.done_at is not None and row.done_at < opened
    )


def _run_row(provider: str, day: date, now: datetime) -> ReconciliationRun:
    ReconciliationRun.objects.bulk_create(
        [
            ReconciliationRun(
                provider=provider,
                day_on=day,
                state=ReconciliationRun.State.PLANNED,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return ReconciliationRun.objects.get(provider=provider, day_on=day)


# --- one day ------------------------------------------------------------------------------------


@db.durable
def run(*, provider: str, day: date, now: datetime) -> Done | None:
    """Compare one provider's day with the ledger and write down what does not fit.

    None says that the provider gave no statement: the run stays unanswered and is tried again.

    Errors: DayNotOver; UnknownProvider.
    """
    if day >= now.astimezone(money.HCM).date():
        raise DayNotOver
    port = registry.get(provider)
    with db.transaction():
        _run_row(provider, day, now)
    try:
        lines = _read(port, day)
        elsewhere = _elsewhere(port, provider, day, lines)
    except OutsideError as failure:
        _unanswered(provider, day, now)
        logger.warning("no statement of %s for %s: %s", provider, day, failure)
        return None
    with db.transaction():
        return _record(provider, day, lines, elsewhere, now)


def _read(port: base.Provider, day: date) -> list[base.SettlementLine]:
    return list(port.list_settlement(day))


def _elsewhere(
    port: base.Provider, provider: str, day: date, lines: Sequence[base.SettlementLine]
) -> set[str]:
    """Return the lines booked that day which stand in another day's statement.

    Those read before are known; for what is left, a clock that goes wrong by minutes puts a line
    into the day before or after.
    """
    here = {line.line_id for line in lines}
    missing = {part.line_id for part in _parts(provider, day, ())} - here
    if not missing:
        return set()
    known = set(
        StatementLine.objects.filter(provider=provider, line_id__in=missing)
        .exclude(day_on=day)
        .values_list("line_id", flat=True)
        .order_by("line_id")
    )
    if missing - known:
        for near in (day - timedelta(days=1), day + timedelta(days=1)):
            known |= {line.line_id for line in _read(port, near)} & missing
    return known


def _unanswered(provider: str, day: date, now: datetime) -> None:
    with db.transaction():
        row = db.lock(ReconciliationRun.objects.filter(provider=provider, day_on=day)).get()
        row.tries += 1
        row.tried_at = now
        row.next_try_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries - 1, 6))
        if row.state != ReconciliationRun.State.DONE:
            row.state = ReconciliationRun.State.UNANSWERED
        row.save(update_fields=["tries", "tried_at", "next_try_at", "state"])


def _record(
    provider: str,
    day: date,
    lines: Sequence[base.SettlementLine],
    elsewhere: set[str],
    now: datetime,
) -> Done:
    row = db.lock(ReconciliationRun.objects.filter(provider=provider, day_on=day)).get()
    _keep(provider, day, lines, now)
    _book_payouts(provider, lines, now)
    parts = _parts(provider, day, [line.line_id for line in lines])
    found = reconcile.compare(
        [
            reconcile.Line(
                line_id=line.line_id,
                kind=line.kind,
                source_id=line.source_id,
                amount_vnd=line.amount_vnd,
                fee_vnd=line.fee_vnd,
                currency=line.currency,
                made_at=line.made_at,
            )
            for line in lines
        ],
        parts,
        elsewhere=elsewhere,
    )
    gone = _write_down(row, found, now)
    here = {line.line_id for line in lines}
    row.state = ReconciliationRun.State.DONE
    row.tries += 1
    row.tried_at = row.done_at = now
    row.next_try_at = None
    row.their_lines = len(lines)
    row.their_net_vnd = sum(line.net_vnd for line in lines)
    row.our_net_vnd = sum(
        -part.amount_vnd if part.is_fee else part.amount_vnd
        for part in parts
        if part.line_id in here
    )
    row.save()
    return Done(row.id, len(lines), tuple(found), gone)


def _keep(provider: str, day: date, lines: Sequence[base.SettlementLine], now: datetime) -> None:
    StatementLine.objects.bulk_create(
        [
            StatementLine(
                provider=provider,
                line_id=line.line_id,
                day_on=day,
                kind=line.kind[:60],
                source_id=line.source_id,
                amount_vnd=line.amount_vnd,
                fee_vnd=line.fee_vnd,
                net_vnd=line.net_vnd,
                currency=line.currency[:3],
                made_at=line.made_at,
                read_at=now,
            )
            for line in lines
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def _book_payouts(provider: str, lines: Sequence[base.SettlementLine], now: datetime) -> None:
    """Book what the provider paid out to the city's bank. The statement is the only word of it."""
    payouts = {
        f"payout:{provider}:{line.line_id}": line
        for line in lines
        if reconcile.THEIR_SIDES.get(line.kind) == reconcile.Side.PAYOUT
        and line.amount_vnd
        and line.currency == money.CURRENCY
    }
    known = set(
        LedgerEntry.objects.filter(key__in=payouts).values_list("key", flat=True).order_by("key")
    )
    clearing, bank = money.clearing(provider), money.payout_bank(provider)
    for key, line in payouts.items():
        if key in known:
            continue
        out = line.amount_vnd < 0
        ledger.post(
            key,
            debit=bank if out else clearing,
            credit=clearing if out else bank,
            amount_vnd=abs(line.amount_vnd),
            settlement_id=line.line_id,
            now=now,
        )


def _parts(provider: str, day: date, line_ids: Iterable[str]) -> list[reconcile.Part]:
    """Return the ledger's parts of these lines and of all lines booked on the day."""
    start, end = reconcile.window(day)
    rows = (
        LedgerEntry.objects.filter(
            Q(settlement_id__in=list(line_ids)) | Q(posted_at__gte=start, posted_at__lt=end)
        )
        .exclude(settlement_id="")
        .order_by("id")
        .values_list("settlement_id", "key", "debit_account", "credit_account", "amount_vnd")
    )
    found = []
    for line_id, key, debit, credit, amount in rows:
        comes, goes = money.holds(debit, provider), money.holds(credit, provider)
        if comes == goes:
            continue  # of another provider, or between two accounts of this one
        kept = money.provider_fee(provider) in {debit, credit}
        sign = 1 if comes != kept else -1
        found.append(reconcile.Part(line_id, key.partition(":")[0], sign * amount, is_fee=kept))
    return found


# --- what does not fit --------------------------------------------------------------------------


def _write_down(
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
