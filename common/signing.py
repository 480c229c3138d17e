"""PAdES signatures on papers that are results.

Development signs with a certificate authority of its own, made at the first call and marked as a
demonstration; production names a PKCS#12 file by setting.
"""

import datetime
import functools
import io
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

FIELD = "CanThoSmart"
DEMO_NAME = "Can Tho Smart - chu ky thu nghiem"
LIFE = datetime.timedelta(days=3650)


def sign(pdf: bytes, *, reason: str, now: datetime.datetime) -> bytes:
    """Return `pdf` with one invisible PAdES signature over all of it."""
    out = io.BytesIO()
    signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            reason=reason,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
        ),
        signer=_signer(settings.SIGNING_PKCS12, settings.SIGNING_PASSWORD),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()


@functools.cache
def _signer(path: str, password: str) -> signers.SimpleSigner:
    file = pathlib.Path(path)
    if not file.exists() and settings.DEVELOPMENT:
        _make_demo(file, password)
    signer = signers.SimpleSigner.load_pkcs12(path, passphrase=password.encode())
    if signer is None:
        raise RuntimeError("the signing key cannot be opened")
    return signer


def _make_demo(path: pathlib.Path, password: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEMO_NAME)])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{id(key)}")
    fresh.write_bytes(
        serialization.pkcs12.serialize_key_and_certificates(
            b"demo",
            key,
            certificate,
            None,
            serialization.BestAvailableEncryption(password.encode()),
        )
    )
    fresh.rename(path)
