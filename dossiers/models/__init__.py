"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.calendar import CalendarDay, CalendarYear
from dossiers.models.dossier import (
    Channel,
    CodeCounter,
    Document,
    Dossier,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.models.draft import Attachment, Draft
from dossiers.models.office import Delegation, Seat, SeatEvent, Unit
from dossiers.models.person import DossierPerson

__all__ = [
    "Attachment",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "Delegation",
    "Document",
    "Dossier",
    "DossierPerson",
    "Draft",
    "Seat",
    "SeatEvent",
    "SupplementRequest",
    "TimelineEvent",
    "Unit",
]
