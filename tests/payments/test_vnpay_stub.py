"""The stand-in for VNPay: it refuses what VNPay refuses, and says so in its codes."""

import datetime
import json
import re
from typing import Any

import pytest
import requests

from payments.providers import registry, vnpay_wire
from payments.providers.vnpay_stub import ledger, wire
from tests.fakes_vnpay import SECRET, TMN_CODE, Vnpay
from tests.payments.benches import HOUR, NOW, new_order
from tests.payments.shop import params_of

MADE = "20261124100000"


@pytest.fixture
def address(vnpay: Vnpay, clock: Any) -> str:
    return registry.get("vnpay").start(new_order()).checkout_url


def _with(address: str, **changed: str) -> str:
    """Return the same order with other words in it, signed again."""
    params = {**params_of(address), **changed}
    params.pop("vnp_SecureHash")
    return f"{address.partition('?')[0]}?{wire.signed_query(SECRET, params)}"


def _ask(vnpay: Vnpay, names: list[str], **given: Any) -> dict[str, Any]:
    """Speak to the API plainly, with no client of ours in between."""
    whole = {
        "vnp_RequestId": f"r{len(vnpay.stub.book.requests)}",
        "vnp_Version": "2.1.0",
        "vnp_TmnCode": TMN_CODE,
        "vnp_TransactionDate": MADE,
        "vnp_CreateDate": MADE,
        "vnp_IpAddr": "127.0.0.1",
        "vnp_OrderInfo": "Truy van",
        **given,
    }
    whole.setdefault("vnp_SecureHash", wire.mark(SECRET, wire.piped(whole, names)))
    with requests.Session() as caller:
        caller.trust_env = False
        answer = caller.post(
            f"{vnpay.url}/merchant_webapi/api/transaction", data=json.dumps(whole), timeout=10
        )
    assert answer.status_code == 200
    body = answer.json()
    assert isinstance(body, dict)
    order = vnpay_wire.QUERYDR_ANSWER if whole["vnp_Command"] == "querydr" else wire.ANSWER
    text = vnpay_wire.piped_text(body, order)
    assert vnpay_wire.digest(SECRET, text) == body["vnp_SecureHash"]
    return body


def _querydr(vnpay: Vnpay, ref: str, **given: Any) -> dict[str, Any]:
    return _ask(vnpay, wire.QUERYDR, vnp_Command="querydr", vnp_TxnRef=ref, **given)


def _refund(vnpay: Vnpay, ref: str, amount: int, kind: str, **given: Any) -> dict[str, Any]:
    return _ask(
        vnpay,
        wire.REFUND,
        vnp_Command="refund",
        vnp_TxnRef=ref,
        vnp_Amount=str(amount),
        vnp_TransactionType=kind,
        vnp_TransactionNo="",
        vnp_CreateBy="canthosmart",
        **given,
    )


# --- the page -----------------------------------------------------------------------------------


def test_the_page_says_what_it_is_and_what_is_paid(vnpay: Vnpay, address: str) -> None:
    page = vnpay.visit(address)
    ref = params_of(address)["vnp_TxnRef"]
    for words in (
        '<html lang="vi">',
        "CỔNG MÔ PHỎNG",
        "50.000 đồng",
        "H13 020 261124 0001 Le phi trich luc",
        ref,
        "11:00 ngày 24/11/2026",
        "prefers-color-scheme: dark",
    ):
        assert words in page.text
    codes = set(re.findall(r'<option value="(\d\d)">', page.text))
    assert codes == set(ledger.RESULTS) - {"11", "24"}
    assert set(re.findall(r'name="bank" value="(\w+)"', page.text)) == set(ledger.BANKS)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert vnpay.visit(address).text == page.text  # looking twice opens nothing new
    assert len(vnpay.all()) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"vnp_TmnCode": "OTHERTMN"}, "Mã lỗi 72"),
        ({"vnp_Amount": "16000.50"}, "Mã lỗi 03"),
        ({"vnp_CurrCode": "USD"}, "Mã lỗi 03"),
        ({"vnp_Version": "2.0.0"}, "Mã lỗi 03"),
        ({"vnp_OrderInfo": "Lệ phí"}, "Mã lỗi 03"),
        ({"vnp_TxnRef": "att_1"}, "Mã lỗi 03"),
        ({"vnp_ReturnUrl": ""}, "Mã lỗi 03"),
        ({"vnp_ExpireDate": MADE}, "Mã lỗi 15"),
    ],
)
def test_orders_that_vnpay_would_not_show(
    vnpay: Vnpay, address: str, changed: dict[str, str], words: str
) -> None:
    page = vnpay.visit(_with(address, **changed))
    assert words in page.text
    assert "Chưa có khoản tiền nào bị trừ" in page.text
    assert vnpay.all() == []


