"""Saying whether a PDF is one of ours and unchanged. Nothing of it is kept."""

import dataclasses
import hashlib
from datetime import datetime

from common import files, signing
from common.files import FileEmpty, FileTooLarge, FileTypeRefused
from common.signing import Finding
from dossiers.actions.papers import MAX_PDF_BYTES
from dossiers.queries import papers as reads
from dossiers.queries.papers import OnRecord
from dossiers.rules import papers as rules
from dossiers.rules.papers import Verdict


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What is told of a PDF: the paper on record, and the signature where it is ours."""

    verdict: Verdict
    paper: OnRecord | None
    signature: Finding | None


def validate(*, data: bytes, now: datetime) -> Outcome:
    """Return what a PDF is: by the bytes of every paper issued here, then by its signature.

    Errors: FileEmpty; FileTooLarge; FileTypeRefused; those of `signing.check`.
    """
    if not data:
        raise FileEmpty
    if len(data) > MAX_PDF_BYTES:
        raise FileTooLarge(size_bytes=len(data), limit_bytes=MAX_PDF_BYTES)
    found = files.sniff(data)
    if found != files.PDF.media_type:
        accepted = [files.PDF.media_type]
        raise FileTypeRefused(found=found, accepted=accepted, accepted_text=", ".join(accepted))
    paper = reads.on_record(hashlib.sha256(data).hexdigest())
    signature = signing.check(data, now=now)
    if signature is not None and not signature.ours:
        signature = None  # whose else it is, is nothing that is told here
    verdict = rules.verdict(
        on_record=paper is not None,
        signed_by_us=signature is not None,
        whole=signature is not None and signature.whole and signature.trusted,
    )
    return Outcome(verdict, paper, signature)
