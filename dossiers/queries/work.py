"""Whose work a dossier was, and an officer's own bulk moves."""

from django.db.models import Count, Q, QuerySet

from common.errors import NotFound
from dossiers.models import AssignmentEvent, BulkItem, BulkJob, Seat
from dossiers.queries import desk
from dossiers.rules.seats import WORKING


def history(seat: Seat, dossier_id: str) -> QuerySet[AssignmentEvent]:
    """Return who had a dossier in the seat's agency. Errors: NotFound."""
    desk.of_agency(seat, dossier_id)
    return AssignmentEvent.objects.filter(dossier=dossier_id, agency=seat.agency_id).select_related(
        "from_seat", "to_seat", "by_seat"
    )


def colleagues(seat: Seat) -> QuerySet[Seat]:
    """Return the seats of one's own agency to which a dossier may be given, one's own among them.

    Known by title and unit, as citizens know them: whose name it is does not matter here.
    """
    rows = Seat.objects.filter(
        agency=seat.agency_id, active=True, roles__overlap=[str(role) for role in WORKING]
    )
    return rows.select_related("unit")


def bulk_jobs(officer_id: str) -> QuerySet[BulkJob]:
    """Return the bulk moves of one officer, each with its figures."""
    outcomes = {
        str(outcome): Count("items", filter=Q(items__outcome=outcome))
        for outcome in BulkItem.Outcome
    }
    return BulkJob.objects.filter(officer=officer_id).annotate(**outcomes)


def bulk_job(officer_id: str, job_id: str) -> BulkJob:
    """Return one bulk move of one's own. Errors: NotFound."""
    found = bulk_jobs(officer_id).filter(id=job_id).first()
    if found is None:
        raise NotFound
    return found


def bulk_items(officer_id: str, job_id: str) -> QuerySet[BulkItem]:
    """Return the items of a bulk move of one's own. Errors: NotFound."""
    if not BulkJob.objects.filter(officer=officer_id, id=job_id).exists():
        raise NotFound
    return BulkItem.objects.filter(job=job_id)
