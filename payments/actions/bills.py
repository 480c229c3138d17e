"""Bills: looked up at their biller, paid by whoever wants to, never twice.

A bill is paid by an ordinary payment with the biller as beneficiary, so that tries, webhooks,
ledger and refunds are those of a fee. Only what is particular lies here and in `bill_notices`.
"""

# Note [One bill, one payer]
# Of the payments of one bill only one holds it, and the database knows (one_holds). Asking to pay
# opens one that holds; a hold without an open page gives way to whoever asks next, and its payment
# is cancelled under the same lock that starting a page takes. Once a page is open, or money came,
# everybody else is told "being paid" and not by whom. Money that reaches a cancelled payment late
# goes back by the rule that every payment has.

from collections.abc import Iterable
from datetime import datetime

from citizens.actions import inbox
from common import crypto, db, ids, jobs
from common.errors import FieldError, Invalid, NotFound, Refusal
from payments.actions import billers, charge
from payments.models import Attempt, Bill, Biller, BillPayment, Payment
from payments.rules import bills, money, states, words


class BillAmountChanged(Refusal):
    code = "bill_amount_changed"
    status = 409
    title_vi = "Số tiền của hóa đơn đã thay đổi"
    title_en = "The amount of the bill has changed"
    detail_vi = "Đơn vị phát hành hiện yêu cầu {amount_vnd} đồng. Hãy xem lại rồi gửi tiếp."
    detail_en = "The biller now asks for {amount_vnd} đồng. Look again and repeat."
    members = ("amount_vnd",)


class BillBeingPaid(Refusal):
    code = "bill_being_paid"
    status = 409
    title_vi = "Hóa đơn này đang được thanh toán"
    title_en = "This bill is being paid"
    detail_vi = "Một lần thanh toán khác đang diễn ra. Xin đừng nộp lại; hãy tra cứu lại sau."
    detail_en = "It is being paid already. Please do not pay again; look it up later."


class BillNotOpen(Refusal):
    code = "bill_not_open"
    status = 409
    title_vi = "Hóa đơn này không còn phải nộp"
    title_en = "This bill is no longer to be paid"
    detail_vi = "Trạng thái hiện tại: {state}."
    detail_en = "Its state is {state}."
    members = ("state",)


def index_of(biller: str, customer_code: str) -> str:
    """Return the blind index of a customer code at one biller."""
    return crypto.blind_index(f"{biller}\x00{customer_code}", "bill-customer")


def checked_code(biller: Biller, given: str) -> str:
    """Return a customer code in its biller's format. Errors: Invalid, which tells the format."""
    code = given.strip().upper()
    if not bills.fits(code, biller.code_pattern):
        raise Invalid(
            errors=[
                FieldError(
                    "invalid",
                    "customer_code",
                    f"Mã cần có dạng: {biller.code_hint}. Ví dụ {biller.code_example}",
                    f"The format is: {biller.code_hint}. For example {biller.code_example}",
                    pointer="/customer_code",
                )
            ]
        )
    return code


@db.durable
def look_up(*, biller_code: str, customer_code: str, now: datetime) -> list[str]:
    """Ask a biller what a customer owes now, keep what it says, and return the bills' ids.

    Nothing is answered from what was kept before: each call is the biller's word of this moment.

    Errors: NotFound, Invalid, CustomerUnknown, BillerUnreachable.
    """
    biller = billers.known(biller_code)
    code = checked_code(biller, customer_code)
    stated = billers.ask(biller, lambda port: port.open_bills(code))
    return keep(biller=biller, customer_code=code, stated=stated, now=now)


@db.transaction()
def keep(
    *, biller: Biller, customer_code: str, stated: Iterable[bills.Stated], now: datetime
) -> list[str]:
    """Keep bills as their biller stated them now; return their ids in the same order."""
    rows = [
        Bill(
            biller=biller,
            number=one.number,
            customer_code=customer_code,
            customer_name=one.customer_name,
            period=one.period,
            lines=_lines(one),
            amount_vnd=one.amount_vnd,
            due_on=one.due_on,
            status=one.status.value,
            stated_at=now,
        )
        # In one order for everybody: two look-ups of one customer must not wait for each other.
        for one in sorted(stated, key=lambda one: one.number)
    ]
    Bill.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["biller", "number"],
        update_fields=[
            *("customer_code", "customer_name", "period", "lines", "amount_vnd"),
            *("due_on", "status", "stated_at"),
        ],
    )
    numbers = [row.number for row in rows]
    known = dict(Bill.objects.filter(biller=biller, number__in=numbers).values_list("number", "id"))
    return [known[number] for number in numbers]


def _lines(stated: bills.Stated) -> list[dict[str, object]]:
    return [
        {
            "label": line.label,
            "quantity": line.quantity,
            "unit_vnd": line.unit_vnd,
            "amount_vnd": line.amount_vnd,
        }
        for line in stated.lines
    ]


@db.durable
def open_payment(
    *, bill_id: str, citizen_id: str, payer_name: str, expected_amount_vnd: int, now: datetime
) -> str:
    """Open the payment of a bill for whoever asks, and return its id; see Note [One bill, one
    payer].

    The biller is asked first: what it says at this moment is frozen, not what was shown before.
    Repeating it gives the payment that is there.

    Errors: NotFound, BillerUnreachable, BillNotOpen, BillAmountChanged, BillBeingPaid.
    """
    bill = Bill.objects.select_related("biller").filter(id=bill_id).first()
    if bill is None:
        raise NotFound
    stated = billers.ask(bill.biller, lambda port: port.bill(bill.number))
    status = stated.status if stated is not None else bills.Status.WITHDRAWN
    if stated is None or status != bills.Status.OPEN:
        raise BillNotOpen(state=status.value)
    if stated.amount_vnd != expected_amount_vnd:
        raise BillAmountChanged(amount_vnd=stated.amount_vnd)
    with db.transaction():
        held = db.lock(Bill.objects.filter(id=bill_id)).get()
        held.biller = bill.biller
        mine = _make_way(held, citizen_id, stated.amount_vnd, now)
        return mine or _hold(held, stated, citizen_id, payer_name, now)


