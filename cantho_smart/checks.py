"""What must be true of a deployment before it may serve people."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


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
    for name in ("VNEID_ISSUER", "STRIPE_BASE_URL"):
        if not getattr(settings, name).startswith("https://"):
            found.append(Error(f"{name} must be an https address", id="cantho.E004"))
    return found
