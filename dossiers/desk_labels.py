"""What the desk's pages call moves, ways and states: the words of an officer's work."""

MOVES = {
    "receive": "Tiếp nhận",
    "refuse": "Từ chối tiếp nhận",
    "request_supplement": "Yêu cầu bổ sung",
    "request_payment": "Yêu cầu nộp phí",
    "forward": "Chuyển xử lý",
    "recall_reception": "Thu hồi tiếp nhận",
    "return_at_appraisal": "Trả lại để bổ sung (tính lại thời hạn)",
    "propose": "Dự thảo kết quả",
    "reroute": "Chuyển cơ quan khác",
    "reject": "Từ chối giải quyết",
    "sign": "Ký kết quả",
    "accept_supplement": "Chấp nhận bổ sung",
    "stop": "Dừng xử lý",
    "accept_withdrawal": "Chấp nhận rút hồ sơ",
    "refuse_withdrawal": "Không chấp nhận rút hồ sơ",
    "hand_over": "Trả kết quả",
    "recall_result": "Thu hồi kết quả",
    "recall_hand_over": "Thu hồi việc trả kết quả",
}
WAYS = {"app": "Trên ứng dụng", "post": "Qua bưu chính công ích", "counter": "Tại quầy"}
DELIVERY = {
    "waiting": "chưa có kết quả",
    "ready": "có kết quả, chờ trả",
    "sent": "đã gửi, chờ xác nhận",
    "returned": "đã trả",
}
DELIVERED = {
    "handed_over": "đã giao",
    "delivered": "bưu chính đã phát",
    "sent_back": "bưu chính chuyển hoàn",
    "acknowledged": "người nộp xác nhận đã nhận",
    "taken_back": "thu hồi việc trả",
}
TAKERS = {
    "applicant": "Người nộp hồ sơ",
    "representative": "Người được ủy quyền",
    "post": "Bưu chính công ích",
}
PROOFS = {
    "identity_card": "Căn cước",
    "vneid": "Căn cước điện tử trên VNeID",
    "authorisation": "Văn bản ủy quyền",
    "slip": "Giấy tiếp nhận và hẹn trả kết quả",
}
OPINIONS = {
    "open": "chờ trả lời",
    "answered": "đã trả lời",
    "withdrawn": "đã rút",
    "silent": "hết hạn, coi như đồng ý",
    "overtaken": "không còn cần trả lời",
}
STANCES = {"agree": "đồng ý", "disagree": "không đồng ý", "comment": "có ý kiến khác"}
CHANNELS = {"online": "Trực tuyến", "counter": "Trực tiếp", "postal": "Bưu chính"}
SCANS = {"pending": "đang quét an toàn", "clean": "", "infected": "có mã độc, không mở được"}
FACTORS = {"totp": "ứng dụng tạo mã", "passkey": "khóa truy cập"}
SEAT_EVENTS = {
    "seated": "Bố trí vị trí",
    "invited": "Mời cán bộ",
    "invited_again": "Gửi lại thư mời",
    "accepted": "Nhận lời mời",
    "changed": "Thay đổi vị trí",
    "factor_reset": "Đặt lại xác thực hai lớp",
    "ended": "Kết thúc",
    "delegated": "Ủy quyền",
    "delegation_ended": "Kết thúc ủy quyền sớm",
    "unit_made": "Lập bộ phận",
    "unit_changed": "Sửa bộ phận",
}
APPOINTMENTS = {
    "booked": "đã hẹn",
    "arrived": "đã đến, có số",
    "done": "đã xong",
    "missed": "không đến",
    "cancelled": "đã hủy",
}
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
FEEDBACK_KINDS = {
    "question": "Hỏi đáp",
    "about_rules": "Phản ánh về quy định",
    "about_conduct": "Phản ánh về hành vi",
    "appeal": "Kiến nghị xem xét lại",
}
FEEDBACK_MOVES = {
    "send": "Gửi",
    "refuse": "Từ chối",
    "ask": "Yêu cầu bổ sung thông tin",
    "add": "Bổ sung",
    "answer": "Trả lời",
    "publish": "Công khai trả lời",
    "raise_again": "Gửi lại",
}
RECEIPTS = {"original": "gốc", "adjustment": "điều chỉnh", "replacement": "thay thế"}
RESOLUTIONS = {
    "note": "Ghi chú, chưa kết luận",
    "corrected_here": "Đã sửa ở sổ",
    "corrected_there": "Cổng đã sửa sao kê",
    "explained": "Đã giải thích được",
    "accepted": "Chấp nhận chênh lệch",
}
DISCREPANCY_EVENTS = {
    "found": "Phát hiện",
    "changed": "Số liệu thay đổi",
    "found_again": "Lại thấy",
    "gone": "Không còn thấy",
    "noted": "Ghi chú",
    "resolved": "Kết luận",
    "alarmed": "Để quá lâu",
}
RUNS = {"planned": "đến lượt", "unanswered": "cổng chưa trả sao kê", "done": "đã đối soát"}
DISPUTES = {
    "inquiry": "ngân hàng hỏi",
    "open": "tiền bị rút về, chờ quyết định",
    "won": "tiền được trả lại",
    "lost": "tiền thuộc về người nộp",
    "closed": "khép lại, không có tiền bị rút",
}
DISPUTE_EVENTS = {
    "moved": "Đổi trạng thái",
    "withdrawn": "Tiền bị rút",
    "returned": "Tiền được trả lại",
    "noted": "Ghi chú",
}
PAYMENTS = {
    "owed": "chưa nộp",
    "free": "không phải nộp",
    "paid": "đã nộp",
    "cancelled": "không thu nữa",
    "refunded": "đã hoàn hết",
}
REFUNDS = {
    "requested": "đã ghi nhận, chờ gửi đi",
    "calling": "đang gửi đi",
    "unknown": "chưa rõ kết quả, đang hỏi lại",
    "pending": "đã gửi đi, chờ tiền về",
    "succeeded": "đã về tới người nộp",
    "failed": "không về được",
}
REFUND_KINDS = {"fee": "phí, lệ phí đã nộp", "suspense": "tiền không ai yêu cầu nộp"}
REFUND_WAYS = {
    "provider": "theo đường đã nộp",
    "counter": "tiền mặt tại quầy",
    "bank": "chuyển khoản của cơ quan",
}
REFUND_FAILURES = {
    "amount_differs": "cổng nêu một số tiền khác",
    "charge_disputed": "khoản nộp đang bị ngân hàng khiếu nại",
    "declined": "ngân hàng của người nộp từ chối",
    "expired_or_canceled_card": "thẻ đã hết hạn hoặc đã hủy",
    "insufficient_funds": "tài khoản ở cổng không đủ tiền",
    "lost_or_stolen_card": "thẻ không dùng được nữa",
    "not_executed": "cổng không thực hiện",
}
DECISIONS = {
    "open": "chờ quyết định",
    "proposed": "chờ cán bộ thứ hai xác nhận",
    "granted": "đã cho hoàn, tiền đang về",
    "failed": "có khoản hoàn không về được",
    "paid_back": "đã hoàn xong",
    "declined": "không hoàn",
    "withdrawn": "đã thôi",
}
DECISION_EVENTS = {
    "open": "Mở quyết định",
    "propose": "Đề nghị hoàn",
    "grant": "Cho hoàn",
    "decline": "Không hoàn",
    "confirm": "Xác nhận",
    "send_back": "Trả lại để xem lại",
    "cancel": "Không đồng ý, thôi đề nghị",
    "overtake": "Nhường cho quyết định mở khi hồ sơ kết thúc",
    "pay_back": "Tiền đã về",
    "fail": "Khoản hoàn không về được",
    "send_anew": "Hoàn lại lần nữa",
}
# Lines of the books by the head of their key, and the accounts by the head of theirs.
POSTINGS = {
    "capture": "Thu",
    "reversal": "Hủy ghi nhận thu",
    "provider_fee": "Phí của cổng",
    "refund": "Đặt riêng để hoàn",
    "refund_paid": "Đã hoàn",
    "refund_returned": "Tiền hoàn quay lại",
    "refund_released": "Thôi đặt riêng",
    "dispute": "Khiếu nại",
}
ACCOUNTS = {
    "fee_revenue": "thu phí, lệ phí",
    "provider_clearing": "tiền ở cổng",
    "provider_fee": "cổng giữ",
    "refund_payable": "chờ hoàn",
    "till": "quỹ tại quầy",
    "bank_counter": "chuyển khoản tại quầy",
    "bank": "tài khoản ngân hàng",
    "counter_cash": "tiền mặt theo phiếu chi",
    "agency_bank": "tài khoản của cơ quan",
    "suspense": "tạm giữ",
    "disputed": "bị khiếu nại",
}
DUES = {
    "owed": "chưa nộp",
    "pending": "chưa nộp, đang có trang thanh toán trực tuyến mở",
    "declined": "chưa nộp, lần thử gần nhất bị từ chối",
    "expired": "chưa nộp",
    "review": "có tiền đến chưa khớp, đang đối soát",
    "paid": "đã nộp",
    "refunded": "đã hoàn",
    "cancelled": "đã hủy, không còn phải nộp",
    "free": "miễn nộp",
}
TILL_WAYS = {"cash": "Tiền mặt", "transfer": "Chuyển khoản"}
SUSPENSE_REASONS = {
    "amount_differs": "Số tiền khác số phải nộp",
    "currency_differs": "Không phải đồng Việt Nam",
    "paid_twice": "Khoản này đã được nộp",
    "paid_after_cancel": "Khoản này không còn phải nộp",
    "wrong_account": "Chuyển vào tài khoản của cơ quan khác",
    "second_transfer": "Chuyển thêm bằng nội dung đã dùng",
    "no_reference": "Nội dung không có mã",
    "several_references": "Nội dung có nhiều mã",
    "unknown_reference": "Mã chưa từng được cấp",
    "suspected_fraud": "Cổng thanh toán nghi gian lận",
    "bank_reversal": "Ngân hàng người nộp đã đòi lại",
}
SUSPENSE_STATES = {
    "open": "chưa xử lý",
    "kept": "đã xem, chờ xử lý",
    "returning": "đang hoàn lại",
    "closed": "đã xong",
}
SUSPENSE_SOURCES = {"bank": "Chuyển khoản", "card": "Thẻ"}
SUSPENSE_MOVES = {
    "give_back": "Hoàn lại người chuyển",
    "allot": "Ghi nhận cho khoản phải nộp",
    "keep": "Để lại, chờ xử lý",
    "close": "Khép lại",
}
SENT_BACK = {
    "requested": "chờ gửi lệnh",
    "calling": "đang gửi lệnh",
    "unknown": "chưa rõ kết quả, hệ thống đang hỏi lại",
    "pending": "đang chuyển",
    "succeeded": "đã đến người nhận",
    "failed": "không chuyển được, tiền trở lại đây",
}
