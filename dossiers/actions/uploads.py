"""Large files over a bad network: start, parts in any order, complete, give up.

Bytes go to storage outside of any transaction; rows say what is there.
"""

import base64
import binascii
import dataclasses
import hashlib
import re
import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet

from common import db, files
from common.errors import NotFound, Refusal, check_version
from common.files import BytesLost, places
from common.models import StoredFile
from dossiers.models import Upload, UploadPart
from dossiers.rules import limits

LIFE = timedelta(hours=limits.UPLOAD_HOURS)
ALLOWED_TYPES = frozenset(files.KINDS)
DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):\s*(?:,|$)")  # RFC 9530
BATCH = 100


class UploadIdTaken(Refusal):
    code = "upload_id_taken"
    status = 409
    title_vi = "Mã tải lên này đã dùng cho một tệp khác"
    title_en = "This upload id is in use for another file"


class TooManyUploads(Refusal):
    code = "too_many_uploads"
    status = 409
    title_vi = "Có quá nhiều tệp đang tải lên"
    title_en = "Too many uploads are open"
    detail_vi = "Tối đa {limit_uploads} tệp và {limit_bytes} byte cùng lúc. Hãy xong hoặc hủy bớt."
    detail_en = "At most {limit_uploads} and {limit_bytes} bytes at once. Finish or cancel some."
    members = ("limit_uploads", "limit_bytes")


class UploadClosed(Refusal):
    code = "upload_closed"
    status = 409
    title_vi = "Tệp này đã tải lên xong hoặc bị từ chối"
    title_en = "This upload is finished or was refused"
    members = ("state", "refusal")


class NoSuchPart(Refusal):
    code = "no_such_part"
    status = 404
    title_vi = "Tệp không có phần này"
    title_en = "The upload has no such part"
    detail_vi = "Các phần được đánh số từ 1 đến {part_count}."
    detail_en = "Parts are numbered from 1 to {part_count}."
    members = ("part_count",)


class PartSizeWrong(Refusal):
    code = "part_size_wrong"
    status = 400
    title_vi = "Phần tải lên không đúng kích thước"
    title_en = "The part has the wrong size"
    detail_vi = "Phần này phải có đúng {expected_bytes} byte."
    detail_en = "This part has exactly {expected_bytes} bytes."
    members = ("expected_bytes",)


class DigestMissing(Refusal):
    code = "content_digest_missing"
    status = 400
    title_vi = "Thiếu tiêu đề Content-Digest"
    title_en = "The header Content-Digest is missing"
    detail_vi = "Gửi `Content-Digest: sha-256=:<base64>:` của chính phần này (RFC 9530)."
    detail_en = "Send `Content-Digest: sha-256=:<base64>:` of this very part (RFC 9530)."


class DigestWrong(Refusal):
    code = "content_digest_wrong"
    status = 422
    title_vi = "Nội dung nhận được không khớp Content-Digest"
    title_en = "What arrived does not match Content-Digest"
    detail_vi = "Phần này bị hỏng trên đường truyền; hãy gửi lại."
    detail_en = "The part was damaged on its way: send it again."


class UploadIncomplete(Refusal):
    code = "upload_incomplete"
    status = 409
    title_vi = "Tệp chưa được gửi đủ các phần"
    title_en = "Parts of the upload are missing"
    detail_vi = "Còn thiếu {missing_count} phần."
    detail_en = "{missing_count} parts are missing."
    members = ("missing",)


class UploadChecksumWrong(Refusal):
    code = "upload_checksum_wrong"
    status = 422
    title_vi = "Tệp ghép lại không khớp mã SHA-256 đã báo"
    title_en = "The assembled file does not match the SHA-256 it was announced with"
    detail_vi = "Tệp có mã {found_sha256}. Hãy hủy và tải lên lại từ đầu."
    detail_en = "The file has {found_sha256}. Cancel this upload and start again."
    members = ("found_sha256",)


class UploadNotComplete(Refusal):
    code = "upload_not_complete"
    status = 409
    title_vi = "Tệp chưa tải lên xong"
    title_en = "The upload is not complete"


@dataclasses.dataclass(frozen=True)
class Progress:
    """An upload and which of its parts arrived."""

    upload: Upload
    received: tuple[int, ...]

    @property
    def part_count(self) -> int:
        return limits.part_count(self.upload.size_bytes, self.upload.part_bytes)

    @property
    def missing(self) -> list[int]:
        """Which parts are still needed; none once the file is whole or refused."""
        if self.upload.state != Upload.State.OPEN:
            return []
        return sorted(set(range(1, self.part_count + 1)) - set(self.received))


