"""A refund that failed: told upstairs, sent anew once, or paid out by hand."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from citizens.models import Message
from payments import queries
from payments.models import LedgerEntry, Refund
from tests.conftest import Cast
from tests.dossiers.stories import OFFICE
from tests.payments import desk, invariants
from tests.payments.desk import DECISIONS, FEE, PAYMENTS, REFUNDS, WHY, grant, vnd
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


def retry(api: Any, refund: str, **more: Any) -> Any:
    return api.post(f"{REFUNDS}/{refund}/retry", {"reason": WHY}, **more)


def pay_out(api: Any, refund: str, way: str = "counter", reference: str = "PC-2026-000123") -> Any:
    body = {"way": way, "reference": reference, "reason": WHY}
    return api.post(f"{REFUNDS}/{refund}/pay-out", body)


def returned(cast: Cast, world: World, cashier: Any) -> tuple[dict[str, Any], Any, Refund]:
    """Return a dossier whose refund arrived and came back."""
    dossier, payment = desk.paid(cast, world)
    desk.give_back(cashier, payment, FEE)
    world.drain()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)
    return dossier, payment, refund


def test_s33_a_refund_that_comes_back_is_told_to_citizen_and_cashier(
    world: World, cast: Cast, cashier: Any, sign_in: Any
) -> None:
    dossier, payment, refund = returned(cast, world, cashier)
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd) == ("paid", 0)
    assert desk.events(dossier)[-3:] == ["refund_granted", "refund_settled", "refund_failed"]
    assert desk.told(dossier) == ["refund_granted", "refund_settled", "refund_failed"]
    [message] = [
        one
        for one in cast.owner.get("/api/v1/me/inbox").json()["items"]
        if one["kind"] == "dossier_refund_failed"
    ]
    assert message["title"] == f"Khoản hoàn cho hồ sơ {dossier['code']} chưa về được"
    assert "vẫn giữ tiền cho bạn" in message["body"]
    task = Message.objects.get(kind="refund_to_repair")
    assert (str(task.user_id), task.reference) == (
        cashier.get("/api/v1/me").json()["id"],
        refund.id,
    )
    listed = cashier.get(f"{REFUNDS}?needs_repair=true").json()["items"]
    assert [(one["id"], one["needs_repair"]) for one in listed] == [(refund.id, True)]
    seen = cashier.get(f"{PAYMENTS}/{payment.id}").json()
    assert (seen["state"], seen["refundable"]) == ("paid", vnd(FEE))
    invariants.check_lines(world)


def test_a_failure_is_told_once_however_often_it_is_announced(
    world: World, cast: Cast, cashier: Any
) -> None:
    from payments.actions import announce

    dossier, _, refund = returned(cast, world, cashier)
    Refund.objects.filter(id=refund.id).update(failure_announced_at=None, announced_at=None)
    announce.announce_refund_failure(refund_id=refund.id, now=world.now)
    announce.announce_refund(refund_id=refund.id, now=world.now)
    world.drain()
    assert desk.told(dossier) == ["refund_granted", "refund_settled", "refund_failed"]
    assert Message.objects.filter(kind="refund_to_repair").count() == 1
    refund.refresh_from_db()
    assert refund.failure_announced_at is not None


def test_a_lost_announcement_is_made_by_the_sweep(
    world: World, cast: Cast, cashier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dossiers.actions import money

    def broken(**kwargs: Any) -> None:
        raise RuntimeError("not now")

    dossier, payment = desk.paid(cast, world)
    desk.give_back(cashier, payment, FEE)
    world.drain()
    refund = Refund.objects.get()
    with monkeypatch.context() as patched:
        patched.setattr(money, "record_payment", broken)
        with pytest.raises(RuntimeError):
            desk.comes_back(world, refund)
    refund.refresh_from_db()
    assert (refund.state, refund.failure_announced_at) == ("failed", None)
    world.heal()
    assert desk.told(dossier)[-1] == "refund_failed"
    assert desk.told(dossier).count("refund_failed") == 1


def test_an_arrival_and_its_failure_before_anybody_was_told_is_a_failure(
    world: World, cast: Cast, cashier: Any
) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    from payments.actions import refund as refunds

    dossier, payment = desk.paid(cast, world)
    desk.give_back(cashier, payment, FEE)
    refund = Refund.objects.get()
    refunds.apply(refund_id=refund.id, now=world.now)
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert ProcrastinateJob.objects.filter(task_name="payments.announce_refund").exists()
    world.provider.fail_refund(refund.provider_refund_id)
    refunds.apply(refund_id=refund.id, now=world.now)
    world.drain()
    assert desk.told(dossier) == ["refund_granted", "refund_failed"]


def test_sent_anew_it_is_a_new_refund_and_the_old_one_stays(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment, refund = returned(cast, world, cashier)
    answer = retry(cashier, refund.id)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["replaces"], made["state"], made["amount"]) == (refund.id, "requested", vnd(FEE))
    world.drain()
    new = Refund.objects.get(id=made["id"])
    refund.refresh_from_db()
    assert (new.state, refund.state) == ("succeeded", "failed")
    assert new.provider_key != refund.provider_key
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd) == ("refunded", FEE)
    again = retry(cashier, refund.id)
    assert (again.status_code, again.json()["code"]) == (409, "refund_already_replaced")
    assert again.json()["replaced_by"] == new.id
    out = pay_out(cashier, refund.id)
    assert (out.status_code, out.json()["code"]) == (409, "refund_already_replaced")
    well = retry(cashier, new.id)
    assert (well.status_code, well.json()["code"]) == (409, "refund_not_failed")
    assert cashier.get(f"{REFUNDS}?needs_repair=true").json()["items"] == []
    told = cast.owner.get(f"/api/v1/payments/{payment.id}").json()["refunds"]
    assert sorted(one["state"] for one in told) == ["arrived", "sent_anew"]
    assert desk.told(dossier)[-2:] == ["refund_resent", "refund_settled"]
    invariants.check_lines(world)


def test_one_that_fails_again_can_be_sent_again(world: World, cast: Cast, cashier: Any) -> None:
    dossier, payment, refund = returned(cast, world, cashier)
    second = Refund.objects.get(id=retry(cashier, refund.id).json()["id"])
    world.drain()
    desk.comes_back(world, second)
    third = Refund.objects.get(id=retry(cashier, second.id).json()["id"])
    world.drain()
    third.refresh_from_db()
    payment.refresh_from_db()
    assert (third.state, third.replaces_id, payment.state) == ("succeeded", second.id, "refunded")
    assert desk.told(dossier).count("refund_failed") == 2
    invariants.check_lines(world)


def test_a_refund_that_the_provider_refused_is_told_and_repaired(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    attempt = payment.attempts.get(state="paid")
    charge = world.provider.get(world.provider.get(attempt.intent_id)["latest_charge"])
    world.provider.change(charge["id"], disputed=True)
    desk.give_back(cashier, payment, FEE)
    world.drain()
    refund = Refund.objects.get()
    assert (refund.state, refund.failure_code) == ("failed", "charge_disputed")
    assert desk.told(dossier) == ["refund_granted", "refund_failed"]
    world.provider.change(charge["id"], disputed=False)
    assert retry(cashier, refund.id).status_code == 201
    world.drain()
    payment.refresh_from_db()
    assert payment.state == "refunded"
    invariants.check_lines(world)


@pytest.mark.parametrize(("way", "account"), [("counter", "counter_cash"), ("bank", "agency_bank")])
def test_paid_out_by_hand_it_is_booked_and_told(
    world: World, cast: Cast, cashier: Any, way: str, account: str
) -> None:
    dossier, payment, refund = returned(cast, world, cashier)
    answer = pay_out(cashier, refund.id, way)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["way"], made["paid_out_reference"], made["state"], made["replaces"]) == (
        way,
        "PC-2026-000123",
        "succeeded",
        refund.id,
    )
    payment.refresh_from_db()
    assert (payment.state, payment.refunded_vnd, payment.refunding_vnd) == ("refunded", FEE, 0)
    lines = LedgerEntry.objects.filter(refund_id=made["id"]).order_by("id")
    assert list(lines.values_list("key", "debit_account", "credit_account", "amount_vnd")) == [
        (f"refund:{made['id']}", f"fee_revenue:{OFFICE}", f"refund_payable:{OFFICE}", FEE),
        (f"refund_paid:{made['id']}", f"refund_payable:{OFFICE}", f"{account}:{OFFICE}", FEE),
    ]
    assert queries.balances()[f"{account}:{OFFICE}"] == FEE
    assert queries.balances()[f"refund_payable:{OFFICE}"] == 0
    world.drain()
    world.heal()
    assert desk.told(dossier)[-2:] == ["refund_failed", "refund_paid_out"]
    cast._known.clear()
    told = cast.owner.get(f"/api/v1/payments/{payment.id}").json()["refunds"]
    assert {one["state"] for one in told} == {"sent_anew", "arrived"}
    words = {"counter": "Đã trả tiền mặt tại quầy", "bank": "Cơ quan đã chuyển khoản cho bạn"}
    assert words[way] in {one["text"] for one in told}
    assert len(world.provider.all("refund")) == 1
    invariants.check_lines(world)


def test_a_pay_out_names_its_voucher_and_stands_for_a_failed_refund(
    world: World, cast: Cast, cashier: Any
) -> None:
    _, _, refund = returned(cast, world, cashier)
    for body in ({"reference": ""}, {"reference": "x"}, {"way": "provider"}, {"reference": None}):
        answer = cashier.post(
            f"{REFUNDS}/{refund.id}/pay-out",
            {"way": "counter", "reference": "PC-1", "reason": WHY} | body,
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), body
    for change in ({"way": "counter"}, {"way": "counter", "paid_out_reference": "PC-1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Refund.objects.filter(id=refund.id).update(**change)


def test_what_was_given_back_otherwise_is_not_sent_again(
    world: World, cast: Cast, cashier: Any
) -> None:
    _, payment, refund = returned(cast, world, cashier)
    assert desk.give_back(cashier, payment, 6_000).status_code == 201
    world.drain()
    answer = retry(cashier, refund.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_too_large")
    assert pay_out(cashier, refund.id).json()["refundable_vnd"] == 10_000
    invariants.check_lines(world)


def test_a_refund_by_rule_that_failed_is_sent_again_from_suspense(
    world: World, cast: Cast, cashier: Any
) -> None:
    from payments.models import Payment
    from tests.dossiers import stories
    from tests.dossiers.test_api_dossiers import move

    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    attempt = world.start(payment)
    move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    world.provider.press(attempt.session_id, force=True)
    world.deliver()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)
    assert queries.balances()[f"suspense:{OFFICE}"] == FEE
    assert retry(cashier, refund.id).status_code == 201
    world.drain()
    assert queries.balances()[f"suspense:{OFFICE}"] == 0
    payment.refresh_from_db()
    attempt.refresh_from_db()
    assert (payment.state, payment.refunded_vnd, attempt.refunded_vnd) == ("cancelled", 0, FEE)
    invariants.check_lines(world)


def test_a_decision_follows_its_refund_through_failure_and_repair(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, _, decision = desk.refused(cast, world)
    assert grant(cashier, decision).status_code == 201
    world.drain()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)

    def seen() -> tuple[str, str]:
        told = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]
        return cashier.get(f"{DECISIONS}/{decision}").json()["state"], told["state"]

    assert seen() == ("failed", "looked_into")
    second = retry(cashier, refund.id).json()["id"]
    assert seen() == ("granted", "granted")
    world.drain()
    assert seen() == ("paid_back", "paid_back")
    desk.comes_back(world, Refund.objects.get(id=second))
    assert seen() == ("failed", "looked_into")
    assert pay_out(cashier, second).status_code == 201
    assert seen() == ("paid_back", "paid_back")
    world.drain()
    body = cashier.get(f"{DECISIONS}/{decision}").json()
    assert [step["move"] for step in body["history"]] == [
        *("open", "grant", "pay_back", "fail", "send_anew", "pay_back", "fail", "pay_back"),
    ]
    assert [(one["state"], bool(one["replaced_by"])) for one in body["refunds"]] == [
        ("failed", True),
        ("failed", True),
        ("succeeded", False),
    ]
    invariants.check_lines(world)
