"""Payments and refunds on the desk's pages: found, given back, sent anew, paid out by hand."""

import re
from typing import Any

import pytest
from django.test import Client

from citizens.models import VaultAccess
from dossiers import desk_labels as labels
from dossiers.models import RefundDecision
from payments.models import Dispute, LedgerEntry, Payment, Refund
from payments.queries import refunds as reads
from tests.conftest import Cast
from tests.dossiers import office, stories
from tests.dossiers.test_desk_moves import browser_of
from tests.payments import desk, disputing, invariants, tills
from tests.payments.desk import FEE, WHY
from tests.payments.factories import World
from tests.payments.test_desk_receipts import looks, sent, shown

pytestmark = pytest.mark.django_db
VOUCHER = {"way": "counter", "reference": "PC-2026-000123", "reason": WHY}


@pytest.fixture
def cashier(cast: Cast) -> Client:
    return browser_of("thu-ngan")


def seated(sign_in: Any, who: str, role: str, number: str = "092080000077", **more: Any) -> Client:
    """Return the browser of another officer, of the agency that collects unless told otherwise."""
    office.seat(sign_in, who, [role], number=number, **{"agency": stories.OFFICE, **more})
    return browser_of(who)


def facts(text: str) -> dict[str, str]:
    """Return the table of facts of a page."""
    table = text.split('id="facts"')[1].split("</table>")[0]
    return dict(re.findall(r"<th>(.*?)</th><td>(.*?)</td>", table))


def back(browser: Client, payment: Payment, amount: int, believed: int = FEE, **more: Any) -> Any:
    values = {"amount_vnd": amount, "refundable_believed": believed, "reason": WHY, **more}
    return sent(browser, f"payments/{payment.id}/refund/", **values)


def returned(cast: Cast, world: World, cashier: Client) -> tuple[Payment, Refund]:
    """Return a payment whose refund arrived and came back."""
    _, payment = desk.paid(cast, world)
    assert back(cashier, payment, FEE)[0] == 200
    world.drain()
    refund = Refund.objects.get()
    desk.comes_back(world, refund)
    return payment, refund


def test_a_payment_with_its_sums_is_given_back_in_part_once_and_its_books_are_shown(
    world: World, cast: Cast, cashier: Client
) -> None:
    dossier, payment = desk.paid(cast, world)
    path = f"payments/{payment.id}/"
    text = shown(cashier, path)
    assert facts(text) == {
        "Hồ sơ": dossier["code"],
        "Người nộp": "Nguyễn Thị Lan",
        "Phải nộp": "16.000 đồng",
        "Đã thu": "16.000 đồng",
        "Đang hoàn": "0 đồng",
        "Đã hoàn": "0 đồng",
        "Còn có thể hoàn": "16.000 đồng",
        "Phát sinh lúc": "10:00 24/11/2026",
        "Nộp lúc": "10:00 24/11/2026",
    }
    assert 'name="refundable_believed" value="16000"' in text
    assert "Trên 5.000.000 đồng cần một cán bộ khác xác nhận." in text
    assert 'id="waiting"' not in text
    for _ in range(2):
        status, told = back(cashier, payment, 6_000, once="hoan-mot-lan")
        assert status == 200
    assert "đã được gửi trước đó" in told
    one = Refund.objects.get()
    assert (one.amount_vnd, one.reason, one.state) == (6_000, WHY, "requested")
    world.drain()
    after = shown(cashier, path)
    seen = facts(after)
    assert (seen["Đã hoàn"], seen["Còn có thể hoàn"]) == ("6.000 đồng", "10.000 đồng")
    assert f'/admin/money/refunds/{one.id}/">6.000 đồng</a> · đã về tới người nộp' in after
    assert "<strong>Thu</strong> · 16.000 đồng" in after
    assert "<strong>Đã hoàn</strong> · 6.000 đồng<br>Nợ: chờ hoàn · Có: tiền ở cổng" in after
    assert back(cashier, payment, 10_000, 10_000)[0] == 200
    world.drain()
    gone = shown(cashier, path)
    assert "<strong>Đã hoàn hết</strong>" in gone
    assert 'id="give-back"' not in gone
    assert desk.told(dossier)[:2] == ["refund_granted", "refund_settled"]
    invariants.check_lines(world)


