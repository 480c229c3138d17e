"""The port that every biller fits.

It fails as payment providers do (`providers.base`): `Unanswered` leaves open what happened, and
only `Refused` with a code of `rules.bills.FINAL_REFUSALS` says that a payment was not taken.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from payments.rules.bills import Stated


@dataclasses.dataclass(frozen=True)
class Report:
    """A settled payment, as stored: a repeat of it must not differ. Units: whole đồng."""

    key: str
    bill_number: str
    payment_id: str
    amount_vnd: int
    paid_at: datetime


class CustomerUnknown(Exception):
    """The biller has no customer with that code."""


class Port(Protocol):
    """One biller. Every method may raise Unanswered or Refused."""

    def open_bills(self, customer_code: str) -> Sequence[Stated]:
        """Return what a customer owes now, oldest first. Errors: CustomerUnknown."""

    def bill(self, number: str) -> Stated | None:
        """Return one bill as it is now, whatever became of it; None when it is not known."""

    def report(self, report: Report) -> str:
        """Tell that a bill was paid; return the biller's reference. Repeating it does no more."""
