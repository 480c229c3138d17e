"""Bills by customer code, over HTTP, with the simulated billers on a socket."""

import io
from typing import Any

import pypdf
import pytest

from citizens.models import Message, User
from payments import queries
from payments.actions import bills
from payments.billers.mock.server import Mock
from payments.models import Attempt, Bill, BillPayment, Payment, Receipt, Refund
from tests.conftest import Api, Cast
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db

CODE = "MPD0000001"
LOOKUPS = "/api/v1/bills/lookups"
AMOUNT = 167_000  # (70 + 1 x 11) kWh x 2.000 + 5.000, of November
OF_NOVEMBER = f"{CODE}-202611"


def look(api: Api, code: str = CODE, biller: str = "dien-mau") -> Any:
    return api.post(LOOKUPS, {"biller": biller, "customer_code": code}, key=None)


def november(api: Api) -> dict[str, Any]:
    answer = look(api)
    assert answer.status_code == 200, answer.content
    return next(one for one in answer.json()["bills"] if one["number"] == OF_NOVEMBER)


def ask(api: Api, bill: dict[str, Any], amount: int = AMOUNT, **given: Any) -> Any:
    return api.post(
        f"/api/v1/bills/{bill['id']}/payments", {"expected_amount_vnd": amount}, **given
    )


def start(api: Api, payment_id: str) -> Attempt:
    answer = api.post(f"/api/v1/payments/{payment_id}/attempts")
    assert answer.status_code == 201, answer.content
    return Attempt.objects.get(id=answer.json()["id"])


def pay(api: Api, world: World) -> Payment:
    """Look the bill of November up and pay it on the provider's page; nothing is drained."""
    payment = Payment.objects.get(id=ask(api, november(api)).json()["id"])
    world.provider.press(start(api, payment.id).session_id)
    return payment


def told(hub: Mock) -> list[dict[str, Any]]:
    return [call for call in hub.calls if call["method"] == "POST"]


def test_billers_are_listed_for_everybody_and_say_that_they_are_simulated(
    anonymous: Api, hub: Mock, count_queries: Any
) -> None:
    with count_queries() as counted:
        answer = anonymous.get("/api/v1/billers")
    assert answer.status_code == 200
    assert len(counted) == 1
    items = answer.json()["items"]
    assert {item["kind"] for item in items} == {"electricity", "water", "tuition", "hospital"}
    assert all(item["is_demo"] and "MÔ PHỎNG" in item["name"] for item in items)
    assert next(item for item in items if item["kind"] == "electricity") == {
        "code": "dien-mau",
        "kind": "electricity",
        "name": "Đơn vị cấp điện (MÔ PHỎNG)",
        "customer_code_format": "MPD và 7 chữ số",
        "customer_code_pattern": r"MPD\d{7}",
        "customer_code_example": CODE,
        "is_demo": True,
    }


def test_a_look_up_gives_what_the_biller_says_now(cast: Cast, hub: Mock, world: World) -> None:
    answer = look(cast.owner, " mpd0000001 ")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()["bills"]
    assert [one["period"] for one in found] == ["kỳ 10/2026", "kỳ 11/2026"]
    assert found[1] == {
        "id": found[1]["id"],
        "biller": "dien-mau",
        "number": OF_NOVEMBER,
        "customer_name": "N*** T*** M***",
        "period": "kỳ 11/2026",
        "lines": [
            {
                "label": "Điện sinh hoạt (kWh)",
                "quantity": 81,
                "unit": {"amount": 2_000, "currency": "VND"},
                "amount": {"amount": 162_000, "currency": "VND"},
            },
            {
                "label": "Phí dịch vụ (mẫu)",
                "quantity": 1,
                "unit": {"amount": 5_000, "currency": "VND"},
                "amount": {"amount": 5_000, "currency": "VND"},
            },
        ],
        "amount": {"amount": AMOUNT, "currency": "VND"},
        "due_on": "2026-11-28",
        "status": "open",
        "payment_id": None,
        "stated_at": "2026-11-24T10:00:00+07:00",
    }
    # Live each time, for the same person and for another: nothing is answered from memory.
    hub.book.raise_amount("dien-mau", OF_NOVEMBER, 1_000)
    assert november(cast.owner)["amount"]["amount"] == AMOUNT + 1_000
    hub.book.raise_amount("dien-mau", OF_NOVEMBER, 1_000)
    seen = november(cast.stranger)
    assert (seen["amount"]["amount"], seen["id"]) == (AMOUNT + 2_000, found[1]["id"])
    assert len(hub.calls) == 3


