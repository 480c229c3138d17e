"""The settlement report of one agency (bảng kê thu phí, lệ phí), straight from the ledger.

Days are days in Cần Thơ, by when the ledger booked. Whatever is summed here is a sum of ledger
lines, so that the closing balances are the ledger's own to the đồng.
"""

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from payments.models import Discrepancy, LedgerEntry, Payment, Receipt
from payments.rules import money, reconcile, report


@dataclasses.dataclass
class FeeLine:
    """What one phí or lệ phí brought in. Units: whole đồng; count is payments, quantity copies."""

    code: str
    label: str
    kind: str
    count: int = 0
    quantity: int = 0
    collected_vnd: int = 0
    refunded_vnd: int = 0

    @property
    def net_vnd(self) -> int:
        return self.collected_vnd - self.refunded_vnd


@dataclasses.dataclass
class MethodLine:
    method: str
    count: int = 0
    collected_vnd: int = 0


@dataclasses.dataclass(frozen=True)
class AccountLine:
    """One account of the agency: what stood on it, what moved, what stands. Credits positive."""

    account: str
    name: str
    opening_vnd: int
    debit_vnd: int
    credit_vnd: int

    @property
    def closing_vnd(self) -> int:
        return self.opening_vnd + self.credit_vnd - self.debit_vnd


@dataclasses.dataclass(frozen=True)
class Settlement:
    agency_code: str
    first: date
    last: date
    lines: tuple[FeeLine, ...]
    methods: tuple[MethodLine, ...]
    accounts: tuple[AccountLine, ...]
    collected_vnd: int
    refunded_vnd: int
    provider_fees_vnd: int
    suspense_vnd: int
    disputed_vnd: int
    open_discrepancies: int

    @property
    def net_vnd(self) -> int:
        return self.collected_vnd - self.refunded_vnd


def settlement(agency_code: str, first: date, last: date) -> Settlement:
    """Return the report for a range of days, the last one included: eleven queries."""
    start, end = reconcile.window(first)[0], reconcile.window(last)[1]
    accounts = _accounts(agency_code, start, end)
    methods = _methods(agency_code, start, end)
    lines = _lines(agency_code, start, end)
    collected = sum(one.collected_vnd for one in methods)
    refunded = sum(one.refunded_vnd for one in lines)
    closing = {one.account: one.closing_vnd for one in accounts}
    return Settlement(
        agency_code=agency_code,
        first=first,
        last=last,
        lines=tuple(lines),
        methods=tuple(methods),
        accounts=tuple(accounts),
        collected_vnd=collected,
        refunded_vnd=refunded,
        provider_fees_vnd=_fees(agency_code, start, end),
        suspense_vnd=closing[money.suspense(agency_code)],
        disputed_vnd=-closing[money.disputed(agency_code)],
        open_discrepancies=Discrepancy.objects.filter(
            agency_code=agency_code,
            state=Discrepancy.State.OPEN,
            day_on__gte=first,
            day_on__lte=last,
        ).count(),
    )


def _accounts(agency_code: str, start: datetime, end: datetime) -> list[AccountLine]:
    names = report.accounts_of(agency_code)
    sums: dict[str, dict[str, tuple[int, int]]] = {}
    for side in ("debit_account", "credit_account"):
        rows = (
            LedgerEntry.objects.filter(**{f"{side}__in": list(names)}, posted_at__lt=end)
            .order_by(side)
            .values_list(side)
            .annotate(
                before=Coalesce(Sum("amount_vnd", filter=Q(posted_at__lt=start)), 0),
                during=Coalesce(Sum("amount_vnd", filter=Q(posted_at__gte=start)), 0),
            )
        )
        sums[side] = {name: (before, during) for name, before, during in rows}
    found = []
    for account, name in names.items():
        debit = sums["debit_account"].get(account, (0, 0))
        credit = sums["credit_account"].get(account, (0, 0))
        found.append(AccountLine(account, name, credit[0] - debit[0], debit[1], credit[1]))
    return found


def _collected(agency_code: str, start: datetime, end: datetime) -> QuerySet[LedgerEntry]:
    """Return what came in as revenue: everything but refunds that were undone."""
    return LedgerEntry.objects.filter(
        credit_account=money.revenue(agency_code), posted_at__gte=start, posted_at__lt=end
    ).exclude(debit_account=money.refund_payable(agency_code))


def _methods(agency_code: str, start: datetime, end: datetime) -> list[MethodLine]:
    rows = (
        _collected(agency_code, start, end)
        .order_by("debit_account", "attempt__provider")
        .values_list("debit_account", "attempt__provider")
        .annotate(Count("id"), Sum("amount_vnd"))
    )
    found = {method: MethodLine(method.value) for method in report.Method}
    for account, provider, count, total in rows:
        line = found[report.method(account, provider or "")]
        line.count += count
        line.collected_vnd += total
    return [line for line in found.values() if line.count or line.method != report.Method.OTHER]


