"""The money desk's workbooks: settlement report, discrepancies, receipts used. Made on demand."""

from datetime import date, datetime

from common import sheets
from common.errors import FieldError, Invalid, Refusal
from common.sheets import Sheet
from dossiers.actions import money_books
from dossiers.models import Seat
from payments.reports import discrepancies, settlement

MAX_DAYS = 366
MAX_ROWS = 50_000
DEMO = "Dữ liệu trình diễn của hệ thống thử nghiệm, không thay thế báo cáo theo quy định."
KINDS = {"phi": "Phí", "le_phi": "Lệ phí"}
METHODS = {
    "online": "Trực tuyến qua cổng thanh toán",
    "bank": "Chuyển khoản ngân hàng",
    "cash": "Tiền mặt tại quầy",
    "other": "Khác",
}
DISCREPANCY_KINDS = {
    "missing_here": "Cổng có, sổ không có",
    "missing_there": "Sổ có, cổng không có",
    "doubled": "Ghi hai lần",
    "amount_differs": "Số liệu khác nhau",
}
DISCREPANCY_STATES = {"open": "Chưa xử lý", "resolved": "Đã xử lý", "gone": "Không còn"}


class ExportTooLong(Refusal):
    code = "export_too_long"
    status = 422
    title_vi = "Bảng quá dài: hãy chọn ít ngày hơn"
    title_en = "The sheet is too long: choose fewer days"
    detail_vi = "Mỗi bảng có tối đa {limit_rows} dòng."
    detail_en = "A sheet holds {limit_rows} rows at most."
    members = ("limit_rows",)


def checked(first: date, last: date) -> tuple[date, date]:
    """Return a range of days that may be asked for. Errors: Invalid."""
    if last < first or (last - first).days >= MAX_DAYS:
        raise Invalid(
            errors=[
                FieldError(
                    "range",
                    "to",
                    f"Từ 1 đến {MAX_DAYS} ngày, ngày cuối không trước ngày đầu",
                    f"1 to {MAX_DAYS} days, the last not before the first",
                    pointer="",
                )
            ]
        )
    return first, last


def _above(title: str, seat: Seat, first: date, last: date) -> list[str]:
    return [
        title,
        seat.agency.name_vi,
        f"Từ ngày {first:%d/%m/%Y} đến hết ngày {last:%d/%m/%Y}; đơn vị tính: đồng",
        DEMO,
    ]


def settlement_book(*, seat: Seat, first: date, last: date, now: datetime) -> bytes:
    """Return the settlement report of the seat's agency as a workbook."""
    data = settlement.settlement(seat.agency_id, first, last)
    above = _above("BẢNG KÊ THU PHÍ, LỆ PHÍ", seat, first, last)
    sums = [
        ("Đã thu", data.collected_vnd),
        ("Đã hoàn", data.refunded_vnd),
        ("Còn lại", data.net_vnd),
        ("Cổng thanh toán giữ lại (phí dịch vụ)", data.provider_fees_vnd),
        ("Tạm giữ cuối kỳ", data.suspense_vnd),
        ("Bị khiếu nại, chưa thu lại được cuối kỳ", data.disputed_vnd),
        ("Chênh lệch đối soát chưa xử lý (dòng)", data.open_discrepancies),
    ]
    return sheets.workbook(
        [
            Sheet("Tổng hợp", above, ("Chỉ tiêu", "Số tiền"), sums, widths=(48, 18)),
            Sheet(
                "Theo khoản thu",
                above,
                ("Mã", "Tên khoản thu", "Loại", "Số lượt", "Số lượng", "Đã thu", "Hoàn", "Còn"),
                [
                    (
                        one.code,
                        one.label,
                        KINDS.get(one.kind, one.kind),
                        one.count,
                        one.quantity,
                        one.collected_vnd,
                        one.refunded_vnd,
                        one.net_vnd,
                    )
                    for one in data.lines
                ],
                widths=(18, 50, 10, 10, 10, 16, 16, 16),
            ),
            Sheet(
                "Theo hình thức",
                above,
                ("Hình thức nộp", "Số lượt", "Đã thu"),
                [(METHODS[one.method], one.count, one.collected_vnd) for one in data.methods],
                widths=(36, 10, 16),
            ),
            Sheet(
                "Tài khoản",
                above,
                ("Tài khoản", "Nội dung", "Đầu kỳ", "Ghi nợ", "Ghi có", "Cuối kỳ"),
                [
                    (
                        one.account,
                        one.name,
                        one.opening_vnd,
                        one.debit_vnd,
                        one.credit_vnd,
                        one.closing_vnd,
                    )
                    for one in data.accounts
                ],
                widths=(30, 48, 16, 16, 16, 16),
            ),
        ],
        made_at=now,
    )


