"""Files that people send, good and bad, made on the spot."""

import io
import zipfile
import zlib

import pillow_heif
import pypdf
from PIL import Image, PngImagePlugin

from common.files.scan import TestStringScanner

EICAR = TestStringScanner.EICAR
TURNED_RIGHT = 6  # EXIF orientation: the phone was held upright


def scene(size=(400, 200)):
    """A white picture whose upper left corner is red."""
    picture = Image.new("RGB", size, "white")
    picture.paste((255, 0, 0), (0, 0, size[0] // 4, size[1] // 2))
    return picture


def exif(orientation=TURNED_RIGHT):
    """What a phone writes: how it was held, its maker, where it was."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Hang-dien-thoai"
    place = found.get_ifd(0x8825)
    place[1], place[2] = "N", (10.0, 2.0, 3.5)
    place[3], place[4] = "E", (105.0, 47.0, 8.25)
    return found.tobytes()


def jpeg(orientation=TURNED_RIGHT, **options):
    out = io.BytesIO()
    options = {"quality": 92, "comment": b"chup tai nha", **options}
    scene().save(out, "JPEG", exif=exif(orientation), **options)
    return out.getvalue()


def png(orientation=TURNED_RIGHT):
    out, words = io.BytesIO(), PngImagePlugin.PngInfo()
    words.add_text("Comment", "chup tai nha")
    scene().save(out, "PNG", exif=exif(orientation), pnginfo=words)
    return out.getvalue()


def heic(orientation=TURNED_RIGHT):
    out = io.BytesIO()
    pillow_heif.from_pillow(scene()).save(out, exif=exif(orientation), quality=90)
    return out.getvalue()


def objects(*bodies, trailer=b""):
    """A PDF of these objects; the first is its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(bodies) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


PAGES = (
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
)


def stream(data, filters=b"/FlateDecode", more=b""):
    return b"<</Filter %s/Length %d%s>>stream\n%s\nendstream" % (filters, len(data), more, data)


def pdf(content=b"BT ET", catalog=b"", *more, filters=b"/FlateDecode", trailer=b""):
    """A PDF of one page with this (compressed) content."""
    packed = content if filters != b"/FlateDecode" else zlib.compress(content)
    return objects(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        *PAGES,
        stream(packed, filters),
        *more,
        trailer=trailer,
    )


def locked_pdf():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("mat-khau", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def archive(behind=b""):
    out = io.BytesIO(behind)
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr("doc.txt", "x")
    return out.getvalue()


def zeros(mebibytes):
    """So many MiB of nothing, compressed without ever being held."""
    packer, out = zlib.compressobj(9), bytearray()
    for _ in range(mebibytes):
        out += packer.compress(bytes(1024 * 1024))
    return bytes(out + packer.flush())


def png_bomb(side=30_000):
    """A small PNG that claims to be enormous."""
    head = b"IHDR" + side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    parts = [head, b"IDAT" + zeros(1), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")
        for part in parts
    )


def file(data, name="giấy tờ.jpg"):
    """Bytes as a form sends them."""
    out = io.BytesIO(data)
    out.name = name
    return out
