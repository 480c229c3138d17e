"""Which decision templates a procedure may use."""

from django.db.models import QuerySet

from dossiers.models import DecisionTemplate


def usable(service_code: str) -> QuerySet[DecisionTemplate]:
    """Return the templates in use for a procedure: its own, and those of every procedure."""
    return DecisionTemplate.objects.filter(active=True, procedure_code__in=["", service_code])
