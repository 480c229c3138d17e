"""Market stalls: how much one may be paid at once, and which days may be added up."""

from datetime import date, datetime, timedelta

from payments.rules import money

MIN_SALE_VND = 1_000
MAX_SALE_VND = 20_000_000
MAX_NOTE = 140
MAX_UNPAID = 10  # of one payer, at the same time
MAX_DAYS = 92
OFFER_LASTS = timedelta(hours=1)  # an unpaid sale is dropped after this


def amount_fits(amount_vnd: int) -> bool:
    """Return whether a stall may be paid that much at once."""
    return MIN_SALE_VND <= amount_vnd <= MAX_SALE_VND


def days_fit(first: date, last: date) -> bool:
    """Return whether a period, both days included, is in order and not too long."""
    return first <= last and (last - first).days < MAX_DAYS


def day_of(moment: datetime) -> date:
    """Return the market day on which a moment falls: the day in Cần Thơ."""
    return moment.astimezone(money.HCM).date()


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when a period begins and ends, the end exclusive."""
    midnight = datetime.min.time()
    return (
        datetime.combine(first, midnight, money.HCM),
        datetime.combine(last + timedelta(days=1), midnight, money.HCM),
    )
