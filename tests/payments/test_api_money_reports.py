"""The settlement report and the workbooks over HTTP: the same figures, and nothing runs in them."""

import datetime
import hashlib
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from tests.payments.factories import AGENCY, World
from tests.payments.test_api_books import DAYS, DESK, LIST, SHEETS, Desk, desk, found
from tests.payments.test_reconcile import polled

pytestmark = pytest.mark.django_db
__all__ = ["desk", "found"]


def test_the_report_over_http(world: World, desk: Desk) -> None:
    first = world.pay(world.owe(16_000))
    world.pay(world.owe(20_000))
    world.refund(first.payment, 6_000)
    world.drain()
    said = desk.auditor.get(f"{DESK}/settlement-report{DAYS}").json()
    vnd = {"currency": "VND"}
    assert {name: said[name]["amount"] for name in ("collected", "refunded", "net")} == {
        "collected": 36_000,
        "refunded": 6_000,
        "net": 30_000,
    }
    assert said["lines"] == [
        {
            "code": "trich_luc",
            "label": "Lệ phí cấp bản sao trích lục hộ tịch",
            "kind": "le_phi",
            "count": 2,
            "quantity": 2,
            "collected": {"amount": 36_000, **vnd},
            "refunded": {"amount": 6_000, **vnd},
            "net": {"amount": 30_000, **vnd},
        }
    ]
    assert [(row["method"], row["collected"]["amount"]) for row in said["methods"]] == [
        ("online", 36_000),
        ("bank", 0),
        ("cash", 0),
    ]
    assert said["accounts"][0] == {
        "account": f"fee_revenue:{AGENCY}",
        "name": "Phí, lệ phí đã thu",
        "opening": {"amount": 0, **vnd},
        "debit": {"amount": 6_000, **vnd},
        "credit": {"amount": 36_000, **vnd},
        "closing": {"amount": 30_000, **vnd},
    }
    assert (said["first_day"], said["last_day"], said["agency_code"]) == (
        "2026-11-24",
        "2026-11-24",
        AGENCY,
    )


def test_s37_the_last_second_and_the_first_over_http(world: World, desk: Desk) -> None:
    def collected(day: str) -> int:
        said = desk.cashier.get(f"{DESK}/settlement-report?from={day}&to={day}").json()
        return int(said["collected"]["amount"])

    world.traveller.move_to("2026-11-24T23:59:59+07:00")
    polled(world, 16_000)
    world.traveller.move_to("2026-11-25T00:00:00+07:00")
    polled(world, 20_000)
    world.traveller.move_to("2026-11-25T00:10:00+07:00")
    assert (collected("2026-11-24"), collected("2026-11-25")) == (16_000, 20_000)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?from=2026-11-24",
        "?from=2026-11-25&to=2026-11-24",
        "?from=2025-11-23&to=2026-11-24",
        "?from=x&to=2026-11-24",
        f"{DAYS}&agency=ubnd-31135",
    ],
)
@pytest.mark.parametrize("address", [f"{DESK}/settlement-report", *SHEETS])
def test_days_that_cannot_be_asked_for(world: World, desk: Desk, address: str, query: str) -> None:
    refused = desk.cashier.get(f"{address}{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def opened(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    assert answer["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        for name in packed.namelist():
            assert b"<f>" not in packed.read(name), name
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def texts(page: Any) -> list[list[Any]]:
    return [[cell.value for cell in row if cell.value is not None] for row in page.iter_rows()]


def test_the_report_as_a_workbook_says_the_same(world: World, desk: Desk) -> None:
    label = '=HYPERLINK("http://evil")'
    from tests.payments.factories import line

    first = world.pay(world.owe(lines=[line(16_000, 1, label=label)]))
    world.refund(first.payment, 6_000)
    world.drain()
    address = f"{DESK}/settlement-report.xlsx{DAYS}"
    answer = desk.auditor.get(address)
    book = opened(answer)
    assert book.sheetnames == ["Tổng hợp", "Theo khoản thu", "Theo hình thức", "Tài khoản"]
    top = texts(book["Tổng hợp"])
    assert top[0] == ["BẢNG KÊ THU PHÍ, LỆ PHÍ"]
    assert "không thay thế báo cáo" in top[3][0]
    assert ["Đã thu", 16_000] in top
    assert ["Còn lại", 10_000] in top
    assert texts(book["Theo khoản thu"])[-1] == [
        "trich_luc",
        f"'{label}",
        "Lệ phí",
        1,
        1,
        16_000,
        6_000,
        10_000,
    ]
    assert [f"fee_revenue:{AGENCY}", "Phí, lệ phí đã thu", 0, 6_000, 16_000, 10_000] in texts(
        book["Tài khoản"]
    )
    world.later(minutes=5)
    assert desk.auditor.get(address).content == answer.content
    again = desk.auditor.get(address, **{"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_discrepancies_as_a_workbook(found: Any, desk: Desk) -> None:
    rows = texts(opened(desk.cashier.get(f"{LIST}.xlsx{DAYS}"))["Chênh lệch"])[6:]
    assert len(rows) == 3
    assert {row[2] for row in rows} == {"Sổ có, cổng không có", "Ghi hai lần", "Số liệu khác nhau"}
    [differs] = [row for row in rows if row[2] == "Số liệu khác nhau"]
    assert differs[4] == found["amount_differs"].settlement_id
    assert differs[9:13] == [9_002, 0, 10_002, 0]
    assert differs[13] == datetime.datetime(2026, 11, 25, 2, 30)
    [nobodys] = texts(opened(desk.centre.get(f"{LIST}.xlsx{DAYS}"))["Chênh lệch"])[6:]
    assert nobodys[2] == "Cổng có, sổ không có"


def test_the_receipts_used_as_a_workbook_name_no_payer(world: World, desk: Desk) -> None:
    for _ in range(3):
        world.pay(world.owe(16_000))
    answer = desk.cashier.get(f"{DESK}/receipt-book.xlsx{DAYS}")
    book = opened(answer)
    used = texts(book["Số đã dùng"])
    assert used[0] == ["TÌNH HÌNH SỬ DỤNG BIÊN LAI (trình diễn)"]
    assert used[-1][2:] == ["0000001", "0000003", 3, 48_000]
    assert [row[2] for row in texts(book["Biên lai"])[6:]] == ["0000001", "0000002", "0000003"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert not [n for n in packed.namelist() if "Nguyễn Thị Thử".encode() in packed.read(n)]
    empty = opened(desk.elsewhere.get(f"{DESK}/receipt-book.xlsx{DAYS}"))
    assert len(texts(empty["Biên lai"])) == 6


def test_a_sheet_that_would_be_too_long_is_refused(
    found: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dossiers.actions import money_sheets

    monkeypatch.setattr(money_sheets, "MAX_ROWS", 2)
    for address in SHEETS[1:]:
        refused = desk.cashier.get(f"{address}{DAYS}")
        assert (refused.status_code, refused.json()["code"]) == (422, "export_too_long")
        assert refused.json()["limit_rows"] == 2
