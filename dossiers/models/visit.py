"""Visits to a one-stop centre: opening plans, appointments, and the day's queue."""

from django.db import models
from django.db.models import F, Q

from common import ids


def new_plan_id() -> str:
    return ids.new("pln")


def new_appointment_id() -> str:
    return ids.new("apt")


def new_ticket_id() -> str:
    return ids.new("tkt")


class SlotPlan(models.Model):
    """On which weekday an agency gives appointments, from when to when, and to how many at once.

    A plan is ended, never changed: what was booked under it stays booked.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_plan_id, editable=False
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday to 6 Sunday")
    opens = models.TimeField()
    closes = models.TimeField()
    minutes = models.PositiveSmallIntegerField(help_text="length of one appointment")
    places = models.PositiveSmallIntegerField(help_text="appointments at the same time")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, help_text="first day on which it holds no more")
    version = models.PositiveIntegerField(default=1)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="dossiers_slotplan_weekday"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")), name="dossiers_slotplan_opens_before_it_closes"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=120), name="dossiers_slotplan_minutes"
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=50), name="dossiers_slotplan_places"
            ),
        ]
        indexes = [models.Index(fields=["agency", "weekday"], name="dossiers_slotplan_agency")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.weekday} {self.opens:%H:%M}-{self.closes:%H:%M}"


class Appointment(models.Model):
    """An appointment (lịch hẹn) of a citizen at a centre. `place` is one of those open at once.

    The unique key over time and place is what keeps a slot from being given away twice.
    """

    class State(models.TextChoices):
        BOOKED = "booked", "the citizen is expected"
        ARRIVED = "arrived", "the citizen is there and has a number"
        DONE = "done", "served"
        MISSED = "missed", "nobody came"
        CANCELLED = "cancelled", "by the citizen or the centre"

    LIVE = (State.BOOKED, State.ARRIVED, State.DONE)

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_appointment_id, editable=False
    )
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    service_code = models.CharField(max_length=20)
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="+", null=True
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    cancelled_by = models.CharField(max_length=10, blank=True, help_text="citizen or office")
    reason = models.CharField(
        max_length=300, blank=True, help_text="the centre's; nothing personal"
    )
    version = models.PositiveIntegerField(default=1)
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "starts_at", "place"],
                condition=Q(state__in=("booked", "arrived", "done")),
                name="dossiers_appointment_place_once",
            ),
            models.UniqueConstraint(
                fields=["citizen", "starts_at"],
                condition=Q(state__in=("booked", "arrived", "done")),
                name="dossiers_appointment_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["citizen", "-starts_at", "-id"], name="dossiers_appointment_mine"),
            models.Index(fields=["agency", "starts_at", "id"], name="dossiers_appointment_agency"),
            models.Index(
                fields=["starts_at"],
                condition=Q(state="booked"),
                name="dossiers_appointment_expected",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class QueueDay(models.Model):
    """The last queue number a centre gave out on a day; its row lock keeps numbers dense."""

    id = models.BigAutoField(primary_key=True)
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "day"], name="dossiers_queueday_day")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.day}: {self.last}"


class Ticket(models.Model):
    """A queue number (số thứ tự) of a day at a centre, with an appointment or without.

    Without an appointment it names nobody: a person at the counter need not say who they are to
    get a number.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "sits in the hall"
        CALLED = "called", "was called to a desk"
        DONE = "done", "served"
        GONE = "gone", "was called and did not come"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_ticket_id, editable=False
    )
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    number = models.PositiveIntegerField()
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="ticket", null=True
    )
    service_code = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    desk = models.CharField(max_length=20, blank=True)
    taken_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "day", "number"], name="dossiers_ticket_number"
            )
        ]
        indexes = [
            models.Index(fields=["agency", "day", "state", "number"], name="dossiers_ticket_hall")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.day} #{self.number}"
