"""Who may read what was said about a dossier."""

from django.db.models import QuerySet

from common.errors import NotFound
from dossiers.models import Conversation, Dossier, DossierMessage, MessageFile, Seat
from dossiers.models.office import Role
from dossiers.queries import offices
from dossiers.rules.views import Part

WORKING_ROLES = frozenset({Role.RECEPTION, Role.HANDLER, Role.APPROVER})


def mine(citizen_id: str, dossier_id: str) -> QuerySet[DossierMessage]:
    """Return the messages on one's own dossier. Errors: NotFound."""
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    return _messages(dossier_id)


def office(seat: Seat, dossier_id: str) -> tuple[Dossier, QuerySet[DossierMessage]]:
    """Return a dossier of the agency and its messages. Errors: NotFound, as of `speaking`."""
    return speaking(seat, dossier_id), _messages(dossier_id)


def speaking(seat: Seat, dossier_id: str) -> Dossier:
    """Return a dossier whose citizen the seat's agency speaks with: it sees the timeline, too.

    Errors: NotFound, also for an agency that only helped to file.
    """
    dossier = offices.visible(seat).filter(id=dossier_id).first()
    if dossier is None or Part.TIMELINE not in offices.parts(seat, dossier):
        raise NotFound
    return dossier


def my_file(citizen_id: str, dossier_id: str, file_id: str) -> MessageFile:
    """Return a file of the talk about one's own dossier. Errors: NotFound."""
    files = MessageFile.objects.filter(dossier__citizen_id=citizen_id, dossier_id=dossier_id)
    return _sent_or_own(files, citizen_id, file_id)


def office_file(seat: Seat, dossier_id: str, file_id: str) -> tuple[Dossier, MessageFile]:
    """Return a file of the talk about a dossier of the agency. Errors: NotFound."""
    dossier, _ = office(seat, dossier_id)
    files = MessageFile.objects.filter(dossier_id=dossier_id)
    return dossier, _sent_or_own(files, seat.user_id, file_id)


def waiting(seat: Seat) -> QuerySet[Conversation]:
    """Return the talks of the agency in which the citizen waits for an answer."""
    return Conversation.objects.filter(
        waiting_since__isnull=False, dossier__in=offices.visible(seat).values("id")
    ).select_related("dossier")


def conversation(dossier_id: str) -> Conversation:
    """Return how far the talk about a dossier is; an unsaved row where nobody wrote yet."""
    found = Conversation.objects.filter(dossier_id=dossier_id).first()
    return found or Conversation(dossier_id=dossier_id)


def _messages(dossier_id: str) -> QuerySet[DossierMessage]:
    return DossierMessage.objects.filter(dossier_id=dossier_id).prefetch_related("files__file")


def _sent_or_own(files: QuerySet[MessageFile], reader_id: str, file_id: str) -> MessageFile:
    found = files.filter(id=file_id).select_related("file").first()
    # Before it goes with a message, a file is its sender's alone.
    if found is None or (found.message_id is None and found.author_id != reader_id):
        raise NotFound
    return found
