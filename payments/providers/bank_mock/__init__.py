"""A bank of the loopback (NGÂN HÀNG MÔ PHỎNG): statement, transfers back, signed notices, a page.

A process of its own, standard library and the pure payload rules only; the product never imports
it. `python -m payments.providers.bank_mock --notices http://127.0.0.1:8000/webhooks/payments/vietqr`.

The bank (Bearer token): `GET /v1/transactions?from&to&account&after&limit` oldest first,
`GET /v1/transactions/{id}`, `POST /v1/transfers` {reference, return_of, amount, currency, text},
`GET /v1/transfers/{reference}`. A payer's app: `/`, where a code is pasted and money is sent.
Scripts: `POST /_mock/` credits, notices, faults, transfers, reset.
"""
