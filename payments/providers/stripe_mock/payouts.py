"""Payouts: money that leaves for the account at the bank, by hand or every day by itself."""

from payments.providers.stripe_mock import charges, errors, forms
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CREATE = {
    *("amount", "currency", "description", "destination", "metadata", "method", "source_type"),
    "statement_descriptor",
}
ARRIVES_AFTER_SECONDS = 60


def find(store: Store, name: str) -> Obj:
    payout = store.get(name, "payout")
    if payout is None:
        raise errors.no_such("payout", name, "payout")
    return payout


def balances(store: Store) -> dict[str, dict[str, int]]:
    """Return the sums by currency, as {"vnd": {"available": n, "pending": n}}."""
    sums: dict[str, dict[str, int]] = {"vnd": {"available": 0, "pending": 0}}
    for line in store.all("balance_transaction"):
        known = sums.setdefault(line["currency"], {"available": 0, "pending": 0})
        known[line["status"]] += line["net"]
    return sums


def balance(store: Store, params: Params) -> Obj:
    forms.only(params, set())
    sums = balances(store)
    return {
        "object": "balance",
        "livemode": False,
        **{
            name: [
                {"amount": s[name], "currency": currency, "source_types": {"card": s[name]}}
                for currency, s in sums.items()
            ]
            for name in ("available", "pending")
        },
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    currency = forms.currency(params)
    amount = forms.amount(params, "amount")
    there = balances(store).get(currency, {"available": 0})["available"]
    if amount > there:
        raise errors.ApiError(
            400,
            "You have insufficient funds in your Stripe account for this transfer. Your card "
            f"balance is too low. ({there} {currency} are available.)",
            code="balance_insufficient",
            stored=True,
        )
    return _send(
        store,
        amount,
        currency,
        automatic=False,
        description=forms.text(params, "description"),
        metadata=forms.metadata(params),
        method=forms.choice(params, "method", ("instant", "standard")) or "standard",
        statement_descriptor=forms.text(params, "statement_descriptor", limit=22),
    )


def pay_out(store: Store, currency: str = "vnd") -> Obj | None:
    """Pay out all that is available, as Stripe does every day; its lines name the payout."""
    lines = [
        line
        for line in store.all("balance_transaction")
        if line["currency"] == currency
        and line["status"] == "available"
        and not store.private[line["id"]].get("payout")
    ]
    total = sum(line["net"] for line in lines)
    if total <= 0:
        return None
    payout = _send(store, total, currency, automatic=True)
    for line in lines:
        store.hide(line, payout=payout["id"])
    return payout


def _send(store: Store, amount: int, currency: str, *, automatic: bool, **given: object) -> Obj:
    arrives = store.now() + ARRIVES_AFTER_SECONDS
    payout = store.add(
        {
            "id": store.new_id("po"),
            "object": "payout",
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": arrives,
            "automatic": automatic,
            "balance_transaction": None,
            "created": store.now(),
            "currency": currency,
            "description": "STRIPE PAYOUT",
            "destination": "ba_mock",
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": {},
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "in_progress" if automatic else "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": None,
            "status": "pending",
            "trace_id": None,
            "type": "bank_account",
            **given,
        },
        due=arrives,
    )
    line = charges.book(store, payout, kind="payout", amount=-amount, at_once=True)
    store.hide(store.objects[line], payout=payout["id"])
    store.change(payout, balance_transaction=line)
    store.emit("payout.created", payout)
    return payout


def update(store: Store, payout: Obj, params: Params) -> Obj:
    forms.only(params, {"metadata"})
    store.change(payout, metadata=forms.metadata(params, payout["metadata"]))
    store.emit("payout.updated", payout)
    return payout


def cancel(store: Store, payout: Obj, params: Params) -> Obj:
    forms.only(params, set())
    if payout["automatic"] or payout["status"] != "pending":
        raise errors.ApiError(
            400,
            f"Payouts cannot be canceled when they are {payout['status']}.",
            code="payouts_not_allowed",
            stored=True,
        )
    _return(store, payout, "payout_cancel", "canceled")
    store.emit("payout.canceled", payout)
    return payout


def arrive(store: Store, payout: Obj) -> None:
    """Let a payout reach the bank."""
    if payout["status"] != "pending":
        return
    store.change(payout, status="paid")
    if payout["automatic"]:
        store.change(payout, reconciliation_status="completed")
    store.emit("payout.paid", payout)
    if payout["automatic"]:
        store.emit("payout.reconciliation_completed", payout)


def fail(store: Store, payout: Obj) -> None:
    """Let the bank send a payout back; it may have been paid before."""
    if payout["status"] not in {"pending", "paid"}:
        return
    _return(store, payout, "payout_failure", "failed")
    store.change(
        payout,
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
    )
    store.emit("payout.failed", payout)


def _return(store: Store, payout: Obj, kind: str, status: str) -> None:
    line = charges.book(store, payout, kind=kind, amount=payout["amount"], at_once=True)
    store.change(payout, status=status, failure_balance_transaction=line)
    store.hide(payout, due=None)
