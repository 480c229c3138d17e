"""The tables: `charge` (owed, tries, refunds), `books` (ledger, events, receipts), and for whom
else money is taken: `bills` and `stalls`."""

from payments.models.bills import Bill, Biller, BillPayment, SavedBill
from payments.models.books import (
    CollectingBody,
    EventOutcome,
    LedgerEntry,
    ProviderEvent,
    Receipt,
    ReceiptSeries,
)
from payments.models.charge import Attempt, Payment, Refund
from payments.models.stalls import Market, Stall, StallSale

__all__ = [
    "Attempt",
    "Bill",
    "BillPayment",
    "Biller",
    "CollectingBody",
    "EventOutcome",
    "LedgerEntry",
    "Market",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptSeries",
    "Refund",
    "SavedBill",
    "Stall",
    "StallSale",
]
