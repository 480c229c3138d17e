"""What autosaving needs to remember: earlier contents of a draft, and half a supplement."""

from django.db import models
from django.db.models import F, Q

from common import crypto
from dossiers.models.draft import Draft


class DraftVersion(models.Model):
    """What a draft held from one version to another, so that a late phone can be merged with it.

    Written when the content is replaced. Bounded in number and age, and gone with the draft: an
    aid for a conflict, no archive.
    """

    id = models.BigAutoField(primary_key=True)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    first_version = models.PositiveIntegerField()
    last_version = models.PositiveIntegerField()
    answers = crypto.EncryptedJSONField()
    receiving_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "last_version"], name="dossiers_draftversion_last"
            ),
            models.CheckConstraint(
                condition=Q(first_version__lte=F("last_version")),
                name="dossiers_draftversion_span",
            ),
        ]
        indexes = [models.Index(fields=["replaced_at"], name="dossiers_draftversion_age")]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.first_version}-{self.last_version}"


class SupplementDraft(models.Model):
    """What the citizen has filled in so far of a supplement request; gone once it is sent."""

    request = models.OneToOneField(
        "dossiers.SupplementRequest",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="draft",
    )
    answers = crypto.EncryptedJSONField(help_text="asked field -> value; null empties it")
    message = crypto.EncryptedTextField(blank=True, default="")
    version = models.PositiveIntegerField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.request_id
