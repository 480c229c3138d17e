"""A due is taken at the desk's pages: once, as it was seen, found by its dossier's code."""

import re
from typing import Any

import pytest
from django.test import Client

from citizens.models import VaultAccess
from payments.models import (
    Attempt,
    CounterPayment,
    Payment,
    Receipt,
    TillDay,
)
from payments.reports import books
from tests.conftest import Cast
from tests.dossiers import office, stories
from tests.dossiers.test_desk_moves import browser_of
from tests.payments.factories import World
from tests.payments.test_desk_receipts import PAGES, looks, sent, shown
from tests.payments.tills import Counter, again, desk

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
SEEN = {"expected_state": "owed", "amount": 16_000}
CASH = {"method": "cash", "reference": "", "payer_name": "", **SEEN}
WHY = "Ghi nhận nhầm hồ sơ"
TRANSFER = {**CASH, "method": "transfer", "reference": "FT26328000001"}


@pytest.fixture
def cashier(desk: Counter) -> Client:
    return browser_of("so-cashier")


def page_of(payment: Payment) -> str:
    return f"payments/{payment.id}/take/"


def hidden(text: str, form: str) -> dict[str, str]:
    """Return what a form of a page carries along, but its tokens."""
    found = re.search(rf'<form[^>]*id="{form}".*?</form>', text, re.DOTALL)
    assert found, form
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[0])
    return {name: value for name, value in pairs if name not in {"once", "csrfmiddlewaretoken"}}


# --- a due is taken -----------------------------------------------------------------------------


def test_a_due_is_taken_once_and_its_receipt_is_at_hand(world: World, cashier: Client) -> None:
    payment = world.owe(16_000)
    path = page_of(payment)
    text = shown(cashier, path)
    for words in (payment.title, "Nguyễn Thị Thử", "16.000 đồng", "chưa nộp", "Lệ phí cấp bản sao"):
        assert words in text, words
    assert hidden(text, "take") == {"expected_state": "owed", "amount": "16000"}
    body = {**CASH, "payer_name": "Trần Văn Mẫu"}
    told = sent(cashier, path, once="thu-mot-lan", **body)[1]
    paper = Receipt.objects.get(payment=payment)
    assert f"Đã thu 16.000 đồng; biên lai {paper.series} 0000001." in told
    assert f'href="{PAGES}receipts/{paper.id}/"' in told
    assert 'id="take"' not in told
    assert "đã được gửi trước đó" in sent(cashier, path, once="thu-mot-lan", **body)[1]
    row = Attempt.objects.get(payment=payment)
    assert (row.client_key, row.provider, row.payer_name) == ("thu-mot-lan", "till", "Trần Văn Mẫu")
    assert (again(payment).state, CounterPayment.objects.count()) == ("paid", 1)
    rows = VaultAccess.objects.filter(user_id=payment.citizen_id).order_by("id")
    assert list(rows.values_list("what", flat=True)) == [
        "payment:read",
        "payment:counter",
        "payment:read",
        "payment:read",
    ]
    assert set(rows.filter(what="payment:read").values_list("reference", flat=True)) == {
        payment.reference
    }
    assert cashier.get(f"{PAGES}receipts/{paper.id}/").status_code == 200
    assert list(books.check()) == []


def test_the_key_alone_takes_once_when_the_mark_was_lost(world: World, cashier: Client) -> None:
    from django.core.cache import cache

    payment = world.owe(16_000)
    for _ in range(2):
        assert sent(cashier, page_of(payment), once="thu-mot-lan", **CASH)[0] == 200
        cache.clear()
    assert CounterPayment.objects.count() == 1


def test_a_transfer_has_a_reference_and_cash_has_none(world: World, cashier: Client) -> None:
    payment = world.owe(16_000)
    for body, words in (
        ({**CASH, "reference": "FT26328000001"}, "Tiền mặt không có số tham chiếu."),
        ({**TRANSFER, "reference": ""}, "Chuyển khoản cần số tham chiếu."),
        ({**TRANSFER, "reference": "có dấu"}, "Gồm 4 đến 60 chữ không dấu"),
        ({**CASH, "method": "card"}, "Hình thức"),
        ({**CASH, "payer_name": "x" * 201}, "Người đang nộp"),
    ):
        told = sent(cashier, page_of(payment), **body)
        assert (told[0], words in told[1]) == (400, True), body
    assert not TillDay.objects.exists()
    assert (
        "Trần Thị Gõ"
        in sent(
            cashier, page_of(payment), **{**CASH, "method": "card"} | {"payer_name": "Trần Thị Gõ"}
        )[1]
    )
    assert sent(cashier, page_of(payment), **TRANSFER)[0] == 200
    row = CounterPayment.objects.get()
    assert (row.method, row.reference, row.amount_vnd) == ("transfer", "FT26328000001", 16_000)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amount": 15_000}, "Phải thu đúng 16000 đồng."),
        ({"expected_state": "paid"}, "Trạng thái khoản nộp đã thay đổi"),
    ],
)
def test_what_changed_meanwhile_is_said_and_shown_anew(
    world: World, cashier: Client, body: Any, words: str
) -> None:
    payment = world.owe(16_000)
    told = sent(cashier, page_of(payment), **{**CASH, **body})
    assert (told[0], words in told[1]) == (409, True)
    assert hidden(told[1], "take") == {"expected_state": "owed", "amount": "16000"}
    assert not CounterPayment.objects.exists()


