"""How often anybody may: counted in the database, in one statement for each call.

A count in a cache is read and then written, so that calls at one moment share the last free place;
here they cannot, and a lost cache forgets nothing.
"""

import dataclasses
import ipaddress
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from common import crypto, db
from common.errors import TooManyRequests
from common.models import RateCount

KEPT = timedelta(days=2)  # longer than any window
NO_LIMIT = 2**31 - 2


@dataclasses.dataclass(frozen=True)
class Limit:
    """So many calls of one kind, by or about one value, within a window from the first of them."""

    name: str
    value: str
    calls: int
    window: timedelta

    @property
    def key(self) -> str:
        """Return the row's name: it tells nobody's address and no code."""
        return f"{self.name}:{crypto.blind_index(self.value, f'limit:{self.name}')}"


def take(limit: Limit, *, now: datetime) -> None:
    """Count a call. Errors: TooManyRequests when there was no place left."""
    if not _count(limit, now, limit.calls):
        row = RateCount.objects.filter(key=limit.key).first()
        raise TooManyRequests(retry_after=_wait(row, limit, now))


def count(limit: Limit, *, now: datetime) -> None:
    """Count a call that is let through in any case."""
    _count(limit, now, NO_LIMIT)


def give_back(limit: Limit) -> None:
    """Take back a call that was counted and should not have been."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE common_ratecount SET used = used - 1 WHERE key = %s AND used > 0", [limit.key]
        )


def refuse_when_spent(limits: Sequence[Limit], *, now: datetime) -> None:
    """Refuse when all of these are spent; nothing is counted. Errors: TooManyRequests."""
    rows = {row.key: row for row in RateCount.objects.filter(key__in=[one.key for one in limits])}
    if all(_is_spent(rows.get(limit.key), limit, now) for limit in limits):
        raise TooManyRequests(retry_after=_wait(rows[limits[0].key], limits[0], now))


def network(address: str) -> str:
    """Return what counts as one address: of IPv6 the network that one customer gets (/64)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Forget old counts; return how many."""
    return RateCount.objects.filter(started_at__lt=now - KEPT).delete()[0]


def _is_spent(row: RateCount | None, limit: Limit, now: datetime) -> bool:
    return row is not None and row.used >= limit.calls and row.started_at > now - limit.window


def _wait(row: RateCount | None, limit: Limit, now: datetime) -> int:
    ends = row.started_at + limit.window if row else now
    return max(1, math.ceil((ends - now).total_seconds()))


def _count(limit: Limit, now: datetime, calls: int) -> bool:
    """Count one call; return whether there was a place left. A window begins at its first call."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO common_ratecount AS c (key, started_at, used)
            VALUES (%(key)s, %(now)s, 1)
            ON CONFLICT (key) DO UPDATE SET
                used = CASE WHEN c.started_at <= %(old)s THEN 1 ELSE c.used + 1 END,
                started_at = CASE WHEN c.started_at <= %(old)s
                    THEN EXCLUDED.started_at ELSE c.started_at END
            WHERE c.started_at <= %(old)s OR c.used < %(calls)s
            RETURNING used
            """,
            {"key": limit.key, "now": now, "old": now - limit.window, "calls": calls},
        )
        return cursor.fetchone() is not None
