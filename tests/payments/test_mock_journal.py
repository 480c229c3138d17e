"""The file behind the mock: nothing that was answered is lost, and a call costs what it changes."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from payments.providers.stripe_mock import journal
from payments.providers.stripe_mock.server import Mock
from payments.providers.stripe_mock.store import Store
from tests.payments.caller import KEY, Caller, new_intent, new_paid


def everything(store: Store) -> dict[str, Any]:
    return {
        "objects": list(store.objects.values()),
        "private": store.private,
        "keys": {key: entry for key, entry in store.keys.items() if not entry["running"]},
        "scripts": store.scripts,
        "offset": store.offset,
    }


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "mock.json"


@pytest.fixture
def mock(file: pathlib.Path) -> Iterator[Mock]:
    made = Mock(state=file).start()
    yield made
    made.stop()


def walk(caller: Caller, mock: Mock, seed: int) -> None:
    """Do a bit of everything, in an order that the seed decides."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    methods = (
        *("pm_card_visa", "pm_card_chargeDeclined", "pm_card_createDispute", "pm_mock_processing"),
        *("pm_card_pendingRefund", "pm_card_refundFail", "pm_mock_500_then_ok"),
        *("pm_card_bypassPending", "pm_card_authenticationRequired"),
    )
    for number in range(40):
        intents = caller.get("/v1/payment_intents", limit=100).json()["data"]
        intent = dice.choice(intents)["id"] if intents else "pi_nothing"
        match dice.randrange(9):
            case 0 | 1 | 2:
                new_intent(
                    caller,
                    key=f"key-{seed}-{dice.randrange(20)}",
                    confirm="true",
                    payment_method=dice.choice(methods),
                    **({"capture_method": "manual"} if dice.random() < 0.3 else {}),
                )
            case 3:
                caller.post("/v1/refunds", payment_intent=intent, amount=dice.randrange(1, 60_000))
            case 4:
                caller.post(f"/v1/payment_intents/{intent}/{dice.choice(['capture', 'cancel'])}")
            case 5:
                caller.post(f"/v1/payment_intents/{intent}", **{"metadata[n]": number})
            case 6:
                made = caller.post("/v1/customers", name="x").json()
                if dice.random() < 0.5:
                    url = f"{caller.url}/v1/customers/{made['id']}"
                    caller.session.delete(url, auth=(KEY, ""), timeout=10)
            case 7:
                seconds = dice.choice([30, 90, 8 * 86_400])
                caller.session.post(
                    f"{caller.url}/_mock/clock", json={"advance": seconds}, timeout=10
                )
            case 8:
                caller.session.post(f"{caller.url}/_mock/payouts", json={}, timeout=10)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reading_the_file_gives_the_account_back(
    mock: Mock, file: pathlib.Path, seed: int, tmp_path: pathlib.Path
) -> None:
    walk(Caller(mock.url), mock, seed)
    assert not [call for call in mock.store.calls if "crash" in call]
    with mock.store.lock:
        copied = tmp_path / "copied.json"
        copied.write_bytes(file.read_bytes())
        again = Store(path=copied)
        assert everything(again) == everything(mock.store)
        assert list(again._kinds["payment_intent"]) == list(mock.store._kinds["payment_intent"])
        waiting = {
            (private["due"], name)
            for name, private in mock.store.private.items()
            if private.get("due") is not None
        }
        assert waiting <= set(again._due)
        shorter = Store(path=copied)  # the first reading rewrote it
        assert everything(shorter) == everything(mock.store)


def test_a_call_writes_what_it_changed_and_no_more(mock: Mock, file: pathlib.Path) -> None:
    caller = Caller(mock.url)
    new_paid(caller)
    before = file.stat().st_size
    new_paid(caller)
    one = file.stat().st_size - before
    for _ in range(100):
        new_paid(caller)
    before = file.stat().st_size
    new_paid(caller)
    assert abs(file.stat().st_size - before - one) < 200
    before = file.stat().st_size
    for path in ("/v1/payment_intents", "/v1/balance", "/v1/events"):
        caller.get(path)
    new_intent(caller, amount="x")
    assert file.stat().st_size == before


