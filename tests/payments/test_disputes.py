"""A payer's bank takes money back: booked line by line, told to the desk, never to the citizen."""

import datetime
import threading

import pytest
from django.db import DatabaseError, connection

from payments import queries, signals
from payments.actions import disputes, refund
from payments.models import Attempt, Dispute, DisputeEvent, EventOutcome, LedgerEntry
from payments.reports import books
from tests import fakes
from tests.payments import disputing, invariants
from tests.payments.factories import AGENCY, World, together

pytestmark = pytest.mark.django_db


def _balance(account: str) -> int:
    return queries.balances().get(account, 0)


def _told(world: World, attempt: Attempt) -> str:
    payment = queries.payments_of(attempt.payment.citizen_id).get(id=attempt.payment_id)
    return str(queries.shown(payment).value)


def _disputed(world: World, **given: object) -> tuple[Attempt, str]:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt, **given)  # type: ignore[arg-type]
    world.deliver()
    return attempt, name


def test_money_is_withdrawn_at_once_and_the_citizen_stays_paid(world: World) -> None:
    attempt, name = _disputed(world, fee=1_500)
    row = Dispute.objects.get()
    assert (row.provider_dispute_id, row.state, row.amount_vnd) == (name, "open", 16_000)
    assert (row.withdrawn_vnd, row.returned_vnd, row.fee_vnd) == (16_000, 0, 1_500)
    assert row.answer_by == world.now + datetime.timedelta(days=7)
    assert _balance(f"disputed:{AGENCY}") == -16_000
    assert _balance("provider_fee:stripe") == -1_500
    assert _balance("provider_clearing:stripe") == 1_500
    assert _balance(f"fee_revenue:{AGENCY}") == 16_000
    assert _told(world, attempt) == "paid"
    attempt.payment.refresh_from_db()
    assert attempt.payment.state == "paid"
    keys = LedgerEntry.objects.filter(settlement_id__in=[_lines(world, name)[0]])
    assert sorted(keys.values_list("key", flat=True)) == [
        f"dispute:stripe:{_lines(world, name)[0]}",
        f"provider_fee:dispute:stripe:{_lines(world, name)[0]}",
    ]
    invariants.check_lines(world)
    assert list(books.check()) == []


def _lines(world: World, name: str) -> list[str]:
    return [one["id"] for one in world.provider.get(name)["balance_transactions"]]


def test_won_comes_back_and_lost_stays_away(world: World) -> None:
    (_, first), (_, second) = _disputed(world, fee=1_500), _disputed(world, fee=1_500)
    disputing.decide(world, first, "won", fee=-1_500)
    disputing.decide(world, second, "lost")
    world.deliver()
    won, lost = (Dispute.objects.get(provider_dispute_id=name) for name in (first, second))
    assert (won.state, won.withdrawn_vnd, won.returned_vnd, won.fee_vnd) == ("won", 16000, 16000, 0)
    assert (lost.state, lost.withdrawn_vnd, lost.returned_vnd) == ("lost", 16_000, 0)
    assert won.closed_at == lost.closed_at == world.now
    assert _balance(f"disputed:{AGENCY}") == -16_000
    assert _balance("provider_fee:stripe") == -1_500
    assert [one.what for one in won.events.order_by("id")] == [
        "moved",
        "withdrawn",
        "moved",
        "returned",
    ]
    invariants.check_lines(world)
    assert list(books.check()) == []


def test_every_event_may_come_in_any_order_and_many_times(world: World) -> None:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt, fee=1_500)
    disputing.decide(world, name, "won", fee=-1_500)
    events = world.provider.events("charge.dispute")
    for event in [*events[::-1], *events]:
        world.post(*world.provider.envelope(event))
    world.drain()
    for event in EventOutcome.objects.filter(event__kind__startswith="charge.dispute"):
        assert (event.state, event.note) == ("applied", "")
    disputes.check(dispute_id=Dispute.objects.get().id, now=world.now)
    assert LedgerEntry.objects.filter(key__startswith="dispute:").count() == 2
    assert _balance(f"disputed:{AGENCY}") == 0
    assert Dispute.objects.get().state == "won"


