"""The payer's page, in Vietnamese, for a phone, by day and by night. It says that it is a mock."""

import html

from payments.providers.vnpay_stub.ledger import BANKS, RESULTS, Obj

STYLE = """
:root { color-scheme: light dark; --ink: #17212b; --soft: #54616d; --ground: #eef2f5;
  --sheet: #fff; --line: #8795a1; --act: #0b5cad; --on-act: #fff; --warn: #fff3cd;
  --warn-ink: #5c3b00; --warn-line: #a66b00; --bad: #fdecea; --bad-line: #b3261e;
  --good: #e6f4ea; --good-line: #1e7e34; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a9b6c2; --ground: #0f1419;
  --sheet: #1b232b; --line: #6c7a87; --act: #7ab8f5; --on-act: #08213a; --warn: #3a2c00;
  --warn-ink: #ffe3a3; --warn-line: #d69a1e; --bad: #3b1714; --bad-line: #f2766d;
  --good: #12301b; --good-line: #58c777; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--ground); }
main { max-width: 30rem; margin: 0 auto; padding: 1rem; }
.mock { background: var(--warn); border: 2px dashed var(--warn-line); color: var(--warn-ink);
  padding: .75rem 1rem; border-radius: .5rem; margin: 0; }
.mock strong { display: block; letter-spacing: .04em; }
.card { background: var(--sheet); border-radius: .75rem; padding: 1.25rem; margin-top: 1rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .2); }
h1 { font-size: 1.2rem; margin: 0; }
h2 { font-size: 1rem; margin: 0; }
.sum { font-size: 2rem; font-weight: 700; margin: .25rem 0 .75rem; line-height: 1.2; }
dl { margin: 0; }
dt { color: var(--soft); font-size: .9rem; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
dd:last-child { margin-bottom: 0; }
fieldset { border: 0; padding: 0; margin: 0; min-width: 0; }
legend, .label { font-weight: 600; padding: 0; margin-bottom: .35rem; display: block; }
.bank { display: flex; align-items: center; gap: .75rem; padding: .7rem .75rem; min-height: 3rem;
  border: 1px solid var(--line); border-radius: .5rem; margin-top: .5rem; cursor: pointer; }
.bank:has(:checked) { border: 2px solid var(--act); padding: calc(.7rem - 1px) calc(.75rem - 1px); }
.bank input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--act); flex: none; }
select { width: 100%; font: inherit; padding: .75rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--sheet); color: var(--ink); text-overflow: ellipsis; }
.trial { margin-top: 1rem; }
button, .go { display: block; width: 100%; font: inherit; font-weight: 600; padding: .85rem;
  margin-top: .75rem; border: 1px solid var(--act); border-radius: .5rem; background: var(--act);
  color: var(--on-act); cursor: pointer; text-align: center; text-decoration: none; }
button.plain { background: transparent; color: var(--act); }
.bad, .good { padding: .75rem 1rem; border-radius: .25rem; margin: .75rem 0 0;
  background: var(--bad); border-left: 4px solid var(--bad-line); }
.good { background: var(--good); border-left-color: var(--good-line); }
.hint { color: var(--soft); font-size: .9rem; margin: .35rem 0 0; }
:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
"""
CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' http: https: canthosmart:"
)
REFUSALS = {
    "01": "Mã đơn hàng này đã được dùng cho một giao dịch khác.",
    "03": "Dữ liệu gửi sang không đúng định dạng.",
    "15": "Giao dịch đã quá thời gian chờ thanh toán. Hãy mở lại từ ứng dụng.",
    "70": "Sai chữ ký.",
    "72": "Không tìm thấy website của đơn vị thụ hưởng.",
    "91": "Không tìm thấy giao dịch.",
}


def dong(hundredths: int) -> str:
    """Return a sum as people in Việt Nam write it."""
    return f"{hundredths // 100:,}".replace(",", ".") + " đồng"


