"""S40, S37, I9: a day's statement against the ledger, at the provider's real wire."""

import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from common import db
from payments import queries
from payments.actions import discrepancies as working
from payments.actions import reconcile, settle
from payments.models import (
    Attempt,
    Discrepancy,
    DiscrepancyEvent,
    LedgerEntry,
    ReconciliationRun,
    StatementLine,
)
from payments.reports import books
from tests.payments import disputing, invariants
from tests.payments.factories import AGENCY, World, together

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)
LINES = "/v1/balance_transactions"


def run(world: World, day: datetime.date = TODAY) -> reconcile.Done:
    done = reconcile.run(provider="stripe", day=day, now=world.now)
    assert done is not None
    return done


def faults(world: World) -> dict[str, Attempt]:
    """Five payments of one day, of which the statement tells four in four wrong ways."""
    attempts = [world.pay(world.owe(10_000 + number)) for number in range(5)]
    made = dict(
        zip(
            ["missing_there", "doubled", "amount_differs", "missing_here", "fits"],
            attempts,
            strict=True,
        )
    )
    store = world.provider.mock.store
    with store.lock:
        del store.objects[made["missing_there"].settlement_id]
    disputing.line(world, made["doubled"].charge_id, 10_001, kind="charge")
    world.provider.change(made["amount_differs"].settlement_id, amount=9_002, net=9_002)
    disputing.line(world, "ch_of_nobody", 5_000, kind="charge")
    return made


def polled(world: World, amount_vnd: int) -> None:
    """Pay as when clocks differ too much for a signature to hold: the app's poll finds it."""
    attempt = world.start(world.owe(amount_vnd))
    world.provider.press(attempt.session_id)
    assert settle.ask(attempt_id=attempt.id, now=world.now) == "paid"
    world.drain()


def rows(*names: str, **wanted: Any) -> list[Any]:
    found = Discrepancy.objects.filter(**wanted).order_by("kind", "line_id")
    return list(found.values_list(*names, flat=len(names) == 1))


def test_s40_four_distinct_discrepancies_and_none_is_mended(world: World) -> None:
    made = faults(world)
    balances = queries.balances()
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    done = run(world)
    assert (done.their_lines, done.gone) == (6, 0)
    theirs = {one["source"]: one["id"] for one in world.provider.all("balance_transaction")[::-1]}
    assert rows("kind", "line_id", "agency_code", "their_amount_vnd", "our_amount_vnd") == [
        ("amount_differs", made["amount_differs"].settlement_id, AGENCY, 9_002, 10_002),
        ("doubled", theirs[made["doubled"].charge_id], AGENCY, 10_001, None),
        ("missing_here", theirs["ch_of_nobody"], "", 5_000, None),
        ("missing_there", made["missing_there"].settlement_id, AGENCY, None, 10_000),
    ]
    assert rows("payment_id", kind="doubled") == [made["doubled"].payment_id]
    assert queries.balances() == balances
    kept = ReconciliationRun.objects.get()
    assert (kept.state, kept.their_lines) == ("done", 6)
    assert kept.their_net_vnd == 10_001 + 10_001 + 9_002 + 5_000 + 10_003 + 10_004
    assert StatementLine.objects.count() == 6
    assert [one.what for one in DiscrepancyEvent.objects.order_by("id")] == ["found"] * 4


def test_s40_the_same_day_again_doubles_nothing(world: World) -> None:
    faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    before = (rows("id", "version"), StatementLine.objects.count(), LedgerEntry.objects.count())
    for _ in range(3):
        world.later(hours=1)
        assert len(run(world).found) == 4
    assert before == (
        rows("id", "version"),
        StatementLine.objects.count(),
        LedgerEntry.objects.count(),
    )
    assert DiscrepancyEvent.objects.count() == 4
    assert ReconciliationRun.objects.get().tries == 4


