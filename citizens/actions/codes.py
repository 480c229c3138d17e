"""How many codes may go out: each costs money, and each is a chance to guess."""

from datetime import date, datetime, timedelta

from django.db import connection

from citizens import rules
from citizens.models import CodeAllowance
from common import crypto, db
from common.errors import Refusal


class CodesSpent(Refusal):
    code = "too_many_codes"
    status = 429
    title_vi = "Đã gửi quá nhiều mã trong ngày"
    title_en = "Too many codes were sent today"


@db.transaction_required
def spend(*, to: str, now: datetime) -> None:
    """Count one code to an address, whether or not somebody has an account there.

    Errors: CodesSpent when the address, or all addresses together, had enough today.
    """
    day = now.date()
    limits = (
        (f"{day}:{crypto.blind_index(to, 'code')}", rules.CODES_TO_ONE_A_DAY),
        (f"{day}:all", rules.CODES_TO_ALL_A_DAY),
    )
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), now.tzinfo)
    for key, limit in limits:
        if not _count(key, day, limit):
            raise CodesSpent(retry_after=int((midnight - now).total_seconds()) + 1)


def _count(key: str, day: date, limit: int) -> bool:
    # One statement, so that parallel requests cannot all see the last free place.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO citizens_codeallowance AS a (key, day, sent) VALUES (%s, %s, 1)
            ON CONFLICT (key) DO UPDATE SET sent = a.sent + 1 WHERE a.sent < %s
            RETURNING a.sent
            """,
            [key, day, limit],
        )
        return cursor.fetchone() is not None


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Forget the counts of days gone by."""
    old = CodeAllowance.objects.filter(day__lt=now.date() - timedelta(days=2))
    return old.delete()[0]
