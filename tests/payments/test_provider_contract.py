"""What every provider behind the port must do; run against each over a real socket."""

import contextlib
import dataclasses
import datetime
from typing import Any

import pytest

from payments.providers import base, registry
from payments.rules.settling import Outcome, RefundOutcome
from tests.fakes import Provider
from tests.fakes_vnpay import Vnpay
from tests.payments.bank import Bank
from tests.payments.benches import (
    HOUR,
    NOW,
    BankBench,
    Bench,
    StripeBench,
    VnpayBench,
    new_order,
    new_refund,
    paid,
)

GATEWAYS = ("stripe", "vnpay")  # they have a page; a bank has a code, and its statement
BENCHES = (*GATEWAYS, "vietqr")


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, clock: Any) -> Bench:
    return _bench(request.param, request)


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest, clock: Any) -> Bench:
    return _bench(request.param, request)


def _bench(name: str, request: pytest.FixtureRequest) -> Bench:
    if name == "stripe":
        provider: Provider = request.getfixturevalue("provider")
        return StripeBench(provider)
    if name == "vietqr":
        process: Bank = request.getfixturevalue("bank_process")
        process.settle_in(request.getfixturevalue("settings"))
        return BankBench(process)
    vnpay: Vnpay = request.getfixturevalue("vnpay")
    return VnpayBench(vnpay)


def test_every_provider_has_a_bench() -> None:
    # The agency's own counter has no pages and no wire: tests/payments/test_counter.py.
    assert set(BENCHES) | {"till", "bank_counter"} == set(registry.BUILDERS)


# --- one try ------------------------------------------------------------------------------------


def test_starting_twice_opens_one_page_and_takes_one_payment(gateway: Bench) -> None:
    order = new_order()
    first, second = gateway.port.start(order), gateway.port.start(order)
    assert first.outcome == Outcome.OPEN
    assert first.session_id
    assert first.checkout_url.startswith("http")
    assert (first.session_id, first.checkout_url) == (second.session_id, second.checkout_url)
    opened = gateway.open(order)
    gateway.press(opened)
    assert gateway.port.fetch(opened, now=NOW).outcome == Outcome.PAID
    assert gateway.paid_count() == 1


def test_a_page_nobody_opened_is_open_until_its_time_is_over(gateway: Bench) -> None:
    order = new_order()
    started = dataclasses.replace(order, session_id=gateway.port.start(order).session_id)
    fact = gateway.port.fetch(started, now=NOW)
    assert fact.outcome == Outcome.OPEN
    assert fact.checkout_url == gateway.port.start(order).checkout_url
    assert gateway.paid_count() == 0


def test_what_was_never_made_is_absent_once_it_cannot_be_made(gateway: Bench) -> None:
    order = new_order()
    assert gateway.port.fetch(order, now=NOW + HOUR).outcome == Outcome.ABSENT


def test_what_was_received_is_told_not_what_was_ordered(bench: Bench) -> None:
    order = paid(bench)
    fact = bench.port.fetch(order, now=NOW)
    assert (fact.outcome, fact.amount_vnd, fact.currency) == (Outcome.PAID, 50_000, "VND")
    assert fact.settlement_id
    assert fact.checkout_url == ""
    bench.say_amount(order, 40_000)
    assert bench.port.fetch(order, now=NOW).amount_vnd == 40_000


@pytest.mark.parametrize("session", [True, False])
@pytest.mark.parametrize("intent", [True, False])
def test_a_payment_is_found_by_whatever_is_known_of_it(
    bench: Bench, session: bool, intent: bool
) -> None:
    order = paid(bench)
    order = dataclasses.replace(
        order,
        session_id=order.session_id if session else "",
        intent_id=order.intent_id if intent else "",
    )
    for later in (0, 2, 30):
        moment = NOW + datetime.timedelta(hours=later)
        assert bench.port.fetch(order, now=moment).outcome == Outcome.PAID
    assert bench.paid_count() == 1


def test_anothers_payment_is_not_ours(gateway: Bench) -> None:
    order = gateway.theirs(paid(gateway))
    with pytest.raises(base.NotOurs):
        gateway.port.fetch(order, now=NOW)


