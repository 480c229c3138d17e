"""Who may pay what somebody else owes: by a code that the owner gave, or by a right to act."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from common import crypto, ids
from payments.models.charge import Payment


def new_pay_code_id() -> str:
    return ids.new("pcd")


class PayCodeSet(models.QuerySet["PayCode"]):
    def live(self, *, now: datetime) -> "PayCodeSet":
        """Those that open something: not taken back and not run out."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)


class PayCode(models.Model):
    """A short-lived code by which anybody signed in may pay one due (nộp hộ).

    Whoever holds it sees the sum and the lines, and pays; nothing else of the dossier. Found by
    `code_index` only. Written by `actions.pay_codes` only.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_pay_code_id, editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="pay_codes")
    code = crypto.EncryptedTextField(help_text="for its owner, to show it again")
    code_index = models.CharField(max_length=80, help_text="blind index of the code")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = PayCodeSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code_index"], name="payments_paycode_code"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(revoked_at__isnull=True),
                name="payments_paycode_one_live",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="payments_paycode_lasts"
            ),
        ]

    def __str__(self) -> str:
        return self.id


class PayerSet(models.QuerySet["Payer"]):
    def live(self, *, now: datetime) -> "PayerSet":
        """Rights that hold at a moment."""
        return self.filter(ended_at__isnull=True, until__gt=now)


class Payer(models.Model):
    """Somebody who may see and pay what one reference owes, from an account of their own.

    The room that knows why (a representation) writes it through `actions.payers`.
    """

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=60)
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    allowed_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = PayerSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "citizen"],
                condition=Q(ended_at__isnull=True),
                name="payments_payer_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["citizen", "reference"],
                condition=Q(ended_at__isnull=True),
                name="payments_payer_of_citizen",
            )
        ]

    def __str__(self) -> str:
        return f"{self.citizen_id} {self.reference}"
