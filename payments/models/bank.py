"""Bank transfers: accounts, what a payer was told, what came, and what is held apart."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from common import crypto, ids
from payments.models.charge import Attempt, Payment, Refund, choices
from payments.rules import states, suspense


def new_suspense_id() -> str:
    return ids.new("sus")


def new_return_id() -> str:
    return ids.new("brt")


class BankAccount(models.Model):
    """The account to which an agency's fees are transferred.

    No public source gives real ones: these are demonstration values, marked as such, replaced by
    an import. Written by `actions.bank.import_accounts` only.
    """

    agency_code = models.CharField(primary_key=True, max_length=60)
    bank_bin = models.CharField(max_length=6, help_text="six digits, as NAPAS names banks")
    bank_name = models.CharField(max_length=120)
    number = models.CharField(max_length=19)
    holder = models.CharField(max_length=250)
    is_demo = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="payments_bankaccount_number")
        ]

    def __str__(self) -> str:
        return f"{self.agency_code} {self.number}"


class BankTransfer(models.Model):
    """What the payer of one attempt was told to transfer; frozen but for what arrived.

    Written by `actions.charge` (with its attempt) and `actions.settle` (what arrived).
    """

    attempt = models.OneToOneField(
        Attempt, on_delete=models.PROTECT, primary_key=True, related_name="transfer"
    )
    reference = models.CharField(max_length=20)
    bank_bin = models.CharField(max_length=6)
    bank_name = models.CharField(max_length=120)
    account = models.CharField(max_length=19)
    holder = models.CharField(max_length=250)
    is_demo = models.BooleanField()
    amount_vnd = models.PositiveBigIntegerField()
    payload = models.CharField(max_length=512)
    arrived_vnd = models.PositiveBigIntegerField(
        default=0, help_text="all that came under this reference, whatever became of it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="payments_banktransfer_reference"),
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_banktransfer_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class BankCredit(models.Model):
    """One line of a bank's statement: money that came. Read from the statement, never from a
    notice. Append-only; each is booked in the ledger in the commit that writes it.
    """

    id = models.BigAutoField(primary_key=True)
    transaction_id = models.CharField(max_length=100, help_text="the bank's, unique")
    account = models.CharField(max_length=19)
    amount_vnd = models.PositiveBigIntegerField()
    text = crypto.EncryptedTextField(help_text="as the bank passed it on")
    sender_name = crypto.EncryptedTextField()
    sender_account = crypto.EncryptedTextField()
    attempt = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, related_name="credits", null=True
    )
    made_at = models.DateTimeField(help_text="the bank's clock")
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction_id"], name="payments_bankcredit_once"),
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_bankcredit_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id} {self.amount_vnd}"


class SuspenseSet(models.QuerySet["SuspenseItem"]):
    def undecided(self) -> "SuspenseSet":
        """Those on which an officer has something to decide."""
        return self.filter(state__in=[suspense.Suspense.OPEN, suspense.Suspense.KEPT])


class SuspenseItem(models.Model):
    """Money that came and does not fit: a bank's credit, or the money of a card attempt in review.

    Opened by `actions.suspense` in the commit that books the money; moved by
    `actions.suspense_moves`, with a row of history each time.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_suspense_id, editable=False
    )
    agency_code = models.CharField(max_length=60)
    credit = models.OneToOneField(
        BankCredit, on_delete=models.PROTECT, related_name="item", null=True
    )
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="items", null=True)
    reason = models.CharField(max_length=30, choices=choices(suspense.Reason))
    state = models.CharField(max_length=10, choices=choices(suspense.Suspense))
    received_vnd = models.PositiveBigIntegerField()
    allotted_vnd = models.PositiveBigIntegerField(default=0)
    returning_vnd = models.PositiveBigIntegerField(default=0)
    returned_vnd = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = SuspenseSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"],
                condition=Q(credit=None),
                name="payments_suspenseitem_one_of_card",
            ),
            models.CheckConstraint(
                condition=~Q(credit=None, attempt=None), name="payments_suspenseitem_has_source"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in suspense.Suspense]),
                name="payments_suspenseitem_state_known",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=[one.value for one in suspense.Reason]),
                name="payments_suspenseitem_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    received_vnd__gte=F("allotted_vnd") + F("returning_vnd") + F("returned_vnd")
                ),
                name="payments_suspenseitem_sums_fit",
            ),
            # Closed means that every đồng went somewhere, and the other way round.
            models.CheckConstraint(
                condition=(
                    Q(state=suspense.Suspense.CLOSED.value, closed_at__isnull=False)
                    & Q(received_vnd=F("allotted_vnd") + F("returned_vnd"))
                )
                | (~Q(state=suspense.Suspense.CLOSED.value) & Q(closed_at=None)),
                name="payments_suspenseitem_closed_is_empty",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency_code", "created_at", "id"], name="payments_suspenseitem_agency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.reason} {self.state}"

    @property
    def sums(self) -> suspense.Sums:
        return suspense.Sums(
            self.received_vnd, self.allotted_vnd, self.returning_vnd, self.returned_vnd
        )

    @property
    def left_vnd(self) -> int:
        return self.sums.left_vnd


class BankReturnSet(models.QuerySet["BankReturn"]):
    def due(self, *, now: datetime) -> "BankReturnSet":
        """Those about which the bank should be asked or told."""
        return self.filter(next_check_at__lte=now)


class BankReturn(models.Model):
    """An order to the bank to send a credit, or a part of it, back. Written by `actions.returns`.

    Its states and edges are a refund's.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_return_id, editable=False
    )
    item = models.ForeignKey(SuspenseItem, on_delete=models.PROTECT, related_name="returns")
    amount_vnd = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=choices(states.Refund))
    bank_key = models.CharField(max_length=100, help_text="the order's reference at the bank")
    bank_transfer_id = models.CharField(max_length=100, blank=True)
    settlement_id = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=100, blank=True)
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    objects = BankReturnSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank_key"], name="payments_bankreturn_key"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in states.Refund]),
                name="payments_bankreturn_state_known",
            ),
            models.CheckConstraint(
                condition=Q(amount_vnd__gt=0), name="payments_bankreturn_amount_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at", "id"],
                condition=Q(next_check_at__isnull=False),
                name="payments_bankreturn_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.amount_vnd} {self.state}"


class SuspenseMove(models.Model):
    """One thing that an officer did with an item: who, when, why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(SuspenseItem, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=choices(suspense.Move))
    amount_vnd = models.PositiveBigIntegerField()
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="allotments", null=True
    )
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="+", null=True)
    bank_return = models.ForeignKey(
        BankReturn, on_delete=models.PROTECT, related_name="+", null=True
    )
    reason = crypto.EncryptedTextField()
    officer_id = models.CharField(max_length=64)
    officer_label = models.CharField(max_length=300, help_text="the office, never a name")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in suspense.Move]),
                name="payments_suspensemove_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind=suspense.Move.ALLOT.value, payment__isnull=False)
                | (~Q(kind=suspense.Move.ALLOT.value) & Q(payment=None)),
                name="payments_suspensemove_allots_to",
            ),
        ]
        indexes = [models.Index(fields=["item", "id"], name="payments_suspensemove_of_item")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind}"
