"""What a citizen reads about each move, in Vietnamese and English. Pure."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Words:
    title_vi: str
    body_vi: str
    title_en: str
    body_en: str


# Placeholders: {code} the dossier, {office} who acted, {due} the promised day and hour, {reason},
# {amount} the sum in the event's data.
BY_MOVE = {
    "submit": Words(
        "Đã gửi hồ sơ {code}",
        "Hồ sơ đã được gửi tới {office}. Cơ quan sẽ kiểm tra trước khi tiếp nhận.",
        "Dossier {code} was sent",
        "It was sent to {office}, which checks it before receiving it.",
    ),
    "file_at_counter": Words(
        "Đã nộp hồ sơ {code} tại quầy",
        "{office} đã nhận giấy tờ của bạn tại quầy và đang kiểm tra.",
        "Dossier {code} was handed in",
        "{office} took your papers at the counter and checks them.",
    ),
    "file_by_post": Words(
        "Hồ sơ {code} đã đến qua bưu chính",
        "{office} đã nhận giấy tờ gửi qua bưu chính và đang kiểm tra.",
        "Dossier {code} came by post",
        "{office} took your papers out of the post and checks them.",
    ),
    "claim": Words(
        "Hồ sơ {code} đã gắn với tài khoản của bạn",
        "Hồ sơ nộp bằng giấy trước đây nay nằm trong danh sách của bạn.",
        "Dossier {code} is now in your account",
        "What you handed in on paper before is now in your list.",
    ),
    "receive": Words(
        "Hồ sơ {code} đã được tiếp nhận",
        "{office} đã tiếp nhận hồ sơ. Hẹn trả kết quả: {due}.",
        "Dossier {code} was received",
        "{office} received the dossier. The result is promised for {due}.",
    ),
    "refuse": Words(
        "Hồ sơ {code} không được tiếp nhận",
        "{office} từ chối tiếp nhận. Lý do có trong phiếu từ chối.",
        "Dossier {code} was refused at reception",
        "{office} refused it. The reason is in the refusal slip.",
    ),
    "request_supplement": Words(
        "Hồ sơ {code} cần bổ sung",
        "{office} đề nghị bổ sung, hoàn thiện hồ sơ. Danh sách đầy đủ có trong phiếu yêu cầu.",
        "Dossier {code} needs a supplement",
        "{office} asks you to complete the dossier. The slip holds the full list.",
    ),
    "return_at_appraisal": Words(
        "Hồ sơ {code} cần bổ sung",
        "{office} trả lại hồ sơ để bổ sung. Thời hạn được tính lại từ đầu khi hồ sơ đầy đủ.",
        "Dossier {code} needs a supplement",
        "{office} returned the dossier. The time limit begins anew once it is complete.",
    ),
    "answer_supplement": Words(
        "Đã gửi bổ sung cho hồ sơ {code}",
        "Nội dung bổ sung đã được gửi và đang chờ kiểm tra.",
        "The supplement for {code} was sent",
        "What you added was sent and is being checked.",
    ),
    "accept_supplement": Words(
        "Bổ sung của hồ sơ {code} đã được chấp nhận",
        "{office} tiếp tục giải quyết hồ sơ. Hẹn trả kết quả: {due}.",
        "The supplement for {code} was accepted",
        "{office} goes on with the dossier. The result is promised for {due}.",
    ),
    "request_payment": Words(
        "Hồ sơ {code} cần nộp phí, lệ phí",
        "{office} yêu cầu thực hiện nghĩa vụ tài chính để tiếp tục.",
        "Dossier {code} waits for a payment",
        "{office} asks for a payment before it goes on.",
    ),
    "correct_dues": Words(
        "Khoản phải nộp của hồ sơ {code} đã được điều chỉnh",
        "{office} đã điều chỉnh khoản phải nộp. Trang thanh toán cũ không còn dùng được; khoản đã "
        "trả ở trang cũ sẽ tự động được hoàn lại.",
        "What dossier {code} owes was corrected",
        "{office} corrected it. The old payment page is closed; anything paid there goes back.",
    ),
    "resume_paid": Words(
        "Hồ sơ {code} được giải quyết tiếp",
        "Khoản phải nộp đã đủ. Hẹn trả kết quả: {due}.",
        "Dossier {code} goes on",
        "Everything owed was paid. The result is promised for {due}.",
    ),
    "payment_settled": Words(
        "Đã thanh toán cho hồ sơ {code}",
        "Khoản thanh toán đã được ghi nhận; biên lai thử nghiệm có trong hồ sơ.",
        "A payment for {code} was settled",
        "The payment was recorded; the demonstration receipt is in the dossier.",
    ),
    "payment_reversed": Words(
        "Ghi nhận thu tại quầy cho hồ sơ {code} đã được hủy",
        "Việc ghi nhận khoản thu tại quầy đã được hủy và biên lai đã được điều chỉnh.",
        "A payment at the counter for {code} was reversed",
        "What was recorded at the counter was undone, and its receipt adjusted.",
    ),
    "refund_settled": Words(
        "Đã hoàn tiền cho hồ sơ {code}",
        "Khoản hoàn {amount} đã được gửi về nơi bạn đã trả.",
        "Money for {code} was given back",
        "The refund of {amount} was sent to where you paid from.",
    ),
    "refund_paid_out": Words(
        "Đã trả lại tiền cho hồ sơ {code}",
        "{office} đã trả lại {amount} tại quầy hoặc bằng chuyển khoản.",
        "Money for {code} was paid out",
        "{office} paid {amount} back at the counter or by transfer.",
    ),
    "refund_failed": Words(
        "Khoản hoàn cho hồ sơ {code} chưa về được",
        "Khoản hoàn {amount} chưa về tới bạn. {office} vẫn giữ tiền cho bạn và đang xử lý; bạn "
        "không phải làm gì.",
        "A refund for {code} did not arrive",
        "The refund of {amount} did not arrive. {office} keeps it for you and looks into it; "
        "nothing is needed from you.",
    ),
    "refund_resent": Words(
        "Khoản hoàn cho hồ sơ {code} được gửi lại",
        "{office} đã gửi lại khoản hoàn {amount}.",
        "A refund for {code} is sent anew",
        "{office} sends the refund of {amount} again.",
    ),
    "refund_opened": Words(
        "Đang xem xét hoàn phí cho hồ sơ {code}",
        "Hồ sơ đã kết thúc mà bạn đã nộp {amount}. {office} sẽ quyết định việc hoàn lại và báo cho "
        "bạn; chưa có quy định chung cho việc này.",
        "A refund for {code} is being decided",
        "It ended after you paid {amount}. {office} decides whether it goes back and tells you; no "
        "general rule was found.",
    ),
    "refund_granted": Words(
        "Hồ sơ {code} được hoàn phí",
        "{office} quyết định hoàn lại {amount}. Tiền đang trên đường về.",
        "A refund for {code} was granted",
        "{office} gives {amount} back. The money is on its way.",
    ),
    "refund_declined": Words(
        "Khoản đã nộp cho hồ sơ {code} không được hoàn",
        "{office} quyết định không hoàn lại {amount}. Lý do được nêu trong hồ sơ.",
        "What was paid for {code} does not go back",
        "{office} does not give {amount} back. The reason is in the dossier.",
    ),
    "forward": Words(
        "Hồ sơ {code} đang được xử lý",
        "Hồ sơ đã được chuyển tới {office}.",
        "Dossier {code} is in process",
        "It was forwarded to {office}.",
    ),
    "reroute": Words(
        "Hồ sơ {code} được chuyển tới cơ quan khác",
        "Hồ sơ đã được chuyển tới {office} để giải quyết. Thời hạn không thay đổi.",
        "Dossier {code} went to another agency",
        "It was sent on to {office}. The promised time stays.",
    ),
    "send_back": Words(
        "Hồ sơ {code} được chuyển lại bộ phận một cửa",
        "Hồ sơ đã được chuyển lại {office} để chuyển đúng cơ quan. Thời hạn không thay đổi.",
        "Dossier {code} was sent back to the counter",
        "It was sent back to {office}, which finds the right agency. The promised time stays.",
    ),
    "ask_opinion": Words(
        "Hồ sơ {code} đang được lấy ý kiến",
        "Cơ quan giải quyết đã lấy ý kiến {office}. Thời hạn không thay đổi.",
        "An opinion on {code} was asked for",
        "The deciding agency asked {office}. The promised time stays.",
    ),
    "answer_opinion": Words(
        "Đã có ý kiến về hồ sơ {code}",
        "{office} đã trả lời cơ quan giải quyết.",
        "An opinion on {code} was given",
        "{office} answered the deciding agency.",
    ),
    "withdraw_opinion": Words(
        "Không còn lấy ý kiến về hồ sơ {code}",
        "Cơ quan giải quyết đã rút yêu cầu lấy ý kiến {office}.",
        "An opinion on {code} is no longer asked for",
        "The deciding agency withdrew its request to {office}.",
    ),
    "silent_opinion": Words(
        "Đã hết hạn lấy ý kiến về hồ sơ {code}",
        "{office} không trả lời trong thời hạn; theo quy định được coi là đồng ý.",
        "The time for an opinion on {code} ran out",
        "{office} did not answer in time, which counts as agreement by law.",
    ),
    "propose": Words(
        "Hồ sơ {code} đã được thẩm định",
        "Kết quả đang chờ người có thẩm quyền ký.",
        "Dossier {code} was appraised",
        "The result waits for a signature.",
    ),
    "reject": Words(
        "Hồ sơ {code} bị từ chối giải quyết",
        "{office} từ chối giải quyết hồ sơ. Lý do có trong văn bản.",
        "Dossier {code} was refused",
        "{office} refused to resolve it. The letter holds the reason.",
    ),
    "sign": Words(
        "Hồ sơ {code} đã có kết quả",
        "Kết quả đã được ký và có thể tải về trong hồ sơ.",
        "Dossier {code} has its result",
        "The result was signed and can be downloaded.",
    ),
    "hand_over": Words(
        "Đã trả kết quả hồ sơ {code}",
        "Hồ sơ đã hoàn tất.",
        "The result of {code} was handed over",
        "The dossier is closed.",
    ),
    "collect": Words(
        "Đã nhận kết quả hồ sơ {code}",
        "Bạn đã xác nhận nhận kết quả trong ứng dụng. Hồ sơ đã hoàn tất.",
        "The result of {code} was received",
        "You confirmed the result in the app. The dossier is closed.",
    ),
    "acknowledge_result": Words(
        "Đã xác nhận nhận kết quả hồ sơ {code}",
        "Bạn đã xác nhận nhận được kết quả.",
        "The receipt for {code} was confirmed",
        "You confirmed that the result arrived.",
    ),
    "result_delivered": Words(
        "Bưu chính đã phát kết quả hồ sơ {code}",
        "Kết quả đã được phát tới địa chỉ bạn chọn.",
        "The result of {code} was delivered",
        "The post delivered it to the address you chose.",
    ),
    "result_sent_back": Words(
        "Bưu chính hoàn lại kết quả hồ sơ {code}",
        "Bưu chính không phát được. {office} giữ kết quả và chờ bạn liên hệ.",
        "The result of {code} came back",
        "The post could not deliver it. {office} keeps it and waits for you.",
    ),
    "withdraw": Words(
        "Đã yêu cầu rút hồ sơ {code}",
        "{office} sẽ kiểm tra và ra thông báo dừng giải quyết.",
        "You asked to withdraw {code}",
        "{office} looks at it and then issues the stop notice.",
    ),
    "extend": Words(
        "Hồ sơ {code} được gia hạn",
        "{office} xin lỗi vì chưa thể trả kết quả đúng hẹn. Hẹn trả mới: {due}. "
        "Lý do có trong văn bản xin lỗi.",
        "The promise of {code} was extended",
        "{office} apologises: the result will be late. The new promise: {due}. "
        "The letter of apology holds the reason.",
    ),
    "recount": Words(
        "Hẹn trả hồ sơ {code} được tính lại",
        "Lịch làm việc của các cơ quan đã thay đổi. Hẹn trả kết quả mới: {due}.",
        "The promise of {code} was counted anew",
        "The working days of the offices changed. The result is now promised for {due}.",
    ),
    "silence_agreed": Words(
        "Hồ sơ {code}: hết hạn mà không có trả lời, coi là đồng ý",
        "{office} không trả lời trong thời hạn. Theo quy định của thủ tục này, như vậy được coi là "
        "đồng ý.",
        "No answer on {code} in time counts as agreement",
        "{office} did not answer within the limit, which this procedure's law counts as agreement.",
    ),
    "silence_refused": Words(
        "Hồ sơ {code}: hết hạn mà không có trả lời, coi là từ chối",
        "{office} không trả lời trong thời hạn. Theo quy định của thủ tục này, như vậy được coi là "
        "từ chối.",
        "No answer on {code} in time counts as a refusal",
        "{office} did not answer within the limit, which this procedure's law counts as a refusal.",
    ),
    "accept_withdrawal": Words(
        "Hồ sơ {code} đã dừng giải quyết",
        "{office} đã ra thông báo dừng giải quyết theo yêu cầu rút hồ sơ.",
        "Dossier {code} was stopped",
        "{office} issued the stop notice that you asked for.",
    ),
    "refuse_withdrawal": Words(
        "Yêu cầu rút hồ sơ {code} không được chấp nhận",
        "{office} tiếp tục giải quyết hồ sơ. Hẹn trả kết quả: {due}.",
        "The withdrawal of {code} was not accepted",
        "{office} goes on with the dossier. The result is promised for {due}.",
    ),
    "stop": Words(
        "Hồ sơ {code} đã dừng giải quyết",
        "{office} đã dừng giải quyết hồ sơ. Lý do có trong thông báo.",
        "Dossier {code} was stopped",
        "{office} stopped it. The notice holds the reason.",
    ),
    "recall_reception": Words(
        "Việc tiếp nhận hồ sơ {code} đã bị thu hồi",
        "{office} thu hồi việc tiếp nhận. Lý do có trong phiếu từ chối.",
        "The reception of {code} was recalled",
        "{office} recalled it. The reason is in the refusal slip.",
    ),
    "recall_result": Words(
        "Kết quả hồ sơ {code} đã được thu hồi để sửa",
        "{office} thu hồi kết quả trước khi trả.",
        "The result of {code} was recalled",
        "{office} recalled the result before it was handed over.",
    ),
    "recall_hand_over": Words(
        "Việc trả kết quả hồ sơ {code} đã được thu hồi",
        "{office} thu hồi lần trả kết quả trước.",
        "The hand-over of {code} was recalled",
        "{office} recalled the earlier hand-over.",
    ),
}


FILE_INFECTED = Words(
    "Một tệp đính kèm có mã độc",
    "Tệp của giấy tờ “{paper}” có mã độc nên đã bị xóa, chưa ai mở tệp. Hãy gửi lại tệp khác.",
    "An attached file contains malware",
    "The file for “{paper}” contained malware and was removed; nobody opened it. Send another.",
)

# To the citizen when a promise was broken. Honest, and without a new date that nobody gave.
PROMISE_MISSED = Words(
    "Hồ sơ {code} đã quá hẹn trả kết quả",
    "{office} chưa trả kết quả vào {due} như đã hẹn. Chúng tôi xin lỗi; việc này đã được báo cho "
    "người có trách nhiệm.",
    "Dossier {code} is overdue",
    "{office} has not given the result by {due} as promised. We apologise; those responsible were "
    "told.",
)

# To the cashiers of an agency: work for them; no person is named.
REFUND_TO_REPAIR = Words(
    "Một khoản hoàn cho hồ sơ {code} bị lỗi",
    "Khoản hoàn {amount} chưa về tới người nộp. Hãy gửi lại hoặc trả tại quầy, bằng chuyển khoản.",
    "A refund for {code} failed",
    "{amount} did not reach the payer. Send it anew, or pay it out at the counter or by transfer.",
)

# To officers, by step of `rules.notices`; no person is named.
BY_STEP = {
    "due_tomorrow": Words(
        "Hồ sơ {code} đến hạn vào ngày làm việc tới",
        "Hẹn trả: {due}. Hôm nay là ngày cuối có thể gửi văn bản xin lỗi và gia hạn.",
        "Dossier {code} is due on the next working day",
        "Promised for {due}. Today is the last day for an apology and an extension.",
    ),
    "due_today": Words(
        "Hồ sơ {code} đến hạn hôm nay",
        "Hẹn trả: {due}.",
        "Dossier {code} is due today",
        "Promised for {due}.",
    ),
    "missed": Words(
        "Hồ sơ {code} đã quá hạn",
        "Hẹn trả: {due}. Người nộp hồ sơ đã được thông báo.",
        "Dossier {code} is overdue",
        "It was promised for {due}. The applicant was told.",
    ),
    "overdue_1": Words(
        "Hồ sơ {code} quá hạn 1 ngày làm việc",
        "{office} chưa trả kết quả đã hẹn vào {due}.",
        "Dossier {code} is overdue by 1 working day",
        "{office} has not given the result promised for {due}.",
    ),
    "overdue_3": Words(
        "Hồ sơ {code} quá hạn 3 ngày làm việc",
        "{office} chưa trả kết quả đã hẹn vào {due}.",
        "Dossier {code} is overdue by 3 working days",
        "{office} has not given the result promised for {due}.",
    ),
}


def dong(amount_vnd: int | None) -> str:
    """Return a sum as people read it: "16.000 đồng"; empty when there is none."""
    return "" if amount_vnd is None else f"{amount_vnd:,} đồng".replace(",", ".")


def about(move: str, *, amount: str = "", **values: str) -> Words:
    """Return the texts for `move` with the placeholders filled in."""
    return filled(BY_MOVE[move], amount=amount, **values)


def filled(words: Words, **values: str) -> Words:
    """Return texts with the placeholders filled in."""
    return Words(
        title_vi=words.title_vi.format(**values),
        body_vi=words.body_vi.format(**values),
        title_en=words.title_en.format(**values),
        body_en=words.body_en.format(**values),
    )


def step(move: str) -> tuple[str, str]:
    """Return the title of a move without the dossier's code, in Vietnamese and English."""
    words = BY_MOVE[move]
    english = words.title_en.replace("Dossier {code}", "The dossier")
    return words.title_vi.replace(" {code}", ""), english.replace("{code}", "the dossier")
