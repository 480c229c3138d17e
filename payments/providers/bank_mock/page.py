"""The payer's app of the mock bank: paste a code, see what it asks, send money."""

import html

from payments.rules import vietqr

STYLE = """
:root{color-scheme:light dark;--ink:#10213a;--paper:#fff;--soft:#eef3f9;--line:#c3cfdf;
--act:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf6;--paper:#0f1722;--soft:#18222f;--line:#3a4a5e;
--act:#6db3ff}}
*{box-sizing:border-box}body{font:17px/1.5 system-ui,sans-serif;margin:0;background:var(--soft);
color:var(--ink)}header{background:#8a1c1c;color:#fff;padding:.7rem 1rem;font-weight:700}
main{max-width:30rem;margin:0 auto;padding:1rem}form,section{background:var(--paper);
border:1px solid var(--line);border-radius:12px;padding:1rem;margin:0 0 1rem}
label{display:block;margin:.6rem 0 .2rem;
font-weight:600}input,textarea{width:100%;font:inherit;padding:.6rem;border:1px solid var(--line);
border-radius:8px;background:var(--paper);color:inherit}textarea{min-height:7rem;
word-break:break-all}button{margin-top:1rem;width:100%;font:inherit;font-weight:700;padding:.8rem;
border:0;border-radius:8px;background:var(--act);color:var(--paper)}dt{font-weight:600}
dd{margin:0 0 .5rem;overflow-wrap:anywhere}:focus-visible{outline:3px solid var(--act);
outline-offset:2px}.problem{border-color:#c0392b}
"""


def whole(inner: str) -> bytes:
    """Return the page around its content."""
    text = f"""<!doctype html><html lang="vi"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ngân hàng mô phỏng</title><style>{STYLE}</style></head><body>
<header>NGÂN HÀNG MÔ PHỎNG · không có tiền thật</header><main>{inner}</main></body></html>"""
    return text.encode()


def paste(problem: str = "") -> bytes:
    """Return the page that asks for a code."""
    told = f'<section class="problem" role="alert">{html.escape(problem)}</section>'
    return whole(
        (told if problem else "")
        + """<form method="get" action="/"><h1>Quét mã VietQR</h1>
<label for="payload">Dán nội dung mã</label>
<textarea id="payload" name="payload" required autocomplete="off" spellcheck="false"></textarea>
<button>Xem thông tin chuyển tiền</button></form>"""
    )


def confirm(transfer: vietqr.Transfer) -> bytes:
    """Return the page that shows what a code asks; sum and text can be changed, as people do."""
    amount = "" if transfer.amount_vnd is None else str(transfer.amount_vnd)
    account, text = html.escape(transfer.account), html.escape(transfer.purpose)
    return whole(f"""<form method="post" action="/"><h1>Chuyển tiền</h1>
<dl><dt>Ngân hàng (BIN)</dt><dd>{html.escape(transfer.bank_bin)}</dd>
<dt>Tài khoản nhận</dt><dd>{account}</dd></dl>
<input type="hidden" name="account" value="{account}">
<label for="amount">Số tiền (đồng)</label>
<input id="amount" name="amount" inputmode="numeric" pattern="[0-9]+" required value="{amount}">
<label for="text">Nội dung</label><input id="text" name="text" maxlength="200" value="{text}">
<button>Chuyển tiền</button></form>""")


def done(amount: int, transaction: str) -> bytes:
    """Return the page after the transfer."""
    shown = f"{amount:,}".replace(",", ".")
    return whole(f"""<section role="status"><h1>Đã chuyển {shown} đồng</h1>
<p>Mã giao dịch: {html.escape(transaction)}</p><p>Hãy quay lại ứng dụng Can Tho Smart.</p></section>
<p><a href="/">Chuyển khoản khác</a></p>""")
