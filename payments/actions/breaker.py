"""A provider that does not answer is left alone for a moment: nobody waits in a queue for it.

The count lies in the shared cache: all workers see it, losing it costs one slow call. Only new
tries of citizens are held off; the sweep goes on asking and closes the breaker again.
"""

from django.core.cache import cache

LOST_IN_A_ROW = 5
PAUSE_SECONDS = 20


def _key(provider: str) -> str:
    return f"payments:lost:{provider}"


def is_open(provider: str) -> bool:
    """Return whether calls are being held off."""
    lost = cache.get(_key(provider), 0)
    return bool(lost >= LOST_IN_A_ROW)


def lost(provider: str) -> None:
    """Count an answer that did not come. The count is forgotten after the pause."""
    count = cache.get(_key(provider), 0)
    cache.set(_key(provider), count + 1, PAUSE_SECONDS)


def answered(provider: str) -> None:
    """Forget what was lost: the provider answers."""
    if cache.get(_key(provider)):
        cache.delete(_key(provider))
