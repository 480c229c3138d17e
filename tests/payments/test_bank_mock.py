"""The mock bank as people and scripts meet it: its page, its process, its memory, its notices."""

import json
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from payments.providers import bank_signature
from payments.providers.bank_mock.bank import Bank, BankError
from payments.providers.bank_mock.server import Mock
from payments.rules import vietqr

TOKEN = {"Authorization": "Bearer bank_mock"}


@pytest.fixture
def heard() -> Any:
    """An address that notes what is posted to it and refuses the first."""
    got: list[tuple[bytes, str, str]] = []
    enough = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((raw, self.headers["X-Bank-Timestamp"], self.headers["X-Bank-Signature"]))
            self.send_response(500 if len(got) == 1 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if len(got) == 2:
                enough.set()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", got, enough
    server.shutdown()
    server.server_close()


@pytest.fixture
def mock() -> Any:
    made = Mock().start()
    yield made
    made.stop()


def _get(mock: Mock, path: str, **given: Any) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(mock.url + path, timeout=10, **given)


def _post(mock: Mock, path: str, **given: Any) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(mock.url + path, timeout=10, **given)


def test_a_payer_pastes_a_code_sees_what_it_asks_and_sends_money(mock: Mock) -> None:
    payload = vietqr.build(vietqr.Transfer("000000", "DEMO1", 16_000, "LE PHI X"))
    empty = _get(mock, "/")
    assert "NGÂN HÀNG MÔ PHỎNG" in empty.text
    assert "default-src 'none'" in empty.headers["Content-Security-Policy"]
    shown = _get(mock, "/", params={"payload": payload}).text
    assert 'value="16000"' in shown
    assert 'value="LE PHI X"' in shown
    wrong = _get(mock, "/", params={"payload": payload[:-1]}).text
    assert "không phải mã VietQR hợp lệ" in wrong
    done = _post(mock, "/", data={"account": "DEMO1", "amount": "16000", "text": "<b>LE PHI</b>"})
    assert "Đã chuyển 16.000 đồng" in done.text
    page = _get(mock, "/v1/transactions", headers=TOKEN).json()
    [line] = page["transactions"]
    assert (line["account"], line["amount"], line["text"]) == ("DEMO1", 16_000, "<b>LE PHI</b>")
    assert "không hợp lệ" in _post(mock, "/", data={"account": "D", "amount": "-1"}).text
    assert "<b>" not in _get(mock, "/", params={"payload": "<b>"}).text


def test_its_api_is_for_those_with_the_token(mock: Mock) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert _get(mock, "/v1/transactions", headers=headers).status_code == 401
    assert _get(mock, "/v1/transactions/FT0", headers=TOKEN).json() == {
        "code": "no_such_transaction"
    }
    assert _get(mock, "/v1/nothing", headers=TOKEN).status_code == 404
    assert _get(mock, "/healthz").status_code == 200


def test_a_transfer_back_is_carried_out_once_for_its_reference() -> None:
    bank = Bank()
    line = bank.credit("DEMO1", 10_000, "x")
    order = {
        "reference": "key_1",
        "return_of": line["id"],
        "amount": 4_000,
        "currency": "VND",
        "text": "HOAN",
    }
    assert bank.send_back(order) == bank.send_back(order)
    assert [one["amount"] for one in bank.lines] == [10_000, 4_000]
    with pytest.raises(BankError, match="reference_reused"):
        bank.send_back({**order, "amount": 5_000})
    with pytest.raises(BankError, match="balance_too_low"):
        bank.send_back({**order, "reference": "key_2", "amount": 6_001})
    with pytest.raises(BankError, match="no_such_transaction"):
        bank.send_back({**order, "reference": "key_3", "return_of": "FT0"})
    with pytest.raises(BankError, match="no_such_transfer"):
        bank.shown("key_3")


def test_what_it_knows_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    line = Bank(path=path).credit("DEMO1", 10_000, "nộp lệ phí")
    again = Bank(path=path)
    assert again.find(line["id"]) == line
    again.reset()
    assert Bank(path=path).lines == []


def test_a_refused_notice_is_sent_again_signed_anew(heard: Any) -> None:
    address, got, enough = heard
    mock = Mock(notices=address, secret="s3cret").start()
    try:
        line = mock.bank.credit("DEMO1", 10_000, "nộp")
        assert enough.wait(20)
        for raw, stamp, signature in got:
            assert json.loads(raw)["id"] == line["id"]
            bank_signature.verify(raw, stamp, signature, secrets=["s3cret"], now=int(stamp))
        mock.notices.plan = ["drop"]
        mock.bank.credit("DEMO1", 1, "x")
        assert len(got) == 2
    finally:
        mock.stop()


def test_it_runs_as_a_process_of_its_own_and_ends_when_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "payments.providers.bank_mock", "--port", str(port)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == f"mock bank on http://127.0.0.1:{port}\n"
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"http://127.0.0.1:{port}/healthz", timeout=10).ok
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stderr.close()
