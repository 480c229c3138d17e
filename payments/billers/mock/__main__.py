"""`python -m payments.billers.mock`: the hub as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from payments.billers.mock.server import Mock


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulated billers on the loopback.")
    parser.add_argument("--port", type=int, default=8005)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--api-key", default="biller_mock_of_no_value")
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    given = parser.parse_args()
    mock = Mock(host=given.host, port=given.port, api_key=given.api_key, state=given.state).start()
    sys.stderr.write(f"mock billers on {mock.url}\n")
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    while not ended.wait(1):
        pass
    mock.stop()


if __name__ == "__main__":
    main()