def test_a_changed_address_and_a_second_order_under_one_number(vnpay: Vnpay, address: str) -> None:
    assert "Mã lỗi 70" in vnpay.visit(address.replace("5000000", "100")).text
    assert "Mã lỗi 70" in vnpay.visit(address.partition("&vnp_SecureHash")[0]).text
    vnpay.visit(address)
    assert "Mã lỗi 01" in vnpay.visit(_with(address, vnp_Amount="6000000")).text


@pytest.mark.parametrize(
    ("form", "code", "status", "numbered"),
    [
        ({}, "00", "00", True),
        ({"result": "07"}, "07", "07", True),
        ({"result": "51"}, "51", "02", False),
        ({"action": "cancel"}, "24", "02", False),
    ],
)
def test_a_button_ends_the_order_and_sends_the_payer_back(
    vnpay: Vnpay, address: str, form: dict[str, str], code: str, status: str, numbered: bool
) -> None:
    vnpay.visit(address)
    ref = params_of(address)["vnp_TxnRef"]
    done = vnpay.press(ref, **form)
    assert done.status_code == 303
    back = params_of(done.headers["Location"])
    assert (back["vnp_ResponseCode"], back["vnp_TransactionStatus"]) == (code, status)
    assert (back["vnp_TransactionNo"] != "0") == numbered
    assert wire.signed_query(SECRET, back).endswith(back["vnp_SecureHash"])
    after = _querydr(vnpay, ref)
    assert (after["vnp_ResponseCode"], after["vnp_TransactionStatus"]) == ("00", status)
    assert "vnp_Reason" not in after  # querydr does not say why


def test_a_bank_that_does_not_answer_leaves_the_order_open(vnpay: Vnpay, address: str) -> None:
    vnpay.visit(address)
    ref = params_of(address)["vnp_TxnRef"]
    assert "Giao dịch vẫn đang mở" in vnpay.press(ref, result="wait").text
    assert _querydr(vnpay, ref)["vnp_TransactionStatus"] == "01"
    assert vnpay.press(ref, result="nonsense").status_code == 400
    assert vnpay.press("att0").status_code == 404


def test_an_order_nobody_paid_ends_with_its_time(vnpay: Vnpay, address: str, clock: Any) -> None:
    vnpay.visit(address)
    ref = params_of(address)["vnp_TxnRef"]
    clock.shift(HOUR - datetime.timedelta(seconds=1))
    assert _querydr(vnpay, ref)["vnp_TransactionStatus"] == "01"
    clock.shift(datetime.timedelta(seconds=1))
    assert _querydr(vnpay, ref)["vnp_TransactionStatus"] == "02"
    assert vnpay.all()[0]["response"] == "11"
    assert "Mã lỗi 15" in vnpay.visit(address).text


# --- the API ------------------------------------------------------------------------------------


def test_questions_that_vnpay_would_not_answer(vnpay: Vnpay, address: str) -> None:
    ref = vnpay.pay(address)
    assert _querydr(vnpay, ref)["vnp_ResponseCode"] == "00"
    codes = [
        _querydr(vnpay, ref, vnp_SecureHash="0" * 128)["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_TmnCode="OTHERTMN")["vnp_ResponseCode"],
        _querydr(vnpay, "attnobodys")["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_TransactionDate="20261124100001")["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_TransactionNo="1")["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_IpAddr="")["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_RequestId="not-alphanumeric")["vnp_ResponseCode"],
        _querydr(vnpay, ref, vnp_RequestId="r0")["vnp_ResponseCode"],
        _ask(vnpay, wire.QUERYDR, vnp_Command="querydr", vnp_TxnRef=["x"])["vnp_ResponseCode"],
    ]
    assert codes == ["97", "02", "91", "91", "91", "03", "03", "94", "03"]


def test_a_request_number_is_refused_for_a_day(vnpay: Vnpay, address: str, clock: Any) -> None:
    ref = vnpay.pay(address)
    codes = []
    for hours in (0, 13, 1):  # 10:00, 23:00, midnight
        clock.shift(datetime.timedelta(hours=hours))
        answer = _refund(vnpay, ref, 1_000_000, "03", vnp_RequestId="oneandthesame")
        codes.append(answer["vnp_ResponseCode"])
    assert codes == ["00", "94", "00"]
    assert len(vnpay.refunds()) == 2  # the reason why a request is never repeated on a new day


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ([(5_000_000, "02"), (100, "03")], ["00", "93"]),
        ([(4_000_000, "02")], ["93"]),
        ([(3_000_000, "03"), (2_000_000, "03"), (100, "03")], ["00", "00", "93"]),
        ([(5_000_100, "03")], ["93"]),
        ([(0, "03"), (50, "03"), (100, "01")], ["03", "03", "03"]),
    ],
)
def test_refunds_never_exceed_the_payment(
    vnpay: Vnpay, address: str, asked: list[tuple[int, str]], codes: list[str]
) -> None:
    ref = vnpay.pay(address)
    answers = [_refund(vnpay, ref, amount, kind) for amount, kind in asked]
    assert [answer["vnp_ResponseCode"] for answer in answers] == codes


