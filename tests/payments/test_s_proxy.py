"""The way to the provider is faulty, on a real socket: S03 to S14, S17, S18 of the catalogue.

Whatever befalls a call, the end is one capture at the provider and one posting here; nobody is
told "failed" in between; and no transaction is open while a call is under way.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from citizens.models import User
from common import db
from payments.actions import charge, settle
from payments.models import Attempt, LedgerEntry, Payment, Refund
from tests.conftest import Cast
from tests.fakes import REFUNDS, SESSIONS, Provider
from tests.payments import invariants, proxy
from tests.payments.factories import together
from tests.payments.street import Street, paid_once, told

pytestmark = pytest.mark.django_db

ALL_TRIES = 3  # of one call, when the client may repeat it


@pytest.fixture(scope="session")
def middlebox(provider_process: Provider) -> Iterator[proxy.Proxy]:
    one = proxy.Proxy(provider_process.url)
    yield one
    one.stop()


@pytest.fixture
def street(
    middlebox: proxy.Proxy,
    provider: Provider,
    settings: Any,
    clock: Any,
    drain: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Street]:
    settings.STRIPE_BASE_URL = middlebox.url
    settings.STRIPE_READ_TIMEOUT_SECONDS = 0.4
    middlebox.forget()
    made = Street(provider, middlebox, clock, drain)
    yield made
    middlebox.heal()
    assert middlebox.failures == []
    invariants.check(made, logs=caplog.text)


# --- whatever befalls a call ----------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, ALL_TRIES])
@pytest.mark.parametrize("mode", sorted(proxy.MODES))
def test_whatever_befalls_the_opening_of_the_page(street: Street, mode: str, times: int) -> None:
    payment = street.owe()
    street.proxy.script(mode, SESSIONS, times=times)
    street.tap(payment, "key-of-one-tap")
    street.tap(payment, "key-of-one-tap")
    street.heal()
    attempt = Attempt.objects.get(payment=payment)
    assert (attempt.state, len(street.provider.all("checkout.session"))) == ("open", 1)
    keys = {call.key for call in street.proxy.calls if call.method == "POST"}
    assert keys == {attempt.provider_key}
    street.provider.press(attempt.session_id)
    street.deliver()
    paid_once(street, payment)
    assert street.proxy.seen(mode)


@pytest.mark.parametrize("mode", sorted(proxy.MODES))
def test_whatever_befalls_the_question_whether_it_is_paid(street: Street, mode: str) -> None:
    payment = street.owe()
    attempt = street.start(payment)
    street.provider.press(attempt.session_id)
    street.proxy.script(mode, SESSIONS, method="GET", times=ALL_TRIES)
    street.post(*street.provider.envelope(street.provider.events("checkout.session.com")[0]))
    street.work()
    assert told(payment) in {"pending", "paid"}
    street.heal()
    paid_once(street, payment)
    assert street.proxy.seen(mode)


@pytest.mark.parametrize("times", [1, ALL_TRIES])
@pytest.mark.parametrize("mode", sorted(proxy.MODES))
def test_whatever_befalls_a_refund(street: Street, mode: str, times: int) -> None:
    payment = street.owe()
    street.pay(payment)
    street.proxy.script(mode, REFUNDS, times=times)
    one = street.refund(payment, 6000)
    street.work()
    one.refresh_from_db()
    assert one.state in {"unknown", "succeeded"}
    street.heal()
    _refunded_once(street, payment, one)
    assert street.proxy.seen(mode)


@pytest.mark.parametrize("mode", sorted(proxy.MODES))
def test_whatever_befalls_the_closing_of_a_page(street: Street, mode: str) -> None:
    payment = street.owe()
    attempt = street.start(payment)
    with db.transaction():
        charge.cancel(reference=payment.reference, now=street.now)
    street.proxy.script(mode, f"{SESSIONS}/", times=ALL_TRIES)
    street.work()
    street.heal()
    attempt.refresh_from_db()
    assert attempt.state == "cancelled"
    assert street.provider.get(attempt.session_id)["status"] == "expired"
    assert not LedgerEntry.objects.exists()
    invariants.check_quiet(street)
    assert street.proxy.seen(mode)


# --- the catalogue by its numbers -----------------------------------------------------------------


@pytest.mark.parametrize("mode", ["answer_lost", "answer_reset"])
def test_s03_the_answer_to_create_is_lost_on_the_way(street: Street, mode: str) -> None:
    payment = street.owe()
    street.proxy.script(mode, SESSIONS, times=ALL_TRIES)
    attempt = street.tap(payment, "key-of-one-tap")
    assert attempt is not None
    assert (attempt.state, told(payment)) == ("unknown", "pending")
    resumed = street.start(payment, "key-of-one-tap")
    assert (resumed.id, resumed.state) == (attempt.id, "open")
    assert len(street.provider.all("checkout.session")) == 1


def test_s04_the_answer_that_says_paid_is_lost(street: Street) -> None:
    payment = street.owe()
    attempt = street.start(payment)
    street.provider.press(attempt.session_id)
    street.proxy.script("answer_lost", SESSIONS, method="GET", times=ALL_TRIES)
    with pytest.raises(Exception, match="GET /v1/checkout/sessions"):
        settle.ask(attempt_id=attempt.id, now=street.now)
    assert told(payment) == "pending"
    street.heal()
    paid_once(street, payment)


def test_s05_executed_and_a_gateway_says_500(street: Street) -> None:
    payment = street.owe()
    street.proxy.script("executed_then_500", SESSIONS)
    attempt = street.start(payment)
    assert attempt.state == "open"
    assert len(street.provider.all("checkout.session")) == 1
    assert len(street.proxy.calls) == 2


def test_s06_a_500_that_says_do_not_retry_is_not_retried(street: Street) -> None:
    payment = street.owe()
    street.proxy.script("executed_then_500_do_not_retry", SESSIONS)
    attempt = street.tap(payment)
    assert [call.mode for call in street.proxy.calls] == ["executed_then_500_do_not_retry"]
    assert attempt is not None
    assert (attempt.state, told(payment)) == ("unknown", "pending")
    street.heal()
    attempt.refresh_from_db()
    assert attempt.state == "open"
    assert len(street.provider.all("checkout.session")) == 1


def test_s07_429_is_passed_on_as_a_pause(street: Street, cast: Cast) -> None:
    owner = cast.owner
    me = User.objects.get(id=owner.get("/api/v1/me").json()["id"])
    payment = street.owe(citizen_id=me.id)
    street.proxy.script("rate_limited", SESSIONS)
    refused = owner.post(f"/api/v1/payments/{payment.id}/attempts", key="key-of-one-tap")
    assert (refused.status_code, refused.headers["Retry-After"]) == (
        503,
        str(proxy.RETRY_AFTER_SECONDS),
    )
    assert len(street.proxy.calls) == 1  # no storm
    assert street.provider.all("checkout.session") == []
    again = owner.post(f"/api/v1/payments/{payment.id}/attempts", key="key-of-one-tap")
    assert (again.status_code, again.json()["state"]) == (201, "pending")


def test_s08_the_same_key_is_sent_until_it_is_free(street: Street) -> None:
    payment = street.owe()
    street.proxy.script("key_in_use", SESSIONS, times=ALL_TRIES - 1)
    attempt = street.start(payment)
    assert attempt.state == "open"
    assert [call.key for call in street.proxy.calls] == [attempt.provider_key] * ALL_TRIES


@pytest.mark.django_db(transaction=True)
def test_s09_while_the_answer_is_held_nothing_of_ours_is(street: Street) -> None:
    payment = street.owe()
    street.proxy.script("answer_held", SESSIONS, times=ALL_TRIES)
    looked: list[tuple[int, list[str]]] = []
    config = connection.settings_dict

    def look() -> None:
        """From outside: nobody of ours is in a transaction, and every row can be locked."""
        with psycopg.connect(
            dbname=config["NAME"], user=config["USER"], host=config["HOST"]
        ) as other:
            idle = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
            ).fetchone()
            rows = other.execute("SELECT id FROM payments_payment FOR UPDATE NOWAIT").fetchall()
            other.execute("SELECT id FROM payments_attempt FOR UPDATE NOWAIT").fetchall()
            assert idle is not None
            looked.append((idle[0], [row[0] for row in rows]))

    street.proxy.watch = look
    attempt = street.tap(payment)
    assert looked == [(0, [payment.id])] * ALL_TRIES
    assert attempt is not None
    assert (attempt.state, told(payment)) == ("unknown", "pending")
    street.heal()
    attempt.refresh_from_db()
    street.provider.press(attempt.session_id)
    street.deliver()
    paid_once(street, payment)


@pytest.mark.django_db(transaction=True)
def test_s09_others_are_served_while_one_waits(street: Street, cast: Cast, settings: Any) -> None:
    settings.STRIPE_READ_TIMEOUT_SECONDS = 30.0
    owner = cast.owner
    me = User.objects.get(id=owner.get("/api/v1/me").json()["id"])
    payment = street.owe(citizen_id=me.id)
    street.proxy.script("answer_held", SESSIONS)

    def act(index: int) -> Any:
        if index == 0:
            return owner.post(f"/api/v1/payments/{payment.id}/attempts")
        street.proxy.wait_held()
        try:
            seen = cast.anonymous.get("/livez").status_code
            mine = street.client.get(
                f"/api/v1/payments/{payment.id}",
                headers={"Authorization": f"Bearer {owner.token}"},
            )
            return seen, mine.status_code, mine.json()["state"]
        finally:
            street.proxy.release()

    started, seen = together(2, act)
    assert seen == (200, 200, "pending")
    assert (started.status_code, started.json()["state"]) == (201, "pending")


@pytest.mark.parametrize("when", ["before the sweep", "after everything"])
def test_s10_it_is_executed_after_we_gave_up(street: Street, when: str) -> None:
    payment = street.owe()
    street.proxy.script("request_held", SESSIONS, times=ALL_TRIES)
    attempt = street.tap(payment, "key-of-one-tap")
    assert attempt is not None
    assert attempt.state == "unknown"
    assert street.provider.all("checkout.session") == []
    if when == "before the sweep":
        street.heal()
    else:
        street.later(minutes=2)
        street.sweep()  # repeats the call under the same key: the page is there
        street.proxy.release()
        street.heal()
    attempt.refresh_from_db()
    assert attempt.state == "open"
    street.provider.press(attempt.session_id)
    street.deliver()
    paid_once(street, payment)
    assert len(street.provider.all("checkout.session")) == 1


def test_s10_a_late_refund_is_booked_once(street: Street) -> None:
    payment = street.owe()
    street.pay(payment)
    street.proxy.script("request_held", REFUNDS, times=ALL_TRIES)
    one = street.refund(payment, 6000)
    street.work()
    one.refresh_from_db()
    assert (one.state, street.provider.all("refund")) == ("unknown", [])
    street.heal()
    _refunded_once(street, payment, one)


def test_s11_half_an_answer_is_not_an_answer(street: Street) -> None:
    payment = street.owe()
    street.proxy.script("executed_then_truncated", SESSIONS, times=ALL_TRIES)
    attempt = street.tap(payment)
    assert attempt is not None
    assert (attempt.state, told(payment)) == ("unknown", "pending")
    street.heal()
    attempt.refresh_from_db()
    assert attempt.state == "open"


@pytest.mark.parametrize("mode", ["html_instead_of_json", "html_502"])
def test_s12_a_gateways_page_is_not_shown_to_the_citizen(
    street: Street, cast: Cast, mode: str
) -> None:
    owner = cast.owner
    me = User.objects.get(id=owner.get("/api/v1/me").json()["id"])
    payment = street.owe(citizen_id=me.id)
    street.proxy.script(mode, SESSIONS, times=ALL_TRIES)
    refused = owner.post(f"/api/v1/payments/{payment.id}/attempts", key="key-of-one-tap")
    assert refused.status_code == 503
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "payment_provider_unreachable"
    for leak in ("html", "Bad Gateway", "Traceback", "JSONDecodeError", "/v1/"):
        assert leak not in refused.content.decode()
    assert owner.get(f"/api/v1/payments/{payment.id}").json()["state"] == "pending"
    again = owner.post(f"/api/v1/payments/{payment.id}/attempts", key="key-of-one-tap")
    assert (again.status_code, again.json()["state"]) == (201, "pending")
    assert len(street.provider.all("checkout.session")) == 1


@pytest.mark.parametrize("mode", ["delivered_twice", "delivered_twice_at_once"])
def test_s13_a_middlebox_repeats_our_post(street: Street, mode: str) -> None:
    payment = street.owe()
    street.proxy.script(mode, SESSIONS)
    attempt = street.start(payment)
    assert len(street.provider.all("checkout.session")) == 1
    street.provider.press(attempt.session_id)
    street.deliver()
    paid_once(street, payment)
    street.proxy.script(mode, REFUNDS)
    one = street.refund(payment, 6000)
    street.drain()
    _refunded_once(street, payment, one)


@pytest.mark.parametrize("how", ["refused", "reset"])
def test_s14_nobody_gets_through_for_an_hour(street: Street, settings: Any, how: str) -> None:
    waiting = [street.owe() for _ in range(3)]
    attempts = [street.start(payment) for payment in waiting]
    for attempt in attempts:
        street.provider.press(attempt.session_id)
    new = street.owe()
    if how == "refused":
        settings.STRIPE_BASE_URL = street.proxy.refusing_url
    else:
        street.proxy.script("reset", times=10**6)
        street.proxy.script("reset", method="GET", times=10**6)
    street.deliver(drain=False)  # notifications come in by another way: kept, and answered 200
    street.work()
    for _ in range(charge.breaker.LOST_IN_A_ROW):
        street.tap(new, "key-of-one-tap")
    before = len(street.proxy.calls)
    with pytest.raises(charge.ProviderUnreachable) as refusal:
        street.start(new, "key-of-one-tap")
    assert refusal.value.retry_after == charge.breaker.PAUSE_SECONDS
    assert len(street.proxy.calls) == before  # the breaker spares everybody the wait
    for _ in range(6):
        street.later(minutes=10)
        street.sweep()
        for payment in (*waiting, new):
            assert told(payment) == "pending"
    settings.STRIPE_BASE_URL = street.proxy.url
    street.heal()
    for payment in waiting:
        paid_once(street, payment)
    # Nobody ever saw the page of the fourth: it was over before it could be opened.
    assert Attempt.objects.get(payment=new).state == "cancelled"
    street.pay(new)
    paid_once(street, new)


def test_s17_the_answer_to_a_refund_is_lost(street: Street) -> None:
    payment = street.owe()
    street.pay(payment)
    street.proxy.script("answer_lost", REFUNDS, times=ALL_TRIES)
    one = street.refund(payment, 6000)
    street.work()
    one.refresh_from_db()
    assert one.state == "unknown"
    assert len(street.provider.all("refund")) == 1
    street.heal()
    _refunded_once(street, payment, one)


def test_s18_a_refund_is_executed_and_a_gateway_says_500(street: Street) -> None:
    payment = street.owe()
    street.pay(payment)
    street.proxy.script("executed_then_500", REFUNDS, times=ALL_TRIES)
    one = street.refund(payment, 6000)
    street.work()
    one.refresh_from_db()
    assert one.state == "unknown"
    street.heal()
    _refunded_once(street, payment, one)


def _refunded_once(street: Street, payment: Payment, one: Refund) -> None:
    one.refresh_from_db()
    payment.refresh_from_db()
    assert one.state == "succeeded"
    assert (payment.refunding_vnd, payment.refunded_vnd) == (0, one.amount_vnd)
    assert [item["amount"] for item in street.provider.all("refund")] == [one.amount_vnd]
    assert LedgerEntry.objects.filter(refund=one, key__startswith="refund_paid:").count() == 1
    invariants.check_lines(street)
    invariants.check_quiet(street)
