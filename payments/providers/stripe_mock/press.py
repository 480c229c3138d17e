"""What the payer's pages do when they are opened and when their buttons are pressed."""

import dataclasses
import datetime
from urllib.parse import parse_qs, urlencode

from payments.providers.stripe_mock import cards, checkout, errors, intents, page
from payments.providers.stripe_mock.store import Obj, Store

Form = dict[str, str]
DECLINED = "4000000000000002"


@dataclasses.dataclass(frozen=True)
class Shown:
    """A page, or an address to go on to."""

    status: int
    html: bytes = b""
    address: str = ""


def answer(store: Store, method: str, path: str, body: bytes) -> Shown:
    """Return what the payer sees. Called under the store's lock."""
    parts = path.strip("/").split("/")
    if len(parts) != 3 or parts[0] != "c" or method not in {"GET", "POST"}:
        return Shown(404, page.missing())
    form = {k: v[0].strip() for k, v in parse_qs(body.decode("utf-8", "replace"), True).items()}
    if parts[1] == "pay":
        session = store.get(parts[2], "checkout.session")
        if session is not None:
            return _session(store, method, session, form)
    if parts[1] == "3ds":
        intent = store.get(parts[2], "payment_intent")
        if intent is not None:
            return _bank(store, method, intent, form)
    return Shown(404, page.missing())


def _session(store: Store, method: str, session: Obj, form: Form) -> Shown:
    if session["status"] == "complete" and method == "POST":
        return _on(session)  # the second of two clicks
    if session["status"] != "open":
        return Shown(200, page.over(session))
    lines = store.private[session["id"]]["line_items"]
    if method == "GET":
        return Shown(200, page.pay(session, lines))
    now = datetime.datetime.fromtimestamp(store.now(), tz=page.ICT)
    declined = form.get("action") == "decline"
    wrong = {} if declined else page.wrong(form, year=now.year, month=now.month)
    if wrong:
        return Shown(200, page.pay(session, lines, form=form, wrong=wrong))
    card = cards.by_number(DECLINED if declined else form.get("card", ""))
    if card is None or card.kind != "card" or card in cards.SCRIPTED:
        wrong = {"card": page.NOT_A_TEST_CARD}
        return Shown(200, page.pay(session, lines, form=form, wrong=wrong))
    if card.kind not in session["payment_method_types"]:
        wrong = {"card": "Phiên này không nhận thẻ."}
        return Shown(200, page.pay(session, lines, form=form, wrong=wrong))
    try:
        intent = checkout.pay(store, session, checkout.by_card(store, card))
    except errors.ApiError as refusal:
        told = refusal.error.get("decline_code") or refusal.error.get("code", "")
        return Shown(200, page.pay(session, lines, form=form, declined=str(told)))
    if intent["status"] == "requires_action":
        return Shown(303, address=f"/c/3ds/{intent['id']}")
    return _on(session)


def _bank(store: Store, method: str, intent: Obj, form: Form) -> Shown:
    """Ask as the payer's bank does, for a session or for an intent of its own."""
    session = store.get(store.private[intent["id"]].get("session") or "", "checkout.session")
    if intent["status"] != "requires_action":
        if session is None:
            return Shown(404, page.missing())
        if method == "POST" and session["status"] == "complete":
            return _on(session)
        if session["status"] != "open":
            return Shown(200, page.over(session))
        return Shown(303, address=f"/c/pay/{session['id']}")
    if method == "GET":
        return Shown(200, page.authenticate(intent))
    agreed = form.get("action") == "pay"
    return_url = intent["next_action"]["redirect_to_url"]["return_url"]
    refused = ""
    try:
        if session is not None:
            checkout.answer_bank(store, session, agreed=agreed)
        else:
            intents.authenticate(store, intent, agreed=agreed)
    except errors.ApiError as refusal:
        refused = str(refusal.error.get("decline_code") or refusal.error.get("code", ""))
    if session is None:
        return _back_to(intent, return_url, good=intent["status"] != "requires_payment_method")
    if session["status"] == "complete":
        return _on(session)
    lines = store.private[session["id"]]["line_items"]
    return Shown(200, page.pay(session, lines, declined=refused or "not_authenticated"))


def _on(session: Obj) -> Shown:
    address = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return Shown(303, address=address)


def _back_to(intent: Obj, return_url: str | None, *, good: bool) -> Shown:
    if not return_url:
        return Shown(200, page.answered(good=good))
    told = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if good else "failed",
        }
    )
    return Shown(303, address=f"{return_url}{'&' if '?' in return_url else '?'}{told}")
