"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.calendar import CalendarDay, CalendarYear
from dossiers.models.decision import DecisionTemplate
from dossiers.models.dossier import (
    Channel,
    CodeCounter,
    Document,
    Dossier,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.models.draft import Attachment, Draft
from dossiers.models.office import Seat

__all__ = [
    "Attachment",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "DecisionTemplate",
    "Document",
    "Dossier",
    "Draft",
    "Seat",
    "SupplementRequest",
    "TimelineEvent",
]
