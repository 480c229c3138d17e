"""The port of a biller, built from the settings."""

import functools

from django.conf import settings

from payments.billers import base, hub
from payments.providers.json_wire import JsonWire, Limits


def get(code: str) -> base.Port:
    """Return the port of the biller of that code."""
    return hub.Hub(
        _wire(
            settings.BILLER_BASE_URL,
            settings.BILLER_API_KEY,
            Limits(
                connect=settings.BILLER_CONNECT_TIMEOUT_SECONDS,
                read=settings.BILLER_READ_TIMEOUT_SECONDS,
                total=2 * settings.BILLER_READ_TIMEOUT_SECONDS,
            ),
        ),
        code,
    )


@functools.lru_cache(maxsize=8)
def _wire(base_url: str, api_key: str, limits: Limits) -> JsonWire:
    return JsonWire(base_url, api_key, limits=limits)
