"""The only writer of ledger entries."""

from datetime import datetime

from common import db
from payments.models import Attempt, LedgerEntry, Payment, Refund
from payments.rules import money


@db.transaction_required
def post(
    key: str,
    *,
    debit: str,
    credit: str,
    amount_vnd: int,
    now: datetime,
    payment: Payment | None = None,
    attempt: Attempt | None = None,
    refund: Refund | None = None,
    settlement_id: str = "",
) -> None:
    """Book one transfer under its natural key; the same money cannot be booked twice.

    Money that belongs to no payment (suspense, a till, a settlement line) has none.

    Errors: IntegrityError when the key exists, which the caller's lock should have prevented.
    """
    LedgerEntry.objects.create(
        key=key,
        debit_account=debit,
        credit_account=credit,
        amount_vnd=amount_vnd,
        currency=money.CURRENCY,
        payment=payment,
        attempt=attempt,
        refund=refund,
        settlement_id=settlement_id,
        posted_at=now,
    )
