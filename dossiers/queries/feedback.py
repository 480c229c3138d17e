"""Who may read feedback: its sender, the agency that was addressed, and what is public."""

from django.db.models import QuerySet

from citizens import queries as citizens
from common.errors import Forbidden, NotFound
from dossiers.models import Feedback, Rating, Seat
from dossiers.models.office import Role
from dossiers.queries import offices
from dossiers.queries.talk import WORKING_ROLES
from dossiers.rules.feedback import State

READERS = WORKING_ROLES | {Role.ADMIN, Role.AUDITOR}
RATING_READERS = frozenset({Role.APPROVER, Role.ADMIN, Role.AUDITOR})


def reader(officer_id: str) -> Seat:
    """Return the seat of an officer who may read feedback. Errors: Forbidden."""
    seat = offices.seat(officer_id)
    if not set(seat.roles) & READERS:
        raise Forbidden
    return seat


def rating_reader(officer_id: str) -> Seat:
    """Return the seat of somebody who leads or audits, and may read ratings. Errors: Forbidden."""
    seat = offices.seat(officer_id)
    if not set(seat.roles) & RATING_READERS:
        raise Forbidden
    return seat


def mine(citizen_id: str) -> QuerySet[Feedback]:
    """Return what one sent oneself."""
    return Feedback.objects.filter(citizen_id=citizen_id).select_related("agency", "dossier")


def open_of(citizen_id: str) -> QuerySet[Feedback]:
    """Return what one sent and nobody answered yet."""
    return Feedback.objects.filter(citizen_id=citizen_id, state__in=[State.RECEIVED, State.WAITING])


def of_agency(seat: Seat) -> QuerySet[Feedback]:
    """Return what the seat's agency was sent; nobody works on their own, from either account."""
    return (
        Feedback.objects.filter(agency_id=seat.agency_id)
        .exclude(citizen_id__in=citizens.accounts_of_same_person(seat.user_id).values("id"))
        .select_related("agency", "dossier")
    )


def one(rows: QuerySet[Feedback], feedback_id: str) -> Feedback:
    """Return one of `rows` with its steps. Errors: NotFound."""
    found = rows.filter(id=feedback_id).prefetch_related("events").first()
    if found is None:
        raise NotFound
    return found


def published(agency_key: str | None) -> QuerySet[Feedback]:
    """Return the answers that were made public: only what the office wrote for everybody."""
    rows = Feedback.objects.filter(published_at__isnull=False)
    if agency_key is not None:
        rows = rows.filter(agency_id=agency_key)
    return rows.select_related("agency").defer("subject")


def ratings(seat: Seat) -> QuerySet[Rating]:
    """Return what citizens thought of the agency's dossiers."""
    return Rating.objects.filter(dossier__in=offices.visible(seat).values("id")).select_related(
        "dossier"
    )
