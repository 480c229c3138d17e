"""The till on the desk's pages: a day is reversed, counted, handed in and paid out of."""

from typing import Any

import pytest
from django.test import Client

from citizens.models import Message, VaultAccess
from payments.models import (
    CounterPayment,
    CounterReversal,
    Payment,
    Refund,
    RefundPayout,
    TillDay,
    TillHandIn,
)
from payments.reports import books
from tests.dossiers.test_desk_moves import browser_of
from tests.payments import tills
from tests.payments.factories import AGENCY, World
from tests.payments.test_desk_receipts import PAGES, looks, sent, shown
from tests.payments.test_desk_take import CASH, WHY, cashier, hidden, page_of
from tests.payments.tills import Counter, again, close, desk, taken

pytestmark = pytest.mark.django_db
__all__ = ["cashier", "desk"]
NOTE = "Trả nhầm tiền thừa cho một người nộp"


# --- the day ------------------------------------------------------------------------------------


def test_a_day_is_reversed_counted_closed_and_handed_in(
    world: World, desk: Counter, cashier: Client
) -> None:
    assert "chưa thu lần nào" in shown(cashier, "till/")
    told = sent(cashier, "till/close/", counted_vnd=0)
    assert (told[0], "Không có ngày thu nào đang mở" in told[1]) == (409, True)
    taken(desk.cashier, world.owe(16_000), payer_name="Trần Văn Mẫu")
    taken(desk.cashier, world.owe(8_000), method="transfer", reference="FT26328000001")
    wrong = taken(desk.cashier, world.owe(4_000))["attempt_id"]
    text = shown(cashier, "till/")
    assert looks("payment:till") == 3
    for words in ("20.000 đồng", "8.000 đồng", "Trần Văn Mẫu", "FT26328000001", "đang mở"):
        assert words in text, words
    assert hidden(text, wrong) == {"amount": "4000"}
    path = f"till/takings/{wrong}/reverse/"
    told = sent(cashier, path, amount=3_000, reason=WHY)
    assert (told[0], "Hiện còn hoàn được 4000 đồng" in told[1]) == (409, True)
    assert WHY in told[1]
    assert hidden(told[1], wrong) == {"amount": "4000"}
    assert sent(cashier, path, amount=4_000, reason="x")[0] == 400
    for _ in range(2):
        told = sent(cashier, path, once="huy-mot-lan", amount=4_000, reason=WHY)
    late = sent(cashier, path, amount=4_000, reason=WHY)
    assert (late[0], "Lần thu này đã được hủy" in late[1]) == (409, True)
    assert CounterReversal.objects.count() == 1
    new = Payment.objects.get(replaces__isnull=False)
    old = shown(cashier, page_of(Payment.objects.get(id=new.replaces_id)))
    assert f'href="{PAGES}{page_of(new)}" id="again"' in old
    assert f'id="{wrong}"' not in shown(cashier, "till/")
    day = TillDay.objects.get()
    # Counted one thousand short: said, and only with a reason.
    told = sent(cashier, "till/close/", counted_vnd=15_000, note="")
    words = (
        "hợp lệ. Ghi chú (bắt buộc khi lệch so với sổ): Lệch -1000 đồng so với sổ: cần nêu lý do"
    )
    assert (told[0], words in told[1]) == (400, True)
    told = sent(cashier, "till/close/", counted_vnd=15_000, note=NOTE)[1]
    assert "Đã khóa sổ ngày 24/11/2026, thiếu 1.000 đồng so với sổ." in told
    assert NOTE in told
    assert 'id="close"' not in told
    assert 'id="hand_in"' in told
    path = f"till/days/{day.id}/"
    assert sent(cashier, f"{path}hand-in/", reference="x")[0] == 400
    for _ in range(2):
        told = sent(cashier, f"{path}hand-in/", once="nop-mot-lan", reference="GNT-0001")[1]
    assert "15.000 đồng, giấy nộp tiền GNT-0001" in told
    assert 'id="hand_in"' not in told
    again_ = sent(cashier, f"{path}hand-in/", reference="GNT-0002")
    assert (again_[0], "đã được nộp" in again_[1]) == (409, True)
    assert TillHandIn.objects.get().amount_vnd == 15_000
    slip = cashier.get(f"{PAGES}{path}slip.pdf")
    assert (slip["Content-Type"], slip.content[:4]) == ("application/pdf", b"%PDF")
    listed = shown(cashier, "till/days/")
    assert "thiếu 1.000 đồng" in listed
    assert "đã nộp" in listed
    assert Message.objects.filter(kind="payment_reversed").count() == 1
    world.drain()
    assert list(books.check()) == []


