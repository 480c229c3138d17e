"""The talk about a dossier: the citizen asks, an office of the dossier answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from citizens.actions import inbox
from common import db, files
from common.errors import FieldError, Forbidden, Invalid, NotFound, Refusal
from dossiers.actions import desk, uploads
from dossiers.models import Conversation, Dossier, DossierMessage, MessageFile, Seat, Side
from dossiers.queries import offices
from dossiers.queries import talk as queries
from dossiers.rules import limits
from dossiers.rules.names import safe_name

MAX_TEXT = 4000
MAX_FILES = 5
MAX_UNANSWERED = 20
MAX_UNCLAIMED = 10
UNCLAIMED_LIFE = timedelta(hours=24)
BATCH = 200


class TooManyUnanswered(Refusal):
    code = "too_many_unanswered_messages"
    status = 409
    title_vi = "Có quá nhiều tin chưa được trả lời"
    title_en = "Too many messages wait for an answer"
    detail_vi = "Tối đa {limit} tin liên tiếp; hãy chờ cơ quan trả lời."
    detail_en = "At most {limit} in a row; wait for the office to answer."
    members = ("limit",)


class TooManyMessageFiles(Refusal):
    code = "too_many_message_files"
    status = 409
    title_vi = "Có quá nhiều tệp chưa gửi kèm tin nào"
    title_en = "Too many files wait for their message"
    detail_vi = "Tối đa {limit} tệp."
    detail_en = "At most {limit} files."
    members = ("limit",)


@db.transaction()
def say(
    *, citizen_id: str, dossier_id: str, text: str, file_ids: Sequence[str], now: datetime
) -> DossierMessage:
    """Write to the offices of one's own dossier, in any state.

    Errors: NotFound; Invalid for files that are not the sender's; TooManyUnanswered.
    """
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    talk = _locked(dossier_id)
    if talk.unanswered >= MAX_UNANSWERED:
        raise TooManyUnanswered(limit=MAX_UNANSWERED)
    talk.unanswered += 1
    talk.waiting_since = talk.waiting_since or now
    return _write(talk, Side.CITIZEN, citizen_id, "Người nộp hồ sơ", text, file_ids, now)


@db.transaction()
def reply(
    *, officer_id: str, dossier_id: str, text: str, file_ids: Sequence[str], now: datetime
) -> DossierMessage:
    """Write to the citizen for the office; told in the inbox, without what was written.

    Errors: Forbidden without a working role; NotFound; Invalid.
    """
    seat = working_seat(officer_id, now=now)
    dossier = queries.speaking(seat, dossier_id)
    talk = _locked(dossier_id)
    talk.unanswered, talk.waiting_since = 0, None
    talk.last_office_seq = talk.last_seq + 1
    label = desk.label(seat)
    message = _write(talk, Side.OFFICE, officer_id, label, text, file_ids, now)
    inbox.notify(
        citizen_id=dossier.citizen_id,
        kind="dossier_message",
        title_vi=f"Có tin nhắn về hồ sơ {dossier.code}",
        body_vi=f"{label} đã nhắn cho bạn. Mở hồ sơ để đọc.",
        title_en=f"A message about dossier {dossier.code}",
        body_en=f"{label} wrote to you. Open the dossier to read it.",
        reference=dossier.id,
        dedupe_key=f"{dossier.id}:message:{message.seq}",
        now=now,
    )
    return message


@db.transaction()
def mark_read(*, citizen_id: str, dossier_id: str, seq: int) -> Conversation:
    """Remember that the citizen has read up to a message; it never goes back. Errors: NotFound."""
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    talk = _locked(dossier_id)
    talk.citizen_read_seq = max(talk.citizen_read_seq, min(seq, talk.last_seq))
    talk.save(update_fields=["citizen_read_seq"])
    return talk


@db.durable
def add_file(
    *,
    citizen_id: str | None,
    officer_id: str | None,
    dossier_id: str,
    client_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> MessageFile:
    """Keep a file for the next message; the same key again returns the same file.

    Errors: NotFound; Forbidden; TooManyMessageFiles; and those of `files.store`.
    """
    author = _author(citizen_id, officer_id, dossier_id, now)
    stored = files.store(
        data, max_bytes=limits.MAX_FILE_BYTES, allowed=uploads.ALLOWED_TYPES, now=now
    )
    with db.transaction():
        db.advisory_lock(f"message files {dossier_id} {author}")
        mine = MessageFile.objects.filter(dossier_id=dossier_id, author_id=author)
        again = mine.filter(client_key=client_key).first()
        if again is not None:
            return again
        if mine.filter(message=None).count() >= MAX_UNCLAIMED:
            raise TooManyMessageFiles(limit=MAX_UNCLAIMED)
        return MessageFile.objects.create(
            dossier_id=dossier_id,
            author_id=author,
            file=stored,
            file_name=safe_name(file_name, files.extension(stored.media_type)),
            client_key=client_key,
            created_at=now,
        )


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Drop files that no message claimed in a day; return how many."""
    old = MessageFile.objects.filter(message=None, created_at__lt=now - UNCLAIMED_LIFE)
    found = list(db.lock(old.order_by("created_at", "id"), skip_locked=True)[:BATCH])
    MessageFile.objects.filter(id__in=[one.id for one in found]).delete()
    return len(found)


def working_seat(officer_id: str, *, now: datetime) -> Seat:
    """Return the seat of an officer who may act, not only read. Errors: Forbidden."""
    seat = offices.seat(officer_id, now=now)
    if not offices.roles(seat) & queries.WORKING_ROLES:
        raise Forbidden
    return seat


def _author(citizen_id: str | None, officer_id: str | None, dossier_id: str, now: datetime) -> str:
    if citizen_id is not None:
        if Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
            return citizen_id
        raise NotFound
    seat = working_seat(officer_id or "", now=now)
    queries.speaking(seat, dossier_id)
    return seat.user_id


def _locked(dossier_id: str) -> Conversation:
    Conversation.objects.bulk_create([Conversation(dossier_id=dossier_id)], ignore_conflicts=True)
    return db.lock(Conversation.objects.filter(dossier_id=dossier_id)).get()


def _write(
    talk: Conversation,
    side: Side,
    author_id: str,
    label: str,
    text: str,
    file_ids: Sequence[str],
    now: datetime,
) -> DossierMessage:
    talk.last_seq += 1
    if side == Side.CITIZEN:
        talk.citizen_read_seq = talk.last_seq
    talk.save()
    message = DossierMessage.objects.create(
        dossier_id=talk.dossier_id,
        seq=talk.last_seq,
        side=side,
        author_id=author_id,
        author_label=label,
        text=text,
        at=now,
    )
    unclaimed = MessageFile.objects.filter(
        dossier_id=talk.dossier_id, author_id=author_id, message=None, id__in=list(file_ids)
    )
    if unclaimed.update(message=message) != len(set(file_ids)):
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_file",
                    "files",
                    "Có tệp không tồn tại hoặc đã gửi kèm tin khác",
                    "A file does not exist or went with another message",
                    pointer="/files",
                )
            ]
        )
    return message
