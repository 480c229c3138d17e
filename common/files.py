"""Bytes from people: what they really are, how large they may be, and whether they are safe.

The type is read from the bytes, never from the name or the header. A file is stored under its
SHA-256, so what is read later is what was scanned.
"""

import dataclasses
import hashlib
import io
import warnings
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string
from PIL import Image

from common.errors import Refusal
from common.models import StoredFile

MEBIBYTE = 1024 * 1024
MAX_PIXELS = 60_000_000  # a 60-megapixel photo; more is a decompression bomb


class FileTooLarge(Refusal):
    code = "file_too_large"
    status = 413
    title_vi = "Tệp quá lớn"
    title_en = "The file is too large"
    detail_vi = "Tệp có {size_bytes} byte; tối đa {limit_bytes} byte."
    detail_en = "The file has {size_bytes} bytes; at most {limit_bytes} bytes."
    members = ("size_bytes", "limit_bytes")


class FileEmpty(Refusal):
    code = "file_empty"
    status = 400
    title_vi = "Tệp rỗng"
    title_en = "The file is empty"


class FileTypeRefused(Refusal):
    code = "file_type_refused"
    status = 415
    title_vi = "Loại tệp không được nhận"
    title_en = "This type of file is not accepted"
    detail_vi = "Nội dung là {found}; chỉ nhận: {accepted_text}."
    detail_en = "The content is {found}; accepted: {accepted_text}."
    members = ("found", "accepted")


class FileInfected(Refusal):
    code = "file_infected"
    status = 422
    title_vi = "Tệp có mã độc"
    title_en = "The file contains malware"


class Scanner(Protocol):
    """Says whether bytes are safe to show to anybody."""

    def is_clean(self, data: bytes) -> bool: ...


class TestStringScanner:
    """The scanner of development: it knows only the harmless EICAR test string."""

    # In two halves, so that a scanner does not stop at this source file.
    EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

    def is_clean(self, data: bytes) -> bool:
        return self.EICAR not in data


@dataclasses.dataclass(frozen=True)
class Kind:
    media_type: str
    extension: str


PDF = Kind("application/pdf", "pdf")
JPEG = Kind("image/jpeg", "jpg")
PNG = Kind("image/png", "png")
HEIC = Kind("image/heic", "heic")
KINDS = {kind.media_type: kind for kind in (PDF, JPEG, PNG, HEIC)}


def sniff(data: bytes) -> str:
    """Return the media type that the bytes show, "application/octet-stream" when unknown."""
    if data[:1024].lstrip()[:5] == b"%PDF-":
        return PDF.media_type
    if data[:3] == b"\xff\xd8\xff":
        return JPEG.media_type
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG.media_type
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"mif1", b"hevc"}:
        return HEIC.media_type
    return "application/octet-stream"


def store(data: bytes, *, max_bytes: int, allowed: Collection[str], now: datetime) -> StoredFile:
    """Keep the bytes and return their row; the same bytes again return the same row.

    Errors: FileEmpty, FileTooLarge, FileTypeRefused, FileInfected. Nothing refused is kept.
    """
    if not data:
        raise FileEmpty
    if len(data) > max_bytes:
        raise FileTooLarge(size_bytes=len(data), limit_bytes=max_bytes)
    media_type = sniff(data)
    if media_type not in allowed or not _is_whole(data, media_type):
        accepted = sorted(allowed)
        raise FileTypeRefused(
            found=media_type, accepted=accepted, accepted_text=", ".join(accepted)
        )
    scanner: Scanner = import_string(settings.FILE_SCANNER)()
    if not scanner.is_clean(data):
        raise FileInfected
    sha256 = hashlib.sha256(data).hexdigest()
    # Bytes first: a row without bytes is a broken promise, bytes without a row only waste.
    name = _name(sha256)
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
    stored, _ = StoredFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "size": len(data),
            "media_type": media_type,
            "verdict": StoredFile.Verdict.CLEAN,
            "stored_at": now,
        },
    )
    return stored


def read(stored: StoredFile) -> bytes:
    """Return the bytes. Errors: FileInfected; OSError when they are not what was scanned."""
    if stored.verdict != StoredFile.Verdict.CLEAN:
        raise FileInfected
    with default_storage.open(_name(stored.sha256)) as handle:
        data: bytes = handle.read()
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise OSError(f"stored bytes of {stored.sha256} have changed")
    return data


def extension(media_type: str) -> str:
    """Return the file name ending for a media type that was accepted."""
    return KINDS[media_type].extension


def _name(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _is_whole(data: bytes, media_type: str) -> bool:
    """Return whether a picture can be opened and is not a bomb; other types are taken as read."""
    if media_type not in {JPEG.media_type, PNG.media_type}:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    return False
                picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True
