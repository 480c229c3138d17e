"""The tables: `charge` (owed, tries, refunds), `books` (ledger, events, receipts), `bank`."""

from payments.models.bank import (
    BankAccount,
    BankCredit,
    BankReturn,
    BankTransfer,
    SuspenseItem,
    SuspenseMove,
)
from payments.models.books import (
    CollectingBody,
    EventOutcome,
    LedgerEntry,
    ProviderEvent,
    Receipt,
    ReceiptSeries,
)
from payments.models.charge import Attempt, Payment, Refund

__all__ = [
    "Attempt",
    "BankAccount",
    "BankCredit",
    "BankReturn",
    "BankTransfer",
    "CollectingBody",
    "EventOutcome",
    "LedgerEntry",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptSeries",
    "Refund",
    "SuspenseItem",
    "SuspenseMove",
]
