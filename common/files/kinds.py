"""What bytes are, read from the bytes: never from a name or a header."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Kind:
    """A type that is accepted. `kept_as` is what it is turned into before it is kept."""

    media_type: str
    extension: str
    kept_as: str


PDF = Kind("application/pdf", "pdf", "application/pdf")
JPEG = Kind("image/jpeg", "jpg", "image/jpeg")
PNG = Kind("image/png", "png", "image/png")
# Browsers of officers cannot show HEIC.
HEIC = Kind("image/heic", "heic", "image/jpeg")
KINDS = {kind.media_type: kind for kind in (PDF, JPEG, PNG, HEIC)}
UNKNOWN = "application/octet-stream"

# Still pictures coded in HEVC (ISO/IEC 23008-12 Annex B); "mif1" leaves the codec open.
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}


def sniff(data: bytes) -> str:
    """Return the media type that the bytes show, "application/octet-stream" when unknown."""
    if b"%PDF-" in data[:1024]:
        return PDF.media_type
    if data[:3] == b"\xff\xd8\xff":
        return JPEG.media_type
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG.media_type
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return HEIC.media_type
    return UNKNOWN


def extension(media_type: str) -> str:
    """Return the file name ending for a media type that was accepted."""
    return KINDS[media_type].extension
