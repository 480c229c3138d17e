"""Bills of billers: what a bill may look like, how far the biller is told, what nobody may read."""

import dataclasses
import enum
import re
from datetime import date, timedelta

OFFER_LASTS = timedelta(hours=1)  # an unpaid payment of a bill is dropped after this
MAX_SAVED = 20
MAX_LINES = 50
MAX_BILLS = 24
MAX_AMOUNT_VND = 10**12


class Kind(enum.StrEnum):
    """What a biller sends bills for."""

    ELECTRICITY = "electricity"
    WATER = "water"
    TUITION = "tuition"
    HOSPITAL = "hospital"


class Status(enum.StrEnum):
    """What the biller says of a bill."""

    OPEN = "open"
    PAID = "paid"
    WITHDRAWN = "withdrawn"  # the biller no longer asks for it


class Notice(enum.StrEnum):
    """How far a payment of a bill is, between the payer's money and the biller's books."""

    OPEN = "open"  # asked for; nothing was paid yet
    DUE = "due"  # settled: the biller must be told, and has not said that it knows
    ACKNOWLEDGED = "acknowledged"  # the biller booked it
    REFUSED = "refused"  # the biller said no for good: the money goes back
    RETURNED = "returned"  # the whole sum went back
    RELEASED = "released"  # dropped unpaid


@dataclasses.dataclass(frozen=True)
class Edge:
    start: Notice | None
    end: Notice
    why: str


EDGES = (
    Edge(None, Notice.OPEN, "somebody asked to pay the bill"),
    Edge(Notice.OPEN, Notice.RELEASED, "nobody paid, and another may"),
    Edge(Notice.OPEN, Notice.DUE, "the provider has the money"),
    Edge(Notice.DUE, Notice.ACKNOWLEDGED, "the biller booked it"),
    Edge(Notice.DUE, Notice.REFUSED, "the biller said no: paid elsewhere, changed, withdrawn"),
    Edge(Notice.REFUSED, Notice.RETURNED, "the refund arrived"),
    Edge(Notice.OPEN, Notice.RETURNED, "the whole sum went back before anything else was heard"),
    Edge(Notice.DUE, Notice.RETURNED, "the whole sum went back before the biller answered"),
    Edge(Notice.ACKNOWLEDGED, Notice.RETURNED, "the whole sum went back later"),
)
MOVES = frozenset((edge.start, edge.end) for edge in EDGES)
# While one of these holds, nobody else may pay the bill: the database keeps them single.
HOLDING = frozenset({Notice.OPEN, Notice.DUE, Notice.ACKNOWLEDGED, Notice.REFUSED})

# The biller's definite "no". Anything else it may say leaves the question open.
FINAL_REFUSALS = {
    "already_paid": (
        "đơn vị phát hành báo hóa đơn đã được thanh toán ở nơi khác",
        "the biller says that the bill was paid elsewhere",
    ),
    "amount_changed": (
        "đơn vị phát hành báo số tiền của hóa đơn đã thay đổi",
        "the biller says that the amount of the bill has changed",
    ),
    "bill_withdrawn": (
        "đơn vị phát hành báo hóa đơn đã bị hủy",
        "the biller says that the bill was withdrawn",
    ),
}


class EdgeMissing(ValueError):
    """A payment of a bill was about to move where no edge leads: a bug."""


def check(start: Notice | None, end: Notice) -> None:
    """Refuse a move that the table lacks. Errors: EdgeMissing."""
    if (start, end) not in MOVES:
        raise EdgeMissing(f"bill payment {start} -> {end}")


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a bill as the biller stated it. Units: whole đồng."""

    label: str
    quantity: int
    unit_vnd: int
    amount_vnd: int


@dataclasses.dataclass(frozen=True)
class Stated:
    """A bill as its biller states it now. `customer_name` is masked before it gets here."""

    number: str
    customer_name: str
    period: str
    lines: tuple[Line, ...]
    amount_vnd: int
    due_on: date | None
    status: Status

    def __post_init__(self) -> None:
        """Refuse what cannot be a bill. Errors: ValueError."""
        if not re.fullmatch(r"[A-Za-z0-9./_-]{1,60}", self.number):
            raise ValueError("the number of the bill")
        if not 0 < self.amount_vnd <= MAX_AMOUNT_VND or len(self.lines) > MAX_LINES:
            raise ValueError("the amount of the bill")
        if sum(line.amount_vnd for line in self.lines) != self.amount_vnd:
            raise ValueError("the lines do not add up")


def mask_name(name: str) -> str:
    """Return a name of which only initials can be read: "N*** T*** L***"."""
    return " ".join(f"{word[0].upper()}***" for word in name.split()[:6])


def mask_code(code: str) -> str:
    """Return a customer code of which only the end can be read."""
    return f"•••{code[-4:]}" if len(code) > 6 else "•••"


def fits(code: str, pattern: str) -> bool:
    """Return whether a customer code has the biller's format."""
    return re.fullmatch(pattern, code, re.ASCII) is not None
