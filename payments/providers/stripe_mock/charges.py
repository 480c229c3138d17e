"""Money taken: charges, their lines in the balance, and what a decline leaves behind."""

from typing import Any

from payments.providers.stripe_mock import cards, disputes, errors, forms, shapes
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

UPDATE = {"customer", "description", "fraud_details", "metadata", "receipt_email", "shipping"}
PENDING_SECONDS = 7 * 86400
HOLD_SECONDS = 7 * 86400
DELAY_SECONDS = 60


def update(store: Store, charge: Obj, params: Params) -> Obj:
    forms.only(params, UPDATE)
    fraud = forms.inner(params, "fraud_details", {"user_report"})
    store.change(
        charge,
        metadata=forms.metadata(params, charge["metadata"]),
        **{n: forms.text(params, n) for n in ("description", "receipt_email") if n in params},
        **({"fraud_details": dict(fraud)} if fraud else {}),
        **({"shipping": forms.shipping(params)} if "shipping" in params else {}),
    )
    store.emit("charge.updated", charge)
    return charge


def book(store: Store, thing: Obj, *, kind: str, amount: int, at_once: bool, **more: Any) -> str:
    """Write one line into the balance and return its name."""
    line = shapes.balance_line(
        store, kind=kind, source=thing, amount=amount, at_once=at_once, **more
    )
    # A line that pays out later becomes available by itself.
    store.add(line, **({} if at_once else {"due": line["available_on"]}))
    return str(line["id"])


def succeed(store: Store, intent: Obj, card: Card) -> None:
    """Take the money, or hold it when capture is manual."""
    manual = intent["capture_method"] == "manual"
    charge = shapes.charge(store, intent, card, status="succeeded", captured=not manual)
    store.add(charge, card=card.number)
    store.change(intent, latest_charge=charge["id"], last_payment_error=None, next_action=None)
    if manual:
        store.change(intent, status="requires_capture", amount_capturable=intent["amount"])
        store.hide(intent, due=store.now() + HOLD_SECONDS)
        store.emit("charge.succeeded", charge)
        store.emit("payment_intent.amount_capturable_updated", intent)
        return
    received(store, intent, charge, card, kind="charge.succeeded")


def received(store: Store, intent: Obj, charge: Obj, card: Card, *, kind: str) -> None:
    """Book what a charge brought in, and say so."""
    amount = charge["amount_captured"]
    store.change(intent, status="succeeded", amount_received=amount, amount_capturable=0)
    store.hide(intent, due=None)
    line = book(store, charge, kind="charge", amount=amount, at_once=card.available_at_once)
    store.change(charge, balance_transaction=line)
    store.emit(kind, charge)
    store.emit("payment_intent.succeeded", intent)
    if card.disputed:
        disputes.create(store, charge, status=card.disputed)


def wait(store: Store, intent: Obj, card: Card) -> None:
    """Order the money; whether it comes is known later."""
    charge = shapes.charge(store, intent, card, status="pending", captured=True)
    store.add(charge, card=card.number)
    store.change(
        intent,
        status="processing",
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    store.hide(intent, due=store.now() + DELAY_SECONDS)
    store.emit("payment_intent.processing", intent)
    store.emit("charge.pending", charge)


def decline(store: Store, intent: Obj, card: Card) -> errors.ApiError:
    """Book the failed try, put the intent back to wait for another way, return the refusal."""
    charge = shapes.charge(store, intent, card, status="failed", captured=False)
    store.add(charge, card=card.number)
    return failed(store, intent, charge, card)


def failed(store: Store, intent: Obj, charge: Obj, card: Card) -> errors.ApiError:
    problem: Obj = {
        "advice_code": cards.advice(card),
        "charge": charge["id"],
        "code": card.code,
        "doc_url": errors.doc_url(card.code),
        "message": cards.message(card),
        "payment_method": _method(store, intent, card),
        "type": "card_error",
    }
    if card.decline_code:
        problem["decline_code"] = card.decline_code
    if card.code in PARAMS:
        problem["param"] = PARAMS[card.code]
    store.change(
        intent,
        status="requires_payment_method",
        last_payment_error=problem,
        latest_charge=charge["id"],
        payment_method=None,
        next_action=None,
    )
    store.hide(intent, source=None, authenticated=False, due=None)
    store.emit("charge.failed", charge)
    store.emit("payment_intent.payment_failed", intent)
    shown = {k: v for k, v in problem.items() if k not in {"message", "type", "code", "doc_url"}}
    return errors.ApiError(
        402,
        cards.message(card),
        kind="card_error",
        code=card.code,
        stored=True,
        effect=True,
        payment_intent=store.copy(intent),
        **shown,
    )


PARAMS = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "incorrect_number": "number"}


def _method(store: Store, intent: Obj, card: Card) -> Obj:
    known = store.objects.get(intent["payment_method"] or "")
    return store.copy(known) if known else shapes.payment_method(store, card)


def let_go(store: Store, intent: Obj) -> None:
    """Release money that was held and never captured."""
    charge = store.objects[intent["latest_charge"]]
    store.change(charge, amount_refunded=charge["amount"], refunded=True)
    store.emit("charge.refunded", charge)
