"""The two facts that payments tell upstairs. Sent by a task, outside of any transaction.

Both carry `reference`, `payment_id`, `amount_vnd` and `settled_at`; `refund_settled` also carries
`refund_id`. A receiver that fails makes the task run again, so each may hear a fact twice.
"""

from django.dispatch import Signal

payment_settled = Signal()
refund_settled = Signal()
