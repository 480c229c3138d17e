"""A passkey in software: what a phone or a security key would answer to a ceremony."""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

PRESENT_AND_VERIFIED = 0x01 | 0x04
WITH_CREDENTIAL = 0x40


class SoftKey:
    """One resident key, bound to one domain, used from one origin."""

    def __init__(self, domain: str, origin: str) -> None:
        self.origin = origin
        self.rp_hash = hashlib.sha256(domain.encode()).digest()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.counter = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the credential that answers `publicKey` creation options."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid(b"\x00" * 16), self.id, public)
        data = AuthenticatorData.create(
            self.rp_hash, PRESENT_AND_VERIFIED | WITH_CREDENTIAL, 0, credential
        )
        return self._credential(
            {
                "clientDataJSON": websafe_encode(self._client("create", options)),
                "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            }
        )

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the assertion that answers `publicKey` request options."""
        self.counter += 1
        data = AuthenticatorData.create(self.rp_hash, PRESENT_AND_VERIFIED, self.counter)
        client = self._client("get", options)
        signed = self.key.sign(
            bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signed),
            }
        )

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        asked = options["publicKey"]["challenge"]
        return json.dumps(
            {"type": f"webauthn.{kind}", "challenge": asked, "origin": self.origin}
        ).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
