"""Market stalls: enrolling, paying by the QR, the seller's list and days, giving a sale back."""

from datetime import date
from typing import Any

import pytest
from django.conf import settings

from citizens.models import Message, User
from payments import queries
from payments.billers.mock.server import Mock
from payments.models import Attempt, Payment, Receipt, Refund, Stall, StallSale
from payments.queries import stalls as stall_queries
from tests.conftest import Api, Cast
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db

MINE = "/api/v1/me/stalls"
CODE = "cho-mau-1-a01"
PAY = f"/api/v1/stalls/{CODE}/payments"
INVITATION = {
    "market": "cho-mau-1",
    "stall_code": "A01",
    "invitation_code": "MOPHONG-A01-2026",
}
TODAY = "from=2026-11-24&to=2026-11-24"


@pytest.fixture
def seller(cast: Cast, hub: Mock, world: World) -> Api:
    """The owner of the cast, who sells at stall A01."""
    made = cast.owner.post(MINE, INVITATION)
    assert made.status_code == 201, made.content
    return cast.owner


@pytest.fixture
def stall(seller: Api) -> Stall:
    return Stall.objects.get(code=CODE)


def sell(payer: Api, world: World, amount: int = 45_000, note: str = "") -> Payment:
    """Pay a stall on the provider's page; nothing is delivered yet."""
    answer = payer.post(PAY, {"amount_vnd": amount, "note": note})
    assert answer.status_code == 201, answer.content
    payment = Payment.objects.get(id=answer.json()["id"])
    started = payer.post(f"/api/v1/payments/{payment.id}/attempts")
    assert started.status_code == 201, started.content
    world.provider.press(Attempt.objects.get(id=started.json()["id"]).session_id)
    return payment


def user_of(api: Api) -> User:
    return User.objects.get(id=api.get("/api/v1/me").json()["id"])


def give_back(api: Api, stall: Stall, payment: Payment, **given: Any) -> Any:
    body = {"reason": "Khách trả lại hàng"}
    return api.post(f"{MINE}/{stall.id}/payments/{payment.id}/refund", body, **given)


# --- enrolling ----------------------------------------------------------------------------------


def test_an_invitation_makes_a_stall_mine(cast: Cast, hub: Mock, world: World) -> None:
    made = cast.owner.post(MINE, {**INVITATION, "stall_code": "a01"})
    assert made.status_code == 201, made.content
    row = made.json()
    assert row == {
        "id": row["id"],
        "code": CODE,
        "number": "A01",
        "market": "Chợ mẫu số 1 (MÔ PHỎNG)",
        "goods": "Thịt, cá (mẫu)",
        "link": f"{settings.PUBLIC_URL}/stalls/{CODE}",
        "qr": f"/api/v1/stalls/{CODE}/qr.svg",
        "is_demo": True,
        "enrolled_at": "2026-11-24T10:00:00+07:00",
    }
    assert Stall.objects.get(code=CODE).invitation_index is None
    assert cast.owner.get(f"{MINE}/{row['id']}").json() == row
    assert cast.owner.get(MINE).json()["items"] == [row]
    # The same person again: the same stall. Another with the used code: nothing.
    assert cast.owner.post(MINE, INVITATION).json() == row
    used = cast.stranger.post(MINE, INVITATION)
    assert (used.status_code, used.json()["code"]) == (404, "stall_invitation_unknown")


@pytest.mark.parametrize(
    "wrong",
    [
        {"market": "cho-khong-co"},
        {"market": "cho-mau-2", "stall_code": "A09"},
        {"stall_code": "A02"},
        {"invitation_code": "MOPHONG-A02-2026"},
        {"invitation_code": " "},
    ],
)
def test_which_part_was_wrong_is_not_told(
    cast: Cast, hub: Mock, world: World, wrong: dict[str, str]
) -> None:
    answer = cast.owner.post(MINE, {**INVITATION, **wrong})
    if wrong.get("invitation_code") == " ":
        assert answer.status_code == 400
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "stall_invitation_unknown")
    assert not Stall.objects.filter(seller__isnull=False).exists()


