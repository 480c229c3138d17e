"""A picture as it may be kept: drawn anew, upright, and nothing but the picture.

Whatever else the file carried goes: where it was taken, the phone's serial number, a hidden second
file after the end. Phones append data of their own to photographs (a short film, a depth map), so a
picture with something behind it is not refused; only the picture in it is kept.
"""

import contextlib
import io
import struct
import warnings
from typing import Any

import pillow_heif
from PIL import Image, ImageOps, JpegImagePlugin

from common.files.kinds import HEIC, JPEG, PNG
from common.files.refusals import FileUnreadable, unsafe

MAX_PIXELS = 60_000_000
MAX_JPEG_SCANS = 100  # a progressive photo has ten; thousands cost minutes to draw
HEIC_QUALITY = 92

# What the decoders raise on broken input.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error)


def clean(data: bytes, media_type: str) -> bytes:
    """Return the picture drawn anew as the kind that it is kept as.

    A JPEG keeps its quantisation tables and colour sampling, so quality and size stay.
    Errors: FileUnreadable; FileUnsafe.
    """
    if media_type == JPEG.media_type and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise unsafe("too_complex")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _open(data, media_type) as source:
                if source.width * source.height > MAX_PIXELS:
                    raise unsafe("too_many_pixels")
                options = _options(source, media_type)
                source.load()
                upright = _upright(source)
            return _draw(upright, options)
    except Image.DecompressionBombError as failure:
        raise unsafe("too_many_pixels") from failure
    except BROKEN as failure:
        raise FileUnreadable(found=media_type) from failure


def _open(data: bytes, media_type: str) -> Image.Image:
    if media_type == HEIC.media_type:
        heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        width, height = heif.size  # known without decoding
        if width * height > MAX_PIXELS:
            raise unsafe("too_many_pixels")
        return heif.to_pillow()  # upright already: the container says how it lies
    # Only the decoder that the first bytes ask for.
    return Image.open(io.BytesIO(data), formats=["PNG" if media_type == PNG.media_type else "JPEG"])


def _options(source: Image.Image, media_type: str) -> dict[str, Any]:
    if media_type == PNG.media_type:
        return {"format": "PNG"}
    if isinstance(source, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(source)
        return {
            "format": "JPEG",
            "qtables": source.quantization,
            "subsampling": max(sampling, 0),
        }
    return {"format": "JPEG", "quality": HEIC_QUALITY}


def _upright(source: Image.Image) -> Image.Image:
    with contextlib.suppress(*BROKEN, TypeError, AttributeError, ZeroDivisionError):
        return ImageOps.exif_transpose(source)
    return source.copy()  # its EXIF cannot be read: nobody knows how it lies


def _draw(picture: Image.Image, options: dict[str, Any]) -> bytes:
    if options["format"] == "JPEG" and picture.mode not in {"RGB", "L"}:
        picture = picture.convert("RGB")
    # The encoders copy comments, profiles and resolutions from here.
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    out = io.BytesIO()
    picture.save(out, **options)
    return out.getvalue()
