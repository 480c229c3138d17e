"""Disputes: the payer's bank asks (an inquiry) or takes the money back until it is decided.

As at Stripe's test mode, the evidence says how it ends: `winning_evidence`, `losing_evidence` or,
for an inquiry, `escalate_inquiry_evidence` in `uncategorized_text`.
"""

from payments.providers.stripe_mock import errors, forms, shapes
from payments.providers.stripe_mock.forms import Params
from payments.providers.stripe_mock.store import Obj, Store

UPDATE = {"evidence", "metadata", "submit"}
OPEN = {"needs_response", "under_review", "warning_needs_response", "warning_under_review"}
TEXTS = (
    *("access_activity_log", "billing_address", "cancellation_policy_disclosure"),
    *("cancellation_rebuttal", "customer_email_address", "customer_name"),
    *("customer_purchase_ip", "duplicate_charge_explanation", "duplicate_charge_id"),
    *("product_description", "refund_policy_disclosure", "refund_refusal_explanation"),
    *("service_date", "shipping_address", "shipping_carrier", "shipping_date"),
    *("shipping_tracking_number", "uncategorized_text"),
)
FILES = (
    *("cancellation_policy", "customer_communication", "customer_signature"),
    *("duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation"),
    *("shipping_documentation", "uncategorized_file"),
)
ANSWER_SECONDS = 7 * 86400
# What each state may become by a script, beyond what evidence does.
EDGES = {
    "needs_response": {"under_review", "won", "lost"},
    "under_review": {"won", "lost"},
    "warning_needs_response": {"warning_under_review", "warning_closed", "needs_response"},
    "warning_under_review": {"warning_closed", "needs_response"},
}


def find(store: Store, name: str) -> Obj:
    dispute = store.get(name, "dispute")
    if dispute is None:
        raise errors.no_such("dispute", name, "dispute")
    return dispute


def create(store: Store, charge: Obj, *, status: str = "needs_response") -> Obj:
    """Open a dispute about a charge. The money leaves at once, except for an inquiry."""
    dispute = store.add(
        {
            "id": store.new_id("dp"),
            "object": "dispute",
            "amount": charge["amount_captured"] - charge["amount_refunded"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": store.now(),
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {**dict.fromkeys((*TEXTS, *FILES)), "enhanced_evidence": {}},
            "evidence_details": {
                "due_by": store.now() + ANSWER_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": status.startswith("warning"),
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": charge["payment_method_details"].get("card", {}).get("brand", "visa"),
                    "case_type": "inquiry" if status.startswith("warning") else "chargeback",
                    "network_reason_code": "10",
                },
                "type": "card",
            },
            "reason": "fraudulent",
            "status": status,
        }
    )
    store.change(charge, disputed=True)
    if not status.startswith("warning"):
        _withdraw(store, dispute)
    store.emit("charge.dispute.created", dispute)
    if not status.startswith("warning"):
        store.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(store: Store, dispute: Obj, params: Params) -> Obj:
    forms.only(params, UPDATE)
    given = forms.inner(params, "evidence", {*TEXTS, *FILES, "enhanced_evidence"})
    submit = forms.flag(params, "submit", default=bool(given))
    if given and dispute["status"] not in OPEN:
        raise errors.ApiError(
            400, "This dispute is already closed.", code="dispute_closed", stored=True
        )
    store.change(dispute, metadata=forms.metadata(params, dispute["metadata"]))
    if given:
        texts = {name: forms.text(given, name, limit=150_000) for name in TEXTS if name in given}
        store.change(dispute, evidence={**dispute["evidence"], **texts})
        details = {**dispute["evidence_details"], "has_evidence": True}
        if submit:
            details["submission_count"] += 1
        store.change(dispute, evidence_details=details)
    store.emit("charge.dispute.updated", dispute)
    if given and submit:
        _judge(store, dispute, given.get("uncategorized_text", ""))
    return dispute


def _judge(store: Store, dispute: Obj, text: str) -> None:
    asked = dispute["status"].startswith("warning")
    if text == "winning_evidence":
        move(store, dispute, "warning_closed" if asked else "won")
    elif text == "losing_evidence":
        move(store, dispute, "warning_closed" if asked else "lost")
    elif text == "escalate_inquiry_evidence" and asked:
        move(store, dispute, "needs_response")
    elif dispute["status"] in {"needs_response", "warning_needs_response"}:
        move(store, dispute, "warning_under_review" if asked else "under_review")


def close(store: Store, dispute: Obj, params: Params) -> Obj:
    """Give in."""
    forms.only(params, set())
    if dispute["status"] not in OPEN:
        raise errors.ApiError(
            400, "This dispute is already closed.", code="dispute_closed", stored=True
        )
    asked = dispute["status"].startswith("warning")
    return move(store, dispute, "warning_closed" if asked else "lost")


def move(store: Store, dispute: Obj, status: str) -> Obj:
    """Bring a dispute into another state, with its money. Errors: ApiError for no such edge."""
    if status not in EDGES.get(dispute["status"], set()):
        raise errors.ApiError(
            400, f"A dispute cannot go from {dispute['status']} to {status}.", param="to"
        )
    store.change(dispute, status=status)
    if status == "needs_response":  # an inquiry became a dispute
        store.change(dispute, is_charge_refundable=False)
        _withdraw(store, dispute)
        store.emit("charge.dispute.updated", dispute)
        store.emit("charge.dispute.funds_withdrawn", dispute)
    elif status.endswith("under_review"):
        store.emit("charge.dispute.updated", dispute)
    else:
        if status == "warning_closed":
            store.change(store.objects[dispute["charge"]], disputed=False)
        if status == "won":
            _line(store, dispute, dispute["amount"], "dispute_reversal")
            store.emit("charge.dispute.funds_reinstated", dispute)
        store.emit("charge.dispute.closed", dispute)
    return dispute


def _withdraw(store: Store, dispute: Obj) -> None:
    _line(store, dispute, -dispute["amount"], "dispute")


def _line(store: Store, dispute: Obj, amount: int, category: str) -> None:
    line = store.add(
        shapes.balance_line(
            store,
            kind="adjustment",
            source=dispute,
            amount=amount,
            at_once=True,
            category=category,
        )
    )
    charge = store.objects[dispute["charge"]]
    word = "withdrawal" if amount < 0 else "reversal"
    store.change(line, description=f"Chargeback {word} for {charge['id']}")
    store.change(dispute, balance_transactions=[*dispute["balance_transactions"], store.copy(line)])
