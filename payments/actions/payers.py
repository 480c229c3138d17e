"""Who may pay for whom, what the other side sees of it, and what both are told."""

from collections.abc import Iterable
from datetime import datetime

from citizens.actions import inbox, vault
from common import db
from payments.models import Attempt, Payer, Payment, Receipt
from payments.rules import words


@db.transaction_required
def allow(*, reference: str, citizen_id: str, until: datetime, now: datetime) -> None:
    """Let somebody see and pay what a reference owes, from their own account, until then.

    Allowing the same again moves the end. Why they may is known by the caller alone.
    """
    _, fresh = Payer.objects.get_or_create(
        reference=reference,
        citizen_id=citizen_id,
        ended_at=None,
        defaults={"allowed_at": now, "until": until},
    )
    if not fresh:
        Payer.objects.filter(reference=reference, citizen_id=citizen_id, ended_at=None).update(
            until=until
        )


@db.transaction_required
def end(*, reference: str, citizen_id: str, now: datetime) -> None:
    """Take that right away; what they paid stays paid, and its receipt theirs too."""
    Payer.objects.filter(reference=reference, citizen_id=citizen_id, ended_at=None).update(
        ended_at=now
    )


@db.transaction_required
def seen(
    payments: Iterable[Payment], *, reader_id: str, reader_name: str, what: str, now: datetime
) -> None:
    """Leave a row for each debtor of whose due somebody else saw something, in one statement."""
    rows = [row for row in payments if row.citizen_id != reader_id]
    if rows:
        vault.record_access(
            citizen_ids=[row.citizen_id for row in rows],
            reader_id=reader_id,
            reader_label=f"Người nộp thay {words.masked_name(reader_name)}",
            what=f"payment:{what}",
            purpose="pay_for",
            reference=rows[0].id if len(rows) == 1 else "",
            now=now,
        )


@db.transaction()
def payments_shown(
    *, payments: Iterable[Payment], reader_id: str, reader_name: str, what: str, now: datetime
) -> None:
    """Leave the rows of `seen` for a page that is about to be shown."""
    seen(payments, reader_id=reader_id, reader_name=reader_name, what=what, now=now)


@db.transaction()
def receipts_shown(
    *, receipts: Iterable[Receipt], reader_id: str, reader_name: str, now: datetime
) -> None:
    """Leave a row for everybody else whom a receipt names: the debtor, or who paid for them."""
    rows = list(receipts)
    named = {one for row in rows for one in (row.payment.citizen_id, row.payer_id) if one}
    if named - {reader_id}:
        vault.record_access(
            citizen_ids=named - {reader_id},
            reader_id=reader_id,
            reader_label=f"Người có tên trên biên lai {words.masked_name(reader_name)}",
            what="payment:receipt",
            purpose="pay_for",
            reference=rows[0].payment_id if len(rows) == 1 else "",
            now=now,
        )


@db.transaction_required
def tell(payment: Payment, attempt: Attempt, *, now: datetime) -> None:
    """Tell both sides of a due that somebody else paid; of one's own due upstairs tells."""
    if attempt.payer_id is None or attempt.payer_id == payment.citizen_id:
        return
    payer = words.masked_name(attempt.payer_name or "")
    inbox.notify(
        citizen_id=payment.citizen_id,
        kind="payment_paid_by_another",
        title_vi="Khoản phải nộp của bạn đã được nộp thay",
        body_vi=f"{payer} đã nộp thay: {payment.title}. Biên lai ghi cả hai tên.",
        title_en="Somebody paid what you owed",
        body_en=f"{payer} paid for you: {payment.title}. The receipt names both of you.",
        reference=payment.id,
        dedupe_key=f"{payment.id}:paid_by_another",
        now=now,
    )
    inbox.notify(
        citizen_id=attempt.payer_id,
        kind="payment_paid_for_another",
        title_vi="Bạn đã nộp thay thành công",
        body_vi=f"Khoản nộp thay đã được ghi nhận: {payment.title}. Biên lai có trong ứng dụng.",
        title_en="You paid for somebody else",
        body_en=f"The payment was recorded: {payment.title}. The receipt is in the app.",
        reference=payment.id,
        dedupe_key=f"{payment.id}:paid_for_another",
        now=now,
    )
