"""Payment methods: those that Stripe names for tests, those made here, those that are scripts."""

from payments.providers.stripe_mock import cards, errors, forms, scripts, shapes
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

CREATE = {"allow_redisplay", "billing_details", "card", "metadata", "sepa_debit", "type"}
UPDATE = {"allow_redisplay", "billing_details", "card", "metadata"}
BILLING = {"address", "email", "name", "phone", "tax_id"}
CARD = {"cvc", "exp_month", "exp_year", "networks", "number", "token"}


def create(store: Store, params: Params) -> Obj:
    forms.only(params, CREATE)
    card = described(params, "")
    billing = _billing(params)
    method = shapes.payment_method(store, card, billing=billing)
    method["metadata"] = forms.metadata(params)
    return store.add(method, card=card.number)


def described(params: Params, where: str) -> Card:
    """Return the card that a description means. Errors: ApiError 402 for a wrong number."""
    kind = forms.needed(params, "type")
    if kind == "sepa_debit":
        iban = forms.needed(forms.inner(params, "sepa_debit", {"iban"}), "iban")
        found = cards.by_number(iban)
        if found is None or found.kind != kind:
            raise errors.ApiError(
                400, "The IBAN you entered is invalid.", code="invalid_bank_account_iban"
            )
        return found
    if kind != "card":
        raise errors.ApiError(400, "This mock knows card and sepa_debit.", param=f"{where}type")
    given = forms.inner(params, "card", CARD)
    if "token" in given:
        by_token = cards.by_token(str(given["token"]))
        if by_token is None:
            raise errors.no_such("token", str(given["token"]), "card[token]")
        return by_token
    card = cards.by_number(str(given.get("number", "")))
    if card is None or card.kind != "card" or card.code == "incorrect_number":
        raise errors.ApiError(
            402,
            "Your card number is incorrect.",
            kind="card_error",
            code="incorrect_number",
            param="number",
            stored=True,
        )
    return card


def _billing(params: Params, old: Obj | None = None) -> Obj:
    given = forms.inner(params, "billing_details", BILLING)
    made = dict(old or shapes.nobody())
    for name in ("email", "name", "phone", "tax_id"):
        if name in given:
            made[name] = forms.text(given, name)
    if "address" in given:
        made["address"] = forms.address(given)
    return made


def known(store: Store, name: str, param: str = "payment_method") -> Obj:
    """Return a payment method, also one of Stripe's test names. Errors: ApiError 404."""
    method = store.get(name, "payment_method")
    if method is not None:
        return method
    return shapes.payment_method(store, named(store, name, param), name=name)


def named(store: Store, name: str, param: str = "payment_method") -> Card:
    """Return the card behind a name. Errors: ApiError 404."""
    if scripts.is_script(name):
        return scripts.card_of(store, name)
    found = cards.by_method(name)
    if found is None and store.get(name, "payment_method"):
        found = cards.by_number(store.private[name]["card"])
    if found is None:
        raise errors.no_such("PaymentMethod", name, param)
    return found


def find(store: Store, name: str) -> Obj:
    """Return a payment method that is kept; one of the test names is made real first."""
    method = known(store, name)
    if method["id"] in store.objects:
        return method
    card = named(store, name)
    return store.add(shapes.payment_method(store, card), card=card.number)


def attach(store: Store, name: str, params: Params) -> Obj:
    forms.only(params, {"customer"})
    owner = forms.needed(params, "customer")
    if store.get(owner, "customer") is None:
        raise errors.no_such("customer", owner, "customer")
    card = named(store, name)
    if not card.attaches:
        more: Obj = {"decline_code": card.decline_code} if card.decline_code else {}
        raise errors.ApiError(
            402, cards.message(card), kind="card_error", code=card.code, stored=True, **more
        )
    method = find(store, name)
    store.change(method, customer=owner)
    store.emit("payment_method.attached", method)
    return method


def detach(store: Store, name: str, params: Params) -> Obj:
    forms.only(params, set())
    method = find(store, name)
    if method["customer"] is None:
        raise errors.ApiError(
            400,
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            stored=True,
        )
    store.change(method, customer=None)
    store.emit("payment_method.detached", method)
    return method


def update(store: Store, name: str, params: Params) -> Obj:
    forms.only(params, UPDATE)
    method = find(store, name)
    store.change(
        method,
        metadata=forms.metadata(params, method["metadata"]),
        billing_details=_billing(params, method["billing_details"]),
    )
    store.emit("payment_method.updated", method)
    return method
