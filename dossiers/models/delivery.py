"""How a result goes back to whom it belongs, apart from the official state."""

from django.db import models
from django.db.models import Q

from common import crypto
from dossiers.models.dossier import Dossier


class Way(models.TextChoices):
    APP = "app", "in the app: an electronic result (kho dữ liệu điện tử)"
    POST = "post", "by public post (bưu chính công ích)"
    COUNTER = "counter", "at the counter (trực tiếp)"


class Delivery(models.Model):
    """The way that the applicant chose, and how far it is (trạng thái trả kết quả).

    Written by `actions.delivery` only. The words of the states are one province's.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "there is no result yet"
        READY = "ready", "Có kết quả: signed, waits to be given"
        SENT = "sent", "Chờ xác nhận: with the post or in the app, not yet confirmed"
        RETURNED = "returned", "Đã chuyển trả: received"

    id = models.BigAutoField(primary_key=True)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="delivery")
    way = models.CharField(max_length=10, choices=Way.choices)
    address = crypto.EncryptedJSONField(null=True, help_text="name, phone and place, for the post")
    state = models.CharField(max_length=10, choices=State.choices)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, help_text="when the citizen confirmed it")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(way="post") | Q(address__isnull=False),
                name="dossiers_delivery_post_knows_where",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.way} {self.state}"


class DeliveryEvent(models.Model):
    """One thing that happened to a result on its way: who gave it to whom. Append-only."""

    class Kind(models.TextChoices):
        HANDED_OVER = "handed_over", "given at the counter, to the post, or into the app"
        DELIVERED = "delivered", "the post delivered it"
        SENT_BACK = "sent_back", "the post could not deliver it"
        ACKNOWLEDGED = "acknowledged", "the citizen confirmed it in the app"
        TAKEN_BACK = "taken_back", "the hand-over was recalled"

    class Taker(models.TextChoices):
        APPLICANT = "applicant", "người nộp"
        REPRESENTATIVE = "representative", "người được ủy quyền"
        POST = "post", "doanh nghiệp bưu chính công ích"

    class Proof(models.TextChoices):
        IDENTITY_CARD = "identity_card", "căn cước"
        VNEID = "vneid", "căn cước điện tử trên VNeID"
        AUTHORISATION = "authorisation", "văn bản ủy quyền"
        SLIP = "slip", "giấy tiếp nhận hồ sơ và hẹn trả kết quả"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="delivery_events")
    event_seq = models.PositiveIntegerField(help_text="the timeline event that tells of it")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    taken_by = models.CharField(max_length=20, choices=Taker.choices, blank=True)
    taker_name = crypto.EncryptedTextField(blank=True)
    proof = models.CharField(max_length=20, choices=Proof.choices, blank=True)
    signed = models.BooleanField(default=False, help_text="the taker signed for it")
    tracking_number = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "event_seq"], name="dossiers_deliveryevent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.kind}"