def test_what_a_bill_was_for_is_encrypted(cast: Cast, hub: Mock, world: World) -> None:
    from django.db import connection

    assert look(cast.owner).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM payments_bill t")
        text = " ".join(row[0] for row in cursor.fetchall())
    assert OF_NOVEMBER in text  # the number is what keeps a bill single
    for secret in ("Nguyễn Thị Mẫu", "N*** T*** M***", "sinh hoạt"):
        assert secret not in text
    assert not Bill.objects.filter(customer_name__contains="Mẫu").exists()


def test_a_look_up_costs_the_same_for_one_bill_and_many(
    cast: Cast, hub: Mock, world: World, count_queries: Any
) -> None:
    look(cast.owner)
    hub.book.pay_elsewhere(f"{CODE}-202610")
    with count_queries() as one:
        assert len(look(cast.owner).json()["bills"]) == 1
    with count_queries() as two:
        assert len(look(cast.owner, "MPD0000002").json()["bills"]) == 2
    assert len(one) == len(two)


@pytest.mark.parametrize(
    ("biller", "code", "status", "name"),
    [
        ("dien-mau", "MPD0000099", 404, "bill_customer_unknown"),
        ("dien-mau", "MPD00001", 400, "invalid"),
        ("dien-mau", "MPD000000١", 400, "invalid"),
        ("khong-co", CODE, 404, "not_found"),
    ],
)
def test_a_code_that_leads_nowhere(
    cast: Cast, hub: Mock, world: World, biller: str, code: str, status: int, name: str
) -> None:
    answer = look(cast.owner, code, biller)
    assert (answer.status_code, answer.json()["code"]) == (status, name)
    if name == "invalid":
        assert "MPD và 7 chữ số" in answer.json()["errors"][0]["message"]
        assert hub.calls == []


def test_a_customer_who_owes_nothing_has_no_bills(cast: Cast, hub: Mock, world: World) -> None:
    assert look(cast.owner, "MPD0000008").json() == {"bills": []}


@pytest.mark.parametrize(
    "fault", ["drop_before", "error_before", "error_after", "truncate", "html", "alter"]
)
def test_a_biller_that_gives_no_answer_is_a_clear_503(
    cast: Cast, hub: Mock, world: World, fault: str
) -> None:
    hub.fault(fault, change={"bills": [{"number": "1"}]} if fault == "alter" else {})
    answer = look(cast.owner)
    assert (answer.status_code, answer.json()["code"]) == (503, "biller_unreachable")
    assert answer.json()["biller"] == "Đơn vị cấp điện (MÔ PHỎNG)"
    assert answer.headers["Retry-After"] == "10"
    assert not Bill.objects.exists()
    assert look(cast.owner).status_code == 200


def test_a_biller_that_is_down_is_left_alone_for_a_moment(
    cast: Cast, hub: Mock, world: World
) -> None:
    hub.fault("drop_before", times=50, path="/v1/billers/dien-mau")
    for _ in range(5):
        assert look(cast.owner).status_code == 503
    hub.faults.clear()
    hub.calls.clear()
    held = look(cast.owner)
    assert (held.status_code, held.headers["Retry-After"]) == (503, "20")
    assert hub.calls == []
    assert look(cast.owner, "MPN0000001", "nuoc-mau").status_code == 200  # the others go on
    world.later(seconds=21)
    assert look(cast.owner).status_code == 200


