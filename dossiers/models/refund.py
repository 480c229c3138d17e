"""Decisions on giving back what was paid for a dossier (quyết định hoàn phí)."""

from django.db import models
from django.db.models import Q

from common import crypto, ids
from dossiers.rules import refunds


def new_decision_id() -> str:
    return ids.new("rdc")


class RefundDecision(models.Model):
    """Whether an agency gives back what was paid for one dossier, and what became of it.

    Opened with the move that ended a dossier whose money is kept, or by an officer for a sum that
    needs two. Written by `actions.refund_decisions` only; payments know nothing of it.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_decision_id, editable=False
    )
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="refund_decisions"
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(
        max_length=10, choices=[(cause.value, cause.value) for cause in refunds.Cause]
    )
    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in refunds.State]
    )
    payment_id = models.CharField(
        max_length=ids.MAX_LENGTH,
        blank=True,
        help_text="what an officer's proposal is about; else all of the dossier",
    )
    refundable_vnd = models.PositiveBigIntegerField(help_text="when it was opened")
    granted_vnd = models.PositiveBigIntegerField(null=True, help_text="proposed or granted")
    reason = crypto.EncryptedTextField(blank=True, help_text="the deciding officer's")
    legal_basis = models.CharField(
        max_length=300, null=True, help_text="null: no general rule was found"
    )
    proposed_by = models.CharField(
        max_length=ids.MAX_LENGTH, blank=True, help_text="who said yes first to a large sum"
    )
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, help_text="granted or declined")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "agency"],
                condition=Q(state__in=sorted(state.value for state in refunds.LIVE)),
                name="dossiers_refunddecision_one_live",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in refunds.State]),
                name="dossiers_refunddecision_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("proposed", "granted", "failed", "paid_back"))
                | Q(granted_vnd__isnull=False, granted_vnd__gt=0),
                name="dossiers_refunddecision_names_a_sum",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("granted", "failed", "paid_back", "declined"))
                | Q(decided_at__isnull=False),
                name="dossiers_refunddecision_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="proposed") | ~Q(proposed_by=""),
                name="dossiers_refunddecision_proposer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "-opened_at", "-id"], name="dossiers_refunddecision_agency"
            ),
            models.Index(fields=["dossier", "-opened_at"], name="dossiers_refunddecision_of_dos"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class RefundDecisionEvent(models.Model):
    """One step of a decision: who, when, how much, why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    decision = models.ForeignKey(RefundDecision, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    move = models.CharField(max_length=20)
    to_state = models.CharField(max_length=10)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    actor_label = models.CharField(max_length=300)
    amount_vnd = models.PositiveBigIntegerField(null=True)
    legal_basis = models.CharField(max_length=300, null=True)
    reason = crypto.EncryptedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "seq"], name="dossiers_refunddecisionevent_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} #{self.seq} {self.move}"


class DecidedRefund(models.Model):
    """One refund that a decision ordered, or that stands for one which failed. Append-only."""

    id = models.BigAutoField(primary_key=True)
    decision = models.ForeignKey(RefundDecision, on_delete=models.PROTECT, related_name="refunds")
    refund_id = models.CharField(max_length=ids.MAX_LENGTH)
    payment_id = models.CharField(max_length=ids.MAX_LENGTH)
    amount_vnd = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund_id"], name="dossiers_decidedrefund_once"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.refund_id}"
