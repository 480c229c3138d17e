"""What is owed, each try to pay it, and what goes back."""

import enum
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from common import crypto, ids
from payments.rules import refunds, states


def new_payment_id() -> str:
    return ids.new("pay")


def new_attempt_id() -> str:
    return ids.new("att")


def new_refund_id() -> str:
    return ids.new("rfd")


def choices(kind: type[enum.StrEnum]) -> list[tuple[str, str]]:
    """Return the states of a table as Django wants them."""
    return [(state.value, state.value) for state in kind]


class PaymentSet(models.QuerySet["Payment"]):
    def of(self, citizen_id: str) -> "PaymentSet":
        """Those that this citizen owes or owed."""
        return self.filter(citizen_id=citizen_id)

    def unannounced(self) -> "PaymentSet":
        """Settled, and nobody upstairs was told yet."""
        return self.filter(settled_at__isnull=False, announced_at__isnull=True)


class Payment(models.Model):
    """What one citizen owes one agency for one reference, and what became of it.

    Amounts and lines are frozen when it is opened; a due that was wrong is cancelled, and the right
    one names it in `replaces`. `reference` is opaque here: the dossier's public id. `citizen` and
    `payer_name` are the debtor, whose dossier it is; who paid is on the attempt. `actions.charge`
    opens, changes and cancels, `actions.settle` and `actions.refund` move the money.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_payment_id, editable=False
    )
    reference = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40, help_text="which due of the reference: fee, round-3")
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    payer_name = crypto.EncryptedTextField(help_text="the debtor's; who paid is on the attempt")
    agency_code = models.CharField(max_length=60)
    title = models.CharField(max_length=250)
    lines = models.JSONField(help_text="code, label, kind, quantity, unit_vnd, amount_vnd")
    amount_vnd = models.PositiveBigIntegerField()
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="replaced_by",
        null=True,
        help_text="the wrong due that this one stands for",
    )
    state = models.CharField(max_length=10, choices=choices(states.Payment))
    captured_vnd = models.PositiveBigIntegerField(default=0)
    refunding_vnd = models.PositiveBigIntegerField(default=0, help_text="on its way back")
    refunded_vnd = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True, help_text="when payment_settled was delivered")

    objects = PaymentSet.as_manager()

    class Meta:
        constraints = [
            # A cancelled due may be asked for again; a live one exists once.
            models.UniqueConstraint(
                fields=["reference", "purpose"],
                condition=~Q(state=states.Payment.CANCELLED.value),
                name="payments_payment_one_due",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in states.Payment]),
                name="payments_payment_state_known",
            ),
            # Paid means the whole sum, and nothing else is captured.
            models.CheckConstraint(
                condition=Q(
                    state__in=[states.Payment.PAID.value, states.Payment.REFUNDED.value],
                    captured_vnd=F("amount_vnd"),
                    settled_at__isnull=False,
                )
                | Q(
                    state__in=[
                        states.Payment.OWED.value,
                        states.Payment.CANCELLED.value,
                        states.Payment.FREE.value,
                    ],
                    captured_vnd=0,
                ),
                name="payments_payment_paid_in_full",
            ),
            models.CheckConstraint(
                condition=Q(captured_vnd__gte=F("refunded_vnd") + F("refunding_vnd")),
                name="payments_payment_refunds_fit",
            ),
            models.CheckConstraint(
                condition=~Q(state=states.Payment.REFUNDED.value)
                | Q(refunded_vnd=F("captured_vnd")),
                name="payments_payment_refunded_in_full",
            ),
            models.CheckConstraint(
                condition=Q(state=states.Payment.FREE.value, amount_vnd=0)
                | (~Q(state=states.Payment.FREE.value) & Q(amount_vnd__gt=0)),
                name="payments_payment_free_is_zero",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")),
                name="payments_payment_replaces_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["citizen", "-created_at", "-id"], name="payments_payment_of_citizen"
            ),
            models.Index(
                fields=["agency_code", "-created_at", "-id"], name="payments_payment_of_agency"
            ),
            models.Index(fields=["reference"], name="payments_payment_reference"),
            models.Index(fields=["settled_at"], name="payments_payment_settled"),
            models.Index(
                fields=["settled_at"],
                condition=Q(announced_at__isnull=True, settled_at__isnull=False),
                name="payments_payment_unannounced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.amount_vnd} {self.state}"


class AttemptSet(models.QuerySet["Attempt"]):
    def active(self) -> "AttemptSet":
        """Those that may still take money from a payer in front of a page."""
        return self.filter(state__in=[state.value for state in states.ACTIVE_ATTEMPTS])

    def due(self, *, now: datetime) -> "AttemptSet":
        """Those about which the provider should be asked."""
        return self.filter(next_check_at__lte=now)

    def of_page(self, opener_id: str) -> "AttemptSet":
        """The one that opened a provider's page, and those that are paid on it too."""
        return self.filter(Q(id=opener_id) | Q(paid_with_id=opener_id))


