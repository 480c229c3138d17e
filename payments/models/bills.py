"""Billers, the bills they stated, who pays one, and the customer codes that people keep."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from common import crypto, ids
from payments.models.charge import Payment, choices
from payments.rules import bills


def new_bill_id() -> str:
    return ids.new("bil")


def new_saved_bill_id() -> str:
    return ids.new("sbl")


class Biller(models.Model):
    """Who sends bills: a supplier, a school, a hospital. Imported by `actions.billers` only."""

    code = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=20, choices=choices(bills.Kind))
    name = models.CharField(max_length=150)
    code_pattern = models.CharField(max_length=100, help_text="what a customer code looks like")
    code_example = models.CharField(max_length=40)
    code_hint = models.CharField(max_length=150, help_text="the format, for people")
    is_demo = models.BooleanField(default=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Bill(models.Model):
    """A bill as its biller last stated it; the biller's word at the time of paying decides.

    One row for each number of a biller, whoever asked. What it was for says how somebody lives, or
    how they are, so it is encrypted. Written by `actions.bills` only.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_bill_id, editable=False
    )
    biller = models.ForeignKey(Biller, on_delete=models.PROTECT, related_name="bills")
    number = models.CharField(max_length=60)
    customer_code = crypto.EncryptedTextField()
    customer_name = crypto.EncryptedTextField(help_text="masked before it is stored")
    period = models.CharField(max_length=60)
    lines = crypto.EncryptedJSONField(help_text="label, quantity, unit_vnd, amount_vnd")
    amount_vnd = models.PositiveBigIntegerField()
    due_on = models.DateField(null=True)
    status = models.CharField(max_length=10, choices=choices(bills.Status))
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["biller", "number"], name="payments_bill_number"),
            models.CheckConstraint(
                condition=Q(status__in=[one.value for one in bills.Status]),
                name="payments_bill_status_known",
            ),
            models.CheckConstraint(condition=Q(amount_vnd__gt=0), name="payments_bill_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.biller_id} {self.number}"


class BillPaymentSet(models.QuerySet["BillPayment"]):
    def due(self, *, now: datetime) -> "BillPaymentSet":
        """Those about which the biller, or the payer's money, has to be seen to."""
        return self.filter(next_check_at__lte=now)

    def holding(self) -> "BillPaymentSet":
        """Those that keep everybody else from paying their bill."""
        return self.filter(notice__in=[one.value for one in bills.HOLDING])


class BillPayment(models.Model):
    """One person's hold on one bill, and how far its biller is told.

    While it holds, the database refuses a second one for the same bill. The key under which the
    biller is told is stored with it, before anybody could call. Written by `actions.bills` and
    `actions.bill_notices` only.
    """

    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, primary_key=True, related_name="bill_payment"
    )
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments")
    notice = models.CharField(max_length=12, choices=choices(bills.Notice))
    notice_key = models.CharField(max_length=100, help_text="Idempotency-Key to the biller")
    reason = models.CharField(max_length=40, blank=True, help_text="why the biller said no")
    biller_reference = models.CharField(max_length=100, blank=True)
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    objects = BillPaymentSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bill"],
                condition=Q(notice__in=sorted(one.value for one in bills.HOLDING)),
                name="payments_billpayment_one_holds",
            ),
            models.UniqueConstraint(fields=["notice_key"], name="payments_billpayment_key"),
            models.CheckConstraint(
                condition=Q(notice__in=[one.value for one in bills.Notice]),
                name="payments_billpayment_notice_known",
            ),
            models.CheckConstraint(
                condition=~Q(notice=bills.Notice.DUE.value) | Q(next_check_at__isnull=False),
                name="payments_billpayment_due_is_swept",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at", "payment"],
                condition=Q(next_check_at__isnull=False),
                name="payments_billpayment_due",
            ),
            models.Index(
                fields=["opened_at"],
                condition=Q(notice=bills.Notice.OPEN.value),
                name="payments_billpayment_unpaid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.notice}"


class SavedBill(models.Model):
    """A customer code that a citizen keeps, to be told of new bills. Written by `saved_bills`."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_saved_bill_id, editable=False
    )
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    biller = models.ForeignKey(Biller, on_delete=models.PROTECT, related_name="+")
    customer_code = crypto.EncryptedTextField()
    customer_index = models.CharField(max_length=64, help_text="blind index of the code")
    label = crypto.EncryptedTextField(help_text="in the citizen's words: my mother's house")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, help_text="when the biller last answered")
    next_check_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["citizen", "biller", "customer_index"], name="payments_savedbill_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["citizen", "-created_at", "-id"], name="payments_savedbill_of_citizen"
            ),
            models.Index(fields=["next_check_at", "id"], name="payments_savedbill_due"),
        ]

    def __str__(self) -> str:
        return self.id
