"""Reconciliation as the money desk sees it. Who may see which agency is the caller's to check."""

from datetime import date

from django.db.models import Count, Q, QuerySet

from common.errors import NotFound
from payments.models import Discrepancy, DiscrepancyEvent, ReconciliationRun
from payments.reports.scope import Scope
from payments.rules import reconcile

KINDS = tuple(kind.value for kind in reconcile.Kind)
STATES = tuple(Discrepancy.State.values)
RUN_STATES = tuple(ReconciliationRun.State.values)
EVENTS = tuple(DiscrepancyEvent.What.values)


def runs(scope: Scope, *, state: str | None = None) -> QuerySet[ReconciliationRun]:
    """Return the days that were compared, each with how much of these agencies is open on it."""
    here = Q(
        discrepancies__state=Discrepancy.State.OPEN, discrepancies__agency_code__in=scope.agencies
    )
    rows = ReconciliationRun.objects.annotate(
        open_here=Count("discrepancies", filter=here, distinct=True)
    )
    return rows.filter(state=state) if state else rows


def discrepancies(
    scope: Scope,
    *,
    state: str | None = None,
    kind: str | None = None,
    day: date | None = None,
) -> QuerySet[Discrepancy]:
    """Return the discrepancies of these agencies; the code "" are those without a payment."""
    rows = (
        Discrepancy.objects.filter(agency_code__in=scope.agencies)
        .exclude(payment__citizen_id__in=scope.not_of)
        .select_related("payment")
    )
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if day:
        rows = rows.filter(day_on=day)
    return rows


def between(scope: Scope, first: date, last: date) -> QuerySet[Discrepancy]:
    """Return the discrepancies of a range of days, the last one included."""
    return discrepancies(scope).filter(day_on__gte=first, day_on__lte=last)


def discrepancy(scope: Scope, discrepancy_id: str) -> Discrepancy:
    """Return one discrepancy of these agencies. Errors: NotFound."""
    found = discrepancies(scope).filter(id=discrepancy_id).first()
    if found is None:
        raise NotFound
    return found


def history(row: Discrepancy) -> QuerySet[DiscrepancyEvent]:
    """Return what happened to a discrepancy, oldest first."""
    return row.events.order_by("id")


def too_old() -> int:
    """Return how many are open and were already raised as open for too long: for the metrics."""
    return Discrepancy.objects.filter(
        state=Discrepancy.State.OPEN, alarmed_at__isnull=False
    ).count()
