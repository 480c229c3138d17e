"""Accounts of the ledger, what may still be given back, and when to ask a provider again."""

# Note [Beneficiaries]
# A payment names whom its money is for in `agency_code`. An agency stands there by its key; who is
# no agency stands there with its kind in front: `biller:dien-mau`, `stall:stl_...`. The prefix
# alone chooses the account and the paper, so that tries, events, refunds and sweeps stay the same
# code for all of them, and an officer, whose seat is at an agency, meets none of the others.

import zoneinfo
from datetime import timedelta

CURRENCY = "VND"
HCM = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")


BILLER = "biller:"
STALL = "stall:"
_PAYABLE = {BILLER: "biller_payable:", STALL: "stall_payable:"}


def is_agency(beneficiary: str) -> bool:
    """Return whether the money is an agency's own: a fee, and its paper a biên lai."""
    return not beneficiary.startswith(tuple(_PAYABLE))


def clearing(provider: str) -> str:
    """Return the account of money that the provider holds for the city."""
    return f"provider_clearing:{provider}"


# What a cashier takes lies with the agency itself: cash in its tills, transfers at its bank.
TILL = "till"
BANK_COUNTER = "bank_counter"
COUNTER = frozenset({TILL, BANK_COUNTER})


def till_difference(agency_code: str) -> str:
    """Return the account of what cashiers counted too much or too little."""
    return f"till_difference:{agency_code}"


def bank(account: str) -> str:
    """Return the account of money on one of the city's bank accounts."""
    return f"bank:{account}"


def held_at(provider: str, account: str, agency_code: str) -> str:
    """Return where an attempt's money is: at the counter, on a bank account, or with a provider."""
    if provider in COUNTER:
        return f"{provider}:{agency_code}"
    return bank(account) if account else clearing(provider)


def revenue(agency_code: str) -> str:
    """Return the account of what was collected: an agency's own, or owed to a biller or a stall.

    See Note [Beneficiaries].
    """
    for prefix, account in _PAYABLE.items():
        if agency_code.startswith(prefix):
            return account + agency_code.removeprefix(prefix)
    return f"fee_revenue:{agency_code}"


def refund_payable(agency_code: str) -> str:
    """Return the account of money set aside to be given back."""
    return f"refund_payable:{agency_code}"


def suspense(agency_code: str) -> str:
    """Return the account of money that nobody asked for, held apart."""
    return f"suspense:{agency_code}"


def disputed(agency_code: str) -> str:
    """Return the account of money that payers' banks took back, and did not return so far."""
    return f"disputed:{agency_code}"


def payout_bank(provider: str) -> str:
    """Return the account of money that the provider paid out to the city's bank."""
    return f"payout_bank:{provider}"


# A provider whose money lies elsewhere than in a clearing account: the head of its accounts.
_HOLDINGS = {"vietqr": "bank:"}


def holds(account: str, provider: str) -> bool:
    """Return whether an account is where this provider's money lies for the city."""
    if account == clearing(provider):
        return True
    return provider in _HOLDINGS and account.startswith(_HOLDINGS[provider])


def till(agency_code: str) -> str:
    """Return the account of the cash at an agency's counter."""
    return f"till:{agency_code}"


def counter_cash(agency_code: str) -> str:
    """Return the account of cash that an agency paid out by voucher, from no cashier's till."""
    return f"counter_cash:{agency_code}"


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