def test_closing_tells_what_is_true(gateway: Bench) -> None:
    order = gateway.open(new_order())
    for _ in range(2):
        fact = gateway.port.close(order, now=NOW)
        assert fact.checkout_url == ""  # nobody is sent to a page that should be closed
        closed = Outcome.EXPIRED if gateway.port.closes_pages else Outcome.OPEN
        assert fact.outcome == closed
    assert gateway.port.close(paid(gateway), now=NOW).outcome == Outcome.PAID


def test_a_payer_who_is_turned_away_has_paid_nothing(gateway: Bench) -> None:
    order = gateway.open(new_order())
    code = gateway.turn_away(order)
    fact = gateway.port.fetch(order, now=NOW)
    assert fact.outcome in {Outcome.OPEN, Outcome.DECLINED}
    assert (fact.decline_code, fact.amount_vnd) == (code, 0)
    assert gateway.paid_count() == 0


def test_a_lost_answer_says_nothing_and_the_next_one_all(bench: Bench) -> None:
    order = bench.open(new_order())
    bench.press(order)
    bench.lose("fetch")
    with pytest.raises(base.Unanswered):
        bench.port.fetch(order, now=NOW)
    assert bench.port.fetch(order, now=NOW).outcome == Outcome.PAID


def test_a_provider_that_is_down_says_nothing(bench: Bench) -> None:
    order = paid(bench)
    bench.go_down()
    for ask in (bench.port.fetch, bench.port.close):
        with pytest.raises(base.Unanswered):
            ask(order, now=NOW)
    with pytest.raises(base.Unanswered):
        bench.port.refund(new_refund(order))
    bench.come_back()
    assert bench.refund_count() == 0


@pytest.mark.parametrize("wrong", [50_000.5, "fifty", None, -1])
def test_fractions_and_nonsense_are_never_money(bench: Bench, wrong: Any) -> None:
    order = paid(bench)
    bench.say_amount(order, wrong)
    with pytest.raises(base.Unanswered):
        bench.port.fetch(order, now=NOW)


# --- refunds ------------------------------------------------------------------------------------


def test_a_refund_goes_from_taken_in_to_arrived(bench: Bench) -> None:
    refund = new_refund(paid(bench), 20_000)
    fact = bench.port.refund(refund)
    assert fact.outcome in {RefundOutcome.PENDING, RefundOutcome.SUCCEEDED}
    assert (fact.amount_vnd, fact.currency) == (20_000, "VND")
    known = dataclasses.replace(refund, provider_refund_id=fact.refund_id)
    bench.settle_refunds(good=True)
    arrived = bench.port.fetch_refund(known, now=NOW)
    assert (arrived.outcome, arrived.refund_id) == (RefundOutcome.SUCCEEDED, fact.refund_id)
    assert arrived.settlement_id


def test_refunding_twice_gives_back_once(bench: Bench) -> None:
    refund = new_refund(paid(bench), 20_000)
    first = bench.port.refund(refund)
    with contextlib.suppress(base.Unanswered):  # it may say that this request is known, no more
        assert bench.port.refund(refund).refund_id == first.refund_id
    assert bench.refund_count() == 1
    assert bench.port.fetch_refund(refund, now=NOW).refund_id == first.refund_id
    assert bench.refund_count() == 1


def test_a_refund_whose_answer_is_lost_is_found(bench: Bench) -> None:
    refund = new_refund(paid(bench), 20_000)
    bench.lose("refund")
    with pytest.raises(base.Unanswered):
        bench.port.refund(refund)
    fact = bench.port.fetch_refund(refund, now=NOW)
    assert fact.outcome in {RefundOutcome.PENDING, RefundOutcome.SUCCEEDED}
    assert (fact.amount_vnd, bench.refund_count()) == (20_000, 1)


def test_a_refund_that_never_arrived_there_is_made_once(bench: Bench) -> None:
    refund = new_refund(paid(bench), 20_000)
    bench.go_down()
    with pytest.raises(base.Unanswered):
        bench.port.refund(refund)
    bench.come_back()
    fact = bench.port.fetch_refund(refund, now=NOW)
    assert fact.outcome in {RefundOutcome.PENDING, RefundOutcome.SUCCEEDED}
    again = bench.port.fetch_refund(refund, now=NOW)
    assert (again.refund_id, bench.refund_count()) == (fact.refund_id, 1)


