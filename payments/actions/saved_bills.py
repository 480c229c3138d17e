"""Customer codes that a citizen keeps, and the word about a new bill."""

import logging
from datetime import datetime, timedelta

from citizens.actions import inbox
from common import crypto, db
from common.errors import NotFound, OutsideError, Refusal, check_version
from payments.actions import bills as looking
from payments.actions import breaker
from payments.billers import base, registry
from payments.models import Bill, SavedBill
from payments.rules import bills, money, words

logger = logging.getLogger(__name__)

BATCH = 200
MORNING = 8  # nobody is told of a bill at night
RETRY = timedelta(hours=1)
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = 3


class TooManySavedBills(Refusal):
    code = "too_many_saved_bills"
    status = 409
    title_vi = "Đã lưu quá nhiều mã khách hàng"
    title_en = "Too many customer codes are saved"
    detail_vi = "Tối đa {limit} mã. Hãy xóa bớt rồi lưu lại."
    detail_en = "At most {limit}. Delete one and try again."
    members = ("limit",)


class BillAlreadySaved(Refusal):
    code = "bill_already_saved"
    status = 409
    title_vi = "Mã khách hàng này đã được lưu"
    title_en = "This customer code is saved already"


def next_morning(now: datetime, key: str) -> datetime:
    """Return when a code is looked at next: tomorrow morning, spread over an hour by its id."""
    tomorrow = now.astimezone(money.HCM).date() + timedelta(days=1)
    spread = int(crypto.blind_index(key, "morning")[:6], 16) % 3600
    start = datetime.min.time().replace(hour=MORNING)
    return datetime.combine(tomorrow, start, money.HCM) + timedelta(seconds=spread)


@db.transaction()
def save(
    *, citizen_id: str, biller_code: str, customer_code: str, label: str, now: datetime
) -> SavedBill:
    """Keep a customer code. Errors: NotFound, Invalid, TooManySavedBills, BillAlreadySaved."""
    biller = looking.billers.known(biller_code)
    code = looking.checked_code(biller, customer_code)
    db.advisory_lock(f"saved-bills:{citizen_id}")  # the limit holds for two phones at once too
    mine = SavedBill.objects.filter(citizen_id=citizen_id)
    index = looking.index_of(biller.code, code)
    if mine.filter(biller=biller, customer_index=index).exists():
        raise BillAlreadySaved
    if mine.count() >= bills.MAX_SAVED:
        raise TooManySavedBills(limit=bills.MAX_SAVED)
    saved = SavedBill(
        citizen_id=citizen_id,
        biller=biller,
        customer_code=code,
        customer_index=index,
        label=label,
        created_at=now,
        next_check_at=now,
    )
    saved.next_check_at = next_morning(now, saved.id)
    saved.save(force_insert=True)
    return saved


@db.transaction()
def remove(*, citizen_id: str, saved_id: str, expected_version: int) -> None:
    """Forget a customer code. Errors: NotFound, StaleVersion."""
    row = db.lock(SavedBill.objects.filter(citizen_id=citizen_id, id=saved_id)).first()
    if row is None:
        raise NotFound
    check_version(row.version, expected_version)
    row.delete()


@db.durable
def remind(*, now: datetime) -> int:
    """Look at every saved code that is due, and tell of new bills; return how many answered.

    A biller that gives no answer is left alone until later; the others go on.
    """
    answered = 0
    lost: dict[str, int] = {}
    while True:
        batch = _take(now)
        if not batch:
            return answered
        for saved in batch:
            if lost.get(saved.biller_id, 0) >= GIVE_UP_AFTER:
                continue
            try:
                stated = registry.get(saved.biller_id).open_bills(saved.customer_code)
            except base.CustomerUnknown:
                stated = ()
            except OutsideError as failure:
                logger.warning("no reminder for %s: %s", saved.id, failure)
                breaker.lost(f"biller:{saved.biller_id}")
                lost[saved.biller_id] = lost.get(saved.biller_id, 0) + 1
                continue
            ids = looking.keep(
                biller=saved.biller, customer_code=saved.customer_code, stated=stated, now=now
            )
            _tell(saved, ids, now)
            answered += 1


def _take(now: datetime) -> list[SavedBill]:
    """Take the codes that are due, so that two workers never ask about the same ones.

    Whatever becomes of them, they are due again in an hour; an answer moves that to tomorrow.
    """
    with db.transaction():
        due = SavedBill.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
        rows = list(db.lock(due.select_related("biller"), skip_locked=True)[:BATCH])
        SavedBill.objects.filter(id__in=[row.id for row in rows]).update(next_check_at=now + RETRY)
        return rows


def _tell(saved: SavedBill, bill_ids: list[str], now: datetime) -> None:
    """Put a message into the inbox, once for each bill, and plan the next look."""
    with db.transaction():
        still = db.lock(SavedBill.objects.filter(id=saved.id)).first()
        if still is None:
            return  # deleted meanwhile: nobody wants to know
        for bill in Bill.objects.filter(id__in=bill_ids, status=bills.Status.OPEN).order_by("id"):
            until = f", hạn nộp {bill.due_on:%d/%m/%Y}" if bill.due_on else ""
            until_en = f", due on {bill.due_on:%Y-%m-%d}" if bill.due_on else ""
            inbox.notify(
                citizen_id=saved.citizen_id,
                kind="bill_open",
                title_vi=f"Hóa đơn mới: {saved.label}",
                body_vi=f"{saved.biller.name}, {bill.period}: "
                f"{words.dong(bill.amount_vnd)} đồng{until}.",
                title_en=f"A new bill: {saved.label}",
                body_en=f"{saved.biller.name}, {bill.period}: {bill.amount_vnd:,} đồng{until_en}.",
                reference=bill.id,
                dedupe_key=f"bill-open:{bill.id}:{saved.citizen_id}",
                now=now,
            )
        still.checked_at = now
        still.next_check_at = next_morning(now, saved.id)
        still.save(update_fields=["checked_at", "next_check_at"])
