"""Large sums: one officer proposes, another one confirms; nothing leaves before that."""

from typing import Any

import pytest

from dossiers.models import RefundDecision
from payments.models import Refund
from tests.conftest import Cast
from tests.dossiers.test_api_dossiers import move
from tests.payments import desk, invariants
from tests.payments.desk import DECISIONS, FEE, REFUNDS, WHY, decide, grant, vnd
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_limit(settings: Any) -> None:
    settings.REFUND_FOUR_EYES_ABOVE_VND = 10_000


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


@pytest.fixture
def second(sign_in: Any) -> Any:
    return desk.seated(sign_in, "thu-ngan-hai", ["cashier"])


def confirm(api: Any, decision: str, believed: int = FEE) -> Any:
    return decide(api, decision, "confirm", "proposed", refundable_believed=believed)


def test_a_sum_at_the_limit_needs_one(world: World, cast: Cast, cashier: Any) -> None:
    _, payment = desk.paid(cast, world)
    answer = desk.give_back(cashier, payment, 10_000)
    assert answer.status_code == 201
    assert answer.json()["decision"] is None
    world.drain()


def test_a_larger_one_waits_for_a_second_cashier(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    answer = desk.give_back(cashier, payment, 10_001)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["refund"] is None
    decision = body["decision"]
    assert (decision["state"], decision["cause"], decision["granted"]) == (
        "proposed",
        "officer",
        vnd(10_001),
    )
    assert body["payment"]["refundable"] == vnd(FEE)
    assert not Refund.objects.exists()
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"] is None
    assert desk.told(dossier) == []
    own = confirm(cashier, decision["id"])
    assert (own.status_code, own.json()["code"]) == (403, "second_officer_needed")
    assert own.json()["limit_vnd"] == 10_000
    stale = confirm(second, decision["id"], 1)
    assert (stale.status_code, stale.json()["refundable_vnd"]) == (412, FEE)
    done = confirm(second, decision["id"])
    assert done.status_code == 201, done.content
    assert done.json()["state"] == "granted"
    world.drain()
    assert Refund.objects.get().amount_vnd == 10_001
    told = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]
    assert (told["state"], told["amount"]) == ("paid_back", vnd(10_001))
    assert desk.told(dossier) == ["refund_granted", "refund_settled"]
    history = cashier.get(f"{DECISIONS}/{decision['id']}").json()["history"]
    assert [(one["move"], one["state"]) for one in history] == [
        ("propose", "proposed"),
        ("confirm", "granted"),
        ("pay_back", "paid_back"),
    ]
    assert history[0]["officer_id"] != history[1]["officer_id"]
    invariants.check_lines(world)


def test_a_stale_belief_proposes_nothing(world: World, cast: Cast, cashier: Any) -> None:
    _, payment = desk.paid(cast, world)
    stale = desk.give_back(cashier, payment, 12_000, 12_000)
    assert (stale.status_code, stale.json()["refundable_vnd"]) == (412, FEE)
    large = desk.give_back(cashier, payment, FEE + 1)
    assert (large.status_code, large.json()["code"]) == (409, "refund_too_large")
    assert not RefundDecision.objects.exists()


def test_an_approver_of_the_agency_may_be_the_second(
    world: World, cast: Cast, cashier: Any, sign_in: Any
) -> None:
    _, payment = desk.paid(cast, world)
    decision = desk.give_back(cashier, payment, FEE).json()["decision"]["id"]
    leader = desk.seated(sign_in, "lanh-dao-mot-cua", ["approver"], "092080000082")
    auditor = desk.seated(sign_in, "kiem-tra-mot-cua", ["auditor"], "092080000081")
    refused = confirm(auditor, decision)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert confirm(leader, decision).status_code == 201
    world.drain()
    assert Refund.objects.get().state == "succeeded"


def test_sent_back_an_officers_proposal_is_over(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    decision = desk.give_back(cashier, payment, FEE).json()["decision"]["id"]
    waiting = desk.give_back(second, payment, 1_000)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "refund_decision_open")
    answer = decide(second, decision, "send_back", "proposed")
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "withdrawn"
    assert not Refund.objects.exists()
    assert desk.told(dossier) == []
    late = confirm(second, decision)
    assert (late.status_code, late.json()["code"]) == (409, "refund_decision_changed")
    assert desk.give_back(second, payment, 1_000).status_code == 201
    world.drain()


def test_a_large_grant_is_proposed_sent_back_and_granted_in_part(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, _, decision = desk.refused(cast, world)
    answer = grant(cashier, decision)
    assert (answer.status_code, answer.json()["state"]) == (201, "proposed")
    told = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]
    assert (told["state"], told["amount"], told["reason"]) == (
        "being_decided",
        vnd(FEE),
        "Hồ sơ không được tiếp nhận sau khi đã nộp phí",
    )
    back = decide(second, decision, "send_back", "proposed")
    assert (back.status_code, back.json()["state"]) == (201, "open")
    assert (back.json()["granted"], back.json()["proposed_by"], back.json()["reason"]) == (
        None,
        None,
        "",
    )
    done = grant(cashier, decision, 9_000)
    assert (done.status_code, done.json()["state"]) == (201, "granted")
    world.drain()
    assert desk.told(dossier) == ["refund_opened", "refund_granted", "refund_settled"]
    assert Refund.objects.get().amount_vnd == 9_000
    invariants.check_lines(world)


def test_a_proposal_is_overtaken_when_the_dossier_ends(
    world: World, cast: Cast, cashier: Any, second: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    proposal = desk.give_back(cashier, payment, 12_000).json()["decision"]["id"]
    answer = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert answer.status_code == 201, answer.content
    late = confirm(second, proposal)
    assert (late.status_code, late.json()["current_state"]) == (409, "withdrawn")
    opened = RefundDecision.objects.get(state="open")
    assert (opened.cause, opened.refundable_vnd) == ("refused", FEE)
    told = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]
    assert told["state"] == "being_decided"


def test_whoever_ordered_a_large_refund_does_not_pay_it_out_too(
    world: World, cast: Cast, cashier: Any, second: Any, settings: Any
) -> None:
    _, payment = desk.paid(cast, world)
    settings.REFUND_FOUR_EYES_ABOVE_VND = FEE
    assert desk.give_back(cashier, payment, FEE).status_code == 201
    world.drain()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)
    settings.REFUND_FOUR_EYES_ABOVE_VND = FEE - 1
    body = {"way": "counter", "reference": "PC-0001", "reason": WHY}
    own = cashier.post(f"{REFUNDS}/{refund.id}/pay-out", body)
    assert (own.status_code, own.json()["code"]) == (403, "second_officer_needed")
    assert second.post(f"{REFUNDS}/{refund.id}/pay-out", body).status_code == 201
    world.drain()
    invariants.check_lines(world)
