"""The working-day calendar as the rules want it."""

from dossiers.models import CalendarDay, CalendarYear
from dossiers.rules.deadlines import Calendar


def working() -> Calendar:
    """Return the calendar in force: two small reads, no caching, so an edit holds at once."""
    days = list(CalendarDay.objects.values_list("day", "kind").order_by("day"))
    return Calendar(
        years=frozenset(CalendarYear.objects.values_list("year", flat=True).order_by("year")),
        off=frozenset(day for day, kind in days if kind == CalendarDay.Kind.OFF),
        worked=frozenset(day for day, kind in days if kind == CalendarDay.Kind.WORKED),
    )
