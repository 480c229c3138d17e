"""What a dossier said at each moment that somebody relied on it."""

from django.db import models

from common import crypto
from dossiers.models.dossier import Dossier


class AnswerVersion(models.Model):
    """The answers as they were frozen: at filing, and anew at each supplement. Append-only.

    Written by `actions.intake.snapshot` only. The dossier itself shows the newest.
    """

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="answer_versions")
    number = models.PositiveSmallIntegerField(help_text="1 at filing")
    form = models.ForeignKey("services.Form", on_delete=models.PROTECT, related_name="+", null=True)
    answers = crypto.EncryptedJSONField()
    provenance = crypto.EncryptedJSONField()
    answers_hash = models.CharField(max_length=64, help_text="SHA-256 of the canonical JSON")
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "number"], name="dossiers_answerversion_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} answers {self.number}"
