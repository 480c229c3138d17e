"""Drafts that run out: told 7 days and 1 day before, each once; then erased, and that is told too.

A change to the draft prolongs it and arms the reminders anew.
"""

from datetime import datetime, timedelta

from citizens.actions import inbox
from common import db
from dossiers.actions import drafts
from dossiers.models import Attachment, Draft
from dossiers.rules import handover

REMIND_DAYS = (7, 1)
BATCH = 200


@db.transaction()
def remind(*, now: datetime) -> int:
    """Tell whoever owns or writes a draft that it runs out soon; return how many were told."""
    told = 0
    # The last reminder first: a draft that missed the earlier one is told the shorter time only.
    for count, days in sorted(enumerate(REMIND_DAYS, start=1), reverse=True):
        due = Draft.objects.filter(
            state=Draft.State.OPEN,
            expires_at__gte=now,
            expires_at__lt=now + timedelta(days=days),
            reminded__lt=count,
        ).order_by("expires_at", "id")
        for draft in list(db.lock(due, skip_locked=True)[:BATCH]):
            draft.reminded = count
            draft.save(update_fields=["reminded"])
            _tell(draft, "draft_expiring", f"{days}", now, days=days)
            told += 1
    return told


@db.transaction()
def expire(*, now: datetime) -> int:
    """Close and erase drafts that ran out, and tell so; return how many."""
    due = Draft.objects.filter(state=Draft.State.OPEN, expires_at__lt=now).order_by("id")
    found = list(db.lock(due, skip_locked=True)[:BATCH])
    for draft in found:
        _tell(draft, "draft_expired", "0", now)
        drafts.close(draft, Draft.State.DISCARDED, now=now)
        Attachment.objects.filter(draft=draft).delete()
    return len(found)


def _tell(draft: Draft, event: str, mark: str, now: datetime, **values: int) -> None:
    text = handover.WORDS[event]
    for citizen_id in sorted({draft.citizen_id, draft.holder_id or draft.citizen_id}):
        inbox.notify(
            citizen_id=citizen_id,
            kind=event,
            title_vi=text.title_vi,
            body_vi=text.body_vi.format(**values),
            title_en=text.title_en,
            body_en=text.body_en.format(**values),
            reference=str(draft.client_id),
            dedupe_key=f"draft:{draft.id}:{draft.expires_at:%Y%m%d%H%M%S}:{mark}:{citizen_id[-12:]}",
            now=now,
        )
