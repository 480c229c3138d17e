"""Short-lived links to files, for a viewer that cannot send a token of its own.

A link says who asked, for which file, until when; nothing of it is kept. When it is used, that
person must still be allowed to see that file: what was withdrawn meanwhile stays closed.
"""

import dataclasses
import enum
import logging
import uuid
from datetime import datetime, timedelta

from django.core import signing

from citizens import queries as citizens
from common import files
from common.errors import Forbidden, NotFound, Refusal
from common.models import StoredFile
from dossiers.actions import desk as looking
from dossiers.actions import handover
from dossiers.queries import desk, mine, offices

logger = logging.getLogger(__name__)

LIFE = timedelta(minutes=5)
SALT = "dossiers.links"


class LinkExpired(Refusal):
    code = "link_expired"
    status = 410
    title_vi = "Liên kết đã hết hạn"
    title_en = "The link has run out"
    detail_vi = "Liên kết tải tệp chỉ dùng được trong 5 phút; hãy mở lại từ ứng dụng."
    detail_en = "A link to a file lives for 5 minutes: open it again from the app."


class Way(enum.StrEnum):
    """By whom a file is seen, and from where."""

    DRAFT = "draft"
    DOSSIER = "dossier"
    DOCUMENT = "document"
    OFFICER = "officer"


@dataclasses.dataclass(frozen=True)
class Link:
    token: str
    expires_at: datetime


@dataclasses.dataclass(frozen=True)
class Opened:
    """A file that may be read now, under the name that it goes out with."""

    file: StoredFile
    name: str


def make(*, user_id: str, way: Way, parent_id: str, file_id: str, now: datetime) -> Link:
    """Return a link to one file for one person. Errors: NotFound; FileNotScanned; FileInfected."""
    files.refuse_unread(_find(user_id, way, parent_id, file_id).file)
    until = now + LIFE
    facts = [user_id, str(way), parent_id, file_id, int(until.timestamp())]
    return Link(signing.dumps(facts, salt=SALT), until)


def follow(*, token: str, now: datetime) -> Opened:
    """Return the file that a link names, and leave the rows and lines that its reading leaves.

    Errors: NotFound for one that this server never gave or that its owner may not see any more;
    LinkExpired.
    """
    try:
        user_id, name, parent_id, file_id, until = signing.loads(token, salt=SALT)
    except signing.BadSignature as failure:
        raise NotFound from failure
    if now.timestamp() >= until:
        raise LinkExpired
    if not citizens.is_active(user_id):
        raise NotFound
    way = Way(name)
    if way == Way.OFFICER:
        opened = _by_officer(user_id, parent_id, file_id, now)
    elif way == Way.DRAFT:
        opened = draft_file(
            user_id=user_id, client_id=uuid.UUID(parent_id), attachment_id=file_id, now=now
        )
    else:
        opened = _find(user_id, way, parent_id, file_id)
    logger.info("link followed: %s %s by %s", way, file_id, user_id)
    return opened


def draft_file(*, user_id: str, client_id: uuid.UUID, attachment_id: str, now: datetime) -> Opened:
    """Return a file of a draft that one owns or holds; its citizen can see what a holder read.

    Errors: NotFound; FileNotScanned; FileInfected.
    """
    row = mine.attachment(user_id, client_id, attachment_id)
    files.refuse_unread(row.file)
    handover.file_shown(attachment=row, reader_id=user_id, now=now)
    return Opened(row.file, row.file_name)


def officer_file(*, user_id: str, dossier_id: str, attachment_id: str, now: datetime) -> Opened:
    """Return a file of a dossier of an officer's agency; its citizen can see who read it.

    Errors: NotFound; FileNotScanned; FileInfected: then nobody saw anything.
    """
    seat = offices.seat(user_id, now=now)
    row = desk.attachment(seat, dossier_id, attachment_id)
    files.refuse_unread(row.file)
    assert row.dossier is not None  # noqa: S101 - it was found by its dossier
    looking.shown(seat=seat, dossier=row.dossier, now=now, what=f"file:{row.paper_key}")
    return Opened(row.file, row.file_name)


def _by_officer(user_id: str, dossier_id: str, attachment_id: str, now: datetime) -> Opened:
    try:
        return officer_file(
            user_id=user_id, dossier_id=dossier_id, attachment_id=attachment_id, now=now
        )
    except Forbidden as failure:
        raise NotFound from failure  # the seat was left since the link was given


def _find(user_id: str, way: Way, parent_id: str, file_id: str) -> Opened:
    match way:
        case Way.DRAFT:
            row = mine.attachment(user_id, uuid.UUID(parent_id), file_id)
        case Way.DOSSIER:
            row = mine.dossier_attachment(user_id, parent_id, file_id)
        case Way.OFFICER:
            row = desk.attachment(offices.seat(user_id), parent_id, file_id)
        case Way.DOCUMENT:
            paper = mine.document(user_id, parent_id, file_id)
            if paper.file is None:
                raise NotFound
            return Opened(paper.file, f"{paper.title_vi}.pdf")
    return Opened(row.file, row.file_name)
