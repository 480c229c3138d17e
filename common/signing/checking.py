"""Asking what a signature is worth, of a PDF that anybody may have made."""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from datetime import datetime

from django.conf import settings

from common.errors import Refusal, Unavailable
from common.signing import keys

SECONDS = 15
AT_ONCE = 2
WAIT_SECONDS = 10


class Unreadable(Refusal):
    code = "document_unreadable"
    status = 422
    title_vi = "Không đọc được tệp PDF này"
    title_en = "This PDF cannot be read"


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the signature of a file is worth.

    `whole`: the bytes signed are the whole file, unchanged. `ours`: the certificate is of an
    authority that is trusted here. `trusted`: both, and its time holds. `time_proved`: `signed_at`
    comes from a time stamp and not only from the signer.
    """

    whole: bool
    ours: bool
    trusted: bool
    signer: str
    signed_at: datetime | None
    time_proved: bool


_places = threading.BoundedSemaphore(AT_ONCE)


def check(pdf: bytes, *, now: datetime) -> Finding | None:
    """Return what the first signature of `pdf` is worth; None when it has none.

    The file is read in a process of its own, with limits (`inspection`).
    Errors: Unreadable, also for what takes too long; Unavailable when too many are being read.
    """
    # A signature is never hidden in a compressed part: its own place in the file is named in it.
    if b"/ByteRange" not in pdf:
        return None
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Unavailable(retry_after=WAIT_SECONDS)
    try:
        told = _ask(pdf, now)
    finally:
        _places.release()
    if not told["signatures"]:
        return None
    at = told["signed_at"]
    return Finding(
        whole=told["whole"],
        ours=told["ours"],
        trusted=told["trusted"],
        signer=told["signer"],
        signed_at=datetime.fromisoformat(at) if at else None,
        time_proved=told["time_proved"],
    )


def _ask(pdf: bytes, now: datetime) -> dict:  # type: ignore[type-arg]
    question = {"now": now.isoformat(), "roots": keys.configured().roots().decode()}
    try:
        done = subprocess.run(  # noqa: S603 - our own module; no word of the stranger in it
            [sys.executable, "-m", "common.signing.inspection"],
            input=json.dumps(question).encode() + b"\n" + pdf,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as failure:
        raise Unreadable from failure
    if done.returncode != 0:
        raise Unreadable
    answer: dict = json.loads(done.stdout)  # type: ignore[type-arg]
    return answer
