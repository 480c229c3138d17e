"""Accounts of the ledger, what may still be given back, and when to ask a provider again."""

import zoneinfo
from datetime import timedelta

CURRENCY = "VND"
HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")


def clearing(provider: str) -> str:
    """Return the account of money that the provider holds for the city."""
    return f"provider_clearing:{provider}"


def revenue(agency_code: str) -> str:
    """Return the account of what an agency collected."""
    return f"fee_revenue:{agency_code}"


def refund_payable(agency_code: str) -> str:
    """Return the account of money set aside to be given back."""
    return f"refund_payable:{agency_code}"


def suspense(agency_code: str) -> str:
    """Return the account of money that nobody asked for, held apart."""
    return f"suspense:{agency_code}"


def till(agency_code: str) -> str:
    """Return the account of the cash at an agency's counter."""
    return f"till:{agency_code}"


def agency_bank(agency_code: str) -> str:
    """Return the account of an agency's own bank account, from which it transfers by hand."""
    return f"agency_bank:{agency_code}"


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