@db.transaction()
def start(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    file_name: str,
    size_bytes: int,
    sha256: str,
    media_type: str | None,
    now: datetime,
) -> Progress:
    """Announce a file under the phone's own id; the same id again returns the same upload.

    Size and, when the phone knows it, type are refused before a byte was sent.
    Errors: FileTooLarge; FileTypeRefused; UploadIdTaken; TooManyUploads.
    """
    db.advisory_lock(f"uploads {citizen_id}")
    mine = Upload.objects.filter(citizen_id=citizen_id)
    known = mine.select_related("file").filter(client_id=client_id).first()
    if known is not None:
        if (known.size_bytes, known.sha256) != (size_bytes, sha256):
            raise UploadIdTaken
        return _progress(known)
    if size_bytes > limits.MAX_UPLOAD_BYTES:
        raise files.FileTooLarge(size_bytes=size_bytes, limit_bytes=limits.MAX_UPLOAD_BYTES)
    if media_type is not None and media_type not in ALLOWED_TYPES:
        raise files.type_refused(media_type, ALLOWED_TYPES)
    sizes = list(
        mine.filter(state=Upload.State.OPEN, expires_at__gt=now)
        .order_by("id")
        .values_list("size_bytes", flat=True)
    )
    full = sum(sizes) + size_bytes > limits.MAX_OPEN_UPLOAD_BYTES
    if len(sizes) >= limits.MAX_OPEN_UPLOADS or full:
        raise TooManyUploads(
            limit_uploads=limits.MAX_OPEN_UPLOADS, limit_bytes=limits.MAX_OPEN_UPLOAD_BYTES
        )
    upload = Upload.objects.create(
        client_id=client_id,
        citizen_id=citizen_id,
        file_name=file_name,
        size_bytes=size_bytes,
        sha256=sha256,
        part_bytes=limits.PART_BYTES,
        state=Upload.State.OPEN,
        created_at=now,
        updated_at=now,
        expires_at=now + LIFE,
    )
    return Progress(upload, ())


def look(*, citizen_id: str, client_id: uuid.UUID) -> Progress:
    """Return an upload of one's own. Errors: NotFound."""
    upload = _mine(citizen_id, client_id).select_related("file").first()
    if upload is None:
        raise NotFound
    return _progress(upload)


@db.durable
def put_part(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    expected_version: int,
    number: int,
    data: bytes,
    content_digest: str | None,
    now: datetime,
) -> Progress:
    """Keep one part; in any order, and as often as it is sent. The last one sent stays.

    Errors: NotFound; UploadClosed; StaleVersion; NoSuchPart; PartSizeWrong; DigestMissing;
    DigestWrong.
    """
    before = look(citizen_id=citizen_id, client_id=client_id)
    upload = before.upload
    _refuse_closed(upload)
    check_version(upload.version, expected_version)
    if not 1 <= number <= before.part_count:
        raise NoSuchPart(part_count=before.part_count)
    size = limits.part_size(number, size_bytes=upload.size_bytes, part_bytes=upload.part_bytes)
    if len(data) != size:
        raise PartSizeWrong(expected_bytes=size)
    digest = hashlib.sha256(data)
    if _digest_of(content_digest) != digest.digest():
        raise DigestWrong
    place = places.put(data, now=now)
    with db.transaction():
        upload = _locked(citizen_id, client_id)
        _refuse_closed(upload)
        places.claim(place)
        old = UploadPart.objects.filter(upload=upload, number=number).first()
        if old is not None:
            places.release(old.place, now=now)
            old.delete()
        UploadPart.objects.create(
            upload=upload,
            number=number,
            size_bytes=size,
            sha256=digest.hexdigest(),
            place=place,
            received_at=now,
        )
        # A phone that is still sending is not forgotten.
        upload.updated_at, upload.expires_at = now, now + LIFE
        upload.save(update_fields=["updated_at", "expires_at"])
    return _progress(upload)


