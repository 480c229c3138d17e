"""Stripe's wire over `requests`: bracketed forms, pinned version, keys, retries, bounded time.

Known traps are closed here: `trust_env` off (a `.netrc` would replace the key), no redirects, an
explicit form type (an empty form has none), a time limit on the whole body and not only between two
bytes. A repeat is only safe because every POST carries a stored key.
"""

import dataclasses
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import requests
import urllib3

from payments.providers import bounded
from payments.providers.base import Refused, Unanswered

logger = logging.getLogger(__name__)

API_VERSION = "2026-05-27.dahlia"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
FORM = "application/x-www-form-urlencoded"


@dataclasses.dataclass(frozen=True)
class Limits:
    """Units: seconds; total bounds all tries of one call together."""

    connect: float = 3.05
    read: float = 10.0
    total: float = 20.0
    retries: int = 2


@dataclasses.dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    request_id: str
    replayed: bool


@dataclasses.dataclass(frozen=True)
class _Try:
    """One exchange: an answer, or why there is none that can be used."""

    status: int = 0
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    failure: str = ""

    @property
    def request_id(self) -> str:
        return self.headers.get("Request-Id", "")[:255]


def encode(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the bracketed form of nested parameters.

    Errors: TypeError for a float: money has no fractions here.
    """
    return [pair for name, value in params.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case bool():
            yield name, "true" if value else "false"
        case int() | str():
            yield name, str(value)
        case Mapping():
            for inner, item in value.items():
                yield from _pairs(f"{name}[{inner}]", item)
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _pairs(f"{name}[{index}]", item)
        case _:
            raise TypeError(f"{name}: {type(value).__name__} cannot be sent")


class Wire:
    """One account at one address."""

    def __init__(
        self,
        base_url: str,
        secret_key: str,
        *,
        limits: Limits,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret_key = secret_key
        self._limits = limits
        self._sleep = sleep
        self._local = threading.local()  # a session of `requests` is not made for many threads

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Read. Errors: Unanswered, Refused."""
        query = urlencode(encode(params or {}))
        return self._call("GET", f"{path}?{query}" if query else path, None, {})

    def post(self, path: str, params: Mapping[str, Any], *, key: str) -> Answer:
        """Create or act, under a key that was stored before. Errors: Unanswered, Refused."""
        form = urlencode(encode(params))
        return self._call("POST", path, form, {"Idempotency-Key": key})

    def _call(self, method: str, path: str, form: str | None, extra: Mapping[str, str]) -> Answer:
        deadline = time.monotonic() + self._limits.total
        for number in range(self._limits.retries + 1):
            tried = self._try(method, path, form, extra, deadline)
            if tried.body is not None and 200 <= tried.status < 300:
                replayed = tried.headers.get("Idempotent-Replayed") == "true"
                return Answer(tried.body, tried.request_id, replayed)
            pause = _pause(number)
            last = number == self._limits.retries or time.monotonic() + pause > deadline
            if last or not _may_retry(tried):
                break
            logger.info("stripe %s %s: again after %s", method, _bare(path), _name(tried))
            self._sleep(pause)
        raise _failure(method, _bare(path), tried)

    def _try(
        self, method: str, path: str, form: str | None, extra: Mapping[str, str], deadline: float
    ) -> _Try:
        headers = {
            "Authorization": f"Bearer {self._secret_key}",
            "Stripe-Version": API_VERSION,
            "Accept": "application/json",
            **({"Content-Type": FORM} if form is not None else {}),
            **extra,
        }
        try:
            with self._session().request(
                method,
                f"{self._base_url}{path}",
                data=form.encode() if form is not None else None,
                headers=headers,
                timeout=(self._limits.connect, self._limits.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                raw = bounded.read(response, deadline)
                body = json.loads(raw) if raw is not None else None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            return _Try(failure=type(failure).__name__)
        except (ValueError, RecursionError):
            return _Try(response.status_code, None, response.headers, "not_json")
        if not isinstance(body, dict):
            return _Try(response.status_code, None, response.headers, "not_an_object")
        return _Try(response.status_code, body, response.headers)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
        return session


def _may_retry(tried: _Try) -> bool:
    said = tried.headers.get("Stripe-Should-Retry")
    if said in {"true", "false"}:
        return said == "true"
    if 300 <= tried.status < 400:
        return False  # an address that is wrong stays wrong
    if tried.status == 0 or tried.failure:
        return True
    return tried.status in {409, 424} or tried.status >= 500


def _pause(number: int) -> float:
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**number)
    return max(FIRST_PAUSE_SECONDS, longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter


def _failure(method: str, path: str, tried: _Try) -> Exception:
    """Return what a call without a usable answer means."""
    error = tried.body.get("error") if tried.body else None
    if not isinstance(error, dict) or not 400 <= tried.status < 500:
        return Unanswered(
            f"{method} {path}: {_name(tried)}",
            request_id=tried.request_id,
            replayed=tried.headers.get("Idempotent-Replayed") == "true",
        )
    code = str(error.get("code") or error.get("type") or "")[:100]
    if tried.status in {409, 424, 429} or error.get("type") == "idempotency_error":
        # An idempotency_error says that an earlier call under this key did, or does, something.
        after = tried.headers.get("Retry-After", "")
        return Unanswered(
            f"{method} {path}: {tried.status} {code}",
            request_id=tried.request_id,
            retry_after=int(after) if after.isascii() and after.isdigit() else None,
        )
    if tried.status in {401, 403}:
        logger.error("stripe %s %s: the key is not accepted (%s)", method, path, tried.status)
    return Refused(
        f"{method} {path}: {tried.status} {code}",
        code=str(error.get("decline_code") or code)[:100],
        status=tried.status,
        param=str(error.get("param") or "")[:100],
        request_id=tried.request_id,
    )


def _name(tried: _Try) -> str:
    return tried.failure or str(tried.status)


def _bare(path: str) -> str:
    return path.partition("?")[0]
