"""`python -m payments.providers.bank_mock`: the mock bank as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from payments.providers.bank_mock.server import Mock


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for a bank on the loopback.")
    parser.add_argument("--port", type=int, default=8004)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--token", default="bank_mock_of_no_value", help="the agreement's token")
    parser.add_argument("--notices", default="", help="where signed notices are posted")
    parser.add_argument("--secret", default="bank_notices_of_no_value", help="signs the notices")
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    given = parser.parse_args()
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    mock = Mock(
        host=given.host,
        port=given.port,
        token=given.token,
        notices=given.notices,
        secret=given.secret,
        state=given.state,
    ).start()
    sys.stderr.write(f"mock bank on {mock.url}\n")
    # A wait without a limit would not let the signal through on every platform.
    while not ended.wait(1):
        pass
    mock.stop()


if __name__ == "__main__":
    main()
