"""`dev`: everything a developer needs, in one command; Ctrl-C ends all of it.

Embedded PostgreSQL, migrations, reference data, demonstration people, the mock payment providers,
the mock bank, the mock identity provider, the mock billers, the worker and the web server. A part
that dies is
started again.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from cantho_smart import embedded

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
READY_SECONDS = 120
STOP_SECONDS = 10
# The web server, then the payment provider, the identity provider, VNPay, the bank, the billers.
PORTS = 6


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if os.environ.get("APP_ENV") != "dev":
            raise CommandError("this command is for development: APP_ENV=dev")
        refuse_taken(range(port, port + PORTS))
        if embedded.is_wanted():
            self.stdout.write("PostgreSQL (embedded) ...")
            embedded.start(embedded.data_dir("dev"))
        self._run("migrate", "--verbosity", "0")
        self._run("seed", "reference")
        self._run("seed", "demo")
        Supervisor(port, self.stdout).run()

    def _run(self, *command: str) -> None:
        self.stdout.write(f"manage.py {' '.join(command)}")
        subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "manage.py", *command], cwd=ROOT, check=True
        )


def refuse_taken(ports: range) -> None:
    """Stop before anything begins when another server has one of the ports.

    Errors: CommandError. Without this the answers would come from that other server.
    """
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as failure:
                raise CommandError(
                    f"port {port} is taken, perhaps by another `make run`; "
                    f"PORT=8100 make run takes 8100 to {8099 + PORTS}"
                ) from failure


class Supervisor:
    """Keeps the parts running until somebody says stop."""

    def __init__(self, port: int, out: Any) -> None:
        self.port, self.out = port, out
        self.stopping = False
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        web = f"http://127.0.0.1:{port}"
        provider, vneid, vnpay, bank, billers = (port + offset for offset in range(1, PORTS))
        self.environment = {
            **os.environ,
            "PORT": str(port),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL", web),
            "STRIPE_BASE_URL": f"http://127.0.0.1:{provider}",
            "BANK_BASE_URL": f"http://127.0.0.1:{bank}",
            "BILLER_BASE_URL": f"http://127.0.0.1:{billers}",
            "VNEID_ISSUER": f"http://127.0.0.1:{vneid}",
            "VNPAY_PAY_URL": f"http://127.0.0.1:{vnpay}/paymentv2/vpcpay.html",
            "VNPAY_API_URL": f"http://127.0.0.1:{vnpay}/merchant_webapi/api/transaction",
            "VNPAY_STATEMENT_URL": f"http://127.0.0.1:{vnpay}/_mock/statement",
            "COMPANIONS": (
                f'{{"payment_provider": "http://127.0.0.1:{provider}/healthz",'
                f' "bank": "http://127.0.0.1:{bank}/healthz",'
                f' "vnpay": "http://127.0.0.1:{vnpay}/healthz",'
                f' "billers": "http://127.0.0.1:{billers}/healthz",'
                f' "identity_provider": "http://127.0.0.1:{vneid}/healthz"}}'
            ),
        }
        python = sys.executable
        state = embedded.state_dir() / "payment-provider.json"
        self.commands = {
            "identity provider (mock)": [
                *(python, "-m", "citizens.vneid_mock", "--port", str(vneid))
            ],
            "payment provider (mock)": [
                *(python, "-m", "payments.providers.stripe_mock", "--port", str(provider)),
                *("--webhook", f"{web}/webhooks/payments/stripe"),
                *("--secret", "whsec_mock_of_no_value", "--state", str(state)),
            ],
            "bank (mock)": [
                *(python, "-m", "payments.providers.bank_mock", "--port", str(bank)),
                *("--notices", f"{web}/webhooks/payments/vietqr"),
                *("--state", str(embedded.state_dir() / "bank.json")),
            ],
            "VNPay (mock)": [
                *(python, "-m", "payments.providers.vnpay_stub", "--port", str(vnpay)),
                *("--ipn", f"{web}/webhooks/payments/vnpay"),
                *("--state", str(embedded.state_dir() / "vnpay.json")),
            ],
            "billers (mock)": [
                *(python, "-m", "payments.billers.mock", "--port", str(billers)),
                *("--state", str(embedded.state_dir() / "billers.json")),
            ],
            "worker": [python, "manage.py", "procrastinate", "worker", "--concurrency", "2"],
            "web": [
                *(python, "-m", "gunicorn", "cantho_smart.wsgi", "--worker-class", "gthread"),
                *("--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}"),
                *("--keep-alive", "5", "--log-level", "warning", "--no-control-socket"),
            ],
        }

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for name in self.commands:
            self._start(name)
        self._wait_ready()
        while not self.stopping:
            time.sleep(0.2)
            for name, process in self.parts.items():
                if process.poll() is not None and not self.stopping:
                    self.out.write(f"{name} ended ({process.returncode}); starting it again")
                    self._start(name)
        self._end()

    def _start(self, name: str) -> None:
        self.parts[name] = subprocess.Popen(  # noqa: S603 - our own commands
            self.commands[name], cwd=ROOT, env=self.environment, start_new_session=True
        )

    def _stop(self, number: int, frame: Any) -> None:
        self.stopping = True

    def _wait_ready(self) -> None:
        address = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self.stopping:
            try:
                if requests.get(f"{address}/readyz", timeout=3).status_code == 200:
                    self._greet(address)
                    return
            except requests.RequestException:
                pass
            time.sleep(0.3)
        if not self.stopping:
            self._end()
            raise CommandError("not ready in time")

    def _greet(self, address: str) -> None:
        self.out.write(
            f"""
Can Tho Smart is ready: {address}
  documents   {address}/docs   {address}/redoc   {address}/openapi.json
  readiness   {address}/readyz
  sign in     curl -s {address}/api/v1/dev/sign-in -H 'Content-Type: application/json' \\
                -d '{{"who": "lan"}}'
              citizens: lan, minh, hoa
              officers: tiep-nhan, thu-ly, lanh-dao, quan-tri, kiem-tra (Ninh Kiều);
                        cai-khe (another ward), thanh-pho (city), tu-phap (department)
  bank (mock) http://127.0.0.1:{self.port + 4}/  paste a VietQR code, send money
  the main job, step by step:  make journey
Ctrl-C ends all of it.
"""
        )
        self.out.flush()

    def _end(self) -> None:
        self.stopping = True
        for process in self.parts.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.parts.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
