"""Keys of no value, for development and tests only; production refuses them."""

import pathlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

VAULT_KEY = "ZGV2ZWxvcG1lbnQtb25seS12YXVsdC1rZXktMDAwMDA="  # 32 bytes of plain words


def rsa_key(path: pathlib.Path) -> str:
    """Return the RSA key kept at `path`, made at the first call: sign-ins outlive restarts."""
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{id(key)}")
        fresh.write_bytes(pem)
        fresh.chmod(0o600)
        fresh.rename(path)
    return path.read_text()
