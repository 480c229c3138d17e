"""At the counter over HTTP: cash and transfers, an open page, who may; each ends with the books."""

from typing import Any

import pytest

from citizens.models import VaultAccess
from payments.actions import announce
from payments.models import Attempt, CounterPayment, LedgerEntry, Receipt, Refund, TillDay
from payments.reports import books
from tests.conftest import Api, Cast
from tests.payments import factories, invariants, tills
from tests.payments.factories import AGENCY, World
from tests.payments.tills import VND, Counter, again, code, desk, take, taken

pytestmark = pytest.mark.django_db
__all__ = ["desk"]


def test_cash_settles_a_due_by_the_same_postings_and_series(world: World, desk: Counter) -> None:
    world.pay(world.owe(20_000))
    payment = world.owe(16_000)
    answer = taken(desk.cashier, payment)
    row = tills.attempt(answer["attempt_id"])
    paper = Receipt.objects.get(payment=payment)
    assert answer == {
        "attempt_id": row.id,
        "payment_id": payment.id,
        "dossier_id": payment.reference,
        "title": payment.title,
        "method": "cash",
        "reference": "",
        "amount": {"amount": 16_000, **VND},
        "till_day": TillDay.objects.get().id,
        "reversed": False,
        "taken_at": "2026-11-24T10:00:00+07:00",
        "receipt": {"id": paper.id, "series": paper.series, "number": "0000002"},
    }
    assert (again(payment).state, payment.captured_vnd) == ("paid", 16_000)
    assert (row.provider, row.state, row.payer_id) == ("till", "paid", None)
    entry = LedgerEntry.objects.get(payment=payment)
    assert (entry.key, entry.debit_account, entry.credit_account, entry.amount_vnd) == (
        f"capture:till:{row.id}",
        f"till:{AGENCY}",
        f"fee_revenue:{AGENCY}",
        16_000,
    )
    assert paper.method == "Tiền mặt tại quầy (mô phỏng)"
    assert world.drain() == 1  # the announcement
    assert again(payment).announced_at is not None
    [access] = VaultAccess.objects.filter(user_id=payment.citizen_id)
    assert access.what == "payment:counter"
    assert list(books.check()) == []


def test_a_transfer_names_its_reference_and_who_stands_there(world: World, desk: Counter) -> None:
    payment, other = world.owe(16_000), world.owe(8_000)
    more = {"method": "transfer", "reference": "FT26328000001"}
    row = taken(desk.cashier, payment, payer_name="Trần Văn Mẫu", **more)
    taken(desk.cashier, other, **more)  # one transfer may pay two dues
    assert (row["method"], row["reference"]) == ("transfer", "FT26328000001")
    paper = Receipt.objects.get(payment=payment)
    assert (paper.payer_name, paper.paid_for) == ("Trần Văn Mẫu", "Nguyễn Thị Thử")
    assert paper.method == "Chuyển khoản, thu ngân ghi nhận tại quầy (mô phỏng)"
    assert paper.provider_reference == f"FT26328000001:{payment.id}"
    entry = LedgerEntry.objects.get(payment=payment)
    assert entry.debit_account == f"bank_counter:{AGENCY}"
    assert Receipt.objects.get(payment=other).paid_for is None
    assert list(books.check()) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"amount": 15_999}, (409, "counter_amount_differs")),
        ({"amount": 16_001}, (409, "counter_amount_differs")),
        ({"expected_state": "paid"}, (409, "payment_state_changed")),
        ({"amount": 0}, (400, "invalid")),
        ({"method": "transfer"}, (400, "invalid")),
        ({"reference": "FT26328000001"}, (400, "invalid")),
        ({"method": "card"}, (400, "invalid")),
        ({"tip": 1}, (400, "invalid")),
    ],
)
def test_what_cannot_be_taken(world: World, desk: Counter, body: Any, told: Any) -> None:
    payment = world.owe(16_000)
    answer = take(desk.cashier, payment, **body)
    assert code(answer) == told
    if told[1] == "counter_amount_differs":
        assert answer.json()["owed_vnd"] == 16_000
    assert again(payment).state == "owed"
    assert not TillDay.objects.exists()


def test_the_same_key_takes_once_and_another_is_told(world: World, desk: Counter) -> None:
    payment = world.owe()
    api = desk.cashier
    first, twice = (take(api, payment, key="khoa-mot-1") for _ in range(2))
    assert (first.status_code, twice.json()) == (201, first.json())
    assert code(take(api, payment)) == (409, "already_paid")
    assert CounterPayment.objects.count() == 1


def test_an_answer_that_was_lost_is_found_again_by_its_key(world: World, desk: Counter) -> None:
    """Killed between the commit and the stored answer: the same key takes nothing more."""
    from payments.actions import counter

    payment = world.owe()
    who, what = tills.cashier_of("cashier"), tills.asked(payment, "khoa-mot-1")
    made = counter.take(cashier=who, asked=what, now=world.now)
    answer = take(desk.cashier, payment, key="khoa-mot-1")
    assert (answer.status_code, answer.json()["attempt_id"]) == (201, made)


def test_an_open_page_is_closed_before_cash_is_taken(world: World, desk: Counter) -> None:
    payment = world.owe()
    page = world.start(payment)
    taken(desk.cashier, payment)
    page.refresh_from_db()
    assert (page.state, page.closing) == ("cancelled", True)
    [session] = world.provider.all("checkout.session")
    assert session["status"] == "expired"
    assert again(payment).state == "paid"