def test_paid_cancelled_or_looked_into_nothing_is_taken(world: World, cashier: Client) -> None:
    from common import db
    from payments.actions import charge

    paid, gone, odd = (world.owe(16_000) for _ in range(3))
    world.pay(paid)
    with db.transaction():
        charge.cancel(reference=gone.reference, now=world.now)
    Attempt.objects.filter(id=world.start(odd).id).update(state="review")
    for payment, words, state in (
        (paid, "Khoản này đã được nộp; đừng thu nữa", "đã nộp"),
        (gone, "không còn phải nộp", "đã hủy, không còn phải nộp"),
        (odd, "đang được đối soát", "có tiền đến chưa khớp"),
    ):
        text = shown(cashier, page_of(payment))
        assert 'id="take"' not in text
        assert state in text
        told = sent(cashier, page_of(payment), **CASH)
        assert (told[0], words in told[1]) == (409, True), words
    assert not CounterPayment.objects.exists()
    Attempt.objects.filter(payment=odd).update(state="cancelled")


def test_a_closed_till_is_said_before_money_is_taken(world: World, cashier: Client) -> None:
    sent(cashier, page_of(world.owe(16_000)), **CASH)
    waits = world.owe(16_000)
    world.traveller.move_to("2026-11-25T08:00:00+07:00")
    cashier = browser_of("so-cashier")
    for closed, words in (
        (False, "kiểm kê và khóa sổ ngày 2026-11-24 trước"),
        (True, "Quầy thu của bạn đã khóa sổ ngày hôm nay"),
    ):
        if closed:
            assert sent(cashier, "till/close/", counted_vnd=16_000)[0] == 200
            sent(cashier, page_of(world.owe(16_000)), **CASH)
            assert sent(cashier, "till/close/", counted_vnd=16_000)[0] == 200
        text = shown(cashier, page_of(waits))
        assert words in text
        assert 'id="take"' not in text
        told = sent(cashier, page_of(waits), **CASH)
        assert (told[0], words in told[1]) == (409, True)
    assert again(waits).state == "owed"


# --- from the dossier and from its code ---------------------------------------------------------


def test_a_dossiers_due_is_found_by_its_code_and_on_its_page(
    world: World, cast: Cast, sign_in: Any
) -> None:
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    link = f'href="{PAGES}{page_of(payment)}"'
    keeper = browser_of("thu-ngan")
    found = shown(keeper, f"till/?code={dossier['code']}")
    assert link in found
    assert "16.000 đồng" in found
    assert looks("payment:list") == 1
    assert link not in shown(keeper, "till/")
    assert "không còn khoản nào phải nộp" in shown(keeper, "till/?code=H13.000-000000-0000")
    assert keeper.get(f"{PAGES}till/?code=a%20b").status_code == 400
    office.seat(sign_in, "thu-khac", ["cashier"], agency="ubnd-31135")
    assert link not in shown(browser_of("thu-khac"), f"till/?code={dossier['code']}")
    assert looks("payment:list") == 1
    # On the dossier's own page: for a cashier who may open it, and for nobody else.
    page = f"/admin/dossiers/dossier/{dossier['id']}/change/"
    office.seat(
        sign_in, "hai-vai", ["cashier", "reception"], agency=stories.OFFICE, number="092080000072"
    )
    both = browser_of("hai-vai")
    assert link in both.get(page).content.decode()
    assert link not in browser_of("tiep-nhan").get(page).content.decode()
    assert sent(both, page_of(payment), **CASH)[0] == 200
    assert link not in both.get(page).content.decode()
    after = shown(both, f"till/?code={dossier['code']}")
    assert "không còn khoản nào phải nộp" in after


def test_the_search_costs_the_same_for_one_due_and_for_many(
    world: World, cast: Cast, count_queries: Any
) -> None:
    dossier = stories.submitted(cast.owner)
    first = Payment.objects.get(id=dossier["payment_ids"][0])
    keeper, path = browser_of("thu-ngan"), f"till/?code={dossier['code']}"
    shown(keeper, path)
    counts = []
    for more in range(3):
        with count_queries() as queries:
            text = shown(keeper, path)
        counts.append((len(queries), text.count("/take/")))
        world.owe(
            5_000,
            reference=first.reference,
            citizen_id=first.citizen_id,
            agency_code=first.agency_code,
            purpose=f"more-{more}",
        )
    assert counts == [(35, 1), (35, 2), (35, 3)]
