"""The payer's pages, in Vietnamese, for a phone. They say plainly that no real money moves."""

import datetime
import html
import re
from collections.abc import Mapping
from typing import Any

from payments.providers.stripe_mock import page_face
from payments.providers.stripe_mock.store import Obj

CSP = page_face.CSP
ICT = datetime.timezone(datetime.timedelta(hours=7))
REASONS = {
    "insufficient_funds": "Tài khoản không đủ số dư.",
    "expired_card": "Thẻ đã hết hạn.",
    "incorrect_cvc": "Mã bảo mật (CVC) không đúng.",
    "incorrect_number": "Số thẻ không đúng.",
    "lost_card": "Thẻ đã được báo mất.",
    "stolen_card": "Thẻ đã được báo mất cắp.",
    "fraudulent": "Giao dịch bị chặn vì có dấu hiệu gian lận.",
    "processing_error": "Ngân hàng chưa xử lý được, hãy thử lại sau ít phút.",
    "card_velocity_exceeded": "Thẻ đã vượt hạn mức hoặc số lần giao dịch.",
    "authentication_required": "Chưa xác thực được với ngân hàng.",
    "not_authenticated": "Bạn đã không xác nhận với ngân hàng.",
}
CARD_SHORT = "Số thẻ có từ 12 đến 19 chữ số."
CARD_WRONG = "Số thẻ không đúng, hãy kiểm tra lại từng chữ số."
EXPIRY_SHAPE = "Ghi tháng/năm, ví dụ 12/34."
EXPIRY_OVER = "Thẻ đã hết hạn."
CVC_SHAPE = "CVC có 3 hoặc 4 chữ số."
NOT_A_TEST_CARD = "Đây không phải thẻ thử. Cổng mô phỏng không nhận thẻ thật; hãy chọn một thẻ thử."
TRIES = (
    ("4242 4242 4242 4242", "Thanh toán thành công"),
    ("4000 0000 0000 3220", "Ngân hàng hỏi xác thực (3-D Secure)"),
    ("4000 0000 0000 9995", "Không đủ số dư"),
    ("4000 0000 0000 0002", "Bị từ chối"),
    ("4000 0000 0000 0069", "Thẻ hết hạn"),
    ("4000 0000 0000 0127", "Sai CVC"),
    ("4000 0000 0000 0119", "Lỗi xử lý"),
    ("4000 0000 0000 7726", "Thành công, khi hoàn tiền thì chờ"),
    ("4000 0000 0000 5126", "Thành công, khi hoàn tiền thì hỏng"),
    ("4000 0000 0000 0259", "Thành công, sau đó bị khiếu nại"),
)
DEFAULTS = {"card": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


def dong(amount: int, currency: str) -> str:
    """Return a sum as people in Việt Nam write it."""
    text = f"{amount:,}".replace(",", ".")
    return f"{text} đồng" if currency == "vnd" else f"{text} {currency.upper()}"


def reason(code: str) -> str:
    """Return why a card was declined, as the payer reads it."""
    return REASONS.get(code, "Ngân hàng từ chối thẻ này.")


def luhn(number: str) -> bool:
    """Return whether the last digit of a card number fits the others."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def wrong(form: Mapping[str, str], *, year: int, month: int) -> dict[str, str]:
    """Return what is wrong in the form, by field. A field that was not sent is not judged."""
    found: dict[str, str] = {}
    number = re.sub(r"\s", "", form.get("card", ""))
    if not re.fullmatch(r"[0-9]{12,19}", number):
        found["card"] = CARD_SHORT if not number or number.isdecimal() else CARD_WRONG
    elif not luhn(number):
        found["card"] = CARD_WRONG
    if "expiry" in form:
        match = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*([0-9]{2})", form["expiry"])
        if not match:
            found["expiry"] = EXPIRY_SHAPE
        elif (2000 + int(match[2]), int(match[1])) < (year, month):
            found["expiry"] = EXPIRY_OVER
    if "cvc" in form and not re.fullmatch(r"[0-9]{3,4}", form["cvc"]):
        found["cvc"] = CVC_SHAPE
    return found


def _frame(title: str, inner: str, *, script: bool = True) -> bytes:
    tail = f"<script>{page_face.SCRIPT}</script>" if script else ""
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{html.escape(title)} - Cổng thanh toán mô phỏng</title>"
        f"<style>{page_face.STYLE}</style></head><body><main>"
        '<p class="mock" role="note"><strong>CỔNG THANH TOÁN MÔ PHỎNG (mock)</strong> Không có '
        "tiền thật nào được chuyển. Chỉ dùng số thẻ thử, đừng nhập thẻ thật.</p>"
        f"{inner}</main>{tail}</body></html>"
    ).encode()


def _field(
    name: str, label: str, value: str, why: str, *, hint: str = "", **attributes: object
) -> str:
    more = "".join(f' {key}="{text}"' for key, text in attributes.items())
    told = f"{name}-why" + (f" {name}-hint" if hint else "")
    note = f'<p class="hint" id="{name}-hint">{hint}</p>' if hint else ""
    return (
        f'<div class="field"><label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" value="{html.escape(value, quote=True)}" '
        f'inputmode="numeric" autocomplete="off" required aria-describedby="{told}" '
        f'aria-invalid="{"true" if why else "false"}"{more}>'
        f'<p class="why" id="{name}-why" aria-live="polite">{html.escape(why)}</p>{note}</div>'
    )


def pay(
    session: Obj,
    lines: list[Obj],
    *,
    form: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    declined: str = "",
) -> bytes:
    """Return the page of an open session, with why the last try failed if it did."""
    amount = dong(session["amount_total"], session["currency"])
    what = "".join(
        f"<dt>Nội dung</dt><dd>{html.escape(line['description'])}</dd>" for line in lines
    )
    given = {**DEFAULTS, **{k: v for k, v in (form or {}).items() if k in DEFAULTS}}
    wrong = wrong or {}
    if declined:
        # The card is typed again; what failed stays in sight above.
        problem = (
            f"<strong>Thanh toán chưa thành công.</strong> {html.escape(reason(declined))} "
            "Chưa có khoản tiền nào bị trừ. Bạn có thể thử lại hoặc dùng thẻ khác."
        )
    elif wrong:
        problem = "<strong>Chưa gửi được.</strong> Hãy sửa những ô được đánh dấu bên dưới."
    else:
        problem = ""
    bad = f'<p class="bad" role="alert" id="problem" tabindex="-1">{problem}</p>' if problem else ""
    until = datetime.datetime.fromtimestamp(session["expires_at"], tz=ICT)
    tries = "".join(
        f'<li><button type="button" class="plain" data-card="{number}"><b>{number}</b>{words}'
        "</button></li>"
        for number, words in TRIES
    )
    fields = (
        _field("card", "Số thẻ", given["card"], wrong.get("card", ""), maxlength=23)
        + '<div class="two">'
        + _field(
            "expiry",
            "Hết hạn",
            given["expiry"],
            wrong.get("expiry", ""),
            hint="Tháng/năm",
            maxlength=7,
        )
        + _field(
            "cvc",
            "CVC",
            given["cvc"],
            wrong.get("cvc", ""),
            hint="3 số ở mặt sau",
            maxlength=4,
        )
        + "</div>"
    )
    return _frame(
        f"{'Lỗi: ' if problem else ''}Thanh toán {amount}",
        f"""<section class="sheet" aria-labelledby="head"><h1 id="head">Thanh toán</h1>
<p class="sum">{amount}</p><dl>{what}
<dt>Bên thụ hưởng</dt><dd>Dịch vụ công thành phố Cần Thơ (thử nghiệm)</dd>
<dt>Mã thanh toán</dt><dd>{html.escape(session["metadata"].get("fee_id", "") or "-")}</dd>
<dt>Phiên mở đến</dt><dd>{until:%H:%M, %d/%m/%Y}</dd></dl>
{bad}</section>
<section class="sheet" aria-labelledby="card-head"><h2 id="card-head">Thông tin thẻ</h2>
<form method="post" id="form" autocomplete="off" novalidate data-busy="Đang xử lý, xin chờ..."
 data-card-short="{CARD_SHORT}" data-card-wrong="{CARD_WRONG}" data-expiry-shape="{EXPIRY_SHAPE}"
 data-expiry-over="{EXPIRY_OVER}" data-cvc-shape="{CVC_SHAPE}">
{fields}<button name="action" value="pay" id="pay">Thanh toán {amount}</button>
<details><summary>Thẻ thử</summary><p class="hint">Chọn một thẻ để điền vào ô, rồi bấm thanh toán.
</p><ul class="tries">{tries}</ul></details>
<button class="plain" name="action" value="decline" id="decline">Thử trường hợp bị từ chối</button>
</form>{_back(session, "Quay lại ứng dụng, chưa thanh toán")}</section>""",
    )


def authenticate(intent: Obj) -> bytes:
    """Return the page of the payer's bank."""
    amount = dong(intent["amount"], intent["currency"])
    return _frame(
        "Xác thực với ngân hàng",
        f"""<section class="sheet" aria-labelledby="head">
<p class="steps">Bước 2/2: xác thực 3-D Secure</p>
<h1 id="head">Ngân hàng mô phỏng hỏi bạn</h1>
<p>Bạn có đồng ý thanh toán <strong>{amount}</strong> cho Dịch vụ công thành phố Cần Thơ (thử
nghiệm) không?</p>
<form method="post" id="form" data-busy="Đang gửi tới ngân hàng...">
<button name="action" value="pay" id="pay">Đồng ý thanh toán</button>
<button class="plain" name="action" value="decline" id="decline">Không đồng ý</button></form>
</section>""",
    )


def answered(*, good: bool) -> bytes:
    """Return the page after the bank's question when there is no address to go on to."""
    kind, words = (
        ("good", "Đã xác thực. Bạn có thể đóng trang này và trở về ứng dụng.")
        if good
        else ("bad", "Chưa xác thực được. Hãy trở về ứng dụng và thử lại.")
    )
    return _frame(
        "Kết quả xác thực",
        f'<section class="sheet"><h1>Kết quả xác thực</h1><p class="{kind}">{words}</p></section>',
    )


def over(session: Obj) -> bytes:
    """Return the page of a session that is paid, on its way, or expired."""
    if session["payment_status"] == "paid":
        title = "Đã thanh toán"
        text = (
            '<p class="good" role="status">Khoản này đã được gửi thanh toán; không cần trả '
            "lần nữa. Ứng dụng sẽ cho biết kết quả.</p>"
        )
    elif session["status"] == "complete":
        title = "Đang chờ ngân hàng"
        text = (
            '<p class="good" role="status">Khoản này đã được gửi thanh toán và đang chờ ngân hàng; '
            "không cần trả lần nữa. Ứng dụng sẽ cho biết kết quả.</p>"
        )
    else:
        title = "Phiên đã hết hạn"
        text = (
            '<p class="bad" role="status">Phiên thanh toán đã hết hạn, chưa có khoản tiền nào bị '
            "trừ. Hãy trở về ứng dụng và mở lại.</p>"
        )
    return _frame(
        title,
        f'<section class="sheet"><h1>{title}</h1>{text}{_back(session, "Về ứng dụng")}</section>',
    )


def missing() -> bytes:
    """Return the page for an unknown session."""
    return _frame(
        "Không tìm thấy",
        '<section class="sheet"><h1>Không tìm thấy phiên thanh toán</h1><p>Đường dẫn không đúng '
        "hoặc phiên không còn. Hãy trở về ứng dụng và mở lại.</p></section>",
    )


def _back(session: Obj, words: str) -> str:
    address: Any = session["cancel_url"] or session["success_url"]
    if not address:
        return ""
    address = address.replace("{CHECKOUT_SESSION_ID}", session["id"])
    return f'<p><a href="{html.escape(address, quote=True)}">{words}</a></p>'
