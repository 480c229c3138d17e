"""What must be true of a deployment before it may serve people."""

import pathlib
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

from common.signing import keys


@register(Tags.security)
def safe_in_production(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse the comforts of development anywhere else."""
    found: list[Error] = []
    if settings.DEVELOPMENT:
        return found
    if settings.DATABASE_IS_EMBEDDED or "cantho-smart-" in str(
        settings.DATABASES["default"].get("HOST", "")
    ):
        found.append(Error("the embedded PostgreSQL is for development", id="cantho.E001"))
    if settings.DATABASE_APP_ROLE == settings.DATABASE_OWNER:
        found.append(
            Error("web and worker must connect as a role that owns nothing", id="cantho.E002")
        )
    if settings.FILE_SCANNER.endswith("TestStringScanner"):
        found.append(Error("the scanner of development finds no malware", id="cantho.E003"))
    if settings.SIGNING_KEYS.startswith("common.signing.authority."):
        found.append(
            Error("the signing authority of development signs nothing real", id="cantho.E006")
        )
    elif settings.SIGNING_KEYS == "common.signing.keys.Pkcs12Keys":
        for name in ("SIGNING_PKCS12", "SIGNING_ROOTS"):
            if not getattr(settings, name):
                found.append(Error(f"{name} must name a file", id="cantho.E007"))
        found += _demonstration_roots(settings.SIGNING_ROOTS)
    by_bank = "vietqr" in settings.PAYMENT_METHODS.values()
    bank = ("BANK_BASE_URL",) if by_bank else ()
    for name in ("VNEID_ISSUER", "STRIPE_BASE_URL", "BILLER_BASE_URL", *bank):
        if not getattr(settings, name).startswith("https://"):
            found.append(Error(f"{name} must be an https address", id="cantho.E004"))
    return found


def _demonstration_roots(path: str) -> list[Error]:
    """Refuse to trust a root of the development authority, if the file is here to be read."""
    try:
        pem = pathlib.Path(path).read_bytes() if path else b""
    except OSError:
        return []  # the file may lie where only web and worker run; they refuse it when they sign
    if any(keys.is_demonstration(one) for one in keys.certificates(pem)):
        return [Error("SIGNING_ROOTS trusts the authority of development", id="cantho.E008")]
    return []
