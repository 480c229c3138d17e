"""Bytes from people: what they really are, how large they may be, and whether they are safe.

The type is read from the bytes, never from the name or the header. A picture is drawn anew, a PDF
that acts is refused, everything is scanned. A file is known by its SHA-256, so what is read later
is what was scanned; in storage its bytes are encrypted, under a name that means nothing.

`store` takes what somebody sent, `read` gives it back; `places` keeps bytes that are no file yet.
"""

from common.files.keeping import (
    forget_unclaimed,
    read,
    record_verdict,
    refuse_unread,
    scan_again,
    store,
    store_own,
    waiting_for_scan,
)
from common.files.kinds import HEIC, JPEG, KINDS, PDF, PNG, Kind, extension, sniff
from common.files.pictures import MAX_PIXELS
from common.files.places import BytesLost
from common.files.refusals import (
    REFUSALS,
    FileEmpty,
    FileInfected,
    FileNotScanned,
    FileTooLarge,
    FileTypeRefused,
    FileUnreadable,
    FileUnsafe,
    type_refused,
)
from common.files.scan import ScannerDown

MEBIBYTE = 1024 * 1024

__all__ = [
    "HEIC",
    "JPEG",
    "KINDS",
    "MAX_PIXELS",
    "MEBIBYTE",
    "PDF",
    "PNG",
    "REFUSALS",
    "BytesLost",
    "FileEmpty",
    "FileInfected",
    "FileNotScanned",
    "FileTooLarge",
    "FileTypeRefused",
    "FileUnreadable",
    "FileUnsafe",
    "Kind",
    "ScannerDown",
    "extension",
    "forget_unclaimed",
    "read",
    "record_verdict",
    "refuse_unread",
    "scan_again",
    "sniff",
    "store",
    "store_own",
    "type_refused",
    "waiting_for_scan",
]