def test_who_may_sell(cast: Cast, hub: Mock, world: World) -> None:
    for who, status in {"weak": 403, "reception": 403, "anonymous": 401}.items():
        answer = getattr(cast, who).post(MINE, INVITATION)
        assert answer.status_code == status, who
    assert cast.weak.post(MINE, INVITATION).json()["required_level"] == 2


def test_guessing_is_slowed_down(cast: Cast, hub: Mock, world: World) -> None:
    for _ in range(20):
        assert cast.owner.post(MINE, {**INVITATION, "invitation_code": "x"}).status_code == 404
    late = cast.owner.post(MINE, INVITATION)
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")


def test_seeding_again_takes_no_stall_away(stall: Stall, world: World) -> None:
    from seeds import bills

    list(bills.load(now=world.now))
    stall.refresh_from_db()
    assert stall.seller_id is not None
    assert stall.invitation_index is None


# --- the payer's side ---------------------------------------------------------------------------


def test_what_the_qr_leads_to(cast: Cast, seller: Api) -> None:
    seen = cast.anonymous.get(f"/api/v1/stalls/{CODE}")
    assert seen.status_code == 200
    assert seen.json() == {
        "code": CODE,
        "number": "A01",
        "market": "Chợ mẫu số 1 (MÔ PHỎNG)",
        "goods": "Thịt, cá (mẫu)",
        "minimum": {"amount": 1_000, "currency": "VND"},
        "maximum": {"amount": 20_000_000, "currency": "VND"},
        "link": f"{settings.PUBLIC_URL}/stalls/{CODE}",
        "is_demo": True,
    }
    assert user_of(seller).full_name not in seen.content.decode()
    image = cast.anonymous.get(f"/api/v1/stalls/{CODE}/qr.svg")
    assert image.status_code == 200
    assert image.headers["Content-Type"] == "image/svg+xml"
    assert image.content.startswith(b"<svg")
    page = cast.anonymous.get(f"/stalls/{CODE}")
    assert page.status_code == 200
    assert "Sạp A01, Chợ mẫu số 1 (MÔ PHỎNG)" in page.content.decode()