def discrepancy_book(*, seat: Seat, first: date, last: date, now: datetime) -> bytes:
    """Return the discrepancies of a range of days as a workbook. Errors: ExportTooLong."""
    found = discrepancies.between(money_books.scope(seat), first, last)
    rows = list(found.order_by("day_on", "id")[: MAX_ROWS + 1])
    if len(rows) > MAX_ROWS:
        raise ExportTooLong(limit_rows=MAX_ROWS)
    head = (
        *("Ngày", "Cổng", "Chênh lệch", "Trạng thái", "Dòng sao kê", "Loại dòng", "Đối tượng"),
        *("Khoản nộp", "Hồ sơ", "Cổng: số tiền", "Cổng: phí", "Sổ: số tiền", "Sổ: phí"),
        *("Phát hiện lúc", "Đóng lúc", "Kết luận"),
    )
    values = (
        (
            row.day_on,
            row.provider,
            DISCREPANCY_KINDS[row.kind],
            DISCREPANCY_STATES[row.state],
            row.line_id,
            row.line_kind,
            row.source_id,
            row.payment_id or "",
            row.payment.reference if row.payment else "",
            row.their_amount_vnd,
            row.their_fee_vnd,
            row.our_amount_vnd,
            row.our_fee_vnd,
            row.found_at,
            row.closed_at,
            row.resolution,
        )
        for row in rows
    )
    above = _above("CHÊNH LỆCH ĐỐI SOÁT VỚI CỔNG THANH TOÁN", seat, first, last)
    widths = (12, 10, 22, 14, 30, 14, 30, 34, 34, 14, 10, 14, 10, 20, 20, 18)
    return sheets.workbook([Sheet("Chênh lệch", above, head, values, widths=widths)], made_at=now)


def receipt_book(*, seat: Seat, first: date, last: date, now: datetime) -> bytes:
    """Return the receipts of a range of days, and the numbers used of each series.

    In the manner of a report on receipts used (BC26; known, not read): a demonstration, no tax
    document, and no payer is named. Errors: ExportTooLong.
    """
    series, rows = settlement.receipts(seat.agency_id, first, last, limit=MAX_ROWS)
    if len(rows) > MAX_ROWS:
        raise ExportTooLong(limit_rows=MAX_ROWS)
    above = _above("TÌNH HÌNH SỬ DỤNG BIÊN LAI (trình diễn)", seat, first, last)
    return sheets.workbook(
        [
            Sheet(
                "Số đã dùng",
                above,
                ("Mẫu", "Ký hiệu", "Từ số", "Đến số", "Số lượng", "Tổng tiền"),
                [
                    (
                        one.form_code,
                        one.series,
                        f"{one.first_number:07d}",
                        f"{one.last_number:07d}",
                        one.count,
                        one.total_vnd,
                    )
                    for one in series
                ],
                widths=(16, 24, 12, 12, 12, 18),
            ),
            Sheet(
                "Biên lai",
                above,
                (
                    *("Mẫu", "Ký hiệu", "Số", "Lập lúc", "Khoản nộp", "Hồ sơ", "Nội dung"),
                    *("Số tiền", "Đã hoàn", "Hình thức"),
                ),
                (
                    (
                        one.form_code,
                        one.series,
                        f"{one.number:07d}",
                        one.issued_at,
                        one.payment_id,
                        one.reference,
                        one.title,
                        one.total_vnd,
                        one.refunded_vnd,
                        one.method,
                    )
                    for one in rows
                ),
                widths=(16, 24, 12, 20, 34, 34, 60, 14, 14, 36),
            ),
        ],
        made_at=now,
    )
