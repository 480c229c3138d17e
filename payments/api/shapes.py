"""What goes in and comes out."""

import base64
from typing import Any

from rest_framework import serializers

from common import documents, http
from common.http import Money
from payments import queries
from payments.models import Attempt, Payment, Receipt, Refund
from payments.queries import paying
from payments.rules import refunds, showing, states, vietqr, words

Shape = serializers.Serializer[Any]

POLL_SECONDS = 3


class AttemptBody(http.Body):
    """Where to send the payer after the page. It is told no outcome."""

    method = serializers.CharField(
        required=False,
        max_length=20,
        help_text="How to pay: `card` (the default), `bank_transfer`, or another offered here.",
    )
    return_url = serializers.CharField(
        required=False,
        max_length=500,
        help_text="An address of the app (`canthosmart://…`); without it a page of this server.",
    )


class ShownField(serializers.ChoiceField):
    """The state in the app."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[state.value for state in showing.Shown], **kwargs)


class DeclinedShape(Shape):
    """Why the last card was refused. Nothing was taken."""

    reason = serializers.CharField(help_text="Stable code, such as `insufficient_funds`.")
    message = serializers.CharField(help_text="For the payer, in the language asked for.")
    can_retry = serializers.BooleanField()


class TransferShape(Shape):
    """What to transfer by bank, exactly. A demonstration account takes no real money."""

    payload = serializers.CharField(
        allow_null=True, help_text="The VietQR code's text; null once it should not be paid."
    )
    qr = serializers.CharField(
        allow_null=True, help_text="The code as a picture: a `data:image/svg+xml` address."
    )
    bank_name = serializers.CharField()
    bank_bin = serializers.CharField(help_text="Six digits, as NAPAS names banks.")
    account = serializers.CharField()
    account_name = serializers.CharField()
    is_demo = serializers.BooleanField()
    amount = Money(help_text="The sum to transfer, to the đồng.")
    reference = serializers.CharField(help_text="Keep it in the transfer's text as it is.")
    text = serializers.CharField(help_text="The transfer's text, for typing it by hand.")
    arrived = Money(help_text="What came under this reference so far.")


class AttemptShape(Shape):
    """One try to pay. Poll it: `pending` is not an outcome."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    number = serializers.IntegerField()
    provider = serializers.CharField()
    state = ShownField(help_text="`pending` until the provider has said what is true.")
    declined = DeclinedShape(allow_null=True)
    checkout_url = serializers.CharField(
        allow_null=True,
        help_text="Open it in a browser; null when there is no page of yours to open.",
    )
    checkout_id = serializers.CharField(
        allow_null=True, help_text="When several dues are on one page: `GET /payments/checkouts/…`."
    )
    paid_by = serializers.CharField(
        allow_null=True, help_text="Whose try it is, masked, when it is not yours."
    )
    transfer = TransferShape(
        allow_null=True, help_text="For `bank_transfer`: what to scan or type; else null."
    )
    expires_at = serializers.DateTimeField(help_text="When the page closes.")
    created_at = serializers.DateTimeField()


class PaymentLineShape(Shape):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(help_text="`phi` (charge) or `le_phi` (fee).")
    quantity = serializers.IntegerField()
    unit = Money()
    amount = Money()


class PaymentRefundShape(Shape):
    """Money on its way back to the payer."""

    id = serializers.CharField()
    amount = Money()
    state = serializers.ChoiceField(choices=[state.value for state in refunds.Shown])
    text = serializers.CharField(help_text="How far it is, for the payer.")
    way = serializers.ChoiceField(choices=[way.value for way in refunds.Way])
    reason = serializers.CharField()
    expected = serializers.CharField(
        allow_null=True, help_text="When it may be there, in words: no rule sets a day."
    )
    requested_at = serializers.DateTimeField()
    arrived_at = serializers.DateTimeField(allow_null=True)


