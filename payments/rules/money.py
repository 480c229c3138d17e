"""Accounts of the ledger, what may still be given back, and when to ask a provider again."""

import zoneinfo
from datetime import timedelta

CURRENCY = "VND"
HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")


def clearing(provider: str) -> str:
    """Return the account of money that the provider holds for the city."""
    return f"provider_clearing:{provider}"


def bank(account: str) -> str:
    """Return the account of money on one of the city's bank accounts."""
    return f"bank:{account}"


def held_at(provider: str, account: str) -> str:
    """Return where an attempt's money is: on a bank account, or with the provider."""
    return bank(account) if account else clearing(provider)


def revenue(agency_code: str) -> str:
    """Return the account of what an agency collected."""
    return f"fee_revenue:{agency_code}"


def refund_payable(agency_code: str) -> str:
    """Return the account of money set aside to be given back."""
    return f"refund_payable:{agency_code}"


def suspense(agency_code: str) -> str:
    """Return the account of money that nobody asked for, held apart."""
    return f"suspense:{agency_code}"


def provider_fee(provider: str) -> str:
    """Return the account of what the provider keeps for its work."""
    return f"provider_fee:{provider}"


def refundable(*, captured_vnd: int, refunded_vnd: int, refunding_vnd: int) -> int:
    """Return what may still be given back; money on its way counts as gone."""
    return captured_vnd - refunded_vnd - refunding_vnd


def next_check(checks: int) -> timedelta:
    """Return how long to wait before a provider is asked again about the same thing.

    Units: checks counts the questions already asked. Half a minute at first, then two minutes: a
    payer who came back from the page waits for this when the webhook is lost. Ten at last.
    """
    return timedelta(seconds=600 if checks > 30 else min(120, 30 * 2 ** min(checks, 2)))
