"""IPNs: GET to the merchant's address, again and again until it answers 00 or 02.

One thread works through a heap of due calls. Scripts may lose, double, hold or falsify the next
ones; `flush` waits until nothing is due, so that a test needs no sleep.
"""

import heapq
import http.client
import itertools
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from payments.providers.vnpay_stub import wire
from payments.providers.vnpay_stub.ledger import Obj

# VNPay repeats up to ten times, some minutes apart (practice); a developer waits less at first.
PAUSES = (2, 10, 60, 300, 300, 300, 300, 300, 300, 300)
TIMEOUT_SECONDS = 10
PLANS = {"send", "lose", "twice", "hold", "wrong_amount", "bad_signature"}
ENOUGH = {"00", "02"}


def params(tx: Obj, tmn_code: str) -> dict[str, str]:
    """Return what an IPN, or the payer's way back, says of a transaction."""
    return {
        "vnp_TmnCode": tmn_code,
        "vnp_TxnRef": tx["ref"],
        "vnp_Amount": str(tx["amount"]),
        "vnp_OrderInfo": tx["params"]["vnp_OrderInfo"],
        "vnp_ResponseCode": tx["response"],
        "vnp_TransactionStatus": tx["status"],
        "vnp_TransactionNo": tx["number"],
        "vnp_BankCode": tx["bank"],
        "vnp_BankTranNo": tx["bank_number"],
        "vnp_CardType": tx["card_type"],
        "vnp_PayDate": tx["paid_at"],
    }


class Caller:
    """The IPNs of one terminal."""

    def __init__(self, address: str, tmn_code: str, secret: str) -> None:
        self.address = address
        self.tmn_code = tmn_code
        self.secret = secret
        self.plan: list[str] = []  # what happens to the next IPNs, see PLANS
        self.held: list[str] = []
        self.log: list[Obj] = []
        self.sent: list[str] = []  # every query string ever made, also the lost ones
        self._heap: list[tuple[float, int, str, int]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="ipn")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def tell(self, tx: Obj) -> None:
        """Queue the IPN of a transaction that ended."""
        plan = self.plan.pop(0) if self.plan else "send"
        said = params(tx, self.tmn_code)
        if plan == "wrong_amount":
            said["vnp_Amount"] = str(tx["amount"] - 100)
        query = wire.signed_query(self.secret, said)
        if plan == "bad_signature":
            query = query[:-1] + ("0" if query[-1] != "0" else "1")
        self.sent.append(query)
        if plan == "lose" or not self.address:
            return
        if plan == "hold":
            self.held.append(query)
            return
        for _ in range(2 if plan == "twice" else 1):
            self._push(time.monotonic(), query, 0)

    def release(self) -> int:
        """Send what was held; return how many."""
        held, self.held = self.held, []
        for query in held:
            self._push(time.monotonic(), query, 0)
        return len(held)

    def flush(self, timeout: float = 20) -> bool:
        """Wait until nothing is due now; return whether that came to pass."""
        until = time.monotonic() + timeout
        with self._changed:
            while self._busy or (self._heap and self._heap[0][0] <= time.monotonic()):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def retry_now(self) -> None:
        """Make every waiting repetition due at once."""
        with self._changed:
            now = time.monotonic()
            self._heap = [(now, *rest) for _, *rest in self._heap]  # type: ignore[misc]
            heapq.heapify(self._heap)
            self._changed.notify_all()

    def forget(self) -> None:
        with self._changed:
            self._heap, self.held, self.plan, self.log, self.sent = [], [], [], [], []

    def _push(self, due: float, query: str, tries: int) -> None:
        with self._changed:
            heapq.heappush(self._heap, (due, next(self._order), query, tries))
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._heap or self._heap[0][0] > time.monotonic()):
                    pause = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(pause)
                if self._stopped:
                    return
                _, _, query, tries = heapq.heappop(self._heap)
                self._busy = True
            try:
                status, answer = get(self.address, query)
                code = str(answer.get("RspCode", ""))
                self.log.append({"status": status, "code": code, "try": tries + 1, "query": query})
                if code not in ENOUGH and tries < len(PAUSES):
                    self._push(time.monotonic() + PAUSES[tries], query, tries + 1)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()


def get(address: str, query: str) -> tuple[int, dict[str, Any]]:
    """Call the merchant; return the status, 0 when nobody answered, and the JSON object if any."""
    target = urlsplit(address)
    kind: Any = (
        http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    )
    connection = kind(target.hostname, target.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{target.path or '/'}?{query}")
        response = connection.getresponse()
        body = json.loads(response.read(65536))
    except (OSError, http.client.HTTPException):
        return 0, {}
    except ValueError:
        return response.status, {}
    finally:
        connection.close()
    return response.status, body if isinstance(body, dict) else {}
