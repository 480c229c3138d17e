"""What a citizen is still writing, and the files that belong to it."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_attachment_id() -> str:
    return ids.new("att")


class Draft(models.Model):
    """A draft (hồ sơ nháp): only what the citizen changed, never a copy of what is prefilled.

    `offers` remembers the prefilled values as they were last shown, so that one that changed since
    is flagged at submission. Written by `actions.drafts`; `actions.intake` closes it. While a
    representative holds it, only they write; it stays its citizen's.
    """

    class State(models.TextChoices):
        OPEN = "open", "the citizen is writing"
        SUBMITTED = "submitted", "it became a dossier"
        DISCARDED = "discarded", "the citizen threw it away, or it ran out"

    id = models.BigAutoField(primary_key=True)
    client_id = models.UUIDField(help_text="made by the phone, so that a repeat finds it")
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(
        "citizens.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="the representative who writes it now; null while its citizen does",
    )
    service_version = models.ForeignKey(
        "services.ProcedureVersion", on_delete=models.PROTECT, related_name="+"
    )
    form = models.ForeignKey("services.Form", on_delete=models.PROTECT, related_name="+", null=True)
    service_code = models.CharField(max_length=20)
    receiving_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    answers = crypto.EncryptedJSONField(help_text="field -> value; null where emptied on purpose")
    offers = crypto.EncryptedJSONField(help_text="prefilled values as last shown")
    confirmed = models.JSONField(default=list, help_text="aged fields the citizen looked at again")
    state = models.CharField(max_length=10, choices=State.choices)
    carried = crypto.EncryptedJSONField(
        null=True, help_text="what a new form version changed, until the next save"
    )
    version = models.PositiveIntegerField(default=1)
    content_since = models.PositiveIntegerField(
        default=1, help_text="the version at which the content became what it is"
    )
    reminded = models.PositiveSmallIntegerField(
        default=0, help_text="how many of the reminders of its end were sent"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["citizen", "client_id"], name="dossiers_draft_client_id"
            )
        ]
        indexes = [
            models.Index(fields=["citizen", "-updated_at", "-id"], name="dossiers_draft_mine"),
            models.Index(
                fields=["holder", "-updated_at", "-id"],
                condition=Q(holder__isnull=False),
                name="dossiers_draft_held",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="dossiers_draft_expiring"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_code} {self.client_id}"


class Attachment(models.Model):
    """One file of a draft or dossier, for one of the papers that the procedure asks for.

    It moves with its draft into the dossier. `reused_from` names the accepted paper it was taken
    from; such a file was not uploaded again.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_attachment_id, editable=False
    )
    draft = models.ForeignKey(
        Draft, on_delete=models.PROTECT, related_name="attachments", null=True
    )
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="attachments", null=True
    )
    paper_key = models.CharField(max_length=200, help_text="which paper of the procedure")
    component_code = models.CharField(max_length=60, blank=True)
    paper_name = models.TextField()
    file = models.ForeignKey("common.StoredFile", on_delete=models.PROTECT, related_name="+")
    file_name = crypto.EncryptedTextField(help_text="as the citizen named it; never a path")
    reused_from = models.CharField(max_length=60, blank=True)
    client_key = models.CharField(max_length=200, blank=True, help_text="the upload's own key")
    supplement_round = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=False) | Q(dossier__isnull=False),
                name="dossiers_attachment_belongs",
            ),
            models.UniqueConstraint(
                fields=["draft", "client_key"],
                condition=~Q(client_key=""),
                name="dossiers_attachment_uploaded_once",
            ),
            models.UniqueConstraint(
                fields=["dossier", "client_key"],
                condition=Q(draft__isnull=True) & ~Q(client_key=""),
                name="dossiers_attachment_supplemented_once",
            ),
        ]

    def __str__(self) -> str:
        return self.id
