"""Daily reconciliation: a provider's statement against the ledger, differences as rows.

A comparison may run again at any time and finds the same rows. It mends nothing: payouts alone are
booked from the statement, because nothing else ever tells of them.
"""

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from common import db, jobs
from common.errors import OutsideError, Refusal
from payments import ledger
from payments.actions import discrepancies
from payments.models import Discrepancy, LedgerEntry, ReconciliationRun, StatementLine
from payments.providers import base, registry
from payments.rules import money, reconcile

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=2)


class DayNotOver(Refusal):
    code = "day_not_over"
    status = 409
    title_vi = "Ngày này chưa kết thúc"
    title_en = "That day is not over"
    detail_vi = "Chỉ đối soát được ngày đã qua."
    detail_en = "Only days that are over can be reconciled."


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
    gone = discrepancies.write_down(row, found, now)
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
