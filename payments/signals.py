"""The facts that payments tell upstairs. Sent by a task, outside of any transaction.

`payment_settled` and `refund_settled` carry `reference`, `payment_id`, `amount_vnd` and
`settled_at`; `refund_settled` also carries `refund_id`, `agency_code` and `way`. `refund_failed`
carries `reference`, `payment_id`, `refund_id`, `amount_vnd`, `agency_code` and `failed_at`: the
money did not arrive, or came back days later. `dispute_changed` is about the agency's money, not
the citizen's: it carries the agency, the dispute, its state and until when the bank wants an
answer. A receiver that fails makes the task run again, so each may hear a fact twice.
"""

from django.dispatch import Signal

payment_settled = Signal()
refund_settled = Signal()
dispute_changed = Signal()
refund_failed = Signal()