def test_what_was_not_paid_cannot_be_refunded(vnpay: Vnpay, address: str) -> None:
    ref = vnpay.pay(address, "51")
    assert _refund(vnpay, ref, 5_000_000, "02")["vnp_ResponseCode"] == "95"


def test_a_refund_goes_its_way_to_the_bank(vnpay: Vnpay, address: str, clock: Any) -> None:
    ref = vnpay.pay(address)
    number = _refund(vnpay, ref, 2_000_000, "03")["vnp_TransactionNo"]
    seen = []
    for seconds in (0, 5, 5):
        clock.shift(datetime.timedelta(seconds=seconds))
        answer = _querydr(vnpay, ref, vnp_TransactionNo=number)
        seen.append((answer["vnp_TransactionType"], answer["vnp_TransactionStatus"]))
    assert seen == [("03", "05"), ("03", "06"), ("03", "00")]
    payment = vnpay.all()[0]["number"]
    assert _querydr(vnpay, ref, vnp_TransactionNo=payment)["vnp_TransactionType"] == "01"


def test_a_refund_turned_away_may_be_asked_for_again(vnpay: Vnpay, address: str) -> None:
    ref = vnpay.pay(address)
    _refund(vnpay, ref, 5_000_000, "02")
    vnpay.settle_refunds("09")
    assert _refund(vnpay, ref, 5_000_000, "02")["vnp_ResponseCode"] == "00"


def test_the_statement_tells_fees_and_is_given_to_nobody_else(vnpay: Vnpay, address: str) -> None:
    vnpay.stub.book.fee_basis_points = 110
    vnpay.pay(address)
    lines = registry.get("vnpay").list_settlement(NOW.date())
    assert [(line.amount_vnd, line.fee_vnd, line.net_vnd) for line in lines] == [
        (50_000, 550, 49_450)
    ]
    with requests.Session() as caller:
        caller.trust_env = False
        url = f"{vnpay.url}/_mock/statement"
        assert caller.get(f"{url}?vnp_Date=20261124", timeout=10).status_code == 403


@pytest.mark.parametrize("action", ["bad_hash", "truncate", "html", "error_after", "drop_after"])
def test_a_statement_that_cannot_be_trusted_is_none(
    vnpay: Vnpay, address: str, action: str
) -> None:
    from payments.providers.base import Unanswered

    vnpay.fault(action, "statement")
    with pytest.raises(Unanswered):
        registry.get("vnpay").list_settlement(NOW.date())
    assert registry.get("vnpay").list_settlement(NOW.date()) == []


# --- scripts ------------------------------------------------------------------------------------


def test_scripts_that_make_no_sense_are_refused(vnpay: Vnpay) -> None:
    with requests.Session() as caller:
        caller.trust_env = False
        for name, body in (
            ("faults", {"action": "explode"}),
            ("faults", {"action": "drop_after", "command": "pay"}),
            ("ipn", {"plan": ["eat"]}),
            ("end", {"ref": "nobody"}),
            ("nonsense", {}),
        ):
            answer = caller.post(f"{vnpay.url}/_mock/{name}", json=body, timeout=10)
            assert answer.status_code == 400, name
        assert caller.post(f"{vnpay.url}/_mock/reset", timeout=10).json() == {}


def test_the_terminal_answers_a_wrong_signature_without_saying_more(
    vnpay: Vnpay, address: str
) -> None:
    ref = vnpay.pay(address)
    body = _querydr(vnpay, ref, vnp_SecureHash="")
    assert "vnp_Amount" not in body
