"""Stripe's test cards and payment methods, and what each of them does."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Card:
    """One way to pay. `code` and `decline_code` empty means that it pays."""

    number: str
    method: str
    brand: str = "visa"
    code: str = ""
    decline_code: str = ""
    needs_action: bool = False
    attaches: bool = True
    blocked: bool = False  # refused by the provider itself, the bank was never asked
    refund: str = ""  # "pending": later succeeded; "fails": succeeded, later failed; or a state
    disputed: str = ""
    available_at_once: bool = False
    kind: str = "card"  # or "sepa_debit", which is asked today and pays tomorrow
    delayed: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _declined(number: str, method: str, decline_code: str, **more: bool) -> Card:
    given = {"attaches": False, **more}
    return Card(number, method, code="card_declined", decline_code=decline_code, **given)  # type: ignore[arg-type]


CARDS = (
    Card("4242424242424242", "visa"),
    Card("5555555555554444", "mastercard", brand="mastercard"),
    Card("378282246310005", "amex", brand="amex"),
    Card("9704000000000018", "napas", brand="unknown"),
    _declined("4000000000000002", "chargeDeclined", "generic_decline"),
    _declined("4000000000009995", "chargeDeclinedInsufficientFunds", "insufficient_funds"),
    _declined("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
    _declined("4000000000009979", "chargeDeclinedStolenCard", "stolen_card"),
    Card("4000000000000069", "chargeDeclinedExpiredCard", code="expired_card", attaches=False),
    Card("4000000000000127", "chargeDeclinedIncorrectCvc", code="incorrect_cvc", attaches=False),
    Card(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        code="processing_error",
        attaches=False,
    ),
    Card("4242424242424241", "", code="incorrect_number"),
    _declined("4000000000006975", "chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
    _declined("4000000000000341", "chargeCustomerFail", "generic_decline", attaches=True),
    _declined("4100000000000019", "radarBlock", "fraudulent", attaches=True, blocked=True),
    Card("4000002760003184", "authenticationRequired", needs_action=True),
    Card("4000000000003220", "threeDSecure2Required", needs_action=True),
    Card("4000000000000259", "createDispute", disputed="needs_response"),
    Card("4000000000001976", "createDisputeInquiry", disputed="warning_needs_response"),
    Card("4000000000007726", "pendingRefund", refund="pending"),
    Card("4000000000005126", "refundFail", refund="fails"),
    Card("4000000000000077", "bypassPending", available_at_once=True),
    # A debit is ordered now and known later. The numbers are Stripe's accounts for tests.
    Card("AT611904300234573201", "", brand="", kind="sepa_debit", delayed=True),
    Card("AT321904300235473204", "", brand="", kind="sepa_debit", delayed=True),
    Card(
        "AT861904300235473202",
        "",
        brand="",
        kind="sepa_debit",
        delayed=True,
        code="payment_intent_payment_attempt_failed",
        decline_code="generic_decline",
    ),
)
# Steps of scripted methods (`scripts`) that no card of Stripe's has.
SCRIPTED = (
    Card("4000000000000000000", "processing", delayed=True),
    Card(
        "4000000000000000001",
        "processingFails",
        delayed=True,
        code="card_declined",
        decline_code="generic_decline",
    ),
    Card("4000000000000000002", "refundNeedsAction", refund="requires_action"),
)
_ALIASES = {"velocityLimitExceeded": "chargeDeclinedVelocityLimitExceeded"}
_BY_NUMBER = {card.number: card for card in (*CARDS, *SCRIPTED)}
_BY_METHOD = {
    f"pm_card_{prefix}{card.method}": card
    for card in CARDS
    if card.method
    for prefix in ("", "visa_")
} | {
    f"pm_card_{prefix}{alias}": card
    for alias, name in _ALIASES.items()
    for card in CARDS
    if card.method == name
    for prefix in ("", "visa_")
}

MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": (
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "card_velocity_exceeded": (
        "Your card was declined for making repeated attempts too frequently or exceeding its "
        "amount limit."
    ),
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
DECLINED = "Your card was declined."
ADVICE = {
    "expired_card": "confirm_card_data",
    "incorrect_cvc": "confirm_card_data",
    "incorrect_number": "confirm_card_data",
    "lost_card": "do_not_try_again",
    "stolen_card": "do_not_try_again",
    "fraudulent": "do_not_try_again",
}


def by_number(text: str) -> Card | None:
    """Return the card of that number, written with or without spaces."""
    return _BY_NUMBER.get("".join(text.split()))


def by_method(name: str) -> Card | None:
    """Return the card behind a test payment method such as `pm_card_visa`."""
    return _BY_METHOD.get(name)


def by_token(name: str) -> Card | None:
    """Return the card behind a test token such as `tok_visa`."""
    return _BY_METHOD.get(f"pm_card_{name.removeprefix('tok_')}")


def message(card: Card) -> str:
    """Return Stripe's sentence for a declined card."""
    return MESSAGES.get(card.decline_code or card.code, DECLINED)


def advice(card: Card) -> str:
    """Return what Stripe would have the shop do about a decline."""
    return ADVICE.get(card.decline_code or card.code, "try_again_later")
