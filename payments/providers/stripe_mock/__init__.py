"""A stand-in for Stripe: a separate process that speaks its wire, for development and tests.

Stateful, on the loopback only, standard library only, never imported by the product:
`python -m payments.providers.stripe_mock --port 8001 --webhook URL --secret whsec_...`

`server` is the HTTP skin (keys, idempotency, faults), `routes` the addresses, `intents`,
`checkout`, `refunds` what happens to money, `shapes` what objects look like, `hooks` the signed
deliveries, `page` the payer's page, `admin` the scripts of misfortune under `/_mock/`.
"""
