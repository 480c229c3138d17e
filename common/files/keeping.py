"""From bytes that somebody sent to bytes that may be kept, and back.

What is kept is exactly what was scanned, by its SHA-256. While the scanner is down a file is kept
as pending: nobody reads it before `record_verdict`.
"""

import hashlib
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Field, ManyToOneRel, OuterRef, ProtectedError

from common import db
from common.files import pdf, pictures, places, scan
from common.files.kinds import KINDS, PDF, sniff
from common.files.places import BytesLost
from common.files.refusals import (
    FileEmpty,
    FileInfected,
    FileNotScanned,
    FileTooLarge,
    type_refused,
)
from common.files.scan import ScannerDown
from common.models import StoredFile

logger = logging.getLogger(__name__)

SCAN_AGAIN_SECONDS = 60
UNCLAIMED = timedelta(hours=24)
BATCH = 200


@db.durable
def store(data: bytes, *, max_bytes: int, allowed: Collection[str], now: datetime) -> StoredFile:
    """Keep what somebody sent, cleaned, and return its row; the same bytes give the same row.

    A picture is drawn anew, so its hash is not the one that was sent. The row may be pending.
    Errors: FileEmpty, FileTooLarge, FileTypeRefused, FileUnreadable, FileUnsafe, FileInfected.
    Nothing refused is kept.
    """
    if not data:
        raise FileEmpty
    if len(data) > max_bytes:
        raise FileTooLarge(size_bytes=len(data), limit_bytes=max_bytes)
    media_type = sniff(data)
    if media_type not in allowed:
        raise type_refused(media_type, allowed)
    verdict = _look(data)  # before a parser sees it, when that is possible
    if media_type == PDF.media_type:
        pdf.inspect(data)
        kept = data
    else:
        kept = pictures.clean(data, media_type)
        if verdict == StoredFile.Verdict.CLEAN:
            verdict = _look(kept)
    return _keep(kept, KINDS[media_type].kept_as, verdict, now)


@db.durable
def store_own(data: bytes, *, media_type: str, now: datetime) -> StoredFile:
    """Keep a paper that this program made itself: nothing of it came from outside to scan."""
    return _keep(data, media_type, StoredFile.Verdict.CLEAN, now)


def refuse_unread(stored: StoredFile) -> None:
    """Refuse a file that nobody may read. Errors: FileNotScanned; FileInfected."""
    if stored.verdict == StoredFile.Verdict.PENDING:
        raise FileNotScanned(retry_after=SCAN_AGAIN_SECONDS)
    if stored.verdict != StoredFile.Verdict.CLEAN:
        raise FileInfected


def read(stored: StoredFile) -> bytes:
    """Return the bytes. Errors: FileNotScanned; FileInfected; OSError when they are not those."""
    refuse_unread(stored)
    return _bytes_of(stored)


def waiting_for_scan(limit: int) -> list[str]:
    """Return the files that wait for a verdict, those tried longest ago first."""
    waiting = StoredFile.objects.filter(verdict=StoredFile.Verdict.PENDING)
    return list(
        waiting.order_by(F("scanned_at").asc(nulls_first=True), "stored_at", "pk").values_list(
            "pk", flat=True
        )[:limit]
    )


@db.durable
def scan_again(*, sha256: str, now: datetime) -> bool | None:
    """Scan a file that waits for it; return whether it is clean, None when it waits no more.

    The answer is for `record_verdict`. Errors: ScannerDown; OSError.
    """
    waiting = StoredFile.objects.filter(sha256=sha256, verdict=StoredFile.Verdict.PENDING)
    stored = waiting.first()
    if stored is None:
        return None
    with db.transaction():
        waiting.update(scanned_at=now)  # tried: the next sweep begins with others
    return scan.is_clean(_bytes_of(stored), patient=True)


@db.transaction_required
def record_verdict(sha256: str, *, clean: bool, now: datetime) -> bool:
    """Write a verdict down unless there is one, and return whether this call did.

    The bytes of an infected file go with it.
    """
    stored = db.lock(
        StoredFile.objects.filter(sha256=sha256, verdict=StoredFile.Verdict.PENDING)
    ).first()
    if stored is None:
        return False
    stored.verdict = StoredFile.Verdict.CLEAN if clean else StoredFile.Verdict.INFECTED
    stored.scanned_at = now
    if not clean:
        places.release(stored.place, now=now)
        stored.place = ""
    stored.save()
    return True


@db.durable
def forget_unclaimed(*, now: datetime) -> int:
    """Forget files that no row of any room named for a day; return how many.

    It looks at all files: for once an hour, not for every minute.
    """
    old = StoredFile.objects.filter(stored_at__lt=now - UNCLAIMED)
    for field in _references():
        rows = field.model._default_manager.filter(**{field.name: OuterRef("pk")})
        old = old.exclude(Exists(rows))
    forgotten = 0
    for sha256 in list(old.order_by("stored_at", "pk").values_list("pk", flat=True)[:BATCH]):
        with db.transaction():
            forgotten += _forget(sha256, now)
    return forgotten


def _look(data: bytes) -> StoredFile.Verdict:
    try:
        if scan.is_clean(data):
            return StoredFile.Verdict.CLEAN
    except ScannerDown as failure:
        logger.warning("a file waits for its scan: %s", failure)
        return StoredFile.Verdict.PENDING
    raise FileInfected


def _keep(data: bytes, media_type: str, verdict: StoredFile.Verdict, now: datetime) -> StoredFile:
    sha256 = hashlib.sha256(data).hexdigest()
    place = places.put(data, now=now)
    fresh = StoredFile(
        sha256=sha256,
        size=len(data),
        media_type=media_type,
        verdict=verdict,
        place=place,
        stored_at=now,
        scanned_at=None if verdict == StoredFile.Verdict.PENDING else now,
    )
    with db.transaction():
        stored = None
        while stored is None:
            StoredFile.objects.bulk_create([fresh], ignore_conflicts=True)
            # Lock, then look: the row that was in the way may have been forgotten since.
            stored = db.lock(StoredFile.objects.filter(sha256=sha256)).first()
        if stored.place == place:
            places.claim(place)
        else:
            places.discard(place, now=now)
            stored.stored_at = now
            if stored.verdict == StoredFile.Verdict.PENDING:
                stored.verdict, stored.scanned_at = verdict, fresh.scanned_at
            stored.save()
    if stored.verdict == StoredFile.Verdict.INFECTED:
        raise FileInfected
    return stored


def _bytes_of(stored: StoredFile) -> bytes:
    try:
        data = places.get(stored.place)
    except BytesLost as failure:
        raise OSError(f"the bytes of {stored.sha256} are lost") from failure
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise OSError(f"stored bytes of {stored.sha256} have changed")
    return data


def _references() -> list["Field[Any, Any]"]:
    """Return every foreign key, of whichever room, that names a stored file."""
    relations = StoredFile._meta.get_fields(include_hidden=True)
    return [one.field for one in relations if isinstance(one, ManyToOneRel)]


def _forget(sha256: str, now: datetime) -> int:
    """Forget one file, unless somebody names it by now: lock, then look.

    The lock keeps new foreign keys out until the end of the transaction; the keys themselves,
    which all protect, say whether there is one.
    """
    stored = db.lock(
        StoredFile.objects.filter(sha256=sha256, stored_at__lt=now - UNCLAIMED), skip_locked=True
    ).first()
    if stored is None:
        return 0
    try:
        stored.delete()
    except ProtectedError:
        return 0
    if stored.place:
        places.release(stored.place, now=now)
    return 1
