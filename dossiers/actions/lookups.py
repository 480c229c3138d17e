"""Looking a dossier up without signing in, and how often anybody may.

A code is short and its neighbours are known; a PIN is short too. What is counted is counted before
anything is compared, so that parallel calls cannot share the last free place.
"""

from datetime import datetime, timedelta

from django.conf import settings

from common import db, limits
from common.errors import TooManyRequests
from common.limits import Limit
from dossiers.queries import lookup
from dossiers.queries.lookup import DossierUnknown, Progress

__all__ = ["DossierUnknown", "TooManyRequests", "look"]

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


@db.durable
def look(*, code: str, pin: str | None, address: str, now: datetime) -> Progress:
    """Return how far a dossier is; with its PIN also the unit and the steps.

    Unknown, malformed and a wrong PIN take the same way and the same queries.
    Errors: DossierUnknown; TooManyRequests.
    """
    place = limits.network(address)
    limits.take(Limit("lookup_address", place, settings.LOOKUPS_A_MINUTE, MINUTE), now=now)
    missed = Limit("lookup_missed", place, MISSES_FORGIVEN, MINUTE)
    missed_by_all = Limit("lookup_missed", "all", MISSES_OF_ALL, MINUTE)
    limits.refuse_when_spent((missed, missed_by_all), now=now)
    guesses: tuple[Limit, ...] = ()
    if pin is not None:
        text = code.strip().upper()
        guesses = (
            Limit("lookup_pin", f"{text} {place}", PINS_BY_ONE_ADDRESS, PIN_WINDOW),
            Limit("lookup_pin", text, PINS_ABOUT_ONE_CODE, PIN_WINDOW),
        )
        for guess in guesses:
            limits.take(guess, now=now)
    try:
        found = lookup.by_code(code, pin)
    except DossierUnknown:
        limits.count(missed, now=now)
        limits.count(missed_by_all, now=now)
        raise
    for guess in guesses:  # only wrong ones count
        limits.give_back(guess)
    return found
