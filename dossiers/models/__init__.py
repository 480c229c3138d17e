"""What a dossier is made of. Cut by noun: drafts, dossiers, offices and the calendar."""

from dossiers.models.answers import AnswerVersion
from dossiers.models.autosave import DraftVersion, SupplementDraft
from dossiers.models.bulk import BulkItem, BulkJob
from dossiers.models.calendar import CalendarChange, CalendarDay, CalendarYear
from dossiers.models.counter import CounterFile, HandedIn, Scan
from dossiers.models.decision import DecisionTemplate
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
from dossiers.models.notice import DueNotice
from dossiers.models.office import Delegation, Seat, SeatEvent, Unit
from dossiers.models.opinion import Opinion
from dossiers.models.person import DossierPerson
from dossiers.models.refund import DecidedRefund, RefundDecision, RefundDecisionEvent
from dossiers.models.representation import Representation, RepresentationEvent
from dossiers.models.talk import Conversation, DossierMessage, MessageFile, Side
from dossiers.models.uploads import Upload, UploadPart
from dossiers.models.visit import Appointment, QueueDay, SlotPlan, Ticket
from dossiers.models.voice import Feedback, FeedbackEvent, Rating
from dossiers.models.work import Assignment, AssignmentEvent, Lease, Note

__all__ = [
    "AnswerVersion",
    "Appointment",
    "Assignment",
    "AssignmentEvent",
    "Attachment",
    "BulkItem",
    "BulkJob",
    "CalendarChange",
    "CalendarDay",
    "CalendarYear",
    "Channel",
    "CodeCounter",
    "Conversation",
    "CounterFile",
    "DecidedRefund",
    "DecisionTemplate",
    "Delegation",
    "Delivery",
    "DeliveryEvent",
    "Document",
    "Dossier",
    "DossierMessage",
    "DossierPerson",
    "Draft",
    "DraftVersion",
    "DueNotice",
    "Feedback",
    "FeedbackEvent",
    "HandedIn",
    "Lease",
    "MessageFile",
    "Note",
    "Opinion",
    "QueueDay",
    "Rating",
    "RefundDecision",
    "RefundDecisionEvent",
    "Representation",
    "RepresentationEvent",
    "Scan",
    "Seat",
    "SeatEvent",
    "Side",
    "SlotPlan",
    "SupplementDraft",
    "SupplementRequest",
    "Ticket",
    "TimelineEvent",
    "Unit",
    "Upload",
    "UploadPart",
    "Way",
]