class Attempt(models.Model):
    """One try to pay one due at one provider.

    Its key is committed before the provider is called, so that whatever happens to the answer the
    call can be repeated as the same call. Several dues may be paid on one page: one attempt opens
    it and holds what the provider said, the others name it in `paid_with` and move with it, in one
    transaction. Written by `actions.charge` and `actions.settle` only.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_attempt_id, editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    paid_with = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="companions",
        null=True,
        help_text="the attempt that opened the page; null when it is this one",
    )
    dues = models.PositiveSmallIntegerField(default=1, help_text="how many are on its page")
    payer = models.ForeignKey(
        "citizens.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="whose account pays; null when none does",
    )
    payer_name = crypto.EncryptedTextField(null=True, help_text="null: the debtor's")
    provider = models.CharField(max_length=20)
    account = models.CharField(
        max_length=19, blank=True, help_text="the bank account a transfer goes to; a card has none"
    )
    client_key = models.CharField(max_length=200, help_text="Idempotency-Key of the app")
    provider_key = models.CharField(max_length=100, help_text="Idempotency-Key to the provider")
    state = models.CharField(max_length=10, choices=choices(states.Attempt))
    reason = models.CharField(max_length=100, blank=True, help_text="decline or review code")
    return_url = models.CharField(max_length=500)
    expires_at = models.DateTimeField()
    session_id = models.CharField(max_length=255, blank=True)
    intent_id = models.CharField(max_length=255, blank=True)
    charge_id = models.CharField(max_length=255, blank=True)
    settlement_id = models.CharField(max_length=255, blank=True)
    checkout_url = models.CharField(max_length=2000, blank=True)
    request_id = models.CharField(max_length=255, blank=True, help_text="the provider's, last")
    received_vnd = models.PositiveBigIntegerField(default=0)
    fee_vnd = models.PositiveBigIntegerField(default=0, help_text="what the provider kept")
    refunding_vnd = models.PositiveBigIntegerField(default=0)
    refunded_vnd = models.PositiveBigIntegerField(default=0)
    closing = models.BooleanField(default=False, help_text="this side wants the page closed")
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = AttemptSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=sorted(s.value for s in states.ACTIVE_ATTEMPTS)),
                name="payments_attempt_one_active",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state=states.Attempt.PAID.value),
                name="payments_attempt_one_settled",
            ),
            models.UniqueConstraint(fields=["payment", "number"], name="payments_attempt_number"),
            # Keys are made by phones: two payers of one due may choose the same.
            models.UniqueConstraint(
                fields=["payment", "payer", "client_key"],
                nulls_distinct=False,
                name="payments_attempt_client_key",
            ),
            models.CheckConstraint(
                condition=Q(paid_with__isnull=True)
                | Q(
                    session_id="",
                    intent_id="",
                    checkout_url="",
                    fee_vnd=0,
                    closing=False,
                    next_check_at__isnull=True,
                ),
                name="payments_attempt_one_page",
            ),
            models.CheckConstraint(
                condition=Q(paid_with__isnull=True) | ~Q(paid_with=F("id")),
                name="payments_attempt_with_another",
            ),
            models.CheckConstraint(
                condition=Q(dues__gt=1) | Q(dues=1, paid_with__isnull=True),
                name="payments_attempt_counts_its_page",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_key"], name="payments_attempt_provider_key"
            ),
            models.UniqueConstraint(
                fields=["provider", "session_id"],
                condition=~Q(session_id=""),
                name="payments_attempt_session",
            ),
            models.UniqueConstraint(
                fields=["provider", "intent_id"],
                condition=~Q(intent_id=""),
                name="payments_attempt_intent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in states.Attempt]),
                name="payments_attempt_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=states.Attempt.PAID.value)
                | Q(settled_at__isnull=False, received_vnd__gt=0),
                name="payments_attempt_paid_has_money",
            ),
            models.CheckConstraint(
                condition=Q(received_vnd__gte=F("refunded_vnd") + F("refunding_vnd")),
                name="payments_attempt_refunds_fit",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at", "id"],
                condition=Q(next_check_at__isnull=False),
                name="payments_attempt_due",
            ),
            models.Index(
                fields=["payer", "-created_at", "-id"],
                condition=Q(payer__isnull=False),
                name="payments_attempt_of_payer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.provider} {self.state}"

    @property
    def page(self) -> "Attempt":
        """The attempt that opened the provider's page: this one, or the one it is paid with."""
        return self.paid_with or self

    @property
    def page_id(self) -> str:
        return self.paid_with_id or self.id

    @property
    def reference(self) -> str:
        """The provider's name for the money, as it stands on the receipt."""
        return self.page.intent_id or self.page.session_id


