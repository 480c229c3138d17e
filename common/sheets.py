"""Workbooks (.xlsx) that are safe to open: values and texts only, never a formula.

A text that a spreadsheet would take for a formula, now or after somebody saved the sheet as CSV,
gets an apostrophe in front, which a reader sees and no programme runs. Rows go to a file on disk as
they come, so that a long sheet needs no memory; call it outside of any transaction.
"""

import dataclasses
import datetime
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from common import clock

MAX_ROWS = 100_000
MAX_TEXT = 32_000  # a cell holds 32,767 characters
# What begins a formula, in one spreadsheet or another; the wide ones are what a Japanese keyboard
# gives. Source: OWASP, CSV Injection.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FORMATS = {
    "head": {"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E7EEF7"},
    "title": {"bold": True, "font_size": 14},
    "money": {"num_format": "#,##0"},
    "day": {"num_format": "dd/mm/yyyy"},
    "moment": {"num_format": "dd/mm/yyyy hh:mm:ss"},
}


class TooManyRows(ValueError):
    """A sheet was asked to hold more than it may: the caller counts first."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One sheet: lines of text above, a head, rows of texts, whole numbers, days and moments."""

    name: str
    above: Sequence[str]
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()


def neutral(text: str) -> str:
    """Return a text as no programme will run it."""
    text = text[:MAX_TEXT]
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def workbook(sheets: Sequence[Sheet], *, made_at: datetime.datetime) -> bytes:
    """Return the bytes of a workbook: the same for the same content.

    Errors: TooManyRows; TypeError for a value that is none of the four kinds.
    """
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None, microsecond=0)})
        formats = {name: book.add_format(shape) for name, shape in _FORMATS.items()}
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return out.getvalue()


def _write(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    line = 0
    for text in sheet.above:
        page.write_string(line, 0, neutral(text), formats["title"] if line == 0 else None)
        line += 1
    line += 1 if sheet.above else 0
    for column, text in enumerate(sheet.head):
        page.write_string(line, column, neutral(text), formats["head"])
    for number, row in enumerate(sheet.rows):
        if number >= MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
        line += 1
        for column, value in enumerate(row):
            _cell(page, line, column, value, formats)


def _cell(page: Any, line: int, column: int, value: Any, formats: dict[str, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            raise TypeError("a yes or no is written in words")
        case int():
            page.write_number(line, column, value, formats["money"])
        case str():
            page.write_string(line, column, neutral(value))
        case datetime.datetime():
            local = value.astimezone(clock.HCM).replace(tzinfo=None)
            page.write_datetime(line, column, local, formats["moment"])
        case datetime.date():
            page.write_datetime(line, column, value, formats["day"])
        case _:
            raise TypeError(f"{type(value).__name__} is no cell")
