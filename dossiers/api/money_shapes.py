"""Payments, refunds and refund decisions as the money desk sees them."""

from typing import Any

from rest_framework import serializers

from common import http
from common.http import Money
from dossiers.api.shapes import Shape
from dossiers.rules import refunds as rules
from payments.queries import refunds as payments

MIN_REASON, MAX_REASON = 10, 500


def reason() -> serializers.CharField:
    """Return the field of a reason: the citizen reads it, so a word alone is not enough."""
    return serializers.CharField(min_length=MIN_REASON, max_length=MAX_REASON)


class OfficerRefundShape(Shape):
    """Money on its way back."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    dossier_id = serializers.CharField()
    dossier_code = serializers.CharField(allow_null=True)
    payer_name = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=payments.KINDS,
        help_text="`fee`: what was owed; `suspense`: money nobody asked for.",
    )
    amount = Money()
    state = serializers.ChoiceField(choices=payments.REFUND_STATES)
    way = serializers.ChoiceField(choices=payments.WAYS)
    paid_out_reference = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    requested_by = serializers.CharField(help_text="An officer's id, or `rule:…`.")
    failure_code = serializers.CharField(allow_null=True, help_text="The provider's word.")
    needs_repair = serializers.BooleanField()
    replaces = serializers.CharField(allow_null=True, help_text="The failed one it stands for.")
    replaced_by = serializers.CharField(allow_null=True)
    requested_at = serializers.DateTimeField()
    succeeded_at = serializers.DateTimeField(allow_null=True)
    failed_at = serializers.DateTimeField(allow_null=True)


class OfficerPaymentBriefShape(Shape):
    """A payment of the agency."""

    id = serializers.CharField()
    dossier_id = serializers.CharField()
    dossier_code = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    payer_name = serializers.CharField()
    state = serializers.ChoiceField(choices=payments.PAYMENT_STATES)
    amount = Money()
    paid = Money()
    refunding = Money(help_text="On its way back.")
    refunded = Money()
    refundable = Money(help_text="What may still be given back.")
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class LedgerLineShape(Shape):
    """One transfer in the books."""

    key = serializers.CharField()
    debit = serializers.CharField()
    credit = serializers.CharField()
    amount = Money()
    settlement_id = serializers.CharField(allow_null=True)
    posted_at = serializers.DateTimeField()


class OfficerPaymentShape(OfficerPaymentBriefShape):
    refunds = OfficerRefundShape(many=True, help_text="Oldest first.")
    ledger = LedgerLineShape(many=True, help_text="Oldest first.")
    waiting_decision = serializers.CharField(
        allow_null=True, help_text="The refund decision on its dossier that waits for an officer."
    )


class DecisionBriefShape(Shape):
    """Whether the agency gives back what was paid for a dossier."""

    id = serializers.CharField()
    dossier_id = serializers.CharField()
    dossier_code = serializers.CharField()
    cause = serializers.ChoiceField(choices=[cause.value for cause in rules.Cause])
    cause_text = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in rules.State])
    refundable = Money(help_text="When it was opened.")
    granted = Money(allow_null=True, help_text="Proposed or granted.")
    reason = serializers.CharField(help_text="The deciding officer's; empty while it waits.")
    legal_basis = serializers.CharField(allow_null=True)
    legal_basis_text = serializers.CharField(help_text="Says so when no general rule was found.")
    proposed_by = serializers.CharField(allow_null=True, help_text="Who may not confirm it.")
    opened_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class DecisionEventShape(Shape):
    seq = serializers.IntegerField()
    move = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in rules.State])
    office = serializers.CharField()
    officer_id = serializers.CharField(allow_null=True, help_text="Null: the system.")
    amount = Money(allow_null=True)
    legal_basis = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class DecisionRefundShape(Shape):
    """A refund that it ordered, and how far that is."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    amount = Money()
    state = serializers.ChoiceField(choices=payments.REFUND_STATES)
    replaced_by = serializers.CharField(allow_null=True)


class DecisionShape(DecisionBriefShape):
    refundable_now = Money(help_text="State it as `refundable_believed`.")
    refunds = DecisionRefundShape(many=True)
    history = DecisionEventShape(many=True, help_text="Oldest first; never rewritten.")


def _money(amount_vnd: int | None) -> dict[str, Any] | None:
    return None if amount_vnd is None else http.money(amount_vnd)


def payment(row: Any, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "dossier_id": row.reference,
        "dossier_code": codes.get(row.reference),
        "title": row.title,
        "payer_name": row.payer_name,
        "state": row.state,
        "amount": http.money(row.amount_vnd),
        "paid": http.money(row.captured_vnd),
        "refunding": http.money(row.refunding_vnd),
        "refunded": http.money(row.refunded_vnd),
        "refundable": http.money(payments.refundable(row)),
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }


def refund(row: Any, paid: Any, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "dossier_id": paid.reference,
        "dossier_code": codes.get(paid.reference),
        "payer_name": paid.payer_name,
        "kind": row.kind,
        "amount": http.money(row.amount_vnd),
        "state": row.state,
        "way": row.way,
        "paid_out_reference": row.paid_out_reference or None,
        "reason": row.reason,
        "requested_by": row.requested_by,
        "failure_code": row.failure_code or None,
        "needs_repair": payments.needs_repair(row),
        "replaces": row.replaces_id,
        "replaced_by": payments.replaced_by(row),
        "requested_at": row.created_at,
        "succeeded_at": row.succeeded_at,
        "failed_at": row.failed_at,
    }


def line(row: Any) -> dict[str, Any]:
    return {
        "key": row.key,
        "debit": row.debit_account,
        "credit": row.credit_account,
        "amount": http.money(row.amount_vnd),
        "settlement_id": row.settlement_id or None,
        "posted_at": row.posted_at,
    }


def decision_brief(row: Any) -> dict[str, Any]:
    language = 1 if http.language() == "en" else 0
    return {
        "id": row.id,
        "dossier_id": row.dossier_id,
        "dossier_code": row.dossier.code,
        "cause": row.cause,
        "cause_text": rules.CAUSES[rules.Cause(row.cause)][language],
        "state": row.state,
        "refundable": http.money(row.refundable_vnd),
        "granted": _money(row.granted_vnd),
        "reason": row.reason,
        "legal_basis": row.legal_basis,
        "legal_basis_text": row.legal_basis or rules.NO_RULE[language],
        "proposed_by": row.proposed_by or None,
        "opened_at": row.opened_at,
        "decided_at": row.decided_at,
        "version": row.version,
    }


def decision(
    row: Any, *, refundable_vnd: int, states: dict[str, tuple[str, str | None]]
) -> dict[str, Any]:
    return {
        **decision_brief(row),
        "refundable_now": http.money(refundable_vnd),
        "refunds": [
            {
                "id": one.refund_id,
                "payment_id": one.payment_id,
                "amount": http.money(one.amount_vnd),
                "state": states[one.refund_id][0],
                "replaced_by": states[one.refund_id][1],
            }
            for one in row.refunds.all()
        ],
        "history": [
            {
                "seq": event.seq,
                "move": event.move,
                "state": event.to_state,
                "office": event.actor_label,
                "officer_id": event.actor_id or None,
                "amount": _money(event.amount_vnd),
                "legal_basis": event.legal_basis,
                "reason": event.reason,
                "at": event.at,
            }
            for event in row.events.all()
        ],
    }
