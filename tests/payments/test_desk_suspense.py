"""Money that is held apart, on the desk's pages: listed by age, opened, worked off once."""

import re
from typing import Any

import pytest
from django.test import Client

from citizens.actions import demo
from citizens.models import User, VaultAccess
from payments.models import (
    Attempt,
    BankReturn,
    LedgerEntry,
    Payment,
    Receipt,
    Refund,
    SuspenseItem,
    SuspenseMove,
)
from tests.conftest import Cast
from tests.dossiers import stories
from tests.dossiers.test_desk_moves import browser_of
from tests.payments.bank import Bank
from tests.payments.factories import World
from tests.payments.test_desk_receipts import PAGES, looks, sent, shown
from tests.payments.test_desk_take import hidden
from tests.payments.test_suspense import ACCOUNT, OURS, THEIRS, WHY, Desk

pytestmark = pytest.mark.django_db
LIST = "suspense/"


@pytest.fixture
def desk(bank: Bank, world: World, cast: Cast, sign_in: Any) -> Desk:
    return Desk(bank, world, cast, sign_in)


@pytest.fixture
def cashier(desk: Desk) -> Client:
    return browser_of("thu-ngan")


def stray(desk: Desk, amount: int = 16_000, **given: Any) -> SuspenseItem:
    line = desk.bank.come(**{"account": ACCOUNT, "amount": amount, "text": "nop le phi", **given})
    desk.bank.deliver(line)
    return SuspenseItem.objects.get(credit__transaction_id=line["id"])


def named(desk: Desk, amount: int = 10_000, **given: Any) -> tuple[Payment, SuspenseItem]:
    payment, attempt = desk.due(**given)
    line = desk.bank.paid(attempt, amount=amount)
    return payment, SuspenseItem.objects.get(credit__transaction_id=line["id"])


def by_card(desk: Desk, **differs: Any) -> tuple[Payment, SuspenseItem]:
    """A card's payment that came with another sum or currency than what is owed."""
    payment = desk.world.owe(16_000, citizen_id=desk.me.id, agency_code=OURS)
    attempt = desk.world.start(payment)
    desk.world.provider.press(attempt.session_id)
    session = desk.world.provider.get(attempt.session_id)
    desk.world.provider.change(session["payment_intent"], **differs)
    desk.world.deliver()
    return payment, SuspenseItem.objects.get(attempt=attempt)


def at(item: SuspenseItem, name: str = "") -> str:
    return f"{LIST}{item.id}/{name}/" if name else f"{LIST}{item.id}/"


def seen(item: SuspenseItem, **more: Any) -> dict[str, Any]:
    """Return what a form of the page sends when nothing happened meanwhile."""
    item.refresh_from_db()
    return {
        "expected_state": item.state,
        "amount_believed_vnd": item.left_vnd,
        "reason": WHY,
        **more,
    }


def moves(text: str) -> list[str]:
    return re.findall(r'method="post"[^>]*id="(give_back|allot|keep|close)"', text)


def options(text: str) -> list[str]:
    """Return the dues that are offered to be paid, and the items to be joined."""
    return re.findall(r'(?:<option|type="checkbox")[^>]*value="([^"]+)"', text)


# --- the list -----------------------------------------------------------------------------------


def test_the_list_is_by_age_narrowed_and_leaves_a_row(desk: Desk, cashier: Client) -> None:
    payment, first = named(desk)
    old = stray(desk, text="khong ro cua ai")
    _, card = by_card(desk, amount_received=15_000)
    done = stray(desk, 1_000)
    desk.move({"id": done.id, "state": "open", "left": {"amount": 1_000}}, "give_back")
    desk.world.drain()
    kept = stray(desk, 2_000)
    desk.move({"id": kept.id, "state": "open", "left": {"amount": 2_000}}, "keep")
    SuspenseItem.objects.filter(id=old.id).update(created_at="2026-11-14T09:00:00+07:00")
    before = looks("suspense:list")
    text = shown(cashier, LIST)
    assert looks("suspense:list") == before + 1  # one person, named by two of them
    ids = re.findall(r"suspense/(sus_\w+)/", text)
    assert ids[0] == old.id
    assert set(ids) == {first.id, old.id, card.id, kept.id}
    for words in ("10 ngày", "trong ngày", "khong ro cua ai", payment.title, "10.000 đồng"):
        assert words in text, words
    for query, found in (
        ("?state=all", {first, old, card, done, kept}),
        ("?state=closed", {done}),
        ("?state=kept", {kept}),
        ("?reason=no_reference", {old, kept}),
        ("?source=card", {card}),
        ("?state=open&source=bank", {first, old}),
    ):
        ids = re.findall(r"suspense/(sus_\w+)/", shown(cashier, f"{LIST}{query}"))
        assert set(ids) == {one.id for one in found}, query
    for query in ("?state=lost", "?reason=x", "?source=x"):
        assert cashier.get(f"{PAGES}{LIST}{query}").status_code == 400


