"""Places in storage: where bytes lie, unreadable, under names that mean nothing.

Bytes and rows cannot commit together. So a place is written down as loose before the bytes are put
there, and again when the last row that names it goes: nothing lies in storage that no row knows,
and bytes are only ever removed after the row that named them is gone for good.
"""

from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from common import crypto, db, ids
from common.models import LoosePlace

WRITING = timedelta(hours=1)  # longer than any request lives
BATCH = 500


class BytesLost(Exception):
    """What was put there is not there any more, or is not what was put there."""


@db.durable
def put(data: bytes, *, now: datetime) -> str:
    """Put bytes into storage and return their place, loose until `claim`."""
    place = f"files/{now:%Y/%m/%d}/{ids.unguessable()}"
    with db.transaction():
        LoosePlace.objects.create(place=place, due_at=now + WRITING)
    taken = default_storage.save(place, ContentFile(crypto.seal(data, about=place)))
    if taken != place:
        raise OSError("the storage gave another name")
    return place


@db.transaction_required
def claim(place: str) -> None:
    """Say that a row of this transaction names the place from now on. Errors: BytesLost."""
    gone, _ = LoosePlace.objects.filter(place=place, emptying=False).delete()
    if not gone:
        raise BytesLost(place)  # it took so long that the place was swept


@db.transaction_required
def release(place: str, *, now: datetime) -> None:
    """Say that no row names the place any more; its bytes go once that is committed."""
    LoosePlace.objects.create(place=place, due_at=now)


@db.transaction_required
def discard(place: str, *, now: datetime) -> None:
    """Say that what was put there is not needed after all."""
    LoosePlace.objects.filter(place=place).update(due_at=now)


def get(place: str) -> bytes:
    """Return the bytes of a place. Errors: BytesLost."""
    try:
        with default_storage.open(place) as handle:
            found: bytes = handle.read()
        if not crypto.is_sealed(found):
            return found  # put there before bytes were encrypted; its hash is still checked
        return crypto.unseal(found, about=place)
    except (FileNotFoundError, InvalidTag, InvalidToken, ValueError) as failure:
        raise BytesLost(place) from failure


@db.durable
def sweep(*, now: datetime) -> int:
    """Remove what lies in loose places that are due; return how many."""
    due = LoosePlace.objects.filter(due_at__lte=now).order_by("due_at", "place")
    found = list(due.values_list("place", flat=True)[:BATCH])
    with db.transaction():
        # From here on nobody can claim them.
        LoosePlace.objects.filter(place__in=found).update(emptying=True)
    for place in found:
        # Bytes first: killed in between, the next sweep finds the row again.
        default_storage.delete(place)
        with db.transaction():
            LoosePlace.objects.filter(place=place).delete()
    return len(found)
