"""What must be true of a deployment before codes and identities may be trusted."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

from citizens import channels


@register(Tags.security)
def safe_sign_in(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse a deployment that would show codes to developers or send them to nobody."""
    if settings.DEVELOPMENT:
        return []
    found: list[Error] = []
    name = channels.gateway_name()
    if name in {"", channels.CONSOLE}:
        found.append(Error("CODE_GATEWAY must name what sends SMS", id="citizens.E001"))
    if name.endswith("HttpGateway"):
        address, token = (
            channels.setting("CODE_GATEWAY_URL"),
            channels.setting("CODE_GATEWAY_TOKEN"),
        )
        if not address.startswith("https://") or not token:
            found.append(
                Error(
                    "CODE_GATEWAY_URL (https) and CODE_GATEWAY_TOKEN are needed", id="citizens.E002"
                )
            )
    if not settings.VNEID_LEVELS or any(
        level not in {0, 1, 2} for level in settings.VNEID_LEVELS.values()
    ):
        found.append(Error("VNEID_LEVELS must map claim values to 0, 1 or 2", id="citizens.E003"))
    return found
