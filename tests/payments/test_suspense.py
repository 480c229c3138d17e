"""Transfers that do not fit: held apart, told truthfully, worked off by the agency's cashier."""

from typing import Any

import pytest

from citizens.actions import demo
from citizens.models import Message, User, VaultAccess
from common import clock as real
from dossiers.actions import seats
from payments import queries
from payments.models import (
    Attempt,
    BankReturn,
    LedgerEntry,
    Payment,
    Receipt,
    SuspenseItem,
    SuspenseMove,
)
from payments.rules import vietqr
from tests.conftest import Api, Cast
from tests.payments.bank import Bank
from tests.payments.factories import World

pytestmark = pytest.mark.django_db

OURS = "ttpvhcc-31135"
ACCOUNT = "DEMOH13022"
THEIRS = "ttpvhcc-31120"
LIST = "/api/v1/officer/suspense"
WHY = "Đã đối chiếu với người nộp"


class Desk:
    """The people around an agency's money, and the words of a decision."""

    def __init__(self, bank: Bank, world: World, cast: Cast, sign_in: Any) -> None:
        self.bank, self.world, self.cast = bank, world, cast
        for who, agency, role in (
            ("thu-ngan", OURS, "cashier"),
            ("tu-phap", THEIRS, "cashier"),
            ("quan-tri", OURS, "auditor"),
        ):
            seats.take(
                user_id=demo.user_id_of(who),
                agency_key=agency,
                title="Cán bộ",
                roles=[role],
                now=real.now(),
            )
        self.cashier: Api = sign_in("thu-ngan")
        self.foreign: Api = sign_in("tu-phap")
        self.auditor: Api = sign_in("quan-tri")
        self.me = User.objects.get(id=cast.owner.get("/api/v1/me").json()["id"])

    def due(self, amount_vnd: int = 16_000, **given: Any) -> tuple[Payment, Attempt]:
        given = {"citizen_id": self.me.id, "agency_code": OURS, **given}
        return self.bank.owe_and_start(amount_vnd, **given)

    def came(self, attempt: Attempt, **given: Any) -> dict[str, Any]:
        return self._of(self.bank.paid(attempt, **given))

    def stray(self, amount: int = 16_000, text: str = "nop le phi", **given: Any) -> dict[str, Any]:
        line = self.bank.come(**{"account": ACCOUNT, "amount": amount, "text": text, **given})
        self.bank.deliver(line)
        return self._of(line)

    def _of(self, line: dict[str, Any]) -> dict[str, Any]:
        [found] = [one for one in self.items() if one["transfer"]["transaction_id"] == line["id"]]
        return found

    def items(self, query: str = "", api: Api | None = None) -> list[dict[str, Any]]:
        answer = (api or self.cashier).get(f"{LIST}{query}")
        assert answer.status_code == 200, answer.content
        return list(answer.json()["items"])

    def move(self, item: dict[str, Any], move: str, api: Api | None = None, **given: Any) -> Any:
        key = given.pop("key", "")
        body = {
            "move": move,
            "expected_state": item["state"],
            "amount_believed": item["left"]["amount"],
            "reason": WHY,
            **given,
        }
        return (api or self.cashier).post(f"{LIST}/{item['id']}/moves", body, key=key)

    def told(self) -> list[tuple[str, str]]:
        rows = Message.objects.filter(user=self.me).order_by("created_at", "id")
        return [(one.title_vi, one.body_vi) for one in rows]


@pytest.fixture
def desk(bank: Bank, world: World, cast: Cast, sign_in: Any) -> Desk:
    return Desk(bank, world, cast, sign_in)


def _shown(payment: Payment) -> str:
    return queries.shown(queries.payments_of(payment.citizen_id).get(id=payment.id)).value


