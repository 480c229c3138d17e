"""`python -m payments.providers.vnpay_stub`: the stub as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from payments.providers.vnpay_stub.server import Stub


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for VNPay on the loopback.")
    parser.add_argument("--port", type=int, default=8003)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--ipn", default="", help="where signed IPNs are sent, by GET")
    parser.add_argument("--tmn", default="CTSMOCK1", help="the terminal, vnp_TmnCode")
    parser.add_argument("--secret", default="vnpay-mock-of-no-value", help="vnp_HashSecret")
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    parser.add_argument("--refund-seconds", type=int, default=5, help="how long a refund takes")
    given = parser.parse_args()
    stub = Stub(
        host=given.host,
        port=given.port,
        ipn_url=given.ipn,
        tmn_code=given.tmn,
        secret=given.secret,
        state=given.state,
        refund_seconds=given.refund_seconds,
    ).start()
    sys.stderr.write(f"mock VNPay on {stub.url}\n")
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    # A wait without a limit would not let the signal through on every platform.
    while not ended.wait(1):
        with stub.book.lock:
            stub.book.tick()
    stub.stop()
    stub.book.save()


if __name__ == "__main__":
    main()