@db.durable
def complete(*, citizen_id: str, client_id: uuid.UUID, now: datetime) -> Progress:
    """Assemble, check and keep the file; an upload that is complete already stays as it is.

    A file that may not be kept is refused for good, and its parts go.
    Errors: NotFound; UploadClosed; UploadIncomplete; UploadChecksumWrong; and those of
    `files.store`.
    """
    upload = look(citizen_id=citizen_id, client_id=client_id).upload
    if upload.state == Upload.State.OPEN:
        data = _assembled(upload, now=now)
        found = hashlib.sha256(data).hexdigest()
        if found != upload.sha256:
            raise UploadChecksumWrong(found_sha256=found)
        try:
            stored = files.store(
                data, max_bytes=limits.MAX_UPLOAD_BYTES, allowed=ALLOWED_TYPES, now=now
            )
        except Refusal as refusal:
            _close(citizen_id, client_id, None, refusal.code, now)
            raise
        _close(citizen_id, client_id, stored, "", now)
    elif upload.state == Upload.State.REFUSED:
        _refuse_closed(upload)
    return look(citizen_id=citizen_id, client_id=client_id)


@db.transaction()
def cancel(*, citizen_id: str, client_id: uuid.UUID, expected_version: int, now: datetime) -> None:
    """Give an upload up; what was attached from it stays. Errors: NotFound; StaleVersion."""
    upload = _locked(citizen_id, client_id)
    check_version(upload.version, expected_version)
    _drop_parts(upload, now)
    upload.delete()


def kept_file(*, citizen_id: str, client_id: uuid.UUID) -> tuple[StoredFile, str]:
    """Return the file of a complete upload, and its name. Errors: NotFound; UploadNotComplete."""
    upload = look(citizen_id=citizen_id, client_id=client_id).upload
    if upload.state == Upload.State.REFUSED:
        _refuse_closed(upload)
    if upload.file is None:
        raise UploadNotComplete
    return upload.file, upload.file_name


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Forget the uploads that ran out, with their parts; return how many."""
    due = Upload.objects.filter(expires_at__lte=now).order_by("expires_at", "id")
    found = list(db.lock(due, skip_locked=True)[:BATCH])
    for upload in found:
        _drop_parts(upload, now)
        upload.delete()
    return len(found)


def _mine(citizen_id: str, client_id: uuid.UUID) -> QuerySet[Upload]:
    return Upload.objects.filter(citizen_id=citizen_id, client_id=client_id)


def _locked(citizen_id: str, client_id: uuid.UUID) -> Upload:
    upload = db.lock(_mine(citizen_id, client_id)).first()
    if upload is None:
        raise NotFound
    return upload


def _progress(upload: Upload) -> Progress:
    numbers = UploadPart.objects.filter(upload=upload).order_by("number")
    return Progress(upload, tuple(numbers.values_list("number", flat=True)))


def _refuse_closed(upload: Upload) -> None:
    if upload.state != Upload.State.OPEN:
        raise UploadClosed(state=upload.state, refusal=upload.refusal)


def _digest_of(header: str | None) -> bytes:
    found = DIGEST.search(header or "")
    if found is None:
        raise DigestMissing
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error as failure:
        raise DigestMissing from failure


def _assembled(upload: Upload, *, now: datetime) -> bytes:
    """Return the bytes of all parts. A part that storage lost is forgotten, to be sent again."""
    out = bytearray()
    lost = []
    parts = {part.number: part for part in UploadPart.objects.filter(upload=upload).order_by("id")}
    count = limits.part_count(upload.size_bytes, upload.part_bytes)
    missing = [number for number in range(1, count + 1) if number not in parts]
    if missing:
        raise UploadIncomplete(missing=missing, missing_count=len(missing))
    for number in range(1, count + 1):
        try:
            data = places.get(parts[number].place)
        except BytesLost:
            lost.append(number)
            continue
        out += data
    if lost:
        with db.transaction():
            gone = [parts[number].id for number in lost]
            for part in UploadPart.objects.filter(id__in=gone).order_by("id"):
                places.release(part.place, now=now)
            UploadPart.objects.filter(id__in=gone).delete()
        raise UploadIncomplete(missing=lost, missing_count=len(lost))
    return bytes(out)


@db.transaction()
def _close(
    citizen_id: str, client_id: uuid.UUID, stored: StoredFile | None, refusal: str, now: datetime
) -> None:
    upload = _locked(citizen_id, client_id)
    if upload.state != Upload.State.OPEN:
        return  # a twin was faster, with the same bytes
    _drop_parts(upload, now)
    upload.state = Upload.State.COMPLETE if stored else Upload.State.REFUSED
    upload.file, upload.refusal = stored, refusal
    upload.version += 1
    upload.updated_at, upload.expires_at = now, now + LIFE
    upload.save()


def _drop_parts(upload: Upload, now: datetime) -> None:
    parts = UploadPart.objects.filter(upload=upload)
    for place in list(parts.order_by("id").values_list("place", flat=True)):
        places.release(place, now=now)
    parts.delete()
