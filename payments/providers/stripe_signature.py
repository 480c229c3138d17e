"""Stripe's webhook signature: `Stripe-Signature: t=UNIX,v1=HEX[,v1=HEX]` over the raw bytes."""

import hashlib
import hmac
import re
from collections.abc import Sequence

TOLERANCE_SECONDS = 300
MAX_HEADER = 4096
_STAMP = re.compile(r"[0-9]{1,12}")


class SignatureInvalid(Exception):
    """The text names what is wrong; it is logged, never told to the sender."""


def sign(raw: bytes, *, secret: str, stamp: int) -> str:
    """Return the v1 signature of `raw` at `stamp`."""
    message = str(stamp).encode() + b"." + raw
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify(raw: bytes, header: str, *, secrets: Sequence[str], now: int) -> None:
    """Refuse bytes that no live secret signed, or that were signed too long ago or ahead.

    Several v1 and several secrets are how Stripe rotates: one match is enough. A header that is
    not ASCII is refused before the comparison, which would raise on it.

    Errors: SignatureInvalid.
    """
    if not header or len(header) > MAX_HEADER or not header.isascii():
        raise SignatureInvalid("header missing or malformed")
    stamps: list[int] = []
    given: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            if not _STAMP.fullmatch(value):
                raise SignatureInvalid("stamp is not a number")
            stamps.append(int(value))
        elif name == "v1":
            given.append(value)
    if len(stamps) != 1 or not given:
        raise SignatureInvalid("one stamp and at least one v1 are needed")
    expected = [sign(raw, secret=secret, stamp=stamps[0]) for secret in secrets if secret]
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    if not any(matches):
        raise SignatureInvalid("no signature matches")
    if abs(now - stamps[0]) > TOLERANCE_SECONDS:
        raise SignatureInvalid("stamp outside the tolerance")
