"""Whose work a dossier is, who is in it now, and what colleagues note for each other."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_note_id() -> str:
    return ids.new("note")


class Assignment(models.Model):
    """Whose work a dossier is in one agency (phân công). Written by `actions.work` only.

    Each agency of a dossier has an assignment of its own: the counter that hands over and the
    official who decides are two people. No row: nobody's.
    """

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="assignments"
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey("dossiers.Seat", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "agency"], name="dossiers_assignment_one_an_agency"
            )
        ]
        indexes = [models.Index(fields=["seat", "dossier"], name="dossiers_assignment_mine")]

    def __str__(self) -> str:
        return f"{self.dossier_id} in {self.agency_id}: {self.seat_id}"


class AssignmentEvent(models.Model):
    """One change of whose work a dossier is. Append-only; not part of the citizen's timeline."""

    class Act(models.TextChoices):
        TAKE = "take", "somebody made it their own work"
        GIVE = "give", "a leader gave it to somebody"
        RELEASE = "release", "it is nobody's again"
        TAKE_OVER = "take_over", "somebody took over while another had it open"
        LEFT = "left", "the dossier left the agency"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=10, choices=Act.choices)
    from_seat = models.ForeignKey(
        "dossiers.Seat", on_delete=models.PROTECT, related_name="+", null=True
    )
    to_seat = models.ForeignKey(
        "dossiers.Seat", on_delete=models.PROTECT, related_name="+", null=True
    )
    by_seat = models.ForeignKey("dossiers.Seat", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["dossier", "agency", "id"], name="dossiers_assignmentevent_log")
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.act}"


class Lease(models.Model):
    """Who has a dossier open to work on it, for some minutes. It ends by itself."""

    dossier = models.OneToOneField(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="lease", primary_key=True
    )
    seat = models.ForeignKey("dossiers.Seat", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.dossier_id} until {self.until}"


class Note(models.Model):
    """What an officer notes for colleagues (ghi chú nội bộ). Append-only; never for the citizen."""

    class Audience(models.TextChoices):
        AGENCY = "agency", "the writer's own agency"
        DOSSIER = "dossier", "every agency of the dossier: helping, receiving, competent"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_note_id, editable=False
    )
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey("dossiers.Seat", on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    text = crypto.EncryptedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(audience__in=("agency", "dossier")), name="dossiers_note_audience"
            )
        ]
        indexes = [models.Index(fields=["dossier", "at", "id"], name="dossiers_note_of_a_dossier")]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.id}"
