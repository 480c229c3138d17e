"""A cashier gives back what was paid; everybody else is told that it is not theirs to do."""

from typing import Any

import pytest

from citizens.models import VaultAccess
from payments.models import LedgerEntry, Payment, Refund
from tests.conftest import Cast
from tests.dossiers import stories
from tests.payments import desk, invariants
from tests.payments.desk import FEE, PAYMENTS, REFUNDS, vnd
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def cashier(sign_in: Any) -> Any:
    return sign_in("thu-ngan")


@pytest.fixture
def auditor(sign_in: Any) -> Any:
    return desk.seated(sign_in, "kiem-tra-mot-cua", ["auditor"])


def test_a_part_and_then_the_rest_over_http(world: World, cast: Cast, cashier: Any) -> None:
    dossier, payment = desk.paid(cast, world)
    first = desk.give_back(cashier, payment, 6_000)
    assert first.status_code == 201, first.content
    made = first.json()["refund"]
    assert first.json()["decision"] is None
    assert made | {"id": "", "requested_by": ""} == {
        "id": "",
        "payment_id": payment.id,
        "dossier_id": dossier["id"],
        "dossier_code": dossier["code"],
        "payer_name": "Nguyễn Thị Lan",
        "kind": "fee",
        "amount": vnd(6_000),
        "state": "requested",
        "way": "provider",
        "paid_out_reference": None,
        "reason": desk.WHY,
        "requested_by": "",
        "failure_code": None,
        "needs_repair": False,
        "replaces": None,
        "replaced_by": None,
        "requested_at": "2026-11-24T10:00:00+07:00",
        "succeeded_at": None,
        "failed_at": None,
    }
    after = first.json()["payment"]
    assert (after["refunding"], after["refundable"]) == (vnd(6_000), vnd(10_000))
    world.drain()
    assert desk.give_back(cashier, payment, 10_000, 10_000).status_code == 201
    world.drain()
    seen = cashier.get(f"{PAYMENTS}/{payment.id}")
    assert seen.status_code == 200
    assert seen.headers["ETag"]
    body = seen.json()
    assert (body["state"], body["refunded"], body["refundable"]) == ("refunded", vnd(FEE), vnd(0))
    assert [one["state"] for one in body["refunds"]] == ["succeeded", "succeeded"]
    assert [line["key"].split(":")[0] for line in body["ledger"]] == [
        *("capture", "refund", "refund_paid", "refund", "refund_paid"),
    ]
    assert desk.events(dossier)[2:] == [
        *("refund_granted", "refund_settled", "refund_granted", "refund_settled"),
    ]
    assert desk.told(dossier) == desk.events(dossier)[2:]
    invariants.check_lines(world)


def test_the_same_key_gives_back_once(world: World, cast: Cast, cashier: Any) -> None:
    _, payment = desk.paid(cast, world)
    first = desk.give_back(cashier, payment, 6_000, key="hoan-mot-lan")
    again = desk.give_back(cashier, payment, 6_000, key="hoan-mot-lan")
    other = desk.give_back(cashier, payment, 7_000, key="hoan-mot-lan")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert Refund.objects.count() == 1
    world.drain()


def test_the_key_of_one_cashier_is_not_the_key_of_another(
    world: World, cast: Cast, cashier: Any, sign_in: Any
) -> None:
    _, payment = desk.paid(cast, world)
    other = desk.seated(sign_in, "thu-ngan-hai", ["cashier"])
    one = desk.give_back(cashier, payment, 6_000, key="cung-mot-khoa")
    two = desk.give_back(other, payment, 6_000, 10_000, key="cung-mot-khoa")
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["refund"]["id"] != two.json()["refund"]["id"]
    world.drain()
    assert sum(one["amount"] for one in world.provider.all("refund")) == 12_000