def test_what_vanished_is_closed_by_the_run_and_opened_again_when_it_comes_back(
    world: World,
) -> None:
    made = faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    line = made["amount_differs"].settlement_id
    world.provider.change(line, amount=10_002, net=10_002)
    assert run(world).gone == 1
    row = Discrepancy.objects.get(kind="amount_differs")
    assert (row.state, row.closed_at) == ("gone", world.now)
    world.provider.change(line, amount=1, net=1)
    assert run(world).gone == 0
    row.refresh_from_db()
    assert (row.state, row.closed_at, row.their_amount_vnd) == ("open", None, 1)
    events = [(one.what, one.by) for one in row.events.order_by("id")]
    rule = "rule:reconcile"
    assert events == [("found", rule), ("gone", rule), ("found_again", rule)]


def test_what_an_officer_resolved_stays_so_until_the_figures_change(world: World) -> None:
    made = faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    row = Discrepancy.objects.get(kind="amount_differs")
    with db.transaction():
        working.resolve(
            discrepancy_id=row.id,
            resolution=working.Resolution.ACCEPTED,
            note="Theo biên bản đối soát",
            by="usr_x",
            by_label="Thu ngân",
            now=world.now,
        )
    run(world)
    row.refresh_from_db()
    assert (row.state, row.resolution) == ("resolved", "accepted")
    world.provider.change(made["amount_differs"].settlement_id, amount=3, net=3)
    run(world)
    row.refresh_from_db()
    assert (row.state, row.resolution, row.their_amount_vnd) == ("open", "", 3)


def test_i9_a_quiet_day_with_fees_refunds_failures_and_disputes_fits(world: World) -> None:
    world.provider.mock.store.fee_basis_points = 110
    first, second, third = (world.pay(world.owe(100_000)) for _ in range(3))
    world.refund(first.payment, 40_000)
    one = world.refund(second.payment, 100_000)
    world.drain()
    one.refresh_from_db()
    world.provider.fail_refund(one.provider_refund_id)
    name = disputing.open_dispute(world, third, fee=1_500)
    disputing.decide(world, name, "won", fee=-1_500)
    world.deliver()
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    done = run(world)
    assert (done.their_lines, done.found) == (8, ())
    row = ReconciliationRun.objects.get()
    assert row.their_net_vnd == row.our_net_vnd == 300_000 - 3 * 1_100 - 40_000
    invariants.check_lines(world)
    assert list(books.check()) == []


def test_a_fee_that_differs_is_told_as_the_fee(world: World) -> None:
    attempt = world.pay(world.owe(100_000))
    world.provider.change(attempt.settlement_id, fee=700, net=99_300)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    row = Discrepancy.objects.get()
    assert (row.kind, row.differs, row.their_fee_vnd, row.our_fee_vnd) == (
        "amount_differs",
        ["fee"],
        700,
        0,
    )


def test_a_payout_is_booked_once_from_the_statement_and_its_failure_undone(world: World) -> None:
    world.pay(world.owe(16_000))
    disputing.line(world, "po_1", -16_000, kind="payout")
    disputing.line(world, "po_1", 16_000, kind="payout_failure")
    disputing.line(world, "po_2", -15_000, kind="payout")
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    for _ in range(2):
        assert run(world).found == ()
    balances = queries.balances()
    assert (balances["payout_bank:stripe"], balances["provider_clearing:stripe"]) == (
        -15_000,
        -1_000,
    )
    assert LedgerEntry.objects.filter(key__startswith="payout:stripe:").count() == 3
    assert list(books.check()) == []


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [-600, 0, 600])
def test_s37_around_midnight_the_day_is_the_one_in_can_tho(world: World, skew: int) -> None:
    """The provider's clock is off by ten minutes; whatever day it says, nothing is missing."""
    world.traveller.move_to("2026-11-24T23:59:59+07:00")
    world.provider.mock.store.offset = skew
    polled(world, 11_000)
    world.traveller.move_to("2026-11-25T00:00:00+07:00")
    polled(world, 12_000)
    world.traveller.move_to("2026-11-26T02:30:00+07:00")
    per_day = []
    for day in (TODAY, TODAY + datetime.timedelta(days=1)):
        done = run(world, day)
        assert done.found == ()
        per_day.append(done.their_lines)
    assert per_day == {-600: [2, 0], 0: [1, 1], 600: [0, 2]}[skew]
    assert not Discrepancy.objects.exists()


