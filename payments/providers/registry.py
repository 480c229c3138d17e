"""Which providers there are, by name, built from the settings."""

import functools
from collections.abc import Callable

from django.conf import settings

from payments.providers import (
    bank_wire,
    base,
    counter,
    stripe,
    stripe_wire,
    vietqr,
    vnpay,
    vnpay_wire,
)
from payments.rules import money


class UnknownProvider(LookupError):
    """No provider has that name."""


def get(name: str) -> base.Provider:
    """Return the provider of that name. Errors: UnknownProvider."""
    if name not in BUILDERS:
        raise UnknownProvider(name)
    return BUILDERS[name]()


def in_use() -> list[str]:
    """Return the names of the providers behind the ways of paying that are offered."""
    return list(dict.fromkeys(settings.PAYMENT_METHODS.values()))


def _stripe() -> base.Provider:
    return _stripe_of(
        settings.STRIPE_BASE_URL,
        settings.STRIPE_SECRET_KEY,
        tuple(settings.STRIPE_WEBHOOK_SECRETS),
        stripe_wire.Limits(
            connect=settings.STRIPE_CONNECT_TIMEOUT_SECONDS,
            read=settings.STRIPE_READ_TIMEOUT_SECONDS,
            retries=settings.STRIPE_MAX_RETRIES,
        ),
    )


@functools.lru_cache(maxsize=8)
def _stripe_of(
    base_url: str, secret_key: str, secrets: tuple[str, ...], limits: stripe_wire.Limits
) -> base.Provider:
    wire = stripe_wire.Wire(base_url, secret_key, limits=limits)
    return stripe.Stripe(wire, secrets, livemode=secret_key.startswith(("sk_live", "rk_live")))


def bank() -> vietqr.VietQR:
    """Return the bank behind transfers by VietQR."""
    return _bank_of(
        settings.BANK_BASE_URL,
        settings.BANK_TOKEN,
        tuple(settings.BANK_NOTICE_SECRETS),
        settings.BANK_CONNECT_TIMEOUT_SECONDS,
        settings.BANK_READ_TIMEOUT_SECONDS,
    )


@functools.lru_cache(maxsize=8)
def _bank_of(
    base_url: str, token: str, secrets: tuple[str, ...], connect: float, read: float
) -> vietqr.VietQR:
    wire = bank_wire.Wire(base_url, token, connect=connect, read=read)
    return vietqr.VietQR(wire, secrets)


def _vnpay() -> base.Provider:
    return _vnpay_of(
        settings.VNPAY_PAY_URL,
        settings.VNPAY_API_URL,
        settings.VNPAY_STATEMENT_URL,
        settings.VNPAY_TMN_CODE,
        settings.VNPAY_HASH_SECRET,
        settings.VNPAY_IP_ADDR,
        settings.VNPAY_LIVE,
        vnpay_wire.Limits(
            connect=settings.VNPAY_CONNECT_TIMEOUT_SECONDS,
            read=settings.VNPAY_READ_TIMEOUT_SECONDS,
        ),
    )


@functools.lru_cache(maxsize=8)
def _vnpay_of(
    pay_url: str,
    api_url: str,
    statement_url: str,
    tmn_code: str,
    secret: str,
    ip_addr: str,
    live: bool,
    limits: vnpay_wire.Limits,
) -> base.Provider:
    wire = vnpay_wire.Wire(api_url, statement_url, tmn_code, secret, limits=limits)
    return vnpay.Vnpay(wire, pay_url, ip_addr=ip_addr, livemode=live)


BUILDERS: dict[str, Callable[[], base.Provider]] = {
    stripe.Stripe.name: _stripe,
    vnpay.Vnpay.name: _vnpay,
    vietqr.VietQR.name: bank,
    money.TILL: lambda: counter.Counter(money.TILL),
    money.BANK_COUNTER: lambda: counter.Counter(money.BANK_COUNTER),
}
