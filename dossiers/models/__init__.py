"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.bulk import BulkItem, BulkJob
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
from dossiers.models.opinion import Opinion
from dossiers.models.work import Assignment, AssignmentEvent, Lease, Note

__all__ = [
    "Assignment",
    "AssignmentEvent",
    "Attachment",
    "BulkItem",
    "BulkJob",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "Document",
    "Dossier",
    "Draft",
    "Lease",
    "Note",
    "Opinion",
    "Seat",
    "SupplementRequest",
    "TimelineEvent",
]
