"""The tables, a file for each noun."""

from payments.models.bank import (
    BankAccount,
    BankCredit,
    BankReturn,
    BankTransfer,
    SuspenseItem,
    SuspenseMove,
)
from payments.models.bills import Bill, Biller, BillPayment, SavedBill
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
from payments.models.stalls import Market, Stall, StallSale
from payments.models.till import CounterPayment, CounterReversal, RefundPayout, TillDay, TillHandIn

__all__ = [
    "Attempt",
    "BankAccount",
    "BankCredit",
    "BankReturn",
    "BankTransfer",
    "Bill",
    "BillPayment",
    "Biller",
    "CollectingBody",
    "CounterPayment",
    "CounterReversal",
    "Discrepancy",
    "DiscrepancyEvent",
    "Dispute",
    "DisputeEvent",
    "EventOutcome",
    "LedgerEntry",
    "Market",
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
    "RefundPayout",
    "SavedBill",
    "Stall",
    "StallSale",
    "StatementLine",
    "SuspenseItem",
    "SuspenseMove",
    "TillDay",
    "TillHandIn",
]
