"""A cashier's day: opened by the first taking, counted and closed, its cash handed in."""

from datetime import datetime

from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal
from payments import ledger
from payments.models import TillDay, TillHandIn
from payments.queries import till as reads
from payments.rules import money


class TillClosed(Refusal):
    code = "till_closed"
    status = 409
    title_vi = "Quầy thu của bạn đã khóa sổ ngày hôm nay"
    title_en = "Your till was closed for today"
    detail_vi = "Ngày {day_on} đã khóa sổ; lần thu sau thuộc ngày kế tiếp."
    detail_en = "The day {day_on} is closed; the next taking belongs to the next day."
    members = ("day_on",)


class TillDayOpen(Refusal):
    code = "till_day_open"
    status = 409
    title_vi = "Ngày thu trước chưa khóa sổ"
    title_en = "An earlier till day is still open"
    detail_vi = "Hãy kiểm kê và khóa sổ ngày {day_on} trước."
    detail_en = "Count and close the day {day_on} first."
    members = ("day_on",)


class NoTillOpen(Refusal):
    code = "no_till_open"
    status = 409
    title_vi = "Không có ngày thu nào đang mở"
    title_en = "No till day is open"


class TillTooEmpty(Refusal):
    code = "till_too_empty"
    status = 409
    title_vi = "Quỹ tiền mặt trong ngày không đủ"
    title_en = "The till does not hold that much cash"
    detail_vi = "Trong quỹ còn {cash_vnd} đồng."
    detail_en = "It holds {cash_vnd} đồng."
    members = ("cash_vnd",)


class HandedInBefore(Refusal):
    code = "handed_in_before"
    status = 409
    title_vi = "Tiền của ngày này đã được nộp"
    title_en = "The cash of this day was handed in before"


class NothingToHandIn(Refusal):
    code = "nothing_to_hand_in"
    status = 409
    title_vi = "Ngày này không có tiền mặt để nộp"
    title_en = "This day left no cash to hand in"


def refuse_closed(*, cashier_id: str, agency_code: str, now: datetime) -> None:
    """Refuse a cashier whose day cannot take anything. Errors: TillClosed; TillDayOpen."""
    today = now.astimezone(money.HCM).date()
    found = reads.current(cashier_id, today)
    if found is None:
        return
    if found.closed_at is not None:
        raise TillClosed(day_on=today.isoformat())
    if (found.day_on, found.agency_code) != (today, agency_code):
        raise TillDayOpen(day_on=found.day_on.isoformat())


@db.transaction_required
def day_of(*, cashier_id: str, cashier_label: str, agency_code: str, now: datetime) -> TillDay:
    """Return the cashier's open day, locked; the first taking or payout of a day opens it.

    Errors: TillClosed; TillDayOpen when an earlier day, or one of another agency, is still open.
    """
    today = now.astimezone(money.HCM).date()
    TillDay.objects.bulk_create(
        [
            TillDay(
                agency_code=agency_code,
                cashier_id=cashier_id,
                cashier_label=cashier_label[:300],
                day_on=today,
                opened_at=now,
            )
        ],
        ignore_conflicts=True,  # one a day, one open: the database keeps both
    )
    mine = TillDay.objects.filter(cashier_id=cashier_id)
    found = db.lock(mine.filter(closed_at=None)).first()
    if found is None:
        raise TillClosed(day_on=today.isoformat())
    if (found.day_on, found.agency_code) != (today, agency_code):
        raise TillDayOpen(day_on=found.day_on.isoformat())
    return found


@db.transaction_required
def need_cash(day: TillDay, amount_vnd: int) -> None:
    """Refuse to take more out of a locked day's till than lies in it. Errors: TillTooEmpty."""
    cash = reads.expected_vnd(day)
    if cash < amount_vnd:
        raise TillTooEmpty(cash_vnd=cash)


@db.transaction()
def close(*, cashier_id: str, counted_vnd: int, note: str, now: datetime) -> TillDay:
    """Close the cashier's open day by what was counted; a difference is booked and explained.

    Errors: NoTillOpen; Invalid when the cash differs and no note says why.
    """
    day = db.lock(TillDay.objects.filter(cashier_id=cashier_id, closed_at=None)).first()
    if day is None:
        raise NoTillOpen
    expected = reads.expected_vnd(day)
    difference = counted_vnd - expected
    if difference and not note.strip():
        raise Invalid(
            errors=[
                FieldError(
                    "difference_unexplained",
                    "note",
                    f"Lệch {difference} đồng so với sổ: cần nêu lý do",
                    f"The cash differs by {difference} đồng: say why",
                    "/note",
                )
            ]
        )
    day.closed_at, day.expected_vnd, day.counted_vnd = now, expected, counted_vnd
    day.note = note.strip()
    day.save(update_fields=["closed_at", "expected_vnd", "counted_vnd", "note"])
    if difference:
        till = money.till(day.agency_code)
        other = money.till_difference(day.agency_code)
        ledger.post(
            f"till_difference:{day.id}",
            debit=till if difference > 0 else other,
            credit=other if difference > 0 else till,
            amount_vnd=abs(difference),
            now=now,
        )
    return day


@db.transaction()
def hand_in(*, cashier_id: str, day_id: str, reference: str, now: datetime) -> TillDay:
    """Record that the cash of a closed day was paid in, all of it, by the slip of this reference.

    Errors: NotFound; TillDayOpen; HandedInBefore; NothingToHandIn.
    """
    day = db.lock(TillDay.objects.filter(id=day_id, cashier_id=cashier_id)).first()
    if day is None:
        raise NotFound
    if day.counted_vnd is None:
        raise TillDayOpen(day_on=day.day_on.isoformat())
    if TillHandIn.objects.filter(day=day).exists():
        raise HandedInBefore
    if day.counted_vnd == 0:
        raise NothingToHandIn
    TillHandIn.objects.create(
        day=day, amount_vnd=day.counted_vnd, reference=reference, handed_in_at=now
    )
    ledger.post(
        f"till_hand_in:{day.id}",
        debit=money.agency_bank(day.agency_code),
        credit=money.till(day.agency_code),
        amount_vnd=day.counted_vnd,
        now=now,
    )
    return day