@pytest.mark.parametrize("believed", [0, FEE - 1, FEE + 1])
def test_what_changed_since_the_page_was_shown_is_409_and_nothing_goes_back(
    world: World, cast: Cast, cashier: Client, believed: int
) -> None:
    _, payment = desk.paid(cast, world)
    status, text = back(cashier, payment, 1_000, believed)
    assert (status, "Hiện còn hoàn được 16000 đồng" in text) == (409, True)
    assert not Refund.objects.exists()
    # What was typed is kept, and what is believed is what the page shows now.
    assert 'name="amount_vnd" value="1000"' in text
    assert WHY in text
    assert 'name="refundable_believed" value="16000"' in text
    assert text.count('name="refundable_believed"') == 1


def test_a_form_that_is_not_whole_and_a_sum_too_large_give_nothing_back(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, payment = desk.paid(cast, world)
    for wrong in (
        {"amount_vnd": 0},
        {"amount_vnd": ""},
        {"reason": "ngắn"},
        {"reason": "x" * 501},
        {"refundable_believed": ""},
    ):
        assert back(cashier, payment, 1_000, **wrong)[0] == 400, wrong
    large = back(cashier, payment, FEE + 1)
    assert (large[0], "Số tiền hoàn lớn hơn số còn có thể hoàn" in large[1]) == (409, True)
    assert cashier.get(f"/admin/money/payments/{payment.id}/refund/").status_code == 400
    assert not Refund.objects.exists()


def test_a_large_sum_leads_to_the_decision_and_no_form_passes_it_by(
    world: World, cast: Cast, cashier: Client, settings: Any
) -> None:
    settings.REFUND_FOUR_EYES_ABOVE_VND = 10_000
    _, payment = desk.paid(cast, world)
    assert "Trên 10.000 đồng cần một cán bộ khác" in shown(cashier, f"payments/{payment.id}/")
    status, text = back(cashier, payment, 10_001)
    assert status == 200
    assert "chưa hoàn, chờ một cán bộ khác xác nhận" in text
    row = RefundDecision.objects.get()
    assert (row.state, row.granted_vnd) == ("proposed", 10_001)
    assert not Refund.objects.exists()
    assert "<strong>Chờ cán bộ thứ hai xác nhận</strong>" in text
    page = shown(cashier, f"payments/{payment.id}/")
    assert f'href="/admin/money/decisions/{row.id}/">Mở quyết định</a>' in page
    assert 'id="give-back"' not in page
    again = back(cashier, payment, 1_000)
    assert (again[0], "đang chờ quyết định" in again[1]) == (409, True)
    assert not Refund.objects.exists()


def test_a_disputed_payment_says_so_and_is_not_given_back(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, payment = desk.paid(cast, world)
    disputing.open_dispute(world, payment.attempts.get(state="paid"))
    world.deliver()
    text = shown(cashier, f"payments/{payment.id}/")
    assert "tiền bị rút về, chờ quyết định" in text.split('id="disputes"')[1]
    status, told = back(cashier, payment, 1_000)
    assert (status, "bị ngân hàng của người nộp khiếu nại" in told) == (409, True)
    assert not Refund.objects.exists()


def test_money_of_no_dossier_is_shown_and_has_no_form(world: World, cashier: Client) -> None:
    payment = world.owe(FEE, agency_code=stories.OFFICE)
    owed = shown(cashier, f"payments/{payment.id}/")
    assert "<strong>Chưa nộp</strong>" in owed
    assert facts(owed)["Hồ sơ"] == "không thuộc hồ sơ nào"
    world.pay(payment)
    assert 'id="give-back"' not in shown(cashier, f"payments/{payment.id}/")
    assert back(cashier, payment, 1_000)[0] == 404
    assert not Refund.objects.exists()


def test_a_failed_refund_is_sent_again_and_both_name_each_other(
    world: World, cast: Cast, cashier: Client
) -> None:
    payment, failed = returned(cast, world, cashier)
    path = f"refunds/{failed.id}/"
    text = shown(cashier, path)
    seen = facts(text)
    assert '<span class="late">cần xử lý</span>' in text
    assert seen["Ai yêu cầu"].startswith("Thu phí, lệ phí, Trung tâm")
    assert (seen["Lý do"], seen["Cách hoàn"]) == (WHY, "theo đường đã nộp")
    assert seen["Lỗi"] == labels.REFUND_FAILURES[failed.failure_code]
    assert sent(cashier, f"{path}retry/", reason="ngắn")[0] == 400
    assert Refund.objects.count() == 1
    for _ in range(2):
        status, told = sent(cashier, f"{path}retry/", once="gui-lai", reason=WHY)
        assert status == 200
    world.drain()
    new = Refund.objects.get(replaces=failed)
    old = shown(cashier, path)
    assert f'/admin/money/refunds/{new.id}/">một khoản hoàn khác</a>' in old
    for form in ('id="retry"', 'id="by-hand"', "cần xử lý"):
        assert form not in old
    page = shown(cashier, f"refunds/{new.id}/")
    assert f'Thay cho <a href="/admin/money/refunds/{failed.id}/">' in page
    assert "<strong>Đã về tới người nộp</strong>" in page
    for tail, values in (("retry/", {"reason": WHY}), ("by-hand/", VOUCHER)):
        status, told = sent(cashier, f"{path}{tail}", **values)
        assert (status, "đã được xử lý bằng một khoản hoàn khác" in told) == (409, True)
    status, told = sent(cashier, f"refunds/{new.id}/retry/", reason=WHY)
    assert (status, "Khoản hoàn này không bị lỗi" in told) == (409, True)
    assert Refund.objects.count() == 2
    payment.refresh_from_db()
    assert payment.state == "refunded"
    invariants.check_lines(world)


def test_a_failed_refund_is_paid_out_by_hand_and_booked(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, failed = returned(cast, world, cashier)
    path = f"refunds/{failed.id}/by-hand/"
    for wrong in (
        {"way": "provider"},
        {"reference": ""},
        {"reference": "x"},
        {"reference": "PC 12"},
        {"reason": "ngắn"},
    ):
        assert sent(cashier, path, **{**VOUCHER, **wrong})[0] == 400, wrong
    assert Refund.objects.count() == 1
    status, text = sent(cashier, path, **VOUCHER)
    assert (status, "Đã ghi việc chi trả" in text) == (200, True)
    made = Refund.objects.get(replaces=failed)
    assert (made.way, made.paid_out_reference, made.state) == (
        "counter",
        "PC-2026-000123",
        "succeeded",
    )
    seen = facts(text)
    assert seen["Cách hoàn"] == "tiền mặt tại quầy"
    assert seen["Số phiếu chi, mã giao dịch"] == "PC-2026-000123"
    lines = shown(cashier, f"payments/{failed.payment_id}/")
    assert "Nợ: chờ hoàn · Có: tiền mặt theo phiếu chi" in lines
    world.drain()
    invariants.check_lines(world)


def test_whoever_ordered_a_large_refund_finds_no_form_to_pay_it_out(
    world: World, cast: Cast, cashier: Client, settings: Any, sign_in: Any
) -> None:
    _, failed = returned(cast, world, cashier)
    settings.REFUND_FOUR_EYES_ABOVE_VND = FEE - 1
    text = shown(cashier, f"refunds/{failed.id}/")
    assert 'id="retry"' in text
    assert 'id="by-hand"' not in text
    assert "Khoản trên 15.999 đồng do bạn yêu cầu hoàn" in text
    status, told = sent(cashier, f"refunds/{failed.id}/by-hand/", **VOUCHER)
    assert (status, "Cần một cán bộ khác xác nhận" in told) == (403, True)
    assert Refund.objects.count() == 1
    second = seated(sign_in, "thu-ngan-hai", "cashier")
    assert 'id="by-hand"' in shown(second, f"refunds/{failed.id}/")
    assert sent(second, f"refunds/{failed.id}/by-hand/", **VOUCHER)[0] == 200
    world.drain()
    invariants.check_lines(world)


def test_a_refund_of_counter_money_waits_at_the_counter(
    world: World, cast: Cast, cashier: Client, sign_in: Any
) -> None:
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    assert f"/admin/money/payments/{payment.id}/take/" in shown(cashier, f"payments/{payment.id}/")
    tills.taken(sign_in("thu-ngan"), payment)
    assert f"/admin/money/payments/{payment.id}/take/" not in shown(
        cashier, f"payments/{payment.id}/"
    )
    assert back(cashier, payment, FEE)[0] == 200
    world.drain()
    row = Refund.objects.get()
    assert row.state == "pending"
    waits = '<span class="late">chờ chi tại quầy</span>'
    for path in ("refunds/", f"refunds/{row.id}/", f"payments/{payment.id}/"):
        assert waits in shown(cashier, path), path
    text = shown(cashier, f"refunds/{row.id}/")
    assert "được chi lại tại quầy" in text
    assert f"/admin/money/refunds/{row.id}/pay-out/" in text
    assert 'id="by-hand"' not in text
    auditor = seated(sign_in, "soat-xet", "auditor")
    assert 'id="at-counter"' not in shown(auditor, f"refunds/{row.id}/")


def test_a_refund_of_which_the_provider_names_another_sum_waits_for_a_person(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, payment = desk.paid(cast, world)
    back(cashier, payment, 6_000)
    row = Refund.objects.get()
    Refund.objects.filter(id=row.id).update(failure_code="amount_differs")
    text = shown(cashier, f"refunds/{row.id}/")
    assert facts(text)["Lỗi"] == "cổng nêu một số tiền khác"
    assert 'id="differs"' in text
    assert 'id="retry"' not in text
    assert row.id in shown(cashier, "refunds/?repair=on")
    Refund.objects.filter(id=row.id).update(failure_code="")
    world.drain()
    assert 'id="differs"' not in shown(cashier, f"refunds/{row.id}/")


def test_a_receipt_and_a_dispute_lead_to_their_payment(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, payment = desk.paid(cast, world)
    receipt = payment.receipts.get()
    link = f'href="/admin/money/payments/{payment.id}/" id="payment"'
    assert link in shown(cashier, f"receipts/{receipt.id}/")
    disputing.open_dispute(world, payment.attempts.get(state="paid"))
    world.deliver()
    assert link in shown(cashier, f"disputes/{Dispute.objects.get().id}/")


def test_money_by_rule_says_so(world: World, cast: Cast, cashier: Client) -> None:
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    attempt = world.start(payment)
    desk.move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    world.provider.press(attempt.session_id, force=True)
    world.deliver()
    seen = facts(shown(cashier, f"refunds/{Refund.objects.get().id}/"))
    assert seen["Ai yêu cầu"] == "theo quy tắc"
    assert seen["Loại tiền"] == "tiền không ai yêu cầu nộp"
    assert seen["Lý do"] == "Tiền đến sau khi cơ quan không còn yêu cầu nộp"


def test_the_lists_are_narrowed(world: World, cast: Cast, cashier: Client) -> None:
    dossier, payment = desk.paid(cast, world)
    back(cashier, payment, 1_000)
    world.drain()
    world.later(minutes=1)
    newer = stories.submitted(cast.owner)
    other = Payment.objects.get(id=newer["payment_ids"][0])

    def found(query: str, path: str = "payments/") -> list[str]:
        text = shown(cashier, f"{path}{query}").split('<ul class="desk-list"')[1]
        return re.findall(r'href="/admin/money/(?:payments|refunds)/([^/"]+)/"', text)

    assert found("") == [other.id, payment.id]
    assert found("?state=paid") == [payment.id]
    assert found("?state=owed") == [other.id]
    assert found(f"?code={dossier['code']}") == [payment.id]
    assert found("?first=2026-11-24&last=2026-11-24") == [other.id, payment.id]
    assert found("?first=2026-11-25") == []
    assert found("?last=2026-11-23") == []
    refund = Refund.objects.get()
    assert found("", "refunds/") == [refund.id]
    assert found("?state=succeeded", "refunds/") == [refund.id]
    assert found("?state=failed", "refunds/") == []
    assert found("?repair=on", "refunds/") == []
    assert found(f"?code={newer['code']}", "refunds/") == []
    for query in ("?state=x", "?code=a%20b", "?first=x", "?last=x"):
        assert cashier.get(f"/admin/money/payments/{query}").status_code == 400
    for query in ("?state=x", "?code=a%20b"):
        assert cashier.get(f"/admin/money/refunds/{query}").status_code == 400
    desk.comes_back(world, refund)
    assert found("?repair=on", "refunds/") == [refund.id]


def test_each_look_leaves_its_row(world: World, cast: Cast, cashier: Client, sign_in: Any) -> None:
    dossier, payment = desk.paid(cast, world)
    stories.submitted(cast.owner)
    back(cashier, payment, 1_000)
    world.drain()
    refund = Refund.objects.get()
    auditor = seated(sign_in, "soat-xet", "auditor")
    names = ("payment:list", "payment:read", "refund:list", "refund:read")
    before = {what: looks(what) for what in names}
    for path in ("payments/", f"payments/{payment.id}/", "refunds/", f"refunds/{refund.id}/"):
        shown(auditor, path)  # two payments of one person: one row
    after = {what: looks(what) for what in before}
    assert {what: after[what] - before[what] for what in before} == dict.fromkeys(before, 1)
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [(one["what"], one["purpose"], one["reference"]) for one in log[:4]] == [
        ("refund:read", "audit", dossier["id"]),
        ("refund:list", "audit", ""),
        ("payment:read", "audit", dossier["id"]),
        ("payment:list", "audit", ""),
    ]


def test_the_auditor_looks_and_does_nothing(
    world: World, cast: Cast, cashier: Client, sign_in: Any
) -> None:
    payment, failed = returned(cast, world, cashier)
    auditor = seated(sign_in, "soat-xet", "auditor")
    assert 'id="give-back"' not in shown(auditor, f"payments/{payment.id}/")
    text = shown(auditor, f"refunds/{failed.id}/")
    assert 'id="retry"' not in text
    assert 'id="by-hand"' not in text
    assert back(auditor, payment, 1_000)[0] == 403
    assert sent(auditor, f"refunds/{failed.id}/retry/", reason=WHY)[0] == 403
    assert sent(auditor, f"refunds/{failed.id}/by-hand/", **VOUCHER)[0] == 403
    assert Refund.objects.count() == 1


def test_others_find_nothing(world: World, cast: Cast, cashier: Client, sign_in: Any) -> None:
    payment, failed = returned(cast, world, cashier)
    before = (Refund.objects.count(), LedgerEntry.objects.count())
    elsewhere = seated(sign_in, "thu-khac", "cashier", agency="ttpvhcc-31120")
    lan = seated(sign_in, "lan-thu-ngan", "cashier", desk.LAN)  # her own money
    paths = (f"payments/{payment.id}/", f"refunds/{failed.id}/")
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        (
            f"payments/{payment.id}/refund/",
            {"amount_vnd": 1, "refundable_believed": FEE, "reason": WHY},
        ),
        (f"refunds/{failed.id}/retry/", {"reason": WHY}),
        (f"refunds/{failed.id}/by-hand/", VOUCHER),
    )
    seen = VaultAccess.objects.count()
    for browser in (elsewhere, lan):
        assert payment.id not in shown(browser, "payments/")
        assert failed.id not in shown(browser, "refunds/")
        for path in paths:
            assert browser.get(f"/admin/money/{path}").status_code == 404
        for path, values in acts:
            assert sent(browser, path, **values)[0] == 404, path
    leader = seated(sign_in, "lanh-dao-mot-cua", "approver", "092080000082")
    for browser in (browser_of("tiep-nhan"), browser_of("thu-ly"), leader):
        for path in ("payments/", "refunds/", *paths):
            assert browser.get(f"/admin/money/{path}").status_code == 403, path
        for path, values in acts:
            assert sent(browser, path, **values)[0] == 403, path
    for path in ("payments/", "refunds/", *paths):
        answer = Client().get(f"/admin/money/{path}")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")
    for path, values in acts:
        assert Client().post(f"/admin/money/{path}", values).status_code == 302
    assert VaultAccess.objects.count() == seen
    assert (Refund.objects.count(), LedgerEntry.objects.count()) == before


@pytest.mark.parametrize(("path", "expected"), [("payments/", 29), ("refunds/", 29)])
def test_the_lists_cost_the_same_for_one_and_for_many(
    world: World, cast: Cast, cashier: Client, count_queries: Any, path: str, expected: int
) -> None:
    what = "payment:list" if path == "payments/" else "refund:list"
    counts = []
    for more in (1, 2):
        for _ in range(more):
            _, payment = desk.paid(cast, world)
            assert back(cashier, payment, 1_000)[0] == 200
            world.refund(world.pay(world.owe(5_000, agency_code=stories.OFFICE)).payment, 1_000)
            world.drain()
        shown(cashier, path)
        before = looks(what)
        with count_queries() as queries:
            text = shown(cashier, path)
        rows = text.split('<ul class="desk-list"')[1].count("<li")
        counts.append((len(queries), rows, looks(what) - before))
    # One payer of a dossier, and each time others: a row for each person, in one statement.
    assert counts == [(expected, 2, 2), (expected, 6, 4)]


def test_every_state_has_its_words() -> None:
    assert list(labels.PAYMENTS) == reads.PAYMENT_STATES
    assert list(labels.REFUNDS) == reads.REFUND_STATES
    assert list(labels.REFUND_KINDS) == reads.KINDS
    assert list(labels.REFUND_WAYS) == reads.WAYS
