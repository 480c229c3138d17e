"""Market stalls: who sells there, what is paid there, and giving it back on the same day.

A sale is an ordinary payment with the stall as beneficiary. The market's own fee for a place
(tiền chỗ) is no business of this room: nobody published how it is set.
"""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from citizens.actions import inbox
from common import crypto, db
from common.errors import NotFound, Refusal
from payments.actions import charge, refund
from payments.actions.bills import is_being_paid
from payments.models import Market, Payment, Stall, StallSale
from payments.models.stalls import new_sale_id
from payments.rules import bills, stalls, states, words


class InvitationUnknown(Refusal):
    code = "stall_invitation_unknown"
    status = 404
    title_vi = "Chợ, mã sạp hoặc mã mời không đúng"
    title_en = "The market, the stall or the invitation code is not right"
    detail_vi = "Mã mời do ban quản lý chợ cấp và chỉ dùng được một lần."
    detail_en = "The market board gives the invitation code; it works once."


class AmountOutOfRange(Refusal):
    code = "stall_amount_out_of_range"
    status = 422
    title_vi = "Số tiền nằm ngoài mức cho phép"
    title_en = "The amount is outside of the limits"
    detail_vi = "Mỗi lần từ {minimum_vnd} đến {maximum_vnd} đồng."
    detail_en = "From {minimum_vnd} to {maximum_vnd} đồng at a time."
    members = ("minimum_vnd", "maximum_vnd")


class TooManyUnpaidSales(Refusal):
    code = "too_many_unpaid_sales"
    status = 409
    title_vi = "Đang có quá nhiều khoản mở chưa thanh toán"
    title_en = "Too many payments are open and unpaid"
    detail_vi = "Tối đa {limit} khoản cùng lúc. Khoản không nộp sẽ tự hủy sau một giờ."
    detail_en = "At most {limit} at once. What is not paid is dropped after an hour."
    members = ("limit",)


class OwnStall(Refusal):
    code = "own_stall"
    status = 409
    title_vi = "Không thể tự thanh toán cho sạp của mình"
    title_en = "You cannot pay your own stall"


class RefundDayOver(Refusal):
    code = "stall_refund_day_over"
    status = 409
    title_vi = "Chỉ hoàn được trong ngày nhận tiền"
    title_en = "Money goes back only on the day it came"
    detail_vi = "Khoản này đã nhận ngày {paid_on}."
    detail_en = "This was paid on {paid_on}."
    members = ("paid_on",)


@dataclasses.dataclass(frozen=True)
class StallRow:
    """One stall to put in place. `invitation` is the board's secret, kept only as a blind index."""

    market: str
    number: str
    goods: str
    invitation: str


@dataclasses.dataclass(frozen=True)
class MarketRow:
    code: str
    name: str
    is_demo: bool = True


def code_of(market: str, number: str) -> str:
    """Return the code in a stall's link."""
    return f"{market}-{number}".lower()


def _invitation_index(market: str, number: str, invitation: str) -> str:
    text = "\x00".join((market, number.upper(), invitation.strip().upper()))
    return crypto.blind_index(text, "stall-invitation")


