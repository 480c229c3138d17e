"""The tables, a file for each noun."""

from payments.models.books import EventOutcome, LedgerEntry, ProviderEvent
from payments.models.charge import Attempt, Payment, Refund
from payments.models.disputes import Dispute, DisputeEvent
from payments.models.paying import PayCode, Payer
from payments.models.receipts import (
    CollectingBody,
    Receipt,
    ReceiptPaper,
    ReceiptPrint,
    ReceiptSeries,
)
from payments.models.reconcile import (
    Discrepancy,
    DiscrepancyEvent,
    ReconciliationRun,
    StatementLine,
)

__all__ = [
    "Attempt",
    "CollectingBody",
    "Discrepancy",
    "DiscrepancyEvent",
    "Dispute",
    "DisputeEvent",
    "EventOutcome",
    "LedgerEntry",
    "PayCode",
    "Payer",
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptPaper",
    "ReceiptPrint",
    "ReceiptSeries",
    "ReconciliationRun",
    "Refund",
    "StatementLine",
]
