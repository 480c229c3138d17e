"""What things cost, to the đồng; unknown is never free."""

import json
import pathlib

import pytest

import seeds
from services.rules import fees

ENTRIES = {
    entry["code"]: entry
    for entry in json.loads(
        (pathlib.Path(seeds.__file__).parent / "data" / "procedures.json").read_text("utf-8")
    )
}


def quote(code, channel="online", **answers):
    return fees.quote(fees.spec(ENTRIES[code]), name_vi="x", answers=answers, channel=channel)


@pytest.mark.parametrize(
    ("code", "channel", "answers", "total"),
    [
        ("2.000635", "online", {"so_ban_sao": 2}, 16_000),
        ("2.000635", "online", {"so_ban_sao": 1}, 8_000),
        ("2.000635", "online", {}, 8_000),
        ("2.000815", "counter", {"so_trang": 1, "so_ban": 1}, 2_000),
        ("2.000815", "counter", {"so_trang": 2, "so_ban": 1}, 4_000),
        ("2.000815", "counter", {"so_trang": 3, "so_ban": 1}, 5_000),
        ("2.000815", "counter", {"so_trang": 10, "so_ban": 3}, 36_000),
        ("2.000815", "counter", {"so_trang": 198, "so_ban": 1}, 200_000),
        ("2.000815", "counter", {"so_trang": 500, "so_ban": 2}, 400_000),
        ("1.004222", "counter", {}, 20_000),
        ("1.004222", "online", {}, 10_000),
        ("1.004194", "counter", {}, 15_000),
        ("1.004194", "online", {}, 7_000),
        ("1.010038", "online", {}, 5_000),
        ("1.001456", "postal", {}, 160_000),
        ("3.000347", "online", {}, 135_000),
        ("3.000333", "online", {"so_luong": 1}, 200_000),
        ("3.000333", "online", {"so_luong": 2}, 200_000),
        ("3.000333", "online", {"so_luong": 4}, 210_000),
        ("3.000333", "online", {"doi_tuong_uu_tien": "hoc_sinh_sinh_vien"}, 100_000),
        ("3.000333", "online", {"doi_tuong_uu_tien": "ho_ngheo"}, 0),
        ("1.000894", "online", {}, 0),
        ("1.001193", "online", {"loai_dang_ky": "dung_han"}, 0),
        ("2.001263", "online", {}, 400_000),
    ],
)
def test_known_fees(code, channel, answers, total):
    found = quote(code, channel, **answers)
    assert (found.known, found.total_vnd) == (True, total)
    assert sum(line.amount_vnd for line in found.lines) == total


@pytest.mark.parametrize(
    ("code", "channel", "answers"),
    [
        ("1.001193", "online", {"loai_dang_ky": "qua_han"}),
        ("1.004873", "online", {}),
        ("1.001612", "online", {}),
        ("1.004222", "postal", {}),
        ("2.000908", "online", {}),
    ],
)
def test_unknown_fees_say_why(code, channel, answers):
    found = quote(code, channel, **answers)
    assert (found.known, found.total_vnd, found.lines) == (False, None, ())
    assert found.reason_vi
    assert found.reason_en


def test_a_zero_without_a_note_is_never_free():
    silent = [code for code, entry in ENTRIES.items() if entry["fee_basis"] == "zero_without_note"]
    assert len(silent) == 71
    assert not [code for code in silent if quote(code).known]


def test_every_procedure_has_a_quote_with_whole_amounts():
    for code in ENTRIES:
        found = quote(code)
        assert found.known == (found.total_vnd is not None)
        for line in found.lines:
            assert line.amount_vnd == line.quantity * line.unit_vnd