_OF_LINES = """
    SELECT line->>'code', line->>'label', line->>'kind', count(*),
           sum((line->>'quantity')::bigint), sum((line->>'amount_vnd')::bigint)
    FROM payments_ledgerentry entry
    JOIN payments_payment payment ON payment.id = entry.payment_id
    CROSS JOIN LATERAL jsonb_array_elements(payment.lines) line
    WHERE entry.credit_account = %s AND entry.debit_account <> %s
      AND entry.posted_at >= %s AND entry.posted_at < %s
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
"""


def _lines(agency_code: str, start: datetime, end: datetime) -> list[FeeLine]:
    found: dict[tuple[str, str, str], FeeLine] = {}

    def line(code: str, label: str, kind: str) -> FeeLine:
        return found.setdefault((code, label, kind), FeeLine(code, label, kind))

    with connection.cursor() as cursor:
        cursor.execute(
            _OF_LINES,
            [money.revenue(agency_code), money.refund_payable(agency_code), start, end],
        )
        for code, label, kind, count, quantity, amount in cursor.fetchall():
            row = line(code, label, kind)
            row.count, row.quantity, row.collected_vnd = count, int(quantity), int(amount)
    # Revenue that no line of a payment explains would be an error: it is shown, not dropped.
    whole = _collected(agency_code, start, end).aggregate(sum=Coalesce(Sum("amount_vnd"), 0))["sum"]
    rest = whole - sum(row.collected_vnd for row in found.values())
    if rest:
        line("", "", "").collected_vnd += rest
    for share in _refunds(agency_code, start, end):
        line(share.code, share.label, share.kind).refunded_vnd += share.amount_vnd
    return [found[key] for key in sorted(found)]


def _refunds(agency_code: str, start: datetime, end: datetime) -> Iterable[report.Share]:
    """Yield which line each refund of the period was taken from, or given again to."""
    revenue, payable = money.revenue(agency_code), money.refund_payable(agency_code)
    back = Q(debit_account=revenue)
    again = Q(credit_account=revenue, debit_account=payable)
    rows = list(
        LedgerEntry.objects.filter(back | again, posted_at__gte=start, posted_at__lt=end)
        .order_by("id")
        .values_list("payment_id", "debit_account", "amount_vnd")
    )
    owners = {row[0] for row in rows if row[0]}
    gone: dict[str | None, int] = {}
    for sign, side in ((1, back), (-1, again)):
        before = LedgerEntry.objects.filter(side, payment_id__in=owners, posted_at__lt=start)
        for payment_id, total in (
            before.order_by("payment_id").values_list("payment_id").annotate(Sum("amount_vnd"))
        ):
            gone[payment_id] = gone.get(payment_id, 0) + sign * total
    lines = dict(Payment.objects.filter(id__in=owners).order_by("id").values_list("id", "lines"))
    for payment_id, debit, amount in rows:
        change = amount if debit == revenue else -amount
        before_vnd = gone.get(payment_id, 0)
        gone[payment_id] = before_vnd + change
        yield from report.share_out(lines.get(payment_id, []), before_vnd, change)


def _fees(agency_code: str, start: datetime, end: datetime) -> int:
    rows = LedgerEntry.objects.filter(
        payment__agency_code=agency_code, posted_at__gte=start, posted_at__lt=end
    )
    sums = rows.aggregate(
        kept=Coalesce(Sum("amount_vnd", filter=Q(debit_account__startswith="provider_fee:")), 0),
        back=Coalesce(Sum("amount_vnd", filter=Q(credit_account__startswith="provider_fee:")), 0),
    )
    return int(sums["kept"] - sums["back"])


# --- receipts -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class SeriesLine:
    """The numbers of one series used in a period, as a report of receipts counts them."""

    form_code: str
    series: str
    first_number: int
    last_number: int
    count: int
    total_vnd: int


@dataclasses.dataclass(frozen=True)
class ReceiptLine:
    form_code: str
    series: str
    number: int
    issued_at: datetime
    payment_id: str
    reference: str
    title: str
    total_vnd: int
    refunded_vnd: int
    method: str


def receipts(
    agency_code: str, first: date, last: date, *, limit: int
) -> tuple[list[SeriesLine], list[ReceiptLine]]:
    """Return the receipts of a range of days and their series; no payer is named.

    Shape: at most limit + 1 receipts, so that a caller can see that there are too many.
    """
    start, end = reconcile.window(first)[0], reconcile.window(last)[1]
    rows = Receipt.objects.filter(
        payment__agency_code=agency_code, issued_at__gte=start, issued_at__lt=end
    ).order_by("series", "number")
    values: Iterable[tuple[Any, ...]] = rows.values_list(
        "form_code",
        "series",
        "number",
        "issued_at",
        "payment_id",
        "payment__reference",
        "title",
        "total_vnd",
        "payment__refunded_vnd",
        "method",
    )[: limit + 1]
    found = [ReceiptLine(*row) for row in values]
    series: dict[tuple[str, str], list[ReceiptLine]] = {}
    for one in found:
        series.setdefault((one.form_code, one.series), []).append(one)
    summary = [
        SeriesLine(
            form_code,
            name,
            first_number=ones[0].number,
            last_number=ones[-1].number,
            count=len(ones),
            total_vnd=sum(one.total_vnd for one in ones),
        )
        for (form_code, name), ones in series.items()
    ]
    return summary, found