def test_two_parts_are_told_apart_also_when_their_answers_are_lost(bench: Bench) -> None:
    order = paid(bench)
    first, second = new_refund(order, 20_000), new_refund(order, 20_000)
    bench.lose("refund", times=2)
    for refund in (first, second):
        with pytest.raises(base.Unanswered):
            bench.port.refund(refund)
    bench.settle_refunds(good=True)
    facts = [bench.port.fetch_refund(refund, now=NOW) for refund in (first, second)]
    assert {fact.outcome for fact in facts} == {RefundOutcome.SUCCEEDED}
    assert len({fact.refund_id for fact in facts}) == bench.refund_count() == 2


def test_a_refund_never_made_is_absent_after_a_day(gateway: Bench) -> None:
    refund = new_refund(paid(gateway))
    late = NOW + datetime.timedelta(days=2)
    assert gateway.port.fetch_refund(refund, now=late).outcome == RefundOutcome.ABSENT
    assert gateway.refund_count() == 0


def test_more_than_was_paid_is_refused(bench: Bench) -> None:
    order = paid(bench)
    with pytest.raises(base.Refused):
        bench.port.refund(new_refund(order, 50_001))
    bench.port.refund(new_refund(order))
    with pytest.raises(base.Refused):
        bench.port.refund(new_refund(order))
    assert bench.refund_count() == 1


def test_a_refund_that_the_bank_turns_away_has_failed(bench: Bench) -> None:
    refund = new_refund(paid(bench))
    fact = bench.port.refund(refund)
    bench.settle_refunds(good=False)
    known = dataclasses.replace(refund, provider_refund_id=fact.refund_id)
    failed = bench.port.fetch_refund(known, now=NOW)
    assert failed.outcome == RefundOutcome.FAILED


# --- what comes in ------------------------------------------------------------------------------


def test_a_notification_names_the_try_and_nothing_more_is_believed(bench: Bench) -> None:
    order = paid(bench)
    told = bench.told(order)
    assert told.method == bench.port.notification_method
    first, second = (bench.port.parse_notification(told, now=NOW) for _ in range(2))
    assert order.attempt_id == first.attempt_id or order.intent_id == first.intent_id
    assert first.event_id == second.event_id
    assert first.amount_vnd in {None, 50_000}
    assert first.livemode == bench.port.livemode is False
    assert first.raw in {told.body, told.query.encode()}


def test_forged_notifications_are_refused(bench: Bench) -> None:
    order = paid(bench)
    for forged in bench.forgeries(order):
        with pytest.raises(base.Forged):
            bench.port.parse_notification(forged, now=NOW)


def test_every_verdict_has_an_answer_and_no_refusal_looks_like_thanks(bench: Bench) -> None:
    thanks = bench.port.reply(base.Verdict.KEPT, fresh=True)
    assert thanks.status == 200
    for verdict in base.Verdict:
        reply = bench.port.reply(verdict)
        assert reply.status in {200, 400}
        refused = verdict in {base.Verdict.FORGED, base.Verdict.UNREADABLE}
        assert not (refused and reply == thanks)


# --- the statement ------------------------------------------------------------------------------


def test_the_statement_holds_every_movement(bench: Bench) -> None:
    order = paid(bench)
    fact = bench.port.fetch(order, now=NOW)
    bench.port.refund(new_refund(order, 20_000))
    bench.settle_refunds(good=True)
    lines = bench.port.list_settlement(datetime.date(2026, 11, 24))
    assert [(line.kind, line.amount_vnd, line.net_vnd) for line in lines] == [
        ("charge", 50_000, 50_000 - lines[0].fee_vnd),
        ("refund", -20_000, -20_000),
    ]
    assert lines[0].line_id == fact.settlement_id
    assert {line.currency for line in lines} == {"VND"}
    assert bench.port.list_settlement(datetime.date(2026, 11, 23)) == []


def test_a_day_begins_at_midnight_in_can_tho(bench: Bench, clock: Any) -> None:
    days = {}
    for moment in ("2026-11-24T23:59:59+07:00", "2026-11-25T00:00:00+07:00"):
        clock.move_to(moment)
        made = datetime.datetime.fromisoformat(moment)
        order = bench.open(new_order(key_made_at=made, expires_at=made + HOUR))
        bench.press(order)
        fact = bench.port.fetch(order, now=made)
        days[made.date()] = fact.settlement_id
    for day, line_id in days.items():
        assert [line.line_id for line in bench.port.list_settlement(day)] == [line_id]