@pytest.mark.parametrize("believed", [0, FEE - 1, FEE + 1])
def test_a_stale_belief_is_412_and_tells_the_sum(
    world: World, cast: Cast, cashier: Any, believed: int
) -> None:
    _, payment = desk.paid(cast, world)
    answer = desk.give_back(cashier, payment, 1_000, believed)
    assert (answer.status_code, answer.json()["code"]) == (412, "refundable_amount_stale")
    assert answer.json()["refundable_vnd"] == FEE
    assert answer.json()["title"] == "Số tiền còn có thể hoàn đã thay đổi"
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 0}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"reason": "ngắn"}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": None}, "/reason"),
        ({"refundable_believed": None}, "/refundable_believed"),
        ({"them": 1}, "/them"),
    ],
)
def test_a_body_that_is_not_whole_is_refused(
    world: World, cast: Cast, cashier: Any, change: dict[str, Any], pointer: str
) -> None:
    _, payment = desk.paid(cast, world)
    body = {"amount": 1_000, "refundable_believed": FEE, "reason": desk.WHY} | change
    answer = cashier.post(f"{PAYMENTS}/{payment.id}/refunds", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_more_than_is_left_is_refused(world: World, cast: Cast, cashier: Any) -> None:
    _, payment = desk.paid(cast, world)
    answer = desk.give_back(cashier, payment, FEE + 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_too_large")
    unpaid = Payment.objects.get(id=stories.submitted(cast.owner)["payment_ids"][0])
    answer = desk.give_back(cashier, unpaid, 1, 0)
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_too_large")


def test_who_may_look_and_who_may_act(
    world: World, cast: Cast, cashier: Any, auditor: Any, sign_in: Any
) -> None:
    _, payment = desk.paid(cast, world)
    refund = desk.give_back(cashier, payment, 1_000).json()["refund"]["id"]
    world.drain()
    before = list(Refund.objects.order_by("id").values_list("id", "state"))
    reads = [PAYMENTS, f"{PAYMENTS}/{payment.id}", REFUNDS, f"{REFUNDS}/{refund}"]
    retry = {"reason": desk.WHY}
    pay_out = {"way": "counter", "reference": "PC-1", "reason": desk.WHY}
    acts = [
        (f"{PAYMENTS}/{payment.id}/refunds", {"amount": 1, "refundable_believed": 15_000} | retry),
        (f"{REFUNDS}/{refund}/retry", retry),
        (f"{REFUNDS}/{refund}/pay-out", pay_out),
    ]
    elsewhere = desk.office.seat(
        sign_in, "thu-ngan-cai-khe", ["cashier"], agency="ttpvhcc-31120", number="092080000078"
    )
    forbidden = {
        "not_your_role": [cast.reception, cast.handler, cast.approver, sign_in("quan-tri")],
        "forbidden": [cast.owner, cast.stranger],
    }
    for path in reads:
        assert cashier.get(path).status_code == 200
        assert auditor.get(path).status_code == 200
        assert cast.anonymous.get(path).status_code == 401
        for code, people in forbidden.items():
            for api in people:
                answer = api.get(path)
                assert (answer.status_code, answer.json()["code"]) == (403, code), path
        one = path.rsplit("/", 1)[-1] in {payment.id, refund}
        if one:
            assert elsewhere.get(path).status_code == 404
        else:
            assert elsewhere.get(path).json()["items"] == []
    for path, body in acts:
        assert cast.anonymous.post(path, body).status_code == 401
        for code, people in {**forbidden, "not_found": [elsewhere]}.items():
            for api in people + ([auditor] if code == "not_your_role" else []):
                answer = api.post(path, body)
                expected = 404 if code == "not_found" else 403
                assert (answer.status_code, answer.json()["code"]) == (expected, code), path
    assert list(Refund.objects.order_by("id").values_list("id", "state")) == before


def test_nobody_gives_back_a_payment_of_their_own(world: World, cast: Cast, sign_in: Any) -> None:
    """Lan is a cashier too, in another account: her own fee is not there for her."""
    lan = desk.seated(sign_in, "lan-thu-ngan", ["cashier"], number=desk.LAN)
    _, payment = desk.paid(cast, world)
    assert lan.get(PAYMENTS).json()["items"] == []
    assert lan.get(f"{PAYMENTS}/{payment.id}").status_code == 404
    answer = desk.give_back(lan, payment, FEE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    other = desk.give_back(sign_in("thu-ngan"), payment, FEE)
    assert other.status_code == 201
    refund = other.json()["refund"]["id"]
    assert lan.get(REFUNDS).json()["items"] == []
    assert lan.get(f"{REFUNDS}/{refund}").status_code == 404
    world.drain()


def test_filters_and_pages(world: World, cast: Cast, cashier: Any) -> None:
    dossier, payment = desk.paid(cast, world)
    world.later(minutes=1)
    newer = stories.submitted(cast.owner)
    desk.give_back(cashier, payment, 1_000)
    world.drain()

    def found(query: str, path: str = PAYMENTS) -> list[str]:
        answer = cashier.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.content
        return [one["dossier_code"] for one in answer.json()["items"]]

    assert found("") == [newer["code"], dossier["code"]]
    assert found("state=paid") == [dossier["code"]]
    assert found("state=owed") == [newer["code"]]
    assert found(f"reference={newer['id']}") == [newer["code"]]
    assert found(f"dossier_code={dossier['code']}") == [dossier["code"]]
    assert found("start=2026-11-24&end=2026-11-25") == [newer["code"], dossier["code"]]
    assert found("start=2026-11-25") == []
    assert found("end=2026-11-24") == []
    assert found("", REFUNDS) == [dossier["code"]]
    assert found("state=succeeded", REFUNDS) == [dossier["code"]]
    assert found("state=failed", REFUNDS) == []
    assert found("needs_repair=true", REFUNDS) == []
    assert found(f"dossier_code={newer['code']}", REFUNDS) == []
    page = cashier.get(f"{PAYMENTS}?page_size=1").json()
    assert [one["dossier_code"] for one in page["items"]] == [newer["code"]]
    after = cashier.get(page["next"].removeprefix("http://testserver")).json()
    assert [one["dossier_code"] for one in after["items"]] == [dossier["code"]]
    for wrong in ("state=x", "la=1", "start=x", "needs_repair=x", "page_size=0"):
        assert cashier.get(f"{REFUNDS}?{wrong}").status_code == 400


@pytest.mark.parametrize(("path", "expected"), [(PAYMENTS, 11), (REFUNDS, 11)])
def test_a_list_takes_the_same_reads_for_one_and_for_many(
    world: World, cast: Cast, cashier: Any, count_queries: Any, path: str, expected: int
) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            _, payment = desk.paid(cast, world)
            desk.give_back(cashier, payment, 1_000)
            world.drain()
        cashier.get(path)
        with count_queries() as queries:
            answer = cashier.get(path)
        assert answer.status_code == 200
        counts.append(len(queries))
    assert counts == [expected, expected]


def test_who_looked_is_seen_by_the_citizen(world: World, cast: Cast, auditor: Any) -> None:
    dossier, payment = desk.paid(cast, world)
    stories.submitted(cast.owner)
    seen = VaultAccess.objects.count()
    auditor.get(PAYMENTS)  # two payments of one person: one row
    assert VaultAccess.objects.count() == seen + 1
    auditor.get(f"{PAYMENTS}/{payment.id}")
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [(one["what"], one["purpose"]) for one in log[:2]] == [
        ("payment:read", "audit"),
        ("payment:list", "audit"),
    ]
    assert log[0]["reference"] == dossier["id"]


def test_the_citizen_sees_each_step_in_words(world: World, cast: Cast, cashier: Any) -> None:
    from tests import fakes

    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    attempt = world.start(payment)
    world.provider.press(attempt.session_id, fakes.CARDS["pendingRefund"])
    world.deliver()
    desk.give_back(cashier, payment, FEE)

    def seen() -> dict[str, Any]:
        body = cast.owner.get(f"/api/v1/payments/{payment.id}").json()
        [one] = body["refunds"]
        assert one["amount"] == vnd(FEE)
        assert one["reason"] == desk.WHY
        return {name: one[name] for name in ("state", "text", "expected", "arrived_at")}

    usual = "Thường từ 5 đến 10 ngày làm việc, tùy ngân hàng; đây là thông lệ, không phải cam kết"
    assert seen() == {
        "state": "requested",
        "text": "Đã quyết định hoàn, đang chuyển yêu cầu tới cổng thanh toán",
        "expected": usual,
        "arrived_at": None,
    }
    world.drain()
    assert seen()["state"] == "on_its_way"
    assert seen()["text"] == "Tiền đang trên đường về"
    refund = Refund.objects.get()
    world.provider.settle_refund(refund.provider_refund_id)
    world.deliver()
    assert seen() == {
        "state": "arrived",
        "text": "Tiền đã được hoàn",
        "expected": None,
        "arrived_at": "2026-11-24T10:00:00+07:00",
    }
    desk.comes_back(world, refund)
    assert seen() == {
        "state": "looked_into",
        "text": "Tiền chưa về được; cơ quan đang xử lý, bạn không phải làm gì",
        "expected": None,
        "arrived_at": None,
    }
    assert desk.told(dossier) == ["refund_granted", "refund_settled", "refund_failed"]


def test_a_payment_of_no_dossier_is_not_there(world: World, cashier: Any) -> None:
    payment = world.owe(FEE, agency_code=stories.OFFICE)
    world.pay(payment)
    answer = desk.give_back(cashier, payment, FEE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert LedgerEntry.objects.filter(payment=payment).count() == 1
