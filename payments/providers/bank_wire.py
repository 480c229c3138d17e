"""A bank's API over `requests`: JSON, one token, bounded time and size, no redirects, no proxies.

Nothing is repeated here: whoever called keeps a stored reference and comes back with it.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
import urllib3

from payments.providers.base import Refused, Unanswered

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 4 * 1024 * 1024
CHUNK = 65536


class Wire:
    """One agreement with one bank. Units: seconds."""

    def __init__(self, base_url: str, token: str, *, connect: float, read: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._timeout = (connect, read)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read. Errors: Unanswered, Refused."""
        query = urlencode(params or {})
        return self._call("GET", f"{path}?{query}" if query else path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Order something. Errors: Unanswered, Refused."""
        return self._call("POST", path, json.dumps(body).encode())

    def _call(self, method: str, path: str, raw: bytes | None) -> dict[str, Any]:
        bare = f"{method} {path.partition('?')[0]}"
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if raw is not None:
            headers["Content-Type"] = "application/json"
        try:
            with requests.Session() as session:
                session.trust_env = False  # a `.netrc` would replace the token
                with session.request(
                    method,
                    f"{self._base_url}{path}",
                    data=raw,
                    headers=headers,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    body = json.loads(_read(answer))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            raise Unanswered(f"{bare}: {type(failure).__name__}") from failure
        except (ValueError, RecursionError) as failure:
            raise Unanswered(f"{bare}: {answer.status_code}, not JSON") from failure
        if not isinstance(body, dict):
            raise Unanswered(f"{bare}: {answer.status_code}, not an object")
        if 200 <= answer.status_code < 300:
            return body
        code = str(body.get("code") or "")[:100]
        if answer.status_code in {401, 403}:
            logger.error("%s: the bank does not accept the token", bare)
        if 400 <= answer.status_code < 500 and answer.status_code not in {408, 409, 425, 429}:
            raise Refused(f"{bare}: {code}", code=code, status=answer.status_code)
        raise Unanswered(f"{bare}: {answer.status_code} {code}")


def _read(answer: requests.Response) -> bytes:
    """Return the body. Errors: ValueError for one that is too long."""
    found = b""
    for part in answer.iter_content(CHUNK):
        found += part
        if len(found) > MAX_ANSWER_BYTES:
            raise ValueError("too long")
    return found
