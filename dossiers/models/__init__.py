"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.autosave import DraftVersion, SupplementDraft
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
from dossiers.models.office import Seat
from dossiers.models.representation import Representation, RepresentationEvent

__all__ = [
    "Attachment",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "Document",
    "Dossier",
    "Draft",
    "DraftVersion",
    "Representation",
    "RepresentationEvent",
    "Seat",
    "SupplementDraft",
    "SupplementRequest",
    "TimelineEvent",
]
