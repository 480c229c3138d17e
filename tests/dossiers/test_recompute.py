"""A seeded city: random but lawful lives through the real actions; every promise recomputes."""

import datetime
import os
import random

import pytest
from django.core.management import call_command
from django.db.models import F

from citizens.models import User
from common import db
from dossiers.actions import calendar, clock, money, moves, processing, supplements, warnings
from dossiers.actions.processing import Act
from dossiers.models import Dossier, TimelineEvent
from dossiers.queries import calendar as reading
from dossiers.queries import desk, offices, promises
from dossiers.rules.calendar import HCM
from dossiers.rules.deadlines import local_day
from dossiers.rules.states import State
from payments.models import Payment
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import settle

SEED = int(os.environ.get("CITY_SEED", "20261005"))
DOSSIERS = int(os.environ.get("CITY_DOSSIERS", "24"))
UNITS = ("working_day", "working_day", "calendar_day", "hour", "month")
OFFICERS = ("tiep-nhan", "thu-ly", "lanh-dao")
MORE = {
    "propose": {"result_text": "Cấp bản sao"},
    "request_payment": {
        "lines": [
            {
                "code": "extra",
                "label_vi": "Phí thử nghiệm",
                "kind": "phi",
                "quantity": 1,
                "unit_vnd": 1_000,
                "amount_vnd": 1_000,
                "reason_vi": "",
            }
        ]
    },
}


# What the law or the process refuses; nothing was done then.
LAWFUL = (
    moves.AppraisalTooLate,
    moves.FeeTaken,
    moves.FeeUnpaid,
    moves.NothingProposed,
    supplements.SupplementRoundsUsed,
)


class City:
    """Dossiers that live on, each with a moment of its own that only goes forward."""

    def __init__(self, dice):
        self.dice = dice
        self.officers = {who: User.objects.get(email=f"{who}@demo.invalid").id for who in OFFICERS}

    def later(self, now):
        """Return a later moment: minutes, hours or days, also at night and on holidays."""
        step = self.dice.choice([("minutes", 50), ("hours", 30), ("days", 9)])
        return now + datetime.timedelta(**{step[0]: self.dice.randint(1, step[1])})

    def step(self, dossier_id, now):
        """Do one lawful thing with a dossier, chosen at random; nothing where there is none."""
        row = shown = desk.dossier(offices.seat(self.officers["thu-ly"]), dossier_id)
        ways = []
        for who, officer in self.officers.items():
            seat = offices.seat(officer)
            # The city stays where it is: sending a dossier on would change who acts on it.
            ways += [("move", who, name) for name in desk.moves(seat, shown) if name != "reroute"]
            if desk.extension(seat, shown, now)["may_extend"]:
                ways.append(("extend", who, ""))
        # A result that waits for its money is signed: it can no longer be withdrawn.
        if row.state in {1, 2, 4, 5, 6} and row.came_from != State.COMPLETED:
            ways.append(("withdraw", "", ""))
        if row.state == State.PAYMENT_REQUESTED:
            ways += [("pay", "", "")] * 3
        asked = row.supplements.filter(state="open").exists()
        if row.state == State.SUPPLEMENT_REQUESTED and asked:
            ways += [("answer", "", "")] * 3
        # Ends are rare, or every life would be short.
        rare = {"refuse", "stop", "reject", "withdraw", "recall_reception", "accept_withdrawal"}
        ways = [way for way in ways if not rare & set(way) or self.dice.random() < 0.15]
        if ways:
            kind, who, name = self.dice.choice(ways)
            getattr(self, kind)(row, who, name, now)

    def move(self, row, who, name, now):
        act = Act(move=name, expected_state=row.state, reason="thử nghiệm", **MORE.get(name, {}))
        try:
            processing.act(officer_id=self.officers[who], dossier_id=row.id, act=act, now=now)
        except LAWFUL:
            return

    def extend(self, row, who, name, now):
        working = reading.working()
        day = working.add(local_day(row.due_at), self.dice.randint(1, 10))
        clock.extend(
            officer_id=self.officers[who],
            dossier_id=row.id,
            expected_due_at=row.due_at,
            new_due_on=day,
            reason="thử nghiệm",
            now=now,
        )

    def withdraw(self, row, who, name, now):
        supplements.withdraw(
            user_id=row.citizen_id, dossier_id=row.id, reason="thử nghiệm", now=now
        )

    def pay(self, row, who, name, now):
        payment = Payment.objects.filter(reference=row.id).latest("id")
        Payment.objects.filter(reference=row.id).update(
            state="paid", captured_vnd=F("amount_vnd"), settled_at=now
        )
        money.record_payment(
            reference=row.id,
            payment_id=payment.id,
            amount_vnd=payment.amount_vnd,
            name="payment_settled",
            now=now,
        )

    def answer(self, row, who, name, now):
        supplements.answer(
            user_id=row.citizen_id,
            dossier_id=row.id,
            answers={},
            message="Đã bổ sung",
            now=now,
        )


