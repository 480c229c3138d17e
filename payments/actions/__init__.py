"""What may be done with money, one file per noun.

`charge` opens, cancels and starts tries; `settle` alone turns a provider's word into money;
`refund` gives back; `receipts` issues; `announce` tells upstairs; `sweep` repeats what was left;
`disputes` books what banks take back; `reconcile` compares statements with the ledger,
`discrepancies` keeps what did not fit; `books` checks the ledger against itself.
Locks are always taken in the order payment, attempt, refund or dispute, receipt series.
"""
