"""One JSON exchange over `requests` with a partner that is no card provider, in bounded time.

The same traps are closed as in `stripe_wire`: `trust_env` off, no redirects, a limit on the whole
body and not only between two bytes. Nothing is repeated here: who waits is told at once, and what
must arrive is repeated by the queue and the sweep, under the key that was stored before.
"""

import dataclasses
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
import urllib3

from payments.providers.base import Refused, Unanswered

MAX_ANSWER_BYTES = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Limits:
    """Units: seconds; total bounds one exchange from the first byte to the last."""

    connect: float
    read: float
    total: float


class JsonWire:
    """One partner at one address, under one key."""

    def __init__(self, base_url: str, api_key: str, *, limits: Limits) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._limits = limits
        self._local = threading.local()  # a session of `requests` is not made for many threads

    def get(self, path: str) -> dict[str, Any]:
        """Read. Errors: Unanswered; Refused with the code that the partner named."""
        return self._call("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Act, under a key that was stored before. Errors: Unanswered, Refused."""
        return self._call("POST", path, json.dumps(body), {"Idempotency-Key": key})

    def _call(
        self, method: str, path: str, body: str | None, extra: Mapping[str, str]
    ) -> dict[str, Any]:
        what = f"{method} {path.split('/', 3)[-1].partition('/')[0]}"  # no customer code in a log
        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if body is not None else {}),
            **extra,
        }
        deadline = time.monotonic() + self._limits.total
        try:
            with self._session().request(
                method,
                f"{self._base_url}{path}",
                data=body.encode() if body is not None else None,
                headers=headers,
                timeout=(self._limits.connect, self._limits.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                status, raw = response.status_code, _read(response, deadline)
            answer = json.loads(raw)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            raise Unanswered(f"{what}: {type(failure).__name__}") from failure
        except (ValueError, RecursionError) as failure:
            raise Unanswered(f"{what}: not JSON") from failure
        if not isinstance(answer, dict):
            raise Unanswered(f"{what}: not an object")
        if 200 <= status < 300:
            return answer
        error = answer.get("error")
        if not isinstance(error, dict) or not 400 <= status < 500 or status in {408, 429}:
            raise Unanswered(f"{what}: {status}")
        code = str(error.get("code") or "")[:100]
        raise Refused(f"{what}: {status} {code}", code=code, status=status)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
        return session


def _read(response: requests.Response, deadline: float) -> bytes:
    """Return the body. Errors: ValueError when it is too long or drips past the deadline."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65536, decode_content=True):
        size += len(part)
        if size > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise ValueError("too long")
        parts.append(part)
    return b"".join(parts)
