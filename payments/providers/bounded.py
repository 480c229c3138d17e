"""Reading a provider's answer within a size and a time, however it drips."""

import time

import requests

MAX_ANSWER_BYTES = 4 * 1024 * 1024


def read(response: requests.Response, deadline: float) -> bytes | None:
    """Return the body, or None when it is too long or drips past the deadline (monotonic seconds).

    Read as it comes: asking for a whole block would wait for a server that sends a byte now and
    then, for as long as it likes.
    """
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65536, decode_content=True):
        size += len(part)
        if size > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            return None
        parts.append(part)
    return b"".join(parts)
