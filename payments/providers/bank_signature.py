"""A bank's signature on its notices: `X-Bank-Signature: v1=HEX` over stamp, stop, raw bytes."""

import hashlib
import hmac
import re
from collections.abc import Sequence

STAMP_HEADER = "X-Bank-Timestamp"
SIGNATURE_HEADER = "X-Bank-Signature"
TOLERANCE_SECONDS = 300
MAX_HEADER = 1000
_STAMP = re.compile(r"[0-9]{1,12}")
_MARK = re.compile(r"v1=[0-9a-f]{64}(?:,v1=[0-9a-f]{64}){0,7}")


class SignatureInvalid(Exception):
    """The text names what is wrong; it is logged, never told to the sender."""


def sign(raw: bytes, *, secret: str, stamp: int) -> str:
    """Return the signature of `raw` at `stamp`, without the version in front."""
    message = str(stamp).encode() + b"." + raw
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def verify(raw: bytes, stamp: str, header: str, *, secrets: Sequence[str], now: int) -> None:
    """Refuse bytes that no live secret signed, or that were signed too long ago or ahead.

    Several secrets, or several signatures, are how a secret is changed: one match is enough.

    Errors: SignatureInvalid.
    """
    if not _STAMP.fullmatch(stamp):
        raise SignatureInvalid("stamp missing or not a number")
    if len(header) > MAX_HEADER or not _MARK.fullmatch(header):
        raise SignatureInvalid("signature missing or malformed")
    given = [part.removeprefix("v1=") for part in header.split(",")]
    expected = [sign(raw, secret=secret, stamp=int(stamp)) for secret in secrets if secret]
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    if not any(matches):
        raise SignatureInvalid("no signature matches")
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise SignatureInvalid("stamp outside the tolerance")