def test_a_line_booked_after_midnight_belongs_to_the_statement_of_the_day_before(
    world: World,
) -> None:
    world.traveller.move_to("2026-11-24T23:59:50+07:00")
    attempt = world.start(world.owe(16_000))
    world.provider.press(attempt.session_id)
    world.traveller.move_to("2026-11-25T00:00:20+07:00")
    world.deliver()
    assert LedgerEntry.objects.get().posted_at == world.now
    world.traveller.move_to("2026-11-26T02:30:00+07:00")
    # The later day first: the neighbouring statement explains what was booked.
    assert run(world, TODAY + datetime.timedelta(days=1)).found == ()
    assert run(world).found == ()


def test_a_line_booked_days_later_closes_what_was_missing(world: World) -> None:
    attempt = world.start(world.owe(16_000))
    world.provider.press(attempt.session_id)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    [found] = run(world).found
    assert found.kind == "missing_here"
    row = Discrepancy.objects.get()
    assert row.agency_code == ""  # nothing here knows the charge yet
    world.traveller.move_to("2026-11-28T10:00:00+07:00")
    world.deliver()
    world.traveller.move_to("2026-11-29T02:30:00+07:00")
    assert run(world, datetime.date(2026, 11, 28)).found == ()
    assert run(world).gone == 1
    row.refresh_from_db()
    assert row.state == "gone"


def test_the_days_are_planned_once_caught_up_and_looked_at_again_while_open(world: World) -> None:
    attempt = world.start(world.owe(16_000))
    world.provider.press(attempt.session_id)
    world.traveller.move_to("2026-11-25T01:59:00+07:00")
    days = ReconciliationRun.objects.order_by("day_on")
    reconcile.plan(now=world.now)
    assert list(days.values_list("day_on", flat=True)) == [datetime.date(2026, 11, 23)]
    world.drain()
    world.traveller.move_to("2026-11-25T02:00:00+07:00")
    assert [reconcile.plan(now=world.now), reconcile.plan(now=world.now)] == [1, 0]
    world.drain()
    assert rows("kind", "state") == [("missing_here", "open")]
    # Nobody was there for two days: both are caught up, and the open one is looked at again.
    world.traveller.move_to("2026-11-27T02:00:00+07:00")
    world.deliver()
    assert reconcile.plan(now=world.now) == 3
    world.drain()
    assert days.filter(state="done").count() == 4
    assert rows("kind", "state") == [("missing_here", "gone")]
    assert reconcile.plan(now=world.now) == 0


def test_a_provider_that_does_not_answer_is_asked_again(world: World) -> None:
    world.pay(world.owe(16_000))
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    world.provider.fault("drop_before", LINES, times=3, method="GET")
    assert reconcile.run(provider="stripe", day=TODAY, now=world.now) is None
    row = ReconciliationRun.objects.get()
    assert (row.state, row.tries, row.done_at) == ("unanswered", 1, None)
    assert row.next_try_at == world.now + datetime.timedelta(minutes=10)
    assert not Discrepancy.objects.exists()
    assert reconcile.plan(now=world.now) == 0
    world.later(minutes=10)
    world.sweep()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("done", 2)


