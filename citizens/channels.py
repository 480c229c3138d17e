"""The ways out to a person. Development prints to the console and keeps a copy to read."""

import logging
from typing import Protocol

import requests
from django.conf import settings
from django.core.mail import send_mail
from django.utils.module_loading import import_string

from citizens.models import DevMessage
from common import clock
from common.errors import OutsideError

logger = logging.getLogger(__name__)

CONSOLE = "citizens.channels.Console"
TIMEOUT = (3.05, 5)


class Gateway(Protocol):
    """What carries a code to a phone."""

    def send(self, *, to: str, text: str) -> None:
        """Send one text. Errors: OutsideError."""
        ...


class Console:
    """Development: nothing leaves the machine; the outbox is read at /api/v1/dev/outbox."""

    def send(self, *, to: str, text: str) -> None:
        if not settings.DEVELOPMENT:
            raise RuntimeError("the console of development sends no codes in production")
        DevMessage.objects.create(to=to, text=text, at=clock.now())
        logger.info("a code was sent; read it at /api/v1/dev/outbox")


class HttpGateway:
    """A carrier's gateway that takes `{"to", "text"}` as JSON and answers 2xx once it has it."""

    def send(self, *, to: str, text: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(
                    setting("CODE_GATEWAY_URL"),
                    json={"to": to, "text": text},
                    headers={"Authorization": f"Bearer {setting('CODE_GATEWAY_TOKEN')}"},
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            except requests.RequestException as failure:
                raise OutsideError("the gateway does not answer", transient=True) from failure
        if not 200 <= answer.status_code < 300:
            raise OutsideError(
                f"the gateway answers {answer.status_code}", transient=answer.status_code >= 500
            )


def setting(name: str) -> str:
    """Return a setting that development may go without; `checks.py` asks for it in production."""
    return str(getattr(settings, name, ""))


def gateway_name() -> str:
    """Return the dotted path of the gateway; production must name one."""
    return setting("CODE_GATEWAY") or (CONSOLE if settings.DEVELOPMENT else "")


def code(*, to: str, text: str) -> None:
    """Send a sign-in code, by SMS or by e-mail. Errors: OutsideError."""
    name = gateway_name()
    if "@" in to and name != CONSOLE:
        try:
            send_mail("Can Tho Smart", text, None, [to])
        except OSError as failure:
            raise OutsideError("the mail server does not answer", transient=True) from failure
        return
    gateway: Gateway = import_string(name)()
    gateway.send(to=to, text=text)


def push(*, user_id: str, kind: str, message_id: str) -> None:
    """Wake the person's phones: kind and id only, never personal data on a lock screen."""
    logger.info("push %s %s to %s", kind, message_id, user_id)
