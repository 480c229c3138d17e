"""Making a signature: PAdES over the whole file, with a time stamp where one can be had."""

import dataclasses
import io
import tempfile
from datetime import datetime

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle

from common.signing import keys
from common.signing.keys import Signatory

FIELD = "CanThoSmart"


@dataclasses.dataclass(frozen=True)
class Seal:
    """What is seen of a signature: a picture (one page of PDF) and its place on the last page.

    Units: points, from the lower left corner: (left, bottom, right, top).
    """

    picture: bytes
    box: tuple[int, int, int, int]


def sign(
    pdf: bytes, *, signatory: Signatory, reason: str, now: datetime, seal: Seal | None = None
) -> bytes:
    """Return `pdf` signed for a body (PAdES-B-T, or B-B without a time stamp authority).

    The signature certifies: no later change is allowed (DocMDP level 1). May wait for the network
    where the key or the time stamps are elsewhere: never called inside a transaction.
    Errors: KeyRefused.
    """
    source = keys.configured()
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        name=signatory.name,
        reason=reason,
        location="Cần Thơ",
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    out = io.BytesIO()
    with tempfile.NamedTemporaryFile(suffix=".pdf") as picture:
        style, place = None, None
        if seal is not None:
            picture.write(seal.picture)
            picture.flush()
            style = StaticStampStyle.from_pdf_file(picture.name, border_width=0)
            place = fields.SigFieldSpec(sig_field_name=FIELD, on_page=-1, box=seal.box)
        signers.PdfSigner(
            metadata,
            signer=source.signer(signatory),
            timestamper=source.timestamper(now),
            stamp_style=style,
            new_field_spec=place,
        ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()