def test_a_page_that_was_paid_is_settled_and_no_cash_taken(world: World, desk: Counter) -> None:
    payment = world.owe()
    page = world.start(payment)
    world.provider.press(page.session_id)  # nobody was told of it yet
    answer = take(desk.cashier, payment)
    assert code(answer) == (409, "already_paid")
    page.refresh_from_db()
    assert (page.state, again(payment).state) == ("paid", "paid")
    assert not CounterPayment.objects.exists()
    assert not TillDay.objects.exists()
    invariants.check_lines(world)


def test_without_an_answer_cash_is_taken_and_late_money_goes_back(
    world: World, desk: Counter
) -> None:
    payment = world.owe()
    page = world.start(payment)
    world.provider.press(page.session_id)
    world.provider.go_down()
    answer = taken(desk.cashier, payment)
    page.refresh_from_db()
    assert (page.state, page.closing) == ("open", True)
    assert again(payment).state == "paid"
    world.heal()
    page.refresh_from_db()
    assert (page.state, page.reason) == ("resolved", "paid_twice")
    back = Refund.objects.get()
    assert (back.attempt_id, back.kind, back.state) == (page.id, "suspense", "succeeded")
    assert Attempt.objects.get(payment=payment, state="paid").id == answer["attempt_id"]
    assert Receipt.objects.count() == 1
    invariants.check_lines(world)
    invariants.check_quiet(world)
    assert list(books.check()) == []


def test_who_may_take(world: World, desk: Counter, cast: Cast) -> None:
    payment = world.owe()
    for api, told in (
        (cast.anonymous, (401, "not_signed_in")),
        (cast.owner, (403, "forbidden")),
        (desk.handler, (403, "not_your_role")),
        (desk.auditor, (403, "not_your_role")),
        (desk.admin, (403, "not_your_role")),
        (desk.elsewhere, (404, "not_found")),
    ):
        assert code(take(api, payment)) == told
    assert code(take(desk.cashier, world.owe(agency_code="biller:dien-mau"))) == (404, "not_found")
    assert not Attempt.objects.exists()


def test_nobody_takes_for_their_own_dues(world: World, desk: Counter) -> None:
    payment = world.owe()
    tills.make_own(payment)
    assert code(take(desk.cashier, payment)) == (403, "not_your_own_money")
    assert again(payment).state == "owed"
    taken(desk.second, payment)


def test_what_is_not_owed_or_looked_into_is_not_taken(world: World, desk: Counter) -> None:
    from common import db
    from payments.actions import charge

    gone = world.owe()
    with db.transaction():
        charge.cancel(reference=gone.reference, now=world.now)
    assert code(take(desk.cashier, gone)) == (409, "payment_not_owed")
    odd = world.owe()
    page = world.start(odd)
    Attempt.objects.filter(id=page.id).update(state="review")
    assert code(take(desk.cashier, odd)) == (409, "payment_under_review")


def test_killed_before_the_announcement_upstairs_is_told_by_the_sweep(
    world: World, desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payments import signals

    heard: list[str] = []

    def hear(sender: Any, *, reference: str, **more: Any) -> None:
        heard.append(reference)

    payment = world.owe()
    with monkeypatch.context() as broken:
        broken.setattr("common.jobs.enqueue", lambda *args, **more: None)
        taken(desk.cashier, payment)
    signals.payment_settled.connect(hear)
    try:
        world.later(minutes=2)
        world.sweep()
        announce.announce_payment(payment_id=payment.id, now=world.now)
    finally:
        signals.payment_settled.disconnect(hear)
    assert heard == [payment.reference]
    invariants.check_quiet(world)


def test_a_page_for_several_dues_closes_and_the_others_stay_owed(
    world: World, desk: Counter
) -> None:
    dues = world.owe_to([AGENCY, "so-tu-phap"], factories.citizen().id)
    world.start_checkout(dues)
    taken(desk.cashier, dues[0])
    assert [again(one).state for one in dues] == ["paid", "owed"]
    assert not Attempt.objects.active().exists()


def test_the_settlement_report_names_cash(world: World, desk: Counter) -> None:
    taken(desk.cashier, world.owe(16_000))
    taken(desk.cashier, world.owe(8_000), method="transfer", reference="FT26328000001")
    address = f"{tills.DESK}/settlement-report?from=2026-11-24&to=2026-11-24"
    said = desk.auditor.get(address).json()
    assert [(row["method"], row["collected"]["amount"]) for row in said["methods"]] == [
        ("online", 0),
        ("bank", 8_000),
        ("cash", 16_000),
    ]


def test_a_citizen_sees_the_payment_as_paid(world: World, desk: Counter, cast: Cast) -> None:
    me = str(cast.owner.get("/api/v1/me").json()["id"])
    payment = world.owe(citizen_id=me)
    taken(desk.cashier, payment)

    def shown(api: Api) -> Any:
        return api.get(f"/api/v1/payments/{payment.id}").json()

    assert shown(cast.owner)["state"] == "paid"
    receipt = cast.owner.get(f"/api/v1/payments/{payment.id}/receipt").json()
    assert receipt["method"] == "Tiền mặt tại quầy (mô phỏng)"