class RefundSet(models.QuerySet["Refund"]):
    def due(self, *, now: datetime) -> "RefundSet":
        """Those about which the provider should be asked or told."""
        return self.filter(next_check_at__lte=now)

    def unannounced(self) -> "RefundSet":
        """Arrived, and nobody upstairs was told yet; not what came back in the meantime."""
        return self.filter(
            succeeded_at__isnull=False,
            announced_at__isnull=True,
            state=states.Refund.SUCCEEDED.value,
        )

    def failures_untold(self) -> "RefundSet":
        """Failed, and nobody upstairs was told yet."""
        return self.filter(failed_at__isnull=False, failure_announced_at__isnull=True)


class Refund(models.Model):
    """Money on its way back to a payer, from one attempt. Written by `actions.refund` only."""

    class Kind(models.TextChoices):
        FEE = "fee", "an officer gives back what was rightly paid"
        SUSPENSE = "suspense", "money that nobody asked for goes back by rule"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_refund_id, editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount_vnd = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=choices(states.Refund))
    reason = crypto.EncryptedTextField()
    requested_by = models.CharField(max_length=64, help_text="an officer's id, or the rule's name")
    client_key = models.CharField(max_length=200)
    provider_key = models.CharField(max_length=100)
    provider_refund_id = models.CharField(max_length=255, blank=True)
    settlement_id = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=255, blank=True)
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True, help_text="when refund_settled was delivered")
    failure_announced_at = models.DateTimeField(
        null=True, help_text="when refund_failed was delivered"
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="replaced_by",
        null=True,
        help_text="the failed refund that this one stands for",
    )
    way = models.CharField(
        max_length=10,
        choices=[(way.value, way.value) for way in refunds.Way],
        default=refunds.Way.PROVIDER.value,
    )
    paid_out_reference = models.CharField(
        max_length=60, blank=True, help_text="voucher or transfer by which it was paid out by hand"
    )

    objects = RefundSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "client_key"], name="payments_refund_client_key"
            ),
            models.UniqueConstraint(fields=["provider_key"], name="payments_refund_provider_key"),
            models.UniqueConstraint(
                fields=["provider_refund_id"],
                condition=~Q(provider_refund_id=""),
                name="payments_refund_provider_id",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in states.Refund]),
                name="payments_refund_state_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_refund_amount_positive"
            ),
            # What a cashier pays out stands for a failed refund, names its voucher, and is done.
            models.CheckConstraint(
                condition=Q(way=refunds.Way.PROVIDER.value, paid_out_reference="")
                | (
                    Q(way__in=[way.value for way in refunds.BY_HAND])
                    & ~Q(paid_out_reference="")
                    & Q(
                        replaces__isnull=False,
                        state=states.Refund.SUCCEEDED.value,
                        succeeded_at__isnull=False,
                    )
                ),
                name="payments_refund_paid_out",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at", "id"],
                condition=Q(next_check_at__isnull=False),
                name="payments_refund_due",
            ),
            models.Index(
                fields=["succeeded_at"],
                condition=Q(announced_at__isnull=True, succeeded_at__isnull=False),
                name="payments_refund_unannounced",
            ),
            models.Index(
                fields=["failed_at"],
                condition=Q(failure_announced_at__isnull=True, failed_at__isnull=False),
                name="payments_refund_failure_untold",
            ),
            models.Index(fields=["-created_at", "-id"], name="payments_refund_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.amount_vnd} {self.state}"
