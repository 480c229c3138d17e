"""The books: the ledger, and what providers sent."""

from django.db import models
from django.db.models import F, Q

from common import crypto
from payments.models.charge import Attempt, Payment, Refund


class LedgerEntry(models.Model):
    """One transfer between two accounts: balanced by construction, never changed, never deleted.

    `key` is natural (`capture:pi_…`), so that whoever learns of the same money first books it and
    everybody after meets the constraint. Written by `ledger.post` only.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=300)
    debit_account = models.CharField(max_length=120)
    credit_account = models.CharField(max_length=120)
    amount_vnd = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="entries", null=True
    )
    attempt = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, related_name="entries", null=True
    )
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="entries", null=True)
    settlement_id = models.CharField(
        max_length=255, blank=True, help_text="the line of the provider's statement"
    )
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="payments_ledgerentry_key"),
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_ledgerentry_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(currency="VND"), name="payments_ledgerentry_in_dong"
            ),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")),
                name="payments_ledgerentry_two_accounts",
            ),
        ]
        indexes = [
            models.Index(fields=["posted_at"], name="payments_ledgerentry_posted"),
            models.Index(fields=["debit_account", "posted_at"], name="payments_ledgerentry_debit"),
            models.Index(
                fields=["credit_account", "posted_at"], name="payments_ledgerentry_credit"
            ),
            models.Index(
                fields=["settlement_id"],
                condition=~Q(settlement_id=""),
                name="payments_ledgerentry_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.amount_vnd}"


class ProviderEvent(models.Model):
    """Something a provider sent, as it came, after its signature held. Append-only.

    Nothing in it is believed: it only says about what the provider should be asked.
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "the provider delivered it"
        CATCH_UP = "catch_up", "it was fetched from the provider's list of events"

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=100)
    livemode = models.BooleanField()
    source = models.CharField(max_length=10, choices=Source.choices)
    attempt_hint = models.CharField(max_length=255, blank=True)
    refund_hint = models.CharField(max_length=255, blank=True)
    session_hint = models.CharField(max_length=255, blank=True)
    intent_hint = models.CharField(max_length=255, blank=True)
    provider_refund_hint = models.CharField(max_length=255, blank=True)
    dispute_hint = models.CharField(max_length=255, blank=True)
    decline_hint = models.CharField(max_length=100, blank=True, default="")
    raw = crypto.EncryptedTextField(help_text="the very bytes, as text")
    made_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="payments_providerevent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.kind}"


class EventOutcome(models.Model):
    """How far the work on one provider event is. Apart from it, because the event never changes."""

    class State(models.TextChoices):
        PENDING = "pending", "kept, the provider has not been asked yet"
        APPLIED = "applied", "the provider was asked, and what it said was recorded"
        IGNORED = "ignored", "not about anything of ours, or of no consequence"

    event = models.OneToOneField(
        ProviderEvent, on_delete=models.PROTECT, primary_key=True, related_name="outcome"
    )
    state = models.CharField(max_length=10, choices=State.choices)
    note = models.CharField(max_length=200, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", done_at__isnull=True)
                | (~Q(state="pending") & Q(done_at__isnull=False)),
                name="payments_eventoutcome_done_at",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state="pending"),
                name="payments_eventoutcome_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"
