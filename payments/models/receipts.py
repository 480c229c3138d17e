"""Who collects, the series, the receipts, their papers and every print of them."""

from django.db import models
from django.db.models import F, Q

from common import crypto, ids
from payments.models.charge import Payment


def new_receipt_id() -> str:
    return ids.new("rcp")


class CollectingBody(models.Model):
    """Who collects for an agency, as it stands on receipts (tổ chức thu).

    Tax codes and series that no public source gives are demonstration values, marked as such.
    """

    agency_code = models.CharField(primary_key=True, max_length=60)
    name = models.CharField(max_length=250)
    address = models.CharField(max_length=250, blank=True)
    tax_code = models.CharField(max_length=40)
    form_code = models.CharField(max_length=40, help_text="ký hiệu mẫu biên lai")
    series_prefix = models.CharField(max_length=30, help_text="ký hiệu biên lai, without the year")
    is_demo = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ReceiptSeries(models.Model):
    """The last number given in one series. Its row is the lock that keeps numbers without gaps."""

    series = models.CharField(primary_key=True, max_length=40)
    last_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_number__lte=9_999_999), name="payments_receiptseries_seven_digits"
            )
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.last_number}"


class Receipt(models.Model):
    """A receipt (biên lai): a demonstration document. Append-only.

    One `original` for each settled payment. What was wrong is never edited: an `adjustment` (điều
    chỉnh) adds or takes off a sum, a `replacement` (thay thế) says the same anew; both name the
    receipt that they correct. The changes of all receipts of a payment add up to the money kept.
    Everything on the paper is frozen here, so that it can be printed again and be the same.
    Written by `actions.receipts` only.
    """

    class Kind(models.TextChoices):
        ORIGINAL = "original", "issued when the payment was settled"
        ADJUSTMENT = "adjustment", "adds or takes off a sum"
        REPLACEMENT = "replacement", "stands in the place of another"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_receipt_id, editable=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=15, choices=Kind.choices, default=Kind.ORIGINAL)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="corrections", null=True
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="replaced_by", null=True
    )
    cause = models.CharField(
        max_length=80, blank=True, help_text="what made it: a refund's id, a key; once each"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="said on the paper")
    issued_by = models.CharField(max_length=64, help_text="an officer's id, or the rule's name")
    change_vnd = models.BigIntegerField(help_text="what it adds to the money receipted")
    form_code = models.CharField(max_length=40)
    series = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    collector = models.JSONField(help_text="name, address, tax_code, is_demo, as they were")
    payer_name = crypto.EncryptedTextField(help_text="who paid")
    paid_for = crypto.EncryptedTextField(null=True, help_text="whose dossier; null when the same")
    payer = models.ForeignKey(
        "citizens.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="whose account paid for somebody else's due; null when it was the debtor",
    )
    payer_address = crypto.EncryptedTextField(blank=True, default="")
    payer_tax_code = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=250)
    lines = models.JSONField()
    total_vnd = models.PositiveBigIntegerField()
    total_words = models.CharField(max_length=300)
    method = models.CharField(max_length=60)
    provider_reference = models.CharField(max_length=255)
    lookup_code = models.CharField(max_length=40)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "number"], name="payments_receipt_number_once"
            ),
            models.UniqueConstraint(fields=["lookup_code"], name="payments_receipt_lookup_code"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=9_999_999),
                name="payments_receipt_seven_digits",
            ),
            models.CheckConstraint(
                condition=Q(total_vnd__gt=0), name="payments_receipt_total_positive"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(kind="original"),
                name="payments_receipt_one_original",
            ),
            models.UniqueConstraint(
                fields=["payment", "cause"],
                condition=~Q(cause=""),
                name="payments_receipt_one_for_each_cause",
            ),
            models.CheckConstraint(
                condition=Q(kind="original", corrects__isnull=True, change_vnd=F("total_vnd"))
                | Q(kind="replacement", corrects__isnull=False, change_vnd=0)
                & Q(replaces=F("corrects"))
                | Q(kind="adjustment", corrects__isnull=False, replaces__isnull=True)
                & ~Q(change_vnd=0),
                name="payments_receipt_correction_names_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.number:07d}"


class ReceiptPaper(models.Model):
    """The signed PDF of a receipt. Made once; the bytes are the same for everybody ever after."""

    receipt = models.OneToOneField(
        Receipt, on_delete=models.PROTECT, primary_key=True, related_name="paper"
    )
    file = models.ForeignKey("common.StoredFile", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.receipt_id


class ReceiptPrint(models.Model):
    """One print of a receipt on paper: a copy (bản in lại), numbered and marked. Append-only."""

    id = models.BigAutoField(primary_key=True)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="prints")
    number = models.PositiveIntegerField()
    client_key = models.CharField(max_length=200)
    printed_by = models.CharField(max_length=64)
    printed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receipt", "number"], name="payments_receiptprint_number"
            ),
            models.UniqueConstraint(
                fields=["receipt", "client_key"], name="payments_receiptprint_client_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.number}"
