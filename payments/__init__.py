"""Payments: what is owed, each try to pay it, refunds, the ledger and the receipts.

A payment carries an opaque `reference` (the dossier's public id), amounts and an agency code; it
knows no procedure. The hard part is the unknown outcome: a lost answer is never a failure, and the
provider, the webhook, the sweep and a repeat all lead to the same one posting.

Doors: `actions` (charge, refund, settle, bodies, sweep, reconcile, disputes, books), `queries`,
`reports` (what the money desk and the auditors read), and the facts in `signals`.
Only `ledger` writes ledger entries; only `providers` speak to the outside; `webhooks` believes
nobody before the signature holds, and even then asks the provider what is true.
"""
