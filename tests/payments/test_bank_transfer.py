"""Paying by bank transfer: the code, the notice, the statement, the booking, once."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from citizens.models import Message, User
from payments import queries
from payments.actions import charge, settle, transfers
from payments.models import (
    Attempt,
    BankAccount,
    BankCredit,
    EventOutcome,
    LedgerEntry,
    Payment,
    ProviderEvent,
    Receipt,
    SuspenseItem,
)
from payments.providers import base, registry
from payments.rules import vietqr
from tests.conftest import Api, Cast
from tests.payments.bank import ACCOUNT, SECRET, Bank, signature
from tests.payments.factories import AGENCY, World, together

pytestmark = pytest.mark.django_db


def _ledger(payment: Payment) -> list[tuple[str, str, int]]:
    rows = LedgerEntry.objects.filter(payment=payment).order_by("id")
    return list(rows.values_list("debit_account", "credit_account", "amount_vnd"))


def _told(payment: Payment) -> str:
    return queries.shown(queries.payments_of(payment.citizen_id).get(id=payment.id)).value


def _items() -> list[tuple[str, str, int]]:
    rows = SuspenseItem.objects.order_by("created_at", "id")
    return list(rows.values_list("reason", "state", "received_vnd"))


# --- what the payer sees ------------------------------------------------------------------------


def test_a_transfer_from_the_code_to_the_receipt_as_the_app_sees_it(
    bank: Bank, world: World, cast: Cast
) -> None:
    me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])
    due = world.owe(16_000, citizen_id=me.id)
    url = f"/api/v1/payments/{due.id}"
    started = cast.owner.post(f"{url}/attempts", {"method": "bank_transfer"}, key="one-tap-0001")
    assert started.status_code == 201, started.content
    attempt = started.json()
    told = dict(attempt["transfer"])
    reference = Attempt.objects.get(id=attempt["id"]).session_id
    assert vietqr.is_reference(reference)
    payload = told.pop("payload")
    picture = told.pop("qr")
    assert told == {
        "bank_name": "Ngân hàng mô phỏng",
        "bank_bin": "000000",
        "account": ACCOUNT,
        "account_name": BankAccount.objects.get(agency_code=AGENCY).holder,
        "is_demo": True,
        "amount": {"amount": 16_000, "currency": "VND"},
        "reference": reference,
        "text": f"LE PHI {reference}",
        "arrived": {"amount": 0, "currency": "VND"},
    }
    assert vietqr.parse(payload) == vietqr.Transfer("000000", ACCOUNT, 16_000, told["text"])
    head, _, drawn = picture.partition(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(drawn).startswith(b"<svg")
    assert (attempt["provider"], attempt["state"]) == ("vietqr", "pending")
    assert attempt["checkout_url"] is None
    assert started.headers["Retry-After"] == "3"
    again = cast.owner.post(f"{url}/attempts", {"method": "bank_transfer"}, key="one-tap-0001")
    assert again.json() == started.json()
    other = cast.owner.post(f"{url}/attempts", {"method": "bank_transfer"}).json()
    assert other["id"] == attempt["id"]  # another device sees the same code
    assert cast.owner.get(url).json()["attempt"]["transfer"]["payload"] == payload

    bank.paid(Attempt.objects.get(id=attempt["id"]))

    paid = cast.owner.get(url).json()
    assert (paid["state"], paid["has_receipt"]) == ("paid", True)
    assert paid["attempt"]["transfer"]["payload"] is None
    assert paid["attempt"]["transfer"]["qr"] is None
    assert paid["attempt"]["transfer"]["arrived"] == {"amount": 16_000, "currency": "VND"}
    receipt = cast.owner.get(f"{url}/receipt").json()
    assert receipt["method"] == "Chuyển khoản ngân hàng (mô phỏng)"
    assert cast.owner.get(f"{url}/receipt.pdf").status_code == 200
    for api, status in ((cast.stranger, 404), (cast.handler, 403), (cast.anonymous, 401)):
        assert api.get(f"{url}/attempts/{attempt['id']}").status_code == status


def test_the_list_of_payments_asks_as_often_for_one_as_for_many(
    bank: Bank, world: World, cast: Cast, count_queries: Any
) -> None:
    me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])
    counted = []
    for more in (1, 4):
        for _ in range(more):
            bank.owe_and_start(citizen_id=me.id)
        with count_queries() as seen:
            page = cast.owner.get("/api/v1/payments").json()["items"]
        counted.append(len(seen))
        assert all(one["attempt"]["transfer"]["payload"] for one in page)
    assert len(page) == 5
    assert counted[0] == counted[1]


def test_an_agency_without_an_account_takes_no_transfer(bank: Bank, world: World) -> None:
    payment = world.owe(agency_code="ubnd-none")
    with pytest.raises(charge.PaymentNotPossible) as refusal:
        world.start(payment, method="bank_transfer")
    assert refusal.value.params == {"reason": "agency_has_no_account"}
    assert not Attempt.objects.exists()


def test_accounts_are_imported_again_and_an_open_code_stays_what_it_was(
    bank: Bank, world: World
) -> None:
    payment, attempt = bank.owe_and_start()
    row = transfers.BankAccountRow(
        AGENCY, "Kho bạc", "H13.020", bank_bin="970415", bank_name="Một ngân hàng", number="1133"
    )
    assert transfers.import_accounts(rows=[row], now=world.now) == 1
    kept = BankAccount.objects.get(agency_code=AGENCY)
    assert (kept.number, kept.is_demo) == ("1133", False)
    attempt.transfer.refresh_from_db()
    assert vietqr.parse(attempt.transfer.payload).account == ACCOUNT
    bank.paid(attempt)
    payment.refresh_from_db()
    assert payment.state == "paid"


# --- exact money --------------------------------------------------------------------------------


def test_exact_money_pays_by_one_posting_and_one_receipt(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    line = bank.paid(attempt)
    assert (attempt.state, attempt.intent_id, attempt.received_vnd) == ("paid", line["id"], 16_000)
    assert _ledger(payment) == [(f"bank:{ACCOUNT}", f"fee_revenue:{AGENCY}", 16_000)]
    assert LedgerEntry.objects.get(payment=payment).key == f"capture:vietqr:{line['id']}"
    assert Receipt.objects.get(payment=payment).provider_reference == line["id"]
    assert _told(payment) == "paid"
    assert not SuspenseItem.objects.exists()
    credit = BankCredit.objects.get()
    assert (credit.attempt_id, credit.amount_vnd) == (attempt.id, 16_000)


@pytest.mark.parametrize(
    "text",
    [
        "{lower}",
        "MBVCB.123456.{reference}.CT tu 0123456789 NGUYEN VAN MAU toi DEMO",
        "chuyen tien {broken}",
        "{reference} {reference}",
        "{reference}FT26328000111",
    ],
)
def test_a_reference_is_found_amid_what_banks_add(bank: Bank, text: str) -> None:
    payment, attempt = bank.owe_and_start()
    made = attempt.session_id
    filled = text.format(reference=made, lower=made.lower(), broken=f"{made[:8]}\n{made[8:]}")
    bank.paid(attempt, text=filled)
    payment.refresh_from_db()
    assert payment.state == "paid"


@pytest.mark.django_db(transaction=True)
def test_s21_fifty_notices_at_once_are_one_posting(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    line = bank.scan(attempt)
    answers = together(8, lambda _: [bank.post(line).status_code for _ in range(6)])
    assert answers == [[200] * 6] * 8
    event = ProviderEvent.objects.get()
    results = together(8, lambda _: settle.apply_event(event_id=str(event.pk), now=world.now))
    assert results == [None] * 8
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert len(_ledger(payment)) == 1
    assert Receipt.objects.count() == 1


def test_a_lost_notice_is_made_up_for_by_the_statement(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    bank.scan(attempt)
    assert not ProviderEvent.objects.exists()
    world.later(minutes=3)
    assert world.sweep().caught_up == 1
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert ProviderEvent.objects.get().source == "catch_up"
    assert world.sweep().caught_up == 0


def test_a_line_entered_late_with_an_earlier_time_is_found(bank: Bank, world: World) -> None:
    early = (world.now - timedelta(hours=9)).isoformat()
    payment, attempt = bank.owe_and_start()
    other, second = bank.owe_and_start()
    bank.paid(second)
    bank.scan(attempt, made_at=early)
    world.later(minutes=3)
    world.sweep()
    for one in (payment, other):
        one.refresh_from_db()
        assert one.state == "paid"


def test_asking_about_one_try_books_what_the_statement_shows(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    line = bank.scan(attempt)
    assert settle.ask(attempt_id=attempt.id, now=world.now) == "paid"
    bank.deliver(line)  # the notice comes after all
    assert len(_ledger(payment)) == 1


# --- notices are not believed -------------------------------------------------------------------


def test_a_notice_is_kept_as_it_came_and_the_statement_is_booked(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    line = bank.scan(attempt, amount=9_000)
    claimed = {**line, "amount": 16_000}
    bank.deliver(claimed)
    payment.refresh_from_db()
    assert payment.state == "owed"
    assert BankCredit.objects.get().amount_vnd == 9_000
    assert '"amount": 16000' in ProviderEvent.objects.get().raw


def test_a_notice_before_its_line_waits_and_without_one_is_left(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    line = bank.scan(attempt)
    bank.mock.bank.lines.remove(line)
    assert bank.post(line).status_code == 200
    event = ProviderEvent.objects.get()
    with pytest.raises(base.Unanswered):
        settle.apply_event(event_id=str(event.pk), now=world.now)
    assert EventOutcome.objects.get().state == "pending"
    bank.mock.bank.lines.append(line)
    settle.apply_event(event_id=str(event.pk), now=world.now)
    payment.refresh_from_db()
    assert payment.state == "paid"
    never = {**line, "id": "FTNEVER"}
    assert bank.post(never).status_code == 200
    event = ProviderEvent.objects.get(event_id="FTNEVER")
    settle.apply_event(event_id=str(event.pk), now=world.now + timedelta(days=1, minutes=1))
    outcome = EventOutcome.objects.get(event=event)
    assert (outcome.state, outcome.note) == ("ignored", "not_on_the_statement")
    world.drain_forgotten()


@pytest.mark.parametrize(
    "given",
    [
        {"secret": "another"},
        {"headers": {"X-Bank-Signature": ""}},
        {"headers": {"X-Bank-Signature": "v1=é"}},
        {"headers": {"X-Bank-Signature": "v1=" + "0" * 64}},
        {"headers": {"X-Bank-Timestamp": "yesterday"}},
        {"headers": {"X-Bank-Timestamp": "1"}},
        {"headers": {"X-Bank-Timestamp": ""}},
        {"raw": b"[]"},
        {"raw": b"{}"},
        {"raw": b"\xff"},
        {"raw": b'{"kind": "credit", "id": "../x", "made_at": "2026-11-24T10:00:00+07:00"}'},
        {"raw": b'{"kind": "credit", "id": "FT1", "made_at": "2026-11-24T10:00:00"}'},
    ],
)
def test_s23_a_forged_notice_leaves_no_trace(
    bank: Bank, world: World, given: dict[str, Any]
) -> None:
    _, attempt = bank.owe_and_start()
    line = bank.scan(attempt)
    answer = bank.post(line, **given)
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")
    assert not ProviderEvent.objects.exists()
    bank.deliver(line)


def test_s24_s37_a_stamp_holds_for_five_minutes_either_way(bank: Bank, world: World) -> None:
    _, attempt = bank.owe_and_start()
    line = bank.scan(attempt)
    now = int(world.now.timestamp())
    for stamp, status in ((now - 301, 400), (now + 301, 400), (now - 299, 200), (now + 299, 200)):
        assert bank.post(line, stamp=stamp).status_code == status
    assert bank.post(line).json() == {"received": True, "duplicate": True}  # S25
    world.drain()


def test_s26_either_secret_signs_while_they_change(bank: Bank, world: World, settings: Any) -> None:
    settings.BANK_NOTICE_SECRETS = ["the_new_one", SECRET]
    _, attempt = bank.owe_and_start()
    bank.deliver(bank.scan(attempt))
    other = bank.scan(bank.owe_and_start()[1])
    assert bank.post(other, secret="the_new_one").status_code == 200
    raw, now = b"x", int(world.now.timestamp())
    assert signature(raw, now) != signature(raw, now, "the_new_one")
    world.drain()


def test_a_notice_of_money_that_left_changes_nothing(bank: Bank, world: World) -> None:
    line = {
        "id": "FT0001",
        "kind": "debit",
        "made_at": "2026-11-24T10:00:00+07:00",
    }
    bank.deliver(line)
    assert EventOutcome.objects.get().note == "kind_of_no_consequence"


# --- the port -----------------------------------------------------------------------------------


def test_the_bank_does_not_answer_and_nothing_is_believed(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    for action in ("drop_before", "drop_after", "error_after", "html"):
        bank.fault(action)
        with pytest.raises(base.Unanswered):
            settle.ask(attempt_id=attempt.id, now=world.now)
        attempt.refresh_from_db()
        assert attempt.state == "open"
    assert _told(payment) == "pending"


def test_a_code_that_nobody_paid_expires_and_late_money_still_pays(
    bank: Bank, world: World
) -> None:
    payment, attempt = bank.owe_and_start()
    world.later(hours=2)
    world.sweep()
    attempt.refresh_from_db()
    assert (attempt.state, _told(payment)) == ("expired", "expired")
    bank.paid(attempt)
    payment.refresh_from_db()
    assert (attempt.state, payment.state) == ("paid", "paid")


def test_the_statement_of_a_day_is_the_day_in_can_tho(bank: Bank, world: World) -> None:
    for made_at in (
        "2026-11-23T23:59:59+07:00",
        "2026-11-24T00:00:00+07:00",
        "2026-11-24T23:59:59+07:00",
        "2026-11-24T17:00:00+00:00",
    ):
        bank.come(account=ACCOUNT, amount=1_000, text="x", made_at=made_at)
    lines = registry.bank().list_settlement(world.now.date())
    assert [line.made_at.isoformat() for line in lines] == [
        "2026-11-23T17:00:00+00:00",
        "2026-11-24T16:59:59+00:00",
    ]
    assert [(line.kind, line.net_vnd) for line in lines] == [("charge", 1_000)] * 2
    bank.mock.reset()


def test_a_statement_of_several_pages_is_read_to_its_end(bank: Bank, world: World) -> None:
    for number in range(205):
        bank.come(account=ACCOUNT, amount=1_000 + number, text="x")
    assert len(registry.bank().list_settlement(world.now.date())) == 205
    bank.mock.reset()


def test_a_wrong_token_is_said_to_be_one(bank: Bank, world: World, settings: Any) -> None:
    settings.BANK_TOKEN = "wrong"
    with pytest.raises(base.Refused) as refusal:
        registry.bank().credit("FT1")
    assert refusal.value.status == 401


# --- a refund of a fee --------------------------------------------------------------------------


def test_a_fee_paid_by_transfer_goes_back_to_whoever_sent_it(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start()
    bank.paid(attempt, sender="9988776655")
    bank.fault("drop_after", "/v1/transfers")
    made = world.refund(payment, 6_000)
    with pytest.raises(base.Unanswered):
        world.drain()
    made.refresh_from_db()
    assert made.state == "unknown"
    world.later(minutes=3)
    world.drain_forgotten()
    world.sweep()
    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.state, payment.refunded_vnd) == ("succeeded", 6_000)
    assert bank.debits == [("9988776655", 6_000)]
    rows = LedgerEntry.objects.filter(refund=made).order_by("id")
    assert list(rows.values_list("debit_account", "credit_account")) == [
        (f"fee_revenue:{AGENCY}", f"refund_payable:{AGENCY}"),
        (f"refund_payable:{AGENCY}", f"bank:{ACCOUNT}"),
    ]


def test_the_seeds_give_every_agency_an_evident_demonstration(db: None) -> None:
    rows = BankAccount.objects.order_by("agency_code")
    assert rows.count() > 300
    assert all(row.is_demo and row.bank_bin == "000000" for row in rows)
    assert all(row.number.startswith("DEMO") for row in rows)


def test_the_key_decides_the_reference_and_nothing_personal_is_in_it(bank: Bank) -> None:
    _, attempt = bank.owe_and_start()
    assert attempt.session_id == vietqr.reference(attempt.provider_key)
    assert attempt.payment_id not in attempt.transfer.payload
    assert hashlib.sha256(attempt.provider_key.encode()).hexdigest() not in attempt.session_id
    assert not Message.objects.exists()


def test_nobody_is_offered_a_transfer_that_the_settings_do_not_name(
    world: World, cast: Cast
) -> None:
    me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])
    due = world.owe(16_000, citizen_id=me.id)
    api: Api = cast.owner
    answer = api.post(f"/api/v1/payments/{due.id}/attempts", {"method": "bank_transfer"})
    assert (answer.status_code, answer.json()["code"]) == (422, "payment_method_unknown")


# --- another way after all ----------------------------------------------------------------------


def test_asking_for_a_card_closes_the_code_and_late_money_is_held(bank: Bank, world: World) -> None:
    payment, code = bank.owe_and_start()
    card = world.start(payment, method="card")
    code.refresh_from_db()
    assert (code.state, card.state, card.provider) == ("cancelled", "open", "stripe")
    assert world.start(payment).id == card.id  # no way named: what is open
    world.provider.press(card.session_id)
    world.deliver()
    payment.refresh_from_db()
    assert payment.state == "paid"
    bank.paid(code)
    assert _items() == [("paid_twice", "open", 16_000)]


def test_asking_for_a_code_closes_the_cards_page(bank: Bank, world: World) -> None:
    payment = world.owe()
    card = world.start(payment)
    code = world.start(payment, method="bank_transfer")
    assert world.provider.get(card.session_id)["status"] == "expired"
    card.refresh_from_db()
    assert (card.state, code.provider) == ("cancelled", "vietqr")
    bank.paid(code)
    payment.refresh_from_db()
    assert payment.state == "paid"


def test_money_that_came_before_the_other_way_was_asked_for_pays(bank: Bank, world: World) -> None:
    payment, code = bank.owe_and_start()
    bank.scan(code)
    with pytest.raises(charge.PaymentNotOwed):
        world.start(payment, method="card")
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert Attempt.objects.count() == 1


def test_the_code_stays_while_the_bank_cannot_say_whether_it_was_paid(
    bank: Bank, world: World
) -> None:
    payment, code = bank.owe_and_start()
    bank.fault("drop_before")
    with pytest.raises(charge.ProviderUnreachable):
        world.start(payment, "key-of-one-tap", method="card")
    code.refresh_from_db()
    assert (code.state, code.closing) == ("open", True)
    assert world.start(payment, "key-of-one-tap", method="card").provider == "stripe"
