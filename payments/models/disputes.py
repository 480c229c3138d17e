"""Money that a payer's bank took back, and how that ended."""

from django.db import models
from django.db.models import Q

from common import crypto, ids
from payments.models.charge import Attempt, Payment, choices
from payments.rules import disputes


def new_dispute_id() -> str:
    return ids.new("dsp")


class DisputeSet(models.QuerySet["Dispute"]):
    def unannounced(self) -> "DisputeSet":
        """Those whose present state nobody upstairs was told of yet."""
        return self.exclude(told_state=models.F("state"))


class Dispute(models.Model):
    """One dispute at a provider about one attempt's money. Written by `actions.disputes` only.

    The sums follow the provider's lines, the state its word; the payment stays as it is.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_dispute_id, editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="disputes")
    provider = models.CharField(max_length=20)
    provider_dispute_id = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=choices(disputes.State))
    told_state = models.CharField(max_length=10, blank=True, help_text="last told upstairs")
    reason = models.CharField(max_length=100, blank=True, help_text="the provider's code")
    amount_vnd = models.PositiveBigIntegerField()
    withdrawn_vnd = models.PositiveBigIntegerField(default=0)
    returned_vnd = models.PositiveBigIntegerField(default=0)
    fee_vnd = models.BigIntegerField(default=0, help_text="what the provider kept for it")
    answer_by = models.DateTimeField(null=True)
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = DisputeSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_dispute_id"], name="payments_dispute_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in disputes.State]),
                name="payments_dispute_state_known",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_vnd__gte=models.F("returned_vnd")),
                name="payments_dispute_returns_fit",
            ),
        ]
        indexes = [
            models.Index(fields=["payment"], name="payments_dispute_of_payment"),
            models.Index(
                fields=["next_check_at", "id"],
                condition=Q(next_check_at__isnull=False),
                name="payments_dispute_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.amount_vnd} {self.state}"


class DisputeEvent(models.Model):
    """What happened to a dispute, and what officers wrote down. Append-only."""

    class What(models.TextChoices):
        MOVED = "moved", "the provider's word changed its state"
        WITHDRAWN = "withdrawn", "money was taken from the city's account"
        RETURNED = "returned", "money came back to it"
        NOTED = "noted", "an officer wrote something down"

    id = models.BigAutoField(primary_key=True)
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=10, choices=What.choices)
    state = models.CharField(max_length=10, help_text="the state after it")
    amount_vnd = models.PositiveBigIntegerField(default=0)
    by = models.CharField(max_length=64, help_text="an officer's id, or the provider's name")
    by_label = models.CharField(max_length=200, blank=True, help_text="the office, for people")
    note = crypto.EncryptedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["dispute", "id"], name="payments_disputeevent_log")]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.what}"
