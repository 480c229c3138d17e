"""Paper filed at the counter, its fee paid there in cash, then received: over HTTP."""

from payments.models import Payment, Receipt
from tests.dossiers import office
from tests.dossiers.stories import OFFICE
from tests.dossiers.test_api_dossiers import move
from tests.dossiers.test_counter import CONFIRMATION, PERSON, entered, filed

DESK = "/api/v1/officer"


def take(api, payment_id, amount=8_000):
    return api.post(
        f"{DESK}/payments/{payment_id}/counter-payments",
        {"method": "cash", "amount": amount, "expected_state": "owed"},
    )


def filed_with_a_due(cast):
    dossier = filed(cast.reception, entered(cast, CONFIRMATION)).json()
    assert (dossier["state"]["code"], dossier["fee_open"]) == (1, True)
    return dossier


def timeline(cast, dossier):
    one = cast.reception.get(f"{DESK}/dossiers/{dossier['id']}").json()
    return [event["move"] for event in one["timeline"]]


def test_filed_due_paid_in_cash_received(cast, sign_in, clock, drain):
    dossier = filed_with_a_due(cast)
    refused = move(cast.reception, dossier, "receive", 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_unpaid")
    dues = cast.reception.get(f"{DESK}/dossiers/{dossier['id']}/dues").json()["dues"]
    cashier = sign_in("thu-ngan")
    answer = take(cashier, dues[0]["payment_id"])
    assert answer.status_code == 201, answer.content
    assert answer.json()["dossier_id"] == dossier["id"]
    drain()
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert timeline(cast, dossier) == ["file_at_counter", "payment_settled", "receive"]
    assert Receipt.objects.get().method == "Tiền mặt tại quầy (mô phỏng)"


def test_a_reversal_is_on_the_timeline_and_reception_waits_again(cast, sign_in, clock, drain):
    dossier = filed_with_a_due(cast)
    cashier = sign_in("thu-ngan")
    taken = take(cashier, Payment.objects.get().id).json()
    drain()
    answer = cashier.post(
        f"{DESK}/counter-payments/{taken['attempt_id']}/reversal",
        {"reason": "Ghi nhận nhầm hồ sơ", "amount": 8_000},
    )
    assert answer.status_code == 201, answer.content
    refused = move(cast.reception, dossier, "receive", 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_unpaid")
    assert timeline(cast, dossier) == ["file_at_counter", "payment_settled", "payment_reversed"]
    assert take(cashier, answer.json()["owed_again"]).status_code == 201
    drain()
    assert move(cast.reception, dossier, "receive", 1).status_code == 201


def test_a_dossier_that_ended_owes_nothing_again(cast, sign_in, clock, drain):
    dossier = filed_with_a_due(cast)
    cashier = sign_in("thu-ngan")
    taken = take(cashier, Payment.objects.get().id).json()
    drain()
    ended = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert ended.status_code == 201, ended.content
    answer = cashier.post(
        f"{DESK}/counter-payments/{taken['attempt_id']}/reversal",
        {"reason": "Ghi nhận nhầm hồ sơ", "amount": 8_000},
    )
    assert (answer.status_code, answer.json()["owed_again"]) == (201, None)
    assert Payment.objects.get().state == "cancelled"


def test_a_walk_ins_due_is_not_taken_by_a_cashier_who_is_that_person(cast, sign_in, clock):
    cashier = office.seat(
        sign_in, "thu-ngan-2", ["cashier"], agency=OFFICE, number=PERSON["id_number"]
    )
    filed_with_a_due(cast)
    answer = take(cashier, Payment.objects.get().id)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_own_money")
    assert Payment.objects.get().state == "owed"
