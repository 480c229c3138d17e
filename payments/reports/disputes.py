"""Disputes as the money desk sees them. Who may see which agency is the caller's to check."""

from django.db.models import QuerySet

from common.errors import NotFound
from payments.models import Dispute, DisputeEvent
from payments.reports.scope import Scope
from payments.rules import disputes

STATES = tuple(state.value for state in disputes.State)
EVENTS = tuple(DisputeEvent.What.values)


def of_agencies(scope: Scope, *, state: str | None = None) -> QuerySet[Dispute]:
    """Return the disputes about payments of these agencies."""
    rows = (
        Dispute.objects.filter(payment__agency_code__in=scope.agencies)
        .exclude(payment__citizen_id__in=scope.not_of)
        .select_related("payment")
    )
    return rows.filter(state=state) if state else rows


def dispute(scope: Scope, dispute_id: str) -> Dispute:
    """Return one dispute of these agencies. Errors: NotFound."""
    found = of_agencies(scope).filter(id=dispute_id).first()
    if found is None:
        raise NotFound
    return found


def history(row: Dispute) -> QuerySet[DisputeEvent]:
    """Return what happened to a dispute, oldest first."""
    return row.events.order_by("id")
