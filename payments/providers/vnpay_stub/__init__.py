"""A stand-in for VNPay PAY 2.1.0: a process of its own, for development and tests.

Stateful, on the loopback only, standard library only, never imported by the product:
`python -m payments.providers.vnpay_stub --port 8003 --ipn URL --tmn CTSMOCK1 --secret ...`

| address | what |
|---|---|
| `GET /paymentv2/vpcpay.html` | the payer's page, marked CỔNG MÔ PHỎNG; opens the transaction |
| `POST /paymentv2/vpcpay.html` | the payer's choice: bank, pay, cancel, or a failure by its code |
| `POST /merchant_webapi/api/transaction` | querydr and refund, JSON, hashes over piped text |
| `GET /_mock/statement` | the day's lines; mock only: VNPay gives a file of no public form |
| `/_mock/...` | scripts of misfortune, see `admin` |

`wire` signs and checks with code of its own, `ledger` is what happened to money, `api` answers
merchants, `ipn` calls them, `page` speaks to payers, `server` is the HTTP skin.
"""
