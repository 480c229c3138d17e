"""What a payer is told to transfer: the agency's account and a code, frozen with the attempt."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from common import db
from payments.models import Attempt, BankAccount, BankTransfer, Payment
from payments.rules import vietqr

PROVIDER = "vietqr"
# Nobody may mistake a demonstration for a place to send money to: no bank has this number.
DEMO_BIN = "000000"
DEMO_BANK = "Ngân hàng mô phỏng"


@dataclasses.dataclass(frozen=True)
class BankAccountRow:
    """One agency's account. `identifier` is the demonstration identifier, such as H13.020."""

    agency_code: str
    holder: str
    identifier: str
    bank_bin: str | None = None
    bank_name: str | None = None
    number: str | None = None


@db.transaction()
def import_accounts(*, rows: Iterable[BankAccountRow], now: datetime) -> int:
    """Put the accounts in place, again and again; return how many rows there were.

    A number that is not given becomes an evident demonstration value. What a payer was shown
    before stays as it was shown.
    """
    accounts = [_account(row) for row in rows]
    BankAccount.objects.bulk_create(
        accounts,
        update_conflicts=True,
        unique_fields=["agency_code"],
        update_fields=["bank_bin", "bank_name", "number", "holder", "is_demo"],
    )
    return len(accounts)


def _account(row: BankAccountRow) -> BankAccount:
    real = row.number is not None and row.bank_bin is not None
    number = row.number or f"DEMO{vietqr.plain(row.identifier, 40).replace(' ', '').upper()}"
    found = BankAccount(
        agency_code=row.agency_code,
        bank_bin=row.bank_bin or DEMO_BIN,
        bank_name=row.bank_name or DEMO_BANK,
        number=number,
        holder=row.holder[:250],
        is_demo=not real,
    )
    vietqr.build(vietqr.Transfer(found.bank_bin, found.number))  # refuses what no code can carry
    return found


@db.transaction_required
def account_for(payment: Payment) -> BankAccount | None:
    """Return the account of the agency that collects a payment, if it has one."""
    return BankAccount.objects.filter(agency_code=payment.agency_code).first()


@db.transaction_required
def write(attempt: Attempt, account: BankAccount, *, amount_vnd: int) -> BankTransfer:
    """Freeze what the payer of a fresh attempt is told; its reference is the attempt's session."""
    asked = vietqr.Transfer(
        bank_bin=account.bank_bin,
        account=account.number,
        amount_vnd=amount_vnd,
        purpose=vietqr.purpose(attempt.session_id),
    )
    return BankTransfer.objects.create(
        attempt=attempt,
        reference=attempt.session_id,
        bank_bin=account.bank_bin,
        bank_name=account.bank_name,
        account=account.number,
        holder=account.holder,
        is_demo=account.is_demo,
        amount_vnd=amount_vnd,
        payload=vietqr.build(asked),
    )
