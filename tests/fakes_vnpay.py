"""A scripted VNPay: the stub, in a thread, on a real socket, with the words that tests use."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from payments.providers.vnpay_stub import admin, wire
from payments.providers.vnpay_stub.server import Stub

TMN_CODE = "TESTTMN1"
SECRET = "vnpay-secret-of-the-tests"
NEVER_SHOWN = ("vnpay-secret-of-the-tests",)


class Vnpay:
    """The stub with the words that tests use. A transaction is named by its vnp_TxnRef."""

    def __init__(self) -> None:
        self.stub = Stub(tmn_code=TMN_CODE, secret=SECRET).start()

    @property
    def url(self) -> str:
        return self.stub.url

    def reset(self) -> None:
        self.stub.reset()
        self.stub.ipn.address = ""
        self.stub.book.fee_basis_points = 0

    # --- misfortunes ----------------------------------------------------------------------------

    def fault(self, action: str, command: str = "*", **given: Any) -> None:
        with self.stub.book.lock:
            self.stub.faults.add(action=action, command=command, **given)

    def go_down(self) -> None:
        """Nothing gets through."""
        self.fault("drop_before", times=1000)

    def come_back(self) -> None:
        with self.stub.book.lock:
            self.stub.faults.waiting.clear()

    def release(self) -> None:
        """Do what a fault held back."""
        with self.stub.book.lock:
            self.stub.release_calls()

    # --- the payer and the world ----------------------------------------------------------------

    def visit(self, address: str) -> requests.Response:
        """Open the page, as a payer's browser does."""
        with requests.Session() as browser:
            browser.trust_env = False
            return browser.get(address, timeout=10)

    def press(self, ref: str, **form: str) -> requests.Response:
        """Press a button of the page."""
        with requests.Session() as browser:
            browser.trust_env = False
            return browser.post(
                f"{self.url}/paymentv2/vpcpay.html",
                data={"ref": ref, "action": "pay", "result": "00", "bank": "NCB", **form},
                allow_redirects=False,
                timeout=10,
            )

    def pay(self, address: str, result: str = "00") -> str:
        """Open the page and let it end with a code; return the vnp_TxnRef."""
        assert self.visit(address).status_code == 200
        ref = ref_of(address)
        self.end(ref, result)
        return ref

    def end(self, ref: str, response: str = "00", *, late: bool = False) -> None:
        with self.stub.book.lock:
            admin.end(self.stub, {"ref": ref, "response": response, "force": late})

    def change(self, ref: str, **members: Any) -> None:
        """Make VNPay's own record say something else."""
        with self.stub.book.lock:
            self.stub.book.transactions[ref].update(stuck=True, **members)

    def settle_refunds(self, status: str = "00") -> None:
        with self.stub.book.lock:
            for refund in self.refunds():
                self.stub.book.settle(refund, status)

    # --- what it knows --------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        with self.stub.book.lock:
            return list(self.stub.book.transactions.values())

    def refunds(self) -> list[dict[str, Any]]:
        return [refund for tx in self.all() for refund in tx["refunds"]]

    def calls(self, command: str) -> list[dict[str, Any]]:
        with self.stub.book.lock:
            return [call for call in self.stub.book.calls if call.get("vnp_Command") == command]

    def ipns(self) -> list[str]:
        """Return every IPN's query string, oldest first, sent or lost."""
        return list(self.stub.ipn.sent)


def ref_of(address: str) -> str:
    return dict(parse_qsl(urlsplit(address).query))["vnp_TxnRef"]


def signed(secret: str = SECRET, **params: str) -> str:
    """Return an IPN that VNPay never sent, signed."""
    told = {
        "vnp_TmnCode": TMN_CODE,
        "vnp_TxnRef": "att0000",
        "vnp_Amount": "1600000",
        "vnp_OrderInfo": "Le phi",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
        "vnp_TransactionNo": "14000001",
        "vnp_PayDate": "20261124100000",
        **params,
    }
    return wire.signed_query(secret, told)