def _make_way(bill: Bill, citizen_id: str, amount_vnd: int, now: datetime) -> str | None:
    """Return my own live payment of a bill, or drop one that nobody is paying.

    Errors: BillBeingPaid, BillNotOpen.
    """
    hold = BillPayment.objects.holding().filter(bill=bill).first()
    if hold is None:
        return None
    payment = db.lock(Payment.objects.filter(id=hold.payment_id)).get()
    if payment.state in {states.Payment.PAID.value, states.Payment.REFUNDED.value}:
        raise BillNotOpen(state=bills.Status.PAID.value)
    if payment.state == states.Payment.OWED:
        if payment.citizen_id == citizen_id and payment.amount_vnd == amount_vnd:
            return payment.id
        if is_being_paid(payment):
            raise BillBeingPaid(retry_after=60)
    release(payment, now=now)
    return None


def _hold(bill: Bill, stated: bills.Stated, citizen_id: str, payer_name: str, now: datetime) -> str:
    reference = f"bill:{bill.id}"
    before = BillPayment.objects.filter(bill=bill).exclude(notice=bills.Notice.RELEASED.value)
    round_number = before.count() + 1
    payment_id = charge.open(
        reference=reference,
        # A bill may be paid anew after all money of its first payment went back.
        purpose="bill" if round_number == 1 else f"bill-{round_number}",
        citizen_id=citizen_id,
        payer_name=payer_name,
        agency_code=f"{money.BILLER}{bill.biller.code}",
        title=f"{bill.biller.name}: {stated.period}, mã khách hàng "
        f"{bills.mask_code(bill.customer_code)}",
        # One line: what was used, or what a hospital did, is nobody's on the way to the bank.
        lines=[
            charge.ChargeLine(
                code="bill",
                label=f"Hóa đơn {stated.number}, {stated.period}",
                kind="bill",
                quantity=1,
                unit_vnd=stated.amount_vnd,
                amount_vnd=stated.amount_vnd,
            )
        ],
        now=now,
    )
    bills.check(None, bills.Notice.OPEN)
    BillPayment.objects.create(
        payment_id=payment_id,
        bill=bill,
        notice=bills.Notice.OPEN.value,
        notice_key=ids.new("key"),
        opened_at=now,
    )
    return payment_id


def is_being_paid(payment: Payment) -> bool:
    """Return whether somebody may be paying a locked payment, or its money is looked into."""
    tries = Attempt.objects.filter(payment=payment)
    return tries.active().exists() or tries.filter(state=states.Attempt.REVIEW.value).exists()


@db.transaction_required
def release(payment: Payment, *, now: datetime) -> None:
    """Drop a locked payment of a bill that nobody is paying, so that another may pay it."""
    charge.cancel(reference=payment.reference, now=now)
    hold = db.lock(BillPayment.objects.filter(payment_id=payment.id)).get()
    _move(hold, bills.Notice.RELEASED)
    hold.save(update_fields=["notice"])


def _move(hold: BillPayment, end: bills.Notice) -> None:
    bills.check(bills.Notice(hold.notice), end)
    hold.notice = end.value


@db.transaction()
def expire(*, payment_id: str, now: datetime) -> None:
    """Drop a payment of a bill that was opened long ago and that nobody is paying."""
    payment = db.lock(Payment.objects.filter(id=payment_id)).get()
    hold = BillPayment.objects.get(payment_id=payment_id)
    unpaid = payment.state in {states.Payment.OWED.value, states.Payment.CANCELLED.value}
    if hold.notice == bills.Notice.OPEN and unpaid and not is_being_paid(payment):
        release(payment, now=now)


@db.transaction()
def note_settled(*, payment_id: str, now: datetime) -> None:
    """Put the telling of the biller on the queue. May be heard twice: once is enough."""
    hold = db.lock(BillPayment.objects.filter(payment_id=payment_id)).first()
    if hold is None or hold.notice != bills.Notice.OPEN:
        return
    _move(hold, bills.Notice.DUE)
    hold.next_check_at = now
    hold.save(update_fields=["notice", "next_check_at"])
    jobs.enqueue("payments.tell_biller", payment_id=payment_id)


@db.transaction()
def note_refunded(*, payment_id: str, refund_id: str, amount_vnd: int, now: datetime) -> None:
    """Tell the payer that money of a bill came back, and let the bill go when all of it did."""
    payment = Payment.objects.filter(id=payment_id, bill_payment__isnull=False).first()
    if payment is None:
        return
    hold = db.lock(BillPayment.objects.filter(payment_id=payment_id)).get()
    whole = payment.state == states.Payment.REFUNDED
    if whole and (bills.Notice(hold.notice), bills.Notice.RETURNED) in bills.MOVES:
        _move(hold, bills.Notice.RETURNED)
        hold.next_check_at = None
        hold.save(update_fields=["notice", "next_check_at"])
    inbox.notify(
        citizen_id=payment.citizen_id,
        kind="bill_refunded",
        title_vi="Đã hoàn tiền hóa đơn",
        body_vi=f"{words.dong(amount_vnd)} đồng của khoản “{payment.title}” đã được hoàn lại.",
        title_en="Money of a bill came back",
        body_en=f"{amount_vnd:,} đồng of “{payment.title}” went back to you.",
        reference=payment_id,
        dedupe_key=f"bill-refunded:{refund_id}",
        now=now,
    )
