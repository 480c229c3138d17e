"""What goes wrong between the app, this side and the provider, and what must hold then.

The numbers are those of the failure catalogue; every scenario ends with all invariants.
"""

import json

import pytest

from payments import queries
from payments.actions import charge
from payments.models import Attempt, EventOutcome, LedgerEntry, ProviderEvent, Receipt
from tests import fakes
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


def test_the_whole_path_from_due_to_receipt(world: World) -> None:
    payment = world.owe(16000)
    attempt = world.start(payment)
    assert (attempt.state, attempt.checkout_url[:4]) == ("open", "http")
    session = world.provider.get(attempt.session_id)
    assert session["amount_total"] == 16000
    assert session["client_reference_id"] == attempt.id
    assert session["metadata"] == {"fee_id": payment.id, "attempt_id": attempt.id}
    world.provider.press(attempt.session_id)
    payment.refresh_from_db()
    assert payment.state == "owed"  # the page alone proves nothing
    world.deliver()
    payment.refresh_from_db()
    assert (payment.state, payment.captured_vnd) == ("paid", 16000)
    assert payment.announced_at is not None
    assert queries.balances() == {
        "provider_clearing:stripe": -16000,
        "fee_revenue:ubnd-31120": 16000,
    }
    receipt = Receipt.objects.get(payment=payment)
    assert (receipt.number, receipt.total_words) == (1, "Mười sáu nghìn đồng")
    invariants.check_lines(world)


def test_nothing_owed_needs_no_provider(world: World) -> None:
    payment = world.owe(0)
    assert payment.state == "free"
    assert not queries.status_of([payment.reference])[payment.reference].open
    with pytest.raises(charge.PaymentNotOwed):
        world.start(payment)
    assert world.provider.calls(fakes.SESSIONS) == []


def test_s01_the_same_key_gives_the_same_attempt(world: World) -> None:
    payment = world.owe()
    first, second = (world.start(payment, "key-of-one-tap") for _ in range(2))
    assert first.id == second.id
    assert len(world.provider.all("checkout.session")) == 1


def test_s02_a_second_device_gets_the_page_that_is_open(world: World) -> None:
    payment = world.owe()
    assert world.start(payment, "phone-1111").id == world.start(payment, "tablet-222").id


def test_s03_the_answer_to_create_is_lost_and_the_client_repeats_it(world: World) -> None:
    payment = world.owe()
    world.provider.lose_answer()
    attempt = world.start(payment)
    assert attempt.state == "open"
    assert len(world.provider.all("checkout.session")) == 1
    keys = {call["key"] for call in world.provider.calls(fakes.SESSIONS)}
    assert keys == {attempt.provider_key}


def test_s03_all_answers_are_lost_and_the_same_tap_resumes(world: World) -> None:
    payment = world.owe()
    world.provider.lose_answer(times=3)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment, "key-of-one-tap")
    attempt = Attempt.objects.get(payment=payment)
    assert attempt.state == "unknown"
    assert _told(payment) == "pending"
    resumed = world.start(payment, "key-of-one-tap")
    assert (resumed.id, resumed.state) == (attempt.id, "open")
    assert len(world.provider.all("checkout.session")) == 1


def test_s03_the_other_device_resumes_an_unknown_attempt(world: World) -> None:
    payment = world.owe()
    world.provider.lose_answer(times=3)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment, "phone-1111")
    assert world.start(payment, "tablet-222").state == "open"
    assert Attempt.objects.filter(payment=payment).count() == 1


def test_s04_nobody_hears_of_the_payment_and_the_sweep_finds_it(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    world.later(minutes=1)
    world.sweep()
    payment.refresh_from_db()
    assert payment.state == "paid"
    invariants.check_lines(world)


def test_s05_executed_and_then_500_for_ever(world: World) -> None:
    payment = world.owe()
    world.provider.fault("error_after")  # the provider repeats its 500 under that key
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment, "key-of-one-tap")
    assert len(world.provider.all("checkout.session")) == 1
    attempt = world.start(payment, "key-of-one-tap")
    assert attempt.state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s06_500_that_must_not_be_retried(world: World) -> None:
    payment = world.owe()
    world.provider.fault("error_after", headers={"Stripe-Should-Retry": "false"})
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    assert len(world.provider.calls(fakes.SESSIONS)) == 1
    assert Attempt.objects.get(payment=payment).state == "unknown"
    assert _told(payment) == "pending"
    world.heal()
    assert Attempt.objects.get(payment=payment).state == "open"


