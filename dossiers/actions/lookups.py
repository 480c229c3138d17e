"""Looking a dossier up without signing in, and how often anybody may.

A code is short and its neighbours are known; a PIN is short too. What is counted is counted before
anything is compared, in one statement, so that parallel calls cannot share the last free place.
"""

import dataclasses
import ipaddress
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from common import crypto, db
from common.errors import TooManyRequests
from dossiers.models import LookupCount
from dossiers.queries import lookup
from dossiers.queries.lookup import DossierUnknown, Progress

MINUTE = timedelta(minutes=1)
# A lock by wrong PINs ends by itself within this time. The code alone and the QR code of the slip
# go on working meanwhile, so nobody can keep its holder from knowing how far the dossier is.
PIN_WINDOW = timedelta(minutes=10)
PINS_BY_ONE_ADDRESS = 5
# 2**30 PINs at 30 in ten minutes: six hundred years, from however many addresses.
PINS_ABOUT_ONE_CODE = 30
# So many misses by everybody in a minute are somebody trying codes: then whoever has missed more
# than a slip of the finger waits, and whoever knows a code is served.
MISSES_OF_ALL = 600
MISSES_FORGIVEN = 3
KEPT = timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Limit:
    name: str
    value: str
    calls: int
    window: timedelta

    @property
    def key(self) -> str:
        return f"{self.name}:{crypto.blind_index(self.value, f'lookup:{self.name}')}"


@db.durable
def look(*, code: str, pin: str | None, address: str, now: datetime) -> Progress:
    """Return how far a dossier is; with its PIN also the unit and the steps.

    Unknown, malformed and a wrong PIN take the same way and the same queries.
    Errors: DossierUnknown; TooManyRequests.
    """
    place = network(address)
    _take(Limit("address", place, settings.LOOKUPS_A_MINUTE, MINUTE), now)
    missed = Limit("missed", place, MISSES_FORGIVEN, MINUTE)
    missed_by_all = Limit("missed", "all", MISSES_OF_ALL, MINUTE)
    _refuse_guessing(missed, missed_by_all, now)
    guesses: tuple[Limit, ...] = ()
    if pin is not None:
        text = code.strip().upper()
        guesses = (
            Limit("pin", f"{text} {place}", PINS_BY_ONE_ADDRESS, PIN_WINDOW),
            Limit("pin", text, PINS_ABOUT_ONE_CODE, PIN_WINDOW),
        )
        for guess in guesses:
            _take(guess, now)
    try:
        found = lookup.by_code(code, pin)
    except DossierUnknown:
        for limit in (missed, missed_by_all):
            _count(limit.key, now, limit.window, calls=None)
        raise
    if guesses:
        _give_back(guesses)
    return found


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
    return LookupCount.objects.filter(started_at__lt=now - KEPT).delete()[0]


def _take(limit: Limit, now: datetime) -> None:
    if _count(limit.key, now, limit.window, calls=limit.calls):
        return
    row = LookupCount.objects.filter(key=limit.key).first()
    raise TooManyRequests(retry_after=_wait(row, limit, now))


def _wait(row: LookupCount | None, limit: Limit, now: datetime) -> int:
    ends = row.started_at + limit.window if row else now
    return max(1, math.ceil((ends - now).total_seconds()))


def _count(key: str, now: datetime, window: timedelta, *, calls: int | None) -> bool:
    """Count one call; return whether there was a place left. A window begins at its first call."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO dossiers_lookupcount AS c (key, started_at, used)
            VALUES (%(key)s, %(now)s, 1)
            ON CONFLICT (key) DO UPDATE SET
                used = CASE WHEN c.started_at <= %(old)s THEN 1 ELSE c.used + 1 END,
                started_at = CASE WHEN c.started_at <= %(old)s
                    THEN EXCLUDED.started_at ELSE c.started_at END
            WHERE c.started_at <= %(old)s OR c.used < %(calls)s
            RETURNING used
            """,
            {"key": key, "now": now, "old": now - window, "calls": calls or 2**31 - 2},
        )
        return cursor.fetchone() is not None


def _give_back(limits: tuple[Limit, ...]) -> None:
    """Take back the guesses of somebody who knew the PIN: only wrong ones count."""
    with connection.cursor() as cursor:
        for limit in limits:
            cursor.execute(
                "UPDATE dossiers_lookupcount SET used = used - 1 WHERE key = %s AND used > 0",
                [limit.key],
            )


def _refuse_guessing(missed: Limit, missed_by_all: Limit, now: datetime) -> None:
    limits = (missed, missed_by_all)
    rows = {row.key: row for row in LookupCount.objects.filter(key__in=[one.key for one in limits])}
    if all(_is_spent(rows.get(limit.key), limit, now) for limit in limits):
        raise TooManyRequests(retry_after=_wait(rows[missed.key], missed, now))


def _is_spent(row: LookupCount | None, limit: Limit, now: datetime) -> bool:
    return row is not None and row.used >= limit.calls and row.started_at > now - limit.window
