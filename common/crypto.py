"""Personal data is unreadable where it rests.

Fernet (AES-128-CBC with HMAC-SHA256) under the keys of `VAULT_KEYS`: the first encrypts, all of
them decrypt, so a key is changed by putting a new one in front. The blind index lets the database
find and hold unique a number that it cannot read. Bytes of files are sealed by AES-256-GCM, each
under a key of its own, which those keys wrap.
"""

import functools
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

SEALED = b"CTS1"  # then: length of the wrapped key (2 bytes), wrapped key, nonce, sealed bytes
NONCE_BYTES = 12


@functools.cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Return `text` encrypted under the first key."""
    return _cipher(tuple(settings.VAULT_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text of `token`. Errors: InvalidToken when no key fits."""
    return _cipher(tuple(settings.VAULT_KEYS)).decrypt(token.encode()).decode()


def blind_index(value: str, purpose: str) -> str:
    """Return a keyed digest of `value`: equal values of one purpose give equal digests."""
    message = f"{purpose}\x00{value}".encode()
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), message, hashlib.sha256).hexdigest()


def seal(data: bytes, *, about: str) -> bytes:
    """Return `data` encrypted under a key of its own; it opens only as being about the same."""
    key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(NONCE_BYTES)
    wrapped = _cipher(tuple(settings.VAULT_KEYS)).encrypt(key)
    closed = AESGCM(key).encrypt(nonce, data, about.encode())
    return b"".join((SEALED, len(wrapped).to_bytes(2, "big"), wrapped, nonce, closed))


def is_sealed(data: bytes) -> bool:
    """Return whether `seal` made these bytes."""
    return data.startswith(SEALED)


def unseal(sealed: bytes, *, about: str) -> bytes:
    """Return what was sealed. Errors: InvalidTag, InvalidToken when it is not that any more."""
    start = len(SEALED) + 2
    end = start + int.from_bytes(sealed[len(SEALED) : start], "big")
    key = _cipher(tuple(settings.VAULT_KEYS)).decrypt(sealed[start:end])
    nonce, closed = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, closed, about.encode())


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted in the database and plain in Python. It cannot be searched."""

    description = "encrypted text"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else decrypt(value)


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON that is encrypted in the database and plain in Python. It cannot be searched."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    description = "encrypted JSON"

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return encrypt(json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(decrypt(value))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj), ensure_ascii=False, cls=DjangoJSONEncoder)