class PaymentShape(Shape):
    """What is owed, and how far it is."""

    id = serializers.CharField()
    role = serializers.ChoiceField(
        choices=list(paying.ROLES), help_text="Your own due, or of somebody you act for."
    )
    reference = serializers.CharField(help_text="The dossier.")
    agency_code = serializers.CharField()
    title = serializers.CharField()
    state = ShownField()
    amount = Money()
    paid = Money()
    refunded = Money()
    can_pay = serializers.BooleanField(help_text="Whether to offer `POST …/attempts`.")
    declined = DeclinedShape(allow_null=True)
    lines = PaymentLineShape(many=True)
    attempt = AttemptShape(allow_null=True, help_text="The latest try.")
    paid_by = serializers.CharField(
        allow_null=True, help_text="Who paid, masked, when it was not you."
    )
    replaces = serializers.CharField(
        allow_null=True, help_text="The wrong due that this one stands for."
    )
    replaced_by = serializers.CharField(
        allow_null=True, help_text="The right due that stands for this one."
    )
    refunds = PaymentRefundShape(many=True, help_text="Oldest first.")
    has_receipt = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class CollectorShape(Shape):
    name = serializers.CharField()
    address = serializers.CharField()
    tax_code = serializers.CharField()
    is_demo = serializers.BooleanField()


class ReceiptBriefShape(Shape):
    id = serializers.CharField()
    series = serializers.CharField()
    number = serializers.CharField(help_text="Seven digits.")


