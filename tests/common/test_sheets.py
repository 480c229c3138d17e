"""Workbooks: what was written is read back, and nothing in them is a formula."""

import csv
import datetime
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import sheets
from common.sheets import Sheet

AT = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    '=cmd|"/C calc"!A0',
    "+84900000001",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "{=1}",
    "http://example.com",
    "file:///etc/passwd",
    "_x0041_ & <f>1</f>",
    "Lệ phí hộ tịch; đồng ý",
    "0012",
    "1e5",
]


def book(rows, **given):
    values = {"name": "Bảng", "above": ["=1"], "head": ["=2", "b"], "rows": rows, **given}
    return sheets.workbook([Sheet(**values)], made_at=AT)


def cells(data):
    page = openpyxl.load_workbook(io.BytesIO(data))["Bảng"]
    return [[cell.value for cell in row] for row in page.iter_rows()]


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_no_text_becomes_a_formula_whatever_reads_it():
    data = book([[text, "x"] for text in HOSTILE])
    written = parts(data)
    pages = "".join(text for name, text in written.items() if "worksheets/" in name)
    assert "<f>" not in pages
    assert "<f " not in pages
    assert "hyperlink" not in pages
    assert not [name for name in written if "externalLink" in name or "calcChain" in name]
    found = [row[0] for row in cells(data) if row[0] is not None]
    assert found[:2] == ["'=1", "'=2"]
    for text in found[2:]:
        assert isinstance(text, str)
        assert not text.lstrip(" ").startswith(sheets.DANGEROUS)
    # `_x005F_` is how a workbook writes an underscore that must not begin an escape.
    assert found[-4:] == ["_x005F_x0041_ & <f>1</f>", "Lệ phí hộ tịch; đồng ý", "0012", "1e5"]
    page = openpyxl.load_workbook(io.BytesIO(data))["Bảng"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}


def test_saved_as_csv_it_is_still_harmless():
    out = io.StringIO()
    csv.writer(out).writerows(cells(book([[text, "x"] for text in HOSTILE])))
    for row in csv.reader(io.StringIO(out.getvalue())):
        assert not row or not row[0].startswith(sheets.DANGEROUS)


# What a database text may hold: no NUL, no half of a pair.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60)


@given(st.lists(texts, min_size=1, max_size=10))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_any_text_comes_back_as_text(values):
    read = [row[0] for row in cells(book([[text] for text in values], above=[], head=["x"]))][1:]
    for text, back in zip(values, read, strict=True):
        safe = sheets.neutral(text)
        if safe.isprintable() and "_x" not in safe:
            assert back == safe
        assert back is None or isinstance(back, str)


def test_numbers_days_and_moments_stay_what_they_are():
    moment = datetime.datetime(2026, 11, 24, 17, 0, 5, tzinfo=datetime.UTC)
    data = book([[99_999_999_999, -5, datetime.date(2026, 11, 24), moment, None]], above=[])
    assert cells(data)[1][:4] == [
        99_999_999_999,
        -5,
        datetime.datetime(2026, 11, 24),
        datetime.datetime(2026, 11, 25, 0, 0, 5),
    ]


def test_the_same_content_gives_the_same_bytes():
    assert book([["a", 1]]) == book([["a", 1]])


@pytest.mark.parametrize("value", [True, 1.5, ["x"]])
def test_a_value_of_another_kind_is_refused(value):
    with pytest.raises(TypeError):
        book([[value]])


def test_a_sheet_has_an_end(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    book([["x"]] * 3)
    with pytest.raises(sheets.TooManyRows):
        book([["x"]] * 4)


def test_a_text_too_long_for_a_cell_is_cut():
    assert len(cells(book([["x" * 40_000]]))[-1][0]) == sheets.MAX_TEXT
