"""The agency's own counter as a provider: it has no pages, and pays refunds out by hand.

A refund waits as `pending` until a cashier has recorded that it was paid out.
"""

from collections.abc import Sequence
from datetime import date, datetime

from payments.models import RefundPayout
from payments.providers import base
from payments.rules.settling import Fact, RefundFact, RefundOutcome


class Counter:
    livemode = False
    notification_method = "POST"
    closes_pages = False

    def __init__(self, name: str) -> None:
        self.name = name

    def start(self, order: base.Order) -> Fact:
        raise base.Refused("a counter has no page", code="counter_has_no_page", status=400)

    def fetch(self, order: base.Order, *, now: datetime) -> Fact:
        raise base.Refused("a counter has no page", code="counter_has_no_page", status=400)

    def close(self, order: base.Order, *, now: datetime) -> Fact:
        raise base.Refused("a counter has no page", code="counter_has_no_page", status=400)

    def refund(self, order: base.RefundOrder) -> RefundFact:
        return self._said(order)

    def fetch_refund(self, order: base.RefundOrder, *, now: datetime) -> RefundFact:
        return self._said(order)

    def _said(self, order: base.RefundOrder) -> RefundFact:
        paid = RefundPayout.objects.filter(refund_id=order.refund_id).first()
        return RefundFact(
            RefundOutcome.SUCCEEDED if paid else RefundOutcome.PENDING,
            refund_id=f"{self.name}:{order.refund_id}",
            amount_vnd=paid.amount_vnd if paid else order.amount_vnd,
        )

    def parse_notification(self, request: base.RawRequest, *, now: datetime) -> base.Notification:
        raise base.Unreadable("a counter sends nothing")

    def reply(self, verdict: base.Verdict, *, fresh: bool = False) -> base.Reply:
        return base.Reply(status=404, body=None)

    def missed(self, since: datetime) -> Sequence[base.Notification]:
        return ()

    def list_settlement(self, day: date) -> Sequence[base.SettlementLine]:
        return ()