@pytest.mark.parametrize("code", ["cho-mau-1-a02", "khong-co", "<script>"])
def test_a_stall_without_a_seller_is_not_there(cast: Cast, seller: Api, code: str) -> None:
    for path in (f"/api/v1/stalls/{code}", f"/api/v1/stalls/{code}/qr.svg", f"/stalls/{code}"):
        answer = cast.anonymous.get(path)
        assert answer.status_code == 404
        assert b"<script>" not in answer.content
    page = cast.anonymous.get(f"/stalls/{code}").content.decode()
    assert "Không có sạp này" in page
    assert "để thanh toán" not in page
    refused = cast.stranger.post(f"/api/v1/stalls/{code}/payments", {"amount_vnd": 10_000})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_sale_from_the_qr_to_the_sellers_inbox(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    payment = sell(cast.stranger, world, note="Hai ký cá")
    assert payment.agency_code == f"stall:{stall.id}"
    assert payment.title == "Sạp A01, Chợ mẫu số 1 (MÔ PHỎNG)"
    # Never before the money is booked.
    assert not Message.objects.filter(kind="stall_paid").exists()
    assert seller.get(f"{MINE}/{stall.id}/payments").json()["items"] == []
    world.deliver(drain=False)
    assert not Message.objects.filter(kind="stall_paid").exists()
    world.drain()
    [message] = Message.objects.filter(kind="stall_paid")
    assert message.user_id == stall.seller_id
    assert message.title_vi == "Sạp A01 vừa nhận 45.000 đồng"
    assert message.body_vi == "Người trả: T*** V*** M***. Lời nhắn: Hai ký cá"
    assert seller.get(f"{MINE}/{stall.id}/payments").json()["items"] == [
        {
            "payment_id": payment.id,
            "amount": {"amount": 45_000, "currency": "VND"},
            "refunded": {"amount": 0, "currency": "VND"},
            "refunding": {"amount": 0, "currency": "VND"},
            "payer": "T*** V*** M***",
            "note": "Hai ký cá",
            "paid_at": "2026-11-24T10:00:00+07:00",
            "can_refund": True,
        }
    ]
    assert queries.balances() == {
        "provider_clearing:stripe": -45_000,
        f"stall_payable:{stall.id}": 45_000,
    }
    seen = cast.stranger.get(f"/api/v1/payments/{payment.id}").content.decode()
    for secret in (user_of(seller).full_name, user_of(seller).id):
        assert secret not in seen
    receipt = Receipt.objects.get()
    assert (receipt.form_code, receipt.series) == ("DEMO-XNTT", f"DEMO-XN-{CODE}-26")
    invariants.check_lines(world)


def test_the_seller_is_told_once_whatever_is_repeated(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    from payments.actions import announce, stalls

    payment = sell(cast.stranger, world)
    world.deliver()
    for _ in range(3):
        Payment.objects.filter(id=payment.id).update(announced_at=None)
        announce.announce_payment(payment_id=payment.id, now=world.now)
        stalls.note_settled(payment_id=payment.id, settled_at=world.now, now=world.now)
    world.drain()
    assert Message.objects.filter(kind="stall_paid").count() == 1


@pytest.mark.parametrize(("amount", "status"), [(999, 422), (20_000_001, 422), (0, 400), (-5, 400)])
def test_the_limits_of_one_payment(
    cast: Cast, seller: Api, world: World, amount: int, status: int
) -> None:
    answer = cast.stranger.post(PAY, {"amount_vnd": amount})
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "stall_amount_out_of_range"
        assert (answer.json()["minimum_vnd"], answer.json()["maximum_vnd"]) == (1_000, 20_000_000)
    assert not Payment.objects.exists()
    assert cast.stranger.post(PAY, {"amount_vnd": 1_000}).status_code == 201
    assert cast.stranger.post(PAY, {"amount_vnd": 20_000_000}).status_code == 201


def test_who_may_pay(cast: Cast, seller: Api, world: World) -> None:
    for who, status in {"anonymous": 401, "reception": 403, "owner": 409}.items():
        assert getattr(cast, who).post(PAY, {"amount_vnd": 10_000}).status_code == status
    assert seller.post(PAY, {"amount_vnd": 10_000}).json()["code"] == "own_stall"
    long = cast.stranger.post(PAY, {"amount_vnd": 10_000, "note": "x" * 141})
    assert long.json()["errors"][0]["pointer"] == "/note"
    assert cast.weak.post(PAY, {"amount_vnd": 10_000}).status_code == 201  # anybody signed in
    first = cast.stranger.post(PAY, {"amount_vnd": 10_000}, key="one-tap-0001")
    again = cast.stranger.post(PAY, {"amount_vnd": 10_000}, key="one-tap-0001")
    assert first.json() == again.json()
    assert Payment.objects.count() == 2


def test_unpaid_sales_are_few_and_dropped_after_an_hour(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    for _ in range(10):
        assert cast.stranger.post(PAY, {"amount_vnd": 10_000}).status_code == 201
    full = cast.stranger.post(PAY, {"amount_vnd": 10_000})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_unpaid_sales")
    assert full.json()["limit"] == 10
    world.later(minutes=59)
    world.sweep()
    assert Payment.objects.filter(state="owed").count() == 10
    world.later(minutes=2)
    world.sweep()
    assert Payment.objects.filter(state="cancelled").count() == 10
    assert not StallSale.objects.filter(dropped_at=None).exists()


# --- the seller's side --------------------------------------------------------------------------


def test_the_list_is_latest_first_and_costs_the_same(
    cast: Cast, seller: Api, stall: Stall, world: World, count_queries: Any
) -> None:
    sell(cast.stranger, world, 10_000)
    world.deliver()
    with count_queries() as one:
        assert len(seller.get(f"{MINE}/{stall.id}/payments").json()["items"]) == 1
    for number in range(2, 6):
        world.later(seconds=1)
        sell(cast.stranger, world, number * 10_000)
        world.deliver()
    with count_queries() as five:
        items = seller.get(f"{MINE}/{stall.id}/payments").json()["items"]
    assert len(one) == len(five)
    amounts = [item["amount"]["amount"] for item in items]
    assert amounts == [50_000, 40_000, 30_000, 20_000, 10_000]
    first = seller.get(f"{MINE}/{stall.id}/payments?page_size=2").json()
    second = seller.get(first["next"]).json()
    assert [item["amount"]["amount"] for item in second["items"]] == [30_000, 20_000]


def test_my_stalls_cost_the_same_for_one_and_many(
    cast: Cast, seller: Api, count_queries: Any
) -> None:
    with count_queries() as one:
        assert len(seller.get(MINE).json()["items"]) == 1
    for number in range(2, 5):
        name = f"A{number:02d}"
        body = {**INVITATION, "stall_code": name, "invitation_code": f"MOPHONG-{name}-2026"}
        assert seller.post(MINE, body).status_code == 201
    with count_queries() as four:
        assert len(seller.get(MINE).json()["items"]) == 4
    assert len(one) == len(four)


def test_to_others_a_stall_of_mine_does_not_exist(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    payment = sell(cast.stranger, world)
    world.deliver()
    tails = ["", "/payments", f"/daily-totals?{TODAY}"]
    for who, status in {"stranger": 404, "reception": 403, "anonymous": 401}.items():
        api = getattr(cast, who)
        for tail in tails:
            assert api.get(f"{MINE}/{stall.id}{tail}").status_code == status, (who, tail)
        assert give_back(api, stall, payment).status_code == status
    assert not Refund.objects.exists()
    for tail in tails:
        assert seller.get(f"{MINE}/{stall.id}{tail}").status_code == 200
    for tail in tails:
        assert seller.get(f"{MINE}/stl_nothing{tail}").status_code == 404


def test_a_sale_goes_back_on_its_day(cast: Cast, seller: Api, stall: Stall, world: World) -> None:
    payment = sell(cast.stranger, world)
    world.deliver()
    answer = give_back(seller, stall, payment, key="one-tap-0001")
    assert answer.status_code == 201, answer.content
    assert answer.json()["refunding"] == {"amount": 45_000, "currency": "VND"}
    assert answer.json()["can_refund"] is False
    again = give_back(seller, stall, payment, key="one-tap-0001")
    assert again.json() == answer.json()
    other = give_back(seller, stall, payment)
    assert (other.status_code, other.json()["code"]) == (412, "refundable_amount_stale")
    world.drain()
    world.deliver()
    row = Refund.objects.get()
    assert (row.amount_vnd, row.state, row.requested_by) == (45_000, "succeeded", stall.seller_id)
    assert cast.stranger.get(f"/api/v1/payments/{payment.id}").json()["state"] == "refunded"
    [message] = Message.objects.filter(kind="stall_refunded")
    assert message.user_id == payment.citizen_id
    assert message.body_vi == (
        "45.000 đồng trả tại Sạp A01, Chợ mẫu số 1 (MÔ PHỎNG) đã được hoàn lại."
    )
    item = seller.get(f"{MINE}/{stall.id}/payments").json()["items"][0]
    assert (item["refunded"]["amount"], item["refunding"]["amount"]) == (45_000, 0)
    assert queries.balances()[f"stall_payable:{stall.id}"] == 0
    invariants.check_lines(world)


def test_what_is_not_a_settled_sale_of_this_stall_cannot_go_back(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    unpaid = cast.stranger.post(PAY, {"amount_vnd": 10_000}).json()["id"]
    fee = world.owe()
    world.pay(fee)
    for payment_id in (unpaid, fee.id, "pay_nothing"):
        answer = seller.post(
            f"{MINE}/{stall.id}/payments/{payment_id}/refund", {"reason": "Trả lại"}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Refund.objects.exists()


def test_s37_the_day_ends_at_midnight_in_can_tho(
    cast: Cast, seller: Api, stall: Stall, world: World
) -> None:
    from payments.actions import stalls
    from payments.actions.stalls import RefundDayOver

    payer, owner = user_of(cast.stranger), user_of(cast.owner)
    world.traveller.move_to("2026-11-24T23:59:50+07:00")
    payment = bought(world, payer, 30_000)
    world.traveller.move_to("2026-11-25T00:00:05+07:00")
    bought(world, payer, 20_000)
    late = {
        "citizen_id": owner.id,
        "stall_id": stall.id,
        "payment_id": payment.id,
        "reason": "Khách trả lại hàng",
        "client_key": "one-tap-0001",
        "now": world.now,
    }
    with pytest.raises(RefundDayOver) as refusal:
        stalls.refund_sale(**late)
    assert refusal.value.params == {"paid_on": "2026-11-24"}
    days = stall_queries.days_of(stall, first=date(2026, 11, 24), last=date(2026, 11, 25))
    assert [(one.day.day, one.received_vnd) for one in days] == [(24, 30_000), (25, 20_000)]


def bought(world: World, payer: User, amount: int) -> Payment:
    """A sale without a phone: tokens of the cast do not live over midnight."""
    from payments.actions import stalls

    payment_id = stalls.open_payment(
        code=CODE,
        citizen_id=payer.id,
        payer_name=payer.full_name,
        amount_vnd=amount,
        note="",
        now=world.now,
    )
    payment = Payment.objects.get(id=payment_id)
    world.pay(payment)
    return payment


def test_the_sums_of_days_are_those_of_the_ledger(
    cast: Cast, seller: Api, stall: Stall, world: World, count_queries: Any
) -> None:
    first = sell(cast.stranger, world, 45_000)
    sell(cast.stranger, world, 5_000)
    world.deliver()
    with count_queries() as before:
        seller.get(f"{MINE}/{stall.id}/daily-totals?{TODAY}")
    give_back(seller, stall, first)
    world.drain()
    world.deliver()
    with count_queries() as after:
        answer = seller.get(f"{MINE}/{stall.id}/daily-totals?{TODAY}")
    assert len(before) == len(after)
    assert answer.json() == {
        "days": [
            {
                "day": "2026-11-24",
                "sales": 2,
                "received": {"amount": 50_000, "currency": "VND"},
                "refunded": {"amount": 45_000, "currency": "VND"},
                "net": {"amount": 5_000, "currency": "VND"},
            }
        ],
        "total": {"amount": 5_000, "currency": "VND"},
    }
    # A refund that fails days later is the stall's money again, on the day that this is known.
    world.later(days=2)
    world.provider.fail_refund(Refund.objects.get().provider_refund_id)
    world.deliver()
    days = stall_queries.days_of(stall, first=date(2026, 11, 24), last=date(2026, 11, 26))
    assert [(one.day.day, one.net_vnd) for one in days] == [(24, 5_000), (26, 45_000)]
    booked = queries.balances()[f"stall_payable:{stall.id}"]
    assert sum(one.net_vnd for one in days) == booked == 50_000


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-11-24",
        "from=2026-11-25&to=2026-11-24",
        "from=2026-01-01&to=2026-04-03",
        "from=x&to=y",
        f"{TODAY}&more=1",
    ],
)
def test_days_that_cannot_be_added_up(seller: Api, stall: Stall, query: str) -> None:
    answer = seller.get(f"{MINE}/{stall.id}/daily-totals?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    longest = "from=2026-01-01&to=2026-04-02"
    assert seller.get(f"{MINE}/{stall.id}/daily-totals?{longest}").status_code == 200
