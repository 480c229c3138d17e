"""The tables: `charge` (owed, tries, refunds), `books` (ledger, events), `receipts`."""

from payments.models.books import EventOutcome, LedgerEntry, ProviderEvent
from payments.models.charge import Attempt, Payment, Refund
from payments.models.receipts import (
    CollectingBody,
    Receipt,
    ReceiptPaper,
    ReceiptPrint,
    ReceiptSeries,
)

__all__ = [
    "Attempt",
    "CollectingBody",
    "EventOutcome",
    "LedgerEntry",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptPaper",
    "ReceiptPrint",
    "ReceiptSeries",
    "Refund",
]
