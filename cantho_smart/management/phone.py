"""What the journey needs of a mobile app, and of somebody who pulls the plug."""

import io
import secrets
import threading
import time
import uuid
from typing import Any

import psutil
import requests
from django.core.management.base import CommandError
from PIL import Image

AUTH = "/api/auth/app/v1"
PATIENCE = 60


class Phone:
    """An app: knows an address and a token, repeats what got no answer with the same key."""

    def __init__(self, base: str, token: str = "") -> None:
        self.base, self.token = base, token
        self.session = requests.Session()
        self.session.trust_env = False

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        version: Any = None,
        expect: int | None = None,
        files: Any = None,
        **headers: str,
    ) -> Any:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if method == "POST" and key is None:
            key = uuid.uuid4().hex
        if key:
            headers["Idempotency-Key"] = key
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.session.request(
                    method,
                    self.base + path,
                    headers=headers,
                    timeout=30,
                    **({"data": body, "files": files()} if files else {"json": body}),
                )
            except requests.RequestException:
                # A lost answer: the same key again, never a new one.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
                continue
            retry = answer.status_code in {409, 503} and "Retry-After" in answer.headers
            if retry and time.monotonic() < deadline:
                time.sleep(float(answer.headers["Retry-After"]))
                continue
            break
        if expect is not None and answer.status_code != expect:
            raise CommandError(f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
        return answer

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.call("GET", path, expect=200, **kwargs).json()

    def post(self, path: str, body: Any = None, expect: int = 201, **kwargs: Any) -> Any:
        return self.call("POST", path, {} if body is None else body, expect=expect, **kwargs).json()

    def auth(self, path: str, body: Any, expect: int, **headers: str) -> Any:
        return self.call("POST", AUTH + path, body, expect=expect, key="", **headers).json()


class Killer:
    """Kills every web process with -9 a few milliseconds after the block began."""

    def __init__(self, port: int | None) -> None:
        self.port = port
        self.thread = threading.Thread(target=self._kill)

    def __enter__(self) -> None:
        if self.port is not None:
            self.thread.start()

    def __exit__(self, *failure: Any) -> None:
        if self.port is not None:
            self.thread.join()

    def _kill(self) -> None:
        time.sleep(secrets.randbelow(60) / 1000)
        mark = f"127.0.0.1:{self.port}"
        killed = 0
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "cantho_smart.wsgi" in command and mark in command:
                process.kill()
                killed += 1
        if not killed:
            raise RuntimeError("no web process was found to kill")


def picture(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 40), colour).save(out, "JPEG")
    return out.getvalue()
