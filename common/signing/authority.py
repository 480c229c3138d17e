"""The certificate authority of development: root, issuing, time stamps, one certificate a body.

Every certificate says that it is a demonstration. Generations are numbered folders under
`SIGNING_DIR`, outside the repository: the newest signs, the roots of all are trusted, so what an
earlier one signed stays valid. A root's key is thrown away once it has signed its issuer.
"""

import dataclasses
import datetime
import functools
import os
import pathlib
import shutil
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from pyhanko.sign import signers, timestamps

from common.signing.keys import DEMO_UNIT, KeyRefused, Signatory, open_pkcs12

# Fixed, so that a test whose clock stands on another day finds the certificates valid.
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
LIFE = datetime.timedelta(days=20 * 365)
MAX_NAME = 64  # RFC 5280, ub-common-name and ub-organization-name
ISSUING, STAMPING, ROOT = "issuing.p12", "tsa.p12", "root.pem"


@dataclasses.dataclass(frozen=True)
class _Pair:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


class DevelopmentKeys:
    """Keys of the development authority; made when first asked for. Refused in production."""

    def __init__(self) -> None:
        if not settings.DEVELOPMENT:
            raise KeyRefused("the development authority has no place in production")
        self.directory = pathlib.Path(settings.SIGNING_DIR)
        self.password: str = settings.SIGNING_PASSWORD

    def signer(self, signatory: Signatory) -> signers.Signer:
        generation = self._current()
        file = generation / "agencies" / f"{signatory.key}.p12"
        if not file.exists():
            issue(generation, signatory, self.password)
        return open_pkcs12(str(file), self.password)

    def timestamper(self, now: datetime.datetime) -> timestamps.TimeStamper | None:
        return _stamper(str(self._current() / STAMPING), self.password, now)

    def roots(self) -> bytes:
        self._current()
        return b"".join((one / ROOT).read_bytes() for one in generations(self.directory))

    def _current(self) -> pathlib.Path:
        found = generations(self.directory)
        return found[-1] if found else make(self.directory, self.password)


def generations(directory: pathlib.Path) -> list[pathlib.Path]:
    """Return the folders of the generations, oldest first."""
    return sorted(one for one in directory.glob("[0-9]*") if (one / ROOT).exists())


def make(directory: pathlib.Path, password: str) -> pathlib.Path:
    """Make the next generation and return its folder; a twin that was faster wins.

    Nobody ever sees half of one: it is written aside and then given its name.
    """
    number = len(generations(directory)) + 1
    wanted = directory / f"{number:04}"
    directory.mkdir(parents=True, exist_ok=True)
    aside = pathlib.Path(tempfile.mkdtemp(prefix=".making-", dir=directory))
    (aside / "agencies").mkdir()
    root = _sign_ca(f"DEMO root {number}", None)
    issuing = _sign_ca(f"DEMO issuing {number}", root)
    stamping = _sign_leaf(
        _name(f"DEMO time stamps {number}", "Can Tho Smart"), issuing, stamping=True
    )
    (aside / ROOT).write_bytes(root.certificate.public_bytes(serialization.Encoding.PEM))
    _keep(aside / ISSUING, issuing, None, password)
    _keep(aside / STAMPING, stamping, issuing.certificate, password)
    try:
        aside.rename(wanted)
    except OSError:
        shutil.rmtree(aside)
        if not (wanted / ROOT).exists():
            raise
    return wanted


def issue(generation: pathlib.Path, signatory: Signatory, password: str) -> pathlib.Path:
    """Issue the certificate of one body, and return its file; a twin that was faster wins."""
    file = generation / "agencies" / f"{signatory.key}.p12"
    if file.parent != generation / "agencies" or "/" in signatory.key:
        raise KeyRefused("the key of a body is no file name")
    key, certificate, _ = pkcs12.load_key_and_certificates(
        (generation / ISSUING).read_bytes(), password.encode()
    )
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise KeyRefused("the issuing key cannot be opened")
    issuing = _Pair(key, certificate)
    leaf = _sign_leaf(_name(f"DEMO {signatory.key}", signatory.name), issuing, stamping=False)
    _keep(file, leaf, certificate, password)
    return file


@functools.lru_cache(maxsize=8)
def _stamper_parts(path: str, password: str) -> signers.SimpleSigner:
    return open_pkcs12(path, password)


def _stamper(path: str, password: str, now: datetime.datetime) -> timestamps.TimeStamper:
    parts = _stamper_parts(path, password)
    if parts.signing_cert is None:
        raise KeyRefused("the key of time stamps has no certificate")
    return timestamps.DummyTimeStamper(
        parts.signing_cert,
        parts.signing_key,
        certs_to_embed=parts.cert_registry,
        fixed_dt=now.astimezone(datetime.UTC),
    )


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:MAX_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEMO_UNIT),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:MAX_NAME]),
        ]
    )


def _usage(*, signs: bool, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: _Pair | None
) -> x509.CertificateBuilder:
    authority = issuer.key.public_key() if issuer else key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False
        )
    )


def _sign_ca(common: str, issuer: _Pair | None) -> _Pair:
    key = _new_key()
    limits = x509.BasicConstraints(ca=True, path_length=0 if issuer else 1)
    certificate = (
        _builder(_name(common, "Can Tho Smart"), key, issuer)
        .add_extension(limits, critical=True)
        .add_extension(_usage(signs=False, certifies=True), critical=True)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    return _Pair(key, certificate)


def _sign_leaf(subject: x509.Name, issuer: _Pair, *, stamping: bool) -> _Pair:
    key = _new_key()
    builder = (
        _builder(subject, key, issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True, certifies=False), critical=True)
    )
    if stamping:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    return _Pair(key, builder.sign(issuer.key, hashes.SHA256()))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _keep(file: pathlib.Path, pair: _Pair, issuer: x509.Certificate | None, password: str) -> None:
    data = pkcs12.serialize_key_and_certificates(
        b"demo",
        pair.key,
        pair.certificate,
        [issuer] if issuer else None,
        serialization.BestAvailableEncryption(password.encode()),
    )
    handle, aside = tempfile.mkstemp(prefix=".making-", dir=file.parent)  # readable by us alone
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    try:
        os.link(aside, file)  # unlike a rename, this never takes the place of a twin's file
    except FileExistsError:
        pass
    finally:
        os.unlink(aside)
