"""The tables: `charge` (owed, tries, refunds), `books` (ledger, events, receipts), `paying`."""

from payments.models.books import (
    CollectingBody,
    EventOutcome,
    LedgerEntry,
    ProviderEvent,
    Receipt,
    ReceiptSeries,
)
from payments.models.charge import Attempt, Payment, Refund
from payments.models.paying import PayCode, Payer

__all__ = [
    "Attempt",
    "CollectingBody",
    "EventOutcome",
    "LedgerEntry",
    "PayCode",
    "Payer",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptSeries",
    "Refund",
]
