"""Officers at once, answers lost, processes killed: one refund, told once, books in order."""

import datetime
import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection

from dossiers.models import RefundDecision
from payments.models import Refund
from tests import fakes
from tests.conftest import Api, Cast
from tests.dossiers.test_api_dossiers import move
from tests.dossiers.test_crashes import Victim
from tests.payments import desk, invariants
from tests.payments.desk import FEE, PAYMENTS, REFUNDS, WHY, decide, give_back, grant
from tests.payments.factories import World, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


@pytest.fixture
def second(sign_in: Any) -> Any:
    return desk.seated(sign_in, "thu-ngan-hai", ["cashier"])


def codes(answers: list[Any]) -> list[Any]:
    """Return what was answered: successes by their status first, refusals by their code."""
    return [
        answer.status_code if answer.status_code < 300 else answer.json()["code"]
        for answer in sorted(answers, key=lambda one: one.status_code)
    ]


def test_s31_two_cashiers_at_once_each_legal_alone(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    tokens = [cashier.token, second.token]
    answers = together(6, lambda n: give_back(Api(tokens[n % 2]), payment, 10_000))
    assert codes(answers) == [201] + ["refundable_amount_stale"] * 5
    world.drain()
    assert [one["amount"] for one in world.provider.all("refund")] == [10_000]
    assert desk.told(dossier) == ["refund_granted", "refund_settled"]
    invariants.check_lines(world)


def test_a_grant_and_a_decline_at_once_are_one(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, _, decision = desk.refused(cast, world)
    tokens = [cashier.token, second.token]

    def act(number: int) -> Any:
        if number:
            return decide(Api(tokens[1]), decision, "decline")
        return grant(Api(tokens[0]), decision)

    answers = together(2, act)
    assert codes(answers) == [201, "refund_decision_changed"]
    world.drain()
    state = RefundDecision.objects.get().state
    assert (state, Refund.objects.count()) in {("paid_back", 1), ("declined", 0)}
    assert len(desk.told(dossier)) == (3 if state == "paid_back" else 2)
    invariants.check_lines(world)


def test_a_refund_and_the_end_of_the_dossier_at_once_leave_no_money_undecided(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    token, reception = cashier.token, cast.reception.token

    def act(number: int) -> Any:
        if number:
            return move(Api(reception), dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
        return give_back(Api(token), payment, 10_000)

    refunded, refused = together(2, act)
    assert refused.status_code == 201
    world.drain()
    kept = RefundDecision.objects.get(state="open").refundable_vnd
    if refunded.status_code == 201:
        assert (kept, Refund.objects.count()) == (6_000, 1)
    else:
        assert refunded.json()["code"] == "refund_decision_open"
        assert (kept, Refund.objects.count()) == (FEE, 0)
    invariants.check_lines(world)


def test_sent_anew_and_paid_out_at_once_it_is_given_back_once(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    _, payment = desk.paid(cast, world)
    give_back(cashier, payment, FEE)
    world.drain()
    failed = Refund.objects.get()
    desk.comes_back(world, failed)
    tokens = [cashier.token, second.token]

    def act(number: int) -> Any:
        api, one = Api(tokens[number % 2]), f"{REFUNDS}/{failed.id}"
        if number % 2:
            body = {"way": "counter", "reference": f"PC-000{number}", "reason": WHY}
            return api.post(f"{one}/pay-out", body)
        return api.post(f"{one}/retry", {"reason": WHY})

    answers = together(6, act)
    assert codes(answers) == [201] + ["refund_already_replaced"] * 5
    world.drain()
    payment.refresh_from_db()
    assert (payment.state, Refund.objects.count()) == ("refunded", 2)
    invariants.check_lines(world)


@pytest.mark.parametrize("action", ["drop_after", "error_after", "truncate"])
def test_s17_s18_a_cashiers_refund_whose_answer_is_lost_is_one(
    world: World, cast: Cast, cashier: Any, action: str
) -> None:
    dossier, _, decision = desk.refused(cast, world)
    world.provider.fault(action, fakes.REFUNDS, times=3)
    assert grant(cashier, decision).status_code == 201
    with pytest.raises(Exception, match="/v1/refunds"):
        world.drain()
    told = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]
    assert told["state"] == "granted"
    world.heal()
    assert len(world.provider.all("refund")) == 1
    assert RefundDecision.objects.get().state == "paid_back"
    assert desk.told(dossier) == ["refund_opened", "refund_granted", "refund_settled"]
    invariants.check_lines(world)
    invariants.check_quiet(world)


def to_the_present(world: World) -> None:
    """Bring this process to the hour of the one that is killed: a token of later is none there."""
    present = time_machine.escape_hatch.datetime.datetime.now(tz=datetime.UTC)
    world.traveller.move_to(present)


@pytest.fixture
def victim(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Victim]:
    """A process of its own that is killed, at the same provider and by the same clock."""
    to_the_present(world)
    monkeypatch.setenv("STRIPE_BASE_URL", world.provider.url)
    monkeypatch.setenv("STRIPE_SECRET_KEY", settings.STRIPE_SECRET_KEY)
    one = Victim(settings.MEDIA_ROOT)
    yield one
    one.end()


def lose_the_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def chosen(steps: list[str]) -> list[int]:
    """Return before which steps to die: around each commit; every one in the soak."""
    if os.environ.get("SOAK"):
        return list(range(len(steps)))
    commits = [index for index, step in enumerate(steps) if step == "before COMMIT"]
    return [index + more for index in commits for more in (0, 1)]


@pytest.mark.soak
def test_killed_around_the_providers_call_the_sweep_completes_one(
    world: World, cast: Cast, victim: Victim, cashier: Any
) -> None:
    def ordered() -> tuple[dict[str, Any], Refund]:
        dossier, payment = desk.paid(cast, world)
        answer = give_back(cashier, payment, FEE)
        assert answer.status_code == 201, answer.content
        lose_the_queue()
        return dossier, Refund.objects.get(payment=payment)

    def apply(refund: Refund, **more: Any) -> Any:
        call = {"call": "payments.actions.refund.apply", "arguments": {"refund_id": refund.id}}
        call["arguments"]["now"] = None  # type: ignore[index]
        return victim.order(**call, **more)

    _, refund = ordered()
    steps = apply(refund)["steps"]
    assert steps.count("before COMMIT") == 2  # one before the provider is called, one after
    for kill_at in chosen(steps):
        dossier, refund = ordered()
        assert apply(refund, kill_at=kill_at)["killed"], kill_at
        lose_the_queue()
        world.heal()
        cast._known.clear()
        refund.refresh_from_db()
        assert refund.state == "succeeded", (kill_at, steps[kill_at])
        sent = [one["metadata"]["refund_id"] for one in world.provider.all("refund")]
        assert sent.count(refund.id) == 1
        assert desk.told(dossier) == ["refund_granted", "refund_settled"]
        cashier.token = desk.signed_in_again("thu-ngan")
    invariants.check_lines(world)
    invariants.check_quiet(world)


@pytest.mark.soak
def test_killed_while_it_is_ordered_it_is_ordered_once(
    world: World, cast: Cast, victim: Victim, cashier: Any
) -> None:
    def request(payment: Any) -> dict[str, Any]:
        return {
            "path": f"{PAYMENTS}/{payment.id}/refunds",
            "token": cashier.token,
            "body": {"amount": FEE, "refundable_believed": FEE, "reason": WHY},
            "key": uuid.uuid4().hex,
        }

    _, payment = desk.paid(cast, world)
    told = victim.order(**request(payment))
    assert told["status"] == 201, told
    killed = 0
    for kill_at in chosen(told["steps"]):
        to_the_present(world)
        cast._known.clear()
        cashier.token = desk.signed_in_again("thu-ngan")
        dossier, payment = desk.paid(cast, world)
        order = request(payment)
        killed += victim.order(**order, kill_at=kill_at)["killed"]
        answer = Api(order["token"]).post(order["path"], order["body"], key=order["key"])
        assert answer.status_code == 201, answer.content
        assert Refund.objects.filter(payment=payment).count() == 1
        lose_the_queue()
        world.heal()
        assert desk.told(dossier) == ["refund_granted", "refund_settled"]
    assert killed >= 2  # at least on both sides of the commit of the refund itself
    invariants.check_lines(world)
    invariants.check_quiet(world)
