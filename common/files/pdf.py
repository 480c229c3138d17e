"""A PDF as it may be kept: whole, open, and nothing in it that acts.

It is never rewritten, since that would break signatures: what must not be in it refuses it. Objects
are read by pyHanko with limits on what is inflated; contents of pages are inflated only to be
counted, a piece at a time.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.filters import get_generic_decoder
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader

from common.errors import Refusal
from common.files.kinds import PDF
from common.files.refusals import FileUnreadable, unsafe

MEBIBYTE = 1024 * 1024
MAX_OBJECTS = 20_000
MAX_REVISIONS = 50  # each signature adds one or two
MAX_INFLATED = 512 * MEBIBYTE  # all streams together: twenty pages scanned in colour
MAX_INFLATING_FILTERS = 2
PIECE = 64 * 1024
OUT_PIECE = MEBIBYTE
TEXT_FILTERS = {"/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"}

FORBIDDEN = {
    "/JS": "script",
    "/JavaScript": "script",
    "/Launch": "launch",
    "/SubmitForm": "launch",
    "/ImportData": "launch",
    "/EmbeddedFile": "embedded_file",
    "/EmbeddedFiles": "embedded_file",
    "/EF": "embedded_file",
    "/RichMedia": "embedded_file",
    "/XFA": "dynamic_form",
}
NAME = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]+")
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
LIMITS = DecodeLimits(
    per_purpose={
        **DEFAULT_PURPOSE_LIMITS,
        DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=MEBIBYTE),
    }
)


def inspect(data: bytes) -> None:
    """Refuse a PDF that is broken, closed, more than a PDF, a bomb, or that acts by itself.

    Errors: FileUnreadable; FileUnsafe.
    """
    if not data.startswith(b"%PDF-"):
        raise unsafe("leading_data")
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise FileUnreadable(found=PDF.media_type)
    if data[end + 5 :].strip(b"\x00\t\n\x0c\r "):
        raise unsafe("trailing_data")
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise unsafe("second_format")
    try:
        _walk(PdfFileReader(io.BytesIO(data), strict=False, decode_limits=LIMITS))
    except Refusal:
        raise
    except PdfDecodeLimitError as failure:
        raise unsafe("inflates_too_much") from failure
    except Exception as failure:  # a parser of hostile input: whatever it trips over is its answer
        raise FileUnreadable(found=PDF.media_type) from failure


def _walk(reader: PdfFileReader) -> None:
    if "/Encrypt" in reader.trailer:
        raise unsafe("encrypted")
    if not isinstance(reader.root["/Pages"], generic.DictionaryObject):
        raise FileUnreadable(found=PDF.media_type)
    seen = inflated = 0
    for item in _objects(reader):
        seen += 1
        if seen > MAX_OBJECTS:
            raise unsafe("too_complex")
        _refuse_names(item)
        if not isinstance(item, generic.StreamObject):
            continue
        if item.get("/Type") == "/ObjStm":
            # Objects kept inside a stream; no stream can be among them, so their names are read
            # off the text.
            for found in NAME.findall(item.read_data(DecodePurpose.OBJECT_STREAM)):
                _refuse(ESCAPE.sub(lambda hit: bytes([int(hit[1], 16)]), found).decode("latin-1"))
        inflated += _inflated_size(item, MAX_INFLATED - inflated)


def _objects(reader: PdfFileReader) -> Iterator[Any]:
    """Yield the trailer and every object outside of object streams, of every revision."""
    if reader.xrefs.total_revisions > MAX_REVISIONS:
        raise unsafe("too_complex")
    yield reader.trailer.flatten()
    for revision in range(reader.xrefs.total_revisions):
        for ref in reader.xrefs.explicit_refs_in_revision(revision):
            if isinstance(reader.xrefs.get_historical_ref(ref, revision), int):
                yield reader.get_object(ref, revision=revision, never_decrypt=True)


def _refuse_names(item: Any) -> None:
    waiting = [item]
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.DictionaryObject):
            for key in one:
                _refuse(str(key))
                waiting.append(one.raw_get(key))
        elif isinstance(one, generic.ArrayObject):
            waiting += [one.raw_get(index) for index in range(len(one))]
        elif isinstance(one, generic.NameObject):
            _refuse(str(one))


def _refuse(name: str) -> None:
    if name in FORBIDDEN:
        raise unsafe(FORBIDDEN[name])


def _inflated_size(stream: generic.StreamObject, left: int) -> int:
    """Count what a stream inflates to, a piece at a time. Errors: FileUnsafe above `left`."""
    filters = stream.get("/Filter", [])
    names = [str(filters)] if isinstance(filters, generic.NameObject) else [str(n) for n in filters]
    data = stream.encoded_data
    while names and names[0] in TEXT_FILTERS:
        data = get_generic_decoder(names.pop(0)).decode(data, {})
    if len(names) > MAX_INFLATING_FILTERS:
        raise unsafe("inflates_too_much")
    pieces: Iterator[bytes] = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
    for name in names:
        if name not in {"/FlateDecode", "/Fl"}:
            break  # pictures and the like: their decoders are the viewer's
        pieces = _inflate(pieces)
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > left:
            raise unsafe("inflates_too_much")
    return size


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    for piece in pieces:
        waiting = piece
        while waiting and not inflater.eof:
            try:
                out = inflater.decompress(waiting, OUT_PIECE)
            except zlib.error:
                return  # viewers show what came before the damage
            waiting = inflater.unconsumed_tail
            if out:
                yield out
