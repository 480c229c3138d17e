"""What the npm package `vnpay` is given: our addresses, IPNs, questions and answers.

`python -m tests.payments.witnesses.vnpay_given | node tests/payments/witnesses/vnpay.mjs \
> tests/payments/data/vnpay_vectors.json` makes the vectors anew. The secret is of no value.
"""

import datetime
import json
import sys
from typing import Any

from payments.providers import vnpay, vnpay_wire
from payments.providers.base import Order
from payments.providers.vnpay_stub import wire

SECRET = "RAOEXHYVSDDIIENYWSLDIIZTANXUXZFJ"
TMN_CODE = "CTSTEST1"
MADE = datetime.datetime(2026, 11, 24, 17, 30, 5, tzinfo=datetime.UTC)  # past midnight in Cần Thơ
TITLES = (
    "H13.020-261124-0001 Cấp bản sao trích lục hộ tịch",
    'Lệ phí <b>đăng ký</b> & 100% của "Ủy ban" – số 5/6',
    "",
)
BACK = (
    "canthosmart://paid",
    "https://app.example.vn/back?a=1&b=hai+ba#cuoi",
    "https://app.example.vn/~an/(1)/it's*new!",
)
REFS = ("att01m85qxxw0ezd91japf9hqbh9h", "DONHANG17")


def adapter() -> vnpay.Vnpay:
    """Return our adapter with the terminal of the vectors."""
    calls = vnpay_wire.Wire("", "", TMN_CODE, SECRET, limits=vnpay_wire.Limits())
    return vnpay.Vnpay(
        calls,
        "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
        ip_addr="203.0.113.7",
        livemode=False,
    )


def order(number: int, title: str, back: str) -> Order:
    return Order(
        attempt_id=f"att_01m85qxxw0ezd91japf9hqbh{number:02d}",
        payment_id="pay_1",
        reference="dos_1",
        key="key_1",
        key_made_at=MADE,
        amount_vnd=16_000 + number,
        title=title,
        return_url=back,
        expires_at=MADE + datetime.timedelta(hours=1),
    )


def ours() -> list[str]:
    """Return addresses that our adapter signs."""
    wanted = [(title, back) for title in TITLES for back in BACK]
    return [
        adapter().start(order(number, title, back)).checkout_url
        for number, (title, back) in enumerate(wanted)
    ]


def ipns() -> list[str]:
    """Return IPNs that the stub signs, and what a thief would make of them."""
    told = {
        "vnp_TmnCode": TMN_CODE,
        "vnp_TxnRef": REFS[0],
        "vnp_Amount": "1600000",
        "vnp_OrderInfo": "H13 020 261124 0001 Cap ban sao",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
        "vnp_TransactionNo": "14226112",
        "vnp_BankCode": "NCB",
        "vnp_BankTranNo": "VNP14226112",
        "vnp_CardType": "ATM",
        "vnp_PayDate": "20261125003107",
    }
    failed = {
        **told,
        "vnp_ResponseCode": "24",
        "vnp_TransactionStatus": "02",
        "vnp_TransactionNo": "0",
        "vnp_BankTranNo": "",
    }
    good = wire.signed_query(SECRET, told)
    return [
        good,
        wire.signed_query(SECRET, failed),
        f"{good}&vnp_SecureHashType=HMACSHA512",
        good.replace("1600000", "1700000"),
        good.replace("ResponseCode=00", "ResponseCode=24"),
        good.partition("&vnp_SecureHash=")[0],
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        wire.signed_query("secret-of-a-thief", told),
        f"{good}&vnp_New=1",
    ]


def given() -> dict[str, Any]:
    """Return everything that the witness reads."""
    asked = {
        "vnp_RequestId": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "vnp_TxnRef": REFS[0],
        "vnp_TransactionDate": 20261125003005,
        "vnp_CreateDate": 20261125003500,
        "vnp_IpAddr": "203.0.113.7",
        "vnp_OrderInfo": "Truy van giao dich",
    }
    answer = {
        "vnp_ResponseId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "vnp_Command": "querydr",
        "vnp_ResponseCode": "00",
        "vnp_Message": "Yeu cau thanh cong",
        "vnp_TmnCode": TMN_CODE,
        "vnp_TxnRef": REFS[0],
        "vnp_Amount": "1600000",
        "vnp_BankCode": "NCB",
        "vnp_PayDate": "20261125003107",
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionType": "01",
        "vnp_TransactionStatus": "00",
        "vnp_OrderInfo": "Le phi",
    }
    # The package divides the sum of a refund's answer by 100 before it hashes it, so that no
    # answer with a sum passes there: this one names none.
    back = {
        **{name: value for name, value in answer.items() if name != "vnp_Amount"},
        "vnp_Command": "refund",
        "vnp_TransactionType": "03",
        "vnp_TransactionStatus": "05",
    }
    return {
        "secret": SECRET,
        "tmn_code": TMN_CODE,
        "urls": ours(),
        "ipns": ipns(),
        "orders": [
            {
                "vnp_Amount": 16_000,
                "vnp_CreateDate": 20261125003005,
                "vnp_ExpireDate": 20261125013005,
                "vnp_IpAddr": "203.0.113.7",
                "vnp_OrderInfo": info,
                "vnp_ReturnUrl": back_to,
                "vnp_TxnRef": ref,
                "vnp_BankCode": bank,
            }
            for info in ("Le phi trich luc 2 ban", "Lệ phí: trích lục & bản sao (2)")
            for back_to in BACK[:2]
            for ref, bank in zip(REFS, ("", "NCB"), strict=True)
        ],
        "querydr": asked,
        "querydr_answer": _signed(answer, [*wire.ANSWER, *wire.PROMOTION]),
        "refund": {
            **asked,
            "vnp_Amount": 6_000,
            "vnp_TransactionType": "03",
            "vnp_TransactionNo": 14226112,
            "vnp_CreateBy": "canthosmart",
        },
        "refund_answer": _signed(back, wire.ANSWER),
    }


def _signed(answer: dict[str, str], names: list[str]) -> dict[str, str]:
    return {**answer, "vnp_SecureHash": wire.mark(SECRET, wire.piped(answer, names))}


if __name__ == "__main__":
    json.dump(given(), sys.stdout, ensure_ascii=False, indent=1)
