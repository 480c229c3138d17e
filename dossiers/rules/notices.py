"""Who is told what about a promise that runs out, and when. Pure: a small table.

No law names warnings; the day before is the last moment for the apology letter that an extension
needs (NĐ 61/2018/NĐ-CP Art.19). Offices are told when they open, the broken promise at once.
"""

import dataclasses
import datetime

from dossiers.rules.calendar import HCM, Calendar
from dossiers.rules.states import Actor

ADMIN = "admin"  # the agency's admin, who has no move of their own


@dataclasses.dataclass(frozen=True)
class Step:
    """One step. `working_days` after the promised day, negative before it, at the opening of that
    day; None at the promised moment itself. `roles` at the competent agency are told.
    """

    key: str
    working_days: int | None
    roles: tuple[str, ...]
    citizen: bool = False


STEPS: tuple[Step, ...] = (
    Step("due_tomorrow", -1, (Actor.HANDLER,)),
    Step("due_today", 0, (Actor.HANDLER, Actor.APPROVER)),
    Step("missed", None, (Actor.HANDLER, Actor.APPROVER), citizen=True),
    Step("overdue_1", 1, (Actor.APPROVER,)),
    Step("overdue_3", 3, (Actor.APPROVER, ADMIN)),
)


@dataclasses.dataclass(frozen=True)
class Window:
    """The promises that a step is about now: after `after`, up to `until`, both moments.

    A step before the promised day is left out for what was received on the very day (`received
    before`): whoever took it in knows.
    """

    after: datetime.datetime | None
    until: datetime.datetime
    received_before: datetime.datetime | None = None


def window(step: Step, now: datetime.datetime, calendar: Calendar) -> Window:
    """Return which promises a step is about at `now`. Errors: CalendarMissing."""
    if step.working_days is None:
        return Window(after=None, until=now - datetime.timedelta(microseconds=1))
    today = opened(now, calendar)
    if step.working_days > 0:
        # So many working days opened since the promised day: back to the day before the first.
        first = calendar.add(today + datetime.timedelta(days=1), -step.working_days)
        return Window(after=None, until=_begin(first) - datetime.timedelta(microseconds=1))
    day = calendar.add(today, -step.working_days) if step.working_days else today
    before = calendar.add(day, -1)
    return Window(
        after=max(now, _begin(before + datetime.timedelta(days=1))),
        until=_begin(day + datetime.timedelta(days=1)) - datetime.timedelta(microseconds=1),
        received_before=_begin(today),
    )


def opened(now: datetime.datetime, calendar: Calendar) -> datetime.date:
    """Return the working day whose offices opened last."""
    day = now.astimezone(HCM).date()
    if calendar.is_working(day) and now >= calendar.opening(day):
        return day
    return calendar.add(day, -1)


def _begin(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), HCM)
