"""The scratch database and the real processes around it: provider, worker, web server."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cantho_smart import embedded

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 90
SECRET = "whsec_of_the_bench"


def start_server() -> None:
    """Start the server of the tests; unlike a real one it may lose data in a power cut."""
    embedded.start(
        embedded.data_dir("test"),
        settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """Comes up on entry; on the way out every process ends and the database is dropped."""

    def __init__(self) -> None:
        self.parts: list[subprocess.Popen[bytes]] = []
        self.web = f"http://127.0.0.1:{free_port()}"
        self.provider = f"http://127.0.0.1:{free_port()}"
        self.http = requests.Session()
        self.http.trust_env = False
        # A server that is still starting refuses the connection, or says 503: ask again.
        again = Retry(
            READY_SECONDS * 5, backoff_factor=0.1, backoff_max=0.2, status_forcelist=[503]
        )
        self.http.mount("http://", HTTPAdapter(max_retries=again))

    def __enter__(self) -> "Stage":
        try:
            self._database()
            self._processes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure: Any) -> None:
        from django.conf import settings
        from django.db import connection

        for process in self.parts:
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.parts:
            process.wait(20)
        connection.close()
        if connection.settings_dict["NAME"].startswith("bench_"):
            connection.settings_dict["USER"] = settings.DATABASE_OWNER
            connection.creation.destroy_test_db(embedded.DATABASE, verbosity=0)

    def _database(self) -> None:
        from django.conf import settings
        from django.db import connection

        role = connection.settings_dict["USER"]
        connection.settings_dict["USER"] = settings.DATABASE_OWNER
        connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        connection.settings_dict["USER"] = role
        self.dsn = {
            "dbname": connection.settings_dict["NAME"],
            "user": role,
            "host": connection.settings_dict["HOST"],
        }
        self.owner_dsn = {**self.dsn, "user": settings.DATABASE_OWNER}

    def _processes(self) -> None:
        from django.conf import settings

        directory, name = embedded.data_dir("test"), self.dsn["dbname"]
        settings.STRIPE_BASE_URL = self.provider
        settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
        settings.PAYMENT_METHODS = {"card": "stripe"}
        environment = {
            **os.environ,
            "DATABASE_URL": embedded.url(directory, self.dsn["user"], name),
            "DATABASE_OWNER_URL": embedded.url(directory, self.owner_dsn["user"], name),
            "STRIPE_BASE_URL": self.provider,
            "STRIPE_WEBHOOK_SECRETS": SECRET,
            "PAYMENT_METHODS": "card=stripe",
        }
        python = sys.executable
        port = self.provider.rpartition(":")[2]
        mock = (python, "-m", "payments.providers.stripe_mock")
        self._start([*mock, "--port", port, "--secret", SECRET], environment)
        self._start(
            [python, "manage.py", "procrastinate", "worker", "--concurrency", "2"], environment
        )
        self._start(
            [
                *(python, "-m", "gunicorn", "cantho_smart.wsgi", "--worker-class", "gthread"),
                *("--workers", "2", "--threads", "4", "--log-level", "warning"),
                *("--bind", self.web.removeprefix("http://"), "--no-control-socket"),
            ],
            environment,
        )
        self._wait(f"{self.provider}/healthz")
        self._wait(f"{self.web}/livez")

    def _start(self, command: list[str], environment: dict[str, str]) -> None:
        self.parts.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def _wait(self, address: str) -> None:
        try:
            self.http.get(address, timeout=3).raise_for_status()
        except requests.RequestException as failure:
            raise SystemExit(f"{address} does not answer") from failure
