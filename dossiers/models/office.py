"""Where an officer sits."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Role(models.TextChoices):
    RECEPTION = "reception", "receives, forwards, hands back (Bộ phận Một cửa)"
    HANDLER = "handler", "verifies, asks for a supplement, proposes (công chức chuyên môn)"
    APPROVER = "approver", "signs (lãnh đạo có thẩm quyền)"
    ADMIN = "admin", "makes the agency's accounts"
    AUDITOR = "auditor", "reads, changes nothing"


class Seat(models.Model):
    """An officer (cán bộ) at work: a user of `citizens` with roles at one agency.

    Written by `actions.seats` only. A person has one seat; somebody who leaves loses it at once.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField("citizens.User", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, help_text="shown to citizens instead of a name")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices))
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(roles__len__gt=0), name="dossiers_seat_has_a_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.agency_id})"
