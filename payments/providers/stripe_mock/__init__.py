r"""A stand-in for Stripe: a process of its own that speaks its wire, for development and tests.

Stateful, on the loopback only, standard library only, never imported by the product:

    python -m payments.providers.stripe_mock --port 8001 --webhook URL --secret whsec_... \
        [--state FILE] [--public-url URL] [--fee-basis-points 110] [--minimum 13000]

Any client of Stripe's works with it: `stripe` of PyPI with `base_addresses={"api": url}`,
`stripe trigger payment_intent.succeeded --api-base URL` of npm's `@stripe/cli`, or `curl -u
sk_test_x: URL/v1/payment_intents -d amount=50000 -d currency=vnd`. Any key that begins with
`sk_test_` or `rk_test_` is good, a live one never is. What it says is held against Stripe's
OpenAPI document (2026-05-27.dahlia) by the tests.

**What it knows.** Payment intents (manual capture, 3-D Secure, delayed debits), charges, refunds,
disputes, balance transactions, payouts, Checkout Sessions with their page (`/c/pay/{id}`),
customers, payment methods, products, prices, events, webhook endpoints, the balance. Not:
subscriptions, invoices, Connect, setup intents, search, several captures, taxes, coupons. Minor
gaps: a partial capture only releases the rest, and every parameter that it does not know is refused
as unknown.

**Cards**, by number on the page, as `pm_card_NAME` or `pm_card_visa_NAME` in the API (`cards`):

    4242 4242 4242 4242  visa                          pays
    4000 0000 0000 0002  chargeDeclined                card_declined, generic_decline
    4000 0000 0000 9995  chargeDeclinedInsufficientFunds
    4000 0000 0000 9987, 9979  chargeDeclinedLostCard, chargeDeclinedStolenCard
    4000 0000 0000 0069, 0127, 0119  ...ExpiredCard, ...IncorrectCvc, ...ProcessingError
    4000 0000 0000 6975  chargeDeclinedVelocityLimitExceeded
    4242 4242 4242 4241  -                             incorrect_number
    4000 0000 0000 0341  chargeCustomerFail            can be attached, declines when charged
    4100 0000 0000 0019  radarBlock                    blocked as fraudulent
    4000 0027 6000 3184, 4000 0000 0000 3220  authenticationRequired, threeDSecure2Required
    4000 0000 0000 0259, 1976  createDispute, createDisputeInquiry
    4000 0000 0000 7726, 5126  pendingRefund, refundFail
    4000 0000 0000 0077  bypassPending                 available at once

`pm_mock_500_then_ok` and the like play a script, a step for each use (`scripts`).

**Admin calls**, JSON, without a key (`admin`): `GET /_mock/calls`, `/_mock/deliveries`,
`/_mock/events` (signed); `POST /_mock/` with

    faults     {action, path, method?, times?, seconds?, status?, headers?, change?}; the actions
               are listed in `faults`: drop, delay, error (before or after), truncate, html, hold
    release    {turned_round?}    does what was held, requests and webhooks
    webhooks   {plan: ["drop", "twice", "hold"]}    what befalls the next events
    retry, flush    repeats at once; waits until nothing is due
    secrets    {secrets: [...]}   several while they rotate
    clock      {advance: seconds}
    pay        {session, card? | payment_method?, force?}    presses the payer's button
    bank       {intent, to: agreed | refused}    answers the bank's question
    intents    {intent, to: succeeded | failed}    ends a debit that is on its way
    refunds    {refund, to: succeeded | failed, reason?}
    disputes   {charge, inquiry?} opens one; {dispute, to: won | lost | under_review | ...}
    payouts    {currency?} pays out what is available; {payout, to: paid | failed}
    reset      forgets everything but the webhook endpoints

**Where things are.** `skin` the bytes, `server` keys and faults, `routes` the addresses, `intents`,
`charges`, `checkout`, `refunds`, `disputes`, `payouts`, `delayed` what happens to money, `shapes`
what objects look like, `lists` and `expand` how they are read, `store` and `journal` what is kept,
`hooks` the deliveries, `press`, `page`, `page_face` the payer's pages.
"""