def test_the_list_costs_the_same_for_one_and_for_many(
    desk: Desk, cashier: Client, count_queries: Any
) -> None:
    shown(cashier, LIST)
    counts = []
    for more in (1, 4):
        for _ in range(more):
            named(desk)
        with count_queries() as queries:
            shown(cashier, LIST)
        counts.append(len(queries))
    assert SuspenseItem.objects.count() == 5
    assert counts == [28, 28]


def test_an_item_costs_the_same_however_many_may_be_joined(
    desk: Desk, cashier: Client, count_queries: Any
) -> None:
    _, item = named(desk)
    named(desk)
    shown(cashier, at(item))
    counts = []
    for _ in range(2):
        with count_queries() as queries:
            shown(cashier, at(item))
        counts.append(len(queries))
        for _ in range(3):
            named(desk)
    assert counts == [38, 38]


# --- one item -----------------------------------------------------------------------------------


def test_an_item_tells_what_came_and_what_it_named(desk: Desk, cashier: Client) -> None:
    payment, item = named(desk)
    text = shown(cashier, at(item))
    for words in (
        "Số tiền khác số phải nộp",
        "10.000 đồng",
        "16.000 đồng",
        "NGUYEN VAN MAU",
        "…3333",
        item.credit.transaction_id,
        payment.title,
        "Chưa ai xử lý.",
    ):
        assert words in text, words
    assert "0000111122223333" not in text
    assert moves(text) == ["give_back", "allot", "keep"]
    for name in moves(text):
        assert hidden(text, name) == {"expected_state": "open", "amount_believed_vnd": "10000"}
    assert options(text) == [payment.id]
    [row] = VaultAccess.objects.filter(user_id=desk.me.id)
    assert (row.what, row.reference, row.purpose) == (
        "suspense:read",
        payment.reference,
        "resolve_dossier",
    )


def test_a_part_goes_back_then_the_rest_and_the_history_says_so(
    desk: Desk, cashier: Client
) -> None:
    _, item = named(desk, 20_000)
    path = at(item, "give_back")
    told = sent(cashier, path, **seen(item, amount_vnd=20_001))
    assert (told[0], "Chỉ còn 20000 đồng" in told[1]) == (409, True)
    body = seen(item, amount_vnd=4_000)
    for _ in range(2):
        told = sent(cashier, path, once="hoan-mot-lan", **body)
    assert SuspenseMove.objects.count() == BankReturn.objects.count() == 1
    stale = sent(cashier, path, **body)
    assert (stale[0], "Hiện còn 16000 đồng" in stale[1]) == (409, True)
    # What the page shows now is what its forms carry on.
    assert hidden(stale[1], "give_back")["amount_believed_vnd"] == "16000"
    assert WHY in stale[1]
    told = sent(cashier, path, **seen(item))
    assert "Đã thực hiện: Hoàn lại người chuyển." in told[1]
    assert moves(told[1]) == []
    desk.world.drain()
    text = shown(cashier, at(item))
    assert text.count("đã đến người nhận") == 2
    assert "Cán bộ, " in text
    assert desk.bank.debits == [("0000111122223333", 4_000), ("0000111122223333", 16_000)]
    item.refresh_from_db()
    assert (item.state, item.returned_vnd) == ("closed", 20_000)


def test_a_stray_transfer_is_allotted_by_the_code_of_a_dossier(
    desk: Desk, cashier: Client, cast: Cast
) -> None:
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    item = stray(desk)
    text = shown(cashier, at(item))
    assert 'name="payment_id"' in text
    assert options(text) == []
    found = shown(cashier, f"{at(item)}?code={dossier['code']}")
    assert options(found) == [payment.id]
    assert looks("payment:list") == 1
    # What was searched is still offered when the form comes back.
    again = f"{at(item, 'allot')}?code={dossier['code']}"
    assert f'action="{PAGES}{again}"' in found
    told = sent(cashier, again, **seen(item, payment_id=payment.id, reason="ngắn"))
    assert (told[0], options(told[1])) == (400, [payment.id])
    missing = shown(cashier, f"{at(item)}?code=H13.000-000000-0000")
    assert "không còn khoản nào phải nộp" in missing
    assert cashier.get(f"{PAGES}{at(item)}?code=a%20b").status_code == 400
    told = sent(cashier, at(item, "allot"), **seen(item, payment_id=payment.id))
    assert "Đã thực hiện: Ghi nhận cho khoản phải nộp." in told[1]
    payment.refresh_from_db()
    item.refresh_from_db()
    assert (payment.state, item.state, item.allotted_vnd) == ("paid", "closed", 16_000)
    assert Receipt.objects.get(payment=payment).total_vnd == 16_000
    assert f'href="{PAGES}payments/{payment.id}/take/"' in told[1]
    desk.world.drain()


