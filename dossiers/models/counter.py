"""Paper that came to an office: a file being taken in, its scans, and what was handed in."""

from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_counter_file_id() -> str:
    return ids.new("cnt")


def new_scan_id() -> str:
    return ids.new("scn")


class CounterFile(models.Model):
    """Paper of a walk-in citizen, or from the post, while an officer enters and scans it.

    Shared by the reception of one agency, so that nothing is lost on a reload or a change of
    shift. It becomes a dossier whole, in one transaction, or nothing. What it says of the person
    is erased when it is thrown away. Written by `actions.counter` only.
    """

    class State(models.TextChoices):
        OPEN = "open", "being entered"
        FILED = "filed", "it became a dossier"
        DISCARDED = "discarded", "thrown away, or it ran out"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_counter_file_id, editable=False
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=[("counter", "counter"), ("postal", "post")])
    service_version = models.ForeignKey(
        "services.ProcedureVersion", on_delete=models.PROTECT, related_name="+"
    )
    form = models.ForeignKey("services.Form", on_delete=models.PROTECT, related_name="+", null=True)
    service_code = models.CharField(max_length=20)
    receiving_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+"
    )
    person = crypto.EncryptedJSONField(help_text="id_number, full_name, phone, as on the paper")
    citizen = models.ForeignKey(
        "citizens.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="whose account it is, where one was proved; sees who looked",
    )
    answers = crypto.EncryptedJSONField()
    papers = models.JSONField(default=list, help_text="paper_key, kind, quantity: handed in")
    delivery_way = models.CharField(max_length=10)
    delivery_address = crypto.EncryptedJSONField(null=True)
    tracking_number = models.CharField(
        max_length=40, blank=True, help_text="of the post it came by"
    )
    arrived_on = models.DateField(null=True, help_text="when the post brought it")
    state = models.CharField(max_length=10, choices=State.choices)
    dossier = models.OneToOneField(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="counter_file", null=True
    )
    opened_by = models.CharField(max_length=ids.MAX_LENGTH)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="filed") | Q(dossier__isnull=False),
                name="dossiers_counterfile_filed_is_a_dossier",
            ),
            models.CheckConstraint(
                condition=~Q(channel="postal") | Q(arrived_on__isnull=False),
                name="dossiers_counterfile_post_has_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "-updated_at", "-id"],
                condition=Q(state="open"),
                name="dossiers_counterfile_desk",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state="open"),
                name="dossiers_counterfile_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_code} {self.id}"


class Scan(models.Model):
    """One scanned file of a counter file; at filing it becomes an attachment of the dossier."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_scan_id, editable=False
    )
    counter_file = models.ForeignKey(CounterFile, on_delete=models.PROTECT, related_name="scans")
    paper_key = models.CharField(max_length=200)
    component_code = models.CharField(max_length=60, blank=True)
    paper_name = models.TextField()
    file = models.ForeignKey("common.StoredFile", on_delete=models.PROTECT, related_name="+")
    file_name = crypto.EncryptedTextField()
    client_key = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counter_file", "client_key"], name="dossiers_scan_uploaded_once"
            )
        ]

    def __str__(self) -> str:
        return self.id


class HandedIn(models.Model):
    """A paper that came on paper: how many, original or copy, and whether it was scanned.

    Kind and digitisation follow the dictionaries LoaiBan and TrangThaiSoHoa of the national
    interconnection.
    """

    class Kind(models.TextChoices):
        ORIGINAL = "original", "0 bản chính"
        COPY = "copy", "1 bản sao"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="handed_in"
    )
    paper_key = models.CharField(max_length=200)
    paper_name = models.TextField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    quantity = models.PositiveSmallIntegerField()
    digitised = models.BooleanField(help_text="1 số hóa; otherwise 0 chưa số hóa")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "paper_key", "kind"], name="dossiers_handedin_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="dossiers_handedin_some"),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.paper_key} x{self.quantity}"