def test_s07_429_is_no_storm(world: World) -> None:
    payment = world.owe()
    world.provider.fault("error_before", status=429, headers={"Retry-After": "7"})
    with pytest.raises(charge.ProviderUnreachable) as refusal:
        world.start(payment)
    assert refusal.value.retry_after == 7
    assert world.provider.calls(fakes.SESSIONS) == []
    world.heal()
    assert Attempt.objects.get(payment=payment).state == "open"


def test_s08_the_key_is_in_use(world: World) -> None:
    payment = world.owe()
    world.provider.fault("error_before", status=409, times=2)
    assert world.start(payment).state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s10_the_provider_does_it_after_this_side_gave_up(world: World) -> None:
    payment = world.owe()
    world.provider.fault("hold")
    world.provider.fault("drop_before", "/v1/", times=1000, method="*")
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    world.provider.mock.release_requests()
    session = world.provider.all("checkout.session")[0]
    world.provider.press(session["id"])  # and somebody pays it at once
    world.heal()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert LedgerEntry.objects.count() == 1
    assert len(world.provider.all("checkout.session")) == 1


@pytest.mark.parametrize("action", ["truncate", "html"])
def test_s11_s12_half_an_answer_or_a_gateways_page(world: World, action: str) -> None:
    payment = world.owe()
    world.provider.fault(action, times=3, status=200)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    assert _told(payment) == "pending"
    world.heal()
    assert Attempt.objects.get(payment=payment).state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s13_a_middlebox_sends_it_twice(world: World) -> None:
    payment = world.owe()
    world.provider.fault("twice")
    assert world.start(payment).state == "open"
    assert len(world.provider.all("checkout.session")) == 1


def test_s14_the_provider_is_down_for_an_hour(world: World) -> None:
    payments = [world.owe() for _ in range(5)]
    attempts = [world.start(payment) for payment in payments]
    for attempt in attempts:
        world.provider.press(attempt.session_id)
    world.provider.go_down()
    world.deliver("checkout.session.completed", drain=False)
    for _ in range(3):
        world.later(minutes=19)
        world.provider.mock.store.calls.clear()
        with pytest.raises(Exception, match="/v1/"):
            world.drain()
        assert queries.status_of([payments[0].reference])  # reading is unaffected
    world.heal()
    for payment in payments:
        payment.refresh_from_db()
        assert payment.state == "paid"


@pytest.mark.parametrize(("member", "value"), [("amount_received", 1), ("currency", "usd")])
def test_s15_s16_the_provider_took_another_sum_or_currency(
    world: World, member: str, value: object
) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    intent = world.provider.get(attempt.session_id)["payment_intent"]
    world.provider.change(intent, **{member: value})
    world.deliver()
    attempt.refresh_from_db()
    payment.refresh_from_db()
    assert (attempt.state, payment.state, _told(payment)) == ("review", "owed", "review")
    assert queries.reviews()[0].reason in {"amount_differs", "currency_differs"}
    assert not Receipt.objects.exists()
    with pytest.raises(charge.PaymentUnderReview):
        world.start(payment)


def test_s15_a_signed_event_with_another_sum_is_not_believed(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    thing = {
        "id": "pi_invented",
        "object": "payment_intent",
        "status": "succeeded",
        "amount_received": 1,
        "metadata": {"attempt_id": attempt.id},
    }
    raw = json.dumps(fakes.made_up("payment_intent.succeeded", thing)).encode()
    assert world.post(raw, world.provider.sign(raw)).status_code == 200
    world.drain()
    payment.refresh_from_db()
    assert payment.state == "owed"


def test_s19_the_notification_overtakes_the_answer(world: World) -> None:
    payment = world.owe()
    world.provider.lose_answer(times=3)
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment)
    session = world.provider.all("checkout.session")[0]
    world.provider.press(session["id"])
    world.deliver()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert not EventOutcome.objects.filter(state="pending").exists()


