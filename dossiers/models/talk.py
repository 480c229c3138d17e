"""What is said about a dossier between the citizen and the offices."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_message_id() -> str:
    return ids.new("dmg")


def new_message_file_id() -> str:
    return ids.new("dmf")


class Side(models.TextChoices):
    CITIZEN = "citizen", "whose dossier it is"
    OFFICE = "office", "an officer of an agency of the dossier"


class Conversation(models.Model):
    """How far the talk about one dossier is; its row lock keeps the messages in one order.

    `waiting_since` is set while the citizen's last word has no answer.
    """

    dossier = models.OneToOneField(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="conversation", primary_key=True
    )
    last_seq = models.PositiveIntegerField(default=0)
    last_office_seq = models.PositiveIntegerField(default=0)
    citizen_read_seq = models.PositiveIntegerField(default=0)
    unanswered = models.PositiveSmallIntegerField(default=0, help_text="of the citizen, in a row")
    waiting_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["waiting_since"],
                condition=Q(waiting_since__isnull=False),
                name="dossiers_conversation_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id}: {self.last_seq}"


class DossierMessage(models.Model):
    """One message (trao đổi) on a dossier. Append-only: what was said stays said."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_message_id, editable=False
    )
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveIntegerField()
    side = models.CharField(max_length=10, choices=Side.choices)
    author_id = models.CharField(max_length=ids.MAX_LENGTH)
    author_label = models.CharField(max_length=300, help_text="an office or a role, never a name")
    text = crypto.EncryptedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "seq"], name="dossiers_dossiermessage_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} #{self.seq}"


class MessageFile(models.Model):
    """A file that goes with a message; until a message claims it, only its sender sees it."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_message_file_id, editable=False
    )
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(
        DossierMessage, on_delete=models.PROTECT, related_name="files", null=True
    )
    author_id = models.CharField(max_length=ids.MAX_LENGTH)
    file = models.ForeignKey("common.StoredFile", on_delete=models.PROTECT, related_name="+")
    file_name = crypto.EncryptedTextField(help_text="as the sender named it; never a path")
    client_key = models.CharField(max_length=200, help_text="the upload's own key")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "author_id", "client_key"],
                name="dossiers_messagefile_uploaded_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(message__isnull=True),
                name="dossiers_messagefile_unclaimed",
            )
        ]

    def __str__(self) -> str:
        return self.id
