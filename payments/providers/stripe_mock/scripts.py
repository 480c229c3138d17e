"""Payment methods that are a script: `pm_mock_500_then_ok`, `pm_mock_declined_then_3ds_then_ok`.

Each use does the next step, and the last step for ever after. What follows two underscores only
tells two scripts apart (`pm_mock_500_then_ok__first`). The steps are `ok`, `declined` or the name
of a decline (`insufficient_funds`), `3ds`, `processing` and `processing_fails` (known a minute
later), `refund_pending`, `refund_fails`, `refund_needs_action`, `dispute`, `inquiry`, `500`, `429`
and `lost` (it is done, and the connection closes without an answer).
"""

from payments.providers.stripe_mock import cards, errors
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.store import Store

PREFIX = "pm_mock_"
_STEPS = {
    "ok": "4242424242424242",
    "declined": "4000000000000002",
    "3ds": "4000000000003220",
    "processing": "4000000000000000000",
    "processing_fails": "4000000000000000001",
    "refund_pending": "4000000000007726",
    "refund_fails": "4000000000005126",
    "refund_needs_action": "4000000000000000002",
    "dispute": "4000000000000259",
    "inquiry": "4000000000001976",
    "lost": "4242424242424242",
    **{card.decline_code or card.code: card.number for card in cards.CARDS if card.code},
}


def is_script(name: str) -> bool:
    return name.startswith(PREFIX)


def steps(name: str) -> list[str]:
    """Return the steps of a script. Errors: ApiError 404 for a step that does not exist."""
    found = name.removeprefix(PREFIX).partition("__")[0].split("_then_")
    for step in found:
        if step not in _STEPS and step not in {"500", "429"}:
            raise errors.no_such("PaymentMethod", name, "payment_method")
    return found


def card_of(store: Store, name: str) -> Card:
    """Return what the next use of a script would do, and count nothing."""
    all_steps = steps(name)
    step = all_steps[min(store.scripts.get(name, 0), len(all_steps) - 1)]
    return cards.by_number(_STEPS.get(step, "")) or cards.CARDS[0]


def use(store: Store, name: str) -> Card:
    """Do the next step. Errors: ApiError 429, 500 when the script says so."""
    all_steps = steps(name)
    step = all_steps[min(store.scripts.get(name, 0), len(all_steps) - 1)]
    store.scripts[name] = store.scripts.get(name, 0) + 1
    if step == "429":
        raise errors.rate_limited()
    if step == "500":
        raise errors.unknown_failure()
    if step == "lost":
        store.request.lost = True
    return cards.by_number(_STEPS[step]) or cards.CARDS[0]