def test_a_job_that_died_is_planned_again_by_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pay(world.owe(16_000))
    world.traveller.move_to("2026-11-25T02:30:00+07:00")

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(reconcile, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            world.sweep()
    assert ReconciliationRun.objects.get().state == "planned"
    world.later(minutes=15)
    world.sweep()
    assert ReconciliationRun.objects.get().state == "done"


def test_today_is_not_compared(world: World) -> None:
    with pytest.raises(reconcile.DayNotOver):
        run(world)


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_day_at_once_find_everything_once(world: World) -> None:
    faults(world)
    disputing.line(world, "po_1", -1_000, kind="payout")
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    done = together(4, lambda _: run(world))
    assert [len(one.found) for one in done] == [4] * 4
    assert Discrepancy.objects.count() == DiscrepancyEvent.objects.count() == 4
    assert StatementLine.objects.count() == 7
    assert LedgerEntry.objects.filter(key__startswith="payout:").count() == 1
    assert ReconciliationRun.objects.get().tries == 4


@pytest.mark.django_db(transaction=True)
def test_two_officers_conclude_at_once_and_the_first_wins(world: World) -> None:
    faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    row = Discrepancy.objects.get(kind="doubled")

    def conclude(index: int) -> str:
        with db.transaction():
            working.resolve(
                discrepancy_id=row.id,
                resolution=working.Resolution.EXPLAINED,
                note=f"Kết luận của người thứ {index}",
                by=f"usr_{index}",
                by_label="",
                now=world.now,
            )
        return "won"

    said = together(4, conclude)
    assert said.count("won") == 1
    assert sum(isinstance(one, working.DiscrepancyClosed) for one in said) == 3
    assert row.events.filter(what="resolved").count() == 1


# --- alarms and commands --------------------------------------------------------------------------


def test_the_alarm_is_raised_once_and_counted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    from payments.reports import discrepancies

    faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    before = world.now + datetime.timedelta(seconds=1)
    assert len(working.alarm(found_before=world.now, now=world.now)) == 0
    assert len(working.alarm(found_before=before, now=world.now)) == 4
    assert len(working.alarm(found_before=before, now=world.now)) == 0
    said = [one for one in caplog.records if "open for too long" in one.getMessage()]
    assert [one.levelname for one in said] == ["ERROR"] * 4
    assert discrepancies.too_old() == 4


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_the_command_compares_a_day_and_says_what_it_found(world: World) -> None:
    made = faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    said = command("reconcile", "--day", "2026-11-24")
    assert said.splitlines()[0] == "stripe 2026-11-24: 6 lines, 4 discrepancies, 0 vanished"
    assert f"  amount_differs {made['amount_differs'].settlement_id} amount" in said
    assert command("reconcile").splitlines()[0].startswith("stripe 2026-11-24")
    for arguments, words in (
        (("--day", "24/11"), "--day is not a day"),
        (("--provider", "nobody"), "--provider is none of stripe"),
        (("--day", "2026-11-25"), "day_not_over"),
    ):
        with pytest.raises(CommandError, match=words):
            command("reconcile", *arguments)
    world.provider.go_down()
    with pytest.raises(CommandError, match="no statement of stripe"):
        command("reconcile")
    world.provider.come_back()


@pytest.mark.django_db(transaction=True)
def test_check_books_finds_nothing_until_somebody_tampers(
    world: World,
) -> None:
    first, second = world.pay(world.owe(16_000)), world.pay(world.owe(20_000))
    world.refund(first.payment, 6_000)
    disputing.open_dispute(world, second, fee=100)
    world.deliver()
    said = command("check_books", "--balances")
    assert f"fee_revenue:{AGENCY} 30000" in said
    assert said.splitlines()[-1] == "5 accounts, 0 differences"
    type(first.payment).objects.filter(id=first.payment_id).update(refunded_vnd=5_000)
    Attempt.objects.filter(id=second.id).update(received_vnd=20_001)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("check_books", stdout=out)
    assert end.value.code == 1
    assert out.getvalue().splitlines() == [
        f"refunded {first.payment_id}: kept 5000, booked 6000",
        f"received {second.id}: kept 20001, booked 20000",
        f"receipt {first.payment_id}: kept 10000, booked 11000",
        "5 accounts, 3 differences",
    ]
    # Put right again: the fixture looks at everything afterwards.
    type(first.payment).objects.filter(id=first.payment_id).update(refunded_vnd=6_000)
    Attempt.objects.filter(id=second.id).update(received_vnd=20_000)


@pytest.mark.parametrize("table", ["payments_statementline", "payments_discrepancyevent"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_s39_statement_and_history_refuse_to_be_changed(
    world: World, table: str, change: str
) -> None:
    faults(world)
    world.traveller.move_to("2026-11-25T02:30:00+07:00")
    run(world)
    undo = connection.savepoint()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(change.format(table))
    connection.savepoint_rollback(undo)
    assert (StatementLine.objects.count(), DiscrepancyEvent.objects.count()) == (6, 4)
