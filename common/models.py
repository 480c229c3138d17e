"""The tables that have no noun of a room."""

from django.db import models

from common import crypto


class IdempotencyRecord(models.Model):
    """The answer once given to one client under one key. Written by `common.idempotency` only."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=64, help_text="who asked: a user's id")
    key = models.CharField(max_length=200)
    operation = models.CharField(max_length=200, help_text="method and path")
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = crypto.EncryptedJSONField(help_text="body and headers, as they were sent")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "key"], name="common_idempotencyrecord_actor_key"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="common_idempotencyrecord_age")]

    def __str__(self) -> str:
        return f"{self.operation} ({self.status})"


class StoredFile(models.Model):
    """Bytes kept once, named by their SHA-256, with what the scanner said of them.

    Written by `common.files` only. Who may read them is decided by the row that points here, by a
    foreign key: a file that no foreign key names is swept. The bytes of an infected file are gone;
    its row stays, so that the same bytes are known again.
    """

    class Verdict(models.TextChoices):
        PENDING = "pending", "not scanned yet: nobody may read it"
        CLEAN = "clean", "scanned, nothing found"
        INFECTED = "infected", "the scanner found something: nobody may read it"

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    place = models.CharField(
        max_length=200, blank=True, help_text="where the bytes lie; or nowhere"
    )
    stored_at = models.DateTimeField(help_text="the last time that somebody sent these bytes")
    scanned_at = models.DateTimeField(null=True, help_text="the verdict, or the last try at one")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="common_storedfile_hash"
            ),
            models.CheckConstraint(
                condition=~models.Q(verdict="infected") | models.Q(place=""),
                name="common_storedfile_infected_is_gone",
            ),
        ]
        indexes = [
            models.Index(
                fields=["stored_at"],
                condition=models.Q(verdict="pending"),
                name="common_storedfile_pending",
            ),
            models.Index(fields=["stored_at"], name="common_storedfile_age"),
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.sha256[:12]}"


class Change(models.Model):
    """The latest change of one object that a person may keep on a phone: what `common.feed` reads.

    Written by the triggers of `common.feed` only, in the transaction of the change itself. A row
    whose object is gone is its tombstone.
    """

    pk = models.CompositePrimaryKey("owner", "kind", "object_id")
    owner = models.CharField(max_length=64, help_text="a user's id")
    kind = models.CharField(max_length=20)
    object_id = models.CharField(max_length=64)
    xid = models.BigIntegerField(help_text="the transaction that changed it")
    gone = models.BooleanField()
    changed_at = models.DateTimeField(help_text="when that transaction began")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "xid"], name="common_change_new"),
            models.Index(fields=["owner", "changed_at"], name="common_change_begun"),
            models.Index(
                fields=["changed_at"],
                condition=models.Q(gone=True),
                name="common_change_tombstones",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class LoosePlace(models.Model):
    """A place in storage that no row names: being written, or to be emptied.

    Written by `common.files.places` only.
    """

    place = models.CharField(primary_key=True, max_length=200)
    due_at = models.DateTimeField(help_text="when what lies there may go")
    emptying = models.BooleanField(default=False, help_text="its bytes are going: nobody claims it")

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="common_looseplace_due")]

    def __str__(self) -> str:
        return self.place


class RateCount(models.Model):
    """Calls of one kind by one person or address, or about one code, since `started_at`.

    The key holds a blind index, so the table tells nobody's address and no code. Written by
    `common.limits` only, each count in one statement.
    """

    key = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    used = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="common_ratecount_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.used}"
