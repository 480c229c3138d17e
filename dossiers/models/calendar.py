"""The working-day calendar of the offices: editable data, never code."""

from django.db import models


class CalendarYear(models.Model):
    """A year whose calendar is known; provisional until the yearly swaps are published."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    provisional = models.BooleanField()
    source = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.year}{' (provisional)' if self.provisional else ''}"


class CalendarDay(models.Model):
    """A day that differs from the week: a holiday, or a Saturday worked in exchange for one."""

    class Kind(models.TextChoices):
        OFF = "off", "offices are closed on a weekday"
        WORKED = "worked", "offices work on a Saturday or Sunday in exchange"

    day = models.DateField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name_vi = models.CharField(max_length=200)
    source = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"
