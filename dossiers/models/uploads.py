"""A large file that comes in parts, over a bad network."""

from django.db import models
from django.db.models import Q

from common import crypto


class Upload(models.Model):
    """A file that a citizen sends in parts, until it is whole, scanned and can be attached.

    What is sent is fixed at the start: size and SHA-256. Written by `actions.uploads`.
    """

    class State(models.TextChoices):
        OPEN = "open", "parts are missing, or it was not completed yet"
        COMPLETE = "complete", "whole, checked and kept: it can be attached"
        REFUSED = "refused", "whole, but not what may be kept: its bytes are gone"

    id = models.BigAutoField(primary_key=True)
    client_id = models.UUIDField(help_text="made by the phone, so that a repeat finds it")
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    file_name = crypto.EncryptedTextField(help_text="as the citizen named it; never a path")
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="of what is sent, not of what is kept")
    part_bytes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    refusal = models.CharField(max_length=60, blank=True, help_text="the code it was refused with")
    file = models.ForeignKey(
        "common.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    version = models.PositiveIntegerField(default=1, help_text="of the state: parts do not count")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["citizen", "client_id"], name="dossiers_upload_client_id"
            ),
            models.CheckConstraint(
                condition=Q(state="complete") ^ Q(file__isnull=True), name="dossiers_upload_file"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="dossiers_upload_expiring")]

    def __str__(self) -> str:
        return str(self.client_id)


class UploadPart(models.Model):
    """One part of an upload that arrived; its bytes lie at `place` until the upload is whole."""

    id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveSmallIntegerField(help_text="from 1")
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=200)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="dossiers_uploadpart_once")
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} part {self.number}"
