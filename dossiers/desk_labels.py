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
