"""The port that every payment provider fits, and the ways in which one may fail.

An answer that was lost, cut short or makes no sense is `Unanswered`: money may or may not have
moved. Only `Refused` says that nothing happened.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from common.errors import OutsideError
from payments.rules.settling import Fact, RefundFact


class Unanswered(OutsideError):
    """The outcome is unknown. Repeat with the same key, or ask; never call it failed.

    `replayed` says that the provider repeated the failure of an earlier call under the same key:
    that call has ended, and repeating it will never say more.
    """

    def __init__(
        self,
        message: str,
        *,
        request_id: str = "",
        retry_after: int | None = None,
        replayed: bool = False,
    ):
        super().__init__(message, transient=True)
        self.request_id = request_id
        self.retry_after = retry_after
        self.replayed = replayed


class Refused(OutsideError):
    """The provider said no, and did nothing."""

    def __init__(
        self, message: str, *, code: str, status: int, param: str = "", request_id: str = ""
    ):
        super().__init__(message, transient=False)
        self.code = code
        self.status = status
        self.param = param
        self.request_id = request_id


class NotOurs(OutsideError):
    """The provider's object belongs to another attempt than the one that was asked about."""

    def __init__(self, message: str):
        super().__init__(message, transient=False)


class Forged(Exception):
    """A notification whose signature, stamp or shape does not hold. The text names the reason."""


@dataclasses.dataclass(frozen=True)
class Order:
    """One try to pay, as stored: everything sent must follow from it, or a repeat would differ.

    Units: amount_vnd in whole đồng. key_made_at bounds how long the key may be repeated.
    """

    attempt_id: str
    payment_id: str
    reference: str
    key: str
    key_made_at: datetime
    amount_vnd: int
    title: str
    return_url: str
    expires_at: datetime
    session_id: str = ""
    intent_id: str = ""
    account: str = ""  # where a bank transfer goes


@dataclasses.dataclass(frozen=True)
class RefundOrder:
    """One refund, as stored."""

    refund_id: str
    payment_id: str
    key: str
    key_made_at: datetime
    amount_vnd: int
    intent_id: str
    provider_refund_id: str = ""


@dataclasses.dataclass(frozen=True)
class Notification:
    """What a notification is about. Everything in it is a hint; the provider is asked."""

    event_id: str
    kind: str
    livemode: bool
    made_at: datetime
    attempt_id: str = ""
    refund_id: str = ""
    session_id: str = ""
    intent_id: str = ""
    provider_refund_id: str = ""


@dataclasses.dataclass(frozen=True)
class SettlementLine:
    """One line of the provider's statement. Units: net = amount - fee, whole đồng."""

    line_id: str
    kind: str
    source_id: str
    amount_vnd: int
    fee_vnd: int
    net_vnd: int
    currency: str
    made_at: datetime


class Provider(Protocol):
    """A payment provider. Every method may raise Unanswered or Refused."""

    name: str
    livemode: bool

    def start(self, order: Order) -> Fact:
        """Open the page for one try. Repeating it with the same order opens nothing new."""

    def fetch(self, order: Order, *, now: datetime) -> Fact:
        """Return what is true of one try."""

    def close(self, order: Order, *, now: datetime) -> Fact:
        """Close the page if it is still open, and return what is true then."""

    def refund(self, order: RefundOrder) -> RefundFact:
        """Give money back. Repeating it with the same order gives nothing more."""

    def fetch_refund(self, order: RefundOrder, *, now: datetime) -> RefundFact:
        """Return what is true of one refund."""

    def parse_notification(
        self, raw: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> Notification:
        """Return what a notification is about. Errors: Forged."""

    def missed(self, since: datetime) -> Sequence[tuple[Notification, bytes]]:
        """Return the events since then whose delivery failed, oldest first, with their bytes."""

    def list_settlement(self, day: date) -> Sequence[SettlementLine]:
        """Return the lines of the provider's statement for one day in Cần Thơ, oldest first."""