def _sums(item: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("left", "allotted", "returning", "returned")
    left, allotted, returning, returned = (item[name]["amount"] for name in names)
    return left, allotted, returning, returned


# --- what does not fit --------------------------------------------------------------------------


def test_too_little_is_told_as_it_is_and_never_as_failed(desk: Desk) -> None:
    payment, attempt = desk.due()
    item = desk.came(attempt, amount=10_000)
    payment.refresh_from_db()
    assert (attempt.state, payment.state, _shown(payment)) == ("review", "owed", "review")
    seen = desk.cast.owner.get(f"/api/v1/payments/{payment.id}").json()
    assert (seen["state"], seen["can_pay"]) == ("review", False)
    assert seen["attempt"]["transfer"]["arrived"] == {"amount": 10_000, "currency": "VND"}
    [(title, body)] = desk.told()
    assert title == "Đã nhận 10.000 đồng, đang được đối soát"
    assert "khoản phải nộp là 16.000 đồng, còn thiếu" in body
    assert not [word for word in ("thất bại", "không thành công") if word in body]
    again = desk.cast.owner.post(f"/api/v1/payments/{payment.id}/attempts")
    assert (again.status_code, again.json()["code"]) == (409, "payment_under_review")
    assert item == {
        "id": item["id"],
        "source": "bank",
        "reason": "amount_differs",
        "state": "open",
        "received": {"amount": 10_000, "currency": "VND"},
        "left": {"amount": 10_000, "currency": "VND"},
        "allotted": {"amount": 0, "currency": "VND"},
        "returning": {"amount": 0, "currency": "VND"},
        "returned": {"amount": 0, "currency": "VND"},
        "payment": {
            "id": payment.id,
            "reference": payment.reference,
            "title": payment.title,
            "state": "owed",
            "amount": {"amount": 16_000, "currency": "VND"},
        },
        "transfer": {
            "transaction_id": attempt.intent_id,
            "account": ACCOUNT,
            "text": f"MBVCB.5512.le phi {attempt.session_id.lower()}.CT tu 0011",
            "sender_name": "NGUYEN VAN MAU",
            "sender_account": "…3333",
            "made_at": "2026-11-24T10:00:00+07:00",
        },
        "age_days": 0,
        "created_at": "2026-11-24T10:00:00+07:00",
        "closed_at": None,
    }


def test_too_much_is_held_whole(desk: Desk) -> None:
    payment, attempt = desk.due()
    item = desk.came(attempt, amount=20_000)
    assert (item["reason"], _sums(item)) == ("amount_differs", (20_000, 0, 0, 0))
    assert (attempt.state, _shown(payment)) == ("review", "review")
    assert not Receipt.objects.exists()
    assert "đã thừa" in desk.told()[0][1]


def test_a_second_transfer_under_a_paid_reference_leaves_the_payment_paid(desk: Desk) -> None:
    payment, attempt = desk.due()
    desk.bank.paid(attempt)
    item = desk.came(attempt)
    payment.refresh_from_db()
    assert (attempt.state, payment.state) == ("paid", "paid")
    assert (item["reason"], _sums(item)) == ("second_transfer", (16_000, 0, 0, 0))
    assert attempt.settlement_id == attempt.intent_id != item["transfer"]["transaction_id"]
    assert Receipt.objects.count() == 1
    assert desk.bank.debits == []  # no rule sends a transfer back


def test_money_for_what_was_paid_by_card_meanwhile(desk: Desk) -> None:
    payment, attempt = desk.due()
    Attempt.objects.filter(id=attempt.id).update(state="expired", next_check_at=None)
    desk.world.pay(payment)
    item = desk.came(attempt)
    assert (item["reason"], attempt.state) == ("paid_twice", "review")
    assert _shown(payment) == "paid"


def test_money_after_the_due_was_cancelled(desk: Desk) -> None:
    from common import db
    from payments.actions import charge

    payment, attempt = desk.due()
    with db.transaction():
        charge.cancel(reference=payment.reference, now=desk.world.now)
    desk.world.drain()
    attempt.refresh_from_db()
    assert attempt.state == "cancelled"
    item = desk.came(attempt)
    assert (item["reason"], attempt.state) == ("paid_after_cancel", "review")
    assert desk.bank.debits == []


def test_money_to_another_agencys_account_is_worked_off_there(desk: Desk) -> None:
    payment, attempt = desk.due()
    desk.bank.paid(attempt, account="DEMOH13019")
    assert (attempt.state, _shown(payment)) == ("review", "review")
    assert desk.items() == []
    [item] = desk.items(api=desk.foreign)
    assert item["reason"] == "wrong_account"
    refused = desk.move(item, "allot", desk.foreign, payment_id=payment.id)
    assert refused.status_code == 404  # the due is the other agency's
    assert desk.move(item, "give_back", desk.foreign).status_code == 201
    desk.world.drain()
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("resolved", "owed")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nop le phi", "no_reference"),
        ("", "no_reference"),
        (vietqr.reference("never given out"), "unknown_reference"),
        (vietqr.reference("a") + vietqr.reference("b"), "several_references"),
        (vietqr.reference("a")[:-1] + "0", "no_reference"),
    ],
)
def test_a_text_that_names_nothing(desk: Desk, text: str, reason: str) -> None:
    item = desk.stray(text=text)
    assert (item["reason"], item["payment"], item["state"]) == (reason, None, "open")
    assert LedgerEntry.objects.get().credit_account == f"suspense:{OURS}"
    assert desk.told() == []