def test_questions_are_counted(cast: Cast, hub: Mock, world: World) -> None:
    for _ in range(20):
        assert look(cast.owner).status_code == 200
    refused = look(cast.owner)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert len(hub.calls) == 20
    assert look(cast.stranger).status_code == 200


def test_a_bill_from_look_up_to_the_billers_books(cast: Cast, hub: Mock, world: World) -> None:
    opened = ask(cast.owner, november(cast.owner))
    assert opened.status_code == 201, opened.content
    payment = opened.json()
    assert opened.headers["Location"] == f"/api/v1/payments/{payment['id']}"
    assert payment["agency_code"] == "biller:dien-mau"
    assert payment["reference"] == f"bill:{Bill.objects.get(number=OF_NOVEMBER).id}"
    assert payment["title"] == "Đơn vị cấp điện (MÔ PHỎNG): kỳ 11/2026, mã khách hàng •••0001"
    assert payment["lines"] == [
        {
            "code": "bill",
            "label": f"Hóa đơn {OF_NOVEMBER}, kỳ 11/2026",
            "kind": "bill",
            "quantity": 1,
            "unit": {"amount": AMOUNT, "currency": "VND"},
            "amount": {"amount": AMOUNT, "currency": "VND"},
        }
    ]
    world.provider.press(start(cast.owner, payment["id"]).session_id)
    assert told(hub) == []  # the page alone proves nothing
    world.deliver()
    assert cast.owner.get(f"/api/v1/payments/{payment['id']}").json()["state"] == "paid"
    hold = BillPayment.objects.get(payment_id=payment["id"])
    assert (hold.notice, hold.biller_reference) == ("acknowledged", "GACHNO-000001")
    [call] = told(hub)
    assert call["key"] == hold.notice_key
    assert call["body"] == {
        "payment_id": payment["id"],
        "amount_vnd": AMOUNT,
        "paid_at": "2026-11-24T03:00:00+00:00",
    }
    assert queries.balances() == {
        "provider_clearing:stripe": -AMOUNT,
        "biller_payable:dien-mau": AMOUNT,
    }
    [message] = Message.objects.filter(kind="bill_paid")
    assert message.title_vi == "Hóa đơn đã được gạch nợ"
    assert "167.000 đồng" in message.body_vi
    assert message.reference == payment["id"]
    assert [one["number"] for one in look(cast.owner).json()["bills"]] == [f"{CODE}-202610"]
    invariants.check_lines(world)


def test_the_confirmation_is_no_bien_lai_and_has_a_series_of_its_own(
    cast: Cast, hub: Mock, world: World
) -> None:
    world.pay(world.owe())  # an agency's own fee, in its own series
    payment = pay(cast.owner, world)
    world.deliver()
    receipt = cast.owner.get(f"/api/v1/payments/{payment.id}/receipt").json()
    assert (receipt["form_code"], receipt["series"]) == ("DEMO-XNTT", "DEMO-XN-dien-mau-26")
    assert (receipt["number"], receipt["is_demo"]) == ("0000001", True)
    assert receipt["collector"]["name"] == "Đơn vị cấp điện (MÔ PHỎNG)"
    assert Receipt.objects.exclude(payment=payment).get().form_code == "DEMO-01BL"
    paper = cast.owner.get(f"/api/v1/payments/{payment.id}/receipt.pdf")
    assert paper.headers["Content-Disposition"] == 'attachment; filename="xac-nhan-0000001.pdf"'
    text = pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert "XÁC NHẬN THANH TOÁN THỬ NGHIỆM" in text
    assert "BIÊN LAI THỬ NGHIỆM" not in text
    assert OF_NOVEMBER in text
    assert "MÔ PHỎNG" in text