def edit_the_calendar(dice, now):
    """Close a random working day, or halve a worked weekend, as an office might; return it."""
    day = reading.working().add(local_day(now), dice.randint(1, 2))
    with db.transaction():
        calendar.put_day(
            day=day,
            kind=dice.choice(
                ["morning", "afternoon"] if day.weekday() >= 5 else ["off", "morning"]
            ),
            name_vi="Ngày thử nghiệm",
            source="thử nghiệm",
            officer_id="usr_a",
            now=now,
        )
    return day


@pytest.mark.soak
def test_recomputation_equals_what_is_stored_for_a_seeded_city(cast, clock_of_the_city, capsys):
    dice = random.Random(SEED)  # noqa: S311 - lives, no secrets
    city = City(dice)
    alive = {}
    first = stories.submitted(cast.owner)
    for number in range(DOSSIERS):
        dossier = first if number == 0 else stories.submitted(cast.owner)
        clock_of_the_city.shift(1)  # fingers, not a machine: saving has a limit by the minute
        unit = dice.choice(UNITS)
        value = {"month": 1, "hour": dice.randint(2, 160)}.get(unit, dice.randint(1, 40))
        limit = {"value": value, "unit": unit, "same_day": False}
        Dossier.objects.filter(id=dossier["id"]).update(
            time_limit=dice.choice([None, limit, limit, limit, limit, limit])
        )
        settle(dossier)
        alive[dossier["id"]] = datetime.datetime(2026, 10, 5, 9, tzinfo=HCM)
    for number in range(12):
        for dossier_id in list(alive):  # as they were submitted, so that a seed tells all
            alive[dossier_id] = city.later(alive[dossier_id])
            city.step(dossier_id, alive[dossier_id])
        latest = max(alive.values())
        if number in {2, 6}:
            # Everybody has come to this moment before the calendar is edited at it.
            alive = dict.fromkeys(alive, latest)
            day = edit_the_calendar(dice, latest)
            if number == 2:
                clock.recount(first=day, last=day, now=latest)
            warnings.sweep(now=latest)
    assert list(promises.differences()) == [], f"CITY_SEED={SEED} CITY_DOSSIERS={DOSSIERS}"
    call_command("recompute_deadlines")
    kinds = set(TimelineEvent.objects.order_by("id").values_list("clock", flat=True))
    assert {"start", "pause", "resume", "run", "extend", "recount"} <= kinds
    assert Dossier.objects.exclude(missed_at=None).exists()
    assert Dossier.objects.exclude(due_at=None).filter(missed_at=None).exists()


@pytest.fixture
def clock_of_the_city(clock, cast):
    """Everything is submitted on one Monday morning; the lives bring their own moments."""
    clock.move_to("2026-10-05T08:00+07:00")
    return clock
