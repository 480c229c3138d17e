"""Where an officer sits: agencies' units, seats with roles, roles lent, and what became of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common import ids
from dossiers.rules.seats import WORDS, Role

ROLES = [(role.value, WORDS[role]) for role in Role]


def new_unit_id() -> str:
    return ids.new("unt")


def new_delegation_id() -> str:
    return ids.new("dlg")


class Unit(models.Model):
    """A part of an agency (phòng, bộ phận). Written by `actions.units` only."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_unit_id, editable=False
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, help_text="synthetic")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="dossiers_unit_name")
        ]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """An officer (cán bộ) at work: a user of `citizens` with roles at one agency.

    Written by `actions.seats` only. A person has one seat; somebody who leaves loses it at once.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField("citizens.User", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    title = models.CharField(max_length=200, help_text="shown to citizens instead of a name")
    roles = ArrayField(models.CharField(max_length=20, choices=ROLES))
    active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    lent: "tuple[Delegation, ...]" = ()  # in force for this seat, when it was read with a time

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(roles__len__gt=0), name="dossiers_seat_has_a_role")
        ]
        indexes = [models.Index(fields=["agency", "id"], name="dossiers_seat_agency")]

    def __str__(self) -> str:
        return f"{self.title} ({self.agency_id})"


class Delegation(models.Model):
    """Roles of one seat lent to another of the same agency (ủy quyền), from..until by the clock.

    `ends_at` is exclusive. It ends by itself; `ended_at` ends it early. Nothing is deleted: the
    timeline names a delegation by its id.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_delegation_id, editable=False
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="lendings")
    receiver = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="borrowings")
    roles = ArrayField(models.CharField(max_length=20, choices=ROLES))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="exclusive")
    ended_at = models.DateTimeField(null=True, help_text="ended early")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="dossiers_delegation_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(giver=F("receiver")), name="dossiers_delegation_of_two"
            ),
            models.CheckConstraint(
                condition=Q(roles__len__gt=0), name="dossiers_delegation_has_a_role"
            ),
        ]
        indexes = [
            models.Index(fields=["receiver", "ends_at"], name="dossiers_delegation_receiver"),
            models.Index(fields=["giver", "ends_at"], name="dossiers_delegation_giver"),
            models.Index(fields=["agency", "-id"], name="dossiers_delegation_agency"),
        ]

    def __str__(self) -> str:
        return self.id


class SeatEvent(models.Model):
    """Something that was done to a seat, a unit or a delegation: who, what, when. Append-only.

    Holds titles, roles and ids, never a name, an address or a number.
    """

    class What(models.TextChoices):
        SEATED = "seated", "made from the outside: an operator, demonstration data"
        INVITED = "invited", "an account was made; its invitation was sent"
        INVITED_AGAIN = "invited_again", "a new invitation was sent, the old one is void"
        ACCEPTED = "accepted", "the officer set a password and a second factor"
        CHANGED = "changed", "title, unit or roles"
        FACTOR_RESET = "factor_reset", "password and second factor were taken away, invited anew"
        ENDED = "ended", "the officer left"
        DELEGATED = "delegated", "roles were lent"
        DELEGATION_ENDED = "delegation_ended", "a lending was ended early"
        UNIT_MADE = "unit_made", "a unit was made"
        UNIT_CHANGED = "unit_changed", "name or activity of a unit"

    id = models.BigAutoField(primary_key=True)
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+", null=True)
    what = models.CharField(max_length=20, choices=What.choices)
    actor_id = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    actor_label = models.CharField(max_length=300)
    data = models.JSONField(default=dict, help_text="before and after; nothing personal")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="dossiers_seatevent_agency")]

    def __str__(self) -> str:
        return f"{self.what} {self.seat_id}"