def test_an_account_that_no_table_names_is_the_citys_centres(desk: Desk) -> None:
    desk.bank.deliver(desk.bank.come(account="9999", amount=1_000, text="?"))
    assert desk.items() == []
    assert SuspenseItem.objects.get().agency_code == "ttpvhcc"


# --- giving back --------------------------------------------------------------------------------


def test_given_back_whole_and_the_due_can_be_paid_anew(desk: Desk) -> None:
    payment, attempt = desk.due()
    item = desk.came(attempt, amount=10_000, sender="4455")
    answer = desk.move(item, "give_back")
    assert answer.status_code == 201, answer.content
    after = answer.json()
    assert (after["state"], _sums(after)) == ("returning", (0, 0, 10_000, 0))
    [move] = after["moves"]
    assert move == {
        "kind": "give_back",
        "amount": {"amount": 10_000, "currency": "VND"},
        "payment_id": None,
        "sent_back": "requested",
        "reason": WHY,
        "officer": move["officer"],
        "officer_id": demo.user_id_of("thu-ngan"),
        "at": "2026-11-24T10:00:00+07:00",
    }
    assert move["officer"].startswith("Cán bộ, ")
    assert _shown(payment) == "review"  # not payable while the first money is on its way
    desk.world.drain()
    done = desk.cashier.get(f"{LIST}/{item['id']}").json()
    assert (done["state"], _sums(done)) == ("closed", (0, 0, 0, 10_000))
    assert (done["moves"][0]["sent_back"], done["closed_at"]) == ("succeeded", done["created_at"])
    assert desk.bank.debits == [("4455", 10_000)]
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("resolved", "owed")
    assert {title for title, _ in desk.told()} == {
        "Đã nhận 10.000 đồng, đang được đối soát",
        "Đang hoàn lại 10.000 đồng",
        "Đã hoàn lại 10.000 đồng",
    }
    fresh = desk.world.start(payment, method="bank_transfer")
    assert fresh.session_id != attempt.session_id
    desk.bank.paid(fresh)
    assert _shown(payment) == "paid"


def test_a_part_goes_back_and_the_rest_is_still_before_the_officer(desk: Desk) -> None:
    _, attempt = desk.due()
    item = desk.came(attempt, amount=20_000)
    after = desk.move(item, "give_back", amount=4_000).json()
    assert (after["state"], _sums(after)) == ("open", (16_000, 0, 4_000, 0))
    stale = desk.move(item, "give_back")
    assert (stale.status_code, stale.json()["code"]) == (412, "suspense_amount_stale")
    assert stale.json()["left_vnd"] == 16_000
    large = desk.move(after, "give_back", amount=16_001)
    assert (large.status_code, large.json()["code"]) == (409, "suspense_too_large")
    desk.world.drain()


def test_s17_s18_a_lost_answer_sends_back_once(desk: Desk) -> None:
    for fault in ("drop_after", "error_after", "drop_before", "html"):
        item = desk.stray()
        desk.bank.fault(fault, "/v1/transfers")
        assert desk.move(item, "give_back").status_code == 201
        with pytest.raises(Exception, match="v1/transfers"):
            desk.world.drain()
        assert BankReturn.objects.get(item_id=item["id"]).state == "unknown"
        desk.world.drain_forgotten()
        desk.world.later(seconds=70)
        assert desk.world.sweep().returns == 1
        assert BankReturn.objects.get(item_id=item["id"]).state == "succeeded"
    assert desk.bank.debits == [("0000111122223333", 16_000)] * 4


