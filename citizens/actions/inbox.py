"""Messages to a person: written with the fact they tell of, delivered by the worker."""

from datetime import datetime, timedelta

from citizens import channels
from citizens.models import Message
from common import db, jobs
from common.errors import NotFound

STALE = timedelta(minutes=5)


@db.transaction_required
def notify(
    *,
    citizen_id: str,
    kind: str,
    title_vi: str,
    body_vi: str,
    title_en: str,
    body_en: str,
    reference: str,
    dedupe_key: str,
    now: datetime,
) -> None:
    """Put a message into an inbox; a second one with the same key is the same message."""
    message, *_ = Message.objects.bulk_create(
        [
            Message(
                user_id=citizen_id,
                kind=kind,
                title_vi=title_vi,
                body_vi=body_vi,
                title_en=title_en,
                body_en=body_en,
                reference=reference,
                dedupe_key=dedupe_key,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    # Of a message that was there already nothing was written, and its job exists.
    if Message.objects.filter(id=message.id).exists():
        jobs.enqueue("citizens.deliver", message_id=message.id)


@db.durable
def deliver(*, message_id: str, now: datetime) -> None:
    """Send a message on unless that was done; the text on a lock screen says nothing personal."""
    message = Message.objects.filter(id=message_id, delivered_at=None).first()
    if message is None:
        return
    channels.push(user_id=message.user_id, kind=message.kind, message_id=message.id)
    with db.transaction():
        Message.objects.filter(id=message_id, delivered_at=None).update(delivered_at=now)


@db.transaction()
def mark_read(*, citizen_id: str, message_id: str, now: datetime) -> Message:
    """Mark a message of one's own as read; the first time counts. Errors: NotFound."""
    message = db.lock(Message.objects.filter(user_id=citizen_id, id=message_id)).first()
    if message is None:
        raise NotFound
    if message.read_at is None:
        message.read_at = now
        message.save(update_fields=["read_at"])
    return message


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Enqueue again what should have been delivered; return how many."""
    late = Message.objects.filter(delivered_at=None, created_at__lt=now - STALE)
    found = list(late.order_by("created_at").values_list("id", flat=True)[:500])
    for message_id in found:
        jobs.enqueue("citizens.deliver", message_id=message_id)
    return len(found)
