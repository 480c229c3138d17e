"""A provider's statement as it was read, each day's comparison, and what did not fit."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common import crypto, ids
from payments.models.charge import Payment, choices
from payments.rules import reconcile


def new_run_id() -> str:
    return ids.new("rec")


def new_discrepancy_id() -> str:
    return ids.new("dis")


class StatementLine(models.Model):
    """One line of a provider's statement as it was first read. Append-only.

    Written by `actions.reconcile` only. Units: whole đồng, signed, as the provider counts.
    """

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=20)
    line_id = models.CharField(max_length=255)
    day_on = models.DateField(help_text="in whose statement it stands, by the clock of Cần Thơ")
    kind = models.CharField(max_length=60)
    source_id = models.CharField(max_length=255, blank=True)
    amount_vnd = models.BigIntegerField()
    fee_vnd = models.BigIntegerField()
    net_vnd = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "line_id"], name="payments_statementline_once"
            )
        ]
        indexes = [
            models.Index(fields=["provider", "day_on"], name="payments_statementline_day"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.amount_vnd}"


class ReconciliationRun(models.Model):
    """The comparison of one provider's day with the ledger. One row, however often it is repeated.

    Written by `actions.reconcile` only.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "it is the day's turn"
        UNANSWERED = "unanswered", "the provider gave no statement; it is asked again"
        DONE = "done", "every line was compared"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_run_id, editable=False
    )
    provider = models.CharField(max_length=20)
    day_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices)
    tries = models.PositiveIntegerField(default=0)
    their_lines = models.PositiveIntegerField(default=0)
    their_net_vnd = models.BigIntegerField(default=0)
    our_net_vnd = models.BigIntegerField(default=0, help_text="what the ledger says of those lines")
    next_try_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "day_on"], name="payments_reconciliationrun_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("planned", "unanswered", "done")),
                name="payments_reconciliationrun_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False),
                name="payments_reconciliationrun_done_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.day_on} {self.state}"


class Discrepancy(models.Model):
    """One line on which statement and ledger do not agree. Nothing mends it silently.

    Written by `actions.reconcile` only; each change leaves a `DiscrepancyEvent`.
    """

    class State(models.TextChoices):
        OPEN = "open", "somebody has to look at it"
        RESOLVED = "resolved", "an officer said what it was"
        GONE = "gone", "a later comparison no longer finds it"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_discrepancy_id, editable=False
    )
    run = models.ForeignKey(
        ReconciliationRun, on_delete=models.PROTECT, related_name="discrepancies"
    )
    provider = models.CharField(max_length=20)
    day_on = models.DateField()
    kind = models.CharField(max_length=20, choices=choices(reconcile.Kind))
    line_id = models.CharField(max_length=255)
    line_kind = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=255, blank=True)
    agency_code = models.CharField(
        max_length=60, blank=True, help_text="the payment's; empty when no payment is known"
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", null=True)
    currency = models.CharField(max_length=3)
    their_amount_vnd = models.BigIntegerField(null=True)
    their_fee_vnd = models.BigIntegerField(null=True)
    our_amount_vnd = models.BigIntegerField(null=True)
    our_fee_vnd = models.BigIntegerField(null=True)
    differs = ArrayField(models.CharField(max_length=20), default=list)
    state = models.CharField(max_length=10, choices=State.choices)
    resolution = models.CharField(max_length=20, blank=True)
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True, help_text="when it had lain open for too long")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "day_on", "kind", "line_id"], name="payments_discrepancy_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in reconcile.Kind]),
                name="payments_discrepancy_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state__in=("resolved", "gone"), closed_at__isnull=False),
                name="payments_discrepancy_closed_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_code", "-day_on", "-id"], name="payments_discrepancy_of_agency"
            ),
            models.Index(
                fields=["found_at"], condition=Q(state="open"), name="payments_discrepancy_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.line_id} {self.state}"


class DiscrepancyEvent(models.Model):
    """What happened to a discrepancy: found, gone, looked at, resolved, by whom and why.

    Append-only. `by` is an officer's id or the rule's name.
    """

    class What(models.TextChoices):
        FOUND = "found", "a comparison found it"
        CHANGED = "changed", "a later comparison found other figures"
        FOUND_AGAIN = "found_again", "it was closed and a later comparison found it again"
        GONE = "gone", "a later comparison no longer found it"
        NOTED = "noted", "an officer wrote something down"
        RESOLVED = "resolved", "an officer said what it was"
        ALARMED = "alarmed", "it had lain open for too long"

    id = models.BigAutoField(primary_key=True)
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=12, choices=What.choices)
    by = models.CharField(max_length=64)
    by_label = models.CharField(max_length=200, blank=True, help_text="the office, for people")
    resolution = models.CharField(max_length=20, blank=True)
    note = crypto.EncryptedTextField(blank=True)
    figures = models.JSONField(default=dict, help_text="both sides as they stood then")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["discrepancy", "id"], name="payments_discrepancyevent_log"),
        ]

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.what}"
