"""Receipts: never edited, adjusted and replaced; one signed original, numbered copies."""

import io
from typing import Any

import pypdf
import pytest
from django.db import DatabaseError, connection, transaction

from citizens.actions import demo
from citizens.models import User, VaultAccess
from common import signing
from dossiers.actions import seats
from payments.models import Payment, Receipt, ReceiptPaper, ReceiptPrint
from tests.conftest import Api, Cast
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db
DESK = "ttpvhcc-31135"
NEW = {"payer_name": "Công ty TNHH Mẫu", "payer_tax_code": "0100000000", "reason": "Ghi tên đơn vị"}


@pytest.fixture
def owner(world: World, cast: Cast) -> Api:
    return cast.owner


@pytest.fixture
def due(owner: Api, world: World) -> Payment:
    me = User.objects.get(id=owner.get("/api/v1/me").json()["id"])
    payment = world.owe(16_000, citizen_id=me.id, agency_code=DESK)
    world.pay(payment)
    return payment


@pytest.fixture
def cashier(sign_in: Any) -> Api:
    api: Api = sign_in("thu-ngan")
    return api


def seat(sign_in: Any, world: World, who: str, agency: str, role: str) -> Api:
    seats.take(
        user_id=demo.user_id_of(who), agency_key=agency, title="Cán bộ", roles=[role], now=world.now
    )
    api: Api = sign_in(who)
    return api


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def address(due: Payment, tail: str = "") -> str:
    return f"/api/v1/payments/{due.id}/receipts{tail}"


def test_money_given_back_takes_a_receipt_of_its_own(
    owner: Api, due: Payment, world: World
) -> None:
    due.refresh_from_db()
    refund = world.refund(due, 6_000, expected_refundable_vnd=16_000)
    world.drain()
    items = owner.get(address(due)).json()["items"]
    assert [(one["kind"], one["change"]["amount"], one["number"]) for one in items] == [
        ("adjustment", -6_000, "0000002"),
        ("original", 16_000, "0000001"),
    ]
    newest = items[0]
    assert newest["corrects"]["number"] == "0000001"
    assert newest["reason"] == f"Đã hoàn phí cho người nộp ({refund.id})"
    assert newest["total_in_words"] == "Sáu nghìn đồng"
    # The one that stands is still the original, and its paper does not change.
    assert owner.get(f"/api/v1/payments/{due.id}/receipt").json()["number"] == "0000001"
    paper = text(owner.get(address(due, f"/{newest['id']}/paper")))
    for words in ("BIÊN LAI ĐIỀU CHỈNH (THỬ NGHIỆM)", "Điều chỉnh giảm", "6.000", "0000001"):
        assert words in paper, words
    invariants.check(world)


def test_the_original_is_signed_and_the_same_for_everybody(
    owner: Api, due: Payment, world: World, cashier: Api
) -> None:
    receipt = Receipt.objects.get()
    first = owner.get(f"/api/v1/payments/{due.id}/receipt.pdf")
    same = owner.get(address(due, f"/{receipt.id}/paper"))
    desk = cashier.get(f"/api/v1/officer/receipts/{receipt.id}/paper")
    assert first.content == same.content == desk.content
    assert ReceiptPaper.objects.count() == 1
    finding = signing.check(first.content, now=world.now)
    assert finding is not None
    assert (finding.ours, finding.whole) == (True, True)
    tampered = first.content.replace(b"/Title", b"/Titlf", 1)
    spoiled = signing.check(tampered, now=world.now)
    assert spoiled is None or not spoiled.whole


def test_a_print_is_a_numbered_copy(owner: Api, due: Payment, cashier: Api) -> None:
    receipt = Receipt.objects.get()
    prints = address(due, f"/{receipt.id}/prints")
    one = owner.post(prints, {}, key="in-lan-mot")
    assert (one.status_code, one.json()) == (201, {"receipt_id": receipt.id, "number": 1})
    assert owner.post(prints, {}, key="in-lan-mot").json() == one.json()
    two = cashier.post(f"/api/v1/officer/receipts/{receipt.id}/prints", {})
    assert (two.status_code, two.json()["number"]) == (201, 2)
    assert "BẢN IN LẠI SỐ 1, in lúc 10:00 ngày 24/11/2026" in text(owner.get(f"{prints}/1"))
    desk = cashier.get(f"/api/v1/officer/receipts/{receipt.id}/prints/2")
    assert "BẢN IN LẠI SỐ 2" in text(desk)
    assert owner.get(f"{prints}/3").status_code == 404
    assert "BẢN IN LẠI" not in text(owner.get(f"/api/v1/payments/{due.id}/receipt.pdf"))


