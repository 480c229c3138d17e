"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.answers import AnswerVersion
from dossiers.models.calendar import CalendarDay, CalendarYear
from dossiers.models.counter import CounterFile, HandedIn, Scan
from dossiers.models.delivery import Delivery, DeliveryEvent, Way
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
    "AnswerVersion",
    "Attachment",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "CounterFile",
    "Delivery",
    "DeliveryEvent",
    "Document",
    "Dossier",
    "Draft",
    "HandedIn",
    "Scan",
    "Seat",
    "SupplementRequest",
    "TimelineEvent",
    "Way",
]
