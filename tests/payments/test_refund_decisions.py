"""A dossier that was paid ends without a result: an officer decides, and the citizen knows."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from dossiers.models import RefundDecision, RefundDecisionEvent
from dossiers.rules import refunds as rules
from dossiers.rules import states
from payments.models import Payment, Refund
from tests.conftest import Cast
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move
from tests.payments import desk, invariants
from tests.payments.desk import DECISIONS, FEE, WHY, decide, grant, vnd
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


def shown(cast: Cast, dossier: dict[str, Any]) -> Any:
    return cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["refund"]


def test_a_refusal_of_a_paid_dossier_opens_a_decision_and_says_so(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    assert shown(cast, dossier) is None
    answer = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert answer.status_code == 201, answer.content
    row = RefundDecision.objects.get()
    assert desk.events(dossier)[-2:] == ["refuse", "refund_opened"]
    assert shown(cast, dossier) == {
        "state": "being_decided",
        "text": "Cơ quan đang xem xét việc hoàn lại khoản đã nộp",
        "amount": vnd(FEE),
        "reason": "Hồ sơ không được tiếp nhận sau khi đã nộp phí",
        "legal_basis": None,
        "decided_at": None,
    }
    told = cast.owner.get("/api/v1/me/inbox").json()["items"]
    [message] = [one for one in told if one["kind"] == "dossier_refund_opened"]
    assert message["title"] == f"Đang xem xét hoàn phí cho hồ sơ {dossier['code']}"
    assert "16.000 đồng" in message["body"]
    assert "chưa có quy định chung" in message["body"]
    listed = cashier.get(f"{DECISIONS}?state=open").json()["items"]
    assert [one["id"] for one in listed] == [row.id]
    seen = cashier.get(f"{DECISIONS}/{row.id}").json()
    assert seen.pop("history") == [
        {
            "seq": 1,
            "move": "open",
            "state": "open",
            "office": "Hệ thống",
            "officer_id": None,
            "amount": vnd(FEE),
            "legal_basis": None,
            "reason": "",
            "at": "2026-11-24T10:00:00+07:00",
        }
    ]
    assert seen == {
        "id": row.id,
        "dossier_id": dossier["id"],
        "dossier_code": dossier["code"],
        "cause": "refused",
        "cause_text": "Hồ sơ không được tiếp nhận sau khi đã nộp phí",
        "state": "open",
        "refundable": vnd(FEE),
        "granted": None,
        "reason": "",
        "legal_basis": None,
        "legal_basis_text": "chưa có quy định chung",
        "proposed_by": None,
        "opened_at": "2026-11-24T10:00:00+07:00",
        "decided_at": None,
        "version": 1,
        "refundable_now": vnd(FEE),
        "refunds": [],
    }
    assert Payment.objects.get(id=payment.id).state == "paid"


def test_a_dossier_that_was_not_paid_opens_none(world: World, cast: Cast) -> None:
    dossier = stories.submitted(cast.owner)
    answer = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert answer.status_code == 201
    assert not RefundDecision.objects.exists()
    assert desk.events(dossier) == ["submit", "refuse"]


@pytest.mark.parametrize(("way", "cause"), [("reject", "rejected"), ("withdrawn", "withdrawn")])
def test_every_end_without_a_result_opens_one(
    world: World, cast: Cast, way: str, cause: str
) -> None:
    dossier, _ = desk.paid(cast, world)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    if way == "reject":
        answer = move(cast.approver, dossier, "reject", 4, reason="Không đủ điều kiện")
    else:
        cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {})
        answer = move(cast.reception, dossier, "accept_withdrawal", 7)
    assert answer.status_code == 201, answer.content
    row = RefundDecision.objects.get()
    assert (row.cause, row.state, row.refundable_vnd) == (cause, "open", FEE)


def test_a_stop_in_state_5_opens_one_for_what_is_still_kept(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    desk.give_back(cashier, payment, 6_000)
    world.drain()
    answer = move(cast.handler, dossier, "request_supplement", 4, reason="Thiếu giấy tờ")
    assert answer.status_code == 201, answer.content
    answer = move(cast.handler, dossier, "stop", 5, reason="Quá hạn bổ sung")
    assert answer.status_code == 201, answer.content
    row = RefundDecision.objects.get()
    assert (row.cause, row.refundable_vnd) == ("stopped", 10_000)


def test_a_grant_gives_everything_back_and_the_decision_says_so(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment, decision = desk.refused(cast, world)
    answer = grant(cashier, decision, legal_basis="Nghị quyết mẫu 01")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["granted"], body["refundable_now"]) == ("granted", vnd(FEE), vnd(0))
    assert body["legal_basis_text"] == "Nghị quyết mẫu 01"
    [one] = body["refunds"]
    assert (one["payment_id"], one["amount"], one["state"]) == (payment.id, vnd(FEE), "requested")
    assert shown(cast, dossier)["state"] == "granted"
    world.drain()
    seen = cashier.get(f"{DECISIONS}/{decision}").json()
    assert seen["state"] == "paid_back"
    assert [step["move"] for step in seen["history"]] == ["open", "grant", "pay_back"]
    told = shown(cast, dossier)
    assert (told["state"], told["amount"], told["reason"]) == ("paid_back", vnd(FEE), WHY)
    assert told["text"] == "Khoản hoàn đã về tới bạn"
    assert desk.told(dossier) == ["refund_opened", "refund_granted", "refund_settled"]
    assert desk.events(dossier)[-3:] == desk.told(dossier)
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_a_part_of_two_payments_is_taken_from_the_oldest_first(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, first = desk.paid(cast, world)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    world.later(seconds=1)
    more = {"lines": [{"label_vi": "Phí thẩm định", "unit_vnd": 20_000}]}
    asked = move(cast.reception, dossier, "request_payment", 2, reason="Phát sinh phí", **more)
    assert asked.status_code == 201, asked.content
    second = Payment.objects.get(reference=dossier["id"], state="owed")
    world.pay(second)
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    answer = move(cast.approver, dossier, "reject", 4, reason="Không đủ điều kiện")
    assert answer.status_code == 201, answer.content
    decision = desk.live(dossier)
    stale = grant(cashier, decision, 30_000, FEE)
    assert (stale.status_code, stale.json()["refundable_vnd"]) == (412, 36_000)
    done = grant(cashier, decision, 30_000, 36_000)
    assert done.status_code == 201, done.content
    assert [(one["payment_id"], one["amount"]) for one in done.json()["refunds"]] == [
        (first.id, vnd(16_000)),
        (second.id, vnd(14_000)),
    ]
    world.drain()
    assert cashier.get(f"{DECISIONS}/{decision}").json()["state"] == "paid_back"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.refunded_vnd) == ("refunded", "paid", 14_000)
    invariants.check_lines(world)


def test_a_decline_says_why_and_keeps_the_money(world: World, cast: Cast, cashier: Any) -> None:
    dossier, payment, decision = desk.refused(cast, world)
    answer = decide(cashier, decision, "decline")
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "declined"
    assert shown(cast, dossier) == {
        "state": "declined",
        "text": "Khoản đã nộp không được hoàn",
        "amount": vnd(FEE),
        "reason": WHY,
        "legal_basis": None,
        "decided_at": "2026-11-24T10:00:00+07:00",
    }
    assert desk.told(dossier) == ["refund_opened", "refund_declined"]
    timeline = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/timeline").json()["items"]
    assert timeline[-1]["text"].startswith("Trung tâm")
    assert "16.000 đồng" in timeline[-1]["text"]
    assert timeline[-1]["reason"] == WHY
    payment.refresh_from_db()
    assert (payment.state, Refund.objects.count()) == ("paid", 0)


def test_nothing_is_decided_twice(world: World, cast: Cast, cashier: Any) -> None:
    _, _, decision = desk.refused(cast, world)
    assert grant(cashier, decision).status_code == 201
    again = grant(cashier, decision, FEE, 0)
    assert (again.status_code, again.json()["code"]) == (409, "refund_decision_changed")
    assert again.json()["current_state"] == "granted"
    late = decide(cashier, decision, "decline", "granted")
    assert (late.status_code, late.json()["code"]) == (409, "refund_decision_move_not_allowed")
    world.drain()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"move": "grant", "refundable_believed": FEE}, "amount"),
        ({"move": "grant", "amount": 1}, "refundable_believed"),
        ({"move": "decline", "amount": 1}, "amount"),
        ({"move": "confirm"}, "refundable_believed"),
        ({"move": "send_back", "legal_basis": "Nghị quyết"}, "legal_basis"),
        ({"move": "overtake"}, "move"),
        ({"move": "decline", "reason": "ngắn"}, "reason"),
    ],
)
def test_a_move_takes_what_it_needs_and_nothing_else(
    world: World, cast: Cast, cashier: Any, body: dict[str, Any], param: str
) -> None:
    _, _, decision = desk.refused(cast, world)
    answer = cashier.post(
        f"{DECISIONS}/{decision}/moves", {"expected_state": "open", "reason": WHY, **body}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [one["param"] for one in answer.json()["errors"]] == [param]


def test_no_refund_passes_by_an_open_decision(world: World, cast: Cast, cashier: Any) -> None:
    _, payment, decision = desk.refused(cast, world)
    answer = desk.give_back(cashier, payment, FEE)
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_decision_open")
    assert answer.json()["decision_id"] == decision
    seen = cashier.get(f"{desk.PAYMENTS}/{payment.id}").json()
    assert seen["waiting_decision"] == decision


def test_money_that_comes_after_the_end_goes_back_by_rule_and_opens_none(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    attempt = world.start(payment)
    answer = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert answer.status_code == 201
    world.provider.press(attempt.session_id, force=True)
    world.deliver()
    refund = Refund.objects.get()
    assert (refund.kind, refund.state, refund.reason) == (
        "suspense",
        "succeeded",
        "paid_after_cancel",
    )
    assert not RefundDecision.objects.exists()
    assert shown(cast, dossier) is None
    [seen] = cast.owner.get(f"/api/v1/payments/{payment.id}").json()["refunds"]
    assert seen["reason"] == "Tiền đến sau khi cơ quan không còn yêu cầu nộp"
    assert desk.told(dossier) == ["refund_settled"]


def test_no_move_leads_out_of_an_end_that_opens_a_decision() -> None:
    """Whoever adds a recall of a refusal or a stop has to say what becomes of the decision."""
    ends = {edge.end for edge in states.EDGES if states.Effect.DECIDE_REFUND in edge.effects}
    assert ends == {states.State.REJECTED, states.State.STOPPED}
    assert not [edge for edge in states.EDGES if edge.start in ends]
    moves = {edge.move for edge in states.EDGES if edge.end in ends}
    assert moves == set(rules.BY_MOVE)
    for edge in states.EDGES:
        assert (states.Effect.DECIDE_REFUND in edge.effects) == (edge.end in ends), edge


def test_a_refunded_fee_is_not_owed_again_by_a_recall_and_may_be_asked_for(
    world: World, cast: Cast, cashier: Any
) -> None:
    dossier, payment = desk.paid(cast, world)
    for api, name, state in (
        (cast.reception, "receive", 1),
        (cast.reception, "forward", 2),
        (cast.handler, "propose", 4),
        (cast.approver, "sign", 4),
        (cast.reception, "hand_over", 9),
    ):
        more = {"result_text": "Cấp 02 bản sao"} if name == "propose" else {}
        answer = move(api, dossier, name, state, **more)
        assert answer.status_code == 201, (name, answer.content)
    assert desk.give_back(cashier, payment, FEE).status_code == 201
    world.drain()
    back = move(cast.reception, dossier, "recall_hand_over", 10, reason="Trả nhầm người")
    assert back.status_code == 201, back.content
    back = move(cast.approver, dossier, "recall_result", 9, reason="Sai tên trong kết quả")
    assert back.status_code == 201, back.content
    seen = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert [one["kind"] for one in seen["needs"]] == []
    assert (seen["paid"], seen["refunded"], seen["refund"]) == (vnd(FEE), vnd(FEE), None)
    more = {"lines": [{"label_vi": "Lệ phí nộp lại", "unit_vnd": FEE}]}
    asked = move(cast.handler, dossier, "request_payment", 4, reason="Phí đã hoàn", **more)
    assert asked.status_code == 201, asked.content
    due = Payment.objects.get(reference=dossier["id"], state="owed")
    assert (due.amount_vnd, due.id != payment.id) == (FEE, True)


def test_who_may_look_and_who_may_decide(
    world: World, cast: Cast, cashier: Any, sign_in: Any
) -> None:
    _, _, decision = desk.refused(cast, world)
    auditor = desk.seated(sign_in, "kiem-tra-mot-cua", ["auditor"], "092080000081")
    leader = desk.seated(sign_in, "lanh-dao-mot-cua", ["approver"], "092080000082")
    lan = desk.seated(sign_in, "lan-thu-ngan", ["cashier"], desk.LAN)
    elsewhere = desk.office.seat(
        sign_in, "thu-ngan-khac", ["cashier"], agency="ttpvhcc-31120", number="092080000083"
    )
    one = f"{DECISIONS}/{decision}"
    for api in (cashier, auditor, leader):
        assert [item["id"] for item in api.get(DECISIONS).json()["items"]] == [decision]
        assert api.get(one).json()["id"] == decision
    for api in (lan, elsewhere):
        assert api.get(DECISIONS).json()["items"] == []
        assert api.get(one).status_code == 404
        assert decide(api, decision, "decline").status_code == 404
    for api in (cast.reception, cast.handler, sign_in("quan-tri")):
        for answer in (api.get(DECISIONS), api.get(one), decide(api, decision, "decline")):
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_role")
    for api in (auditor, leader):
        answer = decide(api, decision, "decline")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_role")
    for api in (cast.owner, cast.stranger):
        assert decide(api, decision, "decline").json()["code"] == "forbidden"
        assert api.get(one).status_code == 403
    assert cast.anonymous.get(one).status_code == 401
    assert decide(cast.anonymous, decision, "decline").status_code == 401
    assert RefundDecisionEvent.objects.count() == 1


def test_the_list_takes_the_same_reads_for_one_and_for_many(
    world: World, cast: Cast, cashier: Any, count_queries: Any
) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            desk.refused(cast, world)
        cashier.get(DECISIONS)
        with count_queries() as queries:
            assert cashier.get(DECISIONS).status_code == 200
        counts.append(len(queries))
    assert counts == [10, 10]


@pytest.mark.parametrize("table", ["dossiers_refunddecisionevent", "dossiers_decidedrefund"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_history_is_never_rewritten(
    world: World, cast: Cast, cashier: Any, table: str, change: str
) -> None:
    _, _, decision = desk.refused(cast, world)
    assert grant(cashier, decision).status_code == 201
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
    world.drain()
