"""The tables: `charge` (owed, tries, refunds), `books` (ledger, events, receipts), `disputes`,
`reconcile` (statements against the ledger)."""

from payments.models.books import (
    CollectingBody,
    EventOutcome,
    LedgerEntry,
    ProviderEvent,
    Receipt,
    ReceiptSeries,
)
from payments.models.charge import Attempt, Payment, Refund
from payments.models.disputes import Dispute, DisputeEvent
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
    "Payment",
    "ProviderEvent",
    "Receipt",
    "ReceiptSeries",
    "ReconciliationRun",
    "Refund",
    "StatementLine",
]
