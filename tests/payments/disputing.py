"""A payer's bank, as the provider tells of it: disputes with their balance lines and events."""

from typing import Any

from payments.models import Attempt
from tests.payments.factories import World


def line(world: World, source: str, amount: int, *, kind: str, fee: int = 0, **given: Any) -> Any:
    """Put one line on the provider's statement."""
    store = world.provider.mock.store
    with store.lock:
        return store.add(
            {
                "id": store.new_id("txn"),
                "object": "balance_transaction",
                "amount": amount,
                "available_on": store.now(),
                "balance_type": "payments",
                "created": store.now(),
                "currency": "vnd",
                "description": None,
                "exchange_rate": None,
                "fee": fee,
                "fee_details": [],
                "net": amount - fee,
                "reporting_category": kind,
                "source": source,
                "status": "available",
                "type": kind,
                **given,
            }
        )


def open_dispute(
    world: World, attempt: Attempt, *, status: str = "needs_response", fee: int = 0
) -> str:
    """Let the payer's bank dispute an attempt; return the provider's id of it."""
    store = world.provider.mock.store
    with store.lock:
        charge = store.objects[attempt.charge_id]
        dispute = {
            "id": store.new_id("dp"),
            "object": "dispute",
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": store.now(),
            "currency": charge["currency"],
            "evidence_details": {"due_by": store.now() + 7 * 86400},
            "is_charge_refundable": status.startswith("warning"),
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": "fraudulent",
            "status": status,
        }
        store.add(dispute)
        charge["disputed"] = not status.startswith("warning")
    if not status.startswith("warning"):
        withdraw(world, dispute["id"], fee=fee)
    with store.lock:
        store.emit("charge.dispute.created", dispute)
    return str(dispute["id"])


def withdraw(world: World, name: str, *, fee: int = 0, status: str = "needs_response") -> None:
    """Let the bank take the money."""
    store = world.provider.mock.store
    dispute = store.objects[name]
    taken = line(world, name, -dispute["amount"], kind="adjustment", fee=fee)
    with store.lock:
        dispute["balance_transactions"].append(store.copy(taken))
        dispute["status"] = status
        store.emit("charge.dispute.funds_withdrawn", dispute)


def decide(world: World, name: str, status: str, *, fee: int = 0) -> None:
    """Let the bank decide: won gives the money back."""
    store = world.provider.mock.store
    dispute = store.objects[name]
    if status == "won":
        back = line(world, name, dispute["amount"], kind="adjustment", fee=fee)
        with store.lock:
            dispute["balance_transactions"].append(store.copy(back))
    with store.lock:
        dispute["status"] = status
        if status == "won":
            store.objects[dispute["charge"]]["disputed"] = False
            store.emit("charge.dispute.funds_reinstated", dispute)
        store.emit("charge.dispute.closed", dispute)
