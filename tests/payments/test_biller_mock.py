"""The simulated billers as a process of their own, and what the settings ask of a real hub."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from cantho_smart import checks
from payments.billers import hub as dialect
from payments.billers.base import CustomerUnknown, Report
from payments.providers.base import Refused, Unanswered
from payments.providers.json_wire import JsonWire, Limits
from payments.rules import bills

ROOT = Path(__file__).parents[2]
KEY = "biller_key_of_this_process"
NUMBER = "MPN0000003-202611"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(state: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "payments.billers.mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--api-key", KEY, "--state", str(state)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == f"mock billers on http://127.0.0.1:{port}\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    running = run(tmp_path / "billers.json", port)
    yield f"http://127.0.0.1:{port}"
    end(running)


def water(url: str, key: str = KEY) -> dialect.Hub:
    limits = Limits(connect=2.0, read=5.0, total=10.0)
    return dialect.Hub(JsonWire(url, key, limits=limits), "nuoc-mau")


def report(clock: Any, **given: Any) -> Report:
    from common import clock as real

    values: dict[str, Any] = {
        "key": "key_1",
        "bill_number": NUMBER,
        "payment_id": "pay_1",
        "amount_vnd": 405_000,
        "paid_at": real.now(),
        **given,
    }
    return Report(**values)


def test_a_process_of_its_own_answers_as_the_port_promises(process: str, clock: Any) -> None:
    assert requests.get(f"{process}/healthz", timeout=5).json() == {"status": "ok"}
    port = water(process)
    bill = port.bill(NUMBER)
    assert bill is not None
    assert (bill.amount_vnd, bill.status, bill.customer_name) == (405_000, "open", "L*** T*** M***")
    assert sum(line.amount_vnd for line in bill.lines) == 405_000
    with pytest.raises(CustomerUnknown):
        port.open_bills("MPN9999999")
    assert port.bill("MPN9999999-202611") is None
    assert port.bill("nonsense") is None
    first = port.report(report(clock))
    assert first == "GACHNO-000001"
    assert port.report(report(clock)) == first  # the same key books nothing more
    with pytest.raises(Refused) as refusal:
        port.report(report(clock, key="key_2"))
    assert (refusal.value.code, refusal.value.status) == ("already_paid", 409)
    with pytest.raises(Refused) as refusal:
        port.report(report(clock, key="key_3", bill_number="MPN0000004-202611"))
    assert refusal.value.code == "amount_changed"
    with pytest.raises(Refused) as refusal:
        water(process, "another").bill(NUMBER)
    assert refusal.value.status == 401


def test_what_was_paid_is_still_paid_after_a_restart(tmp_path: Path, clock: Any) -> None:
    for _ in range(2):
        port = free_port()
        process = run(tmp_path / "billers.json", port)
        try:
            reference = water(f"http://127.0.0.1:{port}").report(report(clock))
        finally:
            end(process)
        assert reference == "GACHNO-000001"


def test_scripts_of_misfortune_over_http(process: str) -> None:
    def script(name: str, **given: Any) -> requests.Response:
        return requests.post(f"{process}/_mock/{name}", json=given, timeout=5)

    assert script("faults", action="error_before", status=503).status_code == 200
    with pytest.raises(Unanswered):
        water(process).bill(NUMBER)
    script("amounts", biller="nuoc-mau", number=NUMBER, more_vnd=5_000)
    changed = water(process).bill(NUMBER)
    assert changed is not None
    assert changed.amount_vnd == 410_000
    script("paid-elsewhere", number=NUMBER)
    paid = water(process).bill(NUMBER)
    assert paid is not None
    assert paid.status == bills.Status.PAID
    assert script("nonsense").status_code == 404
    assert script("reset").status_code == 200
    assert requests.get(f"{process}/_mock/calls", timeout=5).json() == []


def test_the_mock_listens_on_the_loopback_only() -> None:
    from payments.billers.mock.server import Mock

    with pytest.raises(ValueError, match="loopback"):
        Mock(host="0.0.0.0")  # noqa: S104


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_vnd": 1},
        {"amount_vnd": "405000"},
        {"amount_vnd": True},
        {"amount_vnd": 405000.0},
        {"amount_vnd": 0, "lines": []},
        {"lines": [{"label": "x", "quantity": -1, "unit_vnd": 1, "amount_vnd": 405_000}]},
        {"number": "a b"},
        {"customer_name": ""},
        {"period": None},
        {"due_on": "soon"},
        {"status": "lost"},
        {"lines": None},
    ],
)
def test_a_bill_that_makes_no_sense_is_no_answer(wrong: dict[str, Any]) -> None:
    whole = {
        "number": NUMBER,
        "customer_name": "Lê Thị Mẫu",
        "period": "kỳ 11/2026",
        "lines": [{"label": "Nước", "quantity": 1, "unit_vnd": 405_000, "amount_vnd": 405_000}],
        "amount_vnd": 405_000,
        "due_on": None,
        "status": "open",
    }
    assert dialect._stated(whole).amount_vnd == 405_000
    with pytest.raises(Unanswered):
        dialect._stated({**whole, **wrong})


def test_a_slow_drip_is_cut_off(hub: Any) -> None:
    hub.fault("delay", seconds=30)
    limits = Limits(connect=2.0, read=0.2, total=0.4)
    port = dialect.Hub(JsonWire(hub.url, "biller_key_of_the_tests", limits=limits), "nuoc-mau")
    with pytest.raises(Unanswered):
        port.bill(NUMBER)


def test_production_wants_an_encrypted_way_to_the_hub(settings: Any) -> None:
    settings.DEVELOPMENT = False
    settings.BILLER_BASE_URL = "http://billers.example.vn"
    assert "BILLER_BASE_URL must be an https address" in {
        error.msg for error in checks.safe_in_production(None)
    }
    settings.BILLER_BASE_URL = "https://billers.example.vn"
    assert not [one for one in checks.safe_in_production(None) if "BILLER" in one.msg]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nguyễn Thị Lan", "N*** T*** L***"),
        ("  đỗ  an ", "Đ*** A***"),
        ("", ""),
        ("a b c d e f g h", "A*** B*** C*** D*** E*** F***"),
    ],
)
def test_names_are_shown_by_initials(name: str, shown: str) -> None:
    assert bills.mask_name(name) == shown


def test_every_move_of_a_notice_is_in_the_table() -> None:
    states = [None, *bills.Notice]
    allowed = set()
    for start in states:
        for after in bills.Notice:
            try:
                bills.check(start, after)
            except bills.EdgeMissing:
                continue
            allowed.add((start, after))
    assert allowed == {(edge.start, edge.end) for edge in bills.EDGES}
    assert all(edge.why for edge in bills.EDGES)
    leaving = {edge.start for edge in bills.EDGES}
    assert {one for one in bills.Notice if one not in leaving} == {"returned", "released"}
