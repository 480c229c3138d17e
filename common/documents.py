"""Papers as PDF from typst templates, and QR codes.

A tool without a noun: a template and data go in, bytes come out. The templates and their words sit
in the room whose paper it is.
"""

import io
import json
from pathlib import Path
from typing import Any

import segno
import typst


def pdf(template: Path, data: dict[str, Any]) -> bytes:
    """Return the PDF of `template` filled with `data`.

    Shape: the template reads its data with `json(bytes(sys.inputs.data))`; a member named `qr`
    holds the SVG text of a code. Texts are data, never typst source, so nothing in them is run.
    """
    produced = typst.compile(
        str(template),
        root=str(template.parent),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    if not isinstance(produced, bytes):
        raise TypeError("a paper is one PDF")
    return produced


def qr_svg(text: str) -> str:
    """Return the SVG of the QR code for `text`, error correction M."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False)
    return out.getvalue().decode()