def test_a_dispute_heard_of_before_the_payment_is_booked_after_it(world: World) -> None:
    payment = world.owe(16_000)
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    [intent] = world.provider.all("payment_intent")
    attempt.charge_id = intent["latest_charge"]
    disputing.open_dispute(world, attempt)
    world.deliver("charge.dispute")
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert Dispute.objects.get().state == "open"
    keys = list(LedgerEntry.objects.order_by("id").values_list("key", flat=True))
    assert [key.partition(":")[0] for key in keys] == ["capture", "dispute"]
    world.deliver()
    invariants.check_lines(world)


def test_the_events_are_lost_and_the_sweep_finds_what_became_of_it(world: World) -> None:
    _, name = _disputed(world)
    disputing.decide(world, name, "lost")
    world.later(hours=6, seconds=1)
    assert world.sweep().disputes == 1
    assert Dispute.objects.get().state == "lost"
    world.later(hours=6)
    assert world.sweep().disputes == 0  # decided: asked once a day later, then no more
    world.later(days=1)
    assert world.sweep().disputes == 1
    world.later(days=2)
    assert world.sweep().disputes == 0
    assert Dispute.objects.get().next_check_at is None


def test_the_provider_is_down_and_the_dispute_waits_for_the_sweep(world: World) -> None:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt)
    world.provider.go_down(times=20)
    for event in world.provider.events("charge.dispute"):
        world.sent.add(event["id"])
        world.post(*world.provider.envelope(event))
    with pytest.raises(Exception, match="/v1/disputes"):
        world.drain()
    assert not Dispute.objects.exists()
    world.heal()
    assert Dispute.objects.get().provider_dispute_id == name
    invariants.check_lines(world)


def test_an_inquiry_moves_no_money_and_may_be_refunded(world: World) -> None:
    attempt, name = _disputed(world, status="warning_needs_response")
    row = Dispute.objects.get()
    assert (row.state, row.withdrawn_vnd) == ("inquiry", 0)
    assert _balance(f"disputed:{AGENCY}") == 0
    disputing.decide(world, name, "warning_closed")
    world.deliver()
    row.refresh_from_db()
    assert (row.state, row.closed_at) == ("closed", world.now)
    one = world.refund(attempt.payment, 16_000)
    world.drain()
    one.refresh_from_db()
    assert one.state == "succeeded"


def test_an_inquiry_that_becomes_a_dispute_is_booked(world: World) -> None:
    _, name = _disputed(world, status="warning_needs_response")
    disputing.withdraw(world, name)
    world.deliver()
    row = Dispute.objects.get()
    assert (row.state, row.withdrawn_vnd) == ("open", 16_000)


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_s32_no_refund_while_the_bank_has_the_money(world: World, status: str) -> None:
    attempt, name = _disputed(world)
    if status == "lost":
        disputing.decide(world, name, "lost")
        world.deliver()
    before = LedgerEntry.objects.count()
    with pytest.raises(disputes.PaymentDisputed) as refusal:
        world.refund(attempt.payment, 16_000)
    assert refusal.value.extra() == {"dispute_id": Dispute.objects.get().id}
    assert LedgerEntry.objects.count() == before
    attempt.payment.refresh_from_db()
    assert attempt.payment.refunding_vnd == 0


def test_s32_a_refund_is_possible_again_once_it_is_won(world: World) -> None:
    attempt, name = _disputed(world)
    disputing.decide(world, name, "won")
    world.deliver()
    one = world.refund(attempt.payment, 16_000)
    world.drain()
    one.refresh_from_db()
    assert one.state == "succeeded"
    invariants.check_lines(world)
    assert list(books.check()) == []


def test_s32_a_refund_under_way_when_the_dispute_comes_is_refused_by_the_provider(
    world: World,
) -> None:
    attempt = world.pay(world.owe(16_000))
    one = world.refund(attempt.payment, 16_000)  # set aside, the provider is not called yet
    disputing.open_dispute(world, attempt)
    world.deliver()
    one.refresh_from_db()
    assert (one.state, one.failure_code) == ("failed", "charge_disputed")
    assert _balance(f"refund_payable:{AGENCY}") == 0
    assert _balance(f"disputed:{AGENCY}") == -16_000
    assert _told(world, attempt) == "paid"
    assert list(books.check()) == []