@db.transaction()
def import_stalls(*, markets: Iterable[MarketRow], rows: Iterable[StallRow]) -> list[Stall]:
    """Put markets and stalls in place, again and again; return the stalls.

    A stall that has its seller is left as it is: its invitation was used up.
    """
    Market.objects.bulk_create(
        [Market(**dataclasses.asdict(row)) for row in markets],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "is_demo"],
    )
    Stall.objects.bulk_create(
        [
            Stall(
                market_id=row.market,
                number=row.number,
                code=code_of(row.market, row.number),
                goods=row.goods,
                invitation_index=_invitation_index(row.market, row.number, row.invitation),
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )
    return list(Stall.objects.select_related("market").order_by("code"))


@db.transaction()
def enrol(
    *, citizen_id: str, market: str, stall_code: str, invitation_code: str, now: datetime
) -> Stall:
    """Give a stall to the citizen who shows the board's invitation; the invitation is used up.

    Which of the three was wrong is not told. Whoever has the stall gets it again.

    Errors: InvitationUnknown.
    """
    number = stall_code.strip().upper()
    row = db.lock(
        Stall.objects.select_related("market").filter(market_id=market, number=number)
    ).first()
    if row is None:
        raise InvitationUnknown
    if row.seller_id == citizen_id:
        return row
    if row.invitation_index != _invitation_index(market, number, invitation_code):
        raise InvitationUnknown
    row.seller_id = citizen_id
    row.enrolled_at = now
    row.invitation_index = None
    row.save(update_fields=["seller", "enrolled_at", "invitation_index"])
    return row


@db.transaction()
def open_payment(
    *,
    code: str,
    citizen_id: str,
    payer_name: str,
    amount_vnd: int,
    note: str,
    now: datetime,
) -> str:
    """Open a payment to a stall and return its id.

    Errors: NotFound, also while the stall has no seller; AmountOutOfRange, TooManyUnpaidSales,
    OwnStall.
    """
    if not stalls.amount_fits(amount_vnd):
        raise AmountOutOfRange(minimum_vnd=stalls.MIN_SALE_VND, maximum_vnd=stalls.MAX_SALE_VND)
    stall = Stall.objects.select_related("market").filter(code=code, seller__isnull=False).first()
    if stall is None:
        raise NotFound
    if stall.seller_id == citizen_id:
        raise OwnStall
    db.advisory_lock(f"stall-sales:{citizen_id}")  # the limit holds for two phones at once too
    open_sales = StallSale.objects.filter(
        payment__citizen_id=citizen_id, payment__state=states.Payment.OWED.value
    )
    if open_sales.count() >= stalls.MAX_UNPAID:
        raise TooManyUnpaidSales(limit=stalls.MAX_UNPAID)
    sale_id = new_sale_id()
    title = f"Sạp {stall.number}, {stall.market.name}"
    payment_id = charge.open(
        reference=f"sale:{sale_id}",
        purpose="sale",
        citizen_id=citizen_id,
        payer_name=payer_name,
        agency_code=stall.beneficiary,
        title=title,
        lines=[
            charge.ChargeLine(
                code="sale",
                label=f"Mua hàng tại sạp {stall.number}",
                kind="sale",
                quantity=1,
                unit_vnd=amount_vnd,
                amount_vnd=amount_vnd,
            )
        ],
        now=now,
    )
    StallSale.objects.create(
        id=sale_id,
        stall=stall,
        payment_id=payment_id,
        payer_masked=bills.mask_name(payer_name),
        note=note,
        created_at=now,
    )
    return payment_id


@db.transaction()
def expire(*, payment_id: str, now: datetime) -> None:
    """Drop a sale that was opened long ago and that nobody is paying."""
    payment = db.lock(Payment.objects.filter(id=payment_id)).get()
    unpaid = payment.state in {states.Payment.OWED.value, states.Payment.CANCELLED.value}
    if unpaid and not is_being_paid(payment):
        charge.cancel(reference=payment.reference, now=now)
        StallSale.objects.filter(payment=payment, dropped_at=None).update(dropped_at=now)


@db.transaction()
def note_settled(*, payment_id: str, settled_at: datetime, now: datetime) -> None:
    """Show a settled sale to its seller and tell them. May be heard twice: told once."""
    sale = db.lock(
        StallSale.objects.select_related("stall", "payment").filter(payment_id=payment_id)
    ).first()
    if sale is None or sale.settled_at is not None:
        return
    sale.settled_at = settled_at
    sale.save(update_fields=["settled_at"])
    stall, payment = sale.stall, sale.payment
    if stall.seller_id is None:
        return
    note = f" Lời nhắn: {sale.note}" if sale.note else ""
    note_en = f" Note: {sale.note}" if sale.note else ""
    inbox.notify(
        citizen_id=stall.seller_id,
        kind="stall_paid",
        title_vi=f"Sạp {stall.number} vừa nhận {words.dong(payment.captured_vnd)} đồng",
        body_vi=f"Người trả: {sale.payer_masked}.{note}",
        title_en=f"Stall {stall.number} received {payment.captured_vnd:,} đồng",
        body_en=f"Paid by {sale.payer_masked}.{note_en}",
        reference=payment_id,
        dedupe_key=f"stall-paid:{payment_id}",
        now=now,
    )


def refund_sale(
    *,
    citizen_id: str,
    stall_id: str,
    payment_id: str,
    reason: str,
    client_key: str,
    now: datetime,
) -> None:
    """Give all of a sale back on the day it was paid, by its seller.

    Errors: NotFound, RefundDayOver, RefundableAmountStale when it went back already.
    """
    sale = (
        StallSale.objects.select_related("payment")
        .filter(
            stall_id=stall_id,
            stall__seller_id=citizen_id,
            payment_id=payment_id,
            settled_at__isnull=False,
        )
        .first()
    )
    if sale is None or sale.settled_at is None:
        raise NotFound
    paid_on = stalls.day_of(sale.settled_at)
    if paid_on != stalls.day_of(now):
        raise RefundDayOver(paid_on=paid_on.isoformat())
    refund.request(
        payment_id=payment_id,
        amount_vnd=sale.payment.amount_vnd,
        expected_refundable_vnd=sale.payment.amount_vnd,
        reason=reason,
        requested_by=citizen_id,
        client_key=client_key,
        now=now,
    )


@db.transaction()
def note_refunded(*, payment_id: str, refund_id: str, amount_vnd: int, now: datetime) -> None:
    """Tell the payer that a stall's money came back. May be heard twice: told once."""
    payment = Payment.objects.filter(id=payment_id, sale__isnull=False).first()
    if payment is None:
        return
    inbox.notify(
        citizen_id=payment.citizen_id,
        kind="stall_refunded",
        title_vi="Đã hoàn tiền mua hàng",
        body_vi=f"{words.dong(amount_vnd)} đồng trả tại {payment.title} đã được hoàn lại.",
        title_en="Money of a purchase came back",
        body_en=f"{amount_vnd:,} đồng paid at {payment.title} went back to you.",
        reference=payment_id,
        dedupe_key=f"stall-refunded:{refund_id}",
        now=now,
    )