def test_prints_have_a_limit(owner: Api, due: Payment, world: World) -> None:
    receipt = Receipt.objects.get()
    ReceiptPrint.objects.bulk_create(
        ReceiptPrint(
            receipt=receipt,
            number=number,
            client_key=f"in-{number}",
            printed_by="rule:test",
            printed_at=world.now,
        )
        for number in range(1, 51)
    )
    refused = owner.post(address(due, f"/{receipt.id}/prints"), {})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_prints")
    assert refused.json()["limit"] == 50
    assert ReceiptPrint.objects.count() == 50


def test_a_wrong_payer_is_replaced_and_told(owner: Api, due: Payment, cashier: Api) -> None:
    old = Receipt.objects.get()
    made = cashier.post(f"/api/v1/officer/receipts/{old.id}/replacement", NEW, key="thay-the-mot")
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["kind"], body["number"], body["corrects"]["id"]) == (
        "replacement",
        "0000002",
        old.id,
    )
    assert (body["payer_name"], body["change"]["amount"]) == ("Công ty TNHH Mẫu", 0)
    again = cashier.post(f"/api/v1/officer/receipts/{old.id}/replacement", NEW, key="thay-the-mot")
    assert again.json() == body
    standing = owner.get(f"/api/v1/payments/{due.id}/receipt").json()
    assert (standing["id"], standing["status"]) == (body["id"], "standing")
    replaced = owner.get(address(due)).json()["items"][1]
    assert (replaced["status"], replaced["replaced_by"]["id"]) == ("replaced", body["id"])
    paper = text(owner.get(f"/api/v1/payments/{due.id}/receipt.pdf"))
    for words in ("BIÊN LAI THAY THẾ", "Công ty TNHH Mẫu", "0100000000", "Lý do: Ghi tên đơn vị"):
        assert words in paper, words
    told = [
        one
        for one in owner.get("/api/v1/me/inbox").json()["items"]
        if one["kind"] == "receipt_replaced"
    ]
    assert [one["reference"] for one in told] == [due.id]
    late = cashier.post(f"/api/v1/officer/receipts/{old.id}/replacement", NEW)
    assert (late.status_code, late.json()["code"]) == (409, "receipt_replaced")
    same = cashier.post(f"/api/v1/officer/receipts/{body['id']}/replacement", NEW)
    assert (same.status_code, same.json()["code"]) == (409, "receipt_unchanged")
    assert Receipt.objects.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        {"payer_name": "A", "reason": "Sai tên người nộp"},
        {"payer_name": "Nguyễn Văn Mới", "reason": ""},
        {"payer_tax_code": "12", "reason": "Sai mã số thuế"},
        {"payer_name": "N" * 201, "reason": "Sai tên người nộp"},
        {"total": 1, "reason": "Sai số tiền"},
    ],
)
def test_a_replacement_that_says_nonsense_is_refused(
    due: Payment, cashier: Api, body: dict[str, Any]
) -> None:
    receipt = Receipt.objects.get()
    refused = cashier.post(f"/api/v1/officer/receipts/{receipt.id}/replacement", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert Receipt.objects.count() == 1


def test_anybody_with_the_code_sees_that_it_stands_and_no_name(due: Payment, cashier: Api) -> None:
    receipt = Receipt.objects.get()
    nobody = Api()
    seen = nobody.get(f"/api/v1/receipt-lookups/{receipt.lookup_code}")
    assert seen.status_code == 200
    assert seen.json() == {
        "series": receipt.series,
        "number": "0000001",
        "kind": "original",
        "status": "standing",
        "replaced_by": None,
        "collector": receipt.collector,
        "total": {"amount": 16_000, "currency": "VND"},
        "issued_at": "2026-11-24T10:00:00+07:00",
        "is_demo": True,
    }
    page = nobody.client.get(f"/receipts/{receipt.lookup_code}")
    shown = page.content.decode()
    assert page.status_code == 200
    assert ("Biên lai có hiệu lực" in shown, "16.000 đồng" in shown) == (True, True)
    assert due.payer_name not in shown + seen.content.decode()
    assert "không phải chứng từ thuế" in shown
    cashier.post(f"/api/v1/officer/receipts/{receipt.id}/replacement", NEW)
    assert nobody.get(f"/api/v1/receipt-lookups/{receipt.lookup_code}").json()["status"] == (
        "replaced"
    )
    for unknown in ("0" * 16, "x"):
        assert nobody.get(f"/api/v1/receipt-lookups/{unknown}").status_code == 404
        assert nobody.client.get(f"/receipts/{unknown}").status_code == 404


def test_trying_codes_is_limited(world: World) -> None:
    nobody = Api()
    for number in range(30):
        assert nobody.get(f"/api/v1/receipt-lookups/ma-so-{number}").status_code == 404
    assert nobody.get("/api/v1/receipt-lookups/ma-so-30").status_code == 429


DOORS = [
    ("get", "/api/v1/officer/receipts", None),
    ("get", "/api/v1/officer/receipts/{id}", None),
    ("get", "/api/v1/officer/receipts/{id}/paper", None),
    ("get", "/api/v1/officer/receipts/{id}/prints/1", None),
    ("post", "/api/v1/officer/receipts/{id}/prints", {}),
    ("post", "/api/v1/officer/receipts/{id}/replacement", NEW),
]


@pytest.mark.parametrize(
    ("who", "agency", "role", "expected"),
    [
        ("thu-ngan", DESK, "cashier", [200, 200, 200, 200, 201, 201]),
        ("kiem-tra", DESK, "auditor", [200, 200, 200, 200, 403, 403]),
        ("kiem-tra", "ubnd-31135", "auditor", [200, 404, 404, 404, 403, 403]),
        ("thu-ngan", "ttpvhcc", "cashier", [200, 404, 404, 404, 404, 404]),
        ("thu-ly", DESK, "handler", [403] * 6),
        ("thu-ly", DESK, "admin", [403] * 6),
    ],
)
def test_who_comes_to_the_desks_receipts(
    due: Payment,
    world: World,
    sign_in: Any,
    owner: Api,
    who: str,
    agency: str,
    role: str,
    expected: list[int],
) -> None:
    receipt = Receipt.objects.get()
    owner.post(address(due, f"/{receipt.id}/prints"), {})
    api = seat(sign_in, world, who, agency, role)
    before = VaultAccess.objects.count()
    for (method, door, body), status in zip(DOORS, expected, strict=True):
        call = api.get if method == "get" else lambda path, body=body: api.post(path, body)
        answer = call(door.format(id=receipt.id))
        assert answer.status_code == status, (door, answer.content)
    seen = sum(status in {200, 201} for status in expected[1:]) + (
        1 if agency == DESK and expected[0] == 200 else 0
    )
    # Everybody who saw it left a row for whose payment it is; the others left none.
    assert VaultAccess.objects.count() == before + seen


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("anonymous", 401)])
def test_nobody_else_sees_my_receipts(due: Payment, cast: Cast, who: str, status: int) -> None:
    receipt = Receipt.objects.get()
    other = getattr(cast, who)
    assert other.get(address(due, f"/{receipt.id}/paper")).status_code == status
    assert other.post(address(due, f"/{receipt.id}/prints"), {}).status_code == status
    assert other.get(address(due, f"/{receipt.id}/prints/1")).status_code == status
    listed = other.get(address(due))
    assert listed.json().get("items", []) == []


