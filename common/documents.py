"""Papers as PDF from typst templates, and QR codes.

A tool without a noun: a template and data go in, bytes come out. The templates and their words sit
in the room whose paper it is.
"""

import dataclasses
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst

PAGE_HEIGHT = 841.89  # A4, in points


@dataclasses.dataclass(frozen=True)
class Place:
    """A place on the last page, in points from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


def pdf(template: Path, data: dict[str, Any], *, at: datetime | None = None) -> bytes:
    """Return the PDF of `template` filled with `data`.

    Shape: the template reads its data with `json(bytes(sys.inputs.data))`; a member named `qr`
    holds the SVG text of a code. Texts are data, never typst source, so nothing in them is run.
    With `at`, the moment the file says it was made, the same data gives the same bytes.
    The fonts are those inside typst: a paper looks the same on every machine.
    """
    produced = typst.compile(
        str(template),
        root=str(template.parent),
        format="pdf",
        sys_inputs=_inputs(data),
        ignore_system_fonts=True,
        timestamp=None if at is None else int(at.timestamp()),
    )
    if not isinstance(produced, bytes):
        raise TypeError("a paper is one PDF")
    return produced


def seal_place(template: Path, data: dict[str, Any]) -> Place | None:
    """Return where the paper keeps a place for a seal (label `<seal>`); None if it keeps none."""
    found = json.loads(
        typst.query(
            str(template),
            "<seal>",
            field="value",
            root=str(template.parent),
            sys_inputs=_inputs(data),
            ignore_system_fonts=True,
        )
    )
    if not found:
        return None
    told = found[-1]
    bottom = PAGE_HEIGHT - told["y"] - told["height"]
    return Place(told["x"], bottom, told["width"], told["height"])


def _inputs(data: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False)}


def qr_svg(text: str) -> str:
    """Return the SVG of the QR code for `text`, error correction M."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False)
    return out.getvalue().decode()