def test_an_earlier_day_is_closed_first_and_has_no_reversal(
    world: World, desk: Counter, cashier: Client
) -> None:
    row = taken(desk.cashier, world.owe(16_000))["attempt_id"]
    world.traveller.move_to("2026-11-25T08:00:00+07:00")
    cashier = browser_of("so-cashier")
    text = shown(cashier, "till/")
    assert "Ngày 24/11/2026 chưa khóa sổ" in text
    assert 'id="close"' in text
    assert f'id="{row}"' not in text
    told = sent(cashier, f"till/takings/{row}/reverse/", amount=16_000, reason=WHY)
    assert (told[0], "chỉ còn cách hoàn tiền" in told[1]) == (409, True)
    assert "khớp với sổ" in sent(cashier, "till/close/", counted_vnd=16_000)[1]
    # The day that was closed is among the days, to be handed in there.
    day = TillDay.objects.get()
    assert "chưa thu lần nào" in shown(cashier, "till/")
    assert 'id="hand_in"' in shown(cashier, f"till/days/{day.id}/")


# --- paid out -----------------------------------------------------------------------------------


def given_back(world: World, payment: Payment, amount: int) -> Refund:
    refund = world.refund(payment, amount)
    world.drain()
    refund.refresh_from_db()
    return refund


def test_a_refund_waits_on_the_till_and_is_paid_out_once(
    world: World, desk: Counter, cashier: Client
) -> None:
    payment = world.owe(16_000)
    taken(desk.cashier, payment)
    refund = given_back(world, payment, 6_000)
    path = f"refunds/{refund.id}/pay-out/"
    text = shown(cashier, "till/")
    assert f'href="{PAGES}{path}"' in text
    assert "đã hoặc đang hoàn" in text
    assert looks("refund:list") == 1
    text = shown(cashier, path)
    for words in ("6.000 đồng", "nộp thừa", "Nguyễn Thị Thử", "tiền mặt, 10:00 24/11/2026"):
        assert words in text, words
    assert hidden(text, "pay_out") == {"amount": "6000"}
    assert 'name="reference"' not in text
    told = sent(cashier, path, amount=5_000)
    assert (told[0], "đã thay đổi" in told[1]) == (409, True)
    for _ in range(2):
        told = sent(cashier, path, once="chi-mot-lan", amount=6_000)
    assert "đã chi" in told[1]
    row = RefundPayout.objects.get()
    assert (row.client_key, row.amount_vnd, row.method) == ("chi-mot-lan", 6_000, "cash")
    assert (again(payment).refunded_vnd, Refund.objects.get().state) == (6_000, "succeeded")
    late = sent(cashier, path, amount=6_000)
    assert (late[0], "Khoản hoàn này đã được chi" in late[1]) == (409, True)
    assert f'href="{PAGES}{path}"' not in shown(cashier, "till/")
    rows = VaultAccess.objects.filter(what__in=["refund:read", "payment:payout"])
    assert set(rows.values_list("user_id", flat=True)) == {payment.citizen_id}
    assert looks("refund:read") == 5
    assert list(books.check()) == []


def test_a_transfer_goes_back_by_its_reference_and_cash_only_from_a_till_that_has_it(
    world: World, desk: Counter, cashier: Client
) -> None:
    payment, other = world.owe(16_000), world.owe(16_000)
    taken(desk.second, payment, method="transfer", reference="FT26328000001")
    taken(desk.second, other)
    refund, cash = given_back(world, payment, 16_000), given_back(world, other, 16_000)
    path = f"refunds/{refund.id}/pay-out/"
    assert 'name="reference"' in shown(cashier, path)
    told = sent(cashier, path, amount=16_000, reference="")
    assert (told[0], "Cần số tham chiếu" in told[1]) == (422, True)
    told = sent(cashier, path, amount=16_000, reference="FT26328000009")
    assert (told[0], "FT26328000009" in told[1]) == (200, True)
    told = sent(cashier, f"refunds/{cash.id}/pay-out/", amount=16_000)
    assert (told[0], "Quỹ tiền mặt trong ngày không đủ" in told[1]) == (409, True)
    assert RefundPayout.objects.get().reference == "FT26328000009"
    online = world.owe(16_000)
    world.pay(online)
    never = given_back(world, online, 1_000)
    assert cashier.get(f"{PAGES}refunds/{never.id}/pay-out/").status_code == 404


# --- who ----------------------------------------------------------------------------------------