def test_the_desks_list_filters_and_its_queries_do_not_grow(
    due: Payment, world: World, cashier: Api, count_queries: Any
) -> None:
    cashier.get("/api/v1/officer/receipts")
    with count_queries() as one:
        assert len(cashier.get("/api/v1/officer/receipts").json()["items"]) == 1
    for _ in range(3):
        world.pay(world.owe(16_000, citizen_id=due.citizen_id, agency_code=DESK))
    with count_queries() as many:
        items = cashier.get("/api/v1/officer/receipts").json()["items"]
    assert (len(items), len(one)) == (4, len(many))
    for query, numbers in (
        ("number=2", ["0000002"]),
        (f"payment_id={due.id}", ["0000001"]),
        ("kind=adjustment", []),
        ("start=2026-11-24&end=2026-11-25", ["0000004", "0000003", "0000002", "0000001"]),
        ("end=2026-11-24", []),
    ):
        found = cashier.get(f"/api/v1/officer/receipts?{query}").json()["items"]
        assert [item["number"] for item in found] == numbers, query
    assert cashier.get("/api/v1/officer/receipts?colour=red").status_code == 400


def test_an_officer_never_works_with_a_receipt_of_their_own(
    world: World, sign_in: Any, cast: Cast
) -> None:
    cashier = sign_in("thu-ngan")
    me = User.objects.get(id=demo.user_id_of("thu-ngan"))
    own = User.objects.create_user(full_name="Cán bộ mẫu K")
    User.objects.filter(id=own.id).update(kind=User.Kind.CITIZEN, id_number_index=me.officer_index)
    payment = world.owe(16_000, citizen_id=own.id, agency_code=DESK)
    world.pay(payment)
    receipt = Receipt.objects.get()
    assert cashier.get("/api/v1/officer/receipts").json()["items"] == []
    assert cashier.get(f"/api/v1/officer/receipts/{receipt.id}").status_code == 404
    refused = cashier.post(f"/api/v1/officer/receipts/{receipt.id}/replacement", NEW)
    assert refused.status_code == 404


@pytest.mark.parametrize("table", ["payments_receiptpaper", "payments_receiptprint"])
@pytest.mark.parametrize("change", ["UPDATE {} SET receipt_id = receipt_id", "DELETE FROM {}"])
def test_papers_and_prints_are_never_rewritten(
    owner: Api, due: Payment, table: str, change: str
) -> None:
    owner.get(f"/api/v1/payments/{due.id}/receipt.pdf")
    owner.post(address(due, f"/{Receipt.objects.get().id}/prints"), {})
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))
