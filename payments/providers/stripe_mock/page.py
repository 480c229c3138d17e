"""The payer's page, in Vietnamese, for a phone. It says plainly that no real money moves."""

import html
from typing import Any

from payments.providers.stripe_mock.store import Obj

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: #17212b; background: #eef2f5; }
main { max-width: 30rem; margin: 0 auto; padding: 1rem; }
.mock { background: #fff3cd; border: 2px dashed #a66b00; color: #5c3b00; padding: .75rem 1rem;
  border-radius: .5rem; font-weight: 600; }
.card { background: #fff; border-radius: .75rem; padding: 1.25rem; margin-top: 1rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .15); }
h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
.sum { font-size: 2rem; font-weight: 700; margin: .25rem 0 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem .75rem; margin: 0; }
dt { color: #54616d; }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input { width: 100%; font: inherit; padding: .75rem; border: 1px solid #8795a1;
  border-radius: .5rem; letter-spacing: .05em; }
button { width: 100%; font: inherit; font-weight: 600; padding: .85rem; margin-top: .75rem;
  border: 0; border-radius: .5rem; background: #0b5cad; color: #fff; cursor: pointer; }
button.plain { background: #fff; color: #0b5cad; border: 1px solid #0b5cad; }
.bad { background: #fdecea; border-left: 4px solid #b3261e; padding: .75rem 1rem;
  border-radius: .25rem; margin-top: 1rem; }
.good { background: #e6f4ea; border-left: 4px solid #1e7e34; padding: .75rem 1rem;
  border-radius: .25rem; }
small, .hint { color: #54616d; font-size: .9rem; }
a { color: #0b5cad; }
:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
"""
CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' http: https: canthosmart:"
)
REASONS = {
    "insufficient_funds": "Tài khoản không đủ số dư.",
    "expired_card": "Thẻ đã hết hạn.",
    "incorrect_cvc": "Mã bảo mật không đúng.",
    "incorrect_number": "Số thẻ không đúng.",
    "processing_error": "Ngân hàng chưa xử lý được, hãy thử lại.",
    "card_velocity_exceeded": "Thẻ đã vượt hạn mức giao dịch.",
    "authentication_required": "Chưa xác thực được với ngân hàng.",
}


def dong(amount: int, currency: str) -> str:
    """Return a sum as people in Việt Nam write it."""
    text = f"{amount:,}".replace(",", ".")
    return f"{text} đồng" if currency == "vnd" else f"{text} {currency.upper()}"


def reason(code: str) -> str:
    """Return why a card was declined, as the payer reads it."""
    return REASONS.get(code, "Ngân hàng từ chối thẻ này.")


def _frame(title: str, inner: str) -> bytes:
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body><main>"
        '<p class="mock" role="note">TRANG THANH TOÁN MÔ PHỎNG (mock): không có tiền thật nào được '
        "chuyển. Chỉ dùng số thẻ thử.</p>"
        f"{inner}</main></body></html>"
    ).encode()


def pay(session: Obj, lines: list[Obj], *, declined: str = "") -> bytes:
    """Return the page of an open session, with why the last try failed if it did."""
    amount = dong(session["amount_total"], session["currency"])
    what = "".join(
        f"<dt>Nội dung</dt><dd>{html.escape(line['description'])}</dd>" for line in lines
    )
    bad = (
        f'<p class="bad" role="alert"><strong>Thanh toán chưa thành công.</strong> '
        f"{html.escape(reason(declined))} Chưa có khoản tiền nào bị trừ; hãy thử lại.</p>"
        if declined
        else ""
    )
    back = _back(session, "Quay lại ứng dụng, chưa thanh toán")
    return _frame(
        f"Thanh toán {amount}",
        f"""<section class="card"><h1>Cổng thanh toán mô phỏng</h1>
<p class="sum">{amount}</p><dl>{what}
<dt>Bên thụ hưởng</dt><dd>Dịch vụ công thành phố Cần Thơ (thử nghiệm)</dd>
<dt>Mã thanh toán</dt><dd>{html.escape(session["metadata"].get("fee_id", "") or "-")}</dd></dl>
{bad}</section>
<section class="card"><form method="post" autocomplete="off">
<label for="card">Số thẻ thử</label>
<input id="card" name="card" inputmode="numeric" value="4242 4242 4242 4242" maxlength="23"
 aria-describedby="hint">
<p class="hint" id="hint">4242 4242 4242 4242 thanh toán được; 4000 0000 0000 9995 không đủ số dư;
4000 0000 0000 3220 cần xác thực; 4000 0000 0000 0002 bị từ chối.</p>
<button name="action" value="pay" id="pay">Thanh toán {amount}</button>
<button class="plain" name="action" value="decline" id="decline">Thử trường hợp bị từ chối</button>
</form>{back}</section>""",
    )


def authenticate(intent: Obj) -> bytes:
    """Return the page of the payer's bank."""
    amount = dong(intent["amount"], intent["currency"])
    return _frame(
        "Xác thực với ngân hàng",
        f"""<section class="card"><h1>Ngân hàng mô phỏng hỏi</h1>
<p>Bạn có đồng ý thanh toán <strong>{amount}</strong> không?</p><form method="post">
<button name="action" value="pay" id="pay">Đồng ý</button>
<button class="plain" name="action" value="decline" id="decline">Không đồng ý</button></form>
</section>""",
    )


def over(session: Obj) -> bytes:
    """Return the page of a session that is paid or expired."""
    if session["status"] == "complete":
        text = '<p class="good">Khoản này đã được gửi thanh toán. Ứng dụng sẽ cho biết kết quả.</p>'
    else:
        text = '<p class="bad">Phiên thanh toán đã hết hạn. Hãy mở lại từ ứng dụng.</p>'
    return _frame(
        "Phiên đã đóng",
        f'<section class="card"><h1>Phiên đã đóng</h1>{text}{_back(session, "Về ứng dụng")}'
        "</section>",
    )


def missing() -> bytes:
    """Return the page for an unknown session."""
    return _frame("Không tìm thấy", '<section class="card"><h1>Không tìm thấy phiên</h1></section>')


def _back(session: Obj, words: str) -> str:
    address: Any = session["cancel_url"] or session["success_url"]
    if not address:
        return ""
    return f'<p><a href="{html.escape(address, quote=True)}">{words}</a></p>'