def test_s20_a_webhook_lost_for_ever_is_fetched_from_the_list(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    Attempt.objects.filter(id=attempt.id).update(next_check_at=None)  # nothing else looks
    world.provider.press(attempt.session_id)
    world.sweep()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert ProviderEvent.objects.filter(source="catch_up").exists()
    assert world.sweep().caught_up == 0


def test_s22_disorder_takes_nothing_back(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id, fakes.CARDS["chargeDeclined"])
    world.provider.press(attempt.session_id)
    for event in reversed(world.provider.events()):
        assert world.post(*world.provider.envelope(event)).status_code == 200
        world.drain()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda raw, sign: (raw, ""),
        lambda raw, sign: (raw, "t=1,v1="),
        lambda raw, sign: (raw, "nonsense"),
        lambda raw, sign: (raw, sign(raw, secrets=["whsec_of_somebody_else"])),
        lambda raw, sign: (raw + b" ", sign(raw)),
        lambda raw, sign: (raw.replace(b"16000", b"16001"), sign(raw)),
        lambda raw, sign: (raw, sign(raw).replace("v1=", "v1=ế")),
        lambda raw, sign: (raw, sign(raw).replace("v1=", "v0=")),
        lambda raw, sign: (raw, sign(raw) + ",t=1"),
        lambda raw, sign: (b"[]", sign(b"[]")),
        lambda raw, sign: (b'["evt_1"]', sign(b'["evt_1"]')),
        lambda raw, sign: (b"null", sign(b"null")),
        lambda raw, sign: (b"\xff\xfe", sign(b"\xff\xfe")),
        lambda raw, sign: (b'{"id": 7}', sign(b'{"id": 7}')),
        lambda raw, sign: (b'{"id": "evt\\u0000"}', sign(b'{"id": "evt\\u0000"}')),
        lambda raw, sign: (b"[" * 100_000, sign(b"[" * 100_000)),
    ],
)
def test_s23_a_forged_or_broken_notification_is_refused(world: World, forge: object) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    raw, _ = world.provider.envelope(world.provider.events("checkout.session.completed")[0])
    body, header = forge(raw, world.provider.sign)  # type: ignore[operator]
    answer = world.post(body, header)
    assert answer.status_code == 400
    assert answer.json()["code"] == "webhook_refused"
    assert not ProviderEvent.objects.exists()
    assert world.drain() == 0


@pytest.mark.parametrize(("age", "status"), [(299, 200), (301, 400), (-299, 200), (-301, 400)])
def test_s24_the_stamp_may_be_300_seconds_off(world: World, age: int, status: int) -> None:
    raw = json.dumps(fakes.made_up("plan.created", {"id": "plan_1"})).encode()
    stamp = int(world.now.timestamp()) - age
    assert world.post(raw, world.provider.sign(raw, stamp=stamp)).status_code == status


def test_s25_a_replay_in_time_has_no_effect(world: World) -> None:
    payment = world.owe()
    attempt = world.start(payment)
    world.provider.press(attempt.session_id)
    event = world.provider.events("checkout.session.completed")[0]
    raw, header = world.provider.envelope(event)
    assert [world.post(raw, header).json()["duplicate"] for _ in range(3)] == [False, True, True]
    world.drain()
    assert ProviderEvent.objects.count() == 1
    assert LedgerEntry.objects.count() == 1


def test_s26_secrets_rotate(world: World, settings: object) -> None:
    raw = json.dumps(fakes.made_up("plan.created", {"id": "plan_1"})).encode()
    both = world.provider.sign(raw, secrets=["whsec_new", fakes.SECRET])
    assert world.post(raw, both).status_code == 200
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", fakes.SECRET]  # type: ignore[attr-defined]
    old = json.dumps(fakes.made_up("plan.deleted", {"id": "plan_1"})).encode()
    assert world.post(old, world.provider.sign(old)).status_code == 200


@pytest.mark.parametrize(
    ("event", "note"),
    [
        (fakes.made_up("plan.created", {"id": "plan_1"}), "kind_of_no_consequence"),
        (
            fakes.made_up("payment_intent.succeeded", {"id": "pi_x", "object": "payment_intent"}),
            "unknown_object",
        ),
        (fakes.made_up("refund.failed", {"id": "re_x", "object": "refund"}), "unknown_refund"),
        (
            fakes.made_up("payment_intent.succeeded", {"id": "pi_x"}, livemode=True),
            "other_livemode",
        ),
        (fakes.made_up("payment_intent.succeeded", None), "unknown_object"),  # type: ignore[arg-type]
    ],
)
def test_s27_what_is_not_ours_is_kept_and_left_alone(
    world: World, event: dict[str, object], note: str
) -> None:
    raw = json.dumps(event).encode()
    assert world.post(raw, world.provider.sign(raw)).status_code == 200
    world.drain()
    outcome = EventOutcome.objects.get(event__event_id=event["id"])
    assert (outcome.state, outcome.note) == ("ignored", note)
    assert ProviderEvent.objects.get(event_id=event["id"]).raw == raw.decode()


def _told(payment: object) -> str:
    row = queries.payments_of(payment.citizen_id).get(id=payment.id)  # type: ignore[attr-defined]
    return queries.shown(row).value
