"""A sum of đồng in Vietnamese words, and what a payer reads when a card is declined."""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
BILLION = 1_000_000_000
LIMIT = BILLION * BILLION


def amount(amount_vnd: int) -> str:
    """Return the sum as it stands on a receipt: "Mười sáu nghìn đồng".

    Errors: ValueError for a negative sum or one of 10^18 and more.
    """
    if not 0 <= amount_vnd < LIMIT:
        raise ValueError("only sums from 0 to below 10^18 have words here")
    words = _number(amount_vnd)
    return f"{words[0].upper()}{words[1:]} đồng"


def dong(amount_vnd: int) -> str:
    """Return a sum as people in Việt Nam write it: 16.000."""
    return f"{amount_vnd:,}".replace(",", ".")


def _number(number: int) -> str:
    if number == 0:
        return DIGITS[0]
    upper, lower = divmod(number, BILLION)
    parts = []
    if upper:
        parts.append(f"{_below_billion(upper, padded=False)} tỷ")
    if lower:
        parts.append(_below_billion(lower, padded=bool(upper)))
    return " ".join(parts)


def _below_billion(number: int, *, padded: bool) -> str:
    parts: list[str] = []
    for scale, name in ((1_000_000, " triệu"), (1_000, " nghìn"), (1, "")):
        group = number // scale % 1000
        if group:
            parts.append(_group(group, padded=padded or bool(parts)) + name)
    return " ".join(parts)


def _group(number: int, *, padded: bool) -> str:
    hundreds, tens, units = number // 100, number // 10 % 10, number % 10
    words = []
    if hundreds or padded:
        words.append(f"{DIGITS[hundreds]} trăm")
    if tens == 0 and units and words:
        words.append("linh")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words.append(f"{DIGITS[tens]} mươi")
    if units == 1 and tens > 1:
        words.append("mốt")
    elif units == 5 and tens:
        words.append("lăm")
    elif units:
        words.append(DIGITS[units])
    return " ".join(words)


# The provider's code -> what the payer reads, in Vietnamese and English. A lost or stolen card is
# not named as such: whoever holds it must not learn that it is known.
DECLINES = {
    "insufficient_funds": (
        "Tài khoản không đủ số dư. Hãy dùng thẻ khác hoặc nạp thêm tiền.",
        "The account holds too little. Use another card.",
    ),
    "expired_card": ("Thẻ đã hết hạn. Hãy dùng thẻ khác.", "The card expired. Use another one."),
    "incorrect_cvc": ("Mã bảo mật của thẻ không đúng.", "The card's security code is wrong."),
    "incorrect_number": ("Số thẻ không đúng.", "The card number is wrong."),
    "processing_error": (
        "Ngân hàng chưa xử lý được. Hãy thử lại sau ít phút.",
        "The bank could not process it. Try again in a few minutes.",
    ),
    "authentication_required": (
        "Ngân hàng yêu cầu xác thực thêm.",
        "The bank asks for authentication.",
    ),
    "card_velocity_exceeded": (
        "Thẻ đã vượt hạn mức giao dịch. Hãy dùng thẻ khác.",
        "The card is over its limit. Use another one.",
    ),
    "cancelled_by_payer": (
        "Bạn đã hủy giao dịch. Chưa có khoản tiền nào bị trừ.",
        "You cancelled the payment. Nothing was taken.",
    ),
    "internet_banking_not_registered": (
        "Thẻ hoặc tài khoản chưa đăng ký Internet Banking. Hãy đăng ký hoặc chọn cách nộp khác.",
        "The card or account is not registered for internet banking. Pay in another way.",
    ),
    "verification_failed": (
        "Thông tin thẻ, mật khẩu hoặc OTP không đúng. Chưa có khoản tiền nào bị trừ; hãy thử lại.",
        "The card's details, password or code were wrong. Nothing was taken; try again.",
    ),
    "limit_exceeded": (
        "Tài khoản đã vượt hạn mức giao dịch trong ngày. Hãy dùng tài khoản khác.",
        "The account is over its limit for the day. Use another one.",
    ),
    "account_locked": (
        "Thẻ hoặc tài khoản đang bị khóa. Hãy dùng thẻ hoặc tài khoản khác.",
        "The card or account is locked. Use another one.",
    ),
    "bank_unavailable": (
        "Ngân hàng đang bảo trì. Hãy thử lại sau hoặc chọn ngân hàng khác.",
        "The bank is under maintenance. Try later, or choose another bank.",
    ),
    "page_expired": (
        "Đã hết thời gian chờ thanh toán. Chưa có khoản tiền nào bị trừ; hãy thử lại.",
        "The time to pay ran out. Nothing was taken; try again.",
    ),
    "bank_declined": (
        "Giao dịch không thành công. Chưa có khoản tiền nào bị trừ; hãy thử lại.",
        "The payment did not succeed. Nothing was taken; try again.",
    ),
}
DECLINED = (
    "Thẻ bị từ chối. Chưa có khoản tiền nào bị trừ; hãy dùng thẻ khác.",
    "The card was declined. Nothing was taken; use another card.",
)


def decline(code: str) -> tuple[str, str]:
    """Return what a payer reads for the provider's decline code, Vietnamese and English."""
    return DECLINES.get(code, DECLINED)


def masked_name(name: str) -> str:
    """Return a name of which only the initials are told: "Nguyễn Thị Thử" is "N*** T*** T***"."""
    return " ".join(f"{part[0].upper()}***" for part in name.split())
