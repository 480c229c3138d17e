"""What citizens say of the service: ratings, questions, feedback."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_feedback_id() -> str:
    return ids.new("fbk")


class Rating(models.Model):
    """What the citizen thought of one closed dossier (đánh giá). Given once; append-only."""

    id = models.BigAutoField(primary_key=True)
    dossier = models.OneToOneField(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="rating"
    )
    stars = models.PositiveSmallIntegerField()
    comment = crypto.EncryptedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5), name="dossiers_rating_stars"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id}: {self.stars}"


class Feedback(models.Model):
    """A question, feedback or petition (hỏi đáp; phản ánh, kiến nghị) and how far its answer is.

    `actions.feedback` alone writes `state`; `rules.feedback` holds the moves and the limits.
    """

    class Kind(models.TextChoices):
        QUESTION = "question", "hỏi đáp: about a procedure or a dossier"
        ABOUT_RULES = "about_rules", "phản ánh về quy định hành chính"
        ABOUT_CONDUCT = "about_conduct", "phản ánh về hành vi hành chính"
        APPEAL = "appeal", "kiến nghị xem xét lại kết quả của hồ sơ"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_feedback_id, editable=False
    )
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="feedback", null=True
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = crypto.EncryptedTextField()
    state = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    sent_at = models.DateTimeField()
    next_due_at = models.DateTimeField(null=True, help_text="what the office owes next, and when")
    public_question = models.TextField(blank=True, help_text="written by the office, nobody named")
    public_answer = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    disliked = models.BooleanField(null=True, help_text="the asker's opinion of the answer")

    class Meta:
        verbose_name = "phản ánh, kiến nghị"
        verbose_name_plural = "phản ánh, kiến nghị"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="appeal") | Q(dossier__isnull=False),
                name="dossiers_feedback_appeal_names_a_dossier",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="dossiers_feedback_published",
            ),
        ]
        indexes = [
            models.Index(fields=["citizen", "-sent_at", "-id"], name="dossiers_feedback_mine"),
            models.Index(
                fields=["agency", "state", "sent_at", "id"], name="dossiers_feedback_agency"
            ),
            models.Index(
                fields=["-published_at", "-id"],
                condition=Q(published_at__isnull=False),
                name="dossiers_feedback_public",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class FeedbackEvent(models.Model):
    """One step of a piece of feedback: who, when, what was said, in time or not. Append-only."""

    id = models.BigAutoField(primary_key=True)
    feedback = models.ForeignKey(Feedback, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    move = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=ids.MAX_LENGTH)
    actor_label = models.CharField(max_length=300)
    text = crypto.EncryptedTextField(blank=True)
    due_at = models.DateTimeField(null=True, help_text="the limit that this step had to keep")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feedback", "seq"], name="dossiers_feedbackevent_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.feedback_id} #{self.seq} {self.move}"
