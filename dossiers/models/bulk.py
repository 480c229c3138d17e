"""One move on many dossiers, worked off in the background."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_bulk_id() -> str:
    return ids.new("bulk")


class BulkJob(models.Model):
    """One move that an officer asked for on many dossiers. Written by `actions.bulk_moves` only."""

    class State(models.TextChoices):
        RUNNING = "running", "some items are not worked off yet"
        DONE = "done", "each item has its outcome"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_bulk_id, editable=False
    )
    officer = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    move = models.CharField(max_length=40)
    reason = crypto.EncryptedTextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    created_at = models.DateTimeField()
    worked_at = models.DateTimeField(help_text="when an item was last worked off")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True)
                | Q(state="done", finished_at__isnull=False),
                name="dossiers_bulkjob_finished_when_done",
            )
        ]
        indexes = [
            models.Index(fields=["officer", "-created_at", "-id"], name="dossiers_bulkjob_mine"),
            models.Index(
                fields=["worked_at"],
                condition=Q(state="running"),
                name="dossiers_bulkjob_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.move}"


class BulkItem(models.Model):
    """One dossier of a bulk move. The outcome commits with the move itself, so it happens once.

    `dossier_id` is what the officer sent and may name nothing; so it is text, not a key.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending", "not worked off yet"
        DONE = "done", "the move was made"
        REFUSED = "refused", "the move was refused; `code` says why"

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BulkJob, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    dossier_id = models.CharField(max_length=ids.MAX_LENGTH)
    expected_state = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    code = models.CharField(max_length=80, default="")
    tries = models.PositiveSmallIntegerField(default=0, help_text="failures of ours so far")
    worked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="dossiers_bulkitem_position"),
            models.UniqueConstraint(fields=["job", "dossier_id"], name="dossiers_bulkitem_once"),
            models.CheckConstraint(
                condition=Q(outcome="refused") | Q(code=""),
                name="dossiers_bulkitem_code_when_refused",
            ),
        ]
        indexes = [
            models.Index(
                fields=["job", "tries", "position"],
                condition=Q(outcome="pending"),
                name="dossiers_bulkitem_todo",
            )
        ]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.position} {self.outcome}"