@pytest.mark.django_db(transaction=True)
def test_s32_refund_and_dispute_race_and_the_row_lock_orders_them(world: World) -> None:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt)
    fact = disputes.fetch("stripe", name)
    assert fact is not None
    turn = threading.Barrier(2, timeout=30)

    def act(index: int) -> object:
        turn.wait()
        if index:
            return disputes.apply_fact(attempt_id=attempt.id, fact=fact, now=world.now)
        return refund.request(
            payment_id=attempt.payment_id,
            amount_vnd=16_000,
            expected_refundable_vnd=16_000,
            reason="trả lại",
            requested_by="usr_x",
            client_key="mot-khoa-hoan",
            now=world.now,
        )

    first, second = together(2, act)
    assert second == Dispute.objects.get().id
    assert isinstance(first, str | disputes.PaymentDisputed), first
    assert Dispute.objects.get().withdrawn_vnd == 16_000
    world.drain()
    world.deliver()
    assert _balance(f"refund_payable:{AGENCY}") == 0
    assert list(books.check()) == []


def test_a_dispute_of_nothing_of_ours_is_kept_and_changes_nothing(world: World) -> None:
    store = world.provider.mock.store
    with store.lock:
        store.add(
            {
                "id": "dp_other",
                "object": "dispute",
                "amount": 5,
                "balance_transactions": [],
                "charge": "ch_other",
                "created": store.now(),
                "currency": "vnd",
                "livemode": False,
                "metadata": {},
                "payment_intent": "pi_other",
                "reason": "general",
                "status": "needs_response",
            }
        )
        store.emit("charge.dispute.created", store.objects["dp_other"])
    world.deliver()
    assert EventOutcome.objects.get().note == "unknown_object"
    assert not Dispute.objects.exists()


def test_the_desk_is_told_of_each_state_once_and_again_when_telling_failed(world: World) -> None:
    heard: list[tuple[str, str, int]] = []
    broken = True

    def receiver(
        sender: object, *, state: str, agency_code: str, amount_vnd: int, **kwargs: object
    ) -> None:
        if broken:
            raise RuntimeError("upstairs is not well")
        heard.append((state, agency_code, amount_vnd))

    signals.dispute_changed.connect(receiver)
    try:
        attempt = world.pay(world.owe(16_000))
        name = disputing.open_dispute(world, attempt)
        with pytest.raises(RuntimeError):
            world.deliver()
        broken = False
        world.heal()
        disputing.decide(world, name, "lost")
        world.deliver()
        world.sweep()
        disputes.announce(dispute_id=Dispute.objects.get().id)
        assert heard == [("open", AGENCY, 16_000), ("lost", AGENCY, 16_000)]
    finally:
        signals.dispute_changed.disconnect(receiver)


def test_a_line_in_another_currency_is_not_booked_and_shows_as_a_discrepancy(
    world: World,
) -> None:
    attempt = world.pay(world.owe(16_000))
    name = disputing.open_dispute(world, attempt)
    for one in world.provider.get(name)["balance_transactions"]:
        world.provider.change(one["id"], currency="usd")
    world.provider.change(
        name,
        balance_transactions=[world.provider.get(one) for one in _lines(world, name)],
    )
    world.deliver()
    assert Dispute.objects.get().withdrawn_vnd == 0
    assert not LedgerEntry.objects.filter(key__startswith="dispute:").exists()


def test_the_test_cards_of_the_mock_are_understood(world: World) -> None:
    attempt = world.start(world.owe(16_000))
    world.provider.press(attempt.session_id, fakes.CARDS["createDisputeInquiry"])
    world.deliver()
    assert Dispute.objects.get().state == "inquiry"


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_s39_what_happened_to_a_dispute_is_never_rewritten(world: World, change: str) -> None:
    _disputed(world)
    before = DisputeEvent.objects.count()
    undo = connection.savepoint()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(change.format("payments_disputeevent"))
    connection.savepoint_rollback(undo)
    assert DisputeEvent.objects.count() == before == 2
