"""What offices were told about a promise that runs out."""

from django.db import models

from dossiers.models.dossier import Dossier


class DueNotice(models.Model):
    """One step of warning or escalation that was taken for one promise. Append-only.

    A new promise has steps of its own; the row keeps a sweep that runs twice from telling twice.
    """

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="due_notices")
    due_at = models.DateTimeField(help_text="the promise it is about")
    step = models.CharField(max_length=20)
    told = models.PositiveSmallIntegerField(help_text="how many officers were told")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "due_at", "step"], name="dossiers_duenotice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.step}"
