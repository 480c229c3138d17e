"""Which pages and apps may use the passkeys of this server.

The library takes the https pages of the domain, or everything; a native Android app says
`android:apk-key-hash:...` instead. Here an allow-list is added to the domain's own pages.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from fido2.rpid import verify_rp_id
from fido2.server import Fido2Server
from fido2.webauthn import PublicKeyCredentialRpEntity


def is_allowed(origin: str) -> bool:
    """Return whether a passkey may be used from `origin`."""
    if origin in settings.PASSKEY_ORIGINS:
        return True
    try:
        return bool(verify_rp_id(settings.PASSKEY_DOMAIN, origin))
    except ValueError:
        return False


def server() -> Fido2Server:
    """Return the checker of ceremonies, with our list of origins."""
    entity: dict[str, Any] = get_adapter().get_public_key_credential_rp_entity()
    return Fido2Server(PublicKeyCredentialRpEntity(**entity), verify_origin=is_allowed)


def install() -> None:
    """Put our checker in the library's place."""
    auth.get_server = server
