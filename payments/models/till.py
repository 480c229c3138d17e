"""The cashier's day, and what was taken, reversed, paid out and handed in on it."""

from django.db import models
from django.db.models import F, Q

from common import crypto, ids
from payments.models.charge import Attempt, Refund


def new_till_day_id() -> str:
    return ids.new("tld")


class Method(models.TextChoices):
    CASH = "cash", "cash"
    TRANSFER = "transfer", "a transfer that the cashier saw arrive"


class TillDay(models.Model):
    """One day of one cashier, by the clock of Cần Thơ. A closed one is never changed again.

    Written by `actions.till` only. Units: whole đồng; the difference is counted less expected.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_till_day_id, editable=False
    )
    agency_code = models.CharField(max_length=60)
    cashier = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    cashier_label = models.CharField(max_length=300, help_text="the office, as it was")
    day_on = models.DateField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    expected_vnd = models.BigIntegerField(null=True)
    counted_vnd = models.PositiveBigIntegerField(null=True)
    note = models.CharField(max_length=1000, blank=True, help_text="why the cash differs")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cashier", "day_on"], name="payments_tillday_one_a_day"
            ),
            models.UniqueConstraint(
                fields=["cashier"],
                condition=Q(closed_at__isnull=True),
                name="payments_tillday_one_open",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, expected_vnd=None, counted_vnd=None, note="")
                | Q(
                    closed_at__isnull=False,
                    expected_vnd__isnull=False,
                    counted_vnd__isnull=False,
                ),
                name="payments_tillday_closed_is_counted",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(counted_vnd=F("expected_vnd")) | ~Q(note=""),
                name="payments_tillday_difference_is_explained",
            ),
        ]
        indexes = [
            models.Index(fields=["agency_code", "-day_on", "-id"], name="payments_tillday_agency")
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.day_on}"


class CounterPayment(models.Model):
    """What a cashier took for one due. Append-only. Written by `actions.counter` only."""

    attempt = models.OneToOneField(
        Attempt, on_delete=models.PROTECT, primary_key=True, related_name="taken"
    )
    day = models.ForeignKey(TillDay, on_delete=models.PROTECT, related_name="takings")
    method = models.CharField(max_length=10, choices=Method.choices)
    reference = models.CharField(max_length=60, blank=True, help_text="the transfer's")
    amount_vnd = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_counterpayment_amount"
            ),
            models.CheckConstraint(
                condition=Q(method="cash", reference="")
                | (Q(method="transfer") & ~Q(reference="")),
                name="payments_counterpayment_transfer_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.amount_vnd}"


class CounterReversal(models.Model):
    """A taking that was wrong, undone on its day by whoever recorded it. Append-only, once."""

    taking = models.OneToOneField(
        CounterPayment, on_delete=models.PROTECT, primary_key=True, related_name="reversal"
    )
    day = models.ForeignKey(TillDay, on_delete=models.PROTECT, related_name="reversals")
    method = models.CharField(max_length=10, choices=Method.choices)
    amount_vnd = models.PositiveBigIntegerField()
    reason = crypto.EncryptedTextField()
    reversed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.taking_id} {self.amount_vnd}"


class RefundPayout(models.Model):
    """A refund that a cashier paid out. Append-only: the provider `till` believes it alone."""

    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, primary_key=True, related_name="payout"
    )
    day = models.ForeignKey(TillDay, on_delete=models.PROTECT, related_name="payouts")
    method = models.CharField(max_length=10, choices=Method.choices)
    reference = models.CharField(max_length=60, blank=True, help_text="the transfer's")
    amount_vnd = models.PositiveBigIntegerField()
    client_key = models.CharField(max_length=200)
    paid_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.refund_id} {self.amount_vnd}"


class TillHandIn(models.Model):
    """The cash of a closed day, handed in to the treasury or a bank. Append-only, once."""

    day = models.OneToOneField(
        TillDay, on_delete=models.PROTECT, primary_key=True, related_name="hand_in"
    )
    amount_vnd = models.PositiveBigIntegerField()
    reference = models.CharField(max_length=60, help_text="of the paying-in slip")
    handed_in_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_vnd__gt=0), name="payments_tillhandin_amount")
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.amount_vnd}"
