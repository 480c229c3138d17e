"""Where an officer sits and what may be seen from there."""

from django.db.models import Q, QuerySet

from common.errors import Forbidden
from dossiers.models import Dossier, Seat


def seat(user_id: str) -> Seat:
    """Return the seat of an officer. Errors: Forbidden for somebody who has none or left."""
    found = Seat.objects.filter(user_id=user_id, active=True).first()
    if found is None:
        raise Forbidden
    return found


def visible(seat: Seat) -> QuerySet[Dossier]:
    """Return the dossiers of the agency: as the helping, receiving or competent one.

    Nobody sees a dossier of their own from the desk.
    """
    agency = seat.agency_id
    return Dossier.objects.filter(
        Q(receiving_agency=agency) | Q(competent_agency=agency) | Q(helping_agency=agency)
    ).exclude(citizen_id=seat.user_id)
