"""The ways out to a person. Development prints to the console and keeps a copy to read."""

import logging

from django.conf import settings

from citizens.models import DevMessage
from common import clock

logger = logging.getLogger(__name__)


def code(*, to: str, text: str) -> None:
    """Send a sign-in code by SMS or e-mail."""
    if settings.DEVELOPMENT:
        DevMessage.objects.create(to=to, text=text, at=clock.now())
        logger.info("a code was sent; read it at /api/v1/dev/outbox")
        return
    raise NotImplementedError("an SMS gateway is a setting of production")


def push(*, user_id: str, kind: str, message_id: str) -> None:
    """Wake the person's phones: kind and id only, never personal data on a lock screen."""
    logger.info("push %s %s to %s", kind, message_id, user_id)
