"""`python -m payments.providers.stripe_mock`: the mock as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from payments.providers.stripe_mock.server import Mock


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Stripe on the loopback.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--webhook", default="", help="where signed events are posted")
    parser.add_argument("--secret", action="append", help="whsec_...; twice during a rotation")
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    parser.add_argument("--public-url", default="", help="address in the links to the page")
    parser.add_argument("--fee-basis-points", type=int, default=0, help="the provider's own fee")
    parser.add_argument("--minimum", type=int, default=1, help="smallest sum in đồng")
    given = parser.parse_args()
    mock = Mock(
        host=given.host,
        port=given.port,
        webhook=given.webhook,
        secrets=tuple(given.secret or ["whsec_mock"]),
        state=given.state,
        public_url=given.public_url,
        fee_basis_points=given.fee_basis_points,
        minimum=given.minimum,
    ).start()
    sys.stderr.write(f"mock provider on {mock.url}\n")
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    # A wait without a limit would not let the signal through on every platform.
    while not ended.wait(1):
        with mock.store.lock:
            mock.tick()
    mock.stop()


if __name__ == "__main__":
    main()