def test_what_was_paid_meanwhile_or_is_anothers_is_not_allotted(
    desk: Desk, cashier: Client
) -> None:
    item = stray(desk)
    paid, attempt = desk.due()
    desk.bank.paid(attempt)
    elsewhere, _ = desk.due(agency_code=THEIRS)
    small, _ = desk.due(20_000)
    before = LedgerEntry.objects.count()
    for payment_id, status, words in (
        (paid.id, 409, "không còn phải nộp"),
        (elsewhere.id, 404, "Không tìm thấy"),
        ("pay_none", 404, "Không tìm thấy"),
        (small.id, 409, "Phải nộp 20000 đồng, đã chọn 16000 đồng"),
    ):
        told = sent(cashier, at(item, "allot"), **seen(item, payment_id=payment_id))
        assert (told[0], words in told[1]) == (status, True), (payment_id, told[0])
    assert sent(cashier, at(item, "allot"), **seen(item, payment_id=""))[0] == 400
    assert LedgerEntry.objects.count() == before
    assert not SuspenseMove.objects.exists()


def test_two_transfers_are_joined_by_a_tick_with_the_sum_that_was_seen(
    desk: Desk, cashier: Client
) -> None:
    payment, first = named(desk, 10_000)
    other = stray(desk, 3_000)
    [line] = [desk.bank.scan(Attempt.objects.get(payment=payment), amount=6_000)]
    desk.bank.deliver(line)
    second = SuspenseItem.objects.get(credit__transaction_id=line["id"])
    text = shown(cashier, at(first))
    # What named the same due stands first.
    assert options(text) == [payment.id, f"{second.id}:6000", f"{other.id}:3000"]
    body = seen(first, payment_id=payment.id)
    for ticked in ([], [f"{second.id}:6001"], [f"{second.id}:6000", f"{other.id}:3000"]):
        told = sent(cashier, at(first, "allot"), **body, together=ticked)
        assert told[0] == 409, ticked
    assert sent(cashier, at(first, "allot"), **body, together=["x"])[0] == 400
    assert not SuspenseMove.objects.exists()
    told = sent(cashier, at(first, "allot"), **body, together=[f"{second.id}:6000"])
    assert "Đã thực hiện" in told[1]
    assert {one.state for one in SuspenseItem.objects.exclude(id=other.id)} == {"closed"}
    payment.refresh_from_db()
    assert payment.state == "paid"
    desk.world.drain()


def test_two_transfers_are_joined_by_ids_with_the_sum_that_is_stated(
    desk: Desk, cashier: Client
) -> None:
    payment, _ = desk.due()
    first, second = stray(desk, 10_000), stray(desk, 6_000)
    body = seen(first, payment_id=payment.id, further=f" {second.id}, ")
    told = sent(cashier, at(first, "allot"), **body)
    assert (told[0], "Cần nêu tổng số tiền" in told[1]) == (400, True)
    assert second.id in told[1]
    many = ",".join(f"sus_{number}" for number in range(10))
    told = sent(cashier, at(first, "allot"), **{**body, "further": many, "total_vnd": 16_000})
    assert (told[0], "Gộp nhiều nhất 10 khoản." in told[1]) == (400, True)
    told = sent(cashier, at(first, "allot"), **body, total_vnd=15_000)
    assert (told[0], "Hiện còn 16000 đồng" in told[1]) == (409, True)
    assert sent(cashier, at(first, "allot"), **body, total_vnd=16_000)[0] == 200
    payment.refresh_from_db()
    assert payment.state == "paid"
    desk.world.drain()


