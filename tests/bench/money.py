"""From the provider's notification to "paid", and how many of them this machine takes."""

import statistics
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import requests

from citizens.models import User
from common import clock, db
from payments.actions import charge, sweep
from payments.models import Attempt, LedgerEntry, Payment
from tests.bench.stage import Stage

SENDERS = 8
PATIENCE_SECONDS = 120
WARM_UP = 10  # the first ones find a worker that is still starting


class Rows:
    """One plain connection that looks, beside everything that is measured."""

    def __init__(self, stage: Stage) -> None:
        with psycopg.connect(**stage.owner_dsn, autocommit=True) as owner:
            owner.execute("CREATE TABLE bench_row (id bigint PRIMARY KEY, body text)")
            owner.execute(f"GRANT INSERT ON bench_row TO {stage.dsn['user']}")
        self.connection = psycopg.connect(**stage.dsn, autocommit=True)
        # Being paid and the job that tells of it are one commit, which the queue notifies of.
        self.connection.execute("LISTEN procrastinate_any_queue_v1")

    def insert_seconds(self, count: int = 500) -> float:
        """Return the median round trip of one INSERT of one row, each its own commit."""
        taken = []
        for number in range(count):
            began = time.perf_counter()
            self.connection.execute("INSERT INTO bench_row VALUES (%s, 'x')", [number])
            taken.append(time.perf_counter() - began)
        return statistics.median(taken)

    def paid(self, ids: list[str]) -> int:
        found = self.connection.execute(
            "SELECT count(*) FROM payments_payment WHERE state = 'paid' AND id = ANY(%s)", [ids]
        ).fetchone()
        assert found is not None
        return int(found[0])

    def pending(self) -> int:
        found = self.connection.execute(
            "SELECT count(*) FROM payments_eventoutcome WHERE state = 'pending'"
        ).fetchone()
        assert found is not None
        return int(found[0])

    def wait_paid(self, ids: list[str]) -> None:
        self._wait(lambda: len(ids) - self.paid(ids), "not paid")

    def wait_applied(self) -> None:
        self._wait(self.pending, "not applied")

    def _wait(self, left: Callable[[], int], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left():
            if time.monotonic() > deadline:
                raise SystemExit(f"{left()} {what}")
            list(self.connection.notifies(timeout=0.05, stop_after=1))


def _opened(count: int) -> list[Attempt]:
    """Return tries whose page is open."""
    person = User.objects.create_user(full_name="Nguyễn Thị Thử")
    made = []
    for _ in range(count):
        reference = f"dos_{uuid.uuid4().hex[:26]}"
        with db.transaction():
            payment_id = charge.open(
                reference=reference,
                citizen_id=person.id,
                payer_name="Nguyễn Thị Thử",
                agency_code="ubnd-31120",
                title="H13.020-261124-0001 Cấp bản sao trích lục hộ tịch",
                lines=[charge.ChargeLine("trich_luc", "Lệ phí", "le_phi", 2, 8000, 16000)],
                now=clock.now(),
            )
        attempt_id = charge.start_attempt(
            payment_id=payment_id,
            citizen_id=person.id,
            client_key=uuid.uuid4().hex,
            now=clock.now(),
        )
        made.append(Attempt.objects.get(id=attempt_id))
    return made


def _press(stage: Stage, attempts: list[Attempt]) -> list[dict[str, Any]]:
    """Pay on every page; return the signed notification of each, in the same order."""
    for attempt in attempts:
        answer = stage.http.post(
            f"{stage.provider}/_mock/pay", json={"session": attempt.session_id}, timeout=30
        )
        answer.raise_for_status()
    events = stage.http.get(f"{stage.provider}/_mock/events", timeout=30).json()
    mine = {}
    for event in events:
        if event["type"] == "checkout.session.completed":
            mine[event["raw"].partition('"id": "cs_')[2].partition('"')[0]] = event
    return [mine[attempt.session_id.removeprefix("cs_")] for attempt in attempts]


def _send(http: requests.Session, stage: Stage, event: dict[str, Any]) -> None:
    answer = http.post(
        f"{stage.web}/webhooks/payments/stripe",
        data=event["raw"].encode(),
        headers={"Stripe-Signature": event["header"], "Content-Type": "application/json"},
        timeout=30,
    )
    if answer.status_code != 200:
        raise SystemExit(f"a notification was answered {answer.status_code}")


def _one_posting_each(attempts: list[Attempt]) -> None:
    ids = [attempt.payment_id for attempt in attempts]
    postings = LedgerEntry.objects.filter(payment__in=ids, key__startswith="capture:")
    if postings.count() != len(ids) or Payment.objects.filter(id__in=ids, state="paid").count() != (
        len(ids)
    ):
        raise SystemExit("not one posting for each payment")


def _one_at_a_time(stage: Stage, rows: Rows, count: int) -> list[float]:
    """Return how long each took from the sending of its notification until it is paid."""
    attempts = _opened(count)
    events = _press(stage, attempts)
    taken = []
    for attempt, event in zip(attempts, events, strict=True):
        began = time.perf_counter()
        _send(stage.http, stage, event)
        rows.wait_paid([attempt.payment_id])
        taken.append(time.perf_counter() - began)
    _one_posting_each(attempts)
    return taken


def run(stage: Stage, *, count: int) -> None:
    rows = Rows(stage)
    plain = rows.insert_seconds()
    _tell("a plain INSERT round trip, p50", plain, plain)

    # --- one at a time ---
    _one_at_a_time(stage, rows, WARM_UP)
    cuts = statistics.quantiles(_one_at_a_time(stage, rows, count), n=100)
    _tell("notification sent to paid, p50", cuts[49], plain)
    _tell("notification sent to paid, p99", cuts[98], plain)

    # --- the notification is lost: one sweep finds all of them ---
    # First what the stage before left undelivered, which a sweep would find as well.
    sweep.catch_up(now=clock.now())
    rows.wait_applied()
    attempts = _opened(count)
    _press(stage, attempts)
    ids = [attempt.payment_id for attempt in attempts]
    began = time.perf_counter()
    sweeps = 0
    while rows.paid(ids) < len(ids) and sweeps < 20:
        sweep.sweep(now=clock.now())
        sweeps += 1
        if sweeps == 1:
            rows.wait_paid(ids)
    per_payment = (time.perf_counter() - began) / count
    _one_posting_each(attempts)
    _say(f"notifications lost: {count} payments found by {sweeps} sweep(s), which run every minute")
    _tell("  work for each payment found so", per_payment, plain)

    # --- as many as this machine takes ---
    attempts = _opened(count)
    events = _press(stage, attempts)
    ids = [attempt.payment_id for attempt in attempts]
    sessions = [requests.Session() for _ in range(SENDERS)]
    for one in sessions:
        one.trust_env = False

    def send(sender: int) -> None:
        for event in events[sender::SENDERS]:
            _send(sessions[sender], stage, event)

    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    answered = time.perf_counter() - began
    rows.wait_paid(ids)
    settled = time.perf_counter() - began
    _one_posting_each(attempts)
    _say(f"{SENDERS} senders at once: {count / answered:.0f} notifications answered per second")
    _say(f"  {count / settled:.1f} settled per second, one posting each")
    _tell("  time for each that is settled", settled / count, plain)


def _tell(what: str, seconds: float, plain: float) -> None:
    _say(f"{what}: {seconds * 1000:.2f} ms ({seconds / plain:.0f} x a plain INSERT)")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
