"""Codes by which somebody else may pay one due: made, taken back, looked at, used."""

from datetime import datetime, timedelta

from citizens import queries as citizens
from common import db, ids
from common.errors import NotFound, check_version
from payments.actions import booking, charge, payers
from payments.models import Attempt, PayCode, Payment
from payments.queries import paying
from payments.rules import states

LASTS = timedelta(hours=24)
LENGTH = 26  # 130 bits: nobody finds one by trying


@db.transaction()
def make(*, payment_id: str, citizen_id: str, now: datetime) -> PayCode:
    """Return a new code for a due of one's own; the one before it opens nothing any more.

    Errors: NotFound; PaymentNotOwed.
    """
    payment = _own(payment_id, citizen_id)
    if payment.state != states.Payment.OWED:
        raise charge.PaymentNotOwed(state=payment.state, payment_id=payment.id)
    _revoke(payment, now)
    code = ids.unguessable(LENGTH)
    return PayCode.objects.create(
        payment=payment,
        code=code,
        code_index=paying.code_index(code),
        made_at=now,
        expires_at=now + LASTS,
    )


@db.transaction()
def revoke(*, payment_id: str, citizen_id: str, expected_version: int, now: datetime) -> None:
    """Take a code back; a page that somebody else has open is closed.

    Money that was already on its way is still recorded. Errors: NotFound; StaleVersion.
    """
    payment = _own(payment_id, citizen_id)
    row = paying.code_of(citizen_id, payment_id, now=now)
    check_version(row.version, expected_version)
    _revoke(payment, now)
    if Attempt.objects.filter(payment=payment).active().exclude(payer_id=citizen_id).exists():
        booking.close_pages(payment, now=now)


@db.transaction()
def look(*, code: str, citizen_id: str, now: datetime) -> paying.CodeShown:
    """Return what a code shows, and leave a row for its owner. Errors: NotFound."""
    found = paying.shown_by(code, now=now)
    payers.seen(
        [found.payment],
        reader_id=citizen_id,
        reader_name=citizens.card(citizen_id).full_name,
        what="pay_code",
        now=now,
    )
    return found


@db.durable
def start_attempt(
    *,
    code: str,
    citizen_id: str,
    client_key: str,
    return_url: str | None = None,
    method: str | None = None,
    now: datetime,
) -> Attempt:
    """Open the provider's page with a code, from the payer's own account; return the attempt.

    Errors: NotFound for a code that opens nothing; and those of `charge.start_checkout`.
    """
    row = paying.by_code(code)
    attempt_id = charge.start_attempt(
        payment_id=row.payment_id,
        citizen_id=citizen_id,
        client_key=client_key,
        return_url=return_url,
        method=method,
        now=now,
        code_id=row.id,
    )
    return paying.attempt(citizen_id, row.payment_id, attempt_id, now=now)


def _own(payment_id: str, citizen_id: str) -> Payment:
    payment = db.lock(Payment.objects.of(citizen_id).filter(id=payment_id)).first()
    if payment is None:
        raise NotFound
    return payment


def _revoke(payment: Payment, now: datetime) -> None:
    for row in PayCode.objects.filter(payment=payment, revoked_at__isnull=True).order_by("id"):
        row.revoked_at = now
        row.version += 1
        row.save(update_fields=["revoked_at", "version"])
