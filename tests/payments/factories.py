"""A citizen, a due, a provider: the world in which payments happen."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client

from citizens.models import User
from common import clock as real_clock
from common import db
from payments.actions import charge, sweep
from payments.models import Attempt, LedgerEntry, Payment, Refund
from tests.fakes import Provider

AGENCY = "ubnd-31120"


def citizen() -> User:
    return User.objects.create_user(full_name="Nguyễn Thị Thử")


def line(amount_vnd: int = 8000, quantity: int = 2, **given: Any) -> charge.ChargeLine:
    values: dict[str, Any] = {
        "code": "trich_luc",
        "label": "Lệ phí cấp bản sao trích lục hộ tịch",
        "kind": "le_phi",
        "quantity": quantity,
        "unit_vnd": amount_vnd,
        "amount_vnd": amount_vnd * quantity,
        **given,
    }
    return charge.ChargeLine(**values)


class World:
    """One provider, one clock, and the words of the scenarios."""

    def __init__(self, provider: Provider, traveller: Any, drain: Callable[[], int]) -> None:
        self.provider = provider
        self.traveller = traveller
        self.drain = drain
        self.client = Client(raise_request_exception=False)
        self.sent: set[str] = set()
        self.ledger_seen: dict[int, tuple[Any, ...]] = {}

    @property
    def now(self) -> datetime:
        return real_clock.now()

    def later(self, **delta: float) -> None:
        self.traveller.shift(timedelta(**delta))

    # --- our side -------------------------------------------------------------------------------

    def owe(self, amount_vnd: int = 16000, **given: Any) -> Payment:
        values: dict[str, Any] = {
            "reference": f"dos_{uuid.uuid4().hex[:26]}",
            "payer_name": "Nguyễn Thị Thử",
            "agency_code": AGENCY,
            "title": "H13.020-261124-0001 Cấp bản sao trích lục hộ tịch",
            "lines": [line(amount_vnd, 1)],
            "now": self.now,
            **given,
        }
        if "citizen_id" not in values:
            values["citizen_id"] = citizen().id
        with db.transaction():
            payment_id = charge.open(**values)
        return Payment.objects.get(id=payment_id)

    def owe_to(
        self, agencies: list[str], citizen_id: str, amount_vnd: int = 16000
    ) -> list[Payment]:
        """Return a due for each agency, of one citizen; each is 1,000 đồng more than the last."""
        return [
            self.owe(amount_vnd + 1000 * index, agency_code=agency, citizen_id=citizen_id)
            for index, agency in enumerate(agencies)
        ]

    def start_checkout(self, payments: list[Payment], key: str = "", payer_id: str = "") -> Attempt:
        attempt_id = charge.start_checkout(
            payment_ids=[one.id for one in payments],
            citizen_id=payer_id or payments[0].citizen_id,
            client_key=key or uuid.uuid4().hex,
            now=self.now,
        )
        return Attempt.objects.get(id=attempt_id)

    def start(self, payment: Payment, key: str = "", **given: Any) -> Attempt:
        attempt_id = charge.start_attempt(
            payment_id=payment.id,
            citizen_id=payment.citizen_id,
            client_key=key or uuid.uuid4().hex,
            now=self.now,
            **given,
        )
        return Attempt.objects.get(id=attempt_id)

    def drain_forgotten(self) -> None:
        """Forget the jobs that wait, as when the queue lost them: the sweep must do."""
        from procrastinate.contrib.django.models import ProcrastinateJob

        names = ProcrastinateJob.objects.exclude(status="succeeded").order_by("id")
        with connection.cursor() as cursor:
            for name in names.values_list("id", flat=True):
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [name])

    def sweep(self) -> sweep.Swept:
        done = sweep.sweep(now=self.now)
        self.drain()
        return done

    def heal(self) -> None:
        """The provider is well again, and the sweep has had its time."""
        self.provider.come_back()
        for _ in range(4):
            self.later(minutes=3)
            self.sweep()

    # --- notifications --------------------------------------------------------------------------

    def post(self, raw: bytes, header: str, client: Client | None = None) -> Any:
        return (client or self.client).post(
            "/webhooks/payments/stripe",
            data=raw,
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )

    def deliver(self, kind: str = "", *, drain: bool = True) -> int:
        """Deliver the events of a kind that were not delivered yet; return how many."""
        fresh = [one for one in self.provider.events(kind) if one["id"] not in self.sent]
        for event in fresh:
            self.sent.add(event["id"])
            answer = self.post(*self.provider.envelope(event))
            assert answer.status_code == 200, answer.content
        if drain:
            self.drain()
        return len(fresh)

    def pay(self, payment: Payment) -> Attempt:
        """Walk the whole happy path."""
        attempt = self.start(payment)
        self.provider.press(attempt.session_id)
        self.deliver()
        payment.refresh_from_db()
        attempt.refresh_from_db()
        assert payment.state == "paid"
        return attempt

    def refund(self, payment: Payment, amount_vnd: int, **given: Any) -> Refund:
        from payments.actions import refund

        payment.refresh_from_db()
        values: dict[str, Any] = {
            "payment_id": payment.id,
            "amount_vnd": amount_vnd,
            "expected_refundable_vnd": payment.captured_vnd
            - payment.refunded_vnd
            - payment.refunding_vnd,
            "reason": "nộp thừa",
            "requested_by": "usr_officer",
            "client_key": uuid.uuid4().hex,
            "now": self.now,
            **given,
        }
        return Refund.objects.get(id=refund.request(**values))

    def remember_ledger(self) -> None:
        self.ledger_seen = {row[0]: row for row in LedgerEntry.objects.order_by("id").values_list()}


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in threads that start at the same moment; return results or exceptions."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(index: int) -> None:
        try:
            barrier.wait(30)
            results[index] = act(index)
        except Exception as failure:
            results[index] = failure
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def until_blocked(thread: threading.Thread) -> None:
    """Return when somebody waits for what this connection holds, or the thread is done."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    mine = "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    with connection.cursor() as cursor:
        while thread.is_alive():
            cursor.execute(f"{waiting} {mine}")
            if cursor.fetchone()[0]:
                return