def test_a_confirmation_given_back_or_printed_again_says_so_on_its_face(
    cast: Cast, hub: Mock, world: World
) -> None:
    payment = pay(cast.owner, world)
    world.deliver()
    world.refund(payment, 1_000)
    world.drain()
    address = f"/api/v1/payments/{payment.id}/receipts"
    adjusted, original = cast.owner.get(address).json()["items"]
    assert (adjusted["kind"], adjusted["change"]["amount"]) == ("adjustment", -1_000)
    number = cast.owner.post(f"{address}/{original['id']}/prints", {}).json()["number"]
    papers = [
        cast.owner.get(f"{address}/{tail}").content
        for tail in (f"{adjusted['id']}/paper", f"{original['id']}/prints/{number}")
    ]
    first, second = (
        " ".join(pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
        for paper in papers
    )
    for words in ("XÁC NHẬN ĐIỀU CHỈNH (THỬ NGHIỆM)", "Cho xác nhận: DEMO-XN-dien-mau-26 0000001"):
        assert words in first, words
    assert "BIÊN LAI" not in first + second
    assert "BẢN IN LẠI SỐ 1" in second


def test_the_citys_figures_count_fees_and_no_bills(cast: Cast, hub: Mock, world: World) -> None:
    from datetime import timedelta

    world.pay(world.owe(16_000))
    pay(cast.owner, world)
    world.deliver()
    day = timedelta(days=1)
    assert queries.figures(world.now - day, world.now + day) == queries.Figures(1, 16_000, 0)


def test_another_amount_is_409_and_gives_the_new_one(cast: Cast, hub: Mock, world: World) -> None:
    bill = november(cast.owner)
    hub.book.raise_amount("dien-mau", OF_NOVEMBER, 3_000)
    changed = ask(cast.owner, bill)
    assert (changed.status_code, changed.json()["code"]) == (409, "bill_amount_changed")
    assert changed.json()["amount_vnd"] == AMOUNT + 3_000
    assert not Payment.objects.exists()
    assert ask(cast.owner, bill, AMOUNT + 3_000).json()["amount"]["amount"] == AMOUNT + 3_000


@pytest.mark.parametrize(("change", "state"), [("paid", "paid"), ("withdrawn", "withdrawn")])
def test_a_bill_that_is_over_is_not_opened(
    cast: Cast, hub: Mock, world: World, change: str, state: str
) -> None:
    bill = november(cast.owner)
    hub.book.change(OF_NOVEMBER, status=change)
    refused = ask(cast.owner, bill)
    assert (refused.status_code, refused.json()["code"]) == (409, "bill_not_open")
    assert refused.json()["state"] == state
    assert not Payment.objects.exists()


def test_asking_again_gives_the_same_payment(cast: Cast, hub: Mock, world: World) -> None:
    bill = november(cast.owner)
    first = ask(cast.owner, bill, key="one-tap-0001")
    again = ask(cast.owner, bill, key="one-tap-0001")
    other = ask(cast.owner, bill)
    assert first.json() == again.json() == other.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert november(cast.owner)["payment_id"] == first.json()["id"]
    assert november(cast.stranger)["payment_id"] is None
    start(cast.owner, first.json()["id"])
    assert ask(cast.owner, bill).json()["id"] == first.json()["id"]  # also with an open page


def test_while_one_pays_the_other_is_told_that_and_no_more(
    cast: Cast, hub: Mock, world: World
) -> None:
    bill = november(cast.owner)
    mine = ask(cast.owner, bill).json()
    start(cast.owner, mine["id"])
    refused = ask(cast.stranger, bill)
    assert (refused.status_code, refused.json()["code"]) == (409, "bill_being_paid")
    assert refused.headers["Retry-After"] == "60"
    me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])
    for secret in (me.id, me.full_name, mine["id"]):
        assert secret not in refused.content.decode()
    seen = november(cast.stranger)
    assert (seen["status"], seen["payment_id"]) == ("being_paid", None)
    world.provider.press(Attempt.objects.get().session_id)
    world.deliver()
    # Paid here, whatever the biller still says.
    hub.book.clear()
    assert november(cast.stranger)["status"] == "paid"
    again = ask(cast.stranger, bill)
    assert (again.status_code, again.json()["code"]) == (409, "bill_not_open")
    assert again.json()["state"] == "paid"
    assert Payment.objects.count() == 1


