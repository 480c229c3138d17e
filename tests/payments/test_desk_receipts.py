"""Receipts on the desk's pages: listed, printed, replaced; another agency sees nothing."""

from typing import Any

import pytest
from django.test import Client

from citizens.models import Message, User, VaultAccess
from payments.models import Payment, Receipt, ReceiptPrint
from tests.conftest import Cast
from tests.dossiers import office
from tests.dossiers.test_desk_moves import browser_of
from tests.payments.factories import World

pytestmark = pytest.mark.django_db
PAGES = "/admin/money/"
AGENCY = "ttpvhcc-31135"
NEW = {
    "payer_name": "Công ty TNHH Mẫu",
    "payer_address": "",
    "payer_tax_code": "0100000000",
    "reason": "Ghi tên đơn vị",
}


def shown(browser: Client, path: str = "") -> str:
    answer = browser.get(f"{PAGES}{path}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def sent(browser: Client, path: str, **data: Any) -> tuple[int, str]:
    answer = browser.post(f"{PAGES}{path}", data, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.fixture
def due(world: World, cast: Cast) -> Payment:
    me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])
    payment = world.owe(16_000, citizen_id=me.id, agency_code=AGENCY)
    world.pay(payment)
    return payment


@pytest.fixture
def receipt(due: Payment) -> Receipt:
    return Receipt.objects.get(payment=due)


@pytest.fixture
def cashier(cast: Cast) -> Client:
    return browser_of("thu-ngan")


def looks(what: str) -> int:
    return VaultAccess.objects.filter(what=what).count()


def test_the_list_finds_by_number_day_and_kind_and_leaves_a_row(
    receipt: Receipt, cashier: Client
) -> None:
    name = f"{receipt.series} 0000001"
    text = shown(cashier)
    assert name in text
    assert "16.000 đồng" in text
    assert looks("receipt:list") == 1
    for query, found in (
        ("?number=1", True),
        ("?number=2", False),
        ("?day=2026-11-24", True),
        ("?day=2026-11-25", False),
        ("?kind=original", True),
        ("?kind=replacement", False),
    ):
        assert (name in shown(cashier, query)) is found, query
    for query in ("?number=x", "?day=x", "?kind=x"):
        assert cashier.get(f"{PAGES}{query}").status_code == 400


def test_the_cashier_replaces_a_receipt_whose_payer_is_wrong_and_the_payer_is_told(
    receipt: Receipt, cashier: Client
) -> None:
    path = f"receipts/{receipt.id}/"
    assert "Nguyễn Thị Thử" in shown(cashier, path)
    assert looks("receipt:read") == 1
    same = {**NEW, "payer_name": "Nguyễn Thị Thử", "payer_tax_code": ""}
    told = sent(cashier, f"{path}replace/", **same)
    assert (told[0], "không khác biên lai cũ" in told[1]) == (409, True)
    for change in ({"reason": ""}, {"payer_tax_code": "123"}, {"payer_name": "x"}):
        assert sent(cashier, f"{path}replace/", **{**NEW, **change})[0] == 400
    assert Receipt.objects.count() == 1
    for _ in range(2):
        told = sent(cashier, f"{path}replace/", once="thay-mot-lan", **NEW)
    assert told[0] == 200
    made = Receipt.objects.get(kind="replacement")
    assert (made.payer_name, made.total_vnd, made.number) == ("Công ty TNHH Mẫu", 16_000, 2)
    assert made.replaces_id == receipt.id
    assert Message.objects.filter(kind="receipt_replaced").count() == 1
    old = shown(cashier, path)
    assert "Đã được thay thế" in old
    assert 'id="replace"' not in old
    again = sent(cashier, f"{path}replace/", **NEW)
    assert (again[0], "đã được thay thế" in again[1]) == (409, True)


def test_a_print_is_taken_with_a_number_and_opened(receipt: Receipt, cashier: Client) -> None:
    path = f"receipts/{receipt.id}/"
    told = sent(cashier, f"{path}print/", once="in-mot-lan")[1]
    assert "Đã lập bản in số 1." in told
    assert f"{PAGES}{path}prints/1.pdf" in told
    assert "đã được gửi trước đó" in sent(cashier, f"{path}print/", once="in-mot-lan")[1]
    assert list(ReceiptPrint.objects.values_list("number", flat=True)) == [1]
    copy = cashier.get(f"{PAGES}{path}prints/1.pdf")
    assert (copy["Content-Type"], copy.content[:4]) == ("application/pdf", b"%PDF")
    assert cashier.get(f"{PAGES}{path}prints/2.pdf").status_code == 404
    paper = cashier.get(f"{PAGES}{path}paper.pdf")
    assert (paper["Content-Type"], paper.content[:4]) == ("application/pdf", b"%PDF")
    assert looks("receipt:paper") == 1


def test_the_auditor_looks_and_does_nothing(receipt: Receipt, sign_in: Any) -> None:
    office.seat(sign_in, "soat-xet", ["auditor"], agency=AGENCY)
    auditor = browser_of("soat-xet")
    path = f"receipts/{receipt.id}/"
    text = shown(auditor, path)
    assert 'id="paper"' in text
    assert 'id="print"' not in text
    assert 'id="replace"' not in text
    assert sent(auditor, f"{path}print/")[0] == 403
    assert sent(auditor, f"{path}replace/", **NEW)[0] == 403
    assert (Receipt.objects.count(), ReceiptPrint.objects.count()) == (1, 0)


def test_others_find_nothing(receipt: Receipt, sign_in: Any, cast: Cast) -> None:
    office.seat(sign_in, "thu-khac", ["cashier"], agency="ubnd-31135")
    stranger = browser_of("thu-khac")
    path = f"receipts/{receipt.id}/"
    assert receipt.series not in shown(stranger)
    for tail in ("", "paper.pdf", "prints/1.pdf"):
        assert stranger.get(f"{PAGES}{path}{tail}").status_code == 404
    assert sent(stranger, f"{path}print/")[0] == 404
    assert sent(stranger, f"{path}replace/", **NEW)[0] == 404
    reception = browser_of("tiep-nhan")
    assert ">Thu phí</a>" not in reception.get("/admin/staff/").content.decode()
    assert ">Thu phí</a>" in stranger.get("/admin/staff/").content.decode()
    for tail in ("", path, f"{path}paper.pdf"):
        assert reception.get(f"{PAGES}{tail}").status_code == 403
    assert sent(reception, f"{path}print/")[0] == 403
    assert Client().get(f"{PAGES}{path}").status_code == 302
    assert (Receipt.objects.count(), ReceiptPrint.objects.count()) == (1, 0)
    assert not VaultAccess.objects.filter(what__startswith="receipt:").exists()


def test_the_list_costs_the_same_for_one_and_for_many(
    receipt: Receipt, world: World, cashier: Client, count_queries: Any
) -> None:
    counts = []
    for _ in range(3):
        shown(cashier)
        with count_queries() as queries:
            shown(cashier)
        counts.append(len(queries))
        world.pay(world.owe(5_000, agency_code=AGENCY))
    assert counts[0] == counts[1] == counts[2]
