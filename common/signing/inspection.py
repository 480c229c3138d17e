"""Reading the signatures of a PDF that anybody may have made, in a process with limits.

`python -m common.signing.inspection` takes JSON (`now`, `roots`) on its first line and the PDF
after it, and answers JSON. It knows no setting and no secret, and its time and memory are limited:
a file that is a bomb ends this process, not the server.
"""

import asyncio
import contextlib
import io
import json
import logging
import sys
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import NonexistentAttributeError, find_unique_cms_attribute
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from common.signing import keys

CPU_SECONDS = 8
MEMORY_BYTES = 768 * 1024 * 1024
MAX_SIGNATURES = 10


def inspect(pdf: bytes, roots: bytes, now: datetime) -> dict[str, Any]:
    """Return what the first signature of `pdf` is worth.

    Shape: {"signatures": n} and, where n is not 0: whole (the bytes signed are unchanged and are
    the whole file), trusted, signer, signed_at, time_proved.
    Errors: whatever pyHanko raises for a file that it cannot read.
    """
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    found = reader.embedded_regular_signatures
    if not found:
        return {"signatures": 0}
    if len(found) > MAX_SIGNATURES:
        raise ValueError("too many signatures")
    first = found[0]
    stamped_at = _stamped_at(first)
    moment = stamped_at or now
    try:
        # Without a proof of time a certificate must hold today: a claimed hour proves nothing.
        status = validate_pdf_signature(first, _context(roots, moment), _context(roots, moment))
        proved = status.timestamp_validity is not None and status.timestamp_validity.trusted
        if stamped_at is not None and not proved:
            status = validate_pdf_signature(first, _context(roots, now), _context(roots, now))
    except SignatureValidationError:
        # A signature that is not even well formed is worth nothing; whose it says it is, is told.
        return {**_NOTHING, "ours": _is_ours(first, roots, moment), "signer": _signer(first)}
    whole = (
        status.intact
        and status.valid
        and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level == ModificationLevel.NONE
        and len(reader.embedded_signatures) == 1
    )
    at = stamped_at if proved else status.signer_reported_dt
    return {
        "signatures": len(found),
        "whole": bool(whole),
        "trusted": bool(status.trusted),
        "ours": _is_ours(first, roots, moment),
        "signer": _signer(first),
        "signed_at": at.isoformat() if at else None,
        "time_proved": bool(proved),
    }


_NOTHING = {
    "signatures": 1,
    "whole": False,
    "trusted": False,
    "signed_at": None,
    "time_proved": False,
}


def _signer(signature: EmbeddedPdfSignature) -> str:
    subject = signature.signer_cert.subject.native
    return str(subject.get("organization_name") or subject.get("common_name") or "")


def _stamped_at(signature: EmbeddedPdfSignature) -> datetime | None:
    try:
        token = find_unique_cms_attribute(
            signature.signer_info["unsigned_attrs"], "signature_time_stamp_token"
        )
    except NonexistentAttributeError:
        return None
    content = token["content"]["encap_content_info"]["content"].parsed
    stamped: datetime = content["gen_time"].native
    return stamped


def _is_ours(signature: EmbeddedPdfSignature, roots: bytes, moment: datetime) -> bool:
    """Return whether the certificate is of our authority, whatever became of the bytes signed."""
    validator = CertificateValidator(
        signature.signer_cert,
        intermediate_certs=list(signature.other_embedded_certs or ()),
        validation_context=_context(roots, moment),
    )
    try:
        asyncio.run(validator.async_validate_usage({"digital_signature"}))
    except (PathError, ValidationError):
        return False
    return True


def _context(roots: bytes, moment: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=keys.certificates(roots), moment=moment, allow_fetching=False
    )


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    _limit()
    logging.disable(logging.CRITICAL)  # pyHanko tells of broken files at length
    question = json.loads(sys.stdin.buffer.readline())
    answer = inspect(
        sys.stdin.buffer.read(),
        question["roots"].encode(),
        datetime.fromisoformat(question["now"]),
    )
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
