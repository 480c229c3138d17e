"""Public ids: opaque, prefixed, unguessable, and roughly ordered by time.

The prefix says what the id names (`dos_`, `pay_`); 48 bits of milliseconds keep neighbouring rows
together in an index, 80 random bits make it unguessable. Clients must treat it as a string.
"""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
MAX_LENGTH = 40


def new(prefix: str) -> str:
    """Return a new id such as `dos_01k9m3v0x2...`."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    digits = []
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits.append(ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"


def unguessable(length: int = 26) -> str:
    """Return a random token of `length` characters, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