def clock(stamp: str) -> str:
    """Return yyyyMMddHHmmss as people read it."""
    return f"{stamp[8:10]}:{stamp[10:12]} ngày {stamp[6:8]}/{stamp[4:6]}/{stamp[:4]}"


def _frame(title: str, inner: str) -> bytes:
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body><main>"
        '<p class="mock" role="note"><strong>CỔNG MÔ PHỎNG</strong> Trang này đóng vai cổng VNPAY '
        "để thử nghiệm. Không có tiền thật nào được chuyển; đừng nhập số thẻ thật.</p>"
        f"{inner}</main></body></html>"
    ).encode()


def pay(tx: Obj, *, waiting: bool = False) -> bytes:
    """Return the page of an open order."""
    amount, params = dong(tx["amount"]), tx["params"]
    banks = "".join(
        f'<label class="bank"><input type="radio" name="bank" value="{code}"'
        f"{' checked' if code == 'NCB' else ''}><span>{html.escape(name)}</span></label>"
        for code, (_, name) in BANKS.items()
    )
    results = "".join(
        f'<option value="{code}">{code} – {html.escape(words)}</option>'
        for code, words in RESULTS.items()
        if code not in {"11", "24"}
    )
    told = (
        '<p class="bad" role="status">Ngân hàng chưa trả lời. Giao dịch vẫn đang mở.</p>'
        if waiting
        else ""
    )
    return _frame(
        f"Thanh toán {amount}",
        f"""<section class="card"><h1>Thanh toán qua VNPAY (mô phỏng)</h1>
<p class="sum">{amount}</p><dl>
<dt>Nội dung</dt><dd>{html.escape(params["vnp_OrderInfo"])}</dd>
<dt>Đơn vị thụ hưởng</dt><dd>Dịch vụ công thành phố Cần Thơ (thử nghiệm)</dd>
<dt>Mã đơn hàng</dt><dd>{html.escape(tx["ref"])}</dd>
<dt>Hết hạn lúc</dt><dd>{clock(params["vnp_ExpireDate"])}</dd></dl>{told}</section>
<form class="card" method="post" action="/paymentv2/vpcpay.html" autocomplete="off">
<input type="hidden" name="ref" value="{html.escape(tx["ref"])}">
<fieldset><legend>Chọn ngân hàng hoặc cách thanh toán</legend>{banks}</fieldset>
<p class="trial"><label class="label" for="result">Kết quả muốn thử</label>
<select id="result" name="result">{results}
<option value="wait">01 – Ngân hàng chưa trả lời</option></select></p>
<p class="hint">Mã là mã phản hồi của VNPAY. 00 là thành công.</p>
<button name="action" value="pay" id="pay">Thanh toán {amount}</button>
<button class="plain" name="action" value="cancel" id="cancel">Hủy giao dịch</button>
</form>""",
    )


def over(tx: Obj, way_back: str) -> bytes:
    """Return the page of an order that ended."""
    taken = tx["status"] == "00"
    words = RESULTS.get(tx["response"], "Giao dịch đã kết thúc")
    return _frame(
        "Giao dịch đã kết thúc",
        f"""<section class="card"><h1>Giao dịch đã kết thúc</h1>
<p class="{"good" if taken else "bad"}">{html.escape(words)}.</p>
<p class="hint">Ứng dụng Can Tho Smart sẽ cho biết khoản nộp đã được ghi nhận hay chưa.</p>
<a class="go" href="{html.escape(way_back)}">Về ứng dụng</a></section>""",
    )


def refused(code: str) -> bytes:
    """Return the page for an order that is not shown."""
    return _frame(
        "Không thể thanh toán",
        f"""<section class="card"><h1>Không thể thanh toán</h1>
<p class="bad" role="alert">{html.escape(REFUSALS.get(code, REFUSALS["03"]))}</p>
<p class="hint">Mã lỗi {html.escape(code)}. Chưa có khoản tiền nào bị trừ.</p></section>""",
    )
