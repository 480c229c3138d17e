"""Stripe's test cards and payment methods, and what each of them does."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Card:
    """One test card. `code` and `decline_code` empty means that it pays."""

    number: str
    method: str
    brand: str = "visa"
    code: str = ""
    decline_code: str = ""
    needs_action: bool = False
    refund: str = ""  # "pending": later succeeded; "fails": succeeded, later failed
    disputed: str = ""
    available_at_once: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _declined(number: str, method: str, decline_code: str) -> Card:
    return Card(number, method, code="card_declined", decline_code=decline_code)


CARDS = (
    Card("4242424242424242", "visa"),
    Card("5555555555554444", "mastercard", brand="mastercard"),
    Card("9704000000000018", "napas", brand="unknown"),
    _declined("4000000000000002", "chargeDeclined", "generic_decline"),
    _declined("4000000000009995", "chargeDeclinedInsufficientFunds", "insufficient_funds"),
    _declined("4000000000009987", "chargeDeclinedLostCard", "lost_card"),
    _declined("4000000000009979", "chargeDeclinedStolenCard", "stolen_card"),
    Card("4000000000000069", "chargeDeclinedExpiredCard", code="expired_card"),
    Card("4000000000000127", "chargeDeclinedIncorrectCvc", code="incorrect_cvc"),
    Card("4000000000000119", "chargeDeclinedProcessingError", code="processing_error"),
    Card("4242424242424241", "", code="incorrect_number"),
    _declined("4000000000006975", "velocityLimitExceeded", "card_velocity_exceeded"),
    _declined("4000000000000341", "chargeCustomerFail", "generic_decline"),
    _declined("4100000000000019", "radarBlock", "fraudulent"),
    Card("4000002760003184", "authenticationRequired", needs_action=True),
    Card("4000000000003220", "threeDSecure2Required", needs_action=True),
    Card("4000000000000259", "createDispute", disputed="needs_response"),
    Card("4000000000001976", "createDisputeInquiry", disputed="warning_needs_response"),
    Card("4000000000007726", "pendingRefund", refund="pending"),
    Card("4000000000005126", "refundFail", refund="fails"),
    Card("4000000000000077", "bypassPending", available_at_once=True),
)
_BY_NUMBER = {card.number: card for card in CARDS}
_BY_METHOD = {
    f"pm_card_{prefix}{card.method}": card
    for card in CARDS
    if card.method
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
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
DECLINED = "Your card was declined."


def by_number(text: str) -> Card | None:
    """Return the card of that number, written with or without spaces."""
    return _BY_NUMBER.get("".join(text.split()))


def by_method(name: str) -> Card | None:
    """Return the card behind a test payment method such as `pm_card_visa`."""
    return _BY_METHOD.get(name)


def message(card: Card) -> str:
    """Return Stripe's sentence for a declined card."""
    return MESSAGES.get(card.decline_code or card.code, DECLINED)
