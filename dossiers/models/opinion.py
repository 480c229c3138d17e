"""What the competent agency asks of other agencies, and what they answer."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_opinion_id() -> str:
    return ids.new("opn")


class Opinion(models.Model):
    """One request for an opinion (lấy ý kiến cơ quan phối hợp) to one agency, with its answer.

    Written by `actions.opinions` only. The asked agency sees the shared parts and nothing else of
    the dossier. Silence is agreement only where `silence_basis` names the law that says so.
    """

    class State(models.TextChoices):
        OPEN = "open", "waits for the asked agency"
        ANSWERED = "answered", "the asked agency answered, once"
        SILENT = "silent", "the time ran out and a law counts silence as agreement"
        WITHDRAWN = "withdrawn", "the asking agency took it back"
        OVERTAKEN = "overtaken", "the dossier was decided or left before the answer"

    class Stance(models.TextChoices):
        AGREE = "agree", "agrees (đồng ý)"
        DISAGREE = "disagree", "does not agree (không đồng ý)"
        COMMENT = "comment", "says something without either (ý kiến khác)"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_opinion_id, editable=False
    )
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="opinions"
    )
    asking_agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    asked_agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("dossiers.Seat", on_delete=models.PROTECT, related_name="+")
    question = crypto.EncryptedTextField()
    shows_applicant = models.BooleanField()
    shown_fields = ArrayField(models.CharField(max_length=100), default=list)
    shown_papers = ArrayField(models.CharField(max_length=200), default=list)
    silence_basis = models.CharField(
        max_length=300, default="", help_text="the law by which silence is agreement; else empty"
    )
    state = models.CharField(max_length=10, choices=State.choices)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stance = models.CharField(max_length=10, choices=Stance.choices, default="")
    answer = crypto.EncryptedTextField(default="")
    file = models.ForeignKey(
        "common.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    file_name = models.CharField(max_length=200, default="")
    file_key = models.CharField(max_length=200, default="", help_text="key of the upload")
    answered_by = models.ForeignKey(
        "dossiers.Seat", on_delete=models.PROTECT, related_name="+", null=True
    )
    closed_at = models.DateTimeField(null=True)
    closing_reason = crypto.EncryptedTextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "asked_agency"],
                condition=Q(state="open"),
                name="dossiers_opinion_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="dossiers_opinion_closed_when_not_open",
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_by__isnull=False)
                & Q(stance__in=("agree", "disagree", "comment"))
                | (~Q(state="answered") & Q(stance="", answered_by__isnull=True)),
                name="dossiers_opinion_stance_when_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state="silent") | ~Q(silence_basis=""),
                name="dossiers_opinion_silence_has_a_basis",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_agency", "state", "due_at", "id"], name="dossiers_opinion_asked_of"
            ),
            models.Index(
                fields=["dossier", "asked_at", "id"], name="dossiers_opinion_of_a_dossier"
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(state="open") & ~Q(silence_basis=""),
                name="dossiers_opinion_silence_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} asked of {self.asked_agency_id}: {self.state}"
