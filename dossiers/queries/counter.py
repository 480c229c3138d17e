"""Paper at a counter: what an agency's reception is entering, and what was handed in."""

from django.db.models import QuerySet

from common.errors import NotFound
from dossiers.models import Channel, CounterFile, Dossier, HandedIn, Scan, Seat


def files(seat: Seat) -> QuerySet[CounterFile]:
    """Return the open files of a seat's agency."""
    return CounterFile.objects.filter(
        agency=seat.agency_id, state=CounterFile.State.OPEN
    ).select_related("service_version", "receiving_agency")


def file(seat: Seat, file_id: str) -> CounterFile:
    """Return one file of the agency that was not thrown away. Errors: NotFound."""
    found = (
        CounterFile.objects.filter(agency=seat.agency_id, id=file_id)
        .exclude(state=CounterFile.State.DISCARDED)
        .select_related("service_version", "receiving_agency")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def scans(file_id: str) -> list[Scan]:
    """Return the scans of a file."""
    rows = Scan.objects.filter(counter_file=file_id).select_related("file")
    return list(rows.order_by("created_at", "id"))


def handed_in(dossier: Dossier) -> list[HandedIn]:
    """Return the papers that came on paper with a dossier; none for one sent online."""
    if dossier.channel == Channel.ONLINE:
        return []
    return list(HandedIn.objects.filter(dossier=dossier).order_by("id"))
