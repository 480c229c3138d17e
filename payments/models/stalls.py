"""Markets, their stalls, and what was paid at one."""

from django.db import models
from django.db.models import Q

from common import crypto, ids
from payments.models.charge import Payment
from payments.rules import money


def new_stall_id() -> str:
    return ids.new("stl")


def new_sale_id() -> str:
    return ids.new("sal")


class Market(models.Model):
    """A market, as its board says. Imported by `actions.stalls` only."""

    code = models.CharField(primary_key=True, max_length=20)
    name = models.CharField(max_length=150)
    is_demo = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Stall(models.Model):
    """A stall of a market. It belongs to the seller who showed the board's invitation.

    The invitation is a secret of one use: only its blind index is kept, and it is gone once used.
    Written by `actions.stalls` only.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_stall_id, editable=False
    )
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="stalls")
    number = models.CharField(max_length=20, help_text="as on its sign: A12")
    code = models.CharField(max_length=42, help_text="in its link: cho-mau-1-a12")
    goods = models.CharField(max_length=100)
    seller = models.ForeignKey(
        "citizens.User", on_delete=models.PROTECT, related_name="+", null=True
    )
    invitation_index = models.CharField(max_length=64, null=True)
    enrolled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="payments_stall_code"),
            models.UniqueConstraint(fields=["market", "number"], name="payments_stall_number"),
            models.CheckConstraint(
                condition=Q(seller__isnull=True, enrolled_at__isnull=True)
                | Q(seller__isnull=False, enrolled_at__isnull=False, invitation_index__isnull=True),
                name="payments_stall_invited_once",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "code"], name="payments_stall_of_seller"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def beneficiary(self) -> str:
        """How payments name this stall, see Note [Beneficiaries]."""
        return f"{money.STALL}{self.id}"


class StallSale(models.Model):
    """One sum that somebody pays, or paid, at a stall. Written by `actions.stalls` only.

    `settled_at` repeats the payment's, so that a seller's list reads one index: it is null until
    the money is booked, and a sale that was never paid is never shown to a seller.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_sale_id, editable=False
    )
    stall = models.ForeignKey(Stall, on_delete=models.PROTECT, related_name="sales")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="sale")
    payer_masked = crypto.EncryptedTextField(help_text="initials, for the seller")
    note = crypto.EncryptedTextField(help_text="the payer's words for the seller")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True, help_text="nobody paid it in time")

    class Meta:
        indexes = [
            models.Index(
                fields=["stall", "-settled_at", "-id"],
                condition=Q(settled_at__isnull=False),
                name="payments_stallsale_of_stall",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(settled_at__isnull=True, dropped_at__isnull=True),
                name="payments_stallsale_unpaid",
            ),
        ]

    def __str__(self) -> str:
        return self.id
