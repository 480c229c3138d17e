"""What Stripe's objects look like when they are born."""

from typing import Any

from payments.providers.stripe_mock import cards
from payments.providers.stripe_mock.cards import Card
from payments.providers.stripe_mock.store import Obj, Store


def payment_intent(store: Store, **given: Any) -> Obj:
    name = store.new_id("pi")
    return {
        "id": name,
        "object": "payment_intent",
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{name}_{store.new_id('secret')}",
        "confirmation_method": "automatic",
        "created": store.now(),
        "currency": "vnd",
        "customer": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        **given,
    }


def _checks(card: Card) -> Obj:
    return {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if card.code == "incorrect_cvc" else "pass",
    }


def _card_face(card: Card) -> Obj:
    return {
        "brand": card.brand,
        "checks": _checks(card),
        "country": "VN",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"mock{card.last4}",
        "funding": "credit",
        "last4": card.last4,
        "wallet": None,
    }


def _sepa_face(card: Card) -> Obj:
    return {
        "bank_code": "19043",
        "branch_code": "",
        "country": card.number[:2],
        "fingerprint": f"mock{card.last4}",
        "last4": card.last4,
    }


def payment_method(store: Store, card: Card, *, name: str = "", billing: Obj | None = None) -> Obj:
    face = (
        {"card": {**_card_face(card), "networks": None, "three_d_secure_usage": None}}
        if card.kind == "card"
        else {"sepa_debit": _sepa_face(card)}
    )
    return {
        "id": name or store.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing or nobody(),
        **face,
        "created": store.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": card.kind,
    }


def method_details(card: Card) -> Obj:
    """Return how a charge was paid."""
    if card.kind == "sepa_debit":
        return {"sepa_debit": {**_sepa_face(card), "mandate": None}, "type": card.kind}
    face = {
        **_card_face(card),
        "installments": None,
        "mandate": None,
        "network": card.brand if card.brand != "unknown" else None,
        "three_d_secure": None,
    }
    return {"card": face, "type": "card"}


def nobody() -> Obj:
    return {
        "address": {
            "city": None,
            "country": None,
            "line1": None,
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "email": None,
        "name": None,
        "phone": None,
        "tax_id": None,
    }


def outcome(card: Card, status: str) -> Obj:
    if status != "failed":
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    told = "blocked this payment as too risky" if card.blocked else "did not say more"
    return {
        "advice_code": cards.advice(card),
        "network_advice_code": None,
        "network_decline_code": None if card.blocked else "05",
        "network_status": "not_sent_to_network" if card.blocked else "declined_by_network",
        "reason": "highest_risk_level" if card.blocked else card.decline_code or card.code,
        "risk_level": "highest" if card.blocked else "normal",
        "risk_score": 92 if card.blocked else 12,
        "seller_message": f"{'Stripe' if card.blocked else 'The bank'} {told}.",
        "type": "blocked" if card.blocked else "issuer_declined",
    }


def charge(store: Store, intent: Obj, card: Card, *, status: str, captured: bool) -> Obj:
    """Return a charge. Shape: status is succeeded, pending or failed."""
    failed = status == "failed"
    method = store.objects.get(intent["payment_method"] or "", {})
    return {
        "id": store.new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method.get("billing_details") or nobody(),
        "calculated_statement_descriptor": "CAN THO SMART",
        "captured": captured,
        "created": store.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": card.code if failed else None,
        "failure_message": cards.message(card) if failed else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome(card, status),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": method_details(card),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def balance_line(
    store: Store, *, kind: str, source: Obj, amount: int, at_once: bool, category: str = ""
) -> Obj:
    """Return one line of the balance. Units: fee in the smallest unit, by basis points."""
    fee = amount * store.fee_basis_points // 10_000 if kind == "charge" else 0
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": store.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": store.now() + (0 if at_once else 7 * 86400),
        "balance_type": "payments",
        "created": store.now(),
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source["id"],
        "status": "available" if at_once else "pending",
        "type": kind,
    }


def refund(store: Store, charge: Obj, **given: Any) -> Obj:
    return {
        "id": store.new_id("re"),
        "object": "refund",
        "amount": 0,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **given,
    }


def session(store: Store, **given: Any) -> Obj:
    return {
        "id": store.new_id("cs_test", 58),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": None,
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": store.now(),
        "currency": "vnd",
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": store.now() + 86400,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "metadata": {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
        **given,
    }