def test_who_only_opened_it_gives_way(cast: Cast, hub: Mock, world: World) -> None:
    bill = november(cast.owner)
    mine = ask(cast.owner, bill).json()
    theirs = ask(cast.stranger, bill)
    assert theirs.status_code == 201, theirs.content
    assert theirs.json()["id"] != mine["id"]
    assert cast.owner.get(f"/api/v1/payments/{mine['id']}").json()["state"] == "cancelled"
    late = cast.owner.post(f"/api/v1/payments/{mine['id']}/attempts")
    assert (late.status_code, late.json()["code"]) == (409, "payment_not_owed")
    notices = dict(BillPayment.objects.values_list("payment_id", "notice"))
    assert notices == {mine["id"]: "released", theirs.json()["id"]: "open"}


def test_money_that_comes_after_giving_way_goes_back(cast: Cast, hub: Mock, world: World) -> None:
    bill = november(cast.owner)
    mine = ask(cast.owner, bill).json()
    attempt = start(cast.owner, mine["id"])
    world.provider.expire(attempt.session_id)
    world.deliver()
    theirs = ask(cast.stranger, bill).json()
    world.provider.press(attempt.session_id, force=True)
    world.deliver()
    world.drain()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("resolved", "paid_after_cancel")
    assert Refund.objects.get().kind == "suspense"
    world.provider.press(start(cast.stranger, theirs["id"]).session_id)
    world.deliver()
    assert [call["body"]["payment_id"] for call in told(hub)] == [theirs["id"]]
    assert queries.balances()["biller_payable:dien-mau"] == AMOUNT


def test_an_unpaid_bill_is_dropped_after_an_hour(cast: Cast, hub: Mock, world: World) -> None:
    bill = november(cast.owner)
    mine = ask(cast.owner, bill).json()
    world.later(minutes=50)
    world.sweep()
    attempt = world.start(Payment.objects.get(id=mine["id"]))
    world.later(minutes=11)
    world.sweep()
    hold = BillPayment.objects.get()
    assert hold.notice == "open"  # its page is still open
    world.provider.expire(attempt.session_id)
    world.deliver()
    world.sweep()
    hold.refresh_from_db()
    assert hold.notice == "released"
    assert Payment.objects.get(id=mine["id"]).state == "cancelled"
    again = bills.open_payment(
        bill_id=bill["id"],
        citizen_id=Payment.objects.get(id=mine["id"]).citizen_id,
        payer_name="Nguyễn Thị Thử",
        expected_amount_vnd=AMOUNT,
        now=world.now,
    )
    assert again != mine["id"]


WHO = {"reception": 403, "anonymous": 401}


@pytest.mark.parametrize("who", ["reception", "anonymous"])
def test_bills_are_for_citizens(cast: Cast, hub: Mock, world: World, who: str) -> None:
    bill = november(cast.owner)
    hub.calls.clear()
    assert look(getattr(cast, who)).status_code == WHO[who]
    assert ask(getattr(cast, who), bill).status_code == WHO[who]
    assert hub.calls == []
    assert not Payment.objects.exists()


def test_a_bill_that_nobody_looked_up_is_not_there(cast: Cast, hub: Mock, world: World) -> None:
    answer = ask(cast.owner, {"id": "bil_nothing"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, 1.5, "viele"])
def test_what_cannot_be_an_amount(cast: Cast, hub: Mock, world: World, amount: Any) -> None:
    bill = november(cast.owner)
    answer = ask(cast.owner, bill, amount)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/expected_amount_vnd"