def test_the_file_is_written_anew_when_it_has_grown(
    mock: Mock, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SMALLEST", 20_000)
    caller = Caller(mock.url)
    name = new_paid(caller)["id"]
    sizes = []
    for number in range(120):
        caller.post(f"/v1/payment_intents/{name}", **{"metadata[n]": number})
        sizes.append(file.stat().st_size)
    assert any(later < sooner for sooner, later in zip(sizes, sizes[1:], strict=False))
    assert max(sizes) < 60_000
    with mock.store.lock:
        assert everything(Store(path=file)) == everything(mock.store)


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_half_a_line_at_the_end_is_dropped(
    file: pathlib.Path, cut: int, tmp_path: pathlib.Path
) -> None:
    mock = Mock(state=file).start()
    try:
        first = new_paid(Caller(mock.url))["id"]
        whole = file.read_bytes()
        second = new_paid(Caller(mock.url))["id"]
        torn = file.read_bytes()[:-cut]
    finally:
        mock.stop()
    assert len(torn) > len(whole)
    file.write_bytes(torn)
    again = Store(path=file)
    assert first in again.objects
    assert second not in again.objects
    assert file.read_bytes().endswith(b"\n")


def test_a_file_of_the_old_kind_is_read(file: pathlib.Path) -> None:
    old = {
        "objects": [{"id": "pi_1", "object": "payment_intent", "status": "succeeded"}],
        "private": {"pi_1": {"card": "4242424242424242"}},
        "keys": {"key-1": {"mark": "", "path": "/v1/x", "at": 2**31, "running": False}},
        "offset": 5,
    }
    file.write_text(json.dumps(old))
    store = Store(path=file)
    assert (list(store.objects), list(store.keys), store.offset) == (["pi_1"], ["key-1"], 5)


def test_killed_at_any_moment_it_keeps_what_it_answered(file: pathlib.Path) -> None:
    """`kill -9` under load, three times: each answered charge is there, once, with its key."""
    answered: dict[str, str] = {}

    def start() -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "payments.providers.stripe_mock", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--state", str(file)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stderr is not None
        return process, process.stderr.readline().split()[-1]

    def pay(url: str, key: str) -> Any:
        return new_intent(Caller(url), key=key, confirm="true", payment_method="pm_card_visa")

    for life in range(3):
        process, url = start()
        enough = threading.Event()

        def load(worker: int, url: str = url, life: int = life, enough: Any = enough) -> None:
            for number in range(500):
                key = f"key-{life}-{worker}-{number}"
                try:
                    answered[key] = pay(url, key).json()["id"]
                except requests.RequestException:
                    return
                if number == 15:
                    enough.set()

        threads = [threading.Thread(target=load, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        assert enough.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        for thread in threads:
            thread.join(60)
        assert process.stderr is not None
        process.stderr.close()
    process, url = start()
    try:
        assert len(answered) > 40
        store = requests.get(f"{url}/_mock/calls", timeout=10)
        assert store.json() == []
        for key, name in list(answered.items())[::7]:
            again = pay(url, key)
            assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (name, "true")
        for name in answered.values():
            charges = Caller(url).get("/v1/charges", payment_intent=name).json()["data"]
            assert [charge["status"] for charge in charges] == ["succeeded"]
    finally:
        process.kill()
        process.wait(10)
        assert process.stderr is not None
        process.stderr.close()


def test_what_was_not_delivered_is_delivered_by_the_next_process(file: pathlib.Path) -> None:
    from tests.payments.test_mock_pages import Inbox

    inbox = Inbox()
    try:
        mock = Mock(state=file, webhook=inbox.url).start()
        inbox.failures = 1
        Caller(mock.url).post("/v1/customers")
        assert mock.hooks.flush()
        mock.stop()
        again = Mock(state=file, webhook=inbox.url).start()
        try:
            assert again.hooks.flush()
            assert len({json.loads(raw)["id"] for raw, _ in inbox.got}) == 1
            assert len(inbox.got) == 2
            event = Caller(again.url).get("/v1/events").json()["data"][0]
            assert event["pending_webhooks"] == 0
        finally:
            again.stop()
    finally:
        inbox.close()
