"""VNPay over real sockets: the page, IPNs to a running server, the stub as a process, races."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from payments.models import LedgerEntry, ProviderEvent, Receipt
from payments.providers.vnpay_stub.server import Stub
from tests.payments.factories import together
from tests.payments.shop import Shop, params_of


@pytest.fixture
def served(shop: Shop, live_server: Any) -> Shop:
    """A shop whose VNPay calls a running server."""
    shop.vnpay.stub.ipn.address = f"{live_server.url}/webhooks/payments/vnpay"
    return shop


@pytest.mark.django_db(transaction=True)
def test_the_payer_pays_on_the_page_and_vnpay_calls_the_running_server(served: Shop) -> None:
    payment = served.owe(16_000)
    attempt = served.start(payment, method="vnpay", return_url="canthosmart://back")
    page = served.vnpay.visit(attempt.checkout_url)
    assert "16.000 đồng" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    done = served.vnpay.press(attempt.session_id, bank="VNPAYQR")
    assert done.status_code == 303
    assert done.headers["Location"].startswith("canthosmart://back?vnp_Amount=1600000&")
    caller = served.vnpay.stub.ipn
    assert caller.flush()
    assert [(one["status"], one["code"], one["try"]) for one in caller.log] == [(200, "00", 1)]
    served.drain()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert (LedgerEntry.objects.count(), Receipt.objects.count()) == (1, 1)
    served.check_lines()
    again = served.vnpay.press(attempt.session_id)  # the button, pressed once more
    assert (again.status_code, "Giao dịch đã kết thúc" in again.text) == (200, True)
    assert len(caller.log) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("plan", ["twice", "bad_signature", "wrong_amount", "lose"])
def test_whatever_happens_to_the_ipn_it_is_paid_once(served: Shop, plan: str) -> None:
    payment = served.owe(16_000)
    attempt = served.start(payment, method="vnpay")
    served.vnpay.visit(attempt.checkout_url)
    caller = served.vnpay.stub.ipn
    caller.plan.append(plan)
    served.vnpay.press(attempt.session_id)
    assert caller.flush()
    codes = {
        "twice": ["00", "02"],
        "bad_signature": ["97"],
        "wrong_amount": ["04"],
        "lose": [],
    }[plan]
    assert [one["code"] for one in caller.log] == codes
    for turn in range(2, 4):  # VNPay comes again only where it did not read 00 or 02
        caller.retry_now()
        assert caller.flush()
        if codes in (["97"], ["04"]):
            assert caller.log[-1]["try"] == turn
    assert len(caller.log) == (3 if codes in (["97"], ["04"]) else len(codes))
    served.later(minutes=1)
    served.sweep()
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_vnpay_comes_again_until_the_server_is_back(served: Shop) -> None:
    caller = served.vnpay.stub.ipn
    address, caller.address = caller.address, "http://127.0.0.1:9/nobody"
    attempt = served.go(served.owe())
    served.vnpay.press(attempt.session_id)
    assert caller.flush()
    assert [(one["status"], one["code"]) for one in caller.log] == [(0, "")]
    caller.address = address
    caller.retry_now()
    assert caller.flush()
    assert [(one["code"], one["try"]) for one in caller.log] == [("", 1), ("00", 2)]
    served.drain()
    attempt.refresh_from_db()
    assert attempt.state == "paid"


@pytest.mark.django_db(transaction=True)
def test_s21_the_same_ipn_fifty_times_in_parallel(shop: Shop) -> None:
    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id)
    query = shop.vnpay.ipns()[0]
    codes = together(50, lambda _: shop.say(query, Client()))
    assert sorted(codes) == ["00"] + ["02"] * 49
    assert ProviderEvent.objects.count() == 1
    assert shop.drain() == 2  # one event applied, one fact announced
    assert (LedgerEntry.objects.count(), Receipt.objects.count()) == (1, 1)
    payment.refresh_from_db()
    assert payment.state == "paid"


@pytest.mark.django_db(transaction=True)
def test_ipn_sweep_and_poll_settle_the_same_payment_at_once(shop: Shop) -> None:
    from payments.actions import settle

    payment = shop.owe()
    attempt = shop.go(payment)
    shop.vnpay.end(attempt.session_id)
    query, moment = shop.vnpay.ipns()[0], shop.now

    def act(index: int) -> Any:
        if index % 2:
            return shop.say(query, Client())
        return settle.ask(attempt_id=attempt.id, now=moment)

    results = together(10, act)
    assert not [one for one in results if isinstance(one, Exception)]
    shop.drain()
    assert (LedgerEntry.objects.count(), Receipt.objects.count()) == (1, 1)


def test_the_stub_as_a_process_keeps_what_happened(tmp_path: Path) -> None:
    state = tmp_path / "vnpay.json"
    seen: list[dict[str, Any]] = []
    for turn in range(2):
        with Stub().start() as free:  # a port that was free a moment ago
            port = free.url.rpartition(":")[2]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "payments.providers.vnpay_stub", "--port", port),
                *("--state", str(state)),
            ],
            stderr=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stderr is not None
            assert b"mock VNPay on http://127.0.0.1:" in process.stderr.readline()
            url = f"http://127.0.0.1:{port}"
            with requests.Session() as caller:
                caller.trust_env = False
                assert caller.get(f"{url}/healthz", timeout=10).json() == {"status": "ok"}
                if turn == 0:
                    made = _order_of_the_process(url)
                    assert "CỔNG MÔ PHỎNG" in caller.get(made, timeout=10).text
                    caller.post(
                        f"{url}/_mock/end",
                        data=json.dumps({"ref": params_of(made)["vnp_TxnRef"]}),
                        timeout=10,
                    )
                seen.append(caller.get(f"{url}/_mock/transactions", timeout=10).json())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            process.stderr.close()
    assert [tx["status"] for tx in seen[0]] == ["00"]
    assert seen[0] == seen[1]


def _order_of_the_process(url: str) -> str:
    """Return the signed address of an order, for the terminal and secret of development."""
    from datetime import UTC, datetime, timedelta

    from common import clock
    from payments.providers import vnpay, vnpay_wire
    from tests.payments.benches import new_order

    wire = vnpay_wire.Wire(
        f"{url}/merchant_webapi/api/transaction",
        "",
        "CTSMOCK1",
        "vnpay-mock-of-no-value",
        limits=vnpay_wire.Limits(),
    )
    port = vnpay.Vnpay(wire, f"{url}/paymentv2/vpcpay.html", ip_addr="127.0.0.1", livemode=False)
    now: datetime = clock.now().astimezone(UTC)
    order = new_order(key_made_at=now, expires_at=now + timedelta(hours=1))
    return port.start(order).checkout_url


def test_the_stub_listens_to_this_machine_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        Stub(host="0.0.0.0")  # noqa: S104 - that it refuses this is the point