def test_the_order_to_the_bank_is_found_again_when_its_job_was_lost(desk: Desk) -> None:
    desk.move(desk.stray(), "give_back")
    desk.world.drain_forgotten()
    assert desk.world.sweep().returns == 0  # the queue's own try comes first
    desk.world.later(minutes=2)
    assert desk.world.sweep().returns == 1
    assert desk.items()[0]["state"] == "closed"


def test_a_transfer_back_that_fails_is_before_the_officer_again(desk: Desk) -> None:
    desk.bank.mock.bank.next_outcomes = ["failed", "pending"]
    item = desk.stray()
    desk.move(item, "give_back")
    desk.world.drain()
    again = desk.cashier.get(f"{LIST}/{item['id']}").json()
    assert (again["state"], _sums(again)) == ("open", (16_000, 0, 0, 0))
    assert again["moves"][0]["sent_back"] == "failed"
    assert desk.bank.debits == []
    desk.move(again, "give_back")
    desk.world.drain()
    waiting = BankReturn.objects.get(state="pending")
    desk.bank.mock.bank.settle(waiting.bank_key, "done")
    desk.world.later(minutes=3)
    desk.world.sweep()
    assert desk.items()[0]["state"] == "closed"


def test_a_bank_that_names_another_sum_is_not_believed(desk: Desk) -> None:
    item = desk.stray()
    desk.bank.mock.bank.next_outcomes = ["pending"]
    desk.move(item, "give_back")
    desk.world.drain()
    [order] = desk.bank.mock.bank.transfers.values()
    order["order"]["amount"] = 1
    desk.world.later(seconds=70)
    desk.world.sweep()
    found = BankReturn.objects.get()
    assert (found.state, found.failure_code) == ("pending", "amount_differs")
    order["order"]["amount"] = 16_000
    desk.bank.mock.bank.settle(found.bank_key, "done")
    desk.world.later(seconds=130)
    desk.world.sweep()
    assert desk.items()[0]["state"] == "closed"


# --- allotting ----------------------------------------------------------------------------------


def test_a_stray_transfer_pays_a_due_of_the_agency(desk: Desk) -> None:
    payment, attempt = desk.due()
    item = desk.stray()
    answer = desk.move(item, "allot", payment_id=payment.id)
    assert answer.status_code == 201, answer.content
    after = answer.json()
    assert (after["state"], _sums(after)) == ("closed", (0, 16_000, 0, 0))
    assert after["moves"][0]["payment_id"] == payment.id
    assert _shown(payment) == "paid"
    paid = Attempt.objects.get(payment=payment, state="paid")
    assert paid.intent_id.startswith(f"{item['transfer']['transaction_id']}/alt_")
    capture = LedgerEntry.objects.get(key=f"capture:vietqr:{paid.intent_id}")
    assert (capture.debit_account, capture.credit_account) == (
        f"suspense:{OURS}",
        f"fee_revenue:{OURS}",
    )
    assert Receipt.objects.get(payment=payment).total_vnd == 16_000
    desk.world.drain()
    payment.refresh_from_db()
    assert payment.announced_at is not None
    attempt.refresh_from_db()
    assert attempt.state == "cancelled"  # its own code is closed
    assert [title for title, _ in desk.told()] == ["Khoản nộp đã được ghi nhận"]
    # What was allotted can be refunded to whoever sent it.
    made = desk.world.refund(payment, 16_000)
    desk.world.drain()
    made.refresh_from_db()
    assert (made.state, desk.bank.debits) == ("succeeded", [("0000111122223333", 16_000)])


def test_a_surplus_stays_for_giving_back(desk: Desk) -> None:
    payment, attempt = desk.due()
    item = desk.came(attempt, amount=20_000)
    after = desk.move(item, "allot", payment_id=payment.id).json()
    assert (after["state"], _sums(after)) == ("open", (4_000, 16_000, 0, 0))
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("paid", "paid")
    assert desk.move(after, "give_back").status_code == 201
    desk.world.drain()
    assert desk.items()[0]["state"] == "closed"
    assert desk.bank.debits == [("0000111122223333", 4_000)]
    attempt.refresh_from_db()
    assert attempt.state == "paid"


