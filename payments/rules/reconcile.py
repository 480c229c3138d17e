"""A provider's statement against the ledger, line by line. Pure: it finds, it mends nothing.

Signed sums: money that came to the city's account at the provider is positive, what left it is
negative, on both sides. A line is known by the provider's id of it; the day only says which ledger
lines must be in the statement at all, because both clocks may differ around midnight.
"""

import dataclasses
import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from payments.rules import money

CLOSES_AT = time(2, 0)  # a day is compared when its last notifications have had two hours
LOOK_BACK = timedelta(days=30)


class Kind(enum.StrEnum):
    """What is wrong with one line. The values say what happened in the world."""

    MISSING_HERE = "missing_here"  # the provider moved money of which the ledger knows nothing
    MISSING_THERE = "missing_there"  # the ledger has a line that the provider never lists
    DOUBLED = "doubled"  # one movement stands twice, in the statement or in the ledger
    AMOUNT_DIFFERS = "amount_differs"  # both know the line and do not say the same of it


class Side(enum.StrEnum):
    """What a movement is, in words that every provider has."""

    COLLECTED = "collected"
    REFUNDED = "refunded"
    RETURNED = "returned"
    DISPUTED = "disputed"
    PAYOUT = "payout"


# The provider's word for a line -> what it is. A word that is not here is compared by its sum only.
THEIR_SIDES: Mapping[str, Side] = {
    "charge": Side.COLLECTED,
    "payment": Side.COLLECTED,
    "refund": Side.REFUNDED,
    "payment_refund": Side.REFUNDED,
    "refund_failure": Side.RETURNED,
    "payment_failure_refund": Side.RETURNED,
    "adjustment": Side.DISPUTED,
    "payout": Side.PAYOUT,
    "payout_failure": Side.PAYOUT,
    "payout_cancel": Side.PAYOUT,
}
# The head of a ledger line's natural key -> what it is.
OUR_SIDES: Mapping[str, Side] = {
    "capture": Side.COLLECTED,
    "suspense": Side.COLLECTED,
    "refund_paid": Side.REFUNDED,
    "refund_returned": Side.RETURNED,
    "dispute": Side.DISPUTED,
    "payout": Side.PAYOUT,
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the provider's statement. Units: whole đồng, signed; fee as the provider says."""

    line_id: str
    kind: str
    source_id: str
    amount_vnd: int
    fee_vnd: int
    currency: str
    made_at: datetime


@dataclasses.dataclass(frozen=True)
class Part:
    """One ledger line that names a line of the statement; several may make up one.

    `head` is the first word of its key. A fee is positive when the provider kept it.
    """

    line_id: str
    head: str
    amount_vnd: int
    is_fee: bool = False


@dataclasses.dataclass(frozen=True)
class Difference:
    """One discrepancy. None on a side says that this side knows nothing of the line.

    `differs` names what is not the same: amount, fee, kind, currency; or where it stands twice.
    """

    kind: Kind
    line_id: str
    line_kind: str = ""
    source_id: str = ""
    currency: str = money.CURRENCY
    their_amount_vnd: int | None = None
    their_fee_vnd: int | None = None
    our_amount_vnd: int | None = None
    our_fee_vnd: int | None = None
    differs: tuple[str, ...] = ()


@dataclasses.dataclass
class _Booked:
    amounts: list[int] = dataclasses.field(default_factory=list)
    fee: int = 0
    heads: set[str] = dataclasses.field(default_factory=set)

    @property
    def amount(self) -> int:
        return sum(self.amounts)


def compare(
    theirs: Sequence[Line], ours: Iterable[Part], *, elsewhere: Collection[str] = ()
) -> list[Difference]:
    """Return every discrepancy, by line id; in whatever order the lines are given.

    Shape: ours holds the ledger's parts of the statement's lines, whenever they were booked, and
    those booked on the day; elsewhere are ids that stand in the statement of another day.
    """
    booked = _booked(ours)
    copies: dict[str, list[Line]] = {}
    for line in sorted(theirs, key=lambda one: (one.made_at, one.line_id)):
        copies.setdefault(line.line_id, []).append(line)
    repeated = _repeated(copies, booked)
    found = []
    for line_id, lines in copies.items():
        difference = _of_line(lines, booked.get(line_id), repeated=line_id in repeated)
        if difference is not None:
            found.append(difference)
    for line_id, mine in booked.items():
        if line_id not in copies and line_id not in elsewhere:
            found.append(
                Difference(
                    Kind.MISSING_THERE,
                    line_id,
                    our_amount_vnd=mine.amount,
                    our_fee_vnd=mine.fee,
                )
            )
    return sorted(found, key=lambda one: (one.line_id, one.kind))


def _booked(ours: Iterable[Part]) -> dict[str, _Booked]:
    booked: dict[str, _Booked] = {}
    for part in ours:
        mine = booked.setdefault(part.line_id, _Booked())
        if part.is_fee:
            mine.fee += part.amount_vnd
        else:
            mine.amounts.append(part.amount_vnd)
            mine.heads.add(part.head)
    return booked


def _repeated(copies: Mapping[str, list[Line]], booked: Mapping[str, _Booked]) -> set[str]:
    """Return the ids that tell of the same movement of the same object as another line does.

    The one that is booked, else the oldest, is the true one.
    """
    groups: dict[tuple[str, str, int], list[str]] = {}
    for line_id, lines in copies.items():
        if lines[0].source_id:
            same = (lines[0].kind, lines[0].source_id, lines[0].amount_vnd)
            groups.setdefault(same, []).append(line_id)
    repeated: set[str] = set()
    for names in groups.values():
        if len(names) > 1:
            true = [name for name in names if name in booked] or names[:1]
            repeated |= set(names) - set(true)
    return repeated


def _of_line(lines: Sequence[Line], mine: _Booked | None, *, repeated: bool) -> Difference | None:
    line = lines[0]
    kind, differs = _judge(lines, mine, repeated=repeated)
    if kind is None:
        return None
    return Difference(
        kind,
        line.line_id,
        line_kind=line.kind,
        source_id=line.source_id,
        currency=line.currency,
        their_amount_vnd=sum(one.amount_vnd for one in lines),
        their_fee_vnd=sum(one.fee_vnd for one in lines),
        our_amount_vnd=mine.amount if mine else None,
        our_fee_vnd=mine.fee if mine else None,
        differs=differs,
    )


def _judge(
    lines: Sequence[Line], mine: _Booked | None, *, repeated: bool
) -> tuple[Kind | None, tuple[str, ...]]:
    line = lines[0]
    if len(lines) > 1 or repeated:
        return Kind.DOUBLED, ("statement",)
    if mine is None:
        return Kind.MISSING_HERE, ()
    again = len(mine.amounts) > 1 and all(part == line.amount_vnd for part in mine.amounts)
    if again:
        return Kind.DOUBLED, ("ledger",)
    said = {
        "amount": mine.amount != line.amount_vnd,
        "fee": mine.fee != line.fee_vnd,
        "kind": _another_kind(line, mine),
        "currency": line.currency != money.CURRENCY,
    }
    differs = tuple(name for name, differ in said.items() if differ)
    return (Kind.AMOUNT_DIFFERS, differs) if differs else (None, ())


def _another_kind(line: Line, mine: _Booked) -> bool:
    theirs = THEIR_SIDES.get(line.kind)
    ours = {OUR_SIDES.get(head) for head in mine.heads}
    return theirs is not None and bool(ours) and None not in ours and theirs not in ours


# --- days ---------------------------------------------------------------------------------------


def window(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends in Cần Thơ; the end is exclusive."""
    return (
        datetime.combine(day, time(), money.HCM),
        datetime.combine(day + timedelta(days=1), time(), money.HCM),
    )


def last_closed(now: datetime) -> date:
    """Return the last day that may be compared: yesterday, from two in the morning on."""
    local = now.astimezone(money.HCM)
    return local.date() - timedelta(days=1 if local.time() >= CLOSES_AT else 2)
