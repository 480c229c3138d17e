"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.calendar import CalendarChange, CalendarDay, CalendarYear
from dossiers.models.dossier import (
    Channel,
    CodeCounter,
    Document,
    Dossier,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.models.draft import Attachment, Draft
from dossiers.models.notice import DueNotice
from dossiers.models.office import Seat

__all__ = [
    "Attachment",
    "CalendarChange",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "Document",
    "Dossier",
    "Draft",
    "DueNotice",
    "Seat",
    "SupplementRequest",
    "TimelineEvent",
]
