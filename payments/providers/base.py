"""The port that every payment provider fits, and the ways in which one may fail.

An answer that was lost, cut short or makes no sense is `Unanswered`: money may or may not have
moved. Only `Refused` says that nothing happened.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from common.errors import OutsideError
from payments.rules import disputes
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
    """A notification whose signature or stamp does not hold. The text names the reason."""


class Unreadable(Exception):
    """A notification that the provider signed and that makes no sense."""


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
    """One refund, as stored, with the try whose money goes back.

    Units: amount_vnd goes back, received_vnd is what that try had taken, whole đồng. called_at is
    when the provider was first told; None before that.
    """

    refund_id: str
    payment_id: str
    key: str
    key_made_at: datetime
    amount_vnd: int
    intent_id: str
    attempt_id: str
    attempt_made_at: datetime
    received_vnd: int
    provider_refund_id: str = ""
    called_at: datetime | None = None


@dataclasses.dataclass(frozen=True)
class RawRequest:
    """What came in at the provider's address, before anything was read from it.

    Shape: query is the raw query string; headers are found whatever their case.
    """

    method: str
    query: str
    body: bytes
    headers: Mapping[str, str]


class Verdict(enum.StrEnum):
    """What became of a notification, in words that every provider's answer can be made from."""

    KEPT = "kept"  # stored, its work is queued
    KNOWN = "known"  # it was stored before
    SETTLED = "settled"  # stored, but what it is about was settled already
    UNKNOWN_ORDER = "unknown_order"  # stored, and about nothing of ours
    WRONG_AMOUNT = "wrong_amount"  # stored, and it names another sum than the order
    UNREADABLE = "unreadable"  # the signature holds, the rest makes no sense; not stored
    FORGED = "forged"  # the signature does not hold; not stored


@dataclasses.dataclass(frozen=True)
class Reply:
    """The very answer that a provider expects. `body` None means this server's own refusal."""

    status: int
    body: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True)
class Notification:
    """What a notification is about. Everything in it is a hint; the provider is asked.

    Shape: raw are the very bytes that were signed. Units: amount_vnd in whole đồng, None when the
    provider's notifications name none, -1 for a fraction. decline_code is for words only.
    """

    event_id: str
    kind: str
    livemode: bool
    made_at: datetime
    attempt_id: str = ""
    refund_id: str = ""
    session_id: str = ""
    intent_id: str = ""
    provider_refund_id: str = ""
    dispute_id: str = ""
    raw: bytes = b""
    amount_vnd: int | None = None
    decline_code: str = ""


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
    """A payment provider. Every method may raise Unanswered or Refused.

    `notification_method` is the HTTP method of its notifications. `closes_pages` says whether an
    open page can be closed from here at all.
    """

    name: str
    livemode: bool
    notification_method: str
    closes_pages: bool

    def start(self, order: Order) -> Fact:
        """Open the page for one try. Repeating it with the same order opens nothing new."""

    def fetch(self, order: Order, *, now: datetime) -> Fact:
        """Return what is true of one try."""

    def close(self, order: Order, *, now: datetime) -> Fact:
        """Close the page if it is still open, and return what is true then.

        A provider that cannot close pages answers OPEN, without an address to show, until the
        page's own time is over. Money that comes in between is booked and, when nobody asks for it
        any more, given back by the rule for late money.
        """

    def refund(self, order: RefundOrder) -> RefundFact:
        """Give money back. Repeating it with the same order gives nothing more."""

    def fetch_refund(self, order: RefundOrder, *, now: datetime) -> RefundFact:
        """Return what is true of one refund.

        A refund whose outcome cannot be told apart from others is Unanswered, never ABSENT: ABSENT
        sets the money free to be given back again.
        """

    def parse_notification(self, request: RawRequest, *, now: datetime) -> Notification:
        """Return what a notification is about. Errors: Forged, Unreadable."""

    def reply(self, verdict: Verdict, *, fresh: bool = False) -> Reply:
        """Return the very answer that the provider expects for what became of a notification."""

    def missed(self, since: datetime) -> Sequence[Notification]:
        """Return the events since then whose delivery failed, oldest first."""

    def list_settlement(self, day: date) -> Sequence[SettlementLine]:
        """Return the lines of the provider's statement for one day in Cần Thơ, oldest first."""


@runtime_checkable
class Disputing(Protocol):
    """A provider that also tells of disputes: a card's, not a bank transfer's."""

    def fetch_dispute(self, dispute_id: str) -> disputes.Fact:
        """Return what is true of one dispute. Errors: Unanswered, Refused."""
