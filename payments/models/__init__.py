"""The tables: `charge` (owed, tries, refunds) and `books` (ledger, events, receipts)."""

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
    "CollectingBody",
    "EventOutcome",
    "LedgerEntry",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptSeries",
    "Refund",
]