def test_two_transfers_make_the_sum_together(desk: Desk) -> None:
    payment, attempt = desk.due()
    first = desk.came(attempt, amount=10_000)
    second = desk.came(attempt, amount=6_000)
    assert (second["reason"], attempt.state) == ("second_transfer", "review")
    seen = desk.cast.owner.get(f"/api/v1/payments/{payment.id}").json()
    assert seen["attempt"]["transfer"]["arrived"]["amount"] == 16_000
    alone = desk.move(first, "allot", payment_id=payment.id)
    assert (alone.status_code, alone.json()["code"]) == (409, "suspense_not_the_sum")
    assert (alone.json()["owed_vnd"], alone.json()["have_vnd"]) == (16_000, 10_000)
    both = {"payment_id": payment.id, "together_with": [second["id"]], "amount_believed": 16_000}
    answer = desk.move(first, "allot", **both)
    assert answer.status_code == 201, answer.content
    assert {one["state"] for one in desk.items()} == {"closed"}
    assert SuspenseMove.objects.filter(kind="allot").count() == 2
    captures = LedgerEntry.objects.filter(key__startswith="capture:")
    assert captures.get().amount_vnd == 16_000
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("paid", "paid")
    desk.world.drain()


def test_more_transfers_than_needed_are_refused(desk: Desk) -> None:
    payment, _ = desk.due()
    first, second = desk.stray(16_000), desk.stray(5_000)
    both = {"payment_id": payment.id, "together_with": [second["id"]], "amount_believed": 21_000}
    assert desk.move(first, "allot", **both).json()["code"] == "suspense_not_the_sum"
    twice = {**both, "together_with": [first["id"]], "amount_believed": 32_000}
    assert desk.move(first, "allot", **twice).status_code == 404


def test_only_what_is_owed_at_this_agency_is_paid_so(desk: Desk) -> None:
    item = desk.stray()
    elsewhere, _ = desk.due(agency_code=THEIRS)
    assert desk.move(item, "allot", payment_id=elsewhere.id).status_code == 404
    assert desk.move(item, "allot", payment_id="pay_none").status_code == 404
    paid, attempt = desk.due()
    desk.bank.paid(attempt)
    answer = desk.move(item, "allot", payment_id=paid.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_owed")
    assert desk.items()[0] == item


def test_allotted_elsewhere_the_try_is_over_and_its_due_still_owed(desk: Desk) -> None:
    payment, attempt = desk.due(16_000)
    other, _ = desk.due(10_000)
    item = desk.came(attempt, amount=10_000)
    assert desk.move(item, "allot", payment_id=other.id).status_code == 201
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment), _shown(other)) == ("resolved", "owed", "paid")
    desk.world.drain()


def test_kept_with_a_note_it_stays_to_be_decided(desk: Desk) -> None:
    item = desk.stray()
    kept = desk.move(item, "keep").json()
    assert (kept["state"], _sums(kept)) == ("kept", (16_000, 0, 0, 0))
    assert desk.move(item, "give_back").json()["code"] == "suspense_moved"  # it was open then
    refused = desk.move(kept, "close")
    assert (refused.status_code, refused.json()["code"]) == (409, "suspense_holds_money")
    assert desk.move(kept, "give_back").json()["state"] == "returning"
    desk.world.drain()
    closed = desk.cashier.get(f"{LIST}/{item['id']}").json()
    assert [one["kind"] for one in closed["moves"]] == ["keep", "give_back"]
    assert desk.move(closed, "keep").json()["code"] == "suspense_moved"


def test_a_repeated_decision_is_one(desk: Desk) -> None:
    item = desk.stray()
    answers = [desk.move(item, "give_back", key="one-decision-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert SuspenseMove.objects.count() == BankReturn.objects.count() == 1
    desk.world.drain()


@pytest.mark.parametrize(
    "body",
    [
        {"reason": ""},
        {"reason": "quá ngắn"},
        {"reason": "x" * 501},
        {"amount_believed": -1},
        {"move": "lose"},
        {"amount": 0},
        {"payment_id": "pay_x"},
        {"move": "allot"},
        {"move": "keep", "amount": 1},
        {"more": 1},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    item = desk.stray()
    answer = desk.move(item, body.pop("move", "give_back"), **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert desk.items() == [item]
    assert not VaultAccess.objects.exists()