def test_kept_it_stays_and_holds_what_was_seen(desk: Desk, cashier: Client) -> None:
    item = stray(desk)
    body = seen(item)
    assert sent(cashier, at(item, "keep"), **{**body, "reason": "ngắn"})[0] == 400
    told = sent(cashier, at(item, "keep"), **body)[1]
    assert "Đã xem, chờ xử lý" in told
    assert moves(told) == ["give_back", "allot", "keep"]
    stale = sent(cashier, at(item, "give_back"), **body)
    assert (stale[0], "Trạng thái hiện tại: kept" in stale[1]) == (409, True)
    assert hidden(stale[1], "give_back")["expected_state"] == "kept"
    told = sent(cashier, at(item, "close"), **seen(item))
    assert (told[0], "Còn 16000 đồng" in told[1]) == (409, True)
    assert cashier.post(f"{PAGES}{at(item, 'lose')}", seen(item)).status_code == 404
    assert list(SuspenseMove.objects.values_list("kind", flat=True)) == ["keep"]


# --- cards --------------------------------------------------------------------------------------


def test_a_cards_money_goes_to_its_own_due_or_back(desk: Desk, cashier: Client) -> None:
    payment, item = by_card(desk, amount_received=20_000)
    stray(desk)
    text = shown(cashier, at(item))
    assert "Thẻ" in text
    assert (moves(text), options(text)) == (["give_back", "allot", "keep"], [payment.id])
    assert 'id="search"' not in text
    other = desk.world.owe(16_000, agency_code=OURS)
    told = sent(cashier, at(item, "allot"), **seen(item, payment_id=other.id))
    assert (told[0], "chính khoản đã thanh toán" in told[1]) == (409, True)
    told = sent(cashier, at(item, "allot"), **seen(item, payment_id=payment.id))[1]
    assert moves(told) == ["give_back", "keep"]
    assert sent(cashier, at(item, "give_back"), **seen(item))[0] == 200
    assert Refund.objects.get().amount_vnd == 4_000
    desk.world.drain()


def test_a_card_that_took_too_little_or_no_dong_offers_what_is_possible(
    desk: Desk, cashier: Client
) -> None:
    _, short = by_card(desk, amount_received=15_000)
    assert moves(shown(cashier, at(short))) == ["give_back", "keep"]
    _, odd = by_card(desk, currency="usd")
    assert moves(shown(cashier, at(odd))) == ["keep", "close"]
    told = sent(cashier, at(odd, "close"), **seen(odd))[1]
    assert "Đã thực hiện: Khép lại." in told
    assert moves(told) == []
    odd.refresh_from_db()
    assert odd.state == "closed"


# --- who ----------------------------------------------------------------------------------------


def test_who_sees_and_who_decides(desk: Desk, cashier: Client) -> None:
    _, item = named(desk)
    body = seen(item)
    auditor = browser_of("quan-tri")
    assert item.id in shown(auditor, LIST)
    text = shown(auditor, at(item))
    assert moves(text) == []
    assert "NGUYEN VAN MAU" in text
    foreign = browser_of("tu-phap")
    assert item.id not in shown(foreign, f"{LIST}?state=all")
    assert foreign.get(f"{PAGES}{at(item)}").status_code == 404
    for name in ("give_back", "keep", "close"):
        assert sent(auditor, at(item, name), **body)[0] == 403
        assert sent(foreign, at(item, name), **body)[0] == 404
    for browser, status in (
        (browser_of("tiep-nhan"), 403),
        (browser_of("thu-ly"), 403),
        (Client(), 302),
    ):
        assert browser.get(f"{PAGES}{LIST}").status_code == status
        assert browser.get(f"{PAGES}{at(item)}").status_code == status
        assert browser.post(f"{PAGES}{at(item, 'keep')}", body).status_code == status
    assert cashier.get(f"{PAGES}{LIST}sus_none/").status_code == 404
    assert not SuspenseMove.objects.exists()
    rows = VaultAccess.objects.order_by("id").values_list("what", "purpose")
    assert (
        list(rows)
        == [("suspense:list", "audit"), ("suspense:read", "audit")]
        + [("suspense:read", "audit")] * 3
    )


def test_nobody_decides_on_their_own_money(desk: Desk, cashier: Client) -> None:
    _, item = named(desk)
    free = stray(desk)
    mine, _ = desk.due()
    owner = User.objects.get(id=desk.me.id)
    User.objects.filter(id=demo.user_id_of("thu-ngan")).update(officer_index=owner.id_number_index)
    text = shown(cashier, f"{LIST}?state=all")
    assert free.id in text
    assert item.id not in text
    assert cashier.get(f"{PAGES}{at(item)}").status_code == 404
    assert sent(cashier, at(item, "give_back"), **seen(item))[0] == 404
    assert options(shown(cashier, at(free))) == []
    told = sent(cashier, at(free, "allot"), **seen(free, payment_id=mine.id))
    assert told[0] == 404
    assert not SuspenseMove.objects.exists()
    assert not VaultAccess.objects.exists()
