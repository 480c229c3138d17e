"""Steps of cashiers that several tests tell."""

from typing import Any

import pytest

from citizens import queries as citizens
from citizens.models import User
from payments.actions import counter
from payments.models import Attempt, Payment
from tests.conftest import Api, Cast
from tests.payments.factories import AGENCY, World
from tests.payments.test_api_books import Desk

DESK = "/api/v1/officer"
CLOSING = f"{DESK}/till/closing"
DAYS = f"{DESK}/till/days"
VND = {"currency": "VND"}


class Counter(Desk):
    """The officers of the money desk, and a second cashier and an administrator."""

    SEATS = {
        **Desk.SEATS,
        "second": (AGENCY, "cashier"),
        "admin": (AGENCY, "admin"),
    }


@pytest.fixture
def desk(world: World, sign_in: Any, cast: Cast) -> Counter:
    return Counter(sign_in, cast)


def take(api: Api, payment: Payment, amount: int | None = None, **more: Any) -> Any:
    key = more.pop("key", "")
    body = {
        "method": "cash",
        "amount": payment.amount_vnd if amount is None else amount,
        "expected_state": "owed",
        **more,
    }
    return api.post(f"{DESK}/payments/{payment.id}/counter-payments", body, key=key)


def taken(api: Api, payment: Payment, **more: Any) -> Any:
    answer = take(api, payment, **more)
    assert answer.status_code == 201, answer.content
    return answer.json()


def reverse(api: Api, attempt_id: str, amount: int = 16_000, **more: Any) -> Any:
    body = {"reason": "Ghi nhận nhầm hồ sơ", "amount": amount}
    return api.post(f"{DESK}/counter-payments/{attempt_id}/reversal", body, **more)


def close(api: Api, counted: int, note: str = "") -> Any:
    return api.post(CLOSING, {"counted_vnd": counted, "note": note})


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def again(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


def cashier_of(who: str) -> counter.Cashier:
    """Return a cashier for threads, where nobody signs in."""
    from dossiers.actions import money_till
    from dossiers.models import Seat

    seat = Seat.objects.get(user__email=f"so-{who}@demo.invalid")
    return money_till.cashier(seat, reference="", citizen_id="")


def make_own(payment: Payment) -> None:
    """Make whose due it is and the first cashier one person: the same number in two accounts."""
    number = citizens.number_digest("092080000100")
    User.objects.filter(id=payment.citizen_id).update(id_number_index=number)


def asked(payment: Payment, key: str, **more: Any) -> counter.Taking:
    values: dict[str, Any] = {
        "payment_id": payment.id,
        "method": "cash",
        "amount_vnd": payment.amount_vnd,
        "reference": "",
        "payer_name": "",
        "expected_state": "owed",
        "client_key": key,
        **more,
    }
    return counter.Taking(**values)


def attempt(attempt_id: str) -> Attempt:
    return Attempt.objects.get(id=attempt_id)