def test_who_sees_and_who_does_nothing(world: World, desk: Counter, cashier: Client) -> None:
    payment = world.owe(16_000)
    row = taken(desk.cashier, payment)["attempt_id"]
    taken(desk.second, world.owe(16_000))
    refund = given_back(world, payment, 1_000)
    owed = world.owe(16_000)
    mine, others = (
        TillDay.objects.get(cashier_id=tills.cashier_of(who).user_id)
        for who in ("cashier", "second")
    )
    one, take, out = f"till/days/{mine.id}/", page_of(owed), f"refunds/{refund.id}/pay-out/"
    writes = (
        (take, CASH),
        (out, {"amount": 1_000}),
        (f"till/takings/{row}/reverse/", {"amount": 15_000, "reason": WHY}),
        ("till/close/", {"counted_vnd": 16_000}),
        (f"{one}hand-in/", {"reference": "GNT-0001"}),
    )
    auditor, admin = browser_of("so-auditor"), browser_of("so-admin")
    for browser in (auditor, admin):
        for path in (one, "till/days/", f"till/days/{others.id}/"):
            text = shown(browser, path)
            assert 'method="post"' not in text.replace('id="logout-form" method="post"', "")
        assert browser.get(f"{PAGES}{one}slip.pdf").status_code == 200
        assert browser.get(f"{PAGES}till/")["Location"] == f"{PAGES}till/days/"
        for path, body in writes:
            assert sent(browser, path, **body)[0] == 403, path
    for path in (take, out):
        assert 'method="post"' not in shown(auditor, path).replace(
            'id="logout-form" method="post"', ""
        )
    assert ">Quỹ tại quầy</a>" in admin.get("/admin/staff/").content.decode()
    assert ">Quỹ tại quầy</a>" not in auditor.get("/admin/staff/").content.decode()
    assert cashier_sees_only_own(cashier, mine, others)
    elsewhere = browser_of("so-elsewhere")
    assert "Chưa có ngày nào." in shown(elsewhere, "till/days/")
    for path in (one, f"{one}slip.pdf", take, out):
        assert elsewhere.get(f"{PAGES}{path}").status_code == 404
    for path, body in writes[:3]:
        assert sent(elsewhere, path, **body)[0] == 404, path
    assert sent(elsewhere, "till/close/", counted_vnd=0)[0] == 409
    assert sent(elsewhere, f"{one}hand-in/", reference="GNT-0001")[0] == 404
    for browser, status in ((browser_of("so-handler"), 403), (Client(), 302)):
        for path in ("till/", "till/days/", one, f"{one}slip.pdf", take, out):
            assert browser.get(f"{PAGES}{path}").status_code == status, path
        for path, body in writes:
            assert browser.post(f"{PAGES}{path}", body).status_code == status, path
    assert CounterPayment.objects.count() == 2
    assert not RefundPayout.objects.exists()
    assert not CounterReversal.objects.exists()
    assert not TillDay.objects.exclude(closed_at=None).exists()


def cashier_sees_only_own(cashier: Client, mine: TillDay, others: TillDay) -> bool:
    text = shown(cashier, "till/days/")
    assert cashier.get(f"{PAGES}till/days/{others.id}/").status_code == 404
    return mine.id in text and others.id not in text


def test_ones_own_money_is_not_there_and_cannot_be_taken(
    world: World, desk: Counter, cashier: Client
) -> None:
    payment, owed = world.owe(16_000), world.owe(16_000)
    row = taken(desk.cashier, payment)["attempt_id"]
    refund = given_back(world, payment, 1_000)
    tills.make_own(payment)
    out = f"refunds/{refund.id}/pay-out/"
    text = shown(cashier, "till/")
    assert row not in text
    assert out not in text
    assert not VaultAccess.objects.filter(what__in=["payment:till", "refund:list"]).exists()
    told = sent(cashier, out, amount=1_000)
    assert (told[0], "Thu ngân không thu, hoàn hay hủy khoản của chính mình" in told[1]) == (
        404,
        True,
    )
    path = f"till/takings/{row}/reverse/"
    assert sent(cashier, path, amount=15_000, reason=WHY)[0] == 403
    Payment.objects.filter(id=owed.id).update(citizen_id=payment.citizen_id)
    told = sent(cashier, page_of(owed), **CASH)
    assert (told[0], "khoản của chính mình" in told[1]) == (404, True)
    for path in (page_of(owed), page_of(payment), out):
        assert cashier.get(f"{PAGES}{path}").status_code == 404
    assert again(owed).state == "owed"
    assert CounterPayment.objects.count() == 1


# --- the lists ----------------------------------------------------------------------------------


def test_the_lists_cost_the_same_for_one_and_for_many(
    world: World, desk: Counter, cashier: Client, count_queries: Any
) -> None:
    def one_more() -> None:
        payment = world.owe(16_000)
        taken(desk.cashier, payment)
        given_back(world, payment, 1_000)

    one_more()
    day = TillDay.objects.get()
    paths = ("till/", f"till/days/{day.id}/", "till/days/")

    def costs() -> list[int]:
        found = []
        for path in paths:
            with count_queries() as queries:
                shown(cashier, path)
            found.append(len(queries))
        return found

    costs()
    before = costs()
    for _ in range(4):
        one_more()
    assert costs() == before
    assert shown(cashier, "till/").count("Chờ chi hoàn") == 1
    assert shown(cashier, "till/").count("/pay-out/") == 5
    close(desk.cashier, 80_000)
    for index in range(4):
        TillDay.objects.create(
            agency_code=AGENCY,
            cashier_id=day.cashier_id,
            cashier_label="x",
            day_on=f"2026-11-1{index}",
            opened_at=world.now,
            closed_at=world.now,
            expected_vnd=0,
            counted_vnd=0,
        )
    assert costs()[2] == before[2]
    assert before == [41, 34, 27]
