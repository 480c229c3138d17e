"""Where signing keys come from: a port, and the PKCS#12 files of production.

`settings.SIGNING_KEYS` names the class. A hardware module (PKCS#11) or a remote signing service is
one more class here: pyHanko's `Signer` is what it hands out, and pyHanko has one for each.
"""

import dataclasses
import functools
import pathlib
from datetime import datetime
from typing import Protocol

from asn1crypto import x509
from django.conf import settings
from django.utils.module_loading import import_string
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.sign import signers, timestamps

DEMO_UNIT = "THU NGHIEM - KHONG CO GIA TRI PHAP LY"


class KeyRefused(RuntimeError):
    """A signing key is missing, cannot be opened, or has no place in production."""


@dataclasses.dataclass(frozen=True)
class Signatory:
    """The body in whose name a paper is signed."""

    key: str
    name: str


class Keys(Protocol):
    """Hands out what signs. Errors of all three: KeyRefused."""

    def signer(self, signatory: Signatory) -> signers.Signer:
        """Return what signs for a body."""

    def timestamper(self, now: datetime) -> timestamps.TimeStamper | None:
        """Return what proves the time of a signature, or None: the time is then only claimed."""

    def roots(self) -> bytes:
        """Return the certificates that are trusted, as PEM: those of earlier keys, too."""


def configured() -> Keys:
    """Return the keys that the settings name."""
    keys: Keys = import_string(settings.SIGNING_KEYS)()
    return keys


class Pkcs12Keys:
    """Keys in PKCS#12 files: one for all, or one for each body where the path has `{agency}`."""

    def signer(self, signatory: Signatory) -> signers.Signer:
        path = settings.SIGNING_PKCS12.replace("{agency}", signatory.key)
        signer = open_pkcs12(path, settings.SIGNING_PASSWORD)
        if not settings.DEVELOPMENT and is_demonstration(signer.signing_cert):
            raise KeyRefused("a certificate of the development authority signs nothing real")
        return signer

    def timestamper(self, now: datetime) -> timestamps.TimeStamper | None:
        if not settings.SIGNING_TSA_URL:
            return None
        return timestamps.HTTPTimeStamper(settings.SIGNING_TSA_URL, timeout=10)

    def roots(self) -> bytes:
        try:
            return pathlib.Path(settings.SIGNING_ROOTS).read_bytes()
        except OSError as failure:
            raise KeyRefused("SIGNING_ROOTS cannot be read") from failure


@functools.lru_cache(maxsize=512)
def open_pkcs12(path: str, password: str) -> signers.SimpleSigner:
    """Return the signer kept in a PKCS#12 file. Errors: KeyRefused."""
    try:
        signer = signers.SimpleSigner.load_pkcs12(path, passphrase=password.encode())
    except OSError as failure:
        raise KeyRefused("the file of a signing key cannot be read") from failure
    if signer is None:
        raise KeyRefused("a signing key cannot be opened")
    return signer


def is_demonstration(certificate: x509.Certificate | None) -> bool:
    """Return whether a certificate says of itself that it was made for development."""
    if certificate is None:
        return False
    names = (certificate.subject.native, certificate.issuer.native)
    return any(name.get("organizational_unit_name") == DEMO_UNIT for name in names)


def certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM bundle."""
    return list(load_certs_from_pemder_data(pem)) if pem.strip() else []