class ReceiptShape(Shape):
    """The receipt (biên lai). A demonstration: it is no tax document."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    is_demo = serializers.BooleanField()
    form_code = serializers.CharField(help_text="Ký hiệu mẫu.")
    series = serializers.CharField(help_text="Ký hiệu.")
    number = serializers.CharField(help_text="Seven digits.")
    collector = CollectorShape()
    kind = serializers.ChoiceField(
        choices=Receipt.Kind.values,
        help_text="An `adjustment` adds or takes off a sum; a `replacement` says the same anew.",
    )
    status = serializers.ChoiceField(
        choices=["standing", "replaced"], help_text="A receipt is never edited."
    )
    corrects = ReceiptBriefShape(allow_null=True, help_text="The one that it corrects.")
    replaced_by = ReceiptBriefShape(allow_null=True)
    reason = serializers.CharField(help_text="Why it was adjusted or replaced; else empty.")
    payer_name = serializers.CharField(help_text="Who paid.")
    paid_for = serializers.CharField(
        allow_null=True, help_text="Whose due it was; null when they paid themselves."
    )
    payer_address = serializers.CharField()
    payer_tax_code = serializers.CharField()
    title = serializers.CharField()
    lines = PaymentLineShape(many=True)
    change = Money(help_text="What it adds to the money receipted; negative when money went back.")
    total = Money()
    total_in_words = serializers.CharField()
    method = serializers.CharField()
    provider_reference = serializers.CharField()
    lookup_code = serializers.CharField()
    refunded = Money()
    issued_at = serializers.DateTimeField()


def line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "label": row["label"],
        "kind": row["kind"],
        "quantity": row["quantity"],
        "unit": http.money(row["unit_vnd"]),
        "amount": http.money(row["amount_vnd"]),
    }


def attempt(row: Attempt, *, viewer_id: str) -> dict[str, Any]:
    """Return a try as its viewer may see it: the page is its payer's alone. `row.payment` is
    loaded."""
    state = queries.shown_attempt(row)
    mine = row.payer_id == viewer_id
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "number": row.number,
        "provider": row.provider,
        "state": state.value,
        "declined": _declined(row, state),
        "checkout_url": (row.page.checkout_url or None) if mine else None,
        "checkout_id": row.page_id if row.dues > 1 else None,
        "paid_by": _payer(row, viewer_id),
        "transfer": _transfer(row, state) if mine else None,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
    }


def _payer(row: Attempt, viewer_id: str) -> str | None:
    if row.payer_id is None or row.payer_id == viewer_id:
        return None
    return words.masked_name(row.payer_name or row.payment.payer_name)


def _transfer(row: Attempt, state: showing.Shown) -> dict[str, Any] | None:
    told = getattr(row, "transfer", None) if row.account else None
    if told is None:
        return None
    payable = state == showing.Shown.PENDING
    picture = base64.b64encode(documents.qr_svg(told.payload).encode()) if payable else b""
    return {
        "payload": told.payload if payable else None,
        "qr": f"data:image/svg+xml;base64,{picture.decode()}" if payable else None,
        "bank_name": told.bank_name,
        "bank_bin": told.bank_bin,
        "account": told.account,
        "account_name": told.holder,
        "is_demo": told.is_demo,
        "amount": http.money(told.amount_vnd),
        "reference": told.reference,
        "text": vietqr.purpose(told.reference),
        "arrived": http.money(told.arrived_vnd),
    }


def _declined(row: Attempt, state: showing.Shown) -> dict[str, Any] | None:
    if state != showing.Shown.DECLINED:
        return None
    vi, en = words.decline(row.reason)
    return {
        "reason": row.reason if row.reason in words.DECLINES else "card_declined",
        "message": en if http.language() == "en" else vi,
        "can_retry": True,
    }


def payment(row: Payment, *, viewer_id: str) -> dict[str, Any]:
    state = queries.shown(row)
    tries = list(row.attempts.all())
    last = attempt(tries[-1], viewer_id=viewer_id) if tries else None
    settled = [one for one in tries if one.state == states.Attempt.PAID]
    return {
        "id": row.id,
        "role": paying.OWN if row.citizen_id == viewer_id else paying.REPRESENTATIVE,
        "reference": row.reference,
        "agency_code": row.agency_code,
        "title": row.title,
        "state": state.value,
        "amount": http.money(row.amount_vnd),
        "paid": http.money(row.captured_vnd),
        "refunded": http.money(row.refunded_vnd),
        "can_pay": showing.may_pay(state) and not any(_in_the_way(t, viewer_id) for t in tries),
        "declined": last["declined"] if last and state == showing.Shown.DECLINED else None,
        "lines": [line(one) for one in row.lines],
        "attempt": last,
        "paid_by": _payer(settled[0], viewer_id) if settled else None,
        "replaces": row.replaces_id,
        "replaced_by": row.replaced_by.id if hasattr(row, "replaced_by") else None,
        "has_receipt": queries.has_receipt(row),
        "refunds": [refund(one) for one in row.refunds.all()],
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }


def refund(row: Refund) -> dict[str, Any]:
    way = refunds.Way(row.way)
    state = refunds.shown(
        states.Refund(row.state), replaced=getattr(row, "replaced_by", None) is not None
    )
    language = 1 if http.language() == "en" else 0
    expected = refunds.expected(state)
    return {
        "id": row.id,
        "amount": http.money(row.amount_vnd),
        "state": state.value,
        "text": refunds.words(state, way)[language],
        "way": row.way,
        "reason": refunds.why(row.reason)[language],
        "expected": expected[language] if expected else None,
        "requested_at": row.created_at,
        "arrived_at": row.succeeded_at if state == refunds.Shown.ARRIVED else None,
    }


def replacement(row: Receipt) -> Receipt | None:
    return getattr(row, "replaced_by", None)


def brief(row: Receipt | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"id": row.id, "series": row.series, "number": f"{row.number:07d}"}


def _in_the_way(row: Attempt, viewer_id: str) -> bool:
    """Return whether a page of somebody else, or for other dues too, is still open."""
    active = states.Attempt(row.state) in states.ACTIVE_ATTEMPTS
    return active and (row.payer_id != viewer_id or row.dues > 1)


def receipt(row: Receipt) -> dict[str, Any]:
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "is_demo": row.collector["is_demo"],
        "form_code": row.form_code,
        "series": row.series,
        "number": f"{row.number:07d}",
        "collector": row.collector,
        "kind": row.kind,
        "status": "replaced" if brief(replacement(row)) else "standing",
        "corrects": brief(row.corrects),
        "replaced_by": brief(replacement(row)),
        "reason": row.reason,
        "payer_name": row.payer_name,
        "payer_address": row.payer_address,
        "payer_tax_code": row.payer_tax_code,
        "paid_for": row.paid_for,
        "title": row.title,
        "lines": [line(one) for one in row.lines],
        "change": http.money(row.change_vnd),
        "total": http.money(row.total_vnd),
        "total_in_words": row.total_words,
        "method": row.method,
        "provider_reference": row.provider_reference,
        "lookup_code": row.lookup_code,
        "refunded": http.money(row.payment.refunded_vnd),
        "issued_at": row.issued_at,
    }


def poll(state: str) -> dict[str, str]:
    """Return the header that tells the app when to look again."""
    waiting = state in {showing.Shown.PENDING, showing.Shown.DECLINED}
    return {"Retry-After": str(POLL_SECONDS)} if waiting else {}
