"""What goes in and comes out."""

import base64
from typing import Any

from rest_framework import serializers

from common import documents, http
from common.http import Money
from payments import queries
from payments.models import Attempt, Payment, Receipt
from payments.rules import showing, vietqr, words

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
        allow_null=True, help_text="Open it in a browser; null when there is no page to open."
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


class PaymentShape(Shape):
    """What is owed, and how far it is."""

    id = serializers.CharField()
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
    has_receipt = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class CollectorShape(Shape):
    name = serializers.CharField()
    address = serializers.CharField()
    tax_code = serializers.CharField()
    is_demo = serializers.BooleanField()


class ReceiptShape(Shape):
    """The receipt (biên lai). A demonstration: it is no tax document."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    is_demo = serializers.BooleanField()
    form_code = serializers.CharField(help_text="Ký hiệu mẫu.")
    series = serializers.CharField(help_text="Ký hiệu.")
    number = serializers.CharField(help_text="Seven digits.")
    collector = CollectorShape()
    payer_name = serializers.CharField()
    title = serializers.CharField()
    lines = PaymentLineShape(many=True)
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


def attempt(row: Attempt) -> dict[str, Any]:
    state = queries.shown_attempt(row)
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "number": row.number,
        "provider": row.provider,
        "state": state.value,
        "declined": _declined(row, state),
        "checkout_url": row.checkout_url or None,
        "transfer": _transfer(row, state),
        "expires_at": row.expires_at,
        "created_at": row.created_at,
    }


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


def payment(row: Payment) -> dict[str, Any]:
    state = queries.shown(row)
    tries = list(row.attempts.all())
    last = attempt(tries[-1]) if tries else None
    return {
        "id": row.id,
        "reference": row.reference,
        "agency_code": row.agency_code,
        "title": row.title,
        "state": state.value,
        "amount": http.money(row.amount_vnd),
        "paid": http.money(row.captured_vnd),
        "refunded": http.money(row.refunded_vnd),
        "can_pay": showing.may_pay(state),
        "declined": last["declined"] if last and state == showing.Shown.DECLINED else None,
        "lines": [line(one) for one in row.lines],
        "attempt": last,
        "has_receipt": hasattr(row, "receipt"),
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }


def receipt(row: Receipt) -> dict[str, Any]:
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "is_demo": row.collector["is_demo"],
        "form_code": row.form_code,
        "series": row.series,
        "number": f"{row.number:07d}",
        "collector": row.collector,
        "payer_name": row.payer_name,
        "title": row.title,
        "lines": [line(one) for one in row.lines],
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
