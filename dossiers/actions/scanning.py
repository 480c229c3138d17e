"""Files that came in while the scanner was down: scanned later, and what follows from it."""

import logging
from datetime import datetime
from itertools import chain

from citizens.actions import inbox
from common import db, files
from dossiers.models import Attachment
from dossiers.rules import words

logger = logging.getLogger(__name__)

BATCH = 100
GIVE_UP_AFTER = 3  # failures one after the other: the scanner is down, not one file too much


@db.durable
def sweep(*, now: datetime) -> int:
    """Scan what waits for it and return how many got a verdict."""
    judged = failures = 0
    for sha256 in files.waiting_for_scan(BATCH):
        try:
            judged += scan(sha256=sha256, now=now)
            failures = 0
        except (files.ScannerDown, OSError) as failure:
            logger.warning("a file still waits for its scan: %s", failure)
            failures += 1
        if failures >= GIVE_UP_AFTER:
            break
    return judged


@db.durable
def scan(*, sha256: str, now: datetime) -> bool:
    """Scan one file, write the verdict down and tell whose it was when it is a bad one.

    Return whether this call gave the verdict. Errors: ScannerDown; OSError.
    """
    clean = files.scan_again(sha256=sha256, now=now)
    if clean is None:
        return False
    with db.transaction():
        judged = files.record_verdict(sha256, clean=clean, now=now)
        if judged and not clean:
            _tell(sha256, now)
    return judged


def _tell(sha256: str, now: datetime) -> None:
    rows = Attachment.objects.filter(file_id=sha256).select_related("draft", "dossier")
    for row in rows.order_by("id"):
        text, dossier, draft = words.FILE_INFECTED, row.dossier, row.draft
        whose = next(one.citizen_id for one in chain((dossier, draft)) if one is not None)
        inbox.notify(
            citizen_id=whose,
            kind="file_infected",
            title_vi=text.title_vi,
            body_vi=text.body_vi.format(paper=row.paper_name),
            title_en=text.title_en,
            body_en=text.body_en.format(paper=row.paper_name),
            reference=dossier.id if dossier else str(draft.client_id) if draft else "",
            dedupe_key=f"infected:{row.id}",
            now=now,
        )
